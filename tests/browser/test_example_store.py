"""The example shop where its operations are declared: from a search to an order, and what may come between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from bff.commands.demo import DEMO_SITE
from bff.sandbox.faults import Cut, Fault
from bff.sandbox.storefront.state import Cart, Shop
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Records, Vault, WebRecord
from bff.storefront.file import DEMO
from tests.browser.test_example_shop import (
    IN_BOTH_SCHEMES,
    SHOP,
    Scheme,
    another_tab,
    button,
    dialog,
    end_everywhere,
    forgive,
    header,
    link,
    look_at,
    nav,
    sign_in,
    tab_to,
    visitor_email,
)
from tests.browser.test_weight import weigh
from tests.support.browser.storefront import Storefront
from tests.support.browser.visitor import NARROW, Visitor, make_visitor
from tests.support.fakes.answers import empty

HTML_BYTES = 52_000
OTHER_BYTES = 80_000
ON = {"BFF_EXAMPLE_SHOP": "on", "BFF_STOREFRONT": str(DEMO), **DEMO_SITE}


@pytest.fixture
def store(storefronts: Callable[..., Storefront]) -> Iterator[Storefront]:
    """The shop as in production: over https."""
    found = storefronts(True, ON)
    yield found
    found.sandbox.faults.clear()


@pytest.fixture
def visitor(chromium: Browser, store: Storefront) -> Iterator[Visitor]:
    one = make_visitor(chromium, store)
    yield one
    one.context.close()
    one.watch.check()


def upstream(store: Storefront) -> Shop:
    return store.sandbox.shops.of(store.sandbox.settings.tenant)


def orders_of(store: Storefront) -> list[str]:
    """Return who has ordered, by their e-mail."""
    with store.sandbox.state.lock:
        return [str(one.document["customer"]["email"]) for one in upstream(store).orders.values()]  # type: ignore[index]  # a document of the sandbox


def carts_of(store: Storefront, email: str) -> list[Cart]:
    with store.sandbox.state.lock:
        customer = store.stored(email)
        return [one for one in upstream(store).carts.values() if one.customer_id == customer.id]


def at_goods(visitor: Visitor, view: str = "") -> None:
    visitor.open(SHOP + view)
    visitor.heading("Products")


def put_in(visitor: Visitor, name: str) -> None:
    """Put the first product that is called so into the cart."""
    card = visitor.page.get_by_role("main").get_by_role("listitem").filter(has_text=name)
    button(visitor, "Add to the cart", card).click()
    visitor.reads_success(f"{name} is in your cart.")


def cart_says(visitor: Visitor, count: int) -> None:
    links = visitor.page.get_by_role("navigation", name="Example shop").get_by_role("link", name="Cart")
    expect(links).to_have_text(re.compile(rf"Cart\s*\({count}\)" if count else r"^Cart\s*$"))


def in_cart(visitor: Visitor) -> None:
    nav(visitor, "Cart")
    visitor.heading("Your cart")


def fill_in_address(visitor: Visitor, *, email: str | None = None) -> None:
    if email is not None:
        visitor.fill("First name", "Jane")
        visitor.fill("Last name", "Doe")
        visitor.fill("E-mail address", email, visitor.page.locator("#view"))
    for label, text in (("Full name", "Jane Doe"), ("Street", "Rynek"), ("Postal code", "31-042")):
        visitor.fill(label, text)
    visitor.fill("Town or city", "Krakow")
    visitor.field("Country").select_option(label="Poland")


def choose(visitor: Visitor, delivery: str = "Standard", payment: str = "Invoice") -> None:
    visitor.page.get_by_role("radio", name=re.compile(rf"^{delivery}: ")).check()
    visitor.page.get_by_role("radio", name=payment).check()


def buy(visitor: Visitor) -> None:
    button(visitor, "Buy now").click()


def test_the_keyboard_alone_leads_a_guest_from_a_search_to_an_order(visitor: Visitor, store: Storefront) -> None:
    keys, main = visitor.page.keyboard, visitor.page.get_by_role("main")
    at_goods(visitor)
    tab_to(visitor, visitor.field("Search for a product"))
    keys.type("tea")
    keys.press("Enter")
    visitor.says("2 products")
    visitor.says("€59.00")
    tab_to(visitor, main.get_by_role("link", name="Teapot, 1 l"))
    keys.press("Enter")
    visitor.heading("Teapot, 1 l")
    visitor.says("Thrown by hand.")
    tab_to(visitor, visitor.field("Quantity"))
    keys.type("2")
    keys.press("Enter")
    visitor.reads_success("Teapot, 1 l is in your cart.")
    cart_says(visitor, 2)
    visitor.page.get_by_role("link", name="Go to the cart").press("Enter")
    visitor.heading("Your cart")
    visitor.says("€118.00")
    tab_to(visitor, visitor.field("Coupon code"))
    keys.type("WELCOME10")
    keys.press("Enter")
    visitor.reads_success("The coupon counts.")
    visitor.says("€109.20")
    tab_to(visitor, main.get_by_role("link", name="Check out"))
    keys.press("Enter")
    visitor.heading("Check out")
    buy(visitor)
    summary = main.get_by_role("alert")
    for words in ("Enter your first name", "Enter the postal code", "Choose how to pay"):
        expect(summary).to_contain_text(words)
    expect(summary).to_be_focused()
    fill_in_address(visitor, email="guest@example.com")
    visitor.field("Country").press("Tab")
    choose(visitor)
    visitor.field("Full name").press("Enter")
    visitor.heading("Thank you")
    visitor.reads_success("Your order has been placed.")
    cart_says(visitor, 0)
    assert orders_of(store)[-1] == "guest@example.com"
    assert visitor.cookies().keys() == {store.cookie}
    nav(visitor, "Cart")
    visitor.heading("Your cart is empty")
    # That is how Emporix says that there is none.
    forget_404s(visitor, "/api/cart/carts")


def test_signing_in_brings_the_cart_along_and_the_order_is_the_customers(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    button(visitor, "Sign in", header(visitor)).click()
    sign_in(visitor, email)
    visitor.reads_success("What you put into the cart before you signed in is in your own cart.")
    cart_says(visitor, 1)
    in_cart(visitor)
    visitor.says("Sencha, 100 g")
    visitor.field("Quantity product: Sencha, 100 g").fill("3")
    button(visitor, "Update").click()
    visitor.reads_success("The cart has been changed.")
    cart_says(visitor, 3)
    link(visitor, "Check out").click()
    visitor.heading("Check out")
    # The default address is filled in, and so is who orders.
    expect(visitor.field("Street")).to_have_value("Platz der Republik")
    expect(visitor.field("First name")).to_have_value("Jane")
    expect(visitor.page.locator("#checkout-email")).to_be_hidden()
    choose(visitor, "Express")
    visitor.says("€36.60")
    buy(visitor)
    visitor.heading("Thank you")
    assert orders_of(store)[-1] == email
    link(visitor, "Look at the order").click()
    visitor.heading(re.compile(r"^Order KK\d+$"))
    visitor.says("3 \N{MULTIPLICATION SIGN}")
    visitor.says("Express, €9.90")
    nav(visitor, "Orders")
    visitor.heading("Your orders")
    visitor.says("Placed")


def test_a_cart_that_is_no_more_is_begun_anew_and_that_is_told(visitor: Visitor, store: Storefront) -> None:
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    with store.sandbox.state.lock:
        shop = upstream(store)
        shop.carts.clear()
    put_in(visitor, "Assam, 100 g")
    visitor.says("Your former cart is no longer there")
    forget_404s(visitor, "/api/cart/carts")
    cart_says(visitor, 1)
    in_cart(visitor)
    expect(visitor.page.get_by_role("main")).not_to_contain_text("Sencha")


def test_a_cart_that_was_seen_to_be_no_more_is_told_of_with_the_next_one(visitor: Visitor, store: Storefront) -> None:
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    with store.sandbox.state.lock:
        upstream(store).carts.clear()
    nav(visitor, "Cart")
    visitor.heading("Your cart is empty")
    forget_404s(visitor, "/api/cart/carts")
    nav(visitor, "Products")
    visitor.heading("Products")
    put_in(visitor, "Assam, 100 g")
    visitor.says("Your former cart is no longer there")
    put_in(visitor, "Oolong, 50 g")
    expect(visitor.page.get_by_role("main")).not_to_contain_text("Your former cart")


def forget_404s(visitor: Visitor, path: str) -> None:
    """Drop what a browser says of carts that are not there, and only that."""
    # The browser says it twice: once by itself, and of the answer.
    kept = [one for one in visitor.watch.complaints if "404" not in one or path not in one]
    assert len(kept) < len(visitor.watch.complaints)
    visitor.watch.complaints[:] = kept


@IN_BOTH_SCHEMES
def test_every_view_of_the_store_is_accessible(visitor: Visitor, store: Storefront, scheme: Scheme) -> None:
    visitor.become(store.customer())
    at_goods(visitor)
    look_at(visitor, "products", scheme)
    put_in(visitor, "Sencha, 100 g")
    look_at(visitor, "added", scheme)
    visitor.page.get_by_role("main").get_by_role("link", name="Oolong, 50 g").click()
    visitor.heading("Oolong, 50 g")
    look_at(visitor, "product", scheme)
    in_cart(visitor)
    visitor.fill("Coupon code", "WELCOME10")
    button(visitor, "Redeem").click()
    visitor.reads_success("The coupon counts.")
    look_at(visitor, "cart", scheme)
    link(visitor, "Check out").click()
    visitor.heading("Check out")
    look_at(visitor, "checkout", scheme)
    visitor.fill("Street", "")
    buy(visitor)
    visitor.says("Enter the street")
    look_at(visitor, "mistakes in the checkout", scheme)
    visitor.fill("Street", "Rynek")
    choose(visitor)
    buy(visitor)
    visitor.heading("Thank you")
    look_at(visitor, "ordered", scheme)
    link(visitor, "Look at the order").click()
    visitor.heading(re.compile("^Order "))
    look_at(visitor, "order", scheme)
    nav(visitor, "Orders")
    visitor.heading("Your orders")
    look_at(visitor, "orders", scheme)
    nav(visitor, "Products")
    link(visitor, "Change").click()
    visitor.heading("Site and currency")
    look_at(visitor, "site and currency", scheme)


@pytest.mark.more
def test_the_first_view_stays_small(chromium: Browser, storefronts: Callable[..., Storefront]) -> None:
    plain = storefronts(False, ON)
    visitor = make_visitor(chromium, plain, viewport=NARROW)
    first = weigh(visitor, SHOP, wait_for="networkidle")
    visitor.heading("Products")
    html = first.bytes_by_url.pop(plain.url + SHOP)
    # It has the templates of every view, and lists of countries, languages and currencies.
    assert html <= HTML_BYTES
    assert first.total_bytes <= OTHER_BYTES, first.bytes_by_url
    # What is not shown yet is not there yet.
    assert not [url for url in first.bytes_by_url if re.search(r"/shop/(checkout|cart|orders|place)\.js", url)]
    visitor.context.close()
    visitor.watch.check()


# --- What may come between ---


@pytest.mark.more
def test_another_site_or_currency_is_told_with_what_the_cart_comes_to(visitor: Visitor) -> None:
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    link(visitor, "Change").click()
    visitor.heading("Site and currency")
    visitor.field("Currency").select_option("CHF")
    button(visitor, "Save").click()
    visitor.says("Your cart came to €8.90, and comes to CHF")
    visitor.reads_success("Prices are now those of this site and currency.")
    visitor.heading("Products")
    link(visitor, "Change").click()
    visitor.heading("Site and currency")
    visitor.field("Site").select_option(label="Kettle & Kiln America")
    expect(visitor.field("Currency")).to_have_value("USD")
    button(visitor, "Save").click()
    visitor.says("and comes to $9.90 now.")
    visitor.says("Kettle & Kiln America, USD")
    link(visitor, "Sencha, 100 g").click()
    visitor.says("plus tax")


@pytest.mark.more
def test_too_many_and_away_are_told_and_can_be_tried_again(
    chromium: Browser, storefronts: Callable[..., Storefront]
) -> None:
    store = storefronts(False, ON)
    visitor = make_visitor(chromium, store)
    store.sandbox.faults.add("cart", Fault(answer=empty(503)))
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    nav(visitor, "Cart")
    visitor.heading("This can't be shown right now")
    expect(visitor.page.get_by_role("main").locator("code")).to_have_text(re.compile("[0-9a-f]{16}"))
    store.sandbox.faults.clear()
    visitor.watch.complaints.clear()
    button(visitor, "Try again").click()
    visitor.heading("Your cart")
    for number in range(25):
        visitor.fill("Coupon code", f"GUESS{number}")
        button(visitor, "Redeem").click()
        expect(visitor.page.get_by_role("status").filter(has_text="Important")).to_be_visible()
        if visitor.page.get_by_text("Too many tries.").count():
            break
        visitor.page.wait_for_timeout(50)
    visitor.says(re.compile(r"Too many tries. You can try again at \d\d:\d\d"))
    visitor.watch.complaints.clear()
    visitor.context.close()


@pytest.mark.more
def test_an_order_whose_answer_was_lost_is_not_placed_twice(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.become(email)
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    visitor.open("/healthz")
    visitor.open(f"{SHOP}#checkout")
    visitor.heading("Check out")
    choose(visitor)
    store.sandbox.faults.add("checkout_order", Fault(cut=Cut.AFTER_EFFECT))
    buy(visitor)
    visitor.says("your order was most probably placed")
    visitor.heading("Your orders")
    assert orders_of(store).count(email) == 1
    forget_404s(visitor, "/api/cart/carts")
    forgive(visitor, 503, "/api/checkout/checkouts/order")


@pytest.mark.more
def test_an_order_that_was_not_placed_keeps_what_was_entered(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.become(email)
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    visitor.open("/healthz")
    visitor.open(f"{SHOP}#checkout")
    visitor.heading("Check out")
    visitor.fill("Street", "Rynek")
    choose(visitor)
    store.sandbox.faults.add("checkout_order", Fault(answer=empty(503)), times=1)
    buy(visitor)
    expect(visitor.page.get_by_role("alert")).to_contain_text("Your cart is still there")
    expect(visitor.field("Street")).to_have_value("Rynek")
    forgive(visitor, 503, "/api/checkout/checkouts/order")
    buy(visitor)
    visitor.heading("Thank you")
    assert orders_of(store).count(email) == 1


@pytest.mark.more
def test_who_has_to_prove_it_once_more_orders_then_without_typing_again(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.become(email)
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    visitor.open("/healthz")
    visitor.open(f"{SHOP}#checkout")
    visitor.heading("Check out")
    choose(visitor)
    lose_saas_token(store, visitor.cookie)
    buy(visitor)
    within = dialog(visitor, "Sign in")
    expect(within).to_contain_text("Sign in again to place the order.")
    forgive(visitor, 401, "/api/checkout/checkouts/order")
    sign_in(visitor, email)
    expect(within).to_be_hidden()
    buy(visitor)
    visitor.heading("Thank you")
    assert orders_of(store).count(email) == 1


def lose_saas_token(store: Storefront, cookie: str) -> None:
    """Let a session hold none any more, as after it is over."""

    def change(web: WebRecord, vault: Vault) -> Records:
        assert vault.customer is not None
        return web, vault.with_customer(replace(vault.customer, saas=None))

    session = store.services.sessions.open(SessionCookie(value=Secret(cookie)), may_start=False)
    session.load()
    assert session.update(change) is not None


@pytest.mark.more
def test_what_a_guest_has_typed_is_there_after_signing_in(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(addresses=False)
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    in_cart(visitor)
    link(visitor, "Check out").click()
    visitor.heading("Check out")
    fill_in_address(visitor, email="guest@example.com")
    button(visitor, "Sign in", header(visitor)).click()
    sign_in(visitor, email)
    expect(visitor.page.locator("#checkout-email")).to_be_hidden()
    expect(visitor.field("Street")).to_have_value("Rynek")
    choose(visitor)
    buy(visitor)
    visitor.heading("Thank you")
    assert orders_of(store)[-1] == email


@pytest.mark.more
def test_a_session_that_has_ended_is_told_and_nothing_of_the_customers_stays(
    visitor: Visitor, store: Storefront
) -> None:
    visitor.become(store.customer())
    at_goods(visitor)
    put_in(visitor, "Sencha, 100 g")
    cart_says(visitor, 1)
    end_everywhere(store, visitor_email(visitor))
    nav(visitor, "Cart")
    visitor.says("You've been signed out.")
    cart_says(visitor, 0)
    visitor.watch.complaints.clear()
    expect(visitor.page.get_by_role("main")).not_to_contain_text("Sencha")


@pytest.mark.more
def test_another_tab_that_signs_in_changes_whose_cart_this_one_fills(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    at_goods(visitor)
    other = another_tab(visitor)
    at_goods(other)
    other.page.bring_to_front()
    button(other, "Sign in", header(other)).click()
    sign_in(other, email)
    expect(header(visitor)).to_contain_text("Jane Doe")
    visitor.page.bring_to_front()
    put_in(visitor, "Sencha, 100 g")
    (cart,) = carts_of(store, email)
    assert [one.product_id for one in cart.items.values()] == ["sencha"]


@pytest.mark.more
def test_the_store_speaks_german(chromium: Browser, store: Storefront) -> None:
    visitor = make_visitor(chromium, store, language="de-DE")
    visitor.open(SHOP)
    visitor.heading("Produkte")
    visitor.fill("Nach einem Produkt suchen", "tasse")
    visitor.page.keyboard.press("Enter")
    visitor.says("2 Produkte")
    visitor.says("14,90\xa0€")
    card = visitor.page.get_by_role("main").get_by_role("listitem").filter(has_text="Blaue Tasse")
    button(visitor, "In den Warenkorb", card).click()
    visitor.says("Blaue Tasse liegt im Warenkorb.")
    visitor.page.get_by_role("link", name="Zum Warenkorb").click()
    visitor.heading("Ihr Warenkorb")
    visitor.says("Blaue Tasse")
    link(visitor, "Zur Kasse").click()
    visitor.heading("Zur Kasse")
    visitor.says("Deutschland")
    expect(button(visitor, "Zahlungspflichtig bestellen")).to_be_visible()
    visitor.context.close()
    visitor.watch.check()


@pytest.mark.more
def test_without_a_site_or_a_row_the_shop_is_as_without_a_file(
    chromium: Browser, storefronts: Callable[..., Storefront]
) -> None:
    store = storefronts(False, {"BFF_EXAMPLE_SHOP": "on"})
    visitor = make_visitor(chromium, store)
    visitor.open(SHOP)
    visitor.heading("Welcome")
    expect(visitor.page.get_by_role("link", name="Cart")).to_have_count(0)
    visitor.context.close()
    visitor.watch.check()
