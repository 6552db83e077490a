"""What visitors do: through the form pages, by JSON routes, and through the rows of a storefront."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Final

from tests.support.journeys.storefront_parts import order_of
from tests.support.load.place import PASSWORD, email_of
from tests.support.load.visitor import JourneyOver, Visitor
from tests.support.pages import TO_ULM

_DELETION: Final = re.compile(r"/account/addresses/[^/?]+/delete")
_CARTS: Final = "/api/cart/carts"
_PRODUCTS: Final = ("teapot", "sencha", "mint", "cup-blue")
_SIGNS_OUT: Final = 0.3
_MOST_ADDRESSES: Final = 3


def _phone(chance: random.Random) -> str:
    return f"+49 30 {chance.randrange(10**6, 10**7)}"


def by_pages(who: Visitor, chance: random.Random) -> None:
    """A shopper without JavaScript changes the phone number, adds an address and takes it away."""
    if who.page("/account", fine=(200, 303)) is None:
        who.is_guest("page", "GET /account", "led away")
        page = who.page("/login")
        who.is_signed_in = None
        who.send(page, "/login", email=email_of(who.number), password=PASSWORD)
    who.is_signed_in = True
    phone = _phone(chance)
    who.send(who.page("/account", path="/account?change=phone"), "/account", contactPhone=phone)
    shown = who.page("/account")
    if shown and phone not in shown.words:
        who.lost(f"phone number {phone}")
    if shown and who.mark not in shown.words:
        who.lost("its own name")
    who.send(who.page("/account/addresses/new"), "/account/addresses/new", **{**TO_ULM, "contactName": who.mark})
    book = who.page("/account/addresses")
    if book and "Ulm" not in book.words:
        who.lost("a new address")
    found = sorted({one for one in book.links if _DELETION.fullmatch(one)}) if book else []
    while len(found) > _MOST_ADDRESSES - 1:
        path = found.pop()
        who.send(who.page("/account/addresses/{id}/delete", path=path), "/account/addresses/{id}/delete", action=path)
    if chance.random() < _SIGNS_OUT:
        page = who.page("/logout")
        who.is_signed_in = None
        who.send(page, "/logout")
        who.is_signed_in = False


def by_json(who: Visitor, chance: random.Random) -> None:
    """A JavaScript client does the same by JSON routes."""
    if not who.look():
        who.sign_in()
    if who.mark not in who.ask("json", "GET", "/api/me").text:
        who.lost("its own name")
    phone = _phone(chance)
    who.ask("json", "PATCH", "/api/me", json_body={"contactPhone": phone})
    shown = who.ask("json", "GET", "/api/me", path="/api/me?expand=addresses").json
    if shown.get("contactPhone") != phone:
        who.lost(f"phone number {phone}")
    if len(who.ask("json", "GET", "/api/me/addresses").json) <= _MOST_ADDRESSES:
        body = {"contactName": who.mark, "street": "Rynek", "zipCode": "31-042", "city": "Krakow", "country": "PL"}
        who.ask("json", "POST", "/api/me/addresses", json_body=body)
    route = "/api/me/addresses/{addressId}"
    mine = [one for one in who.ask("json", "GET", "/api/me/addresses").json if not one.get("isDefault")]
    if mine:
        path = f"/api/me/addresses/{mine[-1]['id']}"
        who.ask("json", "PATCH", route, path=path, json_body={"streetAppendix": phone})
        if who.ask("json", "GET", route, path=path).json.get("streetAppendix") != phone:
            who.lost("an address's change")
        who.ask("json", "DELETE", route, path=path)
    who.ask("json", "GET", "/api/sessions")
    if chance.random() < _SIGNS_OUT:
        who.ask("json", "POST", "/api/session/refresh", json_body={})
    if chance.random() < _SIGNS_OUT:
        who.sign_out()


def by_storefront(who: Visitor, chance: random.Random) -> None:
    """Looks around, fills a cart as a guest or a customer, orders, and looks at the order."""
    product = chance.choice(_PRODUCTS)
    who.ask("storefront", "GET", "/api/product/products", path="/api/product/products?pageSize=5")
    who.ask("storefront", "GET", "/api/product/products/{id}", path=f"/api/product/products/{product}")
    if not who.look() and chance.random() < 0.5:
        _put(who, _opened(who), product)
    who.ask("storefront", "POST", "/api/product/products/search", json_body={"q": f"id:{product}"})
    if not who.is_signed_in:
        who.sign_in()
    cart = _opened(who)
    _put(who, cart, product)
    route = f"{_CARTS}/{{id}}/items"
    items = who.ask("storefront", "GET", route, path=f"{_CARTS}/{cart}/items").json
    if product not in {one["product"]["id"] for one in items}:
        who.lost("what was put into the cart")
    if chance.random() < 0.5:
        placed = _ordered(who, cart)
        who.own(placed)
        if placed not in who.ask("storefront", "GET", "/api/order-v2/orders").text:
            who.lost("an order")
    if chance.random() < _SIGNS_OUT:
        who.sign_out()


def _opened(who: Visitor) -> str:
    """Return the visitor's cart, a new one if there is none."""
    # Before the first cart, a guest has nothing to ask for one by.
    fine = (200, 404) if who.is_signed_in else (200, 401, 404)
    found = who.ask("storefront", "GET", _CARTS, path=f"{_CARTS}?siteCode=main", fine=fine)
    if found.status == 200:
        cart = str(found.json["id"])
    else:
        made = who.ask("storefront", "POST", _CARTS, json_body={"siteCode": "main", "currency": "EUR"})
        cart = str(made.json["cartId"])
    who.own(cart)
    return cart


def _put(who: Visitor, cart: str, product: str) -> None:
    item = {"product": {"id": product}, "quantity": 1}
    path = f"{_CARTS}/{cart}/items?siteCode=main"
    who.ask("storefront", "POST", f"{_CARTS}/{{id}}/items", path=path, json_body=item)


def _ordered(who: Visitor, cart: str) -> str:
    """Order what is in a cart; return the order's id."""
    route, order = "/api/checkout/checkouts/order", order_of(cart, guest=False)
    # The token that a checkout needs ends some time after the sign-in, and no refresh brings another one.
    asks_again = "401 reauthentication_required"
    placed = who.ask("storefront", "POST", route, json_body=order, fine=(200, 201, asks_again))
    if placed.told == asks_again:
        who.sign_in()
        placed = who.ask("storefront", "POST", route, json_body=order)
    return str(placed.json["orderId"])


JOURNEYS: Final[tuple[Callable[[Visitor, random.Random], None], ...]] = (by_pages, by_json, by_storefront)


def leave(who: Visitor) -> bool:
    """Sign out; tell whether that is done."""
    try:
        if who.look():
            who.sign_out()
    except JourneyOver:
        return False
    return True
