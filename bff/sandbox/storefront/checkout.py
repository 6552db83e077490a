"""The checkout: turns a cart, or a quote that was accepted, into an order, once."""

from __future__ import annotations

from bff.sandbox.bodies import Field, Kind, Schema, nested, read_body, text
from bff.sandbox.replies import Detail, JsonObject, Refused, Reply, conflict, error_message, invalid, invalid_field
from bff.sandbox.storefront.availability import left, take
from bff.sandbox.storefront.cart_book import own_cart
from bff.sandbox.storefront.carts import close_cart
from bff.sandbox.storefront.coupons import redeem
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.orders import order_of
from bff.sandbox.storefront.payment import payment_details
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.quotes import accepted_quote, ordered
from bff.sandbox.storefront.rewards import earn
from bff.sandbox.storefront.saas import HEADER, demand_saas_token
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.storefront.shipping import shipping_cents
from bff.sandbox.storefront.state import Cart, Owned, Shop
from bff.sandbox.storefront.totals import is_priced, totals
from bff.sandbox.world import Call, World

_PAYMENTS = Field(kind=Kind.OBJECTS, required=True)
_CUSTOMER = Field(
    kind=Kind.OBJECT,
    required=True,
    properties={
        **dict.fromkeys(("id", "title", "firstName", "middleName", "lastName", "contactPhone", "company"), Field()),
        "email": Field(required=True, min_length=3),
        "guest": Field(kind=Kind.FLAG),
        "metadata": Field(kind=Kind.OBJECT),
        "mixins": Field(kind=Kind.OBJECT),
    },
)
_SHIPPING = Field(
    kind=Kind.OBJECT,
    required=True,
    properties={
        "methodId": Field(required=True),
        "zoneId": Field(required=True),
        "methodName": Field(required=True),
        "amount": Field(kind=Kind.NUMBER, required=True),
        "shippingTaxCode": Field(),
    },
)
_OF_A_CART: Schema = {
    "cartId": Field(required=True),
    "paymentMethods": _PAYMENTS,
    "currency": Field(min_length=3, max_length=3),
    "shipping": _SHIPPING,
    "addresses": Field(kind=Kind.OBJECTS, required=True),
    "customer": _CUSTOMER,
    "deliveryWindowId": Field(),
}
_OF_A_QUOTE: Schema = {
    "quoteId": Field(required=True),
    "paymentMethods": _PAYMENTS,
    "deliveryWindowId": Field(),
}
_EITHER: Schema = {"quoteId": Field(), "cartId": Field()}
_ADDRESS = ("contactName", "street", "zipCode", "city", "country", "type")


def _order(world: World, call: Call) -> Reply:
    is_guest = call.token.grant.customer_id is None
    if not is_guest:
        demand_saas_token(world, call)
    elif HEADER in call.headers:
        raise invalid_field(HEADER, "The header saas-token does not go with a guest's token.")
    if text(read_body(call, _EITHER), "quoteId"):
        return _order_quote(world, call)
    body = read_body(call, _OF_A_CART)
    customer = nested(body, "customer")
    if (customer.get("guest") is True) is not is_guest:
        raise invalid_field("customer.guest", "customer.guest has to be true for a guest, and for nobody else.")
    _demand_complete(body)
    shop, cart = own_cart(world, call, text(body, "cartId"))
    _demand_ready(shop, cart, text(body, "currency"))
    shipping = nested(body, "shipping")
    fee = shipping_cents(cart, text(shipping, "zoneId"), text(shipping, "methodId"))
    if fee is None:
        raise invalid_field("shipping.methodId", "There is no such zone and method on the site of the cart.")
    order = order_of(shop, cart, body, fee, call)
    shop.orders[str(order.document["id"])] = order
    _settle(shop, cart, order)
    return _placed(shop, order, body)


def _order_quote(world: World, call: Call) -> Reply:
    body = read_body(call, _OF_A_QUOTE)
    shop, quote = accepted_quote(world, call, text(body, "quoteId"))
    cart, sent = ordered(shop, quote)
    order = order_of(shop, cart, {**sent, **body}, 0, call)
    shop.orders[str(order.document["id"])] = order
    quote.document["orderId"] = order.document["id"]
    quote.document["status"] = {"value": "CLOSED"}
    _settle(shop, cart, order)
    return _placed(shop, order, body)


def _placed(shop: Shop, order: Owned, body: JsonObject) -> Reply:
    methods = body["paymentMethods"]
    method = methods[0] if isinstance(methods, list) else {}
    return Reply(
        body={
            "orderId": order.document["id"],
            "paymentDetails": payment_details(method, str(order.document["id"])),
            "checkoutId": "",
        }
    )


def _settle(shop: Shop, cart: Cart, order: Owned) -> None:
    """Let the order have its effects elsewhere."""
    of_it = totals(shop, cart)
    for line in of_it.lines:
        take(shop, line.product.id, of_it.site, line.item.quantity)
    for discount in of_it.discounts:
        if discount.coupon is not None:
            redeem(shop, discount.code)
    if order.customer_id is not None:
        earn(shop, order.customer_id, str(order.document["id"]), of_it.final.gross_cents // 100)
    if cart.id in shop.carts:
        close_cart(shop, cart)


def _demand_complete(body: JsonObject) -> None:
    problems = []
    addresses = body["addresses"]
    for index, address in enumerate(addresses if isinstance(addresses, list) else []):
        for name in _ADDRESS:
            if not isinstance(address.get(name), str) or not address[name]:
                path = f"addresses[{index}].{name}"
                problems.append(Detail(field=path, type="missing_value", message=f"{path} is required."))
    if not addresses:
        problems.append(Detail(field="addresses", type="missing_value", message="An address is required."))
    methods = body["paymentMethods"]
    if not isinstance(methods, list) or not methods or not all(text(one, "provider") for one in methods):
        message = "A payment method with its provider is required."
        problems.append(Detail(field="paymentMethods", type="missing_value", message=message))
    if problems:
        raise invalid(*problems)


def _demand_ready(shop: Shop, cart: Cart, currency: str) -> None:
    if not cart.items:
        raise Refused(error_message(400, "bad_request", "The cart is empty."))
    if currency not in {"", cart.currency}:
        raise invalid_field("currency", "The cart is in another currency.")
    if not all(is_priced(cart, item) for item in cart.items.values()):
        raise conflict("A price in the cart is not valid any more.")
    for line in totals(shop, cart).lines:
        if line.item.quantity > left(shop, line.product, SITES[cart.site]):
            raise conflict(f"There is not enough left of {line.product.id}.")


SERVED = (serve(StorefrontOperation.CHECKOUT_ORDER, "POST", "/checkout/{tenant}/checkouts/order", VISITOR, _order),)
