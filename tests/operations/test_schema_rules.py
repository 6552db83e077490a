"""Facts about single bodies: what the contract says in prose, and the words of a refusal."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from bff.errors import Detail, InvalidInput
from bff.operations import schemas
from bff.operations.json_body import JsonValue
from bff.operations.schemas import validate

CANARY = "canary-5b1f"


def refusal(model: type[BaseModel], value: JsonValue) -> tuple[Detail, ...]:
    with pytest.raises(InvalidInput) as caught:
        validate(model, value)
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.details}"
    return caught.value.details


def problems(model: type[BaseModel], value: JsonValue) -> set[tuple[str | None, str | None]]:
    return {(detail.field, detail.type) for detail in refusal(model, value)}


def test_messages_name_what_is_expected() -> None:
    body: JsonValue = {
        "preferredCurrency": "US",
        "firstName": 1,
        "company": "x" * 2001,
        "metadata": {"version": "1"},
    }
    assert {detail.field: detail.message for detail in refusal(schemas.CustomerUpdate, body)} == {
        "preferredCurrency": "must be at least 3 characters long",
        "firstName": "must be a string",
        "company": "must be at most 2000 characters long",
        "metadata.version": "must be an integer",
    }
    (detail,) = refusal(schemas.MailedToken, {"token": ""})
    assert detail.message == "must be at least 1 character long"


def test_number_of_tags_is_bounded() -> None:
    validate(schemas.AddressUpdate, {"tags": ["x"] * 50})
    (detail,) = refusal(schemas.AddressUpdate, {"tags": ["x"] * 51})
    assert (detail.field, detail.type, detail.message) == ("tags", "too_long", "must have at most 50 items")


def test_address_without_contact_name_is_accepted_in_the_address_book_only() -> None:
    validate(schemas.AddressCreate, {})
    validate(schemas.AddressUpdate, {})
    assert problems(schemas.CustomerSignup, {"email": "e", "password": "p", "customerAddress": {}}) == {
        ("customerAddress.contactName", "missing_value")
    }


def test_new_address_cannot_be_the_default_but_one_at_sign_up_can() -> None:
    assert problems(schemas.AddressCreate, {"isDefault": True}) == {("isDefault", "unknown_property")}
    address: JsonValue = {"contactName": "Jane Doe", "isDefault": True}
    validate(schemas.CustomerSignup, {"email": "e", "password": "p", "customerAddress": address})


@pytest.mark.parametrize("model", [schemas.AddressCreate, schemas.AddressUpdate, schemas.CustomerUpdate])
def test_what_the_server_sets_is_refused(model: type[BaseModel]) -> None:
    assert problems(model, {"id": CANARY}) == {("id", "unknown_property")}


def test_id_in_the_address_of_a_sign_up_is_accepted_as_the_contract_lists_it() -> None:
    address: JsonValue = {"contactName": "Jane Doe", "id": "b05c20e034"}
    schemas.validate(schemas.CustomerSignup, {"email": "e", "password": "p", "customerAddress": address})


def test_contact_email_of_a_sign_up_is_the_email() -> None:
    body: JsonValue = {"email": "e", "password": "p", "customerDetails": {"contactEmail": CANARY}}
    (detail,) = refusal(schemas.CustomerSignup, body)
    assert (detail.field, detail.type) == ("customerDetails.contactEmail", "invalid_value")
    validate(schemas.CustomerSignup, {"email": "e", "password": "p", "customerDetails": {"contactEmail": "e"}})
    validate(schemas.CustomerSignup, {"email": "e", "password": "p", "customerDetails": {}})


def test_company_that_signs_up_gives_names_and_company() -> None:
    details: dict[str, JsonValue] = {"b2b": {"companyRegistrationId": CANARY}, "lastName": " "}
    body: dict[str, JsonValue] = {"email": "e", "password": "p", "customerDetails": details}
    assert problems(schemas.CustomerSignup, body) == {
        ("customerDetails.firstName", "missing_value"),
        ("customerDetails.lastName", "missing_value"),
        ("customerDetails.company", "missing_value"),
    }
    details.update(firstName="Jane", lastName="Doe", company="Doe Ltd")
    validate(schemas.CustomerSignup, body)


@pytest.mark.parametrize("b2b", [{}, {"companyRegistrationId": ""}])
def test_sign_up_without_a_registration_number_needs_no_names(b2b: JsonValue) -> None:
    validate(schemas.CustomerSignup, {"email": "e", "password": "p", "customerDetails": {"b2b": b2b}})


def test_registration_number_in_a_profile_change_needs_no_names() -> None:
    validate(schemas.CustomerUpdate, {"b2b": {"companyRegistrationId": "HRB 1"}})


def test_problems_of_both_kinds_are_named_together() -> None:
    profile: JsonValue = {
        "b2b": {"companyRegistrationId": "1"},
        "firstName": 1,
        "contactEmail": "f",
        "company": "c",
    }
    assert problems(schemas.CustomerSignup, {"email": "e", "customerDetails": profile}) == {
        ("password", "missing_value"),
        ("customerDetails.firstName", "invalid_type"),
        ("customerDetails.lastName", "missing_value"),
        ("customerDetails.contactEmail", "invalid_value"),
    }
