"""How many there are of a product, on each site; an order takes some."""

from __future__ import annotations

import json

from bff.sandbox.bodies import JSON
from bff.sandbox.replies import Detail, JsonObject, Reply, invalid, invalid_field, not_found, unsupported_media_type
from bff.sandbox.storefront.goods import PRODUCTS, STOCKED, Product
from bff.sandbox.storefront.listing import listed
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import MAIN_SITE, SITES, Site, site_of
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.storefront.state import Shop
from bff.sandbox.world import Call, World


def left(shop: Shop, product: Product, site: Site) -> float:
    """Return how many there are left."""
    return max(0, site.stock(product) - shop.sold.get((product.id, site.code), 0))


def take(shop: Shop, product_id: str, site: Site, quantity: float) -> None:
    """Take some off the shelf."""
    shop.sold[product_id, site.code] = shop.sold.get((product_id, site.code), 0) + quantity


def _document(shop: Shop, product: Product, site: Site) -> JsonObject:
    level = left(shop, product, site)
    return {
        "id": f"{site.code}:{product.id}",
        "site": site.code,
        "productId": product.id,
        "stockLevel": level,
        "available": level > 0,
        "popularity": 5,
        "distributionChannel": "ASSORTMENT",
        "mixins": {},
        "metadata": {"mixins": {}, "createdAt": STOCKED, "modifiedAt": STOCKED},
    }


def _search(world: World, call: Call) -> Reply:
    if call.media_type != JSON:
        raise unsupported_media_type(call.media_type)
    try:
        asked = json.loads(call.body)
    except (ValueError, RecursionError):
        raise invalid(Detail(field="", type="invalid_json", message="The body is not JSON.")) from None
    site, shop = site_of(call.query.get("site", MAIN_SITE)), world.shops.of(call.tenant)
    if isinstance(asked, list) and all(isinstance(one, str) for one in asked):
        products = [PRODUCTS[one] for one in asked if one in PRODUCTS]
        return listed(call, [_document(shop, one, site) for one in products])
    if isinstance(asked, dict) and isinstance(asked.get("q"), str):
        return listed(call, [_document(shop, one, site) for one in PRODUCTS.values()], q=asked["q"])
    raise invalid_field("", "The body has to be an array of product ids, or an object with q.")


def _get(world: World, call: Call) -> Reply:
    product, site = PRODUCTS.get(call.path["productId"]), SITES.get(call.path["site"])
    if product is None or site is None:
        raise not_found(f"Availability of {call.path['productId']} on site {call.path['site']} not found.")
    return Reply(body=_document(world.shops.of(call.tenant), product, site))


def _list_of_site(world: World, call: Call) -> Reply:
    site, shop = site_of(call.path["site"]), world.shops.of(call.tenant)
    return listed(call, [_document(shop, one, site) for one in PRODUCTS.values()])


_OWN = "/availability/{tenant}/availability"
SERVED = (
    serve(StorefrontOperation.AVAILABILITY_SEARCH, "POST", f"{_OWN}/search", VISITOR, _search),
    serve(StorefrontOperation.AVAILABILITY, "GET", f"{_OWN}/{{productId}}/{{site}}", VISITOR, _get),
    serve(StorefrontOperation.SITE_AVAILABILITY, "GET", f"{_OWN}/site/{{site}}", VISITOR, _list_of_site),
)
