"""Two browsers of one customer: what the one ends, the other feels at its next click."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.browser.modes import in_one_mode
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
    here.press(re.compile("^Sign out device: Safari on iOS, last seen "))
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
    here.heading("Sign in once more")
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
