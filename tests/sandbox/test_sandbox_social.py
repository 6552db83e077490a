"""Sign-in with a code of an identity provider."""

from __future__ import annotations

from typing import Any

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.mint import Mint
from tests.support.sandbox.sandbox_driver import Driver, Start, error_fields
from tests.support.sandbox.sandbox_provider import OneCode, social


def provided(start: Start, email: str) -> Driver:
    mint = Mint()
    return start(redeemer=OneCode(mint, email), mint=mint)


def test_new_person_becomes_a_customer(start: Start) -> None:
    driver = provided(start, "social@example.com")
    guest = driver.anonymous()
    reply = social(driver, guest["access_token"], {"session-id": guest["sessionId"]})
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == {
        "social_access_token",
        "social_id_token",
        "access_token",
        "saas_token",
        "refresh_token",
        "expires_in",
        "refresh_token_expires_in",
        "session_idle_time",
        "token_type",
        "scope",
    }
    assert (body["expires_in"], body["refresh_token_expires_in"]) == ("2591999", "86399")
    assert body["session_idle_time"] == 3600
    me = driver.me(body["access_token"])
    assert me["accounts"] == [{"id": "social@example.com", "providerId": "auth0|1"}]
    assert (me["firstName"], me["contactEmail"]) == ("Jane", "social@example.com")
    told = driver.call("GET", "/validateauthtoken", body["access_token"]).json()
    assert told["sessionId"] == guest["sessionId"]
    assert driver.refresh(body["refresh_token"]).json()["session_id"] == guest["sessionId"]


def test_known_email_is_matched(start: Start) -> None:
    driver = provided(start, B2C_EMAIL)
    jane = driver.me(driver.b2c())
    body = social(driver, driver.guest()).json()
    me = driver.me(body["access_token"])
    assert me["id"] == jane["id"]
    assert me["accounts"] == [{"id": B2C_EMAIL}, {"id": B2C_EMAIL, "providerId": "auth0|1"}]


def test_known_subject_is_matched_under_another_email(start: Start) -> None:
    mint = Mint()
    provider = OneCode(mint, "social@example.com")
    driver = start(redeemer=provider, mint=mint)
    first = driver.me(social(driver, driver.guest()).json()["access_token"])
    provider.identity, provider.spent = OneCode(mint, "moved@example.com").identity, False
    second = driver.me(social(driver, driver.guest()).json()["access_token"])
    assert second["id"] == first["id"]


def test_account_that_waits_is_not_let_in_by_a_matching_email(start: Start) -> None:
    driver = provided(start, "waits@example.com")
    driver.signup("waits@example.com")
    assert social(driver, driver.guest()).status_code == 403


def test_social_customer_adds_a_password_login(start: Start) -> None:
    driver = provided(start, "social@example.com")
    token = social(driver, driver.guest()).json()["access_token"]
    change = {"currentPassword": "anything", "newPassword": "Amber-Meadow-52"}
    assert error_fields(driver.call("POST", "/password/change", token, json=change)) == ["currentPassword"]
    body = {"email": "social@example.com", "password": "Amber-Meadow-52"}
    assert driver.call("POST", "/me/accounts/internal", token, json=body).status_code == 201
    assert driver.call("POST", "/me/accounts/internal", token, json=body).status_code == 409
    assert driver.login_reply("social@example.com", "Amber-Meadow-52").status_code == 200


@pytest.mark.parametrize(
    "query", [{"code": "other"}, {"redirect_uri": "http://127.0.0.1:8000/"}, {"code_verifier": ""}]
)
def test_code_that_the_provider_refuses_signs_nobody_in(start: Start, query: dict[str, Any]) -> None:
    reply = social(provided(start, B2C_EMAIL), "", **query)
    assert reply.status_code == 401
    driver = provided(start, B2C_EMAIL)
    known = len(driver.sandbox.state.customers)
    refused = social(driver, driver.guest(), **query)
    assert refused.status_code == 400
    assert error_fields(refused) == ["code"]
    assert len(driver.sandbox.state.customers) == known


def test_code_works_once(start: Start) -> None:
    driver = provided(start, B2C_EMAIL)
    assert social(driver, driver.guest()).status_code == 200
    assert error_fields(social(driver, driver.guest())) == ["code"]


def test_without_a_provider_every_code_is_refused(driver: Driver) -> None:
    assert error_fields(social(driver, driver.guest())) == ["code"]


@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_parameters_are_required(start: Start, missing: str) -> None:
    driver = provided(start, B2C_EMAIL)
    without: dict[str, Any] = {missing: ""}
    assert error_fields(social(driver, driver.guest(), **without)) == [missing]


def test_session_has_to_be_that_of_the_bearer(start: Start) -> None:
    driver = provided(start, B2C_EMAIL)
    other = driver.anonymous()["sessionId"]
    assert error_fields(social(driver, driver.guest(), {"session-id": other})) == ["session-id"]
