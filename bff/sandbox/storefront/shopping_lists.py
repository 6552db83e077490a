"""Shopping lists: a customer has some, each under a name of its own."""

from __future__ import annotations

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Reply, conflict, forbidden, invalid_field, not_found
from bff.sandbox.storefront.money import quantity_of
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.world import Call, World

_LIST = {
    "name": Field(required=True, min_length=1),
    "items": Field(kind=Kind.OBJECTS),
    "customerId": Field(),
    "mixins": Field(kind=Kind.OBJECT),
    "metadata": Field(kind=Kind.OBJECT),
}


def _own(world: World, call: Call) -> dict[str, JsonObject]:
    """Return the customer's lists by name.

    :raises Refused: 403: the path names another customer
    """
    customer = call.customer(world)
    if call.path.get("customerId", customer.id) != customer.id:
        raise forbidden("This is another customer.")
    return world.shops.of(call.tenant).shopping_lists.setdefault(customer.id, {})


def _read(call: Call) -> JsonObject:
    body = read_body(call, _LIST)
    items = body.get("items", [])
    for item in items if isinstance(items, list) else []:
        if not text(item, "productId") or quantity_of(item.get("quantity")) is None:
            raise invalid_field("items", "Each item has a product and a quantity above zero.")
    return body


def _document(body: JsonObject, version: int) -> JsonObject:
    kept = {name: value for name, value in body.items() if name in {"name", "items", "mixins"}}
    return {"items": [], **kept, "metadata": {"version": version}}


def _list(world: World, call: Call) -> Reply:
    wanted, lists = call.query.get("name"), _own(world, call)
    shown = {name: document for name, document in lists.items() if wanted in (None, name)}
    return Reply(body=[{"customerId": call.customer(world).id, **shown}] if shown else [])


def _create(world: World, call: Call) -> Reply:
    body, lists, customer = _read(call), _own(world, call), call.customer(world)
    if text(body, "customerId") not in {"", customer.id}:
        raise forbidden("This is another customer.")
    name = text(body, "name")
    if name in lists:
        raise conflict(f"There is a list {name!r} already.")
    lists[name] = _document(body, 1)
    return Reply(status=201, body={"id": customer.id})


def _update(world: World, call: Call) -> Reply:
    body, lists = _read(call), _own(world, call)
    old = lists.get(text(body, "name"))
    if old is None:
        raise not_found("There is no such list.")
    version, named = nested(old, "metadata")["version"], nested(body, "metadata").get("version")
    if named not in (None, version):
        raise conflict(f"The version of the list is {version}.")
    lists[text(body, "name")] = _document(body, version + 1 if isinstance(version, int) else 1)
    return Reply(status=204)


def _delete(world: World, call: Call) -> Reply:
    name, lists = call.query.get("name"), _own(world, call)
    if name is None:
        lists.clear()
    elif lists.pop(name, None) is None:
        raise not_found("There is no such list.")
    return Reply(status=204)


_OWN = "/shoppinglist/{tenant}/shopping-lists"
_ONE = f"{_OWN}/{{customerId}}"
SERVED = (
    serve(StorefrontOperation.SHOPPING_LISTS, "GET", _OWN, CUSTOMER, _list),
    serve(StorefrontOperation.SHOPPING_LIST_CREATE, "POST", _OWN, CUSTOMER, _create),
    serve(StorefrontOperation.SHOPPING_LIST_UPDATE, "PUT", _ONE, CUSTOMER, _update),
    serve(StorefrontOperation.SHOPPING_LIST_DELETE, "DELETE", _ONE, CUSTOMER, _delete),
)
