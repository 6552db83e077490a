"""The API description is whole, valid, and of what is there; what is switched off or declared later follows."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from bff.operations import answers, schemas
from bff.operations.model import Credential, Operation, Parameter, Place, ResponseShape, Supplier
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sessions.ended import Ended
from bff.web.api.description.document import describe
from bff.web.errors import FAULTS
from tests.support.api_description import Description, settings
from tests.support.shop import Shop, ShopMaker

METHODS = {
    "session",
    "validateSession",
    "refreshSession",
    "login",
    "logout",
    "signUp",
    "confirmSignUp",
    "resendActivation",
    "me",
    "updateMe",
    "deleteMe",
    "confirmDeletion",
    "addresses",
    "addAddress",
    "address",
    "updateAddress",
    "deleteAddress",
    "addTags",
    "removeTags",
    "addLogin",
    "changeEmail",
    "confirmEmailChange",
    "requestPasswordReset",
    "resetPassword",
    "changePassword",
    "devices",
    "endDevice",
    "endOtherDevices",
}
"""What JavaScript clients call; none of it may go."""
NOT_DESCRIBED = {("GET", "/api/openapi.json"), ("GET", "/api/docs")}
"""The document does not describe itself, nor its page: it is what a client reads before it knows any method."""
WITHOUT_PROPERTIES = {answers.Accepted.__name__: "a neutral answer says nothing"}
"""Answers without a named property, each with its reason."""


def described(**environment: str) -> Description:
    return Description.of_routes(**environment)


@pytest.mark.parametrize("environment", [{}, {"EMPORIX_SIGNUP": "immediate"}, {"BFF_NEUTRAL_ANSWERS": "off"}])
def test_document_is_valid(environment: dict[str, str]) -> None:
    validate(described(**environment).document)


def test_every_json_route_is_described_and_no_other(shop: Shop) -> None:
    there = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in shop.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD"}
    }
    said = {(one.method, one.path) for one in described().operations}
    assert said == there - NOT_DESCRIBED
    assert there > said


def test_methods_have_the_names_that_clients_call() -> None:
    names = [one.id for one in described().operations]
    assert len(names) == len(set(names))
    assert set(names) == METHODS


def test_every_operation_says_what_a_reader_needs() -> None:
    for one in described().operations:
        assert one.said["summary"]
        assert one.said["tags"]
        assert all(parameter["description"] for parameter in one.parameters), one.id
        assert all(example for _, _, example in one.bodies() if one.id != "refreshSession"), one.id


def test_every_success_has_a_schema_and_an_example_or_no_body() -> None:
    said = described()
    with_body = 0
    for one in said.operations:
        for status, response in one.said["responses"].items():
            if status.startswith("2"):
                for content in said.resolved(response).get("content", {}).values():
                    with_body += 1
                    assert content["examples"], one.id
                    for example in content["examples"].values():
                        assert said.errors(content["schema"], example["value"]) == [], one.id
    assert with_body > 10


def test_every_example_of_a_body_fits_its_schema_and_the_check_itself() -> None:
    said = described()
    models = {name: model for name, model in vars(schemas).items() if isinstance(model, type)}
    for one in said.operations:
        for media, _, value in one.bodies():
            content = one.said["requestBody"]["content"][media]
            assert said.errors(content["schema"], value) == [], one.id
            name = str(content["schema"]).partition("components/schemas/")[2].partition("'")[0]
            model = models[name.removesuffix("Nullable")]
            schemas.validate(schemas.nullable(model) if name.endswith("Nullable") else model, value)


def test_every_error_has_an_example_in_the_one_shape() -> None:
    said = described()
    for one in said.operations:
        errors = {status: said.resolved(r) for status, r in one.said["responses"].items() if status >= "4"}
        assert {"400", "403", "500"} <= set(errors), one.id
        for status, response in errors.items():
            (content,) = response["content"].values()
            for example in content["examples"].values():
                value = said.resolved(example)["value"]
                assert said.errors({"$ref": "#/components/schemas/Error"}, value) == []
                assert str(value["status"]) == status


def test_every_error_of_the_map_that_a_json_route_can_meet_is_described() -> None:
    described_types = {example["value"]["type"] for example in described().document["components"]["examples"].values()}
    # A document leaves out what is switched off.
    assert {fault.type for fault in FAULTS.values()} - described_types == set()


def test_answer_schema_without_named_properties_is_listed_with_its_reason() -> None:
    said = described(EMPORIX_SIGNUP="optin")
    bare = set()
    for one in said.operations:
        for status, response in one.said["responses"].items():
            for content in said.resolved(response).get("content", {}).values():
                schema = content["schema"].get("items", content["schema"])
                for part in schema.get("anyOf", [schema]):
                    if not said.resolved(part).get("properties"):
                        bare.add(part["$ref"].rpartition("/")[2])
            assert status
    assert bare == set(WITHOUT_PROPERTIES)


@pytest.mark.parametrize(
    ("variable", "gone"),
    [("BFF_ACCOUNT_DELETION", {"deleteMe", "confirmDeletion"}), ("BFF_ADD_LOGIN", {"addLogin"})],
)
def test_what_is_switched_off_is_not_described(variable: str, gone: set[str]) -> None:
    said = described(**{variable: "off"})
    assert {one.id for one in said.operations} == METHODS - gone
    validate(said.document)


@pytest.mark.parametrize(
    ("environment", "statuses"),
    [
        ({}, {"202"}),
        ({"BFF_NEUTRAL_ANSWERS": "off"}, {"201", "409"}),
        ({"EMPORIX_SIGNUP": "immediate"}, {"201", "409"}),
        ({"EMPORIX_SIGNUP": "approval"}, {"202"}),
    ],
)
def test_sign_up_is_described_as_it_answers(environment: dict[str, str], statuses: set[str]) -> None:
    responses = described(**environment).operation("signUp").said["responses"]
    assert set(responses) & {"201", "202", "409"} == statuses


def test_row_that_is_declared_later_is_described() -> None:
    class Cart(BaseModel):
        """A cart."""

        id: str

    row = Operation(
        name="cart_of_site",
        contract_id="GET-cart",
        summary="Read a cart",
        method="GET",
        path="/customer/{tenant}/carts/{cartId}",
        accepts=(Credential.CUSTOMER, Credential.ANONYMOUS),
        parameters=(
            Parameter(name="tenant", place=Place.PATH, pattern="[a-z]+"),
            Parameter(name="cartId", place=Place.PATH, pattern="[a-z]+", supplier=Supplier.CLIENT),
        ),
        answer=ResponseShape.OBJECT,
        shown_as=Cart,
        topic="Cart",
    )
    document = describe(settings(), MappingProxyType({**OPERATIONS, row.name: row}))
    validate(document)
    said = Description(document).operation("cartOfSite")
    assert (said.method, said.said["tags"]) == ("GET", ["Cart"])
    assert Description(document).errors({"$ref": "#/components/schemas/Cart"}, {}) != []


def test_security_names_the_cookie_as_it_is_called() -> None:
    schemes = described().document["components"]["securitySchemes"]
    assert schemes["cookie"]["name"] == "__Host-session"
    local = described(BFF_PUBLIC_URL="http://127.0.0.1:8000").document["components"]["securitySchemes"]
    assert local["cookie"]["name"] == "bff-session"


def test_what_changes_something_needs_the_token_and_what_reads_does_not() -> None:
    for one in described().operations:
        assert any("csrf" in way for way in one.said["security"]) is (one.method != "GET"), one.id


def test_write_with_a_version_takes_it_and_read_gives_it() -> None:
    said = described()
    taking = {one.id for one in said.operations if any(p["name"] == "If-Match" for p in one.parameters)}
    giving = {
        one.id
        for one in said.operations
        for response in one.said["responses"].values()
        if "ETag" in said.resolved(response).get("headers", {})
    }
    preferring = {one.id for one in said.operations if any(p["name"] == "Prefer" for p in one.parameters)}
    assert taking == {"updateMe", "updateAddress"}
    assert giving == {"me", "address", "updateMe", "addAddress", "updateAddress"}
    assert preferring == {"updateMe", "addAddress", "updateAddress"}
    assert all("412" in said.operation(id).said["responses"] for id in taking)


def test_pattern_is_one_that_javascript_reads() -> None:
    text = str(described().document)
    assert r"\\Z" not in text
    assert "(?P<" not in text


def test_words_for_an_ended_session_are_the_programs() -> None:
    said = described().document["components"]["schemas"]
    assert set(said["Error"]["properties"]["ended"]["enum"]) == {ended.value for ended in Ended}


def test_examples_are_of_the_demo_but_for_its_passwords() -> None:
    said = described()
    ((_, _, credentials),) = said.operation("login").bodies()
    assert credentials["email"] == B2C_EMAIL
    # Else the search for leaks would find them in every document.
    assert not {B2C_PASSWORD, B2B_PASSWORD} & {str(value) for value in _values(said.document)}
    companies = [value.get("legalEntityId") for _, _, value in said.operation("refreshSession").bodies()]
    assert LEGAL_ENTITIES[0].id in companies


def _values(said: Any) -> Iterator[Any]:
    if isinstance(said, dict | list):
        for value in said.values() if isinstance(said, dict) else said:
            yield from _values(value)
    else:
        yield said


def test_model_of_an_answer_shows_only_what_is_passed_on() -> None:
    for row in OPERATIONS.values():
        if row.shows:
            assert row.shown_as is not None
            properties = {field.alias for field in row.shown_as.model_fields.values()}
            assert properties == set(row.shows)


def test_document_is_answered_to_anybody_and_keeps_nothing(make_shop: ShopMaker) -> None:
    for docs in ("on", "off"):
        shop = make_shop(BFF_API_DOCS=docs, REDIS_URL="redis://127.0.0.1:1")
        for cookie in (None, "A" * 43):
            browser = shop.browser()
            browser.cookie = cookie
            answer = browser.get("/api/openapi.json")
            assert (answer.status_code, answer.mimetype) == (200, "application/json")
            assert "Set-Cookie" not in answer.headers
            assert "X-CSRF-Token" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
            document: dict[str, Any] = answer.get_json()
            assert document == describe(shop.settings, OPERATIONS)
            assert next(iter(document["paths"])) == "/api/session"


def test_document_takes_no_parameter(shop: Shop) -> None:
    refused = shop.browser().get("/api/openapi.json?version=3.0")
    assert (refused.status_code, refused.get_json()["details"][0]["field"]) == (400, "version")


def test_other_site_does_not_get_the_document(shop: Shop) -> None:
    refused = shop.browser().get("/api/openapi.json", headers={"Sec-Fetch-Site": "cross-site"})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "forbidden")
