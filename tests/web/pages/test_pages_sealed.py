"""A mailed token that waits for a sign-in: nobody reads it, nobody makes one, and it leads to one page."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.web.pages.sealed import open_proceed, seal_proceed
from bff.web.pages.visit import Visit
from bff.web.session_interface import browser_session
from tests.support.fakes.clock import FakeClock
from tests.support.leaks import hits
from tests.support.pages import visitor
from tests.support.shop import Shop, ShopMaker

TOKEN = "canary-token-0123456789"


@pytest.fixture
def shop(make_shop: ShopMaker, clock: FakeClock) -> Shop:
    return make_shop(clock=clock)


@pytest.fixture
def visit(shop: Shop) -> Iterator[Visit]:
    with shop.app.test_request_context():
        yield Visit(services=shop.services, browser=browser_session(), path_values={})


def test_what_was_sealed_leads_to_the_deletion(visit: Visit) -> None:
    assert open_proceed(visit, seal_proceed(visit, TOKEN)) == f"/account/delete/confirm?token={TOKEN}"


@pytest.mark.parametrize("token", ["a b&c=d", "//evil.example", "ä#", "\r\nX: y"])
def test_token_stays_within_its_parameter(visit: Visit, token: str) -> None:
    path = str(open_proceed(visit, seal_proceed(visit, token)))
    assert path.startswith("/account/delete/confirm?token=")
    assert not set(path.partition("token=")[2]) & set("&# /\r\n=")


def test_nobody_reads_it(visit: Visit) -> None:
    assert hits(seal_proceed(visit, TOKEN).encode(), [TOKEN.encode()]) == set()
    assert seal_proceed(visit, TOKEN) != seal_proceed(visit, TOKEN)


@pytest.mark.parametrize(
    "value",
    [None, "", "x", "=", "====", "ä", "a" * 50_000, "/account", base64.urlsafe_b64encode(bytes(100)).decode(), "\0"],
)
def test_nobody_makes_one(visit: Visit, value: str | None) -> None:
    assert open_proceed(visit, value) is None


def test_changed_one_is_none(visit: Visit) -> None:
    sealed = seal_proceed(visit, TOKEN)
    for place in range(0, len(sealed), 7):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert open_proceed(visit, changed) is None, place
    assert open_proceed(visit, sealed[:-8]) is None


def test_it_waits_for_an_hour(visit: Visit, clock: FakeClock) -> None:
    sealed = seal_proceed(visit, TOKEN)
    clock.advance(3600)
    assert open_proceed(visit, sealed) is not None
    clock.advance(1)
    assert open_proceed(visit, sealed) is None


def test_one_of_another_key_is_none(visit: Visit, make_shop: ShopMaker) -> None:
    other = make_shop(BFF_SECRET_KEYS=base64.urlsafe_b64encode(bytes(range(32))).decode())
    with other.app.test_request_context():
        theirs = seal_proceed(Visit(services=other.services, browser=browser_session(), path_values={}), TOKEN)
    assert open_proceed(visit, theirs) is None


def test_sign_in_with_a_bad_one_goes_its_usual_way(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/login?next=/account/email")
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD, proceed="https://evil.example")
    assert (somebody.status, somebody.location) == (303, "/account/email")
