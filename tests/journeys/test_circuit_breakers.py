"""A service of upstream's that fails again and again is not asked for a moment, and nobody loses anything by it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from bff.emporix.circuits import MOST_FAILURES, OPEN_SECONDS, Circuits
from bff.events import Event
from bff.operations.model import Credential
from bff.operations.table import OPERATIONS
from tests.support.declared_shop import CUSTOMER, DeclaredShop, declared_shop, row
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.recording_upstream import Canned
from tests.support.shop import Browser, ShopMaker

CART, PRODUCTS = "/cart/demoshop/carts", "/product/demoshop/products"
ME, LOGIN = "/customer/demoshop/me", "/customer/demoshop/login"
REFRESH, LOGOUT = "/customer/demoshop/refreshauthtoken", "/customer/demoshop/logout"
ANONYMOUS, RENEWAL = "/customerlogin/auth/anonymous/login", "/customerlogin/auth/anonymous/refresh"
SECONDS, DUE_BEFORE, GUEST_SECONDS = 900, 90, 3599


def tokens(name: str, session: str, seconds: int) -> dict[str, object]:
    return {
        "token_type": "Bearer",
        "access_token": f"upstream-{name}-access",
        "expires_in": seconds,
        "refresh_token": f"upstream-{name}-refresh",
        "refresh_token_expires_in": 86399,
        session: f"upstream-{name}-session",
    }


SHORT = tokens("login", "session_id", SECONDS) | {"saas_token": "upstream-login-saas"}
GUEST = tokens("anon-renewed", "sessionId", GUEST_SECONDS)
REFRESHED = Canned(status=200, content=tokens("refreshed", "session_id", SECONDS))
AWAY, FINE = Canned(status=503), Canned(status=200, content={"id": "c-1"})


@pytest.fixture
def shop(make_shop: ShopMaker, clock: FakeClock) -> Iterator[DeclaredShop]:
    rows = (
        row("my_cart", "GET", "/cart/{tenant}/carts", accepts=CUSTOMER),
        row("products", "GET", "/product/{tenant}/products", accepts=(Credential.SHARED,)),
    )
    with declared_shop(make_shop, *rows, clock=clock) as shop:
        yield shop


def is_not_asked(answer: TestResponse) -> None:
    assert (answer.status_code, answer.get_json()["type"]) == (503, "upstream_unavailable")
    assert answer.headers["Retry-After"] == "5"


def opened(shop: DeclaredShop, browser: Browser, path: str, route: str, answer: Canned = AWAY) -> None:
    """Have a read fail until it is not asked any more."""
    shop.answers("GET", path, answer)
    for _ in range(MOST_FAILURES):
        assert browser.get(route).status_code in (503, 504)
    assert len(shop.arrived(path)) == MOST_FAILURES
    is_not_asked(browser.get(route))
    assert len(shop.arrived(path)) == MOST_FAILURES


def bearers(shop: DeclaredShop, path: str) -> list[str]:
    return [one.values("authorization")[0].removeprefix("Bearer ") for one in shop.arrived(path)]


def ready(shop: DeclaredShop) -> tuple[int, object]:
    answer = shop.app.test_client().get("/readyz")
    return answer.status_code, answer.get_json()


def test_carts_that_fail_leave_profiles_alone_and_the_operator_is_told(
    shop: DeclaredShop, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser = shop.signed_in()
    fine = ready(shop)
    opened(shop, browser, CART, "/api/cart/carts")
    assert browser.get("/api/me").status_code == 200
    parts = {"redis": "ok", "emporix": "degraded"}
    assert ready(shop) == (
        200,
        {"status": "degraded", "parts": parts, "causes": {"emporix": {"services": ["cart"]}}},
    )
    shop.answers("GET", CART, FINE)
    clock.advance(OPEN_SECONDS)
    for _ in range(3):
        assert browser.get("/api/cart/carts").status_code == 200
    assert ready(shop) == fine
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("circuit")]
    assert told == [Event.CIRCUIT_OPENED.label, Event.CIRCUIT_CLOSED.label]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Canned(status=500), 502),
        (Canned(status=429), 429),
        (Canned(status=404), 404),
        (Canned(status=200, raw=b"<html>"), 502),
    ],
    ids=["500", "429", "404", "malformed"],
)
def test_what_a_request_can_bring_about_closes_nothing(shop: DeclaredShop, answer: Canned, status: int) -> None:
    browser = shop.signed_in()
    shop.answers("GET", CART, answer)
    for _ in range(3 * MOST_FAILURES):
        assert browser.get("/api/cart/carts").status_code == status
    assert len(shop.arrived(CART)) == 3 * MOST_FAILURES


def test_broken_connections_count_too(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    shop.answers("PATCH", ME, Canned(status=200, breaks_at="begin"))
    for _ in range(MOST_FAILURES + 3):
        is_not_asked(browser.patch("/api/me", json={"company": "New"}))
    assert len(shop.arrived(ME)) == MOST_FAILURES


def test_nobody_is_signed_out_and_signing_out_works_at_once(shop: DeclaredShop) -> None:
    browser, other = shop.signed_in(), shop.signed_in()
    opened(shop, browser, ME, "/api/me")
    assert (browser.session()["state"], other.session()["state"]) == ("authenticated", "authenticated")
    assert browser.post("/api/logout").status_code == 200
    assert browser.session()["state"] == "guest"
    assert shop.arrived(LOGOUT) == []


def test_sign_in_that_was_not_tried_counts_as_no_guess(shop: DeclaredShop, clock: FakeClock) -> None:
    customer, guest = shop.signed_in(), shop.browser()
    opened(shop, customer, ME, "/api/me")
    shop.answers("POST", LOGIN, Canned(status=401))
    for _ in range(30):
        is_not_asked(guest.post("/api/login", json={"email": "jane.doe@example.com", "password": "Amber-Window-19"}))
    assert shop.arrived(LOGIN) == []
    shop.upstream.start_over()
    clock.advance(OPEN_SECONDS)
    assert guest.sign_in("jane.doe@example.com", "Amber-Window-19")["state"] == "authenticated"


def test_refresh_that_was_not_tried_serves_the_old_token_and_is_tried_as_soon_as_it_can_be(
    shop: DeclaredShop, clock: FakeClock
) -> None:
    shop.answers("POST", LOGIN, Canned(status=200, content=SHORT))
    browser = shop.stranger()
    browser.sign_in()
    shop.upstream.start_over()
    shop.answers("GET", CART, FINE)
    clock.advance(SECONDS - DUE_BEFORE - 1)
    opened(shop, browser, ME, "/api/me")
    clock.advance(2)
    assert browser.get("/api/cart/carts").status_code == 200
    assert (shop.arrived(REFRESH), bearers(shop, CART)) == ([], ["upstream-login-access"])
    clock.advance(OPEN_SECONDS - 2)
    assert browser.get("/api/cart/carts").status_code == 200
    assert (len(shop.arrived(REFRESH)), bearers(shop, CART)[1:]) == (1, ["upstream-refreshed-access"])


def test_customer_whose_token_is_over_is_not_signed_out_by_a_refresh_that_was_not_tried(
    shop: DeclaredShop, clock: FakeClock
) -> None:
    shop.answers("POST", LOGIN, Canned(status=200, content=SHORT))
    browser = shop.stranger()
    browser.sign_in()
    shop.upstream.start_over()
    shop.answers("GET", CART, FINE)
    clock.advance(SECONDS - 1)
    shop.answers("GET", REFRESH, AWAY)
    shop.answers("GET", ME, AWAY)
    for _ in range(MOST_FAILURES):
        is_not_asked(browser.get("/api/me"))
    clock.advance(2)
    is_not_asked(browser.get("/api/cart/carts"))
    assert browser.session()["state"] == "authenticated"
    shop.answers("GET", REFRESH, REFRESHED)
    clock.advance(OPEN_SECONDS)
    assert browser.get("/api/cart/carts").status_code == 200


def test_servers_own_token_serves_while_it_cannot_be_renewed(shop: DeclaredShop, clock: FakeClock) -> None:
    shop.answers("GET", PRODUCTS, FINE)
    stranger = shop.stranger()
    assert stranger.get("/api/product/products").status_code == 200
    clock.advance(GUEST_SECONDS - 299 - OPEN_SECONDS)
    shop.answers("GET", ANONYMOUS, AWAY)
    for _ in range(MOST_FAILURES):
        guest = shop.stranger()
        guest.session()
        is_not_asked(guest.get("/api/me"))
    clock.advance(OPEN_SECONDS - 0.5)
    shop.answers("GET", RENEWAL, Canned(status=200, content=GUEST))
    assert stranger.get("/api/product/products").status_code == 200
    assert shop.arrived(RENEWAL) == []
    clock.advance(0.5)
    assert stranger.get("/api/product/products").status_code == 200
    assert len(shop.arrived(RENEWAL)) == 1


def test_sign_outs_that_wait_less_than_others_open_no_circuit(make_shop: ShopMaker) -> None:
    with declared_shop(make_shop) as shop:
        browsers = [shop.signed_in() for _ in range(MOST_FAILURES)]
        # Less than what others are waited for, and more than a sign-out waits.
        shop.answers("GET", LOGOUT, Canned(status=204, delay_seconds=2.5))
        with ThreadPoolExecutor(MOST_FAILURES) as together:
            ended = list(together.map(lambda browser: browser.post("/api/logout").status_code, browsers))
        assert ended == [200] * MOST_FAILURES
        assert shop.signed_in().get("/api/me").status_code == 200


def test_mails_that_were_not_asked_for_count_for_nothing(shop: DeclaredShop, clock: FakeClock) -> None:
    customer, guest = shop.signed_in(), shop.browser()
    guest.get("/api/me")
    shop.upstream.start_over()
    opened(shop, customer, ME, "/api/me")
    for _ in range(20):
        is_not_asked(guest.post("/api/password/reset", json={"email": "jane.doe@example.com"}))
    shop.upstream.start_over()
    clock.advance(OPEN_SECONDS)
    answer = guest.post("/api/password/reset", json={"email": "jane.doe@example.com"})
    assert answer.status_code == 204, answer.get_data(as_text=True)


def test_codes_that_cannot_be_redeemed_leave_passwords_alone(clock: FakeClock) -> None:
    circuits = Circuits(lambda *event, **fields: None, monotonic=clock)
    social = circuits.of(OPERATIONS["social_login"])
    assert social is not circuits.of(OPERATIONS["login"])
    assert circuits.of(OPERATIONS["login"]) is circuits.of(OPERATIONS["get_me"])
    assert circuits.of(OPERATIONS["anonymous_login"]) is not circuits.of(OPERATIONS["login"])
