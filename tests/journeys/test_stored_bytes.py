"""What an unknown visitor can make Redis keep: every field has a bound, and so has the number of records."""

from __future__ import annotations

import re

from flask import flash, get_flashed_messages

from bff.config.model import LimitSettings, SessionSettings
from bff.oidc.login_state import MOST_OPEN
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.lifecycle import FIRST_SECONDS
from tests.support.documents import document, section
from tests.support.pages import WHOLE_PROFILE, PageBrowser, customer, visitor
from tests.support.redis_keys import keys_of
from tests.support.shop import Browser, Shop, ShopMaker

NEW = "/account/addresses/new"
LONGEST_PATH = "/account/" + "x" * 127 + "/" + "y" * 127 + "/" + "z" * 127 + "/" + "w" * 100
LONGEST_EMAIL = "\U0001f600" * 240 + "@example.com"
MOST_GUEST_BYTES = 16 * 1024
"""Of one guest's session in Redis, its keys included, as the document says."""
FORGED = "f" * 64


def bytes_of(shop: Shop, browser: Browser) -> int:
    sid = SessionCookie(value=Secret(browser.cookie or "")).sid
    keys = keys_of(shop.redis, f"bff:{{{sid}}}:*")
    return sum(len(key) + shop.redis.strlen(key) for key in keys)


def ttl_of(shop: Shop, browser: Browser) -> int:
    return int(shop.redis.ttl(f"bff:{{{SessionCookie(value=Secret(browser.cookie or '')).sid}}}:web"))


def forged_draft(somebody: PageBrowser, owner: str, size: int = 1000) -> None:
    """Send a page's form as a program would that never was signed in."""
    somebody.get("/login")
    csrf = somebody.page.form("/login").values["csrf_token"]
    somebody.post(NEW, {"csrf_token": csrf, "owner": owner, "contactName": "Typed", "city": "x" * size})


def test_guests_form_leaves_nothing_whatever_it_says_of_its_owner(shop: Shop) -> None:
    for owner in ("", "x" * 60_000, FORGED, f"{FORGED}.{FORGED}", customer(shop).get(NEW).form(NEW).values["owner"]):
        shop.redis.flushall()
        somebody = visitor(shop)
        for _ in range(3):
            forged_draft(somebody, owner)
        assert keys_of(shop.redis) == [], owner[:80]


def test_entries_of_a_customers_page_that_cannot_be_kept_come_back_in_the_page(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_GUEST="1/minute")
    shop.browser().session()
    somebody = customer(shop)
    somebody.get(NEW)
    shop.redis.delete(*keys_of(shop.redis, "bff:{*"))
    page = somebody.send(NEW, contactName="Typed Canary", city="Ulm")
    assert somebody.status == 422
    assert page.form(NEW).values["contactName"] == "Typed Canary"
    assert "You've been signed out." in page.words
    assert keys_of(shop.redis, "bff:{*") == []


