"""Sign-up in its three modes, and the double opt-in."""

from __future__ import annotations

import pytest
import requests

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.mails import Purpose
from bff.sandbox.settings import SandboxSettings, SignupMode
from tests.support.sandbox.sandbox_driver import (
    NEW_EMAIL,
    NEW_PASSWORD,
    Driver,
    FakeClock,
    Start,
    error_fields,
    error_type,
    fault_code,
)

IMMEDIATE = SandboxSettings(signup=SignupMode.IMMEDIATE)
ADDRESS = {"contactName": "Jane Doe", "street": "Platz der Republik", "country": "DE", "tags": ["BILLING"]}


def optin(driver: Driver, token: str, guest: str | None = None) -> requests.Response:
    return driver.call("GET", f"/signup/optin/{token}", guest or driver.guest())


def resend(driver: Driver, email: str) -> requests.Response:
    return driver.call("POST", "/signup/optin/refresh_token", driver.guest(), json={"email": email})


def test_new_account_waits_for_its_optin(driver: Driver) -> None:
    reply = driver.signup()
    assert reply.status_code == 201
    assert set(reply.json()) == {"id"}
    refused = driver.login_reply(NEW_EMAIL, NEW_PASSWORD)
    assert (refused.status_code, error_type(refused)) == (403, "Forbidden")
    wrong = driver.login_reply(NEW_EMAIL, "not-the-password")
    assert wrong.status_code == 401


def test_optin_activates_and_signs_in_without_telling_the_session(driver: Driver) -> None:
    driver.signup()
    guest = driver.anonymous()
    reply = optin(driver, driver.mailed(Purpose.OPTIN), guest["access_token"])
    assert reply.status_code == 200
    assert set(reply.json()) == {
        "access_token",
        "saas_token",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "token_type",
    }
    told = driver.call("GET", "/validateauthtoken", reply.json()["access_token"]).json()
    assert (told["email"], told["sessionId"]) == (NEW_EMAIL, guest["sessionId"])
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 200


def test_optin_speaks_camel_case_where_so_set(start: Start) -> None:
    driver = start(SandboxSettings(camel_case_only=True))
    driver.signup()
    body = optin(driver, driver.mailed(Purpose.OPTIN)).json()
    assert set(body) == {"accessToken", "saasToken", "expiresIn", "refreshToken", "refreshTokenExpiresIn", "token_type"}


def test_optin_token_works_once(driver: Driver) -> None:
    driver.signup()
    token = driver.mailed(Purpose.OPTIN)
    assert optin(driver, token).status_code == 200
    for dead in (token, "unknown", "refresh_token"):
        reply = optin(driver, dead)
        assert reply.status_code == 400
        assert error_fields(reply) == ["token"]


def test_refused_bearer_does_not_spend_the_optin_token(driver: Driver) -> None:
    driver.signup()
    token = driver.mailed(Purpose.OPTIN)
    assert fault_code(optin(driver, token, driver.b2c())) == "oauth.v2.InvalidAccessToken"
    assert optin(driver, token).status_code == 200


def test_mailed_token_expires(driver: Driver, clock: FakeClock) -> None:
    driver.signup()
    clock.pass_seconds(86400)
    assert optin(driver, driver.mailed(Purpose.OPTIN)).status_code == 400


def test_resend_mails_a_new_token_and_the_older_one_dies(driver: Driver) -> None:
    driver.signup()
    old = driver.mailed(Purpose.OPTIN)
    reply = resend(driver, NEW_EMAIL)
    assert (reply.status_code, reply.content) == (202, b"")
    new = driver.mailed(Purpose.OPTIN)
    assert new != old
    assert optin(driver, old).status_code == 400
    assert optin(driver, new).status_code == 200


@pytest.mark.parametrize("email", [B2C_EMAIL, "who@example.com"])
def test_resend_does_not_tell_that_nobody_waits(driver: Driver, email: str) -> None:
    assert resend(driver, email).status_code == 202
    assert len(driver.sandbox.mails) == 0
    assert error_fields(driver.call("POST", "/signup/optin/refresh_token", driver.guest(), json={})) == ["email"]


def test_immediate_account_signs_in_at_once(start: Start) -> None:
    driver = start(IMMEDIATE)
    assert driver.signup().status_code == 201
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 200
    assert len(driver.sandbox.mails) == 0


