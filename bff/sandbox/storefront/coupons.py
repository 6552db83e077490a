"""Coupons: the shop's own, and those made for one customer."""

from __future__ import annotations

from typing import Final

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Refused, Reply, error_message, forbidden, not_found
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import Shop, new_id
from bff.sandbox.world import Call, World

_MONEY = Field(
    kind=Kind.OBJECT, required=True, properties={"amount": Field(kind=Kind.NUMBER, required=True), "currency": Field()}
)
_REDEMPTION = {
    "orderCode": Field(),
    "customerNumber": Field(),
    "legalEntityId": Field(),
    "orderTotal": _MONEY,
    "discount": _MONEY,
}


def coupon(
    code: str, name: str, *, percent: int = 0, cents: int = 0, issued_to: str | None = None, **more: object
) -> JsonObject:
    """Make a coupon that is good."""
    kind: JsonObject = {"discountType": "PERCENT", "discountPercentage": percent}
    if not percent:
        kind = {"discountType": "ABSOLUTE", "discountAbsolute": {"amount": cents / 100, "currency": "EUR"}}
    document: JsonObject = {
        "code": code,
        "name": name,
        "description": name,
        **kind,
        "allowAnonymous": issued_to is None,
        "maxRedemptions": -1 if issued_to is None else 1,
        "maxRedemptionsPerCustomer": -1,
        "discountCalculationType": "SUBTOTAL",
        "categoryRestricted": False,
        "segmentRestricted": False,
        "restrictions": {"validFor": []},
        "referralCoupon": False,
        "deleted": False,
        "status": "VALID",
        "mixins": {},
        "metadata": {"version": 1, "mixins": {}},
        **more,
    }
    return document if issued_to is None else {**document, "issuedTo": issued_to}


_OF_THE_SHOP: Final = {
    str(one["code"]): one
    for one in (
        coupon("WELCOME10", "10 % off", percent=10),
        coupon("FIVER", "5 off", cents=500, restrictions={"minOrderValue": {"amount": 20.0, "currency": "EUR"}}),
        coupon("MEMBERS", "20 % off for customers", percent=20, allowAnonymous=False),
        coupon("BYGONE", "No longer good", percent=50, status="EXPIRED"),
    )
}


def coupon_of(shop: Shop, code: str, customer_id: str | None) -> JsonObject:
    """Return a coupon that somebody may know of.

    :raises Refused: 404: there is none, or it is another customer's
    """
    found = _OF_THE_SHOP.get(code) or shop.coupons.get(code)
    if found is None or found.get("issuedTo", customer_id) != customer_id:
        raise not_found(f"Coupon {code} not found.")
    return {**found, "redemptionCount": shop.redemptions.get(code, 0)}


def usable_coupon(shop: Shop, code: str, customer_id: str | None) -> JsonObject:
    """Return a coupon that may be used now.

    :raises Refused: 404: as `coupon_of`; 403: it is for customers; 400: it is used up or has expired
    """
    found = coupon_of(shop, code, customer_id)
    if customer_id is None and found["allowAnonymous"] is not True:
        raise forbidden("The coupon is for customers.")
    most = found["maxRedemptions"]
    used_up = isinstance(most, int) and 0 <= most <= shop.redemptions.get(code, 0)
    if used_up or found["status"] != "VALID":
        raise Refused(error_message(400, "coupon_invalid", f"The coupon {code} is no longer good."))
    return found


def redeem(shop: Shop, code: str) -> None:
    """Count one use."""
    shop.redemptions[code] = shop.redemptions.get(code, 0) + 1


def _named(world: World, call: Call) -> tuple[Shop, str, str]:
    customer = call.customer(world)
    number = call.query.get("customerNumber", customer.id)
    if number != customer.id:
        raise forbidden("This is another customer.")
    return world.shops.of(call.tenant), call.path["code"], customer.id


def _get(world: World, call: Call) -> Reply:
    return Reply(body=coupon_of(*_named(world, call)))


def _validate(world: World, call: Call) -> Reply:
    _checked(world, call)
    return Reply()


def _redeem(world: World, call: Call) -> Reply:
    _checked(world, call)
    redeem(world.shops.of(call.tenant), call.path["code"])
    return Reply(status=201, body={"id": new_id()})


def _checked(world: World, call: Call) -> None:
    """Make sure that the coupon may be used for this order."""
    body = read_body(call, _REDEMPTION)
    shop, code, customer_id = _named(world, call)
    if text(body, "customerNumber") not in {"", customer_id}:
        raise forbidden("This is another customer.")
    found = usable_coupon(shop, code, customer_id)
    least, total = (
        nested(nested(found, "restrictions"), "minOrderValue").get("amount"),
        nested(body, "orderTotal")["amount"],
    )
    if isinstance(least, float) and isinstance(total, int | float) and total < least:
        raise Refused(error_message(400, "coupon_invalid", f"The coupon needs an order of {least}."))


def _referral(world: World, call: Call) -> Reply:
    customer = call.customer(world)
    if call.path["customerNumber"] != customer.id:
        raise forbidden("This is another customer.")
    if customer.legal_entities:
        return Reply(status=204)
    shop, code = world.shops.of(call.tenant), f"FRIEND-{customer.id}"
    if code not in shop.coupons:
        shop.coupons[code] = coupon(code, "For friends", cents=800, issued_to=customer.id, referralCoupon=True)
    return Reply(body=coupon_of(shop, code, customer.id))


_ONE = "/coupon/{tenant}/coupons/{code}"
SERVED = (
    serve(StorefrontOperation.COUPON, "GET", _ONE, CUSTOMER, _get),
    serve(StorefrontOperation.COUPON_VALIDATE, "POST", f"{_ONE}/validation", CUSTOMER, _validate),
    serve(StorefrontOperation.COUPON_REDEEM, "POST", f"{_ONE}/redemptions", CUSTOMER, _redeem),
    serve(
        StorefrontOperation.REFERRAL_COUPON,
        "GET",
        "/coupon/{tenant}/referral-coupons/{customerNumber}",
        CUSTOMER,
        _referral,
    ),
)
