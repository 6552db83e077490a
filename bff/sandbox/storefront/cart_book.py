"""Which cart is whose, and how one is shown. A foreign cart is as unknown as one that is not there."""

from __future__ import annotations

from bff.sandbox.replies import JsonObject, not_found
from bff.sandbox.storefront.contexts import has_cart
from bff.sandbox.storefront.goods import item_yrn
from bff.sandbox.storefront.money import amount, price
from bff.sandbox.storefront.places import Site
from bff.sandbox.storefront.state import Cart, Shop, new_id
from bff.sandbox.storefront.totals import Line, Totals, totals
from bff.sandbox.tokens import Grant
from bff.sandbox.world import Call, World


def is_owner(cart: Cart, grant: Grant) -> bool:
    """Say whether a cart belongs to whom a token was issued for."""
    if grant.customer_id is None:
        return cart.customer_id is None and cart.session_id == grant.session_id
    return cart.customer_id == grant.customer_id and cart.legal_entity_id == grant.legal_entity_id


def own_cart(world: World, call: Call, cart_id: str | None = None) -> tuple[Shop, Cart]:
    """Return a cart of the bearer's owner.

    :param cart_id: None: that of the path
    :raises Refused: 404: there is none
    """
    shop, id = world.shops.of(call.tenant), call.path["cartId"] if cart_id is None else cart_id
    cart = shop.carts.get(id)
    if cart is None or not is_owner(cart, call.token.grant):
        raise not_found(f"Cart {id} not found.")
    return shop, cart


def find_cart(shop: Shop, grant: Grant, site: Site, type: str | None) -> Cart | None:
    """Return the one cart of an owner, a site and a type."""
    for cart in shop.carts.values():
        if is_owner(cart, grant) and cart.site == site.code and cart.type == type:
            return cart
    return None


def open_cart(shop: Shop, grant: Grant, site: Site, currency: str, type: str | None) -> Cart:
    """Begin a cart."""
    time = shop.time()
    cart = Cart(
        id=new_id(),
        session_id=grant.session_id,
        customer_id=grant.customer_id,
        legal_entity_id=grant.legal_entity_id,
        site=site.code,
        currency=currency,
        type=type,
        created=time,
        modified=time,
    )
    shop.carts[cart.id] = cart
    has_cart(shop, grant.session_id, cart)
    return cart


def changed(shop: Shop, cart: Cart) -> None:
    """Note that a cart is not what it was."""
    cart.version += 1
    cart.modified = shop.time()


def cart_yrn(tenant: str, cart: Cart) -> str:
    """Return the name that the platform gives a cart."""
    return f"urn:yaas:hybris:cart:cart:{tenant};{cart.id}"


def shown_cart(shop: Shop, cart: Cart, call: Call) -> JsonObject:
    """Return a cart as its owner sees it: with the owner's session and customer in it, as the service has them."""
    of_it = totals(shop, cart)
    document: JsonObject = {
        "id": cart.id,
        "yrn": cart_yrn(call.tenant, cart),
        "sessionId": call.token.grant.session_id,
        "siteCode": cart.site,
        "currency": cart.currency,
        "status": "OPEN",
        **cart.extras,
        "items": [shown_line(line, of_it, call.tenant) for line in of_it.lines],
        "discounts": shown_discounts(of_it),
        **of_it.spelled(),
        "leadTime": 0,
        "metadata": {
            "version": cart.version,
            "createdAt": cart.created,
            "modifiedAt": cart.modified,
            "calculatedAt": shop.time(),
        },
    }
    optional = {"customerId": cart.customer_id, "legalEntityId": cart.legal_entity_id, "type": cart.type}
    return {**document, **{name: value for name, value in optional.items() if value is not None}}


def shown_line(line: Line, of_it: Totals, tenant: str) -> JsonObject:
    """Return one line of a cart."""
    item, product, currency = line.item, line.product, of_it.currency
    tax: JsonObject = {"taxCode": product.tax_class, "taxRate": line.rate}
    unit = amount(item.unit_cents)
    return {
        "id": item.id,
        "type": "INTERNAL",
        "itemYrn": item_yrn(tenant, product.id),
        "product": {
            "id": product.id,
            "code": product.id.upper(),
            "sku": product.id.upper(),
            "name": product.name.in_language("en"),
            "localizedName": dict(product.name.by_language),
            "images": [product.image],
        },
        "quantity": item.quantity,
        "effectiveQuantity": item.quantity,
        "price": {"priceId": item.price_id, "originalAmount": unit, "effectiveAmount": unit, "currency": currency},
        "itemPrice": price(line.cents, currency),
        "totalDiscount": price(line.discount_cents, currency),
        "fees": {"total": {"subTotal": amount(line.fee_cents), "total": amount(line.fee_cents)}},
        "calculatedPrice": {
            "price": {**line.before.spelled(), **tax},
            "finalPrice": {**line.final.spelled(), **tax},
        },
        **item.extras,
    }


def shown_discounts(of_it: Totals) -> list[JsonObject]:
    """Return the coupons of a cart."""
    return [
        {
            "id": str(index),
            "discountIndex": index,
            "code": one.code,
            "name": one.code if one.coupon is None else one.coupon["name"],
            "amount": amount(one.cents),
            "currency": of_it.currency,
            "calculationType": "ApplyDiscountBeforeTax",
            "discountCalculationType": "SUBTOTAL",
            "valid": one.coupon is not None,
        }
        for index, one in enumerate(of_it.discounts)
    ]
