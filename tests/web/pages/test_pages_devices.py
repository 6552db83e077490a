"""The pages of the signed-in devices, and what a changed password does to the others."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from babel.dates import format_date, format_time

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.pages import Page, PageBrowser, customer, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker

LIST = "/account/sessions"
HALF_PAST_TWO = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
OTHERS = f"{LIST}/end-others"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"
NEW_PASSWORD = "Amber-Window-19"


@pytest.fixture
def timed(make_shop: ShopMaker, clock: FakeClock) -> Shop:
    return make_shop(clock=clock)


def ends(page: Page) -> list[str]:
    """Where the forms that end one other device are sent to."""
    return [form.action for form in page.forms if form.action.endswith("/end")]


def names(page: Page) -> list[str]:
    """What the buttons of the list are called."""
    main = page.text.partition("<main")[2].partition("</main")[0]
    buttons = re.findall(r"<button[^>]*>(.*?)</button>", main, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text).strip() for text in buttons]


def date(language: str) -> str:
    """Return the day as Babel writes it: how that looks has changed from release to release."""
    return format_date(HALF_PAST_TWO, "medium", locale=language)


def hour(minute: int, language: str) -> str:
    # Spaces of any kind are one kind in the words of a page.
    return re.sub(r"\s+", " ", format_time(HALF_PAST_TWO.replace(minute=minute), "short", locale=language))


def is_signed_in(somebody: PageBrowser) -> bool:
    somebody.get("/account")
    return somebody.status == 200


def test_only_device_is_this_one(shop: Shop) -> None:
    page = customer(shop, User_Agent=FIREFOX).get(LIST)
    assert page.heading == "Signed-in devices"
    assert page.words.count("Firefox on Windows") == 1
    assert "This device" in page.words
    assert "You are not signed in anywhere else." in page.words
    assert ends(page) == []
    assert OTHERS not in [form.action for form in page.forms]


def test_devices_are_told_by_browser_and_times(timed: Shop, clock: FakeClock) -> None:
    clock.advance(HALF_PAST_TWO.timestamp() - clock())
    customer(timed, User_Agent=SAFARI)
    customer(timed)
    clock.advance(90)
    here = customer(timed, User_Agent=FIREFOX)
    page = here.get(LIST)
    for words in ("Firefox on Windows", "Safari on macOS", "Unknown browser"):
        assert words in page.words
    assert f"Signed in {date('en')}, {hour(30, 'en')} UTC" in page.words
    assert f"Last seen {date('en')}, {hour(31, 'en')} UTC" in page.words
    assert '<time datetime="2026-11-22T14:30:00Z"' in page.text
    assert page.words.index("Firefox on Windows") < page.words.index("Safari on macOS"), "this device comes first"
    clock.advance(600)
    page = here.get(LIST)
    assert f"Signed in {date('en')}, {hour(31, 'en')} UTC" in page.words
    assert f"Last seen {date('en')}, {hour(41, 'en')} UTC" in page.words


def test_dates_are_in_the_language_of_the_page(timed: Shop, clock: FakeClock) -> None:
    clock.advance(HALF_PAST_TWO.timestamp() - clock())
    jane = timed.sandbox.state.by_email("demoshop", B2C_EMAIL)
    assert jane is not None
    jane.document["preferredLanguage"] = "de_DE"
    page = customer(timed, User_Agent=FIREFOX).get(LIST)
    assert page.language == "de"
    assert f"Angemeldet seit {date('de')}, {hour(30, 'de')} Uhr UTC" in page.words
    assert "Firefox unter Windows" in page.words


def test_buttons_have_names_of_their_own(timed: Shop) -> None:
    for _ in range(3):
        customer(timed, User_Agent=FIREFOX)
    page = customer(timed, User_Agent=FIREFOX).get(LIST)
    assert len(names(page)) == 5
    assert len(set(names(page))) == 5
    assert "Sign out this device" in names(page)
    kinds = {f"Sign out device: Firefox on Windows{number}" for number in ("", " (2)", " (3)", " (4)")}
    assert len(kinds & set(names(page))) == 3


def test_device_has_one_name_wherever_it_is_named(timed: Shop, clock: FakeClock) -> None:
    tabs = []
    for _ in range(3):
        tabs.append(customer(timed, User_Agent=FIREFOX))
        clock.advance(100)
    # This one stands first, then whichever was seen last; the numbers go by the sign-ins.
    page = tabs[2].get(LIST)
    told = re.findall(r"<h2>(.*?)</h2>", page.text.partition("<main")[2])
    assert told[0] == "Firefox on Windows (3)"
    assert sorted(told[1:]) == ["Firefox on Windows", "Firefox on Windows (2)"]
    assert page.words.index("This device") < page.words.index("Firefox on Windows (2)")
    for action, name in zip(ends(page), told[1:], strict=True):
        assert f"{name}, last seen " in tabs[2].get(action).words


def test_list_is_reached_from_the_page_on_security(shop: Shop) -> None:
    page = customer(shop).get("/account/security")
    assert LIST in page.links


def test_page_holds_no_name_of_a_session(shop: Shop) -> None:
    one, other = customer(shop), customer(shop)
    page = one.get(LIST)
    for browser in (one.browser, other.browser):
        assert browser.cookie is not None
        reveal_nothing_of(page, browser.cookie, SessionCookie(value=Secret(browser.cookie)).sid)


def test_devices_of_others_are_not_listed(shop: Shop) -> None:
    customer(shop, B2B_EMAIL, B2B_PASSWORD)
    assert ends(customer(shop).get(LIST)) == []


def test_one_device_is_signed_out(shop: Shop) -> None:
    lost, kept = customer(shop, User_Agent=SAFARI), customer(shop, User_Agent=FIREFOX)
    somebody = customer(shop)
    page = somebody.get(LIST)
    (action,) = [
        form.action
        for form in page.forms
        if "Safari" in form.values.get("summary", "") and form.action.endswith("/end")
    ]
    somebody.send(action)
    assert (somebody.status, somebody.location) == (303, LIST)
    page = somebody.follow()
    assert "The device has been signed out." in page.words
    assert "Safari" not in page.words
    assert [is_signed_in(one) for one in (lost, kept, somebody)] == [False, True, True]
    assert lost.follow().heading == "Sign in"


def test_opening_the_page_of_a_device_ends_nothing_and_its_button_does(shop: Shop) -> None:
    lost = customer(shop, User_Agent=SAFARI)
    somebody = customer(shop)
    (action,) = ends(somebody.get(LIST))
    page = somebody.get(action)
    assert page.heading == "Sign out a device?"
    assert "Safari on macOS, last seen" in page.words
    assert is_signed_in(lost)
    somebody.send(action)
    assert somebody.status == 303
    assert not is_signed_in(lost)


@pytest.mark.parametrize("path", [f"{LIST}/none/end", f"{LIST}/%C3%A4%00/end", f"{LIST}/{'x' * 300}/end"])
def test_unknown_device_leads_back_to_the_list(shop: Shop, path: str) -> None:
    other, somebody = customer(shop), customer(shop)
    for send in (somebody.get, lambda where: somebody.post(where, {"csrf_token": token_of(somebody)})):
        send(path)
        assert (somebody.status, somebody.location) == (303, f"{LIST}?notice=not-there")
        assert "That device is no longer in the list." in somebody.follow().words
        assert not somebody.page.title.startswith("Error")
    assert is_signed_in(other)


def token_of(somebody: PageBrowser) -> str:
    return somebody.get("/logout").form("/logout").values["csrf_token"]


def test_device_of_another_customer_is_unknown(shop: Shop) -> None:
    john = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    customer(shop, B2B_EMAIL, B2B_PASSWORD)
    (action,) = ends(john.get(LIST))
    jane = customer(shop)
    jane.post(action, {"csrf_token": token_of(jane)})
    assert (jane.status, jane.location) == (303, f"{LIST}?notice=not-there")
    assert ends(john.get(LIST)) == [action], "it is still signed in"


def test_device_that_was_ended_meanwhile_is_no_error(shop: Shop) -> None:
    customer(shop)
    somebody = customer(shop)
    (action,) = ends(somebody.get(LIST))
    late = somebody.fork(shop)
    # A page of its own: the same one, sent twice, would be a double click.
    late.get(LIST)
    somebody.send(action)
    late.send(action)
    assert (late.status, late.location) == (303, f"{LIST}?notice=not-there")
    assert "That device is no longer in the list." in late.follow().words


def test_this_device_signs_out_as_ever(shop: Shop) -> None:
    other, somebody = customer(shop), customer(shop)
    actions = [form.action for form in somebody.get(LIST).forms]
    assert actions.count("/logout") == 2, "in the navigation and in the list"
    own = own_id(shop, somebody)
    somebody.post(f"{LIST}/{own}/end", {"csrf_token": token_of(somebody)})
    assert (somebody.status, somebody.location) == (303, "/login?notice=signed-out")
    assert somebody.answer.headers["Clear-Site-Data"] == '"cache"'
    assert shop.sandbox.recorder.count("logout") == 1, "upstream was told"
    assert [is_signed_in(one) for one in (somebody, other)] == [False, True]


def own_id(shop: Shop, somebody: PageBrowser) -> str:
    cookie = SessionCookie(value=Secret(somebody.browser.cookie or ""))
    session = shop.services.sessions.open(cookie, may_start=False)
    (own,) = [device.id for device in shop.services.devices.list(session) if device.current]
    return own


@pytest.mark.parametrize(("others", "words"), [(1, "on 1 other device."), (3, "on 3 other devices.")])
def test_everywhere_else_is_signed_out_and_counted(shop: Shop, others: int, words: str) -> None:
    lost = [customer(shop) for _ in range(others)]
    john, somebody = customer(shop, B2B_EMAIL, B2B_PASSWORD), customer(shop)
    somebody.get(LIST)
    somebody.send(OTHERS)
    assert (somebody.status, somebody.location) == (303, LIST)
    page = somebody.follow()
    assert f"You have been signed out {words}" in page.words
    assert "You are not signed in anywhere else." in page.words
    assert [is_signed_in(one) for one in (*lost, somebody, john)] == [*[False] * others, True, True]


def test_nowhere_else_is_said_quietly(shop: Shop) -> None:
    somebody = customer(shop)
    assert somebody.get(OTHERS).heading == "Sign out everywhere else?"
    somebody.send(OTHERS)
    assert (somebody.status, somebody.location) == (303, LIST)
    assert "Success" not in somebody.follow().words


@pytest.mark.parametrize("which", ["one", "others"])
def test_ending_asks_for_a_recent_sign_in_and_leads_back_to_the_button(
    timed: Shop, clock: FakeClock, which: str
) -> None:
    lost, somebody = customer(timed), customer(timed)
    clock.advance(601)
    page = somebody.get(LIST)
    assert somebody.status == 200, "looking needs no proof"
    path = ends(page)[0] if which == "one" else OTHERS
    somebody.send(path)
    assert (somebody.status, somebody.location) == (303, f"/login?next={path}&again=1")
    assert is_signed_in(lost)
    somebody.get(path)
    assert (somebody.status, somebody.location) == (303, f"/login?next={path}&again=1")
    somebody.follow()
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, path)
    somebody.follow()
    somebody.send(path)
    assert (somebody.status, somebody.location) == (303, LIST)
    assert not is_signed_in(lost)


def test_who_is_signed_out_is_led_to_the_sign_in(shop: Shop) -> None:
    somebody = visitor(shop)
    for path in (LIST, OTHERS, f"{LIST}/x/end"):
        somebody.get(path)
        assert (somebody.status, str(somebody.location).partition("&")[0]) == (303, f"/login?next={path}")
        somebody.post(path if path != LIST else OTHERS, {"csrf_token": token_of(somebody)})
        assert (somebody.status, str(somebody.location)[:7]) == (303, "/login?")


@pytest.mark.parametrize("which", ["one", "others"])
def test_stale_token_ends_nothing_and_shows_a_button_that_works(shop: Shop, which: str) -> None:
    lost, somebody = customer(shop, User_Agent=SAFARI), customer(shop)
    page = somebody.get(LIST)
    path = ends(page)[0] if which == "one" else OTHERS
    page = somebody.send(path, csrf_token="stale")
    assert somebody.status == 403
    assert "This page had been open for too long." in page.words
    assert ("Safari on macOS" in page.words) == (which == "one")
    assert is_signed_in(lost)
    somebody.page = page
    somebody.send(path)
    assert (somebody.status, somebody.location) == (303, LIST)
    assert not is_signed_in(lost)


def test_redis_away_signs_nobody_out_and_says_so(make_shop: ShopMaker) -> None:
    with EmbeddedRedis() as own_redis:
        shop = make_shop(REDIS_URL=own_redis.url)
        customer(shop)
        somebody = customer(shop)
        page = somebody.get(LIST)
        (action,) = ends(page)
        own_redis.kill()
        for path in (action, OTHERS):
            somebody.page = page
            somebody.send(path)
            assert somebody.status == 503
            assert "try again in a moment" in somebody.page.words
            assert int(somebody.answer.headers["Retry-After"]) > 0
        for path in (LIST, action, OTHERS):
            assert somebody.get(path).heading == "Your account can't be shown right now"
            assert somebody.status == 503
            assert somebody.answer.headers.getlist("Set-Cookie") == []


def change(somebody: PageBrowser, **entries: str | bool) -> None:
    somebody.get("/account/password")
    somebody.send("/account/password", **{"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD, **entries})


def test_changed_password_signs_out_everywhere_else_unless_unticked(shop: Shop) -> None:
    other, somebody = customer(shop), customer(shop)
    change(somebody, endOthers=False)
    assert (somebody.status, somebody.location) == (303, "/account")
    page = somebody.follow()
    assert "Your password has been changed." in page.words
    assert "other device" not in page.words
    assert is_signed_in(other)
    change(somebody, currentPassword=NEW_PASSWORD, newPassword=B2C_PASSWORD)
    page = somebody.follow()
    assert "Your password has been changed. You have been signed out on 1 other device." in page.words
    assert [is_signed_in(one) for one in (other, somebody)] == [False, True]


def test_old_sign_in_is_proof_enough_together_with_the_password(timed: Shop, clock: FakeClock) -> None:
    other, somebody = customer(timed), customer(timed)
    clock.advance(1200)
    assert is_signed_in(other)
    change(somebody)
    assert (somebody.status, somebody.location) == (303, "/account")
    assert "signed out on 1 other device" in somebody.follow().words
    assert not is_signed_in(other)


def test_choice_is_shown_again_as_it_was_made(shop: Shop) -> None:
    somebody = customer(shop)
    assert somebody.get("/account/password").form("/account/password").values["endOthers"] == "y"
    for chosen in (False, True):
        change(somebody, newPassword="short", endOthers=chosen)
        assert somebody.status == 422
        assert ("endOthers" in somebody.page.form("/account/password").values) == chosen


def test_refused_change_signs_nobody_out(shop: Shop) -> None:
    other, somebody = customer(shop), customer(shop)
    change(somebody, currentPassword="not the password")
    assert somebody.status == 422
    assert is_signed_in(other)


def failing(shop: Shop) -> MeddlingStore:
    store = shop.services.store
    assert isinstance(store, MeddlingStore)
    return store


@pytest.mark.parametrize(("call", "ticked"), [("end", True), ("create", True), ("create", False)])
def test_password_is_said_to_be_changed_where_the_rest_failed(make_shop: ShopMaker, call: str, ticked: bool) -> None:
    shop = make_shop(services=services_with_meddling)
    other, somebody = customer(shop), customer(shop)
    somebody.get("/account/password")
    failing(shop).fail(call)
    page = somebody.send("/account/password", currentPassword=B2C_PASSWORD, newPassword=NEW_PASSWORD, endOthers=ticked)
    assert (somebody.status, page.heading) == (503, "Your password has been changed")
    assert int(somebody.answer.headers["Retry-After"]) > 0
    assert ("couldn't sign you out on your other devices" in page.words) == ticked
    assert LIST in page.links
    reveal_nothing_of(page, NEW_PASSWORD, B2C_PASSWORD)
    failing(shop).before.clear()
    assert [is_signed_in(one) for one in (somebody, other)] == [True, True]
    assert customer(shop, B2C_EMAIL, NEW_PASSWORD).location == "/account"
