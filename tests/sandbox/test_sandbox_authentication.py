"""Tokens: issued, carried over a sign-in, refreshed, expired, revoked."""

from __future__ import annotations

import base64
import json

import pytest

from bff.sandbox.bearer import BearerKind
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.settings import SandboxSettings
from tests.support.sandbox.sandbox_driver import Driver, FakeClock, Start, error_fields, error_type, fault_code

SPENT = "keymanagement.service.invalid_refresh_token"
INVALID = "oauth.v2.InvalidAccessToken"
SNAKE = {"access_token", "expires_in", "refresh_token", "refresh_token_expires_in", "token_type", "session_id"}


def test_anonymous_login_answers_as_documented(driver: Driver) -> None:
    body = driver.anonymous()
    assert set(body) == {
        "token_type",
        "access_token",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "sessionId",
        "scope",
    }
    assert (body["expires_in"], body["refresh_token_expires_in"]) == (3599, 86399)
    assert body["scope"] == "tenant=demoshop"


def test_every_anonymous_login_starts_another_session(driver: Driver) -> None:
    assert driver.anonymous()["sessionId"] != driver.anonymous()["sessionId"]


def test_anonymous_refresh_keeps_the_session_and_rotates(driver: Driver) -> None:
    old = driver.anonymous()
    new = driver.anonymous_refresh(refresh_token=old["refresh_token"]).json()
    assert new["sessionId"] == old["sessionId"]
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    again = driver.anonymous_refresh(refresh_token=old["refresh_token"])
    assert (again.status_code, fault_code(again)) == (401, SPENT)
    assert driver.anonymous_refresh(refresh_token=new["refresh_token"]).status_code == 200


def test_anonymous_refresh_outlives_the_access_token_but_ends(driver: Driver, clock: FakeClock) -> None:
    first = driver.anonymous()
    clock.pass_seconds(86398)
    second = driver.anonymous_refresh(refresh_token=first["refresh_token"])
    assert second.status_code == 200
    clock.pass_seconds(86399)
    late = driver.anonymous_refresh(refresh_token=second.json()["refresh_token"])
    assert (late.status_code, fault_code(late)) == (401, SPENT)


def test_deprecated_refresh_by_access_token_answers_no_refresh_token(driver: Driver) -> None:
    old = driver.anonymous()
    reply = driver.anonymous_refresh(anonymous_token=old["access_token"])
    assert reply.status_code == 200
    assert set(reply.json()) == {"token_type", "access_token", "expires_in", "sessionId", "scope"}
    assert reply.json()["sessionId"] == old["sessionId"]
    assert fault_code(driver.anonymous_refresh(anonymous_token="unknown")) == INVALID
    assert error_fields(driver.anonymous_refresh()) == ["anonymous_token"]


def test_customer_refresh_token_is_no_anonymous_one(driver: Driver) -> None:
    customer = driver.login(B2C_EMAIL, B2C_PASSWORD)
    assert fault_code(driver.anonymous_refresh(refresh_token=customer["refresh_token"])) == SPENT
    assert fault_code(driver.refresh(driver.anonymous()["refresh_token"])) == SPENT


def test_login_carries_the_session_of_the_anonymous_token(driver: Driver) -> None:
    guest = driver.anonymous()
    body = driver.login(B2C_EMAIL, B2C_PASSWORD, guest["access_token"])
    assert set(body) == SNAKE | {"saas_token", "initialPassword"}
    assert body["session_id"] == guest["sessionId"]
    assert (body["expires_in"], body["refresh_token_expires_in"]) == (2591999, 86399)
    assert body["initialPassword"] is False


def test_saas_token_is_a_jwt_whose_subject_is_the_customer_number(driver: Driver, clock: FakeClock) -> None:
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    header, claims, _ = (part + "=" * (-len(part) % 4) for part in body["saas_token"].split("."))
    assert json.loads(base64.urlsafe_b64decode(header))["alg"] == "HS256"
    read = json.loads(base64.urlsafe_b64decode(claims))
    assert read["sub"] == driver.me(body["access_token"])["customerNumber"]
    assert read["exp"] == int(clock.seconds) + 2591999


