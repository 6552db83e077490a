"""Reward points: each customer has some from the start, an order brings more, and a coupon takes them."""

from __future__ import annotations

from typing import Final

from bff.sandbox.bodies import Field, read_body, text
from bff.sandbox.replies import JsonObject, Refused, Reply, error_message, not_found
from bff.sandbox.storefront.coupons import coupon
from bff.sandbox.storefront.goods import STOCKED
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import CUSTOMER, VISITOR, serve
from bff.sandbox.storefront.state import Shop, new_id
from bff.sandbox.world import Call, World

WELCOME_POINTS: Final = 250
_OPTIONS: Final = {"five-off": ("5 off", 100, 500), "ten-off": ("10 off", 180, 1000)}
"""Name, points and cents."""
_REDEEM = {"id": Field(required=True)}


def earn(shop: Shop, customer_id: str, order_id: str, points: int) -> None:
    """Give a customer the points of an order."""
    _added(shop, customer_id).append(_entry(shop, f"Order {order_id}", points, order_id))


def _entry(shop: Shop, description: str, points: int, reference: str) -> JsonObject:
    return {
        "id": new_id(),
        "reference-id": reference,
        "description": description,
        "points": points,
        "createdAt": shop.time(),
    }


def _added(shop: Shop, customer_id: str) -> list[JsonObject]:
    if customer_id not in shop.points_added:
        shop.points_added[customer_id] = [_entry(shop, "Welcome", WELCOME_POINTS, "welcome")]
    return shop.points_added[customer_id]


def _active(shop: Shop, customer_id: str) -> int:
    spent = shop.points_redeemed.get(customer_id, [])
    return sum(_points(one) for one in _added(shop, customer_id)) - sum(_points(one) for one in spent)


def _points(entry: JsonObject) -> int:
    points = entry["points"]
    return points if isinstance(points, int) else 0


def _get(world: World, call: Call) -> Reply:
    return Reply(body=_active(world.shops.of(call.tenant), call.customer(world).id))


def _get_summary(world: World, call: Call) -> Reply:
    shop, customer = world.shops.of(call.tenant), call.customer(world)
    summary = {
        "addedPointsList": list(_added(shop, customer.id)),
        "redeemedPointsList": list(shop.points_redeemed.get(customer.id, [])),
    }
    return Reply(body={"customerId": customer.id, "activePoints": _active(shop, customer.id), "summary": summary})


def _redeem(world: World, call: Call) -> Reply:
    shop, customer = world.shops.of(call.tenant), call.customer(world)
    option = _OPTIONS.get(text(read_body(call, _REDEEM), "id"))
    if option is None:
        raise not_found("There is no such option.")
    name, points, cents = option
    if points > _active(shop, customer.id):
        raise Refused(error_message(400, "bad_request", "There are not enough points."))
    code = f"POINTS-{new_id()[:8].upper()}"
    shop.coupons[code] = coupon(code, name, cents=cents, issued_to=customer.id)
    shop.points_redeemed.setdefault(customer.id, []).append(_entry(shop, name, points, code))
    return Reply(body={"code": code})


def _list_options(world: World, call: Call) -> Reply:
    options: list[JsonObject] = [
        {
            "id": id,
            "type": "coupon",
            "name": name,
            "description": name,
            "points": points,
            "coupon": coupon("", name, cents=cents),
            "metadata": {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED},
        }
        for id, (name, points, cents) in _OPTIONS.items()
    ]
    return Reply(body=options)


_OWN = "/reward-points/public/customer"
SERVED = (
    serve(StorefrontOperation.REWARD_POINTS, "GET", _OWN, CUSTOMER, _get),
    serve(StorefrontOperation.REWARD_POINTS_SUMMARY, "GET", f"{_OWN}/summary", CUSTOMER, _get_summary),
    serve(StorefrontOperation.REWARD_POINTS_REDEEM, "POST", f"{_OWN}/redeem", CUSTOMER, _redeem),
    serve(StorefrontOperation.REWARD_OPTIONS, "GET", "/reward-points/{tenant}/redeemOptions", VISITOR, _list_options),
)
