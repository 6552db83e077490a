"""Fees: packing for what breaks."""

from __future__ import annotations

from typing import Final

from bff.sandbox.bodies import Field, Kind, read_body, text
from bff.sandbox.replies import JsonObject, Reply
from bff.sandbox.storefront.goods import item_yrn
from bff.sandbox.storefront.listing import listed
from bff.sandbox.storefront.localized import Localized
from bff.sandbox.storefront.localized import text as localized
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.world import Call, World

_PACKING: Final = "packing"
_CENTS: Final = 150
_NAME: Final[Localized] = localized("Packing", "Verpackung")
_PACKED: Final = ("teapot", "kettle")
"""Products that it is charged for."""
_SEARCH = {
    "productIds": Field(required=True),
    "siteCode": Field(required=True),
    "pageNumber": Field(kind=Kind.WHOLE_NUMBER),
    "pageSize": Field(kind=Kind.WHOLE_NUMBER),
}


def item_fee_cents(product_id: str, quantity: float) -> int:
    """Return the fee for so many of a product."""
    return round(_CENTS * quantity) if product_id in _PACKED else 0


def _fee(site: str) -> JsonObject:
    return {
        "id": f"{_PACKING}-{site}",
        "name": _NAME,
        "code": _PACKING,
        "feeType": "ABSOLUTE_MULTIPLY_ITEMQUANTITY",
        "feeAbsolute": {"amount": _CENTS / 100, "currency": SITES[site].currencies[0]},
        "itemType": "PRODUCT",
        "siteCode": site,
        "active": True,
        "taxable": True,
    }


def _list_fees(world: World, call: Call) -> Reply:
    return listed(call, map(_fee, SITES), filters=("siteCode", "code", "id"))


def _search_item_fees(world: World, call: Call) -> Reply:
    body = read_body(call, _SEARCH)
    site, wanted = text(body, "siteCode"), {one.strip() for one in text(body, "productIds").split(",")}
    found: list[JsonObject] = [
        {
            "id": f"{_PACKING}-{product}-{site}",
            "siteCode": site,
            "itemYrn": item_yrn(call.tenant, product),
            "feeIds": [f"{_PACKING}-{site}"],
            "fees": [_fee(site)],
        }
        for product in _PACKED
        if product in wanted and site in SITES
    ]
    return listed(call, found)


SERVED = (
    serve(StorefrontOperation.FEES, "GET", "/fee/{tenant}/fees", VISITOR, _list_fees),
    serve(
        StorefrontOperation.ITEM_FEES_SEARCH,
        "POST",
        "/fee/{tenant}/itemFees/searchByProductIds",
        VISITOR,
        _search_item_fees,
    ),
)
