"""Orders in the account: from the overview to a parcel's link, with and without scripts, on a phone and in German."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from bff.sandbox.faults import Fault
from tests.support.browser.storefront import Storefront
from tests.support.browser.visitor import NARROW, Visitor, make_visitor
from tests.support.fakes.answers import empty
from tests.support.orders import DECLARED, order, ordered

SMALLEST = {"width": 320, "height": 640}


@pytest.fixture
def store(storefronts: Callable[..., Storefront]) -> Iterator[Storefront]:
    found = storefronts(False, DECLARED)
    yield found
    found.sandbox.faults.clear()


def shopper(
    chromium: Browser, store: Storefront, count: int = 12, *, companies: bool = False, **how: object
) -> Visitor:
    """Return a visitor who is signed in and has ordered."""
    email = store.customer(companies=companies)
    documents = [order(f"EON{2100 - number}") for number in range(count)]
    ordered(store.sandbox, store.stored(email), *documents)
    visitor = make_visitor(chromium, store, **how)  # type: ignore[arg-type]  # what the test says goes on as it is
    visitor.become(email)
    return visitor


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_overview_leads_to_an_order_and_back_to_all(chromium: Browser, store: Storefront, scripts: bool) -> None:
    visitor = shopper(chromium, store, scripts=scripts)
    visitor.open("/")
    visitor.follow("Order EON2100")
    visitor.heading("Order EON2100")
    parcel = visitor.page.get_by_role("link", name="Track this parcel 00340434")
    expect(parcel).to_have_attribute("href", "https://post.example.com/track?id=00340434")
    visitor.follow("All orders")
    visitor.heading("Your orders")
    visitor.follow("Next page")
    visitor.is_at("/account/orders")
    expect(visitor.page.get_by_role("main").get_by_role("listitem")).to_have_count(2)
    visitor.follow("Previous page")
    expect(visitor.page.get_by_role("main").get_by_role("listitem")).to_have_count(10)
    visitor.follow_nav("Orders")
    visitor.heading("Your orders")
    visitor.context.close()
    visitor.watch.check()


def test_all_of_a_row_leads_to_its_order(chromium: Browser, store: Storefront) -> None:
    visitor = shopper(chromium, store, 2, viewport=NARROW)
    visitor.open("/account/orders")
    # Below the number, where the link is stretched to.
    box = visitor.page.get_by_text("Jan 30, 2026").nth(1).bounding_box()
    assert box is not None
    visitor.page.mouse.click(box["x"] + 2, box["y"] + 2)
    visitor.heading("Order EON2099")
    visitor.context.close()
    visitor.watch.check()


def test_try_again_brings_the_orders_back(chromium: Browser, store: Storefront) -> None:
    visitor = shopper(chromium, store, 1)
    store.sandbox.faults.add("orders", Fault(answer=empty(503)), times=1)
    visitor.open("/")
    visitor.says("Your orders cannot be shown right now.")
    visitor.follow("Try again")
    visitor.says("Order EON2100")
    visitor.context.close()
    visitor.watch.check()


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_signing_out_stays_in_sight_on_a_phone_however_much_stands_before_it(
    chromium: Browser, store: Storefront, language: str
) -> None:
    visitor = shopper(chromium, store, 1, companies=True, viewport=NARROW, language=language)
    out = visitor.page.locator(".account-nav form button")
    for path in ("/account/orders", "/account/company"):
        visitor.open(path)
        for viewport in (NARROW, SMALLEST):
            visitor.page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a viewport
            expect(out).to_be_in_viewport(ratio=1)
    # What has the focus does not lie below it.
    last = visitor.page.locator(".account-nav ul a").last
    last.focus()
    edges = "(one) => { const {left, right} = one.getBoundingClientRect(); return [left, right]; }"
    assert last.evaluate(edges)[1] <= out.evaluate(edges)[0]
    visitor.context.close()
    visitor.watch.check()


def test_german_reads_german_alone(chromium: Browser, store: Storefront) -> None:
    visitor = shopper(chromium, store, 1, language="de-DE", viewport=NARROW)
    visitor.open("/account/orders")
    visitor.heading("Ihre Bestellungen")
    visitor.follow("Bestellung EON2100")
    visitor.says("30.01.2026")
    visitor.says("57,52")
    words = visitor.page.get_by_role("main").inner_text()
    for english in ("Order", "Total", "Delivery", "Billing", "Tracking", "Items", "Shipped", "$", "€57"):
        assert english not in words
    visitor.context.close()
    visitor.watch.check()
