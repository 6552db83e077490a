"""A cookie whose record has run out: a guest's for whom nothing is made, but good enough to sign in with."""

from __future__ import annotations

from werkzeug.test import TestResponse

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.redis_keys import keys_of
from tests.support.shop import Browser, Shop

RESET = {"email": B2C_EMAIL}


def set_cookies(answer: TestResponse) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def with_dead_cookie(shop: Shop) -> Browser:
    browser = shop.signed_in()
    shop.redis.flushall()
    shop.sandbox.recorder.clear()
    return browser


def test_dead_cookie_is_a_guest_for_whom_nothing_is_made(shop: Shop) -> None:
    browser = with_dead_cookie(shop)
    cookie = browser.cookie
    answer = browser.get("/api/session")
    state = answer.get_json()
    assert (state["state"], state["expiresIn"], state["customer"]) == ("guest", None, None)
    assert set_cookies(answer) == []
    refused = browser.get("/api/me")
    assert (refused.status_code, refused.get_json()["type"]) == (401, "login_required")
    assert browser.request("HEAD", "/api/me").status_code == 401
    assert browser.get("/").status_code == 200
    assert browser.cookie == cookie
    assert shop.redis.keys("*") == []
    assert len(shop.sandbox.recorder) == 0


def test_owner_of_a_dead_cookie_signs_in_with_its_token(shop: Shop) -> None:
    browser = with_dead_cookie(shop)
    cookie = browser.cookie
    token = browser.get("/api/session").get_json()["csrfToken"]
    answer = browser.post(
        "/api/login", json={"email": B2C_EMAIL, "password": B2C_PASSWORD}, headers={"X-CSRF-Token": token}
    )
    assert answer.status_code == 200
    assert len(set_cookies(answer)) == 1
    assert browser.cookie != cookie
    assert answer.headers["X-CSRF-Token"] not in ("", token)
    assert browser.patch("/api/me", json={"company": "One"}).status_code == 200


def test_first_write_with_a_dead_cookie_moves_to_a_new_one(shop: Shop) -> None:
    browser = with_dead_cookie(shop)
    cookie = browser.cookie
    answer = browser.post("/api/password/reset", json=RESET)
    assert answer.status_code == 204
    assert len(set_cookies(answer)) == 1
    assert browser.cookie != cookie
    assert len(shop.redis.keys("*:web")) == 1
    assert browser.session()["expiresIn"] is not None


def test_refused_write_with_a_dead_cookie_makes_nothing(shop: Shop) -> None:
    browser = with_dead_cookie(shop)
    for answer in (
        browser.post("/api/password/reset", json={"email": 1}),
        browser.post("/api/password/reset", json=RESET, headers={"Sec-Fetch-Site": "cross-site"}),
        browser.post("/api/login", json={"email": B2C_EMAIL, "password": "not the password"}),
        browser.post("/api/me/addresses", json={}),
    ):
        assert answer.status_code in (400, 401, 403)
        assert set_cookies(answer) == []
    # But for what the rate limits count, which is no session's.
    assert [key for key in keys_of(shop.redis) if not key.startswith(b"bff:limit:")] == []
