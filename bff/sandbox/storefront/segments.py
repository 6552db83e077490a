"""Customer segments: one for every customer, one for those who act for a company, and what each is shown."""

from __future__ import annotations

from typing import Final

from bff.sandbox.replies import JsonObject, Reply, forbidden, not_found
from bff.sandbox.storefront.categories import CATEGORIES, category_tree
from bff.sandbox.storefront.goods import PRODUCTS, STOCKED
from bff.sandbox.storefront.listing import listed, searched, shown
from bff.sandbox.storefront.localized import Localized, language_of, spelled, text
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import MAIN_SITE
from bff.sandbox.storefront.serving import CUSTOMER, serve
from bff.sandbox.world import Call, World

_COMPANIES: Final = "companies"
_SEGMENTS: Final = {
    "regulars": (text("Regulars", "Stammkunden"), (("PRODUCT", "mint"), ("PRODUCT", "teapot"), ("CATEGORY", "tea"))),
    _COMPANIES: (text("Companies", "Firmen"), (("PRODUCT", "cup-crate"), ("CATEGORY", "cups"))),
}
_METADATA: Final[JsonObject] = {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED}


def _own(call: Call) -> list[str]:
    """List the segments of the customer.

    :raises Refused: 403: the query names another company, or a customer
    """
    entity = call.token.grant.legal_entity_id
    if call.query.get("legalEntityId", entity) != entity:
        raise forbidden("The token is not for this legal entity.")
    if "customerId" in call.query:
        raise forbidden("customerId is not for customers.")
    return [id for id in _SEGMENTS if id != _COMPANIES or entity is not None]


def _named(call: Call) -> str:
    id = call.path["segmentId"]
    if id not in _own(call):
        raise not_found(f"Segment {id} not found.")
    return id


def _segment(id: str) -> JsonObject:
    return {
        "id": id,
        "name": _SEGMENTS[id][0],
        "description": _SEGMENTS[id][0],
        "validity": {"from": STOCKED},
        "status": "ACTIVE",
        "siteCode": MAIN_SITE,
        "metadata": _METADATA,
    }


def _items(id: str) -> list[JsonObject]:
    return [_item(id, type, item) for type, item in _SEGMENTS[id][1]]


def _item(segment: str, type: str, id: str) -> JsonObject:
    name: Localized = PRODUCTS[id].name if type == "PRODUCT" else CATEGORIES[id][1]
    return {
        "id": f"{segment}-{id}",
        "segmentId": segment,
        "type": type,
        "item": {"id": id, "code": id.upper(), "name": name},
        "metadata": _METADATA,
    }


def _list(world: World, call: Call) -> Reply:
    return listed(call, map(_segment, _own(call)))


def _search(world: World, call: Call) -> Reply:
    return searched(call, map(_segment, _own(call)))


def _get(world: World, call: Call) -> Reply:
    return shown(call, _segment(_named(call)))


def _list_all_items(world: World, call: Call) -> Reply:
    if call.query.get("siteCode", MAIN_SITE) != MAIN_SITE:
        return listed(call, [])
    return listed(call, [item for id in _own(call) for item in _items(id)])


def _list_items(world: World, call: Call) -> Reply:
    return listed(call, _items(_named(call)))


def _search_items(world: World, call: Call) -> Reply:
    return searched(call, _items(_named(call)))


def _get_item(world: World, call: Call) -> Reply:
    segment, wanted = _named(call), (call.path["type"], call.path["itemId"])
    if wanted not in _SEGMENTS[segment][1]:
        raise not_found(f"Item {wanted[1]} of segment {segment} not found.")
    return shown(call, _item(segment, *wanted))


def _list_trees(world: World, call: Call) -> Reply:
    assigned = [item for id in _own(call) for type, item in _SEGMENTS[id][1] if type == "CATEGORY"]
    trees: list[JsonObject] = [
        {**category_tree(id), "name": CATEGORIES[id][1], "isSegmentAssigned": True} for id in dict.fromkeys(assigned)
    ]
    return Reply(body=[spelled(one, language_of(call)) for one in trees])


_OWN = "/customer-segment/{tenant}/segments"
_ONE = f"{_OWN}/{{segmentId}}"
SERVED = (
    serve(StorefrontOperation.SEGMENTS, "GET", _OWN, CUSTOMER, _list),
    serve(StorefrontOperation.SEGMENTS_SEARCH, "POST", f"{_OWN}/search", CUSTOMER, _search),
    serve(StorefrontOperation.SEGMENT, "GET", _ONE, CUSTOMER, _get),
    serve(StorefrontOperation.SEGMENTS_ITEMS, "GET", f"{_OWN}/items", CUSTOMER, _list_all_items),
    serve(StorefrontOperation.SEGMENTS_CATEGORY_TREES, "GET", f"{_OWN}/items/category-trees", CUSTOMER, _list_trees),
    serve(StorefrontOperation.SEGMENT_ITEMS, "GET", f"{_ONE}/items", CUSTOMER, _list_items),
    serve(StorefrontOperation.SEGMENT_ITEMS_SEARCH, "POST", f"{_ONE}/items/search", CUSTOMER, _search_items),
    serve(StorefrontOperation.SEGMENT_ITEM, "GET", f"{_ONE}/items/{{type}}/{{itemId}}", CUSTOMER, _get_item),
)
