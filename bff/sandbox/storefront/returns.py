"""Returns: a customer sends back what was ordered; each write asks for the saas token."""

from __future__ import annotations

import uuid

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Refused, Reply, conflict, error_message, invalid_field
from bff.sandbox.storefront.listing import listed
from bff.sandbox.storefront.money import quantity_of
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.orders import own_order
from bff.sandbox.storefront.patches import all_ours, bumped, metadata, new_owned, ours, patch
from bff.sandbox.storefront.saas import demand_saas_token
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import Owned, Shop
from bff.sandbox.world import Call, World

_REASON = Field(kind=Kind.OBJECT, required=True, properties={"code": Field(), "details": Field()})
_CREATE = {
    "orders": Field(kind=Kind.OBJECTS, required=True),
    "reason": _REASON,
    "mixins": Field(kind=Kind.OBJECT),
    "metadata": Field(kind=Kind.OBJECT, properties={"mixins": Field(kind=Kind.OBJECT)}),
}
_REPLACE = {
    **_CREATE,
    "metadata": Field(
        kind=Kind.OBJECT,
        required=True,
        properties={"version": Field(kind=Kind.WHOLE_NUMBER, required=True), "mixins": Field(kind=Kind.OBJECT)},
    ),
}
_PENDING = "PENDING"
_PATHS = ("/reason", "/orders", "/mixins")


def _demand_ordered(world: World, call: Call, body: JsonObject) -> None:
    """Make sure that all of it was ordered by this customer, and as much of it.

    :raises Refused: 404: an order is not theirs; 400: an item is not in it
    """
    orders = body["orders"]
    for order in orders if isinstance(orders, list) else []:
        entries = own_order(world, call, text(order, "id"))[1].document["entries"]
        amounts = {one["id"]: one["amount"] for one in entries} if isinstance(entries, list) else {}
        items = order.get("items")
        if not isinstance(items, list) or not items:
            raise invalid_field("orders.items", "An item is required.", type="missing_value")
        for item in items:
            quantity = quantity_of(item.get("quantity")) if isinstance(item, dict) else None
            if quantity is None or quantity > amounts.get(item.get("id"), 0):
                raise invalid_field("orders.items", "So many of this item were not ordered.")
    if not orders:
        raise invalid_field("orders", "An order is required.", type="missing_value")


def _named(world: World, call: Call) -> tuple[Shop, Owned]:
    shop = world.shops.of(call.tenant)
    return shop, ours(shop.returns, call, call.path["returnId"], "Return")


def _pending(world: World, call: Call) -> tuple[Shop, Owned]:
    """Return one that may still be changed.

    :raises Refused: 404: there is none; 400: it is not pending any more
    """
    shop, found = _named(world, call)
    if found.document["approvalStatus"] != _PENDING:
        raise Refused(error_message(400, "bad_request", "The return is not pending any more."))
    return shop, found


def _list(world: World, call: Call) -> Reply:
    return listed(call, all_ours(world.shops.of(call.tenant).returns, call))


def _create(world: World, call: Call) -> Reply:
    demand_saas_token(world, call)
    body = read_body(call, _CREATE)
    _demand_ordered(world, call, body)
    shop, id, customer = world.shops.of(call.tenant), str(uuid.uuid4()), call.customer(world)
    document: JsonObject = {
        **body,
        "id": id,
        "approvalStatus": _PENDING,
        "received": False,
        "requestor": {"customerId": customer.id, "anonymous": False},
        "metadata": {**metadata(shop), **nested(body, "metadata")},
    }
    shop.returns[id] = new_owned(call, document)
    return Reply(status=201, body={"id": id})


def _get(world: World, call: Call) -> Reply:
    return Reply(body=_named(world, call)[1].document)


def _replace(world: World, call: Call) -> Reply:
    demand_saas_token(world, call)
    body = read_body(call, _REPLACE)
    shop, found = _pending(world, call)
    version = nested(found.document, "metadata").get("version")
    if nested(body, "metadata")["version"] != version:
        raise conflict(f"The version of the return is {version}.")
    _demand_ordered(world, call, body)
    kept = {name: value for name, value in body.items() if name != "metadata"}
    found.document = {**found.document, **kept}
    bumped(shop, found.document)
    return Reply(status=204)


def _update(world: World, call: Call) -> Reply:
    demand_saas_token(world, call)
    patch(*_pending(world, call), call, paths=_PATHS, any_case=False)
    return Reply(status=204)


def _close(world: World, call: Call) -> Reply:
    demand_saas_token(world, call)
    shop, found = _named(world, call)
    found.document = {**found.document, "approvalStatus": "CLOSED"}
    bumped(shop, found.document)
    return Reply(status=204)


_OWN = "/return/{tenant}/returns"
_ONE = f"{_OWN}/{{returnId}}"
SERVED = (
    serve(StorefrontOperation.RETURNS, "GET", _OWN, CUSTOMER, _list),
    serve(StorefrontOperation.RETURN_CREATE, "POST", _OWN, CUSTOMER, _create),
    serve(StorefrontOperation.RETURN_BY_ID, "GET", _ONE, CUSTOMER, _get),
    serve(StorefrontOperation.RETURN_REPLACE, "PUT", _ONE, CUSTOMER, _replace),
    serve(StorefrontOperation.RETURN_UPDATE, "PATCH", _ONE, CUSTOMER, _update),
    serve(StorefrontOperation.RETURN_CLOSE, "DELETE", _ONE, CUSTOMER, _close),
)
