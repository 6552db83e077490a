"""Shipping: zones, methods, what they cost, and when a parcel comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Reply, not_found
from bff.sandbox.storefront.cart_book import own_cart
from bff.sandbox.storefront.listing import listed
from bff.sandbox.storefront.localized import Localized, language_of, spelled
from bff.sandbox.storefront.localized import text as localized
from bff.sandbox.storefront.money import price
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import MAIN_SITE, OTHER_SITE, SITES, Site
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.storefront.state import Cart
from bff.sandbox.world import Call, World

_FREE_FROM_CENTS: Final = 5000
_ZONES: Final = {MAIN_SITE: ("europe", localized("Europe", "Europa")), OTHER_SITE: ("america", localized("USA", "USA"))}
_METHODS: Final[dict[str, tuple[Localized, int, bool]]] = {
    "standard": (localized("Standard", "Standard"), 490, True),
    "express": (localized("Express", "Express"), 990, False),
}
"""Name, cents, and whether it costs nothing from a certain order on."""
_WINDOW: Final = "window-1"
_SLOT: Final = "slot-1"

_MONEY = Field(
    kind=Kind.OBJECT,
    required=True,
    properties={"amount": Field(kind=Kind.NUMBER, required=True), "currency": Field(required=True)},
)
_ADDRESS_PARTS = {"zipCode": Field(required=True), "country": Field(required=True)}
_QUOTE = {
    "cartTotal": _MONEY,
    "shipToAddress": Field(kind=Kind.OBJECT, required=True, properties=_ADDRESS_PARTS),
}
_SLOT_QUOTE = {"cartTotal": _MONEY, "deliveryWindowId": Field(required=True), "slotId": Field(required=True)}
_FIND = {"postalCode": Field(required=True), "country": Field()}
_VALIDATION = {"deliveryWindowId": Field(required=True), "deliveryDate": Field(required=True), "slotId": Field()}


def shipping_cents(cart: Cart, zone: str, method: str) -> int | None:
    """Return what a method costs for a cart; None: there is none of this name in this zone of the cart's site."""
    if _ZONES[cart.site][0] != zone or method not in _METHODS:
        return None
    goods = sum(round(item.unit_cents * item.quantity) for item in cart.items.values())
    return _cents(method, goods)


def _cents(method: str, goods_cents: int) -> int:
    _, cents, may_be_free = _METHODS[method]
    return 0 if may_be_free and goods_cents >= _FREE_FROM_CENTS else cents


def _site(call: Call) -> Site:
    site = SITES.get(call.path["site"])
    if site is None:
        raise not_found(f"Site {call.path['site']} not found.")
    return site


def _method(id: str, currency: str) -> JsonObject:
    name, cents, may_be_free = _METHODS[id]
    fees: list[JsonObject] = [{"minOrderValue": price(0, currency), "cost": price(cents, currency)}]
    if may_be_free:
        fees.append({"minOrderValue": price(_FREE_FROM_CENTS, currency), "cost": price(0, currency)})
    return {"id": id, "name": name, "active": True, "fees": fees, "shippingTaxCode": "STANDARD"}


def _zone(site: Site) -> JsonObject:
    id, name = _ZONES[site.code]
    return {
        "id": id,
        "name": name,
        "default": True,
        "shipTo": [{"country": country} for country in site.countries],
        "methods": [_method(one, site.currencies[0]) for one in _METHODS],
    }


def _list_zones(world: World, call: Call) -> Reply:
    return listed(call, [_zone(_site(call))])


def _list_methods(world: World, call: Call) -> Reply:
    site = _site(call)
    if call.path["zoneId"] != _ZONES[site.code][0]:
        raise not_found(f"Zone {call.path['zoneId']} not found.")
    return listed(call, [_method(one, site.currencies[0]) for one in _METHODS])


