"""The profile, the sign-in e-mail, the company to act for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from bff.sandbox.mails import Purpose
from bff.web.forms.profile_form import SECTIONS
from tests.support.browser.modes import in_one_mode
from tests.support.browser.storefront import COMPANIES, PASSWORD, Storefront, fresh_email
from tests.support.browser.visitor import Visitor


def test_the_profile_is_read_and_then_changed_thing_by_thing(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.says(email)
    expect(visitor.page.get_by_role("main").get_by_role("textbox")).to_have_count(0)
    visitor.follow("Change your name")
    visitor.heading("Change your name")
    visitor.fill("First name", "")
    visitor.fill("Middle name", "Ann")
    assert visitor.press("Save").status == 422
    visitor.is_told_problem("Enter your first name")
    expect(visitor.field("Middle name")).to_have_value("Ann")
    visitor.fill("First name", "Janet")
    visitor.press("Save")
    visitor.is_at("/account")
    visitor.is_told_success("Your profile has been saved.")
    expect(visitor.page.get_by_role("banner")).to_contain_text("Janet Doe")
    visitor.says("Janet Ann Doe")
    visitor.follow("Add your phone number")
    visitor.fill("Phone", "+49 30 123456")
    visitor.press("Save")
    visitor.says("+49 30 123456")
    visitor.follow("Change your currency")
    visitor.field("Currency").select_option(value="EUR")
    visitor.press("Save")
    visitor.says("Euro (EUR)")
    document = store.stored(email).document
    assert {name: document[name] for name in ("firstName", "middleName", "contactPhone", "preferredCurrency")} == {
        "firstName": "Janet",
        "middleName": "Ann",
        "contactPhone": "+49 30 123456",
        "preferredCurrency": "EUR",
    }
    visitor.open("/account")
    expect(visitor.page.get_by_role("status")).to_have_count(0)
    visitor.follow("Change your name")
    visitor.follow("Cancel")
    visitor.heading("Your profile")


@in_one_mode
@pytest.mark.parametrize("word", [word for word in SECTIONS if word != "site"])
@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.more)])
def test_save_is_in_sight_on_a_phone(store: Storefront, visitor: Visitor, word: str, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 650})
    visitor.become(store.customer(companies=True))
    visitor.open(f"/account?change={word}")
    expect(visitor.page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport(ratio=1)


def test_a_profile_that_was_changed_elsewhere_shows_both_versions(
    store: Storefront, new_visitor: Callable[..., Visitor]
) -> None:
    email = store.customer()
    here, elsewhere = new_visitor(), new_visitor()
    for visitor in (here, elsewhere):
        visitor.become(email)
        visitor.open("/account?change=name")
    elsewhere.fill("Last name", "Roe")
    elsewhere.press("Save")
    here.fill("Last name", "Smith")
    assert here.press("Save").status == 422
    here.says("Your profile was changed somewhere else meanwhile.")
    here.says("Elsewhere: Roe")
    expect(here.field("Last name")).to_have_value("Smith")
    here.press("Save")
    here.is_told_success("Your profile has been saved.")
    assert store.stored(email).document["lastName"] == "Smith"


def test_the_sign_in_e_mail_is_changed_and_confirmed(store: Storefront, visitor: Visitor) -> None:
    email, wanted = store.customer(), fresh_email()
    visitor.sign_in(email)
    visitor.follow_security("Change your sign-in e-mail")
    visitor.fill("New e-mail address", wanted)
    visitor.fill("Current password", "not the password")
    assert visitor.press("Send the link").status == 422
    visitor.is_told_problem("This isn't your current password")
    expect(visitor.field("New e-mail address")).to_have_value(wanted)
    visitor.field("Send messages to the new address too").check()
    visitor.fill("Current password", PASSWORD)
    visitor.press("Send the link")
    visitor.is_at("/account")
    visitor.is_told_success(f"We've sent a link to {wanted}. Your old address works until you confirm.")
    visitor.says(email)
    visitor.open(store.mailed_link(Purpose.EMAIL_CHANGE, wanted))
    visitor.heading("Confirm your new e-mail address")
    assert store.find(wanted) is None
    visitor.press("Confirm the address")
    visitor.is_at("/account")
    visitor.is_told_success("Your new e-mail address is confirmed.")
    visitor.says(wanted)
    assert store.stored(wanted).document["contactEmail"] == wanted
    visitor.press("Sign out")
    visitor.send_sign_in(wanted)
    visitor.is_at("/account")


def test_a_new_e_mail_is_confirmed_in_a_browser_that_is_not_signed_in(
    store: Storefront, new_visitor: Callable[..., Visitor]
) -> None:
    email, wanted = store.customer(), fresh_email()
    first = new_visitor()
    first.sign_in(email)
    first.open("/account/email")
    first.fill("New e-mail address", wanted)
    first.fill("Current password", PASSWORD)
    first.press("Send the link")
    other = new_visitor()
    other.open(store.mailed_link(Purpose.EMAIL_CHANGE, wanted))
    other.press("Confirm the address")
    other.is_at("/login")
    other.says("Your new e-mail address is confirmed. Sign in with it.")
    other.send_sign_in(wanted)
    other.is_at("/account")


def test_a_company_is_chosen_and_left_again(store: Storefront, visitor: Visitor) -> None:
    email = store.customer(companies=True)
    visitor.sign_in(email)
    visitor.follow_nav("Company")
    visitor.heading("Choose a company")
    expect(visitor.page.get_by_role("group", name="Who do you act for?")).to_be_visible()
    expect(visitor.page.get_by_role("radio", name="Just for myself")).to_be_checked()
    visitor.page.get_by_role("radio", name=COMPANIES[1].name).check()
    visitor.press("Save")
    visitor.is_told_success(f"You now act for {COMPANIES[1].name}.")
    visitor.follow_nav("Company")
    expect(visitor.page.get_by_role("radio", name=COMPANIES[1].name)).to_be_checked()
    visitor.page.get_by_role("radio", name="Just for myself").check()
    visitor.press("Save")
    visitor.is_told_success("You now act for yourself.")


@in_one_mode
def test_nobody_without_a_company_is_offered_one(store: Storefront, visitor: Visitor) -> None:
    visitor.sign_in(store.customer())
    nav = visitor.page.get_by_role("navigation", name="Your account")
    expect(nav.get_by_role("link", name="Addresses")).to_be_visible()
    expect(nav.get_by_role("link", name="Company")).to_have_count(0)
