"""Passwords and sign-in e-mails, and the mailed tokens that change them."""

from __future__ import annotations

import pytest
import requests

from bff.sandbox.demo_customers import B2B_EMAIL, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mails import Purpose
from bff.sandbox.settings import SandboxSettings, SignupMode
from tests.support.sandbox.sandbox_driver import NEW_EMAIL, NEW_PASSWORD, Driver, Start, error_fields


def ask_reset(driver: Driver, email: str) -> requests.Response:
    return driver.call("POST", "/password/reset", driver.guest(), json={"email": email, "site": "main"})


def reset(driver: Driver, token: str, password: str = NEW_PASSWORD) -> requests.Response:
    body = {"token": token, "password": password}
    return driver.call("POST", "/password/reset/update", driver.guest(), json=body)


def ask_email(driver: Driver, bearer: str, **more: object) -> requests.Response:
    body = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": NEW_EMAIL, **more}
    return driver.call("POST", "/me/accounts/internal/email/change", bearer, json=body)


def confirm(driver: Driver, token: str) -> requests.Response:
    path = "/me/accounts/internal/email/change/confirm"
    return driver.call("POST", path, driver.guest(), json={"token": token})


def test_reset_answers_alike_for_known_and_unknown(driver: Driver) -> None:
    known, unknown = ask_reset(driver, B2C_EMAIL), ask_reset(driver, "who@example.com")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (204, b"")
    assert [mail.to for mail in driver.sandbox.mails] == [B2C_EMAIL]


def test_reset_token_sets_the_password_once(driver: Driver) -> None:
    ask_reset(driver, B2C_EMAIL)
    token = driver.mailed(Purpose.PASSWORD_RESET)
    reply = reset(driver, token)
    assert (reply.status_code, reply.content) == (204, b"")
    assert driver.login_reply(B2C_EMAIL, NEW_PASSWORD).status_code == 200
    assert driver.login_reply(B2C_EMAIL, B2C_PASSWORD).status_code == 401
    again = reset(driver, token, "Other-Words-77")
    assert again.status_code == 400
    assert error_fields(again) == ["token"]


def test_older_reset_tokens_die_on_use(driver: Driver) -> None:
    ask_reset(driver, B2C_EMAIL)
    ask_reset(driver, B2C_EMAIL)
    older, newer = (mail.token for mail in driver.sandbox.mails)
    assert reset(driver, older).status_code == 204
    assert reset(driver, newer).status_code == 400


def test_token_for_one_purpose_is_worthless_for_another(driver: Driver) -> None:
    ask_reset(driver, B2C_EMAIL)
    token = driver.mailed(Purpose.PASSWORD_RESET)
    assert confirm(driver, token).status_code == 400
    assert driver.call("GET", f"/signup/optin/{token}", driver.guest()).status_code == 400
    assert driver.call("DELETE", "/me", driver.b2c(), params={"token": token}).status_code == 400
    assert reset(driver, token).status_code == 204


def test_password_is_changed_by_the_current_one(driver: Driver) -> None:
    token = driver.b2c()
    body = {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD}
    reply = driver.call("POST", "/password/change", token, json=body)
    assert (reply.status_code, reply.content) == (204, b"")
    assert driver.login_reply(B2C_EMAIL, NEW_PASSWORD).status_code == 200
    wrong = driver.call("POST", "/password/change", token, json=body)
    assert wrong.status_code == 400
    assert error_fields(wrong) == ["currentPassword"]


def test_email_changes_when_the_new_address_confirms(driver: Driver) -> None:
    token = driver.b2c()
    reply = ask_email(driver, token)
    assert (reply.status_code, reply.content) == (204, b"")
    mail = driver.sandbox.mails.last(Purpose.EMAIL_CHANGE)
    assert mail.to == NEW_EMAIL
    assert driver.me(token)["accounts"] == [{"id": B2C_EMAIL}]
    assert confirm(driver, mail.token).status_code == 204
    me = driver.me(token)
    assert (me["accounts"], me["contactEmail"]) == ([{"id": NEW_EMAIL}], B2C_EMAIL)
    assert driver.call("GET", "/validateauthtoken", token).json()["email"] == NEW_EMAIL
    assert driver.login_reply(NEW_EMAIL, B2C_PASSWORD).status_code == 200
    assert driver.login_reply(B2C_EMAIL, B2C_PASSWORD).status_code == 401
    assert confirm(driver, mail.token).status_code == 400


def test_contact_email_follows_where_asked(driver: Driver) -> None:
    token = driver.b2c()
    ask_email(driver, token, syncContactEmail=True)
    confirm(driver, driver.mailed(Purpose.EMAIL_CHANGE))
    me = driver.me(token)
    assert (me["contactEmail"], me["metadata"]["version"]) == (NEW_EMAIL, 2)


def test_own_contact_email_may_become_the_login(start: Start) -> None:
    driver = start(SandboxSettings(signup=SignupMode.IMMEDIATE))
    login = {"email": "login@example.com", "password": NEW_PASSWORD}
    driver.signup(signup=login)
    token = driver.login(**login)["access_token"]
    assert ask_email(driver, token, **login).status_code == 204
    assert confirm(driver, driver.mailed(Purpose.EMAIL_CHANGE)).status_code == 204
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 200


def test_freed_email_can_sign_up_again(driver: Driver) -> None:
    ask_email(driver, driver.b2c())
    confirm(driver, driver.mailed(Purpose.EMAIL_CHANGE))
    assert driver.signup(B2C_EMAIL).status_code == 201


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"password": "wrong-password"}, "password"),
        ({"email": B2B_EMAIL}, "email"),
        ({"newEmail": B2B_EMAIL}, "newEmail"),
        ({"newEmail": ""}, "newEmail"),
        ({"syncContactEmail": "yes"}, "syncContactEmail"),
    ],
)
def test_bad_email_change_mails_nothing(driver: Driver, more: dict[str, object], field: str) -> None:
    reply = ask_email(driver, driver.b2c(), **more)
    assert reply.status_code == 400
    assert error_fields(reply) == [field]
    assert len(driver.sandbox.mails) == 0


def test_email_taken_meanwhile_is_refused_at_confirmation(driver: Driver) -> None:
    ask_email(driver, driver.b2c())
    token = driver.mailed(Purpose.EMAIL_CHANGE)
    driver.signup(NEW_EMAIL)
    assert error_fields(confirm(driver, token)) == ["newEmail"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/password/reset", ["email"]),
        ("/password/reset/update", ["token", "password"]),
        ("/me/accounts/internal/email/change/confirm", ["token"]),
    ],
)
def test_bodies_are_validated_for_a_guest(driver: Driver, path: str, fields: list[str]) -> None:
    for reply in (driver.call("POST", path, driver.guest(), json={}), driver.call("POST", path, driver.guest())):
        assert error_fields(reply) == fields


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/password/change", ["currentPassword", "newPassword"]),
        ("/me/accounts/internal/email/change", ["email", "password", "newEmail"]),
    ],
)
def test_bodies_are_validated_for_a_customer(driver: Driver, path: str, fields: list[str]) -> None:
    assert error_fields(driver.call("POST", path, driver.b2c(), json={})) == fields
