"""One customer in two browsers, through the whole application: what ends in one is over in the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from tests.support.fakes.redis_proxy import RedisProxy
from tests.support.pages import PageBrowser
from tests.support.shop import Browser, Shop, ShopMaker

NEW_PASSWORD = "Amber-Window-19"


@pytest.fixture
def proxy(redis_server: EmbeddedRedis) -> Iterator[RedisProxy]:
    with RedisProxy(redis_server.url) as proxy:
        yield proxy


def mailed_reset(shop: Shop, browser: Browser) -> str:
    browser.session()
    assert browser.post("/api/password/reset", json={"email": B2C_EMAIL}).status_code in (200, 202, 204)
    return shop.sandbox.mails.newest_first[0].token


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/me").status_code == 200


def test_ended_device_gets_401_as_json_and_the_sign_in_as_a_page_and_can_sign_in_again(shop: Shop) -> None:
    here, there = shop.signed_in(), shop.signed_in()
    cookie = there.cookie
    assert here.delete("/api/sessions").status_code == 204
    answer = there.get("/api/me")
    assert (answer.status_code, answer.get_json()["type"]) == (401, "session_expired")
    assert answer.get_json()["ended"] == "elsewhere"
    assert "Set-Cookie" not in answer.headers
    page = there.get("/account")
    assert page.status_code == 303
    assert page.headers["Location"].startswith("/login")
    assert there.cookie == cookie
    assert there.sign_in()["state"] == "authenticated"
    assert len(here.get("/api/sessions").get_json()) == 2


def test_signing_out_and_signing_in_as_another_take_a_device_off_the_list(shop: Shop) -> None:
    here, second, third = shop.signed_in(), shop.signed_in(), shop.signed_in()
    assert len(here.get("/api/sessions").get_json()) == 3
    second.post("/api/logout")
    assert len(here.get("/api/sessions").get_json()) == 2
    third.sign_in(B2B_EMAIL, B2B_PASSWORD)
    assert len(here.get("/api/sessions").get_json()) == 1
    assert len(third.get("/api/sessions").get_json()) == 1


def test_signing_in_again_in_one_browser_is_still_one_device(shop: Shop) -> None:
    browser = shop.signed_in()
    (before,) = browser.get("/api/sessions").get_json()
    browser.sign_in()
    (after,) = browser.get("/api/sessions").get_json()
    assert after["createdAt"] == before["createdAt"]
    # The cookie is another, and an id is made from its session.
    assert after["id"] != before["id"]


def test_reset_over_json_ends_the_older_sessions_with_the_sign_in_that_follows(shop: Shop) -> None:
    older, browser = shop.signed_in(), shop.browser()
    token = mailed_reset(shop, browser)
    answer = browser.post("/api/password/reset/update", json={"token": token, "password": NEW_PASSWORD})
    assert answer.status_code == 204
    assert is_signed_in(older)
    browser.sign_in(password=NEW_PASSWORD)
    assert not is_signed_in(older)
    assert is_signed_in(browser)


def test_reset_on_its_page_does_the_same_though_the_cookie_is_another_afterwards(shop: Shop) -> None:
    older, browser = shop.signed_in(), shop.browser()
    token = mailed_reset(shop, browser)
    pages = PageBrowser(browser)
    csrf = pages.get(f"/password/reset?token={token}").form("/password/reset").values["csrf_token"]
    before = browser.cookie
    answer = browser.request(
        "POST", "/password/reset", data={"csrf_token": csrf, "token": token, "password": NEW_PASSWORD}
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert browser.cookie != before
    assert is_signed_in(older)
    browser.session()
    browser.sign_in(password=NEW_PASSWORD)
    assert not is_signed_in(older)
    assert is_signed_in(browser)


def test_refused_reset_leaves_no_mark(shop: Shop) -> None:
    older, browser = shop.signed_in(), shop.browser()
    browser.session()
    answer = browser.post("/api/password/reset/update", json={"token": "x", "password": NEW_PASSWORD})
    assert answer.status_code in (400, 401, 404)
    browser.sign_in()
    assert is_signed_in(older)


def test_mark_of_a_reset_is_not_for_pages_to_read(shop: Shop) -> None:
    browser = shop.browser()
    token = mailed_reset(shop, browser)
    browser.post("/api/password/reset/update", json={"token": token, "password": NEW_PASSWORD})
    with shop.app.test_request_context(headers={"Cookie": f"{browser.cookie_name}={browser.cookie}"}):
        from flask import session

        assert list(session) == []


def test_changed_password_leaves_the_others_until_they_are_ended(shop: Shop) -> None:
    here, there = shop.signed_in(), shop.signed_in()
    body = {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD}
    assert here.post("/api/password/change", json=body).status_code == 204
    assert is_signed_in(there)
    assert here.delete("/api/sessions").status_code == 204
    assert not is_signed_in(there)
    assert is_signed_in(here)


def test_list_costs_three_round_trips_however_many_devices_there_are(make_shop: ShopMaker, proxy: RedisProxy) -> None:
    shop = make_shop(REDIS_URL=proxy.url)
    browsers = [shop.signed_in() for _ in range(4)]
    browsers[0].get("/api/sessions")
    proxy.clear()
    assert len(browsers[0].get("/api/sessions").get_json()) == 4
    # The session itself, the index, the device records.
    assert proxy.round_trips == 3
    shop.services.redis.close()
