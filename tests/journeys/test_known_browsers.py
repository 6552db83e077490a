"""Strangers' failures do not lock out a browser that has been signed in, and it guesses no more freely for that."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.commands.sessions import revoke_sessions
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mails import Purpose
from bff.sessions.scripts import RETIRED_BYTES
from tests.support.fakes.clock import FakeClock
from tests.support.pages import customer
from tests.support.redis_keys import keys_of
from tests.support.shop import Browser, Shop, ShopMaker

WRONG, NEW_PASSWORD = "Wrong-Harbour-00", "Amber-Window-19"
PER_PAIR, PER_ADDRESS, PER_EMAIL = (
    "2/minute;99/minute;99/hour",
    "99/minute;2/minute;99/hour",
    "99/minute;99/minute;2/hour",
)
EACH_LIMIT = pytest.mark.parametrize("limits", [PER_PAIR, PER_ADDRESS, PER_EMAIL])


def tried(browser: Browser, password: str = B2C_PASSWORD, email: str = B2C_EMAIL) -> int:
    if browser.csrf is None:
        browser.session()
    return browser.post("/api/login", json={"email": email, "password": password}).status_code


def lock_out(shop: Shop, email: str = B2C_EMAIL) -> None:
    stranger = shop.browser()
    assert [tried(stranger, WRONG, email) for _ in range(3)] == [401, 401, 429]
    assert tried(stranger, email=email) == 429


def signed_out(shop: Shop) -> Browser:
    browser = shop.signed_in()
    assert browser.post("/api/logout").status_code == 200
    return browser


@EACH_LIMIT
def test_browser_that_has_signed_out_signs_in_again_while_strangers_are_locked_out(
    make_shop: ShopMaker, limits: str
) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=limits)
    browser = signed_out(shop)
    lock_out(shop)
    assert browser.session()["state"] == "guest"
    assert tried(browser, email=f" {B2C_EMAIL.title()} ") == 200
    assert tried(shop.browser()) == 429


@EACH_LIMIT
def test_browser_signs_in_by_the_pages_too_and_forgets_nothing_on_its_way(make_shop: ShopMaker, limits: str) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=limits)
    jane = customer(shop)
    jane.get("/account")
    jane.send("/logout")
    assert jane.status == 303
    lock_out(shop)
    for _ in range(2):
        jane.get("/login")
        jane.send("/login", email=B2C_EMAIL, password="")
        assert jane.status == 422
    jane.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert jane.status == 303


@EACH_LIMIT
def test_browser_that_is_signed_in_proves_it_again_while_strangers_are_locked_out(
    make_shop: ShopMaker, limits: str
) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=limits)
    jane = shop.signed_in()
    lock_out(shop)
    assert tried(jane) == 200


@pytest.mark.parametrize("limits", [PER_ADDRESS, PER_EMAIL])
def test_password_is_changed_while_strangers_are_locked_out(make_shop: ShopMaker, limits: str) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=limits)
    jane = shop.signed_in()
    lock_out(shop)
    change = {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD}
    assert jane.post("/api/password/change", json=change).status_code == 204


def idle(shop: Shop, browser: Browser, clock: FakeClock) -> None:
    (name,) = [key for key in keys_of(shop.redis, "bff:{*:web") if shop.redis.strlen(key) > RETIRED_BYTES]
    shop.redis.delete(name, name.replace(b":web", b":tokens"))


def lifetime_over(shop: Shop, browser: Browser, clock: FakeClock) -> None:
    clock.advance(shop.settings.sessions.lifetime_seconds)


@pytest.mark.parametrize("end", [idle, lifetime_over])
def test_browser_whose_session_has_ended_is_no_stranger(
    make_shop: ShopMaker, clock: FakeClock, end: Callable[[Shop, Browser, FakeClock], None]
) -> None:
    shop = make_shop(clock=clock, BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    browser = shop.signed_in()
    end(shop, browser, clock)
    lock_out(shop)
    assert browser.get("/api/me").status_code == 401
    assert tried(browser) == 200


def test_browser_stays_known_while_its_owner_resets_a_forgotten_password(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    jane = customer(shop)
    jane.get("/account")
    jane.send("/logout")
    lock_out(shop)
    jane.get("/password/forgot")
    jane.send("/password/forgot", email=B2C_EMAIL)
    (mail,) = [mail for mail in shop.sandbox.mails if mail.purpose is Purpose.PASSWORD_RESET]
    jane.get(f"/password/reset?token={mail.token}")
    jane.send("/password/reset", password=NEW_PASSWORD)
    assert jane.status == 303
    jane.get("/login")
    jane.send("/login", email=B2C_EMAIL, password=NEW_PASSWORD)
    assert jane.status == 303


def test_known_browser_has_a_limit_of_its_own_and_no_new_cookie_is_a_new_count(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="2/minute;99/minute;3/hour")
    browser, other = signed_out(shop), signed_out(shop)
    lock_out(shop)
    assert [tried(browser, WRONG) for _ in range(3)] == [401, 401, 429]
    assert browser.post("/api/logout").status_code == 200
    calls = shop.sandbox.recorder.count("login")
    assert [tried(browser, WRONG), tried(browser), tried(other)] == [429, 429, 429]
    assert shop.sandbox.recorder.count("login") == calls


def test_known_browser_is_a_stranger_to_everybody_else(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    browser = signed_out(shop)
    lock_out(shop, B2B_EMAIL)
    assert tried(browser, B2B_PASSWORD, B2B_EMAIL) == 429
    # Nor is an address that only looks like another one's the same.
    lock_out(shop)
    assert tried(browser, email="jané.doe@example.com") == 429


def test_sign_out_is_no_way_for_a_guest_to_become_known(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    guest = shop.browser()
    guest.session()
    lock_out(shop)
    assert guest.post("/api/logout").status_code == 200
    assert tried(guest) == 429
    assert shop.redis.keys("bff:browsers:*") == []


def by_one(shop: Shop, jane: Browser) -> None:
    (other,) = [device for device in jane.get("/api/sessions").get_json() if not device["current"]]
    assert jane.delete(f"/api/sessions/{other['id']}").status_code == 204


def by_all(shop: Shop, jane: Browser) -> None:
    assert jane.delete("/api/sessions").status_code == 204


def by_operator(shop: Shop, jane: Browser) -> None:
    out = io.StringIO()
    assert revoke_sessions(shop.settings, B2C_EMAIL, out, out) == 0


def by_reset(shop: Shop, jane: Browser) -> None:
    assert jane.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code == 204
    (mail,) = shop.sandbox.mails
    assert (
        jane.post("/api/password/reset/update", json={"token": mail.token, "password": B2C_PASSWORD}).status_code == 204
    )
    assert tried(jane) == 200


@pytest.mark.parametrize("end", [by_one, by_all, by_operator, by_reset])
def test_browser_that_its_customer_has_ended_is_a_stranger_again(
    make_shop: ShopMaker, end: Callable[[Shop, Browser], None]
) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    ended, jane = shop.signed_in(), shop.signed_in()
    end(shop, jane)
    lock_out(shop)
    assert tried(ended) == 429
    assert tried(jane) == (429 if end is by_operator else 200)


def test_two_customers_of_one_browser_are_both_known_there(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN=PER_PAIR)
    browser = signed_out(shop)
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    lock_out(shop, B2B_EMAIL)
    assert tried(browser, B2B_PASSWORD, B2B_EMAIL) == 200


def test_what_is_kept_of_it_names_nobody_and_ends_by_itself(make_shop: ShopMaker) -> None:
    shop = make_shop()
    for _ in range(3):
        signed_out(shop)
    (name,) = keys_of(shop.redis, "bff:browsers:*")
    # Each under the cookie that was signed in, and under the one since.
    assert shop.redis.zcard(name) == 6
    assert 0 < shop.redis.ttl(name) <= 30 * 86400
    assert b"jane" not in name


def test_sign_out_stands_where_redis_fails_right_after_it(
    make_shop: ShopMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedRedis() as own_redis:
        shop = make_shop(REDIS_URL=own_redis.url)
        browser = shop.signed_in()
        browsers = shop.services.sessions.index.browsers
        remember = browsers.remember

        def after_the_end(email: str, sid: str) -> None:
            own_redis.kill()
            remember(email, sid)

        monkeypatch.setattr(browsers, "remember", after_the_end)
        assert browser.post("/api/logout").status_code == 200
