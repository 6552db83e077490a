"""The lines and the coupons of a cart."""

from __future__ import annotations

import json

from bff.sandbox.bodies import JSON, Field, nested, read_body, text
from bff.sandbox.replies import (
    Detail,
    JsonObject,
    Refused,
    Reply,
    conflict,
    forbidden,
    invalid,
    invalid_field,
    not_found,
    unsupported_media_type,
)
from bff.sandbox.storefront.cart_book import changed, own_cart, shown_discounts, shown_line
from bff.sandbox.storefront.coupons import usable_coupon
from bff.sandbox.storefront.goods import PRODUCTS, item_yrn, product_of
from bff.sandbox.storefront.money import amount, quantity_of
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.prices import price_id, unit_cents
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.storefront.state import Cart, Item
from bff.sandbox.storefront.totals import totals
from bff.sandbox.world import Call, World

_MOST_ADDED = 200
_MOST_UPDATED = 50
_PRIVILEGED = ("externalFees", "externalDiscounts")
_COUPON = {"code": Field(required=True, min_length=1)}


def add_to(
    cart: Cart, product_id: str, quantity: float, cents: int, price: str, extras: JsonObject, *, apart: bool = False
) -> Item:
    """Put some of a product into a cart, on the line that it has unless that is to be kept apart."""
    for item in cart.items.values():
        if item.product_id == product_id and not apart:
            item.quantity += quantity
            return item
    item = Item(
        id=str(cart.next_item),
        product_id=product_id,
        quantity=quantity,
        price_id=price,
        unit_cents=cents,
        extras=extras,
    )
    cart.items[item.id] = item
    cart.next_item += 1
    return item


def _added(cart: Cart, body: JsonObject) -> Item:
    """Put into a cart what a request names."""
    quantity = _quantity(body)
    _demand_unprivileged(body)
    named = str(nested(body, "product").get("id") or product_of(text(body, "itemYrn")))
    product = PRODUCTS.get(named)
    if product is None or (product.for_companies and cart.legal_entity_id is None):
        raise invalid_field("product.id", f"There is no product {named!r}.")
    site = SITES[cart.site]
    cents = unit_cents(product, site, cart.currency, cart.legal_entity_id)
    if cents is None:
        raise invalid_field("price", "The product is not sold on this site in this currency.")
    fitting = price_id(product, site, cart.currency)
    sent = nested(body, "price")
    if sent and (sent.get("priceId") != fitting or sent.get("effectiveAmount", amount(cents)) != amount(cents)):
        raise invalid_field("price", "This is not the price of the product.")
    extras = {name: body[name] for name in ("metadata", "mixins") if isinstance(body.get(name), dict)}
    return add_to(cart, product.id, quantity, cents, fitting, extras, apart=body.get("keepAsSeparateLineItem") is True)


def _updated(cart: Cart, item: Item, body: JsonObject, *, partial: bool) -> None:
    """Make a line what a request says."""
    _demand_unprivileged(body)
    if "quantity" in body or not partial:
        item.quantity = _quantity(body)
    item.extras.update({name: body[name] for name in ("metadata", "mixins") if isinstance(body.get(name), dict)})


def _quantity(body: JsonObject) -> float:
    quantity = quantity_of(body.get("quantity"))
    if quantity is None:
        raise invalid_field("quantity", "The quantity has to be a number above zero.")
    return quantity


def _demand_unprivileged(body: JsonObject) -> None:
    if any(name in body for name in _PRIVILEGED) or body.get("itemType") == "EXTERNAL":
        raise forbidden("External prices need the scope cart.cart_manage_external_prices.")


def _body(call: Call) -> object:
    if call.media_type != JSON:
        raise unsupported_media_type(call.media_type)
    try:
        return json.loads(call.body)
    except (ValueError, RecursionError):
        raise invalid(Detail(field="", type="invalid_json", message="The body is not JSON.")) from None


def _object(call: Call) -> JsonObject:
    body = _body(call)
    if not isinstance(body, dict):
        raise invalid_field("", "The body has to be an object.")
    return body


def _objects(call: Call, most: int) -> list[JsonObject]:
    body = _body(call)
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body) or not 1 <= len(body) <= most:
        raise invalid_field("", f"The body has to be an array of 1 to {most} objects.")
    return body


def _own_item(cart: Cart, id: object) -> Item:
    item = cart.items.get(id) if isinstance(id, str) else None
    if item is None:
        raise not_found(f"Item {id} of cart {cart.id} not found.")
    return item


