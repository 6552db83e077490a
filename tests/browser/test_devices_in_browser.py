"""Two browsers of one customer: what the one ends, the other feels at its next click."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from tests.support.browser.modes import Mode, in_one_mode
from tests.support.browser.storefront import PASSWORD, Storefront
from tests.support.browser.visitor import NewVisitor, Visitor

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
NEW_PASSWORD = "Copper-Lantern-71"


def two(store: Storefront, new_visitor: NewVisitor) -> tuple[str, Visitor, Visitor]:
    """Return a customer and their two browsers, both looking at the account."""
    email = store.customer()
    here, there = new_visitor(user_agent=FIREFOX), new_visitor(user_agent=SAFARI)
    for visitor in (here, there):
        visitor.sign_in(email)
    return email, here, there


def is_signed_out_at_the_next_click(visitor: Visitor) -> None:
    visitor.follow_nav("Addresses")
    visitor.is_at("/login")
    visitor.heading("Sign in")


def test_one_browser_ends_the_other(store: Storefront, new_visitor: NewVisitor) -> None:
    email, here, there = two(store, new_visitor)
    here.follow_security("Show your devices")
    here.heading("Signed-in devices")
    cards = here.page.get_by_role("main").get_by_role("listitem")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text(re.compile(r"Firefox on Windows\s+This device"))
    expect(cards.nth(1)).to_contain_text("Safari on iOS")
    here.press("Sign out device: Safari on iOS")
    here.is_at("/account/sessions")
    here.is_told_success("The device has been signed out.")
    here.says("You are not signed in anywhere else.")
    is_signed_out_at_the_next_click(there)
    here.follow_nav("Profile")
    here.heading("Your profile")
    there.send_sign_in(email)
    there.heading("Your addresses")


def test_everywhere_else_is_ended_at_once(store: Storefront, new_visitor: NewVisitor) -> None:
    email, here, there = two(store, new_visitor)
    third = new_visitor()
    third.sign_in(email)
    here.follow_security("Show your devices")
    here.press("Sign out everywhere else")
    here.is_told_success("You have been signed out on 2 other devices.")
    for visitor in (there, third):
        is_signed_out_at_the_next_click(visitor)
    here.follow_nav("Addresses")
    here.heading("Your addresses")


@in_one_mode
def test_whoever_signed_in_long_ago_proves_it_first_and_presses_once_more(
    store: Storefront, new_visitor: NewVisitor
) -> None:
    email, here, there = two(store, new_visitor)
    store.age_sign_in(here.cookie, 3600)
    here.follow_security("Show your devices")
    here.press(re.compile("^Sign out device: Safari on iOS"))
    here.heading("Confirm it's you to continue")
    there.follow_nav("Addresses")
    there.heading("Your addresses")
    here.send_sign_in(email)
    here.heading("Sign out a device?")
    here.says("Safari on iOS")
    here.press("Sign out the device")
    here.is_told_success("The device has been signed out.")
    there.follow_nav("Profile")
    there.is_at("/login")


@in_one_mode
def test_this_browser_can_be_signed_out_in_the_list_too(store: Storefront, new_visitor: NewVisitor) -> None:
    _, here, there = two(store, new_visitor)
    here.follow_security("Show your devices")
    here.press("Sign out this device")
    here.is_at("/login")
    here.says("You have signed out.")
    there.follow_nav("Addresses")
    there.heading("Your addresses")


@in_one_mode
def test_changed_password_ends_the_other_browser(store: Storefront, new_visitor: NewVisitor) -> None:
    _, here, there = two(store, new_visitor)
    here.follow_security("Change your password")
    expect(here.field("Sign out everywhere else")).to_be_checked()
    here.fill("Current password", PASSWORD)
    here.fill("New password", NEW_PASSWORD)
    here.press("Change the password")
    here.is_told_success("You have been signed out on 1 other device.")
    is_signed_out_at_the_next_click(there)


@in_one_mode
def test_times_name_their_zone_without_a_script(store: Storefront, visitor: Visitor) -> None:
    visitor.become(store.customer())
    visitor.open("/account/sessions")
    expect(visitor.page.locator("time")).to_have_text([re.compile("UTC$")] * 2)


@pytest.mark.parametrize("mode", [Mode.HTTP_WITH_SCRIPTS], indirect=True, ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("language", "near"), [("en-GB", ["now", "3 minutes ago"]), ("de-DE", ["jetzt", "vor 3 Minuten"])]
)
def test_times_are_the_visitors_own_with_a_script(
    store: Storefront, new_visitor: NewVisitor, language: str, near: list[str]
) -> None:
    visitor = new_visitor(language=language)
    wire = visitor.context.new_cdp_session(visitor.page)
    wire.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kathmandu"})
    visitor.become(store.customer())
    since, seen = (visitor.page.locator("dl.facts time").nth(number) for number in range(2))
    for words in near:
        visitor.open("/account/sessions")
        expect(seen).to_have_text(words)
        # From now on it is 200 seconds later there.
        visitor.page.add_init_script("{ const now = Date.now; Date.now = () => now.call(Date) + 200000; }")
    machine = since.get_attribute("datetime")
    assert machine is not None
    # Three quarters of an hour off UTC's minutes.
    there = datetime.fromisoformat(machine).astimezone(timezone(timedelta(hours=5, minutes=45)))
    expect(since).to_have_text(re.compile(rf"\b{int(there.strftime('%I'))}:{there:%M}|\b{there:%H:%M}"))
    expect(since).not_to_have_text(re.compile("UTC"))
