"""A form that meets an ended session waits behind the sign-in: for a while, once, and only for who typed it."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from tests.support.fakes.clock import FakeClock
from tests.support.pages import (
    TO_ULM,
    WHOLE_PROFILE,
    PageBrowser,
    customer,
    reveal_nothing_of,
    visitor,
)
from tests.support.shop import Shop, ShopMaker

NEW = "/account/addresses/new"
TYPED = {**TO_ULM, "contactName": "Typed Canary", "tags": "gift"}
NOTICE = "What you had entered before you signed in again is back."


def end_sessions(redis: Redis) -> None:
    """Let every session's record go, as an idle end does; the browser keeps its cookie."""
    for pattern in ("*:web", "*:tokens"):
        for key in redis.keys(pattern):
            redis.delete(key)


def interrupted(shop: Shop, path: str = NEW, **entries: str | bool | None) -> PageBrowser:
    """Return somebody whose session ended while they typed, and who sent the form all the same."""
    somebody = customer(shop)
    somebody.open_form(path)
    end_sessions(shop.redis)
    somebody.send(path, **(entries or TYPED))
    assert (somebody.status, somebody.location) == (303, f"/login?next={path}&notice=session-ended")
    assert "You've been signed out. Sign in to continue." in somebody.follow().words
    return somebody


