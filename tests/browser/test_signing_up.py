"""Signing up, and what a mailed activation link does and does not do."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from bff.sandbox.mails import Purpose
from bff.sandbox.state import AccountStatus
from tests.support.browser.modes import in_one_mode
from tests.support.browser.storefront import PASSWORD, Storefront, fresh_email
from tests.support.browser.visitor import Visitor


def more(visitor: Visitor, words: str) -> Locator:
    """Open one of the parts that are folded away, and return it."""
    part = visitor.page.locator("details").filter(has=visitor.page.locator("summary", has_text=words)).first
    part.locator("summary").first.click()
    return part


def fill_in(visitor: Visitor, email: str) -> None:
    visitor.open("/signup")
    visitor.fill("First name", "Jane")
    visitor.fill("Last name", "Doe")
    visitor.fill("E-mail address", email)
    visitor.fill("Create a password", PASSWORD)


def test_a_plain_sign_up_is_activated_by_the_button_behind_the_mailed_link(store: Storefront, visitor: Visitor) -> None:
    email = fresh_email()
    visitor.open("/login")
    visitor.follow("Create an account")
    visitor.heading("Create an account")
    assert visitor.press("Create an account").status == 422
    visitor.is_told_problem(
        "Enter your first name", "Enter your last name", "Enter your e-mail address", "Enter a new password"
    )
    fill_in(visitor, email)
    visitor.press("Create an account")
    visitor.heading("Check your e-mail")
    visitor.says(email)
    link = store.mailed_link(Purpose.OPTIN, email)
    visitor.open(link)
    visitor.heading("Activate your account")
    assert store.stored(email).status is AccountStatus.AWAITS_OPTIN
    visitor.press("Activate your account")
    visitor.is_at("/account")
    visitor.is_told_success("Your account is active.")
    assert store.stored(email).status is AccountStatus.ACTIVE
    visitor.open(link)
    assert visitor.press("Activate your account").status == 422
    visitor.heading("This link no longer works")


def test_a_sign_up_takes_company_other_sign_in_e_mail_and_first_address(store: Storefront, visitor: Visitor) -> None:
    email, sign_in_email = fresh_email(), fresh_email()
    fill_in(visitor, email)
    company = more(visitor, "Add your company")
    visitor.fill("Company name", "Example Trading", company)
    visitor.fill("Company registration number", "123-456-789", company)
    other = more(visitor, "Sign in with another e-mail address")
    visitor.fill("E-mail address to sign in with", sign_in_email, other)
    address = more(visitor, "Add your first address")
    visitor.fill("Full name", "Jane Doe", address)
    visitor.fill("Street and house number", "Platz der Republik 1", address)
    visitor.fill("Postal code", "11011", address)
    visitor.fill("Town or city", "Berlin", address)
    assert visitor.press("Create an account").status == 422
    visitor.is_told_problem("Check the postal code. It looks like EC1Y 8SY.")
    expect(visitor.field("Street and house number")).to_be_visible()
    visitor.field("Country").focus()
    visitor.page.keyboard.type("Germany")
    visitor.fill("Create a password", PASSWORD)
    visitor.press("Create an account")
    visitor.heading("Check your e-mail")
    customer = store.stored(email)
    assert customer.document["b2b"] == {"companyRegistrationId": "123-456-789"}
    assert [login.email for login in customer.logins] == [sign_in_email]
    (stored,) = customer.addresses.values()
    assert (stored["street"], stored["country"]) == ("Platz der Republik 1", "DE")
    with store.sandbox.state.lock:
        link = next(mail.link for mail in store.sandbox.mails.newest_first if mail.to in (email, sign_in_email))
    visitor.open(link)
    visitor.press("Activate your account")
    visitor.is_at("/account")
    visitor.says(sign_in_email)


@in_one_mode
def test_a_taken_address_is_answered_like_a_free_one(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    fill_in(visitor, email)
    visitor.press("Create an account")
    visitor.heading("Check your e-mail")
    visitor.says(email)


def test_a_new_link_is_mailed_to_whoever_cannot_sign_in_yet(store: Storefront, visitor: Visitor) -> None:
    email = store.customer(status=AccountStatus.AWAITS_OPTIN)
    visitor.open("/login")
    visitor.send_sign_in(email)
    visitor.heading("Your account is not active")
    visitor.press("Send a new activation link")
    visitor.heading("Check your e-mail")
    first = store.mailed_link(Purpose.OPTIN, email)
    visitor.press("Send the link again")
    visitor.follow("Use another e-mail address")
    visitor.heading("Get a new activation link")
    assert visitor.press("Send a new link").status == 422
    visitor.is_told_problem("Enter your e-mail address")
    visitor.fill("E-mail address", email)
    visitor.press("Send a new link")
    visitor.says(email)
    newest = store.mailed_link(Purpose.OPTIN, email)
    assert newest != first
    visitor.open(newest)
    visitor.press("Activate your account")
    visitor.is_told_success("Your account is active.")


@in_one_mode
def test_a_broken_link_leads_to_a_new_one(visitor: Visitor) -> None:
    visitor.open("/signup/optin?token=nothing-of-the-kind")
    visitor.press("Activate your account")
    visitor.heading("This link no longer works")
    visitor.follow("Get a new activation link")
    visitor.heading("Get a new activation link")
    expect(visitor.page).to_have_title(re.compile("^Get a new activation link"))
