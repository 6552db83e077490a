"""That a search for the sandbox's secrets would find every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import requests

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mails import Purpose
from bff.sandbox.mint import MARKER, Mint, TokenKind
from tests.support.sandbox.sandbox_driver import NEW_EMAIL, NEW_PASSWORD, Driver, Start
from tests.support.sandbox.sandbox_provider import OneCode, social

SECRET_NAMES = {
    "access_token",
    "accessToken",
    "refresh_token",
    "refreshToken",
    "saas_token",
    "saasToken",
    "session_id",
    "sessionId",
    "social_access_token",
    "social_id_token",
}
JWTS = {TokenKind.SAAS, TokenKind.SOCIAL_ID}
OF_THE_PROVIDER = {
    TokenKind.SOCIAL_CODE,
    TokenKind.CODE_VERIFIER,
    TokenKind.PROVIDER_COOKIE,
    TokenKind.PROVIDER_SESSION_ID,
    TokenKind.LOGOUT,
}


def walk(driver: Driver) -> None:
    """Do everything that answers or mails a secret."""
    guest = driver.anonymous()
    driver.anonymous_refresh(refresh_token=guest["refresh_token"])
    customer = driver.login(B2C_EMAIL, B2C_PASSWORD)
    token = driver.refresh(customer["refresh_token"]).json()["access_token"]
    driver.call("GET", "/validateauthtoken", token)
    driver.signup()
    driver.call("POST", "/signup/optin/refresh_token", driver.guest(), json={"email": NEW_EMAIL})
    driver.call("GET", f"/signup/optin/{driver.mailed(Purpose.OPTIN)}", driver.guest())
    driver.call("POST", "/password/reset", driver.guest(), json={"email": NEW_EMAIL})
    body = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": "moved@example.com"}
    driver.call("POST", "/me/accounts/internal/email/change", token, json=body)
    driver.call("DELETE", "/me", token)
    assert social(driver, driver.guest()).status_code == 200
    assert driver.login_reply(NEW_EMAIL, NEW_PASSWORD).status_code == 200


def secrets_in(replies: list[requests.Response]) -> Iterator[str]:
    for reply in replies:
        assert reply.ok, reply.text
        if reply.content:
            yield from (value for name, value in reply.json().items() if name in SECRET_NAMES)


def test_every_secret_that_is_answered_or_mailed_is_on_the_list(start: Start) -> None:
    mint = Mint()
    driver = start(redeemer=OneCode(mint, "social@example.com"), mint=mint)
    walk(driver)
    issued = {one.value for one in driver.sandbox.issued}
    answered = set(secrets_in(driver.replies))
    mailed = {mail.token for mail in driver.sandbox.mails}
    assert len(answered) > 20
    assert len(mailed) == 5
    assert answered | mailed == issued


def test_every_opaque_secret_has_the_marker_and_every_kind_occurs(start: Start) -> None:
    mint = Mint()
    driver = start(redeemer=OneCode(mint, "social@example.com"), mint=mint)
    walk(driver)
    issued = driver.sandbox.issued
    assert {one.kind for one in issued} == set(TokenKind) - OF_THE_PROVIDER
    assert len({one.value for one in issued}) == len(issued)
    for one in issued:
        if one.kind in JWTS:
            assert one.value.startswith("eyJ")
            assert one.value.count(".") == 2
        else:
            assert one.value.startswith(MARKER)
            assert one.value.isascii()
            assert one.value.isalnum()


def test_mailed_links_lead_to_the_pages_of_the_shop(start: Start) -> None:
    mint = Mint()
    driver = start(redeemer=OneCode(mint, "social@example.com"), mint=mint)
    walk(driver)
    pages = {
        Purpose.OPTIN: "/signup/optin",
        Purpose.PASSWORD_RESET: "/password/reset",
        Purpose.EMAIL_CHANGE: "/email/confirm",
        Purpose.ACCOUNT_DELETION: "/account/delete/confirm",
    }
    assert {mail.purpose for mail in driver.sandbox.mails} == set(pages)
    for mail in driver.sandbox.mails:
        link = urlsplit(mail.link)
        assert (link.scheme, link.netloc, link.path) == ("http", "127.0.0.1:8000", pages[mail.purpose])
        assert parse_qs(link.query) == {"token": [mail.token]}


def test_password_is_not_kept_as_it_was_typed(driver: Driver) -> None:
    driver.signup()
    assert NEW_PASSWORD not in repr(driver.sandbox.state.customers)