def test_approval_account_waits_for_an_employee(start: Start) -> None:
    driver = start(SandboxSettings(signup=SignupMode.APPROVAL))
    assert driver.signup().status_code == 201
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 403
    assert resend(driver, NEW_EMAIL).status_code == 202
    assert len(driver.sandbox.mails) == 0
    assert not driver.sandbox.state.approve("who@example.com")
    assert driver.sandbox.state.approve(NEW_EMAIL)
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize("email", [B2C_EMAIL, B2C_EMAIL.upper()])
def test_duplicate_is_a_conflict(driver: Driver, email: str) -> None:
    reply = driver.signup(email)
    assert (reply.status_code, error_type(reply)) == (409, "conflict_resource")
    assert reply.json()["message"] == f"Duplicate account '{email}' for tenant 'demoshop'."


def test_duplicate_separate_login_is_a_conflict(driver: Driver) -> None:
    reply = driver.signup(signup={"email": B2C_EMAIL, "password": NEW_PASSWORD})
    assert reply.status_code == 409
    assert B2C_EMAIL in reply.json()["message"]


def test_separate_credentials_are_what_signs_in(start: Start) -> None:
    driver = start(IMMEDIATE)
    driver.signup(signup={"email": "login@example.com", "password": "Golden-Ferry-64"})
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 401
    token = driver.login("login@example.com", "Golden-Ferry-64")["access_token"]
    me = driver.me(token)
    assert me["contactEmail"] == NEW_EMAIL
    assert me["accounts"] == [{"id": "login@example.com"}]
    assert driver.signup().status_code == 409


def test_details_and_first_address_are_stored(start: Start) -> None:
    driver = start(IMMEDIATE)
    details = {"firstName": "Jane", "contactEmail": NEW_EMAIL, "preferredCurrency": "EUR"}
    assert driver.signup(customerDetails=details, customerAddress=ADDRESS).status_code == 201
    token = driver.login(NEW_EMAIL, NEW_PASSWORD)["access_token"]
    me = driver.me(token, expand="addresses")
    assert (me["firstName"], me["preferredCurrency"], me["preferredLanguage"]) == ("Jane", "EUR", "en_US")
    assert (me["businessModel"], me["metadata"]["version"]) == ("B2C", 1)
    assert [address["contactName"] for address in me["addresses"]] == ["Jane Doe"]
    assert "defaultAddress" not in me


def test_first_address_may_be_the_default(start: Start) -> None:
    driver = start(IMMEDIATE)
    driver.signup(customerAddress={**ADDRESS, "isDefault": True})
    token = driver.login(NEW_EMAIL, NEW_PASSWORD)["access_token"]
    assert driver.me(token)["defaultAddress"]["street"] == "Platz der Republik"


def test_company_registration_makes_a_business(start: Start) -> None:
    driver = start(IMMEDIATE)
    b2b = {"companyRegistrationId": "123-456-789"}
    names = {"firstName": "Jane", "lastName": "Doe", "company": "Example"}
    assert driver.signup(customerDetails={"b2b": b2b, **names}).status_code == 201
    me = driver.me(driver.login(NEW_EMAIL, NEW_PASSWORD)["access_token"])
    assert (me["businessModel"], me["b2b"]) == ("B2B", {**b2b, "legalEntities": []})


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"email": "", "password": ""}, ["email", "password"]),
        ({"customerDetails": {"contactEmail": "other@example.com"}}, ["customerDetails.contactEmail"]),
        (
            {"customerDetails": {"b2b": {"companyRegistrationId": "1"}, "lastName": "Doe"}},
            ["customerDetails.firstName", "customerDetails.company"],
        ),
        ({"customerDetails": {"preferredCurrency": "EURO"}}, ["customerDetails.preferredCurrency"]),
        ({"customerAddress": {"street": "Rynek"}}, ["customerAddress.contactName"]),
        ({"customerAddress": {**ADDRESS, "country": "DEU"}}, ["customerAddress.country"]),
        ({"signup": {"email": "a@example.com", "password": "short"}}, ["signup.password"]),
        ({"customerDetails": None}, ["customerDetails"]),
    ],
)
def test_signup_is_validated_and_stores_nothing(driver: Driver, body: dict[str, object], fields: list[str]) -> None:
    known = len(driver.sandbox.state.customers)
    reply = driver.signup(**{"email": NEW_EMAIL, "password": NEW_PASSWORD, **body})
    assert reply.status_code == 400
    assert error_fields(reply) == fields
    assert len(driver.sandbox.state.customers) == known
