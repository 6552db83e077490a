"""What a storefront's catalog, prices, sites and search must look like upstream, written down by hand.

Sources: Emporix' OpenAPI documents of product, category tree, catalog, brand, label, availability, price, session
context, site settings, country, currency, indexing, in its public repository of API references at e9030d48.
"""

from __future__ import annotations

from functools import partial

from tests.support.journeys.storefront_rule import ARRAY, EMPTY, OBJECT, PAGES, SEARCH, TOTAL, of_set
from tests.support.journeys.storefront_shapes import Answer, Body, Holder, Row

_PRODUCTS = "/product/{tenant}/products"
_CATEGORIES = "/category/{tenant}/categories"
_CATEGORY = _CATEGORIES + "/{categoryId}"
_TREES = "/category/{tenant}/category-trees"
_CATALOGS = "/catalog/{tenant}/catalogs"
_STOCK = "/availability/{tenant}/availability"
_CONTEXT = "/session-context/{tenant}/me/context"

_catalog = of_set("catalog", Holder.PUBLIC)
# What is not published needs a scope that no storefront's token has.
_category = partial(_catalog, refused=frozenset({"showUnpublished"}))
CATALOG: tuple[Row, ...] = (
    _catalog("GET", _PRODUCTS, ARRAY, query=SEARCH + " fields expand rawValue", language=True, total=TOTAL),
    _catalog(
        "POST",
        _PRODUCTS + "/search",
        ARRAY,
        query=PAGES + " fields expand rawValue",
        body=Body.OBJECT,
        example={"q": "name.de:K\u00e4se"},
        language=True,
        total=TOTAL,
        asks=True,
    ),
    _catalog("GET", _PRODUCTS + "/{productId}", OBJECT, query="fields expand rawValue", language=True),
    _category(
        "GET",
        _CATEGORIES,
        ARRAY,
        query=f"showRoots {SEARCH} code localizedName localizedDescription localizedSlug ecn"
        " validityFrom validityTo metadataModifiedAt",
        language=True,
        total=TOTAL,
    ),
    _category(
        "POST",
        _CATEGORIES + "/search",
        ARRAY,
        query=f"showRoots {PAGES}",
        body=Body.OBJECT,
        language=True,
        total=TOTAL,
        asks=True,
        # Two shapes of one success are documented.
        shape_is_open=True,
    ),
    _category("GET", _CATEGORY, OBJECT, language=True),
    _category(
        "GET",
        _CATEGORY + "/assignments",
        ARRAY,
        query=f"assignmentType ref.localizedName ref.id withSubcategories segmentsIds {PAGES} hideUnpublishedProducts",
        language=True,
        total=TOTAL,
    ),
    _category("GET", _CATEGORY + "/parents", ARRAY, query=PAGES, language=True, total=TOTAL),
    _category("GET", _CATEGORY + "/subcategories", ARRAY, query=f"depth {PAGES}", language=True, total=TOTAL),
    _category(
        "GET",
        "/category/{tenant}/assignments/references/{referenceId}",
        ARRAY,
        query=f"expandSupercategoriesIds {PAGES}",
        language=True,
        total=TOTAL,
    ),
    _category("GET", _TREES, ARRAY, query="categoryIds+"),
    _category(
        "POST",
        _TREES + "/search",
        ARRAY,
        body=Body.OBJECT,
        asks=True,
    ),
    _category("GET", _TREES + "/{categoryId}", OBJECT),
    _catalog(
        "GET",
        _CATALOGS,
        ARRAY,
        query=f"name description publishedSite visibilityFrom visibilityTo metadataUpdatedAt {PAGES}",
        language=True,
        total=TOTAL,
    ),
    _catalog("GET", _CATALOGS + "/{catalogId}", OBJECT, language=True),
    _catalog("GET", _CATALOGS + "/categories/{categoryId}", ARRAY, query=PAGES, language=True, total=TOTAL),
    # Neither brands nor labels have the tenant in their path.
    _catalog("GET", "/brand/brands", ARRAY, query=SEARCH + " fields", language=True, total=TOTAL),
    _catalog("GET", "/brand/brands/{brandId}", OBJECT, language=True),
    _catalog("GET", "/label/labels", ARRAY, query=f"justOverlay {SEARCH} fields", language=True, total=TOTAL),
    _catalog("GET", "/label/labels/{labelId}", OBJECT),
    _catalog(
        "POST",
        _STOCK + "/search",
        ARRAY,
        query=f"site {PAGES}",
        body=Body.ANY,
        example=["product-1", "product-2"],
        total=TOTAL,
        asks=True,
    ),
    _catalog("GET", _STOCK + "/{productId}/{site}", OBJECT),
    _catalog("GET", _STOCK + "/site/{site}", ARRAY, query=SEARCH, total=TOTAL),
)

PRICES: tuple[Row, ...] = (
    of_set("prices", Holder.VISITOR)(
        "POST",
        "/price/{tenant}/match-prices-by-context",
        OBJECT,
        body=Body.OBJECT,
        example={"items": [{"itemId": {"id": "product-1"}, "quantity": {"quantity": 1}}]},
        asks=True,
        # The schema says an object, clients read a list.
        shape_is_open=True,
        also=Answer.ARRAY,
    ),
)

_context = of_set("sites", Holder.VISITOR)
_site = of_set("sites", Holder.PUBLIC)
SITES: tuple[Row, ...] = (
    _context("GET", _CONTEXT, OBJECT, tells_session=True),
    _context(
        "PATCH",
        _CONTEXT,
        EMPTY,
        body=Body.OBJECT,
        example={"siteCode": "main", "currency": "EUR", "metadata": {"version": 3}},
        versioned=True,
    ),
    _context(
        "POST",
        _CONTEXT + "/attributes",
        {201: Answer.TEXT},
        body=Body.OBJECT,
        example={"key": "colour", "value": "gr\u00fcn"},
    ),
    _context("DELETE", _CONTEXT + "/attributes/{attributeName}", EMPTY),
    _site(
        "GET",
        "/site/{tenant}/sites",
        ARRAY,
        query=SEARCH + " expand",
        # The one is how upstream is asked for the total, the other shows what is not open yet.
        refused=frozenset({"totalCount", "includeInactive"}),
        total="X-Count",
    ),
    _site("GET", "/site/{tenant}/sites/{siteCode}", OBJECT, query="expand"),
    _site(
        "GET",
        "/country/{tenant}/countries",
        ARRAY,
        query=f"{PAGES} name code active regions",
        values={"code": "DE"},
        language=True,
        total=TOTAL,
    ),
    _site("GET", "/country/{tenant}/countries/{countryCode}", OBJECT, language=True),
    _site("GET", "/country/{tenant}/regions", ARRAY, query=f"{PAGES} name code", language=True, total=TOTAL),
    _site(
        "GET",
        "/currency/{tenant}/currencies",
        ARRAY,
        query=f"{PAGES} code name",
        # It stands for any localized property, and is no name.
        refused=frozenset({"params"}),
        values={"code": "EUR"},
        language=True,
        total=TOTAL,
    ),
)

_search = of_set("search", Holder.VISITOR)
SEARCHING: tuple[Row, ...] = (
    _search("GET", "/indexing/{tenant}/public/configurations", ARRAY),
    _search("GET", "/indexing/{tenant}/public/configurations/{provider}", OBJECT),
)

SHOWING = CATALOG + PRICES + SITES + SEARCHING
