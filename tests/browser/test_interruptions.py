"""What stops somebody in the middle: a lost session, an old proof of identity, an upstream that is away."""

from __future__ import annotations

from playwright.sync_api import expect

from bff.sandbox.faults import Fault
from bff.sandbox.mails import Purpose
from tests.support.browser.storefront import PASSWORD, Storefront
from tests.support.browser.visitor import Visitor
from tests.support.fakes.answers import empty


def type_address(visitor: Visitor) -> None:
    visitor.open("/account/addresses/new")
    visitor.fill("Full name", "Jane Doe")
    visitor.fill("Street and house number", "1 Parliament Square")
    visitor.fill("Postal code", "SW1A 0AA")
    visitor.fill("Town or city", "London")


def test_an_address_that_was_typed_outlives_the_session(store: Storefront, visitor: Visitor) -> None:
    email = store.customer(addresses=False)
    visitor.sign_in(email)
    type_address(visitor)
    store.lose_session(visitor.cookie)
    visitor.press("Save the address")
    visitor.is_at("/login")
    visitor.says("You've been signed out. Sign in to continue.")
    visitor.send_sign_in(email)
    visitor.is_at("/account/addresses/new")
    visitor.says("What you had entered before you signed in again is back.")
    expect(visitor.field("Full name")).to_have_value("Jane Doe")
    expect(visitor.field("Street and house number")).to_have_value("1 Parliament Square")
    expect(visitor.field("Country")).to_have_value("GB")
    visitor.press("Save the address")
    visitor.is_told_success("The address has been added.")
    assert [one["street"] for one in store.stored(email).addresses.values()] == ["1 Parliament Square"]


def test_nobody_else_is_shown_what_was_typed(store: Storefront, visitor: Visitor) -> None:
    email, somebody_else = store.customer(addresses=False), store.customer(addresses=False)
    visitor.sign_in(email)
    type_address(visitor)
    store.lose_session(visitor.cookie)
    visitor.press("Save the address")
    visitor.send_sign_in(somebody_else)
    visitor.is_at("/account/addresses/new")
    expect(visitor.field("Street and house number")).to_have_value("")
    expect(visitor.page.get_by_role("status")).to_have_count(0)


def test_who_only_looks_around_when_the_session_is_lost_is_asked_to_sign_in(
    store: Storefront, visitor: Visitor
) -> None:
    email = store.customer()
    visitor.sign_in(email)
    store.lose_session(visitor.cookie)
    visitor.follow_nav("Addresses")
    visitor.is_at("/login")
    visitor.send_sign_in(email)
    visitor.is_at("/account/addresses")


def test_nothing_typed_is_lost_while_upstream_is_away(store: Storefront, visitor: Visitor) -> None:
    email = store.customer(addresses=False)
    visitor.sign_in(email)
    type_address(visitor)
    store.sandbox.faults.add("add_address", Fault(answer=empty(503)))
    response = visitor.press("Save the address")
    assert response.status == 503
    visitor.says("This can't be saved right now. Nothing you entered is lost")
    expect(visitor.field("Street and house number")).to_have_value("1 Parliament Square")
    store.sandbox.faults.clear()
    visitor.press("Save the address")
    visitor.is_told_success("The address has been added.")


def test_an_old_proof_of_identity_is_renewed_before_the_account_is_deleted(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    store.age_sign_in(visitor.cookie, 3600)
    visitor.open("/account/delete")
    visitor.is_at("/login")
    visitor.heading("Confirm it's you to continue")
    expect(visitor.field("E-mail address")).to_have_value(email)
    visitor.fill("Password", "not the password")
    assert visitor.press("Sign in").status == 422
    visitor.is_told_problem("Wrong e-mail address or password")
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in")
    visitor.is_at("/account/delete")
    visitor.heading("Delete your account")


def test_an_account_is_deleted_by_its_mailed_link(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.follow("Delete your account")
    assert visitor.press("Send me the link").status == 422
    visitor.is_told_problem("Confirm that you want to delete your account")
    visitor.field("I want to delete my account").check()
    visitor.press("Send me the link")
    visitor.heading("Check your e-mail")
    visitor.says(email)
    visitor.open(store.mailed_link(Purpose.ACCOUNT_DELETION, email))
    visitor.heading("Delete your account now?")
    visitor.says(email)
    assert store.find(email) is not None
    visitor.press("Delete my account")
    visitor.is_at("/login")
    visitor.says("Your account has been deleted.")
    assert store.find(email) is None
    assert visitor.send_sign_in(email).status == 422


def test_the_deletion_link_works_after_a_sign_in_too(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/account/delete")
    visitor.field("I want to delete my account").check()
    visitor.press("Send me the link")
    visitor.press("Sign out")
    visitor.open(store.mailed_link(Purpose.ACCOUNT_DELETION, email))
    visitor.says("Sign in to the account you want to delete.")
    visitor.send_sign_in(email)
    visitor.heading("Delete your account now?")
    visitor.press("Delete my account")
    visitor.says("Your account has been deleted.")
    assert store.find(email) is None
