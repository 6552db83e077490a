"""Whoever is signed in can sign out, from whatever page needs a sign-in."""

from __future__ import annotations

from bff.sandbox.demo_customers import B2C_EMAIL
from tests.support.driven_routes import READING
from tests.support.pages import customer, visitor
from tests.support.shop import Shop


def test_every_page_of_a_customer_offers_to_sign_out(shop: Shop) -> None:
    somebody, guest = customer(shop), visitor(shop)
    jane = next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2C_EMAIL)
    pages = set()
    for rule, path in READING.items():
        path = path.replace("/addresses/a1", f"/addresses/{next(iter(jane.addresses))}")
        guest.get(path)
        if guest.status != 303 or not str(guest.location).startswith("/login?"):
            continue
        page = somebody.get(path)
        if somebody.status == 200:
            assert "/logout" in {form.action for form in page.forms} | set(page.links), rule
            pages.add(rule)
    assert pages >= {rule for rule in READING if rule.startswith("/account/addresses")} | {"/account"}
