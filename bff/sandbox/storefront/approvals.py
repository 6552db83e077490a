"""Approvals: who acts for a company asks a colleague whether a cart or a quote may be ordered."""

from __future__ import annotations

import uuid

from bff.sandbox.bodies import Field, Kind, nested, read_body, text
from bff.sandbox.replies import JsonObject, Reply, conflict, forbidden, invalid_field
from bff.sandbox.storefront.cart_book import own_cart
from bff.sandbox.storefront.company import colleagues_of
from bff.sandbox.storefront.listing import listed
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.patches import all_ours, metadata, new_owned, ours, patch
from bff.sandbox.storefront.saas import check_saas_token
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.storefront.state import Owned, Shop
from bff.sandbox.storefront.totals import totals
from bff.sandbox.world import Call, World

_RESOURCE = {"resourceType": Field(required=True), "resourceId": Field(required=True), "action": Field(required=True)}
_CREATE = {
    **_RESOURCE,
    "approver": Field(kind=Kind.OBJECT, required=True, properties={"userId": Field(required=True)}),
    "comment": Field(),
    "details": Field(kind=Kind.OBJECT),
}
_PATHS = ("/status", "/comment", "/approverComment", "/details")
_PENDING = "PENDING"
_APPROVED = "APPROVED"


def _resource(world: World, call: Call, body: JsonObject) -> JsonObject:
    """Return what is to be ordered.

    :raises Refused: 403: the token is not for a company; 404: it is not theirs; 400: it is nothing of the kind
    """
    if call.token.grant.legal_entity_id is None:
        raise forbidden("Approvals are for companies.")
    id = text(body, "resourceId")
    if body["action"] != "CHECKOUT":
        raise invalid_field("action", "There is no such action.")
    if body["resourceType"] == "CART":
        shop, cart = own_cart(world, call, id)
        of_it = totals(shop, cart)
        return {"id": id, "siteCode": cart.site, "totalPrice": {"currency": cart.currency, **of_it.final.spelled()}}
    if body["resourceType"] == "QUOTE":
        quote = ours(world.shops.of(call.tenant).quotes, call, id, "Quote").document
        return {"id": id, "siteCode": quote["siteCode"], "totalPrice": quote["totalPrice"]}
    raise invalid_field("resourceType", "There is no such resource.")


def _open(world: World, call: Call, resource_id: str) -> JsonObject | None:
    """Return the newest approval of a resource."""
    for document in all_ours(world.shops.of(call.tenant).approvals, call):
        if nested(document, "resource").get("id") == resource_id:
            return document
    return None


def _list(world: World, call: Call) -> Reply:
    return listed(call, all_ours(world.shops.of(call.tenant).approvals, call))


def _create(world: World, call: Call) -> Reply:
    check_saas_token(world, call)
    body = read_body(call, _CREATE)
    resource, shop, id = _resource(world, call, body), world.shops.of(call.tenant), str(uuid.uuid4())
    approver = {one.id: one for one in colleagues_of(world, call)}.get(text(nested(body, "approver"), "userId"))
    if approver is None:
        raise invalid_field("approver.userId", "This is no colleague.")
    before = _open(world, call, text(body, "resourceId"))
    if before is not None and before["status"] == _PENDING:
        raise conflict("An approval is pending already.")
    requestor = call.customer(world)
    document: JsonObject = {
        "id": id,
        "status": _PENDING,
        "resourceType": body["resourceType"],
        "resource": resource,
        "action": body["action"],
        "requestor": {
            "userId": requestor.id,
            "firstName": requestor.document.get("firstName", ""),
            "lastName": requestor.document.get("lastName", ""),
        },
        "approver": {
            "userId": approver.id,
            "firstName": approver.document.get("firstName", ""),
            "lastName": approver.document.get("lastName", ""),
        },
        "comment": text(body, "comment"),
        "details": nested(body, "details"),
        "metadata": metadata(shop),
    }
    shop.approvals[id] = new_owned(call, document)
    return Reply(status=201, body={"id": id})


def _named(world: World, call: Call) -> tuple[Shop, Owned]:
    shop = world.shops.of(call.tenant)
    return shop, ours(shop.approvals, call, call.path["approvalId"], "Approval")


def _get(world: World, call: Call) -> Reply:
    return Reply(body=_named(world, call)[1].document)


def _update(world: World, call: Call) -> Reply:
    # Lower case only, whatever the vendor's file says.
    patch(*_named(world, call), call, paths=_PATHS, any_case=False)
    return Reply(status=204)


def _delete(world: World, call: Call) -> Reply:
    shop, found = _named(world, call)
    del shop.approvals[str(found.document["id"])]
    return Reply(status=204)


def _is_permitted(world: World, call: Call) -> Reply:
    body = read_body(call, _RESOURCE)
    _resource(world, call, body)
    found = _open(world, call, text(body, "resourceId"))
    if found is None:
        return Reply(body={"action": body["action"], "permitted": False})
    answer: JsonObject = {"action": body["action"], "permitted": found["status"] == _APPROVED}
    return Reply(body={**answer, "status": found["status"], "approvalId": found["id"]})


def _search_approvers(world: World, call: Call) -> Reply:
    _resource(world, call, read_body(call, _RESOURCE))
    found: list[JsonObject] = [
        {
            "userId": one.id,
            "firstName": one.document.get("firstName", ""),
            "lastName": one.document.get("lastName", ""),
        }
        for one in colleagues_of(world, call)
    ]
    return Reply(body=found)


_OWN = "/approval/{tenant}"
_ALL = f"{_OWN}/approvals"
_ONE = f"{_ALL}/{{approvalId}}"
SERVED = (
    serve(StorefrontOperation.APPROVALS, "GET", _ALL, CUSTOMER, _list),
    serve(StorefrontOperation.APPROVAL_CREATE, "POST", _ALL, CUSTOMER, _create),
    serve(StorefrontOperation.APPROVAL, "GET", _ONE, CUSTOMER, _get),
    serve(StorefrontOperation.APPROVAL_UPDATE, "PATCH", _ONE, CUSTOMER, _update),
    serve(StorefrontOperation.APPROVAL_DELETE, "DELETE", _ONE, CUSTOMER, _delete),
    serve(StorefrontOperation.APPROVAL_PERMITTED, "POST", f"{_OWN}/approval/permitted", CUSTOMER, _is_permitted),
    serve(StorefrontOperation.APPROVERS_SEARCH, "POST", f"{_OWN}/search/users", CUSTOMER, _search_approvers),
)