def test_customers_draft_is_kept_although_nothing_is_known_of_the_session(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get(NEW)
    shop.redis.flushall()
    somebody.send(NEW, contactName="Typed Canary", city="Ulm")
    assert (somebody.status, somebody.location) == (303, f"/login?next={NEW}&notice=session-ended")
    assert FIRST_SECONDS - 60 < ttl_of(shop, somebody.browser) <= FIRST_SECONDS


def test_owner_of_one_browser_keeps_no_draft_in_another(shop: Shop) -> None:
    owner = customer(shop).get(NEW).form(NEW).values["owner"]
    shop.redis.flushall()
    somebody = visitor(shop)
    forged_draft(somebody, owner)
    assert somebody.status == 422
    assert keys_of(shop.redis) == []


def test_owner_of_a_form_is_stored_only_in_its_own_shape(shop: Shop) -> None:
    for owner in ("x" * 60_000, "f" * 63, FORGED + "." + "f" * 63, FORGED.upper()):
        somebody = customer(shop)
        values = somebody.get(NEW).form(NEW).values
        shop.redis.delete(*keys_of(shop.redis, "bff:{*}:web"), *keys_of(shop.redis, "bff:{*}:tokens"))
        somebody.post(NEW, {**values, "owner": owner, "city": "Ulm"})
        assert somebody.status == 303
        assert keys_of(shop.redis, "bff:*:web") == [], owner[:80]


def test_draft_of_a_long_path_is_not_kept(shop: Shop) -> None:
    somebody = customer(shop)
    values = somebody.get(NEW).form(NEW).values
    shop.redis.delete(*keys_of(shop.redis, "bff:{*}:web"), *keys_of(shop.redis, "bff:{*}:tokens"))
    somebody.post(f"/account/addresses/{'x' * 3000}", {**values, "city": "Ulm"})
    assert keys_of(shop.redis, "bff:*:web") == []


def test_guest_gets_a_day_only_once_the_cookie_has_come_back(shop: Shop) -> None:
    browser = shop.browser()
    assert browser.get("/api/session").get_json()["expiresIn"] <= FIRST_SECONDS
    assert FIRST_SECONDS - 60 < ttl_of(shop, browser) <= FIRST_SECONDS
    assert browser.get("/api/session?extend=false").get_json()["expiresIn"] <= FIRST_SECONDS
    assert browser.get("/api/session").get_json()["expiresIn"] > FIRST_SECONDS
    assert 86400 - 60 < ttl_of(shop, browser) <= 86400


def test_shorter_idle_limit_of_guests_counts_from_the_start(make_shop: ShopMaker) -> None:
    browser = make_shop(BFF_ANONYMOUS_IDLE="300").browser()
    assert browser.get("/api/session").get_json()["expiresIn"] in (299, 300)


def test_newcomers_beyond_the_limit_are_served_and_leave_nothing(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_GUEST="2/minute")
    browsers = [shop.browser() for _ in range(4)]
    states = [browser.session() for browser in browsers]
    assert [state["expiresIn"] is None for state in states] == [False, False, True, True]
    assert {state["state"] for state in states} == {"guest"}
    assert len(keys_of(shop.redis, "bff:*:web")) == 2
    # A token for the forms of who could not be kept is good all the same.
    assert browsers[3].sign_in()["state"] == "authenticated"


def test_unread_banners_wait_each_once_and_five_of_them_at_most(shop: Shop) -> None:
    somebody = customer(shop)
    values = somebody.get(WHOLE_PROFILE).form("/account").values
    sent = {**values, "owner": FORGED}
    for _ in range(3):
        somebody.post("/account", sent)
        assert somebody.status == 303
    key = f"bff:{{{SessionCookie(value=Secret(somebody.browser.cookie or '')).sid}}}:web"
    before = shop.redis.get(key)
    somebody.post("/account", sent)
    assert shop.redis.get(key) == before, "what waits already is not written once more"
    assert somebody.get("/account").text.count("This page had been open for too long.") == 1


def test_of_many_banners_the_newest_wait(shop: Shop) -> None:
    with shop.app.test_request_context("/", method="POST", headers={"Cookie": f"bff-session={'A' * 43}"}):
        for number in (*range(9), *range(4, 9)):
            flash(str(number))
        assert get_flashed_messages() == [str(number) for number in range(4, 9)]


def test_the_most_that_one_address_can_hold_is_what_the_document_says(make_shop: ShopMaker) -> None:
    social = make_shop.with_provider()
    shop, somebody = social.shop, visitor(social.shop)
    browser = somebody.browser
    browser.get("/api/me")
    for _ in range(MOST_OPEN + 2):
        assert browser.get(f"/login/social?next={LONGEST_PATH}", headers={"Sec-Fetch-Site": "same-origin"}).location
    somebody.get("/password/forgot")
    somebody.send("/password/forgot", email=LONGEST_EMAIL)
    assert MOST_GUEST_BYTES / 4 < bytes_of(shop, browser) <= MOST_GUEST_BYTES
    newcomer = shop.browser()
    newcomer.session()
    assert bytes_of(shop, newcomer) < 1024
    rate = LimitSettings().guest
    idle = SessionSettings(keys=()).anonymous_idle_seconds
    assert rate is not None
    # As many newcomers with a guest's tokens as without.
    a_second = 2 * rate.count / rate.window_seconds
    told = section(document("security.md"), "What an unknown visitor can make Redis keep")
    numbers = [int(found.replace(",", "")) for found in re.findall(r"\*\*([\d,]+)\*\*", told)]
    assert numbers == [
        MOST_GUEST_BYTES,
        round(a_second * FIRST_SECONDS),
        round(a_second * FIRST_SECONDS * MOST_GUEST_BYTES / 1024**2),
        round(a_second * idle),
        round(a_second * idle * MOST_GUEST_BYTES / 1024**2),
    ]
