"""What is read of a document: the oddities of the vendor's, references, and whatever is of a wrong type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bff.operations.model import Place
from bff.storefront.openapi.errors import DocumentError
from bff.storefront.openapi.loading import load
from bff.storefront.openapi.operations import Api, VendorOperation, VendorParameter
from tests.support.vendor import ALL, CART, LABELS, ORDERS, OTHERS, content, places, replaced

WRONG: tuple[Any, ...] = (None, 5, "x", [], {}, True, {"$ref": "#/nowhere"}, {"$ref": 5}, [{"$ref": "#/paths"}], {5: 5})


def operations(document: Mapping[str, Any]) -> dict[str, VendorOperation]:
    api = Api(document)
    return {found.title: api.operation(found) for found in api.found()}


def refusal(document: Mapping[str, Any]) -> str:
    with pytest.raises(DocumentError) as caught:
        operations(document)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_servers_address_may_hide_a_part_of_the_path() -> None:
    assert set(operations(load(LABELS))) == {"GET /label/labels", "GET /label/labels/{labelId}"}


def test_an_operation_may_have_no_id() -> None:
    orders = operations(load(ORDERS))["GET /order-v2/{tenant}/orders"]
    assert orders.operation_id is None
    assert (orders.success, orders.answer, orders.body) == ((200,), "array", "none")
    assert orders.answer_headers == {"X-Total-Count"}
    assert "cookie" not in {one.name for one in orders.parameters}


def test_parameters_are_those_of_the_path_and_the_operation() -> None:
    found = operations(load(CART))["GET /cart/{tenant}/carts"]
    assert [one.name for one in found.parameters if one.place is Place.PATH] == ["tenant"]
    assert VendorParameter(name="siteCode", place=Place.QUERY, required=True, kinds=frozenset({"string"})) in (
        found.parameters
    )
    assert found.query == {"sessionId", "customerId", "siteCode", "legalEntityId", "create", "countryCode"}


def test_the_operations_own_parameter_goes_before_its_paths() -> None:
    document = content(CART)
    document["paths"]["/cart/{tenant}/carts"]["parameters"].append(
        {"name": "siteCode", "in": "query", "schema": {"type": "boolean"}}
    )
    document["paths"]["/cart/{tenant}/carts"]["get"]["parameters"].append({"name": "siteCode", "in": "query"})
    (site,) = [one for one in operations(document)["GET /cart/{tenant}/carts"].parameters if one.name == "siteCode"]
    assert site.required


@pytest.mark.parametrize(
    ("title", "body", "success", "answer"),
    [
        ("GET /cart/{tenant}/carts", "none", (200,), "object"),
        ("POST /cart/{tenant}/carts", "object", (201,), "object"),
        ("PUT /cart/{tenant}/carts/{cartId}/itemsBatch", "array", (207,), "array"),
        ("DELETE /cart/{tenant}/carts/{cartId}/discounts/{discountIndex}", "none", (204,), "none"),
        ("GET /order-v2/{tenant}/orders/{orderId}", "object", (200,), "object"),
        ("POST /order-v2/{tenant}/orders/{orderId}/transitions", "any", (204,), "object"),
        ("GET /order-v2/{tenant}/legal-entity-orders/{legalEntityId}", "none", (200,), "json"),
        ("POST /quote/{tenant}/quotes/{quoteId}/pdf", "none", (200,), "pdf"),
        ("GET /reward-points/public/customer", "none", (200,), "json"),
        ("PUT /customer/{tenant}/customers/{customerNumber}", "object", (201, 204), "object"),
        ("GET /media/{tenant}/assets/{assetId}/download", "none", (), "none"),
    ],
)
def test_bodies_and_answers_have_their_kinds(title: str, body: str, success: tuple[int, ...], answer: str) -> None:
    everything = {title: one for path in ALL for title, one in operations(load(path)).items()}
    found = everything[title]
    assert (found.body, found.success, found.answer) == (body, success, answer)


def with_schema(schema: Any, **schemas: Any) -> dict[str, Any]:
    answer = {"content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.0.0",
        "paths": {"/a/{tenant}/b": {"get": {"responses": {"200": answer}}}},
        "components": {"schemas": schemas},
    }


def answer_of(schema: Any, **schemas: Any) -> str:
    (operation,) = operations(with_schema(schema, **schemas)).values()
    return operation.answer


def test_what_all_of_a_schema_says_counts() -> None:
    assert answer_of({"allOf": [{"description": "one"}, {"type": "array"}]}) == "array"
    assert answer_of({"anyOf": [{"type": "object"}, {"properties": {}}]}) == "object"
    assert answer_of({"oneOf": [{"type": "object"}, {"type": "array"}]}) == "json"
    assert answer_of({"type": ["object", "null"]}) == "json"
    assert answer_of(True) == answer_of({}) == answer_of({"type": "strange"}) == "json"


def test_a_schema_that_holds_itself_is_none_that_refers_to_itself() -> None:
    tree = {"properties": {"below": {"$ref": "#/components/schemas/A"}}}
    assert answer_of({"$ref": "#/components/schemas/A"}, A=tree) == "object"


@pytest.mark.parametrize(
    ("schemas", "told"),
    [
        ({"A": {"$ref": "#/components/schemas/A"}}, "$ref leads in a circle"),
        ({"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}, "$ref leads in a circle"),
        ({"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}}, "its schema leads in a circle"),
        ({"A": {"$ref": "#/components/schemas/B"}}, "$ref leads nowhere, to '#/components/schemas/B'"),
        ({"A": {"$ref": "https://elsewhere.example/api.yaml"}}, "$ref leads out of the document"),
        ({"A": {"$ref": "../../../etc/passwd"}}, "$ref leads out of the document"),
        ({"A": {"$ref": "#/" + "a" * 1_000}}, "$ref leads out of the document"),
        ({"A": {"oneOf": [{}] * 2_000}}, "oneOf has more than 1,000 entries"),
        ({"A": "string"}, "is no object"),
    ],
)
def test_references_that_lead_nowhere_are_told(schemas: dict[str, Any], told: str) -> None:
    assert told in refusal(with_schema({"$ref": "#/components/schemas/A"}, **schemas))


def test_schemas_that_fan_out_are_asked_once_each() -> None:
    schemas: dict[str, Any] = {f"A{n}": {"oneOf": [{"$ref": f"#/components/schemas/A{n + 1}"}] * 10} for n in range(25)}
    assert answer_of({"$ref": "#/components/schemas/A0"}, **schemas, A25={"type": "array"}) == "array"


def test_a_document_that_says_more_and_more_comes_to_an_end() -> None:
    parameters = [{"name": f"p{n}", "in": "query", "schema": {"type": "string"}} for n in range(900)]
    verbs = {verb: {"parameters": parameters, "responses": {}} for verb in ("get", "put", "post", "patch", "delete")}
    document = {"openapi": "3.0.0", "paths": {f"/a/{{tenant}}/{n}": verbs for n in range(900)}}
    assert "so much is said by then" in refusal(document)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "is no OpenAPI document of version 3"),
        ({"openapi": 3}, "is no OpenAPI document of version 3"),
        ({"swagger": "2.0", "openapi": "2.0"}, "is no OpenAPI document of version 3"),
        ({"openapi": "3.0.0", "paths": []}, "the document: paths is no object"),
        ({"openapi": "3.0.0", "paths": {5: {}}}, "paths has a name that is no text"),
        ({"openapi": "3.0.0", "paths": {"no-slash": {}}}, "paths: 'no-slash' is no path"),
        ({"openapi": "3.0.0", "paths": {"/" + "a" * 600: {}}}, "is no path"),
        ({"openapi": "3.0.0", "paths": {f"/{n}": {} for n in range(1_001)}}, "has more than 1,000 paths"),
        ({"openapi": "3.0.0", "paths": {"/a": {"get": {"operationId": ["x"]}}}}, "GET '/a': operationId is no string"),
        ({"openapi": "3.0.0", "servers": [{"url": "https://[x"}], "paths": {"/a": {"get": {}}}}, "the server's url"),
    ],
)
def test_what_is_no_document_of_operations_is_told(document: dict[Any, Any], told: str) -> None:
    assert told in refusal(document)


@pytest.mark.parametrize("path", [CART, ORDERS, LABELS, OTHERS], ids=lambda path: path.name)
def test_nothing_of_a_wrong_type_is_met_unprepared(path: Path) -> None:
    document = content(path)
    refused: list[str] = []
    read = 0
    for place in places(document):
        for wrong in WRONG:
            try:
                operations(replaced(document, place, wrong))
                read += 1
            except DocumentError as error:
                refused.append(str(error))
    assert all(map(str.isprintable, refused))
    # Most of what is wrong is wrong where nobody looks.
    assert len(refused) > 100
    assert read > 100
