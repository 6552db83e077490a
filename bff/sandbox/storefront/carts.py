"""Carts as a whole: found, made, changed, moved to another site or currency, merged, checked, deleted."""

from __future__ import annotations

from bff.sandbox.bodies import Field, Kind, read_body, text
from bff.sandbox.replies import Detail, JsonObject, Reply, conflict, forbidden, invalid, invalid_field, not_found
from bff.sandbox.storefront.cart_book import (
    cart_yrn,
    changed,
    find_cart,
    is_owner,
    open_cart,
    own_cart,
    shown_cart,
)
from bff.sandbox.storefront.cart_items import add_to
from bff.sandbox.storefront.contexts import effective, lost_cart
from bff.sandbox.storefront.listing import searched
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import MAIN_SITE, Site, site_of
from bff.sandbox.storefront.serving import CUSTOMER, VISITOR, serve
from bff.sandbox.storefront.state import Cart, Shop
from bff.sandbox.storefront.totals import is_priced, reprice
from bff.sandbox.world import Call, World

_KEPT = {
    "channel": Field(kind=Kind.OBJECT),
    "addresses": Field(kind=Kind.OBJECTS),
    "mixins": Field(kind=Kind.OBJECT),
    "deliveryWindow": Field(kind=Kind.OBJECT),
    "deliveryWindowId": Field(),
    "zipCode": Field(),
    "countryCode": Field(),
    "restriction": Field(),
}
"""What comes back as it was sent."""
_CREATE = {
    **_KEPT,
    "currency": Field(required=True, min_length=3, max_length=3),
    "siteCode": Field(),
    "type": Field(),
    "customerId": Field(),
    "legalEntityId": Field(),
    "sessionValidated": Field(kind=Kind.FLAG),
}
_UPDATE = {
    **_KEPT,
    "currency": Field(min_length=3, max_length=3),
    "type": Field(),
    "customerId": Field(),
    "legalEntityId": Field(),
    "externalDiscounts": Field(kind=Kind.OBJECTS),
}
_CHANGE_SITE = {"siteCode": Field(required=True)}
_CHANGE_CURRENCY = {"currency": Field(required=True, min_length=3, max_length=3)}
_MERGE = {"carts": Field(kind=Kind.TEXTS, required=True)}


def _find(world: World, call: Call) -> Reply:
    shop, grant = world.shops.of(call.tenant), call.token.grant
    site, type = site_of(call.required("siteCode")), call.query.get("type")
    ours = {"sessionId": grant.session_id, "customerId": grant.customer_id, "legalEntityId": grant.legal_entity_id}
    if any(call.query.get(name, value) != value for name, value in ours.items()):
        raise not_found("Cart not found.")
    cart = find_cart(shop, grant, site, type)
    if cart is None and call.query.get("create", "").lower() == "true":
        wanted = effective(shop, grant.session_id).get("currency")
        currency = str(wanted) if wanted in site.currencies else site.currencies[0]
        cart = open_cart(shop, grant, site, currency, type)
    if cart is None:
        raise not_found("Cart not found.")
    return Reply(body=shown_cart(shop, cart, call))


def _create(world: World, call: Call) -> Reply:
    body = read_body(call, _CREATE)
    shop, grant = world.shops.of(call.tenant), call.token.grant
    if grant.customer_id is None and call.headers.get("session-id") != grant.session_id:
        raise invalid_field("session-id", "The session of the token has to be named.", type="missing_value")
    _demand_own(body, call)
    site = site_of(text(body, "siteCode") or effective(shop, grant.session_id).get("siteCode") or MAIN_SITE)
    currency = _currency_of(site, text(body, "currency"))
    if find_cart(shop, grant, site, text(body, "type") or None) is not None:
        raise conflict("There is a cart of this site and type already.")
    cart = open_cart(shop, grant, site, currency, text(body, "type") or None)
    cart.extras = _kept(body)
    location = f"/cart/{call.tenant}/carts/{cart.id}"
    return Reply(
        status=201,
        body={"cartId": cart.id, "yrn": cart_yrn(call.tenant, cart)},
        headers={"Location": location, "Version": str(cart.version)},
    )


def _search(world: World, call: Call) -> Reply:
    shop, grant = world.shops.of(call.tenant), call.token.grant
    return searched(call, [shown_cart(shop, one, call) for one in shop.carts.values() if is_owner(one, grant)])


