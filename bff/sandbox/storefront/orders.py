"""Orders: their owner's, and those of the company that a token is for."""

from __future__ import annotations

from bff.sandbox.bodies import Field, nested, read_body, text
from bff.sandbox.replies import JsonObject, Refused, Reply, error_message, forbidden, not_found
from bff.sandbox.storefront.availability import take
from bff.sandbox.storefront.goods import item_yrn
from bff.sandbox.storefront.listing import listed, shown
from bff.sandbox.storefront.money import Split, amount, price, split
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.saas import check_saas_token
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import Cart, Owned, Shop
from bff.sandbox.storefront.totals import Totals, totals
from bff.sandbox.world import Call, World

_CREATED = "CREATED"
_DECLINED = "DECLINED"
_TRANSITION = {"status": Field(required=True), "comment": Field()}


def order_of(shop: Shop, cart: Cart, body: JsonObject, shipping_cents: int, call: Call) -> Owned:
    """Make the order of a cart.

    :param body: what the checkout was sent
    """
    grant, of_it, time = call.token.grant, totals(shop, cart), shop.time()
    shipping = nested(body, "shipping")
    customer = {name: value for name, value in nested(body, "customer").items() if name != "guest"}
    if grant.customer_id is not None:
        customer["id"] = grant.customer_id
    goods, carried = of_it.final, split(shipping_cents, 0, includes_tax=True)
    document: JsonObject = {
        "id": f"KK{next(shop.order_numbers)}",
        "status": _CREATED,
        "created": time,
        "lastStatusChange": time,
        "cartId": cart.id,
        "siteCode": cart.site,
        "countryCode": SITES[cart.site].countries[0],
        "currency": cart.currency,
        "customer": customer,
        "entries": _entries(of_it, call.tenant),
        "discounts": [
            {"code": one.code, "amount": amount(one.cents), "currency": cart.currency} for one in of_it.discounts
        ],
        **_addresses(body),
        "payments": _payments(body, cart.currency, goods.gross_cents + shipping_cents),
        "shipping": {
            "total": price(shipping_cents, cart.currency),
            "lines": [
                {
                    "amount": amount(shipping_cents),
                    "currency": cart.currency,
                    "code": shipping.get("methodId", ""),
                    "name": shipping.get("methodName", ""),
                }
            ],
        },
        "subTotalPrice": amount(of_it.subtotal_cents),
        "totalPrice": amount(goods.gross_cents + shipping_cents),
        "calculatedPrice": _calculated(of_it, carried),
        "channel": cart.extras.get("channel", {}),
        "createdBy": grant.customer_id or "",
        "mixins": cart.extras.get("mixins", {}),
        "metadata": {"version": 1, "createdAt": time, "modifiedAt": time, "mixins": {}},
    }
    if grant.legal_entity_id is not None:
        document["legalEntityId"] = grant.legal_entity_id
    return Owned(
        document=document,
        customer_id=grant.customer_id,
        session_id=grant.session_id,
        legal_entity_id=grant.legal_entity_id,
    )


def _calculated(of_it: Totals, carried: Split) -> JsonObject:
    found: JsonObject = {"price": of_it.before.spelled(), "totalShipping": carried.spelled()}
    if of_it.discounts:
        off = of_it.before - of_it.discounted
        found["discountedPrice"] = of_it.discounted.spelled()
        found["totalDiscount"] = {"value": amount(of_it.discount_cents), "price": off.spelled()}
    if of_it.fee_cents:
        found["totalFee"] = (of_it.final - of_it.discounted).spelled()
    return {**found, "finalPrice": (of_it.final + carried).spelled()}


def _entries(of_it: Totals, tenant: str) -> list[JsonObject]:
    return [
        {
            "id": line.item.id,
            "itemYrn": item_yrn(tenant, line.product.id),
            "amount": line.item.quantity,
            "orderedAmount": line.item.quantity,
            "effectiveQuantity": line.item.quantity,
            "originalPrice": amount(line.item.unit_cents),
            "unitPrice": amount(line.item.unit_cents),
            "calculatedUnitPrice": split(
                line.item.unit_cents, line.rate, includes_tax=of_it.site.includes_tax
            ).spelled(),
            "totalPrice": amount(line.cents),
            "product": {
                "id": line.product.id,
                "sku": line.product.id.upper(),
                "name": line.product.name.in_language("en"),
                "localizedName": dict(line.product.name.by_language),
                "images": [line.product.image],
            },
            "price": {
                "priceId": line.item.price_id,
                "originalAmount": amount(line.item.unit_cents),
                "effectiveAmount": amount(line.item.unit_cents),
                "currency": of_it.currency,
            },
            "calculatedPrice": {"price": line.before.spelled(), "finalPrice": line.final.spelled()},
            "mixins": line.item.extras.get("mixins", {}),
        }
        for line in of_it.lines
    ]