def test_login_does_not_look_at_the_case_of_an_email(driver: Driver) -> None:
    assert driver.login_reply(B2C_EMAIL.upper(), B2C_PASSWORD).status_code == 200


@pytest.mark.parametrize(("email", "password"), [(B2C_EMAIL, "wrong-password"), ("who@example.com", B2C_PASSWORD)])
def test_wrong_credentials_are_not_a_fault_of_the_bearer(driver: Driver, email: str, password: str) -> None:
    reply = driver.login_reply(email, password)
    assert (reply.status_code, error_type(reply)) == (401, "unauthorized")


def test_login_body_is_validated(driver: Driver) -> None:
    reply = driver.call("POST", "/login", driver.guest(), json={"email": "", "password": "short"})
    assert reply.status_code == 400
    assert error_fields(reply) == ["email", "password"]
    assert error_fields(driver.call("POST", "/login", driver.guest(), json={})) == ["email", "password"]


def test_password_set_by_an_employee_is_told(driver: Driver) -> None:
    customer = next(iter(driver.sandbox.state.customers.values()))
    customer.logins[0].initial_password = True
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    assert body["initialPassword"] is True
    change = {"currentPassword": B2C_PASSWORD, "newPassword": "Silver-Orchard-19"}
    assert driver.call("POST", "/password/change", body["access_token"], json=change).status_code == 204
    assert driver.login(B2C_EMAIL, "Silver-Orchard-19")["initialPassword"] is False


def test_refresh_answers_as_documented_and_rotates(driver: Driver) -> None:
    old = driver.login(B2C_EMAIL, B2C_PASSWORD)
    reply = driver.refresh(old["refresh_token"])
    assert reply.status_code == 200
    new = reply.json()
    assert set(new) == SNAKE
    assert new["session_id"] == old["session_id"]
    assert driver.me(new["access_token"])["firstName"] == "Jane"
    spent = driver.refresh(old["refresh_token"])
    assert (spent.status_code, fault_code(spent)) == (401, SPENT)
    assert error_fields(driver.call("GET", "/refreshauthtoken", driver.guest())) == ["refreshToken"]


def test_refresh_leaves_the_old_access_token_alive(driver: Driver) -> None:
    old = driver.login(B2C_EMAIL, B2C_PASSWORD)
    driver.refresh(old["refresh_token"])
    assert driver.call("GET", "/me", old["access_token"]).status_code == 200


def test_refresh_kills_the_old_access_token_where_so_set(start: Start) -> None:
    driver = start(SandboxSettings(revoke_old_access_on_refresh=True))
    old = driver.login(B2C_EMAIL, B2C_PASSWORD)
    driver.refresh(old["refresh_token"])
    assert fault_code(driver.call("GET", "/me", old["access_token"])) == INVALID


def test_customer_refresh_token_dies_long_before_the_access_token(driver: Driver, clock: FakeClock) -> None:
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    clock.pass_seconds(86399)
    late = driver.refresh(body["refresh_token"])
    assert (late.status_code, fault_code(late)) == (401, SPENT)
    assert driver.call("GET", "/me", body["access_token"]).status_code == 200


def test_lifetimes_are_settings(start: Start, clock: FakeClock) -> None:
    driver = start(
        SandboxSettings(
            anonymous_access_seconds=5,
            anonymous_refresh_seconds=6,
            customer_access_seconds=7,
            customer_refresh_seconds=8,
        )
    )
    guest = driver.anonymous()
    customer = driver.login(B2C_EMAIL, B2C_PASSWORD, guest["access_token"])
    assert (guest["expires_in"], guest["refresh_token_expires_in"]) == (5, 6)
    assert (customer["expires_in"], customer["refresh_token_expires_in"]) == (7, 8)
    clock.pass_seconds(5)
    assert driver.call("GET", "/me", guest["access_token"]).status_code == 401
    clock.pass_seconds(2)
    assert driver.call("GET", "/me", customer["access_token"]).status_code == 401
    assert driver.refresh(customer["refresh_token"]).status_code == 200


