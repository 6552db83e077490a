"""What a browser is told of a signed-in session that is over, and that half a session is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.commands.sessions import revoke_all
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.ended import TOLD_SECONDS, Ended
from bff.sessions.store import Found
from bff.web.pages.sign_in import why_it_ended
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.redis_proxy import RedisProxy
from tests.support.pages import customer, visitor
from tests.support.redis_keys import keys_of
from tests.support.shop import Browser, Shop, ShopMaker

IDLE_SECONDS = 1800
SOONER = 700


@pytest.fixture
def timed(make_shop: ShopMaker, clock: FakeClock) -> Shop:
    return make_shop(clock=clock, BFF_SESSION_IDLE=str(IDLE_SECONDS), BFF_SESSION_LIFETIME="3600")


def sid_of(browser: Browser) -> str:
    return SessionCookie(value=Secret(browser.cookie or "")).sid


def key_of(browser: Browser, name: str) -> str:
    return f"bff:{{{sid_of(browser)}}}:{name}"


def idles(shop: Shop, browser: Browser) -> None:
    for key in keys_of(shop.redis, f"bff:{{{sid_of(browser)}}}:*"):
        if not key.endswith(b":ended"):
            shop.redis.delete(key)


def told(browser: Browser) -> object:
    return browser.get("/api/session").get_json()["ended"]


# One half is no session


def test_half_a_session_is_over_whichever_half_is_left(shop: Shop) -> None:
    for half in ("web", "tokens"):
        browser = shop.signed_in()
        shop.redis.delete(key_of(browser, half))
        shop.sandbox.recorder.clear()
        answer = browser.get("/api/me")
        assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired"), half
        assert answer.get_json()["ended"] == "elsewhere"
        assert len(shop.sandbox.recorder) == 0
        state = browser.get("/api/session").get_json()
        assert (state["state"], state["ended"], state["customer"]) == ("guest", "elsewhere", None)
        assert keys_of(shop.redis, f"bff:{{{sid_of(browser)}}}:*") == [key_of(browser, "ended").encode()]
        assert browser.sign_in()["state"] == "authenticated"


def test_half_a_session_sends_pages_to_the_sign_in_once(shop: Shop) -> None:
    somebody = customer(shop)
    shop.redis.delete(key_of(somebody.browser, "tokens"))
    somebody.get("/account")
    assert (somebody.status, somebody.location) == (303, "/login?next=/account")
    assert somebody.follow().heading == "Sign in"
    assert why_it_ended()[Ended.ELSEWHERE] in somebody.page.words


@pytest.mark.parametrize("name", ["device", "ended", "rate", "lock"])
def test_session_lives_on_without_what_only_goes_with_it_and_gets_it_back(shop: Shop, name: str) -> None:
    browser = shop.signed_in()
    shop.redis.delete(key_of(browser, name))
    assert browser.get("/api/me").status_code == 200
    for half in ("web", "tokens"):
        shop.redis.expire(key_of(browser, half), 60)
    assert browser.get("/api/me").status_code == 200
    assert len(browser.get("/api/sessions").get_json()) == 1
    there = {key.rpartition(b":")[2] for key in keys_of(shop.redis, f"bff:{{{sid_of(browser)}}}:*")}
    assert there == {b"web", b"tokens", b"device", b"ended", b"rate"}


@pytest.mark.parametrize("name", ["web", "tokens", "rate"])
def test_guest_without_a_key_is_a_guest_and_nothing_is_said(shop: Shop, name: str) -> None:
    browser = shop.browser()
    assert browser.get("/api/me").status_code == 200
    browser.session()
    shop.redis.delete(key_of(browser, name))
    state = browser.get("/api/session").get_json()
    assert (state["state"], state["ended"]) == ("guest", None)
    assert browser.get("/api/me").status_code == (401 if name == "web" else 200)
    if name == "web":
        assert not shop.redis.exists(key_of(browser, "tokens"))


def test_half_a_session_is_in_no_list_of_devices(shop: Shop) -> None:
    here, there = shop.signed_in(), shop.signed_in()
    shop.redis.delete(key_of(there, "tokens"))
    assert [device["current"] for device in here.get("/api/sessions").get_json()] == [True]


# Why


def lifetime(shop: Shop, browser: Browser) -> None:
    assert shop.clock is not None
    shop.clock.advance(3600)


def other_device(shop: Shop, browser: Browser) -> None:
    other = shop.signed_in()
    (id,) = [device["id"] for device in other.get("/api/sessions").get_json() if not device["current"]]
    assert other.delete(f"/api/sessions/{id}").status_code == 204


def all_others(shop: Shop, browser: Browser) -> None:
    assert shop.signed_in().delete("/api/sessions").status_code == 204


def operator(shop: Shop, browser: Browser) -> None:
    assert revoke_all(shop.services) > 0


def new_password(shop: Shop, browser: Browser) -> None:
    other = shop.browser()
    other.session()
    assert other.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code == 204
    token = shop.sandbox.mails.newest_first[0].token
    body = {"token": token, "password": "Amber-Window-19"}
    assert other.post("/api/password/reset/update", json=body).status_code < 300
    other.sign_in(B2C_EMAIL, "Amber-Window-19")


def refused_refresh(shop: Shop, browser: Browser) -> None:
    headers = {"Content-Type": "application/json"}
    for operation, code in (
        ("refresh_auth_token", b"keymanagement.service.invalid_refresh_token"),
        ("get_me", b"oauth.v2.InvalidAccessToken"),
    ):
        body = b'{"fault":{"faultstring":"x","detail":{"errorcode":"%s"}}}' % code
        answer = CannedResponse(status=401, body=body, headers=headers)
        shop.sandbox.faults.add(operation, Fault(answer=answer), times=2)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (idles, "idle"),
        (lifetime, "lifetime"),
        (other_device, "elsewhere"),
        (all_others, "elsewhere"),
        (operator, "elsewhere"),
        (new_password, "elsewhere"),
        (refused_refresh, "elsewhere"),
    ],
)
def test_browser_is_told_why_its_session_is_over(timed: Shop, end: Callable[[Shop, Browser], None], why: str) -> None:
    browser = timed.signed_in()
    assert told(browser) is None
    end(timed, browser)
    answer = browser.get("/api/me")
    assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired")
    assert answer.get_json()["ended"] == why
    assert told(browser) == why
    assert 0 < timed.redis.ttl(key_of(browser, "ended")) <= IDLE_SECONDS + TOLD_SECONDS
    # It is told for an hour, and then forgotten.
    timed.redis.delete(key_of(browser, "ended"))
    assert told(browser) is None
    assert browser.delete("/api/me").get_json()["type"] == "login_required"


def test_nothing_is_told_after_ones_own_sign_out_and_under_a_replaced_cookie(shop: Shop) -> None:
    browser = shop.signed_in()
    first = browser.cookie
    body = {"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"}
    assert browser.post("/api/password/change", json=body).status_code == 204
    second = browser.cookie
    assert browser.post("/api/logout").status_code == 200
    assert told(browser) is None
    for old in (first, second):
        browser.cookie = old
        assert told(browser) is None
        assert browser.get("/api/me").get_json()["type"] == "login_required"
    assert keys_of(shop.redis, "bff:*:ended") == []


def test_new_sign_in_forgets_why_the_last_one_is_over(shop: Shop) -> None:
    browser = shop.signed_in()
    idles(shop, browser)
    dead = browser.cookie
    assert told(browser) == "idle"
    assert browser.sign_in()["ended"] is None
    assert told(browser) is None
    browser.cookie = dead
    assert told(browser) is None


def test_record_that_follows_a_dead_session_still_tells(shop: Shop) -> None:
    browser = shop.signed_in()
    idles(shop, browser)
    before = shop.redis.pttl(key_of(browser, "ended"))
    dead = browser.cookie
    assert browser.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code == 204
    assert browser.cookie != dead
    assert told(browser) == "idle"
    assert shop.redis.pttl(key_of(browser, "ended")) <= before


def test_guest_has_no_word(shop: Shop) -> None:
    browser = shop.browser()
    browser.session()
    assert browser.get("/api/me").status_code == 200
    assert keys_of(shop.redis, "bff:*:ended") == []
    assert revoke_all(shop.services) == 1
    assert told(browser) is None


def test_word_outlives_the_idle_limit_by_an_hour_and_every_touch_moves_it(shop: Shop) -> None:
    browser = shop.signed_in()
    key, ends = key_of(browser, "ended"), IDLE_SECONDS + TOLD_SECONDS
    assert ends - 60 < shop.redis.ttl(key) <= ends
    shop.redis.expire(key, 100)
    shop.redis.expire(key_of(browser, "web"), 100)
    browser.session()
    assert ends - 60 < shop.redis.ttl(key) <= ends
    assert shop.redis.get(key) == b"idle"


def test_late_touch_does_not_take_the_word_of_an_ending_back(timed: Shop, clock: FakeClock) -> None:
    browser = timed.signed_in()
    cookie = SessionCookie(value=Secret(browser.cookie or ""))
    late = timed.services.store.load(cookie)
    assert isinstance(late, Found)
    clock.advance(3600)
    assert told(browser) == "lifetime"
    timed.services.sessions.extend(cookie, replace(late, ttl_seconds=5.0), None)
    assert told(browser) == "lifetime"


def test_session_never_says_that_it_outlives_its_lifetime(timed: Shop, clock: FakeClock) -> None:
    browser = timed.signed_in()
    clock.advance(3600 - SOONER)
    state = browser.session()
    assert (state["expiresIn"], state["lifetimeExpiresIn"]) == (SOONER, SOONER)


@pytest.mark.parametrize("why", list(Ended))
def test_sign_in_page_tells_why(shop: Shop, why: Ended) -> None:
    somebody = customer(shop)
    idles(shop, somebody.browser)
    shop.redis.set(key_of(somebody.browser, "ended"), why.value, ex=60)
    page = somebody.get("/login?next=/account")
    assert "You've been signed out. Sign in to continue." in page.words
    assert why_it_ended()[why] in page.words
    assert why_it_ended()[why] not in visitor(shop).get("/login?notice=session-ended").words


def test_word_that_is_none_of_ours_says_nothing(shop: Shop) -> None:
    browser = shop.signed_in()
    idles(shop, browser)
    shop.redis.set(key_of(browser, "ended"), b"\xff<b>", ex=60)
    assert told(browser) is None


def test_word_costs_no_round_trip(make_shop: ShopMaker, redis_server: EmbeddedRedis) -> None:
    with RedisProxy(redis_server.url) as proxy:
        shop = make_shop(REDIS_URL=proxy.url)
        browser = shop.signed_in()
        idles(shop, browser)
        browser.session()
        proxy.clear()
        assert told(browser) == "idle"
        assert proxy.round_trips == 1
        shop.services.redis.close()
