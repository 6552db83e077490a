"""The tree of categories, and which products hang on it."""

from __future__ import annotations

from typing import Final

from bff.sandbox.bodies import Field, Kind, read_body
from bff.sandbox.replies import JsonObject, Reply, not_found
from bff.sandbox.storefront.goods import PRODUCTS, STOCKED, Product
from bff.sandbox.storefront.listing import listed, searched, shown
from bff.sandbox.storefront.localized import Localized, spelled, text
from bff.sandbox.storefront.operations import StorefrontOperation
from bff.sandbox.storefront.serving import VISITOR, serve
from bff.sandbox.world import Call, World

CATEGORIES: Final = {
    "drinks": (None, text("Drinks", "Getränke")),
    "tea": ("drinks", text("Tea", "Tee")),
    "coffee": ("drinks", text("Coffee", "Kaffee")),
    "ware": (None, text("Ware", "Geschirr")),
    "cups": ("ware", text("Cups", "Tassen")),
    "pots": ("ware", text("Pots", "Kannen")),
}
"""Parent and name, by id."""
_FILTERS = ("code", "localizedName", "localizedDescription", "localizedSlug")
_TREES_SEARCH = {"categoryIds": Field(kind=Kind.TEXTS, required=True)}


def ancestors(id: str) -> list[str]:
    """List what is above a category, nearest first."""
    parent = CATEGORIES[id][0]
    return [] if parent is None else [parent, *ancestors(parent)]


def category_tree(id: str) -> JsonObject:
    """Return a category with all that is below it."""
    below = [one for one, (parent, _) in CATEGORIES.items() if parent == id]
    return {**_category(id), "subcategories": [category_tree(one) for one in below]}


def _category(id: str) -> JsonObject:
    parent, name = CATEGORIES[id]
    document: JsonObject = {
        "id": id,
        "code": id,
        "localizedName": name,
        "localizedDescription": name,
        "localizedSlug": Localized(dict.fromkeys(name.by_language, id)),
        "name": name.in_language("en"),
        "ecn": [],
        "validity": {},
        "position": list(CATEGORIES).index(id),
        "published": True,
        "supercategoriesIds": ancestors(id),
        "media": [],
        "mixins": {},
        "metadata": {"version": 1, "createdAt": STOCKED, "modifiedAt": STOCKED, "mixins": {}},
    }
    return document if parent is None else {**document, "parentId": parent}


def _named(call: Call) -> str:
    id = call.path["categoryId"]
    if id not in CATEGORIES:
        raise not_found(f"Category {id} not found.")
    return id


def _sought(call: Call) -> list[JsonObject]:
    roots_only = call.query.get("showRoots", "").lower() == "true"
    return [_category(id) for id, (parent, _) in CATEGORIES.items() if parent is None or not roots_only]


def _list_categories(world: World, call: Call) -> Reply:
    return listed(call, _sought(call), filters=_FILTERS)


def _search_categories(world: World, call: Call) -> Reply:
    return searched(call, _sought(call))


def _get_category(world: World, call: Call) -> Reply:
    return shown(call, _category(_named(call)))


def _list_assignments(world: World, call: Call) -> Reply:
    wanted = {_named(call)}
    if call.query.get("withSubcategories", "").lower() == "true":
        wanted |= {id for id in CATEGORIES if wanted & set(ancestors(id))}
    products = [one for one in PRODUCTS.values() if one.category in wanted and not one.for_companies]
    return listed(call, map(_assignment, products), filters=("ref.id", "ref.localizedName"))


def _assignment(product: Product) -> JsonObject:
    return {
        "id": f"{product.category}-{product.id}",
        "categoryId": product.category,
        "ref": {"id": product.id, "type": "PRODUCT", "localizedName": product.name},
    }


def _list_parents(world: World, call: Call) -> Reply:
    return listed(call, map(_category, ancestors(_named(call))))


def _list_subcategories(world: World, call: Call) -> Reply:
    named, depth = _named(call), call.query.get("depth", "")
    below = [id for id in CATEGORIES if named in ancestors(id)]
    if depth == "1":
        below = [id for id in below if CATEGORIES[id][0] == named]
    return listed(call, map(_category, below))


def _list_by_reference(world: World, call: Call) -> Reply:
    product = PRODUCTS.get(call.path["referenceId"])
    return listed(call, [] if product is None else [_category(product.category)])


def _list_trees(world: World, call: Call) -> Reply:
    named = [one.strip() for one in call.query.get("categoryIds", "").split(",") if one.strip()]
    return listed(call, _trees(named))


def _search_trees(world: World, call: Call) -> Reply:
    named = read_body(call, _TREES_SEARCH)["categoryIds"]
    return Reply(
        body=[spelled(one, None) for one in _trees([str(id) for id in named] if isinstance(named, list) else [])]
    )


def _trees(named: list[str]) -> list[JsonObject]:
    roots = [id for id, (parent, _) in CATEGORIES.items() if parent is None]
    return [category_tree(id) for id in (named or roots) if id in CATEGORIES]


def _get_tree(world: World, call: Call) -> Reply:
    return Reply(body=spelled(category_tree(_named(call)), None))


_OWN = "/category/{tenant}/categories"
_ONE = f"{_OWN}/{{categoryId}}"
_TREES = "/category/{tenant}/category-trees"
_REFERENCES = "/category/{tenant}/assignments/references/{referenceId}"
SERVED = (
    serve(StorefrontOperation.CATEGORIES, "GET", _OWN, VISITOR, _list_categories),
    serve(StorefrontOperation.CATEGORIES_SEARCH, "POST", f"{_OWN}/search", VISITOR, _search_categories),
    serve(StorefrontOperation.CATEGORY, "GET", _ONE, VISITOR, _get_category),
    serve(StorefrontOperation.CATEGORY_ASSIGNMENTS, "GET", f"{_ONE}/assignments", VISITOR, _list_assignments),
    serve(StorefrontOperation.CATEGORY_PARENTS, "GET", f"{_ONE}/parents", VISITOR, _list_parents),
    serve(StorefrontOperation.CATEGORY_SUBCATEGORIES, "GET", f"{_ONE}/subcategories", VISITOR, _list_subcategories),
    serve(StorefrontOperation.REFERENCE_CATEGORIES, "GET", _REFERENCES, VISITOR, _list_by_reference),
    serve(StorefrontOperation.CATEGORY_TREES, "GET", _TREES, VISITOR, _list_trees),
    serve(StorefrontOperation.CATEGORY_TREES_SEARCH, "POST", f"{_TREES}/search", VISITOR, _search_trees),
    serve(StorefrontOperation.CATEGORY_TREE, "GET", f"{_TREES}/{{categoryId}}", VISITOR, _get_tree),
)