def _get(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    return Reply(body=shown_cart(shop, cart, call))


def _update(world: World, call: Call) -> Reply:
    body = read_body(call, _UPDATE)
    shop, cart = own_cart(world, call)
    _demand_own(body, call)
    if "externalDiscounts" in body:
        raise forbidden("External discounts need the scope cart.cart_manage_external_prices.")
    site, type = site_of(cart.site), text(body, "type") or cart.type
    if type != cart.type and find_cart(shop, call.token.grant, site, type) is not None:
        raise conflict("There is a cart of this site and type already.")
    if currency := text(body, "currency"):
        cart.currency = _currency_of(site, currency)
        reprice(cart)
    cart.type = type
    cart.extras = {**cart.extras, **_kept(body)}
    changed(shop, cart)
    return Reply(status=204)


def _delete(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    close_cart(shop, cart)
    return Reply(status=204)


def close_cart(shop: Shop, cart: Cart) -> None:
    """Let a cart be no more."""
    del shop.carts[cart.id]
    lost_cart(shop, cart.id)


def _refresh(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    reprice(cart)
    changed(shop, cart)
    return Reply(status=204)


def _change_site(world: World, call: Call) -> Reply:
    body = read_body(call, _CHANGE_SITE)
    shop, cart = own_cart(world, call)
    site = site_of(text(body, "siteCode"))
    other = find_cart(shop, call.token.grant, site, cart.type)
    if other not in (None, cart):
        raise conflict("There is a cart of this site and type already.")
    cart.site = site.code
    cart.currency = cart.currency if cart.currency in site.currencies else site.currencies[0]
    reprice(cart)
    changed(shop, cart)
    return Reply()


def _change_currency(world: World, call: Call) -> Reply:
    body = read_body(call, _CHANGE_CURRENCY)
    shop, cart = own_cart(world, call)
    cart.currency = _currency_of(site_of(cart.site), text(body, "currency"))
    reprice(cart)
    changed(shop, cart)
    return Reply()


def _merge(world: World, call: Call) -> Reply:
    named = read_body(call, _MERGE)["carts"]
    shop, target = own_cart(world, call)
    session_id, guests = call.token.grant.session_id, []
    for id in dict.fromkeys(named if isinstance(named, list) else []):
        guest = shop.carts.get(id)
        if guest is None or guest.customer_id is not None or guest.session_id != session_id:
            raise not_found(f"Cart {id} not found.")
        guests.append(guest)
    for guest in guests:
        for item in guest.items.values():
            add_to(target, item.product_id, item.quantity, item.unit_cents, item.price_id, dict(item.extras))
        target.codes += [code for code in guest.codes if code not in target.codes]
        close_cart(shop, guest)
    reprice(target)
    changed(shop, target)
    return Reply()


def _delivery_restrictions(world: World, call: Call) -> Reply:
    own_cart(world, call)
    return Reply(body={"leadTime": 1, "nonDelivery": ["7"]})


def _validate(world: World, call: Call) -> Reply:
    _, cart = own_cart(world, call)
    stale = [item for item in cart.items.values() if not is_priced(cart, item)]
    if not stale:
        return Reply(body={"isValid": True})
    message = "The price is not valid any more."
    error: JsonObject = {"errorCode": "CART-ITEM-UNIT-PRICE-100001", "message": message, "field": "price.priceId"}
    return Reply(
        body={"isValid": False, "itemsValidationDetails": [{"id": item.id, "errors": [error]} for item in stale]}
    )


def _kept(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name in _KEPT}


def _currency_of(site: Site, currency: str) -> str:
    if currency not in site.currencies:
        raise invalid(
            Detail(field="currency", type="invalid_value", message="The site does not sell in this currency.")
        )
    return currency


def _demand_own(body: JsonObject, call: Call) -> None:
    grant = call.token.grant
    if text(body, "customerId") not in {"", grant.customer_id}:
        raise forbidden("This is another customer.")
    if text(body, "legalEntityId") not in {"", grant.legal_entity_id}:
        raise forbidden("The token is not for this legal entity.")


_OWN = "/cart/{tenant}/carts"
_ONE = f"{_OWN}/{{cartId}}"
SERVED = (
    serve(StorefrontOperation.CART, "GET", _OWN, VISITOR, _find),
    serve(StorefrontOperation.CART_CREATE, "POST", _OWN, VISITOR, _create),
    serve(StorefrontOperation.CARTS_SEARCH, "POST", f"{_OWN}/search", CUSTOMER, _search),
    serve(StorefrontOperation.CART_BY_ID, "GET", _ONE, VISITOR, _get),
    serve(StorefrontOperation.CART_UPDATE, "PUT", _ONE, VISITOR, _update),
    serve(StorefrontOperation.CART_DELETE, "DELETE", _ONE, VISITOR, _delete),
    serve(StorefrontOperation.CART_REFRESH, "PUT", f"{_ONE}/refresh", VISITOR, _refresh),
    serve(StorefrontOperation.CART_CHANGE_SITE, "POST", f"{_ONE}/changeSite", VISITOR, _change_site),
    serve(StorefrontOperation.CART_CHANGE_CURRENCY, "POST", f"{_ONE}/changeCurrency", VISITOR, _change_currency),
    serve(StorefrontOperation.CART_MERGE, "POST", f"{_ONE}/merge", CUSTOMER, _merge),
    serve(StorefrontOperation.CART_VALIDATE, "GET", f"{_ONE}/validate", VISITOR, _validate),
    serve(
        StorefrontOperation.CART_DELIVERY_RESTRICTIONS, "GET", f"{_ONE}/dtRestrictions", VISITOR, _delivery_restrictions
    ),
)