def _addresses(body: JsonObject) -> JsonObject:
    found: JsonObject = {}
    addresses = body.get("addresses")
    for address in addresses if isinstance(addresses, list) else []:
        shown_address = {name: value for name, value in address.items() if name != "type"}
        found["billingAddress" if address.get("type") == "BILLING" else "shippingAddress"] = shown_address
    return found


def _payments(body: JsonObject, currency: str, cents: int) -> list[JsonObject]:
    methods = body.get("paymentMethods")
    return [
        {
            "status": "PENDING",
            "provider": one.get("provider"),
            "method": one.get("method", ""),
            "amount": amount(cents),
            "paidAmount": 0,
            "currency": currency,
        }
        for one in (methods if isinstance(methods, list) else [])
    ]


def own_order(world: World, call: Call, order_id: str | None = None) -> tuple[Shop, Owned]:
    """Return an order of the customer's; another's is as unknown as one that is not there.

    :raises Refused: 404: there is none; 403: a saas-token that is there is not the customer's
    """
    check_saas_token(world, call)
    customer, shop = call.customer(world), world.shops.of(call.tenant)
    id = call.path["orderId"] if order_id is None else order_id
    order = shop.orders.get(id)
    if order is None or order.customer_id != customer.id:
        raise not_found(f"Order {id} not found.")
    return shop, order


def _newest_first(orders: list[Owned]) -> list[JsonObject]:
    return [one.document for one in reversed(orders)]


def _list(world: World, call: Call) -> Reply:
    check_saas_token(world, call)
    customer, shop = call.customer(world), world.shops.of(call.tenant)
    return listed(call, _newest_first([one for one in shop.orders.values() if one.customer_id == customer.id]))


def _get(world: World, call: Call) -> Reply:
    return shown(call, own_order(world, call)[1].document)


def _list_transitions(world: World, call: Call) -> Reply:
    _, order = own_order(world, call)
    return Reply(body=[{"status": _DECLINED}] if order.document["status"] == _CREATED else [])


def _transition(world: World, call: Call) -> Reply:
    wanted = text(read_body(call, _TRANSITION), "status")
    shop, order = own_order(world, call)
    if wanted != _DECLINED or order.document["status"] != _CREATED:
        message = f"An order cannot go from {order.document['status']} to {wanted}."
        raise Refused(error_message(400, "bad_request", message))
    order.document["status"] = _DECLINED
    order.document["lastStatusChange"] = shop.time()
    entries = order.document["entries"]
    for entry in entries if isinstance(entries, list) else []:
        take(shop, entry["product"]["id"], SITES[str(order.document["siteCode"])], -entry["amount"])
    return Reply(status=204)


def _of_company(world: World, call: Call) -> list[Owned]:
    check_saas_token(world, call)
    entity, shop = call.token.grant.legal_entity_id, world.shops.of(call.tenant)
    if call.path["legalEntityId"] != entity:
        raise forbidden("The token is not for this legal entity.")
    return [one for one in shop.orders.values() if one.legal_entity_id == entity]


def _list_of_company(world: World, call: Call) -> Reply:
    return listed(call, _newest_first(_of_company(world, call)))


def _get_of_company(world: World, call: Call) -> Reply:
    for order in _of_company(world, call):
        if order.document["id"] == call.path["orderId"]:
            return shown(call, order.document)
    raise not_found(f"Order {call.path['orderId']} not found.")


_OWN = "/order-v2/{tenant}/orders"
_ONE = f"{_OWN}/{{orderId}}"
_COMPANY = "/order-v2/{tenant}/legal-entity-orders/{legalEntityId}"
SERVED = (
    serve(StorefrontOperation.ORDERS, "GET", _OWN, CUSTOMER, _list),
    serve(StorefrontOperation.ORDER, "GET", _ONE, CUSTOMER, _get),
    serve(StorefrontOperation.ORDER_TRANSITIONS, "GET", f"{_ONE}/transitions", CUSTOMER, _list_transitions),
    serve(StorefrontOperation.ORDER_TRANSITION_CREATE, "POST", f"{_ONE}/transitions", CUSTOMER, _transition),
    serve(StorefrontOperation.COMPANY_ORDERS, "GET", _COMPANY, CUSTOMER, _list_of_company),
    serve(StorefrontOperation.COMPANY_ORDER, "GET", f"{_COMPANY}/{{orderId}}", CUSTOMER, _get_of_company),
)