def test_refresh_takes_the_customer_bearer_where_so_set(start: Start) -> None:
    driver = start(SandboxSettings(refresh_bearer=BearerKind.CUSTOMER))
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    assert fault_code(driver.refresh(body["refresh_token"])) == INVALID
    foreign = driver.refresh(body["refresh_token"], driver.b2b())
    assert (foreign.status_code, fault_code(foreign)) == (401, SPENT)
    assert driver.refresh(body["refresh_token"], body["access_token"]).status_code == 200


def test_legal_entity_binds_the_token_until_it_is_left_out(driver: Driver) -> None:
    first = driver.login(B2B_EMAIL, B2B_PASSWORD)
    bound = driver.refresh(first["refresh_token"], legalEntityId=LEGAL_ENTITIES[1].id).json()
    told = driver.call("GET", "/validateauthtoken", bound["access_token"]).json()
    assert told["legalEntityId"] == LEGAL_ENTITIES[1].id
    unbound = driver.refresh(bound["refresh_token"]).json()
    assert "legalEntityId" not in driver.call("GET", "/validateauthtoken", unbound["access_token"]).json()


def test_foreign_legal_entity_is_refused_and_spends_nothing(driver: Driver) -> None:
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    reply = driver.refresh(body["refresh_token"], legalEntityId=LEGAL_ENTITIES[0].id)
    assert (reply.status_code, error_type(reply)) == (403, "Forbidden")
    assert driver.refresh(body["refresh_token"]).status_code == 200


def test_validate_tells_what_the_bearer_is(driver: Driver, clock: FakeClock) -> None:
    body = driver.login(B2B_EMAIL, B2B_PASSWORD)
    clock.pass_seconds(25)
    told = driver.call("GET", "/validateauthtoken", body["access_token"]).json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 2591974
    assert told["sessionId"] == body["session_id"]
    assert told["email"] == B2B_EMAIL
    assert told["scope"].endswith(" tenant=demoshop")


def test_logout_kills_the_access_token_only(driver: Driver) -> None:
    body = driver.login(B2C_EMAIL, B2C_PASSWORD)
    other = driver.b2c()
    reply = driver.call("GET", "/logout", body["access_token"], params={"accessToken": body["access_token"]})
    assert (reply.status_code, reply.content) == (204, b"")
    assert fault_code(driver.call("GET", "/me", body["access_token"])) == INVALID
    assert driver.call("GET", "/validateauthtoken", body["access_token"]).status_code == 401
    assert driver.call("GET", "/me", other).status_code == 200
    assert driver.refresh(body["refresh_token"]).status_code == 200


def test_logout_wants_the_token_that_authorizes_it(driver: Driver) -> None:
    mine, other = driver.b2c(), driver.b2b()
    for params in ({"accessToken": other}, {}):
        reply = driver.call("GET", "/logout", mine, params=params)
        assert reply.status_code == 400
        assert error_fields(reply) == ["accessToken"]
    assert driver.call("GET", "/me", other).status_code == 200


def test_camel_case_replies_have_no_other_spelling(start: Start) -> None:
    driver = start(SandboxSettings(camel_case_only=True))
    guest = driver.anonymous()
    body = driver.login(B2C_EMAIL, B2C_PASSWORD, guest["access_token"])
    camel = {"accessToken", "expiresIn", "refreshToken", "refreshTokenExpiresIn", "token_type", "session_id"}
    assert set(body) == camel | {"saasToken", "initialPassword"}
    assert body["session_id"] == guest["sessionId"]
    assert set(driver.refresh(body["refreshToken"]).json()) == camel