def sign_in(somebody: PageBrowser, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> None:
    somebody.send("/login", email=email, password=password)
    assert (somebody.status, somebody.location) == (303, NEW)
    somebody.follow()


def test_form_of_a_closed_browser_can_be_sent_after_a_sign_in_in_another_tab(shop: Shop) -> None:
    """The cookie ends with the browser; what a restored tab shows is not to be typed again."""
    somebody = customer(shop)
    somebody.open_form(NEW)
    somebody.browser.cookie = None
    page = somebody.send(NEW, **TYPED)
    assert somebody.status == 403
    assert "Your browser sent no cookie. Sign in again in another tab, then send this once more." in page.words
    tab = visitor(shop)
    tab.get("/login")
    tab.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    somebody.browser.cookie = tab.browser.cookie
    page = somebody.send(NEW)
    assert somebody.status == 403
    assert "This page had been open for too long. Check your entries and send them again." in page.words
    assert {name: page.form(NEW).values[name] for name in TYPED} == TYPED
    somebody.send(NEW)
    assert (somebody.status, somebody.location) == (303, "/account/addresses")
    assert TYPED["contactName"] in somebody.follow().text


def test_form_for_anyone_asks_for_cookies_where_none_comes(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/login")
    somebody.browser.cookie = None
    page = somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert somebody.status == 403
    assert "Allow cookies for this site" in page.words


def test_same_person_finds_the_entries_again_once(shop: Shop) -> None:
    somebody = interrupted(shop, **TYPED, shipping=False, isDefault=True)
    sign_in(somebody)
    page = somebody.page
    values = page.form(NEW).values
    assert {name: values[name] for name in TYPED} == TYPED
    assert (values.get("billing"), values.get("shipping"), values.get("isDefault")) == ("y", None, "y")
    assert NOTICE in page.words
    again = somebody.get(NEW)
    assert again.form(NEW).values["contactName"] == ""
    assert NOTICE not in again.words


def test_entries_are_saved_once(shop: Shop) -> None:
    somebody = interrupted(shop)
    sign_in(somebody)
    somebody.send(NEW)
    assert (somebody.status, somebody.location) == (303, "/account/addresses")
    assert [json.loads(call.body)["city"] for call in shop.sandbox.recorder.of("add_address")] == ["Ulm"]


def test_another_person_sees_nothing_and_it_is_forgotten(shop: Shop) -> None:
    somebody = interrupted(shop)
    sign_in(somebody, B2B_EMAIL, B2B_PASSWORD)
    reveal_nothing_of(somebody.page, "Typed Canary", NOTICE)
    somebody.get("/login?again=1")
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    reveal_nothing_of(somebody.get(NEW), "Typed Canary", NOTICE)


@pytest.mark.parametrize(("seconds", "there"), [(14 * 60, True), (15 * 60 + 1, False)])
def test_entries_are_kept_for_fifteen_minutes(
    make_shop: ShopMaker, clock: FakeClock, seconds: int, there: bool
) -> None:
    somebody = interrupted(make_shop(clock=clock))
    clock.advance(seconds)
    sign_in(somebody)
    assert ("Typed Canary" in somebody.page.text) == there


def test_sign_out_drops_them(shop: Shop) -> None:
    somebody = interrupted(shop)
    somebody.get("/logout")
    somebody.send("/logout")
    somebody.get(f"/login?next={NEW}")
    sign_in(somebody)
    reveal_nothing_of(somebody.page, "Typed Canary")


@pytest.mark.parametrize("owner", ["", "x", "f" * 64, "ä"])
def test_forged_owner_shows_nothing(shop: Shop, owner: str) -> None:
    somebody = interrupted(shop, **TYPED, owner=owner)
    sign_in(somebody)
    reveal_nothing_of(somebody.page, "Typed Canary", NOTICE)


def test_owner_of_another_customer_shows_nothing(shop: Shop) -> None:
    john = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    theirs = john.get(NEW).form(NEW).values["owner"]
    somebody = interrupted(shop, **TYPED, owner=theirs)
    sign_in(somebody)
    reveal_nothing_of(somebody.page, "Typed Canary", NOTICE)


def test_owner_says_nothing_about_the_customer(shop: Shop) -> None:
    page = customer(shop).get(NEW)
    jane = next(iter(shop.sandbox.state.customers.values()))
    assert jane.id not in page.form(NEW).values["owner"]
    assert visitor(shop).get("/signup").form("/signup").values["owner"] == ""


def test_head_does_not_use_them_up(shop: Shop) -> None:
    somebody = interrupted(shop)
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    somebody.browser.request("HEAD", NEW)
    assert "Typed Canary" in somebody.follow().text


def test_passwords_are_not_kept(shop: Shop) -> None:
    somebody = interrupted(shop, "/account/email", newEmail="typed-canary@example.com", password="Typed-Secret-77")
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    page = somebody.follow()
    assert page.form("/account/email").values["newEmail"] == "typed-canary@example.com"
    reveal_nothing_of(page, "Typed-Secret-77")


def test_draft_is_for_its_own_page(shop: Shop) -> None:
    somebody = interrupted(shop, "/account", firstName="Typed Canary")
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    reveal_nothing_of(somebody.get(NEW), "Typed Canary")
    assert somebody.get("/account").form("/account").values["firstName"] == "Typed Canary"


def test_two_sections_of_the_profile_wait_together(shop: Shop) -> None:
    somebody = customer(shop)
    tabs = [somebody.fork(shop), somebody.fork(shop)]
    tabs[0].get("/account?change=name")
    tabs[1].get("/account?change=phone")
    end_sessions(shop.redis)
    tabs[0].send("/account", firstName="Typed Canary")
    tabs[0].get("/logout")
    values = {**tabs[1].page.form("/account").values, "csrf_token": tabs[0].page.form("/logout").values["csrf_token"]}
    tabs[0].post("/account", {**values, "contactPhone": "555"})
    tabs[0].follow()
    tabs[0].send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    page = tabs[0].follow()
    assert NOTICE in page.words
    form = page.form("/account")
    assert (form.values["firstName"], form.values["contactPhone"]) == ("Typed Canary", "555")
    assert "company" not in form.fields
    tabs[0].send("/account")
    assert tabs[0].status == 303
    sent = json.loads(shop.sandbox.recorder.of("update_me")[-1].body)
    assert {name: sent[name] for name in ("firstName", "contactPhone")} == {
        "firstName": "Typed Canary",
        "contactPhone": "555",
    }


@pytest.mark.parametrize("order", [("name", "phone"), ("phone", "name")])
def test_sections_of_two_versions_do_not_overwrite_what_was_changed_between(shop: Shop, order: tuple[str, str]) -> None:
    somebody, elsewhere = customer(shop), customer(shop)
    other = somebody.fork(shop)
    values = {"name": somebody.get("/account?change=name").form("/account").filled({"firstName": "Typed Canary"})}
    elsewhere.get("/account?change=name")
    elsewhere.send("/account", firstName="Elsewhere Canary")
    values["phone"] = other.get("/account?change=phone").form("/account").filled({"contactPhone": "555"})
    end_sessions(shop.redis)
    for section in order:
        somebody.get("/logout")
        somebody.post("/account", {**values[section], "csrf_token": somebody.page.form("/logout").values["csrf_token"]})
        assert somebody.location == "/login?next=/account&notice=session-ended"
    somebody.follow()
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    somebody.follow()
    page = somebody.send("/account")
    assert somebody.status == 422
    assert "Elsewhere: Elsewhere Canary" in page.words
    somebody.send("/account")
    assert somebody.status == 303


def test_session_that_upstream_ends_keeps_the_entries_too(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(clock=clock, BFF_SESSION_IDLE="43200")
    somebody = customer(shop)
    somebody.get(NEW)
    body = b'{"fault":{"faultstring":"x","detail":{"errorcode":"keymanagement.service.invalid_refresh_token"}}}'
    dead = b'{"fault":{"faultstring":"x","detail":{"errorcode":"oauth.v2.InvalidAccessToken"}}}'
    headers = {"Content-Type": "application/json"}
    shop.sandbox.faults.add("refresh_auth_token", Fault(answer=CannedResponse(status=401, body=body, headers=headers)))
    shop.sandbox.faults.add(
        "add_address", Fault(answer=CannedResponse(status=401, body=dead, headers=headers)), times=1
    )
    somebody.send(NEW, **TYPED)
    assert (somebody.status, somebody.location) == (303, f"/login?next={NEW}&notice=session-ended")
    somebody.follow()
    sign_in(somebody)
    assert "Typed Canary" in somebody.page.text
    somebody.send(NEW)
    assert (somebody.status, somebody.location) == (303, "/account/addresses")
    assert "Ulm" in somebody.follow().words, "the page was not taken for one that had been sent before"


@pytest.mark.parametrize("rest", ["delete", "default"])
def test_button_alone_leaves_no_draft(shop: Shop, rest: str) -> None:
    jane = next(iter(shop.sandbox.state.customers.values()))
    path = f"/account/addresses/{next(iter(jane.addresses))}/{rest}"
    somebody = customer(shop)
    somebody.open_form(path)
    end_sessions(shop.redis)
    somebody.send(path)
    assert somebody.status == 303
    assert shop.redis.keys("*:web") == []


def test_entries_beyond_a_measure_are_not_kept(shop: Shop) -> None:
    somebody = interrupted(shop, **{**TYPED, "street": "x" * 20_000})
    sign_in(somebody)
    reveal_nothing_of(somebody.page, "Typed Canary")


def test_only_the_newest_three_are_kept(shop: Shop) -> None:
    jane = next(iter(shop.sandbox.state.customers.values()))
    first, second = (f"/account/addresses/{one}" for one in jane.addresses)
    paths = ["/account", NEW, first, second]
    somebody = customer(shop)
    pages = {path: somebody.open_form(path).form(path).values for path in paths}
    end_sessions(shop.redis)
    for path, values in pages.items():
        csrf = somebody.get("/logout").form("/logout").values["csrf_token"]
        somebody.post(path, {**values, "csrf_token": csrf, "contactPhone": "typed canary"})
        assert somebody.status == 303
    somebody.get("/login")
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    shown = [path for path in paths if "typed canary" in somebody.get(path).text]
    assert shown == [NEW, first, second]


def test_record_of_a_draft_is_made_under_a_new_cookie(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get(NEW)
    cookie = somebody.browser.cookie
    end_sessions(shop.redis)
    somebody.send(NEW, **TYPED)
    assert somebody.browser.cookie != cookie is not None


def test_draft_is_sealed(shop: Shop) -> None:
    interrupted(shop)
    assert not [key for key in shop.redis.keys("*:web") if b"Canary" in (shop.redis.dump(key) or b"")]


def test_form_made_for_another_customer_is_neither_saved_nor_shown(shop: Shop) -> None:
    somebody = customer(shop)
    values = somebody.get(WHOLE_PROFILE).form("/account").filled({"firstName": "Typed Canary"})
    stale = somebody.post("/account", {**values, "csrf_token": "stale"})
    assert (somebody.status, "Typed Canary" in stale.form("/account").values.values()) == (403, True)
    somebody.browser.post("/api/logout", headers={"X-CSRF-Token": stale.form("/account").values["csrf_token"]})
    somebody.sign_in(B2B_EMAIL, B2B_PASSWORD)
    fresh = somebody.get(WHOLE_PROFILE).form("/account").values["csrf_token"]
    refused = somebody.post("/account", {**values, "csrf_token": "stale"})
    assert somebody.status == 403
    assert "Typed Canary" not in refused.text
    somebody.post("/account", {**values, "csrf_token": fresh})
    assert (somebody.status, somebody.location) == (303, "/account")
    assert "John Doe" in somebody.follow().words
    assert shop.sandbox.recorder.count("update_me") == 0
