"""Signing up, and what a mailed activation link does and does not do."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Locator, expect

from bff.sandbox.mails import Purpose
from bff.sandbox.state import AccountStatus
from tests.support.browser.modes import Mode, in_one_mode
from tests.support.browser.storefront import PASSWORD, Storefront, fresh_email
from tests.support.browser.views import ASKS_ALL
from tests.support.browser.visitor import Visitor, make_visitor


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


def test_a_sign_up_takes_company_other_sign_in_e_mail_and_first_address_where_the_shop_asks(
    chromium: Browser, storefronts: Callable[..., Storefront], mode: Mode
) -> None:
    store = storefronts(mode.is_secure, ASKS_ALL)
    visitor = make_visitor(chromium, store, scripts=mode.has_scripts)
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
    visitor.context.close()
    visitor.watch.check()


def test_strength_of_a_password_is_told_while_it_is_typed_and_nothing_is_sent(
    chromium: Browser, storefronts: Callable[..., Storefront]
) -> None:
    visitor = make_visitor(chromium, storefronts(False))
    visitor.open("/signup")
    field, told = visitor.field("Create a password"), visitor.page.locator(".strength")
    visitor.fill("First name", "Wolfgang")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    expect(told).to_have_attribute("aria-live", "polite")
    expect(field).to_have_accessible_description("At least 8 characters. A few words in a row work well.")
    for typed, words in (
        ("", ""),
        ("Xk7#pQ2", "Still too short"),
        ("password1", "Easy to guess. Add another word."),
        ("abcdefghijklmnopqrstuvwxyz", "Easy to guess. Add another word."),
        ("a" * 40, "Easy to guess. Add another word."),
        ("a1" * 20, "Easy to guess. Add another word."),
        ("Wolfgang-Wolfgang1", "Easy to guess. Add another word."),
        ("PasswordPassword1", "Good password"),
        ("meadow walk", "Good password"),
        ("Amber-Meadow-52", "Strong password"),
        ("correct horse battery", "Strong password"),
    ):
        field.fill(typed)
        expect(told).to_have_text(words)
        visitor.page.get_by_role("button", name="Show password").click()
        expect(told).to_have_text(words)
        visitor.page.get_by_role("button", name="Hide password").click()
    widths = []
    for typed in ("short", "password1", "meadow walk", "Amber-Meadow-52"):
        field.fill(typed)
        widths.append(told.evaluate("(one) => parseFloat(getComputedStyle(one, '::before').width)"))
    assert widths == sorted(set(widths))
    field.fill("")
    pasted = "Pasted-Meadow-52"
    field.focus()
    # What a paste does to a field.
    visitor.page.evaluate("(text) => document.execCommand('insertText', false, text)", pasted)
    expect(field).to_have_value(pasted)
    expect(told).to_have_text("Strong password")
    assert asked == []
    visitor.context.close()
    visitor.watch.check()


@in_one_mode
def test_without_a_script_nothing_is_said_of_strength(visitor: Visitor) -> None:
    visitor.open("/signup")
    visitor.fill("Create a password", PASSWORD)
    expect(visitor.page.locator(".strength")).to_have_text("")


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