def _asked(call: Call) -> tuple[Site, int, str]:
    """Return site, value of the goods in cents, and currency."""
    body = read_body(call, _QUOTE)
    total, country = nested(body, "cartTotal"), text(nested(body, "shipToAddress"), "country")
    site, value = _site(call), total["amount"]
    if country not in site.countries:
        raise not_found(f"Nothing is delivered to {country}.")
    return site, round(value * 100) if isinstance(value, int | float) else 0, text(total, "currency")


def _quote(world: World, call: Call) -> Reply:
    site, cents, currency = _asked(call)
    id, name = _ZONES[site.code]
    methods: list[JsonObject] = [
        {"id": one, "name": _METHODS[one][0], "fee": price(_cents(one, cents), currency), "shippingTaxCode": "STANDARD"}
        for one in _METHODS
    ]
    return Reply(body=[spelled({"zone": {"id": id, "name": name}, "methods": methods}, language_of(call))])


def _quote_minimum(world: World, call: Call) -> Reply:
    _, cents, currency = _asked(call)
    return Reply(body={"fee": price(min(_cents(one, cents) for one in _METHODS), currency)})


def _quote_slot(world: World, call: Call) -> Reply:
    body = read_body(call, _SLOT_QUOTE)
    _site(call)
    if (text(body, "deliveryWindowId"), text(body, "slotId")) != (_WINDOW, _SLOT):
        raise not_found("There is no such slot.")
    return Reply(body={"fee": price(_METHODS["express"][1], text(nested(body, "cartTotal"), "currency"))})


def _find_sites(world: World, call: Call) -> Reply:
    country = text(read_body(call, _FIND), "country")
    found = [one for one in SITES.values() if country in {"", *one.countries}]
    sites: list[JsonObject] = [
        {"id": one.code, "defaultZoneId": _ZONES[one.code][0], "zones": [_zone(one)], "metadata": {"version": 1}}
        for one in found
    ]
    return listed(call, sites)


def _list_windows(world: World, call: Call) -> Reply:
    _, cart = own_cart(world, call)
    day = datetime.fromtimestamp(world.now(), UTC) + timedelta(days=2)
    window: JsonObject = {
        "id": _WINDOW,
        "deliveryDate": f"{day:%Y-%m-%d}T12:00:00.000Z",
        "deliveryTimeRange": {"startTime": "10:00", "endTime": "14:00"},
        "deliveryMethod": "express",
        "zoneId": _ZONES[cart.site][0],
        "slotId": _SLOT,
    }
    return listed(call, [window])


def _validate_window(world: World, call: Call) -> Reply:
    body = read_body(call, _VALIDATION)
    return Reply(body=text(body, "deliveryWindowId") == _WINDOW and text(body, "slotId") in {"", _SLOT})


_OWN = "/shipping/{tenant}"
_SITE = f"{_OWN}/{{site}}"
SERVED = (
    serve(StorefrontOperation.SHIPPING_ZONES, "GET", f"{_SITE}/zones", VISITOR, _list_zones),
    serve(StorefrontOperation.SHIPPING_METHODS, "GET", f"{_SITE}/zones/{{zoneId}}/methods", VISITOR, _list_methods),
    serve(StorefrontOperation.SHIPPING_QUOTE, "POST", f"{_SITE}/quote", VISITOR, _quote),
    serve(StorefrontOperation.SHIPPING_QUOTE_MINIMUM, "POST", f"{_SITE}/quote/minimum", VISITOR, _quote_minimum),
    serve(StorefrontOperation.SHIPPING_QUOTE_SLOT, "POST", f"{_SITE}/quote/slot", VISITOR, _quote_slot),
    serve(StorefrontOperation.SHIPPING_SITES, "POST", f"{_OWN}/findSite", VISITOR, _find_sites),
    serve(
        StorefrontOperation.DELIVERY_WINDOWS, "GET", f"{_OWN}/actualDeliveryWindows/{{cartId}}", VISITOR, _list_windows
    ),
    serve(
        StorefrontOperation.DELIVERY_WINDOW_VALIDATE,
        "POST",
        f"{_OWN}/deliveryWindowValidation",
        VISITOR,
        _validate_window,
    ),
)
