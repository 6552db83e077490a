"""The profile: shown, changed, deleted; one more login."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from bff.sandbox.demo_customers import B2B_EMAIL, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.mails import Purpose
from tests.support.sandbox.sandbox_driver import NEW_EMAIL, NEW_PASSWORD, Driver, error_fields, error_type, fault_code

PLAIN = "application/json"
MERGE = "application/merge-patch+json"


def patch(driver: Driver, bearer: str, body: object, media_type: str = PLAIN) -> requests.Response:
    return driver.call("PATCH", "/me", bearer, data=json.dumps(body), headers={"Content-Type": media_type})


def test_guest_is_shown_as_the_anonymous_customer(driver: Driver) -> None:
    assert driver.me(driver.guest(), expand="addresses") == {
        "firstName": "Anonymous",
        "lastName": "Anonymous",
        "preferredSite": "default",
        "customerNumber": "00000000",
        "id": "00000000",
        "accounts": [],
    }


def test_customer_is_shown_with_the_default_address_only(driver: Driver) -> None:
    me = driver.me(driver.b2c())
    assert (me["id"], me["accounts"]) == (me["customerNumber"], [{"id": B2C_EMAIL}])
    assert (me["businessModel"], me["metadata"]) == ("B2C", {"mixins": {}, "version": 1})
    assert me["defaultAddress"]["isDefault"] is True
    assert me["lastLogin"].startswith("2027-01-15T08:00:00")
    assert "addresses" not in me
    assert "b2b" not in me


@pytest.mark.parametrize("expand", ["addresses", "addresses,mixin:*", " mixin:* , addresses "])
def test_addresses_are_expanded_on_request(driver: Driver, expand: str) -> None:
    assert len(driver.me(driver.b2c(), expand=expand)["addresses"]) == 2


@pytest.mark.parametrize("expand", ["orders", "addresses,orders", "Addresses"])
def test_unknown_expansion_is_refused(driver: Driver, expand: str) -> None:
    reply = driver.call("GET", "/me", driver.b2c(), params={"expand": expand})
    assert reply.status_code == 400
    assert error_fields(reply) == ["expand"]


def test_business_customer_shows_the_legal_entities(driver: Driver) -> None:
    me = driver.me(driver.b2b())
    assert me["businessModel"] == "B2B"
    assert me["b2b"]["companyRegistrationId"] == "123-456-789"
    assert me["b2b"]["legalEntities"][0] == {
        "id": LEGAL_ENTITIES[0].id,
        "name": LEGAL_ENTITIES[0].name,
        "contactAssignmentId": LEGAL_ENTITIES[0].contact_assignment_id,
    }
    assert len(me["b2b"]["legalEntities"]) == 2


def test_patch_answers_nothing_and_counts_the_version(driver: Driver) -> None:
    token = driver.b2c()
    body = {"lastName": "Roe", "mixins": {"loyalty": {"points": 3}}, "metadata": {"version": 1}, "id": "1"}
    reply = patch(driver, token, body)
    assert (reply.status_code, reply.content) == (200, b"")
    me = driver.me(token)
    assert (me["firstName"], me["lastName"], me["metadata"]["version"]) == ("Jane", "Roe", 2)
    assert me["mixins"] == {"loyalty": {"points": 3}}
    assert me["id"] != "1"


@pytest.mark.parametrize("media_type", [PLAIN, MERGE])
def test_stale_version_is_a_conflict_and_changes_nothing(driver: Driver, media_type: str) -> None:
    token = driver.b2c()
    assert patch(driver, token, {"lastName": "Roe", "metadata": {"version": 1}}, media_type).status_code == 200
    stale = patch(driver, token, {"lastName": "Poe", "metadata": {"version": 1}}, media_type)
    assert (stale.status_code, error_type(stale)) == (409, "conflict_resource")
    assert driver.me(token)["lastName"] == "Roe"
    assert patch(driver, token, {"lastName": "Poe"}, media_type).status_code == 200
    assert driver.me(token)["metadata"]["version"] == 3


def test_patch_without_a_body_changes_nothing(driver: Driver) -> None:
    token = driver.b2c()
    assert driver.call("PATCH", "/me", token).status_code == 200
    assert driver.me(token)["metadata"]["version"] == 1


def test_merge_patch_removes_by_null_and_merges_deeply(driver: Driver) -> None:
    token = driver.b2c()
    patch(driver, token, {"mixins": {"a": {"x": 1, "y": 2}, "b": 1}})
    body = {"title": None, "contactPhone": "987", "mixins": {"a": {"x": None, "z": 3}, "b": None}}
    assert patch(driver, token, body, MERGE).status_code == 200
    me = driver.me(token)
    assert "title" not in me
    assert (me["contactPhone"], me["mixins"]) == ("987", {"a": {"y": 2, "z": 3}})
    assert patch(driver, token, {"mixins": None, "metadata": None}, MERGE).status_code == 200
    assert (driver.me(token)["mixins"], driver.me(token)["metadata"]["version"]) == ({}, 4)


def test_merge_patch_ends_a_business(driver: Driver) -> None:
    token = driver.b2b()
    assert patch(driver, token, {"b2b": {"companyRegistrationId": None}, "company": None}, MERGE).status_code == 200
    assert "companyRegistrationId" not in driver.me(token)["b2b"]


@pytest.mark.parametrize(
    ("body", "media_type", "field"),
    [
        ({"contactEmail": None}, MERGE, "contactEmail"),
        ({"contactEmail": ""}, PLAIN, "contactEmail"),
        ({"lastName": None}, PLAIN, "lastName"),
        ({"lastName": 7}, MERGE, "lastName"),
        ({"preferredCurrency": "EU"}, PLAIN, "preferredCurrency"),
        ({"mixins": []}, PLAIN, "mixins"),
        ({"metadata": {"version": "1"}}, PLAIN, "metadata.version"),
        ({"metadata": {"version": True}}, PLAIN, "metadata.version"),
        ({"b2b": {"companyRegistrationId": "1"}}, PLAIN, "company"),
    ],
)
def test_bad_patch_names_the_field_and_changes_nothing(
    driver: Driver, body: dict[str, Any], media_type: str, field: str
) -> None:
    token = driver.b2c()
    before = driver.me(token)
    reply = patch(driver, token, body, media_type)
    assert reply.status_code == 400
    assert error_fields(reply) == [field]
    assert driver.me(token) == before


def test_deletion_takes_a_mailed_token(driver: Driver) -> None:
    reply = driver.login(B2C_EMAIL, B2C_PASSWORD)
    token = reply["access_token"]
    asked = driver.call("DELETE", "/me", token)
    assert (asked.status_code, asked.content) == (204, b"")
    assert driver.call("GET", "/me", token).status_code == 200
    mail = driver.sandbox.mails.last(Purpose.ACCOUNT_DELETION)
    assert mail.to == B2C_EMAIL
    confirmed = driver.call("DELETE", "/me", token, params={"token": mail.token})
    assert (confirmed.status_code, confirmed.content) == (202, b"")
    assert fault_code(driver.call("GET", "/me", token)) == "oauth.v2.InvalidAccessToken"
    assert driver.refresh(reply["refresh_token"]).status_code == 401
    assert driver.login_reply(B2C_EMAIL, B2C_PASSWORD).status_code == 401


def test_deleted_customer_leaves_no_mailed_token_behind(driver: Driver) -> None:
    token = driver.b2c()
    driver.call("POST", "/password/reset", driver.guest(), json={"email": B2C_EMAIL})
    driver.call("DELETE", "/me", token)
    driver.call("DELETE", "/me", token, params={"token": driver.mailed(Purpose.ACCOUNT_DELETION)})
    body = {"token": driver.mailed(Purpose.PASSWORD_RESET), "password": NEW_PASSWORD}
    assert driver.call("POST", "/password/reset/update", driver.guest(), json=body).status_code == 400
    assert driver.signup(B2C_EMAIL).status_code == 201


def test_only_the_right_token_deletes(driver: Driver) -> None:
    jane, john = driver.b2c(), driver.b2b()
    driver.call("DELETE", "/me", john)
    for dead in (driver.mailed(Purpose.ACCOUNT_DELETION), "unknown", ""):
        reply = driver.call("DELETE", "/me", jane, params={"token": dead})
        assert reply.status_code == 400
        assert error_fields(reply) == ["token"]
    assert driver.me(john)["contactEmail"] == B2B_EMAIL


def test_added_login_signs_in(driver: Driver) -> None:
    token = driver.b2c()
    body = {"email": NEW_EMAIL, "password": NEW_PASSWORD}
    reply = driver.call("POST", "/me/accounts/internal", token, json=body)
    assert (reply.status_code, reply.json()) == (201, {"id": driver.me(token)["id"]})
    assert driver.me(token)["accounts"] == [{"id": B2C_EMAIL}, {"id": NEW_EMAIL}]
    other = driver.login(NEW_EMAIL, NEW_PASSWORD)["access_token"]
    assert driver.me(other)["id"] == driver.me(token)["id"]


@pytest.mark.parametrize("email", [B2C_EMAIL, B2B_EMAIL])
def test_taken_email_cannot_be_added(driver: Driver, email: str) -> None:
    reply = driver.call("POST", "/me/accounts/internal", driver.b2c(), json={"email": email, "password": "secret"})
    assert (reply.status_code, error_type(reply)) == (409, "conflict_resource")


def test_added_login_is_validated(driver: Driver) -> None:
    reply = driver.call("POST", "/me/accounts/internal", driver.b2c(), json={"email": NEW_EMAIL, "password": "short"})
    assert error_fields(reply) == ["password"]
