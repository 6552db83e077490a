"""Forgotten, mailed, set anew and changed passwords."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from bff.sandbox.mails import Purpose
from tests.support.browser.modes import in_one_mode
from tests.support.browser.storefront import PASSWORD, Storefront
from tests.support.browser.visitor import Visitor

NEW_PASSWORD = "Copper-Lantern-71"


def test_a_forgotten_password_is_set_anew_by_the_mailed_link(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.open("/login")
    visitor.follow("Forgotten your password?")
    assert visitor.press("Send the link").status == 422
    visitor.is_told_problem("Enter your e-mail address")
    visitor.fill("E-mail address", email)
    visitor.press("Send the link")
    visitor.heading("Check your e-mail")
    visitor.says(email)
    link = store.mailed_link(Purpose.PASSWORD_RESET, email)
    visitor.open(link)
    visitor.heading("Set a new password")
    visitor.fill("New password", "short")
    assert visitor.press("Set the password").status == 422
    visitor.is_told_problem("Use at least 8 characters")
    visitor.fill("New password", NEW_PASSWORD)
    visitor.press("Set the password")
    visitor.is_at("/login")
    visitor.says("Your new password is set.")
    assert visitor.send_sign_in(email, PASSWORD).status == 422
    visitor.send_sign_in(email, NEW_PASSWORD)
    visitor.is_at("/account")


@in_one_mode
def test_a_spent_reset_link_leads_to_a_new_one(store: Storefront, visitor: Visitor) -> None:
    visitor.open("/password/reset?token=nothing-of-the-kind")
    visitor.fill("New password", NEW_PASSWORD)
    assert visitor.press("Set the password").status == 422
    visitor.heading("This link no longer works")
    visitor.follow("Get a new link")
    visitor.heading("Forgotten your password?")


@in_one_mode
def test_an_unknown_address_is_answered_like_a_known_one(visitor: Visitor) -> None:
    visitor.open("/password/forgot")
    visitor.fill("E-mail address", "nobody@example.com")
    visitor.press("Send the link")
    visitor.heading("Check your e-mail")
    visitor.says("nobody@example.com")


def test_the_password_is_changed(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    before = visitor.cookie
    visitor.follow_security("Change your password")
    visitor.heading("Change your password")
    visitor.fill("Current password", "not the password")
    visitor.fill("New password", NEW_PASSWORD)
    assert visitor.press("Change the password").status == 422
    visitor.is_told_problem("This isn't your current password")
    visitor.fill("Current password", PASSWORD)
    visitor.fill("New password", PASSWORD)
    assert visitor.press("Change the password").status == 422
    visitor.is_told_problem("Choose a password that's different from your current one")
    visitor.fill("Current password", PASSWORD)
    visitor.fill("New password", NEW_PASSWORD)
    visitor.press("Change the password")
    visitor.is_at("/account")
    visitor.is_told_success("Your password has been changed.")
    assert visitor.cookie != before
    visitor.press("Sign out")
    visitor.send_sign_in(email, NEW_PASSWORD)
    visitor.is_at("/account")


@in_one_mode
def test_password_managers_find_the_page_by_its_well_known_name(store: Storefront, visitor: Visitor) -> None:
    visitor.sign_in(store.customer())
    visitor.open("/.well-known/change-password")
    visitor.is_at("/account/password")


def test_a_password_can_be_looked_at_where_scripts_run(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.fill("Password", "Amber")
    show = visitor.page.get_by_role("button", name="Show password")
    if not visitor.page.evaluate("document.querySelector('button[data-shows]').hidden === false"):
        # Without a script it could not do anything, so it is not there.
        expect(show).to_have_count(0)
        return
    show.click()
    expect(visitor.field("Password")).to_have_attribute("type", "text")
    visitor.page.get_by_role("button", name=re.compile("Hide password")).click()
    expect(visitor.field("Password")).to_have_attribute("type", "password")
