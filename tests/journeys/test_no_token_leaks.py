"""Drives every route in every role and finds no secret where none may be: answers, logs, exceptions, Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.mint import TokenKind
from tests.support.journeys.leak_drives import ALL, BODIES, FORMS, WRONG_PASSWORD
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_visitor import Role, routes_of
from tests.support.shop import ShopMaker

NEVER_WELL = frozenset(
    {
        # Sent with a password that is too short, so that its page shows the mailed token once more.
        ("POST", "/password/reset"),
        # The page has used up the mail.
        ("POST", "/api/me/accounts/internal/email/change/confirm"),
    }
)
"""Routes that no drive ends well; all others must, in one role at least, or they were not really driven."""


@pytest.fixture
def here(make_shop: ShopMaker) -> Iterator[Scene]:
    with scene(make_shop) as opened:
        yield opened


def test_no_route_is_left_out(here: Scene) -> None:
    assert routes_of(here.watch.shop) == ALL
    assert not set(BODIES) & set(FORMS)


def test_no_role_sees_or_leaves_a_secret_anywhere(here: Scene) -> None:
    for role in Role:
        before = {route: len(statuses) for route, statuses in here.watch.statuses.items()}
        here.visitor(role).drive_all()
        driven = {r for r, statuses in here.watch.statuses.items() if len(statuses) > before.get(r, 0)}
        assert driven >= ALL, role
    assert here.watch.findings() == set()
    well = {route for route, statuses in here.watch.statuses.items() if any(status < 400 for status in statuses)}
    assert ALL - well == NEVER_WELL
    refused = [route for route, statuses in here.watch.statuses.items() if route in FORMS and 403 in statuses]
    assert refused == [], "a form was sent without its token"
    # There was something to be found.
    assert {issued.kind for issued in here.watch.canaries.issued} == set(TokenKind)
    assert all(here.watch.canaries.by_kind().values())
    assert {"bff", "bff.audit", "urllib3.connectionpool"} <= here.watch.log.names
    assert any(key.startswith(b"bff:answer:") for key, _ in here.watch.entries), "no form's answer was kept"


@pytest.mark.parametrize("role", Role)
def test_secrets_in_the_wrong_place_are_not_repeated(here: Scene, role: Role) -> None:
    visitor = here.visitor(role)
    visitor.send("POST", "/api/password/reset", "/api/password/reset", json={"email": B2B_EMAIL})
    token = here.watch.shop.sandbox.mails.newest_first[0].token
    secret = here.watch.shop.sandbox.issued[0].value
    login = {"email": B2B_EMAIL, "password": WRONG_PASSWORD}
    json = {"Content-Type": "application/json"}
    for method, path, kwargs in (
        ("GET", f"/nowhere/{token}", {}),
        ("GET", f"/api/nowhere/{token}?token={token}", {}),
        ("GET", f"/api/me?token={token}", {}),
        ("GET", f"/api/me?expand={token}&expand={token}", {}),
        ("DELETE", f"/api/sessions/{token}", {}),
        ("GET", f"/login/social/{secret}", {}),
        ("GET", f"/login?notice={token}&lang={token}", {}),
        ("GET", f"/login/callback?error={token}&error_description={token}&state={token}", {}),
        ("PUT", f"/password/reset?token={token}", {}),
        ("POST", "/api/login", {"json": login}),
        ("POST", "/api/login", {"json": {**login, "email": [WRONG_PASSWORD]}}),
        ("POST", "/api/login", {"json": {**login, "unknown": WRONG_PASSWORD}}),
        ("POST", "/api/login", {"json": [login]}),
        ("POST", "/api/login", {"data": f'{{"password": "{WRONG_PASSWORD}"', "headers": json}),
        ("POST", "/api/login", {"data": WRONG_PASSWORD.encode() + b"\xff", "headers": json}),
        ("POST", "/api/login", {"data": f'{{"password": "{WRONG_PASSWORD * 5000}"}}', "headers": json}),
        ("POST", "/api/login", {"data": WRONG_PASSWORD, "headers": {"Content-Type": "text/plain"}}),
        ("POST", "/api/login", {"json": login, "headers": {"X-CSRF-Token": secret}}),
        ("POST", "/api/login", {"json": login, "headers": {"Origin": f"https://{secret}.example.com"}}),
        ("POST", "/login", {"data": {**login, "csrf_token": secret}}),
        ("POST", "/api/password/reset/update", {"json": {"token": token, "password": WRONG_PASSWORD, "x": token}}),
        ("POST", "/api/signup", {"json": {"email": WRONG_PASSWORD, "password": WRONG_PASSWORD}}),
        ("POST", "/login/backchannel-logout", {"data": {"logout_token": secret}}),
        ("GET", "/api/me", {"headers": {"Authorization": f"Bearer {secret}", "X-Request-ID": secret}}),
        ("GET", "/api/me", {"headers": {"If-Match": secret, "Accept-Language": secret, "User-Agent": secret}}),
        ("GET", "/", {"headers": {"Host": f"{secret}.example.com"}}),
        ("GET", "/", {"headers": {"X-Forwarded-Host": secret, "Referer": f"https://x.example.com/?token={token}"}}),
    ):
        visitor.send(method, path, path, **kwargs)
    assert here.watch.findings() == set()


def test_attempts_over_the_limit_show_no_secret(make_shop: ShopMaker) -> None:
    with scene(make_shop, BFF_RATE_LIMIT_LOGIN="2/minute;30/minute;100/hour") as here:
        visitor = here.visitor(Role.GUEST)
        login = {"email": B2B_EMAIL, "password": WRONG_PASSWORD}
        for password in (WRONG_PASSWORD, WRONG_PASSWORD, WRONG_PASSWORD, B2B_PASSWORD):
            visitor.send("POST", "/api/login", "/api/login", json={**login, "password": password})
        assert 429 in here.watch.statuses["POST", "/api/login"]
        assert here.watch.findings() == set()
