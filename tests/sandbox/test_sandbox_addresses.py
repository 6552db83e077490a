"""The address book."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sandbox.sandbox_driver import Driver, error_fields, error_type

NEW = {"contactName": "Jane Doe", "street": "Rynek", "city": "Krakow", "country": "PL", "tags": ["SHIPPING"]}


def add(driver: Driver, bearer: str, body: dict[str, Any] | None = None) -> str:
    reply = driver.call("POST", "/me/addresses", bearer, json=NEW if body is None else body)
    assert reply.status_code == 201, reply.text
    assert set(reply.json()) == {"id"}
    return str(reply.json()["id"])


def get(driver: Driver, bearer: str, address_id: str) -> dict[str, Any]:
    reply = driver.call("GET", f"/me/addresses/{address_id}", bearer)
    assert reply.status_code == 200
    return dict(reply.json())


def test_added_address_is_listed_and_shown(driver: Driver) -> None:
    token = driver.b2c()
    address_id = add(driver, token)
    expected = {**NEW, "id": address_id, "isDefault": False, "mixins": {}, "metadata": {"mixins": {}, "version": 1}}
    assert get(driver, token, address_id) == expected
    listed = driver.call("GET", "/me/addresses", token).json()
    assert len(listed) == 3
    assert listed[-1] == expected


def test_added_address_needs_nothing_in_particular(driver: Driver) -> None:
    token = driver.b2c()
    assert get(driver, token, add(driver, token, {}))["tags"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [({"isDefault": True}, "isDefault"), ({"tags": "A"}, "tags"), ({"tags": [1]}, "tags"), ({"city": 1}, "city")],
)
def test_added_address_is_validated(driver: Driver, body: dict[str, Any], field: str) -> None:
    reply = driver.call("POST", "/me/addresses", driver.b2c(), json=body)
    assert reply.status_code == 400
    assert error_fields(reply) == [field]


def test_patch_answers_nothing_and_counts_the_version(driver: Driver) -> None:
    token = driver.b2c()
    address_id = add(driver, token)
    body = {"city": "Warszawa", "metadata": {"version": 1}}
    reply = driver.call("PATCH", f"/me/addresses/{address_id}", token, json=body)
    assert (reply.status_code, reply.content) == (200, b"")
    changed = get(driver, token, address_id)
    assert (changed["city"], changed["street"], changed["metadata"]["version"]) == ("Warszawa", "Rynek", 2)
    stale = driver.call("PATCH", f"/me/addresses/{address_id}", token, json=body)
    assert (stale.status_code, error_type(stale)) == (409, "conflict_resource")


def test_merge_patch_is_not_a_media_type_of_addresses(driver: Driver) -> None:
    token = driver.b2c()
    headers = {"Content-Type": "application/merge-patch+json"}
    reply = driver.call("PATCH", f"/me/addresses/{add(driver, token)}", token, data="{}", headers=headers)
    assert reply.status_code == 415


def test_one_address_at_most_is_the_default(driver: Driver) -> None:
    token = driver.b2c()
    address_id = add(driver, token)
    driver.call("PATCH", f"/me/addresses/{address_id}", token, json={"isDefault": True})
    listed = driver.call("GET", "/me/addresses", token).json()
    assert [one["id"] for one in listed if one["isDefault"]] == [address_id]
    assert driver.me(token)["defaultAddress"]["id"] == address_id
    driver.call("PATCH", f"/me/addresses/{address_id}", token, json={"isDefault": False})
    assert "defaultAddress" not in driver.me(token)


def test_deleted_address_is_gone(driver: Driver) -> None:
    token = driver.b2c()
    address_id = add(driver, token)
    reply = driver.call("DELETE", f"/me/addresses/{address_id}", token)
    assert (reply.status_code, reply.content) == (204, b"")
    assert driver.call("DELETE", f"/me/addresses/{address_id}", token).status_code == 404
    assert len(driver.call("GET", "/me/addresses", token).json()) == 2


def test_tags_are_added_once_and_removed(driver: Driver) -> None:
    token = driver.b2c()
    address_id = add(driver, token)
    path = f"/me/addresses/{address_id}/tags"
    added = driver.call("POST", path, token, params={"tags": "BILLING, SHIPPING,Summer house"})
    assert (added.status_code, added.content) == (204, b"")
    assert get(driver, token, address_id)["tags"] == ["SHIPPING", "BILLING", "Summer house"]
    removed = driver.call("DELETE", path, token, params={"tags": "SHIPPING,NEVER"})
    assert (removed.status_code, removed.content) == (204, b"")
    assert get(driver, token, address_id)["tags"] == ["BILLING", "Summer house"]
    assert get(driver, token, address_id)["metadata"]["version"] == 3


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("params", [{}, {"tags": ""}, {"tags": " , "}])
def test_tags_are_required(driver: Driver, method: str, params: dict[str, str]) -> None:
    token = driver.b2c()
    reply = driver.call(method, f"/me/addresses/{add(driver, token)}/tags", token, params=params)
    assert reply.status_code == 400
    assert error_fields(reply) == ["tags"]


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/tags"), ("DELETE", "/tags")]
)
def test_unknown_and_foreign_addresses_are_not_found(driver: Driver, method: str, suffix: str) -> None:
    jane, john = driver.b2c(), driver.b2b()
    foreign = add(driver, john)
    for address_id in (foreign, "unknown"):
        request = {"json": {"city": "Berlin"}} if method == "PATCH" else {"params": {"tags": "A"}}
        reply = driver.call(method, f"/me/addresses/{address_id}{suffix}", jane, **request)
        assert (reply.status_code, error_type(reply)) == (404, "resource_not_found")
        assert reply.json()["message"] == f"Address {address_id} of customer {driver.me(jane)['id']} not found."
    assert get(driver, john, foreign)["metadata"]["version"] == 1