def _list_items(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    of_it = totals(shop, cart)
    return Reply(body=[shown_line(line, of_it, call.tenant) for line in of_it.lines])


def _get_item(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    item, of_it = _own_item(cart, call.path["itemId"]), totals(shop, cart)
    return Reply(body=next(shown_line(line, of_it, call.tenant) for line in of_it.lines if line.item is item))


def _add_item(world: World, call: Call) -> Reply:
    site = call.required("siteCode")
    shop, cart = own_cart(world, call)
    if site != cart.site:
        raise invalid_field("siteCode", "The cart is of another site.")
    item = _added(cart, _object(call))
    changed(shop, cart)
    return Reply(
        status=201,
        body={"itemId": item.id, "yrn": item_yrn(call.tenant, item.product_id)},
        headers={"Location": f"/carts/{cart.id}/items/{item.id}"},
    )


def _update_item(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    item, body = _own_item(cart, call.path["itemId"]), _object(call)
    _updated(cart, item, body, partial=call.query.get("partial", "").lower() == "true")
    changed(shop, cart)
    return Reply(status=204)


def _delete_item(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    del cart.items[_own_item(cart, call.path["itemId"]).id]
    changed(shop, cart)
    return Reply(status=204)


def _delete_items(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    cart.items.clear()
    changed(shop, cart)
    return Reply(status=204)


def _add_items(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    outcomes: list[JsonObject] = []
    for index, body in enumerate(_objects(call, _MOST_ADDED)):
        try:
            item = _added(cart, body)
        except Refused as refusal:
            outcomes.append({"index": index, "status": refusal.reply.status, "errorMessage": _why(refusal)})
        else:
            outcomes.append(
                {
                    "index": index,
                    "status": 201,
                    "id": item.id,
                    "headers": {"location": f"/carts/{cart.id}/items/{item.id}"},
                    "yrn": item_yrn(call.tenant, item.product_id),
                }
            )
    changed(shop, cart)
    return Reply(body=outcomes)


def _update_items(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    outcomes: list[JsonObject] = []
    for index, body in enumerate(_objects(call, _MOST_UPDATED)):
        outcome: JsonObject = {"index": index, "id": str(body.get("id", ""))}
        try:
            _updated(cart, _own_item(cart, body.get("id")), body, partial=False)
        except Refused as refusal:
            code = refusal.reply.status
            status = "Not Found" if code == 404 else "Bad Request"
            outcomes.append({**outcome, "code": code, "status": status, "message": _why(refusal)})
        else:
            outcomes.append({**outcome, "code": 204, "status": "No Content"})
    changed(shop, cart)
    return Reply(status=207, body=outcomes)


def _why(refusal: Refused) -> str:
    body = refusal.reply.body
    return str(body.get("message")) if isinstance(body, dict) else ""


def _list_discounts(world: World, call: Call) -> Reply:
    return Reply(body=shown_discounts(totals(*own_cart(world, call))))


def _add_discount(world: World, call: Call) -> Reply:
    code = text(read_body(call, _COUPON), "code")
    shop, cart = own_cart(world, call)
    if code in cart.codes:
        raise conflict("The coupon is in the cart already.")
    usable_coupon(shop, code, cart.customer_id)
    cart.codes.append(code)
    changed(shop, cart)
    index = len(cart.codes) - 1
    body: JsonObject = {
        "yrn": f"urn:yaas:hybris:cart:discount:{call.tenant};{cart.id};{index}",
        "discountId": str(index),
        "discountIndex": index,
    }
    return Reply(status=201, body=body, headers={"Location": f"/carts/{cart.id}/discounts/{index}"})


def _delete_discounts(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    named = {one.strip() for one in call.query.get("codes", "").split(",") if one.strip()}
    cart.codes = [code for code in cart.codes if named and code not in named]
    changed(shop, cart)
    return Reply(status=204)


def _delete_discount(world: World, call: Call) -> Reply:
    shop, cart = own_cart(world, call)
    index = call.path["discountIndex"]
    if not (index.isascii() and index.isdecimal() and len(index) < 10) or int(index) >= len(cart.codes):
        raise not_found(f"Discount {index} of cart {cart.id} not found.")
    del cart.codes[int(index)]
    changed(shop, cart)
    return Reply(status=204)


_ONE = "/cart/{tenant}/carts/{cartId}"
_ITEMS = f"{_ONE}/items"
_ITEM = f"{_ITEMS}/{{itemId}}"
_DISCOUNTS = f"{_ONE}/discounts"
SERVED = (
    serve(StorefrontOperation.CART_ITEMS, "GET", _ITEMS, VISITOR, _list_items),
    serve(StorefrontOperation.CART_ITEM_ADD, "POST", _ITEMS, VISITOR, _add_item),
    serve(StorefrontOperation.CART_ITEMS_DELETE, "DELETE", _ITEMS, VISITOR, _delete_items),
    serve(StorefrontOperation.CART_ITEM, "GET", _ITEM, VISITOR, _get_item),
    serve(StorefrontOperation.CART_ITEM_UPDATE, "PUT", _ITEM, VISITOR, _update_item),
    serve(StorefrontOperation.CART_ITEM_DELETE, "DELETE", _ITEM, VISITOR, _delete_item),
    serve(StorefrontOperation.CART_ITEMS_ADD, "POST", f"{_ONE}/itemsBatch", VISITOR, _add_items),
    serve(StorefrontOperation.CART_ITEMS_UPDATE, "PUT", f"{_ONE}/itemsBatch", VISITOR, _update_items),
    serve(StorefrontOperation.CART_DISCOUNTS, "GET", _DISCOUNTS, VISITOR, _list_discounts),
    serve(StorefrontOperation.CART_DISCOUNT_ADD, "POST", _DISCOUNTS, VISITOR, _add_discount),
    serve(StorefrontOperation.CART_DISCOUNTS_DELETE, "DELETE", _DISCOUNTS, VISITOR, _delete_discounts),
    serve(
        StorefrontOperation.CART_DISCOUNT_DELETE, "DELETE", f"{_DISCOUNTS}/{{discountIndex}}", VISITOR, _delete_discount
    ),
)
