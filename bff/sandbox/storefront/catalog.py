"""Products, brands, labels and catalogs."""

from __future__ import annotations

from typing import Final

from bff.sandbox.replies import JsonObject, Reply, not_found
from bff.sandbox.storefront.categories import CATEGORIES, ancestors
from bff.sandbox.storefront.goods import PRODUCTS, STOCKED, Product, item_yrn
from bff.sandbox.storefront.listing import listed, searched, shown
from bff.sandbox.storefront.localized import Localized, text
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.world import Call, World

_METADATA: Final[JsonObject] = {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED}
_BRANDS: Final = {
    "kiln-nine": ("Kiln Nine", text("Stoneware from one kiln.", "Steinzeug aus einem Ofen.")),
    "morning-post": ("Morning Post", text("Teas and coffees.", "Tees und Kaffees.")),
}
_LABELS: Final = {
    "organic": (text("Organic", "Biologisch"), 0),
    "handmade": (text("Made by hand", "Von Hand gemacht"), 1),
    "new": (text("New", "Neu"), 2),
}
_CATALOGS: Final = {
    "assortment": (text("All that there is", "Alles, was es gibt"), ("drinks", "ware")),
    "drinks-only": (text("Drinks", "Getränke"), ("drinks",)),
}


def visible(call: Call) -> list[Product]:
    """List the products that the bearer's owner may see."""
    acts_for_company = call.token.grant.legal_entity_id is not None
    return [one for one in PRODUCTS.values() if acts_for_company or not one.for_companies]


def visible_product(call: Call, product_id: str) -> Product:
    """Return a product that the bearer's owner may see.

    :raises Refused: 404: there is none
    """
    for one in visible(call):
        if one.id == product_id:
            return one
    raise not_found(f"Product {product_id} not found.")


def _list_products(world: World, call: Call) -> Reply:
    return listed(call, [_product(one, call.tenant) for one in visible(call)])


def _search_products(world: World, call: Call) -> Reply:
    return searched(call, [_product(one, call.tenant) for one in visible(call)])


def _get_product(world: World, call: Call) -> Reply:
    return shown(call, _product(visible_product(call, call.path["productId"]), call.tenant))


def _product(product: Product, tenant: str) -> JsonObject:
    return {
        "id": product.id,
        "yrn": item_yrn(tenant, product.id),
        "code": product.id.upper(),
        "name": product.name,
        "description": product.description,
        "published": True,
        "productType": "BASIC",
        "taxClasses": {site.countries[0]: product.tax_class for site in SITES.values()},
        "brandId": product.brand,
        "brand": {"id": product.brand, "name": _BRANDS[product.brand][0]},
        "labelIds": list(product.labels),
        "labels": [{"id": one, "name": _LABELS[one][0]} for one in product.labels],
        "categoryIds": [product.category, *ancestors(product.category)],
        "media": [product.image],
        "mixins": {},
        "metadata": {**_METADATA, "mixins": {}},
    }


def _list_brands(world: World, call: Call) -> Reply:
    return listed(call, map(_brand, _BRANDS))


def _get_brand(world: World, call: Call) -> Reply:
    if call.path["brandId"] not in _BRANDS:
        raise not_found(f"Brand {call.path['brandId']} not found.")
    return shown(call, _brand(call.path["brandId"]))


def _brand(id: str) -> JsonObject:
    name, description = _BRANDS[id]
    everywhere = Localized(dict.fromkeys(description.by_language, name))
    return {
        "id": id,
        "name": name,
        "localizedName": everywhere,
        "description": description.in_language("en"),
        "localizedDescription": description,
        "metadata": _METADATA,
    }


def _list_labels(world: World, call: Call) -> Reply:
    labels = [_label(one) for one in _LABELS]
    if call.query.get("justOverlay", "").lower() == "true":
        labels = [one for one in labels if one["id"] == "new"]
    return listed(call, labels)


def _get_label(world: World, call: Call) -> Reply:
    if call.path["labelId"] not in _LABELS:
        raise not_found(f"Label {call.path['labelId']} not found.")
    return shown(call, _label(call.path["labelId"]))


def _label(id: str) -> JsonObject:
    name, position = _LABELS[id]
    return {
        "id": id,
        "name": name,
        "description": name,
        "overlay": {"isTrue": id == "new", "position": position},
        "metadata": _METADATA,
    }


def _list_catalogs(world: World, call: Call) -> Reply:
    return listed(call, map(_catalog, _CATALOGS), filters=("name", "description"))


def _get_catalog(world: World, call: Call) -> Reply:
    if call.path["catalogId"] not in _CATALOGS:
        raise not_found(f"Catalog {call.path['catalogId']} not found.")
    return shown(call, _catalog(call.path["catalogId"]))


def _catalogs_of_category(world: World, call: Call) -> Reply:
    category = call.path["categoryId"]
    held = {category, *ancestors(category)} if category in CATEGORIES else set()
    return listed(call, [_catalog(id) for id, (_, categories) in _CATALOGS.items() if held & set(categories)])


def _catalog(id: str) -> JsonObject:
    name, categories = _CATALOGS[id]
    return {
        "id": id,
        "name": name,
        "description": name,
        "status": "visible",
        "visibility": {"visible": True, "from": STOCKED},
        "publishedSites": list(SITES),
        "categoryIds": list(categories),
        "metadata": {"version": 1, "createdAt": STOCKED, "updatedAt": STOCKED},
    }


_PRODUCTS = "/product/{tenant}/products"
_CATALOGS_PATH = "/catalog/{tenant}/catalogs"
SERVED = (
    serve(StorefrontOperation.PRODUCTS, "GET", _PRODUCTS, VISITOR, _list_products),
    serve(StorefrontOperation.PRODUCTS_SEARCH, "POST", f"{_PRODUCTS}/search", VISITOR, _search_products),
    serve(StorefrontOperation.PRODUCT, "GET", f"{_PRODUCTS}/{{productId}}", VISITOR, _get_product),
    serve(StorefrontOperation.BRANDS, "GET", "/brand/brands", VISITOR, _list_brands),
    serve(StorefrontOperation.BRAND, "GET", "/brand/brands/{brandId}", VISITOR, _get_brand),
    serve(StorefrontOperation.LABELS, "GET", "/label/labels", VISITOR, _list_labels),
    serve(StorefrontOperation.LABEL, "GET", "/label/labels/{labelId}", VISITOR, _get_label),
    serve(StorefrontOperation.CATALOGS, "GET", _CATALOGS_PATH, VISITOR, _list_catalogs),
    serve(StorefrontOperation.CATALOG, "GET", f"{_CATALOGS_PATH}/{{catalogId}}", VISITOR, _get_catalog),
    serve(
        StorefrontOperation.CATEGORY_CATALOGS,
        "GET",
        f"{_CATALOGS_PATH}/categories/{{categoryId}}",
        VISITOR,
        _catalogs_of_category,
    ),
)
