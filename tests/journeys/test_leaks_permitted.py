"""The places where a secret has to stand: it stands there, once, and anywhere else it is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.mint import TokenKind
from tests.support.fakes.sso_browser import query_of
from tests.support.journeys.leak_canaries import Kind, Place
from tests.support.journeys.leak_drives import MAIL_OF, PAGES_OF_A_MAIL
from tests.support.journeys.leak_permitted import hidden_field, shown
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_visitor import Role, Visitor
from tests.support.pages import Page
from tests.support.shop import COOKIE, ShopMaker
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK

PROVIDER = "http://localhost:1/"
VALUE = "v" * 43
START = "/login/social/<connection>"
AUTHORIZE = {"state": "a-state", "nonce": "a-nonce", "code_challenge": "a-challenge", "scope": "openid"}


@pytest.fixture
def here(make_shop: ShopMaker) -> Iterator[Scene]:
    with scene(make_shop) as opened:
        yield opened


def mailed(visitor: Visitor, page: str) -> str:
    """Let a mail be sent, and return its token."""
    asking = {
        "/signup/optin": ("POST", "/signup"),
        "/password/reset": ("POST", "/password/forgot"),
        "/email/confirm": ("POST", "/account/email"),
        "/account/delete/confirm": ("POST", "/account/delete"),
    }
    visitor.drive(*asking[page])
    return visitor.shop.sandbox.mails.last(MAIL_OF[page]).token


@pytest.mark.parametrize("page", sorted(PAGES_OF_A_MAIL))
def test_mailed_token_stands_in_its_hidden_field_and_nowhere_else(here: Scene, page: str) -> None:
    visitor = here.visitor(Role.CUSTOMER)
    token = mailed(visitor, page)
    answer = visitor.send("GET", f"{page}?token={token}", page, mailed=token)
    assert answer.get_data().count(hidden_field(token)) == 1
    assert answer.get_data().count(token.encode()) == 1
    assert here.watch.findings() == set()
    # Neither a second time, nor in another page's field, nor another token.
    for rule, known in (("/login", token), (page, "another")):
        here.watch.texts[Place.BODY].clear()
        visitor.send("GET", f"{page}?token={token}", rule, mailed=known)
        assert here.watch.findings() == {(Place.BODY, Kind.MARKED, "raw")}
    assert shown(answered(200, body=2 * hidden_field(token)), "GET", page, mailed=token).body == hidden_field(token)


def test_mailed_token_that_waits_for_a_sign_in_is_sealed_until_its_page_is_asked_for(here: Scene) -> None:
    page = "/account/delete/confirm"
    token = mailed(here.visitor(Role.CUSTOMER), page)
    guest = here.visitor(Role.GUEST)
    form = Page(guest.send("GET", f"{page}?token={token}", page).get_data(as_text=True)).form("/login")
    assert here.watch.findings() == set()
    filled = form.filled({"email": B2B_EMAIL, "password": B2B_PASSWORD})
    answer = guest.send("POST", "/login", "/login", mailed=token, data=filled)
    assert answer.headers["Location"] == f"{page}?token={token}"
    assert here.watch.findings() == set()


def test_mailed_links_and_callbacks_step_aside_without_showing_what_they_bring(make_shop: ShopMaker) -> None:
    with scene(make_shop, BFF_COOKIE_SAMESITE="Strict") as here:
        customer = here.visitor(Role.CUSTOMER)
        for page in sorted(PAGES_OF_A_MAIL):
            token = mailed(customer, page)
            guest = here.visitor(Role.GUEST)
            guest.browser.cookie = None
            aside = guest.send("GET", f"{page}?token={token}", page, headers=FROM_ELSEWHERE)
            assert b"onward=" in aside.get_data()
        guest = here.visitor(Role.GUEST)
        back = guest.leave()
        guest.browser.cookie = None
        aside = guest.send("GET", back, "/login/callback", headers=FROM_ELSEWHERE)
        assert b"onward=" in aside.get_data()
        assert here.watch.findings() == set()


def test_state_nonce_and_challenge_stand_in_the_way_to_the_provider_alone(here: Scene) -> None:
    visitor = here.visitor(Role.GUEST)
    answer = visitor.send("GET", LINK, START, headers=CLICK)
    query = query_of(answer.headers["Location"])
    noted = here.watch.canaries.by_kind()
    for kind, name in ((Kind.STATE, "state"), (Kind.NONCE, "nonce"), (Kind.CHALLENGE, "code_challenge")):
        assert query[name].encode() in noted[kind]
    assert len(noted[Kind.VERIFIER]) == 1
    assert here.watch.findings() == set()
    visitor.send("GET", LINK, "/elsewhere", headers=CLICK)
    assert {kind for _, kind, _ in here.watch.findings()} == {Kind.STATE, Kind.NONCE, Kind.CHALLENGE}


def test_sign_out_hints_at_the_provider_with_its_session_alone(here: Scene) -> None:
    for method, path in (("POST", "/api/logout"), ("POST", "/logout")):
        visitor = here.visitor(Role.SOCIAL)
        answer = visitor.drive(method, path)
        url = answer.get_json()["logoutUrl"] if path.startswith("/api") else answer.headers["Location"]
        sids = {one.value for one in here.watch.canaries.issued if one.kind is TokenKind.PROVIDER_SESSION_ID}
        assert query_of(url)["logout_hint"] in sids
    assert here.watch.findings() == set()


def answered(status: int = 302, *, body: bytes = b"", **headers: str) -> TestResponse:
    made = Response(body, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})
    # A test client keeps the request, which nothing here looks at.
    request: Any = None
    return TestResponse([made.get_data()], made.status, made.headers, request)


def test_exceptions_hold_for_exactly_their_place() -> None:
    def location(url: str, method: str = "GET", rule: str = START, token: str | None = None) -> str:
        seen = shown(answered(Location=url), method, rule, mailed=token, provider=PROVIDER)
        return next(header for header in seen.headers if header.startswith("Location"))

    authorize = f"{PROVIDER}authorize?{urlencode(AUTHORIZE)}"
    assert location(authorize) == f"Location: {PROVIDER}authorize?scope=openid"
    assert "a-state" in location(authorize, rule="/login")
    assert "a-state" in location(authorize.replace("localhost:1", "localhost:2"))
    with pytest.raises(ValueError, match="too many"):
        location(f"{authorize}&nonce=another")
    hint = f"{PROVIDER}oidc/logout?logout_hint=a-sid&client_id=x"
    assert location(hint, "POST", "/logout") == f"Location: {PROVIDER}oidc/logout?client_id=x"
    assert "a-sid" in location(hint, "GET", "/logout")
    assert "a-sid" in location(hint.replace("oidc/logout", "v2/logout"), "POST", "/logout")
    waiting = "/account/delete/confirm?token=a-token"
    assert location(waiting, "POST", "/login", "a-token") == "Location: /account/delete/confirm"
    assert "a-token" in location(waiting, "POST", "/login", "another")
    assert "a-token" in location(f"{waiting}&x=y", "POST", "/login", "a-token")


def test_session_cookie_stands_in_set_cookie_alone() -> None:
    seen = shown(answered(Set_Cookie=f"{COOKIE}={VALUE}; HttpOnly", X_Other=VALUE), "GET", "/login")
    assert seen.brought == [(Kind.COOKIE, VALUE)]
    assert f"Set-Cookie: {COOKIE}=; HttpOnly" in seen.headers
    assert f"X-Other: {VALUE}" in seen.headers
    for wrong in (f"other={VALUE}", f"{COOKIE}=short", f"{COOKIE}={VALUE}{VALUE}"):
        with pytest.raises(AssertionError, match=re.escape(wrong)):
            shown(answered(Set_Cookie=wrong), "GET", "/login")
