"""Declared rows of every kind: each bearer, body and answer, and each thing that a row alone can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bff.config.settings import Rate
from bff.operations.declared import BROWSER_LANGUAGE, BodyKind, Declared, FreeBody, SaasToken, SessionValue
from bff.operations.model import JSON, MERGE_PATCH, Credential, Operation, Parameter, Place, ResponseShape, Supplier

TENANT: Final = Parameter(name="tenant", place=Place.PATH, pattern="[a-z][a-z0-9]+")
ID: Final = "[A-Za-z0-9_-]{1,64}"
COUNT: Final = "[1-9][0-9]{0,8}"
INDEX: Final = "0|[1-9][0-9]{0,8}"
SITE: Final = r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,128}"
VISITOR: Final = (Credential.CUSTOMER, Credential.ANONYMOUS)
CUSTOMER: Final = (Credential.CUSTOMER,)
GUEST: Final = (Credential.ANONYMOUS,)
SHARED: Final = (Credential.SHARED,)
PUBLIC: Final = (Credential.CUSTOMER, Credential.SHARED)
A_SET: Final = Declared(set_name="cart", source="vendor/documents@0123abcd")
OF_THE_SHOP: Final = Declared(set_name=None)


def client(name: str, place: Place = Place.QUERY, pattern: str = ID, **more: Any) -> Parameter:
    """Return a parameter that the browser gives."""
    usual = {"required": place is Place.PATH, "description": "What a test gives.", "example": "a-1"}
    return Parameter(name=name, place=place, pattern=pattern, supplier=Supplier.CLIENT, **{**usual, **more})


def path(name: str) -> Parameter:
    """Return a part of the path that the browser gives."""
    return client(name, Place.PATH)


def row(name: str, method: str, upstream: str, *parameters: Parameter, **more: Any) -> Operation:
    """Return a declared row; by default it answers an object, to a visitor."""
    usual: dict[str, Any] = {
        "contract_id": name,
        "summary": f"Do {name.replace('_', ' ')}",
        "accepts": VISITOR,
        "answer": ResponseShape.OBJECT,
        "topic": "Cart",
        "declared": A_SET,
        "only_asks": method == "GET",
        "repeatable": method == "GET",
    }
    parameters = (*((TENANT,) if "{tenant}" in upstream else ()), *parameters)
    return Operation(name=name, method=method, path=upstream, parameters=parameters, **{**usual, **more})


_SITE = client("siteCode", pattern=SITE, required=True, is_site=True, example="main")
_ROWS: Final = (
    row("cart_by_site", "GET", "/cart/{tenant}/carts", _SITE, hidden=frozenset({"sessionId"})),
    row(
        "cart_create",
        "POST",
        "/cart/{tenant}/carts",
        Parameter(
            name="session-id",
            place=Place.HEADER,
            pattern=r"[\x21-\x7e]{1,512}",
            source=SessionValue.SESSION_ID,
            required=False,
            secret=True,
        ),
        free_body=FreeBody(kind=BodyKind.OBJECT),
        saas_token=SaasToken.IF_HELD,
        success=frozenset({201}),
    ),
    row(
        "cart_item_add",
        "POST",
        "/cart/{tenant}/carts/{cartId}/items",
        path("cartId"),
        _SITE,
        free_body=FreeBody(kind=BodyKind.OBJECT, forbids=frozenset({"externalFees", "customerId"})),
        success=frozenset({201}),
        rate=Rate(count=120, window_seconds=60),
        language=BROWSER_LANGUAGE,
    ),
    row(
        "cart_items_change",
        "PUT",
        "/cart/{tenant}/carts/{cartId}/itemsBatch",
        path("cartId"),
        free_body=FreeBody(kind=BodyKind.ARRAY, max_bytes=256 * 1024),
        success=frozenset({207}),
        answer=ResponseShape.ARRAY,
    ),
    row(
        "cart_site_change",
        "POST",
        "/cart/{tenant}/carts/{cartId}/changeSite",
        path("cartId"),
        free_body=FreeBody(kind=BodyKind.OBJECT, site="siteCode"),
        answer=ResponseShape.NOTHING,
    ),
    row(
        "cart_delete",
        "DELETE",
        "/cart/{tenant}/carts/{cartId}",
        path("cartId"),
        success=frozenset({204}),
        answer=ResponseShape.NOTHING,
    ),
    row("guest_cart", "GET", "/cart/{tenant}/guest-carts/{cartId}", path("cartId"), accepts=GUEST),
    row(
        "checkout_order",
        "POST",
        "/checkout/{tenant}/checkouts/order",
        free_body=FreeBody(kind=BodyKind.OBJECT, secrets=frozenset({"paymentMethods"})),
        saas_token=SaasToken.REQUIRED,
        read_timeout_seconds=30.0,
        rate=Rate(count=10, window_seconds=60),
        topic="Checkout",
    ),
    row(
        "orders",
        "GET",
        "/order-v2/{tenant}/orders",
        client("pageNumber", pattern=COUNT, example="1"),
        client("pageSize", pattern=COUNT, most=100, example="20"),
        client("expand", pattern="full|short-form"),
        client("total", pattern="true|false"),
        accepts=CUSTOMER,
        saas_token=SaasToken.IF_HELD,
        answer=ResponseShape.ARRAY,
        total_from="X-Total-Count",
        topic="Orders",
    ),
    row(
        "company_orders",
        "GET",
        "/order-v2/{tenant}/orders/{legalEntityId}/of/{orderId}",
        Parameter(name="legalEntityId", place=Place.PATH, pattern=ID, source=SessionValue.LEGAL_ENTITY),
        path("orderId"),
        Parameter(name="customerId", place=Place.QUERY, pattern=ID, source=SessionValue.CUSTOMER_ID, required=False),
        accepts=CUSTOMER,
        topic="Orders",
    ),
    row("context", "GET", "/session-context/{tenant}/me/context", topic="Sites"),
    row(
        "context_change",
        "PATCH",
        "/session-context/{tenant}/me/context",
        free_body=FreeBody(kind=BodyKind.OBJECT),
        media_types=(JSON, MERGE_PATCH),
        success=frozenset({204}),
        answer=ResponseShape.NOTHING,
        versioned=True,
        topic="Sites",
    ),
    row(
        "product",
        "GET",
        "/product/{tenant}/products/{productId}",
        path("productId"),
        accepts=PUBLIC,
        cache_seconds=60,
        language=BROWSER_LANGUAGE,
        topic="Catalog",
    ),
    row(
        "products_by_code",
        "GET",
        "/product/{tenant}/products",
        client("code", most_values=20),
        client("offset", pattern=INDEX, example="0"),
        accepts=PUBLIC,
        answer=ResponseShape.ARRAY,
        total_from="X-Total-Count",
        topic="Catalog",
    ),
    row(
        "brands", "GET", "/brand/brands", accepts=SHARED, answer=ResponseShape.ARRAY, cache_seconds=60, topic="Catalog"
    ),
    row(
        "prices_match",
        "POST",
        "/price/{tenant}/match-prices-by-context",
        free_body=FreeBody(kind=BodyKind.ANY),
        answer=ResponseShape.JSON,
        only_asks=True,
        repeatable=True,
        topic="Prices",
    ),
    row(
        "availability",
        "GET",
        "/availability/{tenant}/availability/{productId}/{site}",
        path("productId"),
        client("site", Place.PATH, pattern=SITE, is_site=True, example="main"),
        accepts=PUBLIC,
        topic="Catalog",
    ),
    row("points", "GET", "/reward-points/{tenant}/customer/points", accepts=CUSTOMER, answer=ResponseShape.JSON),
    row(
        "quote_document",
        "GET",
        "/quote/{tenant}/quotes/{quoteId}/pdf",
        path("quoteId"),
        accepts=CUSTOMER,
        answer=ResponseShape.PDF,
    ),
    row(
        "chat",
        "POST",
        "/ai-service/{tenant}/agentic/chat",
        client("session-id", Place.HEADER, required=False),
        free_body=FreeBody(kind=BodyKind.OBJECT, required=False),
        declared=OF_THE_SHOP,
        topic="Further operations of the shop",
    ),
    row(
        "colleague_remove",
        "DELETE",
        "/iam/{tenant}/groups/{groupId}/users/{userId}",
        path("groupId"),
        path("userId"),
        accepts=CUSTOMER,
        success=frozenset({204}),
        answer=ResponseShape.NOTHING,
        needs_reauthentication=True,
        rate=Rate(count=20, window_seconds=60),
        topic="Company",
    ),
)
DECLARED_ROWS: Final[Mapping[str, Operation]] = {one.name: one for one in _ROWS}
