"""The API description as the page shows it: all that is in the document, and words for each kind of value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from markupsafe import Markup

from bff.web.api.description.document import describe
from bff.web.api.readable import readable, with_code
from bff.web.api.reference import Kind, Property, Reference
from tests.support.shop import Shop


@pytest.fixture
def document(shop: Shop) -> dict[str, Any]:
    return describe(shop.settings, shop.services.operations)


def with_property(document: dict[str, Any], schema: Mapping[str, Any]) -> Property:
    document["components"]["schemas"]["Planted"] = {"type": "object", "properties": {"planted": schema}}
    (found,) = readable(document).by_name["Planted"].properties
    return found


def routes(reference: Reference) -> list[tuple[str, str, str]]:
    return [(route.method, route.path, route.id) for topic in reference.topics for route in topic.routes]


def test_every_route_is_there_once_in_the_order_of_the_topics(document: dict[str, Any]) -> None:
    there = [
        (method.upper(), path, operation["operationId"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    assert sorted(routes(readable(document))) == sorted(there)


def test_route_that_is_declared_later_is_there_too(document: dict[str, Any]) -> None:
    row = {**document["paths"]["/api/me"]["get"], "operationId": "cart", "tags": ["Carts"]}
    document["paths"]["/api/cart/carts/{cartId}"] = {"get": row}
    document["tags"].append({"name": "Carts"})
    assert routes(readable(document))[-1] == ("GET", "/api/cart/carts/{cartId}", "cart")


def test_every_shape_is_there_but_for_those_in_which_all_may_be_null(document: dict[str, Any]) -> None:
    shapes = readable(document).by_name
    assert set(document["components"]["schemas"]) - set(shapes) == {
        "B2BNullable",
        "CustomerUpdateNullable",
        "MetadataNullable",
    }
    assert [one.name for one in shapes["SessionState"].properties][:2] == ["state", "csrfToken"]
    assert shapes["Profile"].is_open
    assert not shapes["CustomerUpdate"].is_open


def test_body_names_its_media_types_and_the_one_in_which_all_may_be_null(document: dict[str, Any]) -> None:
    (body,) = [route.body for topic in readable(document).topics for route in topic.routes if route.id == "updateMe"]
    assert body is not None
    assert body.media_types == ("application/json", "application/merge-patch+json")
    assert (body.shape, body.nullable_media_type) == ("CustomerUpdate", "application/merge-patch+json")
    assert "firstName" in [one.name for one in body.properties]
    texts = [example.text for _, example in body.examples]
    assert len(texts) == len(set(texts)) == 2


def test_every_error_of_the_document_is_there_with_its_example(document: dict[str, Any]) -> None:
    errors = {error.name: error for error in readable(document).errors}
    assert set(errors) == set(document["components"]["examples"])
    assert errors["csrf_failed"].status == 403
    assert '"type": "csrf_failed"' in errors["csrf_failed"].example


def test_token_is_asked_for_by_what_changes_something(document: dict[str, Any]) -> None:
    reference = readable(document)
    assert reference.token_header == "X-CSRF-Token"
    for topic in reference.topics:
        for route in topic.routes:
            assert route.needs_token == (route.method != "GET"), route.id


REFERENCE = {"$ref": "#/components/schemas/Address"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Kind(words="string")),
        ({"type": "string", "format": "date-time"}, Kind(words="string (date-time)")),
        ({"type": ["integer", "null"]}, Kind(words="integer", may_be_null=True)),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, Kind(words="integer", may_be_null=True)),
        ({"anyOf": [REFERENCE, {"type": "null"}]}, Kind(words="", shape="Address", may_be_null=True)),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, Kind(words="string or integer")),
        ({"allOf": [REFERENCE, {"properties": {"id": {"pattern": "^a$"}}}]}, Kind(words="", shape="Address")),
        ({"type": "array", "items": {"type": "string"}}, Kind(words="list of string")),
        ({"type": "array", "items": REFERENCE}, Kind(words="list of", shape="Address")),
        ({"type": "array"}, Kind(words="list of any")),
        ({"enum": ["a", "b"], "type": "string"}, Kind(words="string", values=('"a"', '"b"'))),
        ({"const": 3}, Kind(words="any", values=("3",))),
        ({}, Kind(words="any")),
        ({"$ref": "#/components/schemas/B2BNullable"}, Kind(words="", shape="B2B")),
    ],
)
def test_kind_of_a_value_is_told(document: dict[str, Any], schema: dict[str, Any], kind: Kind) -> None:
    assert with_property(document, schema).kind == kind


@pytest.mark.parametrize(
    ("schema", "bounds"),
    [
        ({"minLength": 1, "maxLength": 64}, ("1 to 64 characters",)),
        ({"minLength": 2, "maxLength": 2}, ("2 characters",)),
        ({"maxLength": 64}, ("at most 64 characters",)),
        ({"minItems": 1}, ("at least 1 entries",)),
        ({"minimum": 0, "maximum": 9}, ("0 to 9",)),
        ({"default": False}, ("else false",)),
        ({}, ()),
    ],
)
def test_bounds_are_told_in_words(document: dict[str, Any], schema: dict[str, Any], bounds: tuple[str, ...]) -> None:
    assert with_property(document, schema).bounds == bounds


def test_backticks_make_code_and_nothing_else_makes_markup() -> None:
    assert with_code("a `<b>` & c") == Markup("a <code>&lt;b&gt;</code> &amp; c")
