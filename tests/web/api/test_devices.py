"""The JSON routes of signed-in devices: shapes, refusals and the order of both."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from bff.account.login_ends import RECENT_SECONDS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_PASSWORD
from bff.web.api.devices import iso_8601
from tests.support.fakes.clock import FakeClock
from tests.support.shop import Browser, Shop, ShopMaker

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def timed(make_shop: ShopMaker, clock: FakeClock) -> Shop:
    return make_shop(clock=clock)


def says(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["type"]


def other_id(browser: Browser) -> str:
    (other,) = (device for device in browser.get("/api/sessions").get_json() if not device["current"])
    id: str = other["id"]
    return id


def test_times_are_utc_to_the_second() -> None:
    assert iso_8601(0.999) == "1970-01-01T00:00:00Z"
    assert iso_8601(1738311300.0) == "2025-01-31T08:15:00Z"


def test_list_has_the_documented_shape_and_nothing_of_the_header(shop: Shop) -> None:
    browser = shop.browser()
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    browser.sign_in()
    shop.signed_in()
    answer = browser.get("/api/sessions")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    here, there = answer.get_json()
    assert set(here) == set(there) == {"id", "current", "createdAt", "lastSeenAt", "browser"}
    assert (here["current"], there["current"]) == (True, False)
    assert (here["browser"], there["browser"]) == ("Firefox on Windows", None)
    for device in (here, there):
        assert re.fullmatch("[0-9a-f]{32}", device["id"])
        assert TIME.fullmatch(device["createdAt"])
        assert TIME.fullmatch(device["lastSeenAt"])
    assert b"Mozilla" not in answer.get_data()


@pytest.mark.parametrize("header", ["x" * 8000, "Firefox/1" + "\xff" * 500, "<b>Chrome/1</b>"])
def test_hostile_user_agent_is_neither_stored_nor_shown(shop: Shop, header: str) -> None:
    browser = shop.browser()
    browser.client.environ_base["HTTP_USER_AGENT"] = header
    browser.sign_in()
    (device,) = browser.get("/api/sessions").get_json()
    assert device["browser"] in (None, "Firefox", "Chrome")


def test_one_device_is_ended_without_a_body_and_then_unknown(shop: Shop) -> None:
    here, there = shop.signed_in(), shop.signed_in()
    id = other_id(here)
    answer = here.delete(f"/api/sessions/{id}")
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert says(there.get("/api/me")) == (401, "session_expired")
    assert says(here.delete(f"/api/sessions/{id}")) == (404, "resource_not_found")


def test_all_others_are_ended_whether_there_are_any_or_none(shop: Shop) -> None:
    here, *others = (shop.signed_in() for _ in range(3))
    for _ in range(2):
        answer = here.delete("/api/sessions")
        assert (answer.status_code, answer.get_data()) == (204, b"")
    assert [other.get("/api/me").status_code for other in others] == [401, 401]
    assert here.get("/api/me").status_code == 200


def test_ending_ones_own_device_is_a_sign_out_that_upstream_is_told_of(timed: Shop, clock: FakeClock) -> None:
    browser = timed.signed_in()
    # No proof of identity is asked for a sign-out.
    clock.advance(RECENT_SECONDS + 1)
    (device,) = browser.get("/api/sessions").get_json()
    before, csrf = browser.cookie, browser.csrf
    timed.sandbox.recorder.clear()
    answer = browser.delete(f"/api/sessions/{device['id']}")
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert len(timed.sandbox.recorder.of("logout")) == 1
    assert browser.cookie != before
    assert answer.headers["X-CSRF-Token"] != csrf
    assert browser.session()["state"] == "guest"
    browser.cookie = before
    assert says(browser.get("/api/me")) == (401, "login_required")


REQUESTS = [("GET", "/api/sessions"), ("DELETE", "/api/sessions"), ("DELETE", "/api/sessions/d1")]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_guest_is_asked_to_sign_in(browser: Browser, method: str, path: str) -> None:
    browser.session()
    # The session comes before what is wrong with the request.
    assert says(browser.request(method, f"{path}?x=1")) == (401, "login_required")


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_session_that_is_just_over_says_so(timed: Shop, clock: FakeClock, method: str, path: str) -> None:
    browser = timed.signed_in()
    clock.advance(timed.settings.sessions.lifetime_seconds)
    assert says(browser.request(method, path)) == (401, "session_expired")


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_only_ending_needs_a_recent_proof(timed: Shop, clock: FakeClock, method: str, path: str) -> None:
    here, there = timed.signed_in(), timed.signed_in()
    clock.advance(RECENT_SECONDS + 1)
    answer = here.request(method, path)
    if method == "GET":
        assert answer.status_code == 200
    else:
        assert says(answer) == (401, "reauthentication_required")
    assert there.get("/api/me").status_code == 200
    here.sign_in()
    assert here.request(method, path).status_code in (200, 204, 404)


def test_changed_password_lets_a_client_end_the_others_right_after(timed: Shop, clock: FakeClock) -> None:
    here, there = timed.signed_in(), timed.signed_in()
    clock.advance(RECENT_SECONDS + 1)
    here.post("/api/password/change", {"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"})
    assert here.delete("/api/sessions").status_code == 204
    assert there.get("/api/me").status_code == 401


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_undeclared_query_parameter_is_refused_and_nothing_happens(shop: Shop, method: str, path: str) -> None:
    here, there = shop.signed_in(), shop.signed_in()
    answer = here.request(method, f"{path}?x=1")
    assert says(answer) == (400, "validation_failure")
    assert answer.get_json()["details"][0]["field"] == "x"
    assert there.get("/api/me").status_code == 200


def test_own_device_with_a_query_is_refused_too(shop: Shop) -> None:
    browser = shop.signed_in()
    (device,) = browser.get("/api/sessions").get_json()
    assert says(browser.delete(f"/api/sessions/{device['id']}?x=1")) == (400, "validation_failure")
    assert browser.get("/api/me").status_code == 200


@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/d1"])
def test_body_that_says_something_is_refused(shop: Shop, path: str) -> None:
    here, there = shop.signed_in(), shop.signed_in()
    assert says(here.delete(path, json={"all": True})) == (400, "validation_failure")
    assert says(here.delete(path, data="x", content_type="text/plain")) == (415, "unsupported_media_type")
    assert there.get("/api/me").status_code == 200


@pytest.mark.parametrize("id", ["a.b", "%00", "a%20b", "é", "x" * 65, ".", "%2e%2e", "a,b"])
def test_id_with_other_characters_is_refused(shop: Shop, id: str) -> None:
    browser = shop.signed_in()
    assert says(browser.delete(f"/api/sessions/{id}")) == (400, "validation_failure")


def test_id_of_another_customer_is_unknown(shop: Shop) -> None:
    mine, theirs = shop.signed_in(), shop.browser()
    theirs.sign_in(B2B_EMAIL, B2B_PASSWORD)
    (device,) = theirs.get("/api/sessions").get_json()
    assert says(mine.delete(f"/api/sessions/{device['id']}")) == (404, "resource_not_found")
    assert theirs.get("/api/me").status_code == 200


@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/d1"])
def test_method_that_is_not_there_is_named(shop: Shop, path: str) -> None:
    answer = shop.signed_in().post(path)
    assert says(answer) == (405, "method_not_allowed")
    assert "DELETE" in answer.headers["Allow"]
