"""Signing in and out, as a visitor does it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser.modes import in_one_mode
from tests.support.browser.storefront import PASSWORD, Storefront
from tests.support.browser.visitor import Visitor


def test_a_wrong_password_is_told_and_the_right_one_lets_in_and_out_again(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.open("/")
    visitor.heading("Your account")
    visitor.follow("Sign in")
    assert visitor.send_sign_in(email, "not the password").status == 422
    visitor.is_told_problem("Wrong e-mail address or password")
    expect(visitor.field("E-mail address")).to_have_value(email)
    expect(visitor.field("Password")).to_have_value("")
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in")
    visitor.is_at("/account")
    visitor.heading("Your profile")
    before = visitor.cookie
    visitor.press("Sign out")
    visitor.is_at("/login")
    visitor.says("You have signed out.")
    assert visitor.cookies().get(store.cookie) != before
    visitor.open("/account")
    visitor.is_at("/login")
    visitor.heading("Sign in")


def test_the_way_in_leads_on_to_the_page_that_was_asked_for(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.open("/account/addresses/new")
    visitor.is_at("/login")
    visitor.send_sign_in(email)
    visitor.is_at("/account/addresses/new")
    visitor.heading("Add an address")


@in_one_mode
def test_who_is_signed_in_already_is_told_so(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/login")
    visitor.heading("You are signed in")
    visitor.says(email)
    visitor.follow("Sign out")
    visitor.heading("Sign out")
    visitor.press("Sign out now")
    visitor.says("You have signed out.")


@in_one_mode
def test_a_password_that_the_shop_has_set_is_to_be_changed_first(store: Storefront, visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.send_sign_in(store.customer(initial_password=True))
    visitor.is_at("/account/password")
    visitor.says("Your password was set by the shop.")


def test_the_cookie_is_the_only_one_and_guarded(store: Storefront, visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.send_sign_in(store.customer())
    (cookie,) = visitor.context.cookies()
    assert cookie["name"] == ("__Host-session" if store.is_secure else "bff-session")
    assert cookie["secure"] is store.is_secure
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["expires"] == -1


def test_a_german_browser_is_served_in_german(store: Storefront, new_visitor: Callable[..., Visitor]) -> None:
    visitor = new_visitor(language="de-DE")
    visitor.open("/login")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "de")
    visitor.heading("Anmelden")
    email = store.customer()
    visitor.page.locator("#email").fill(email)
    visitor.page.locator("#password").fill("wrong")
    visitor.press("Anmelden")
    expect(visitor.page).not_to_have_title(re.compile("Error"))
    expect(visitor.page.get_by_role("alert")).not_to_contain_text("Wrong e-mail")
    visitor.page.locator("#password").fill(PASSWORD)
    visitor.press("Anmelden")
    visitor.is_at("/account")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "de")
