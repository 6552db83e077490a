"""The address book, from the first address to none."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.support.browser.modes import in_one_mode
from tests.support.browser.storefront import Storefront
from tests.support.browser.visitor import Visitor


def card(visitor: Visitor, words: str) -> Locator:
    return visitor.page.get_by_role("main").get_by_role("listitem").filter(has_text=words).first


def badges(visitor: Visitor, words: str) -> list[str]:
    return card(visitor, words).get_by_role("list", name="Used for").get_by_role("listitem").all_inner_texts()


def test_the_first_address_is_added(store: Storefront, visitor: Visitor) -> None:
    email = store.customer(addresses=False)
    visitor.sign_in(email)
    visitor.follow_nav("Addresses")
    visitor.says("You have no saved addresses.")
    visitor.follow("Add an address")
    visitor.field("Country").focus()
    visitor.page.keyboard.type("Germany")
    visitor.press("Change country")
    expect(visitor.field("Country")).to_have_value("DE")
    visitor.fill("Street", "Platz der Republik 1")
    assert visitor.press("Save the address").status == 422
    visitor.is_told_problem("Enter the name of the person at this address")
    expect(visitor.field("Street")).to_have_value("Platz der Republik 1")
    visitor.fill("Full name", "Jane Doe")
    visitor.fill("Postal code", "11011")
    visitor.fill("Town or city", "Berlin")
    visitor.field("For deliveries").uncheck()
    visitor.field("Make this my default address").check()
    visitor.press("Save the address")
    visitor.is_at("/account/addresses")
    visitor.is_told_success("The address has been added.")
    assert badges(visitor, "Platz der Republik") == ["Default", "For invoices"]
    (stored,) = store.stored(email).addresses.values()
    assert stored["isDefault"] is True
    assert stored["country"] == "DE"


def test_an_address_is_edited_and_keeps_what_was_not_touched(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/account/addresses")
    visitor.follow(re.compile("^Edit.*Rynek"))
    visitor.heading("Edit an address")
    visitor.page.locator("summary", has_text="More address lines").click()
    visitor.fill("Extra line 1", "Gate B")
    visitor.fill("Town or city", "Kraków")
    visitor.press("Save the address")
    visitor.is_told_success("The address has been saved.")
    expect(card(visitor, "Rynek")).to_contain_text("Kraków")
    stored = store.stored(email).addresses[store.address_id(email, "Rynek")]
    assert {name: stored[name] for name in ("city", "extraLine1", "country", "tags")} == {
        "city": "Kraków",
        "extraLine1": "Gate B",
        "country": "PL",
        "tags": ["SHIPPING"],
    }


def test_tags_are_given_and_taken_away(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open(f"/account/addresses/{store.address_id(email, 'Rynek')}/tags")
    visitor.heading("What is this address for?")
    visitor.says("Rynek")
    expect(visitor.field("Shipping")).to_be_checked()
    visitor.field("Shipping").uncheck()
    visitor.field("Billing").check()
    visitor.fill("Other uses", "summer")
    visitor.press("Save")
    visitor.is_told_success("The tags have been saved.")
    assert badges(visitor, "Rynek") == ["For invoices", "summer"]


def test_another_address_becomes_the_default(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/account/addresses")
    assert "Default" in badges(visitor, "Platz der Republik")
    visitor.press(re.compile("^Make default.*Rynek"))
    visitor.is_told_success("This is now your default address.")
    assert "Default" in badges(visitor, "Rynek")
    assert "Default" not in badges(visitor, "Platz der Republik")


def test_an_address_is_deleted_only_after_a_question(store: Storefront, visitor: Visitor) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/account/addresses")
    visitor.follow(re.compile("^Delete.*Rynek"))
    visitor.heading("Delete this address?")
    visitor.says("Rynek")
    assert len(store.stored(email).addresses) == 2
    visitor.follow("Keep it")
    visitor.is_at("/account/addresses")
    visitor.follow(re.compile("^Delete.*Rynek"))
    visitor.press("Delete the address")
    visitor.is_told_success("The address has been deleted.")
    assert [one["street"] for one in store.stored(email).addresses.values()] == ["Platz der Republik"]


@in_one_mode
def test_every_link_of_the_book_has_a_name_of_its_own(store: Storefront, visitor: Visitor) -> None:
    visitor.sign_in(store.customer())
    visitor.open("/account/addresses")
    names = [
        " ".join(text.split())
        for text in visitor.page.locator(".card-actions a, .card-actions button").all_text_contents()
    ]
    assert len(names) == 5
    assert len(set(names)) == len(names)
