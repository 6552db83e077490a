"""The API description of rows that a file declares: parameters by type, free bodies, documents, totals, caches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from bff.operations.table import OPERATIONS
from bff.web.api.description.document import describe
from bff.web.api.readable import readable
from tests.support.api_description import Description, settings
from tests.support.declared_rows import DECLARED_ROWS

TABLE = {**OPERATIONS, **DECLARED_ROWS}
SITES = {"EMPORIX_SITE": "main", "EMPORIX_SITES": "de,x.y"}
ANY_OBJECT = {"type": "object", "additionalProperties": True}
ANY_LIST = {"type": "array", "items": {}}


@pytest.fixture(scope="module")
def described() -> Description:
    return Description(describe(settings(**SITES), TABLE))


def parameter(described: Description, operation: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in described.operation(operation).parameters if one["name"] == name]
    return found


def content(described: Description, operation: str, status: str = "200") -> dict[str, Any]:
    response = described.operation(operation).said["responses"][status]
    return {media: one["schema"] for media, one in response.get("content", {}).items()}


def headers(described: Description, operation: str, status: str = "200") -> set[str]:
    return set(described.operation(operation).said["responses"][status]["headers"])


@pytest.mark.parametrize("environment", [{}, SITES], ids=["no site", "sites"])
def test_document_is_valid_with_rows_of_every_kind(environment: dict[str, str]) -> None:
    validate(describe(settings(**environment), TABLE))


def test_every_declared_row_is_described_under_its_own_topic(described: Description) -> None:
    routes = {(route.method, route.path.replace("<", "{").replace(">", "}")): row
              for row in DECLARED_ROWS.values() for route in row.routes}  # fmt: skip
    said = {(one.method, one.path): one for one in described.operations}
    assert routes.keys() < said.keys()
    for key, row in routes.items():
        assert said[key].said["tags"] == [row.topic]
        assert said[key].said["summary"] == row.summary
    assert {tag["name"] for tag in described.document["tags"]} >= {"Cart", "Catalog", "Checkout", "Orders"}


def test_shipped_row_names_what_it_was_written_from(described: Description) -> None:
    said = described.operation("cartBySite").said["x-emporix"]
    assert said == {
        "operationId": "cart_by_site",
        "method": "GET",
        "path": "/cart/{tenant}/carts",
        "source": "vendor/documents@0123abcd",
    }
    assert "source" not in described.operation("chat").said["x-emporix"]


def test_parameters_have_their_types(described: Description) -> None:
    assert parameter(described, "orders", "pageNumber")["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 999_999_999,
    }
    assert parameter(described, "orders", "pageSize")["schema"] == {"type": "integer", "minimum": 1, "maximum": 100}
    assert parameter(described, "productsByCode", "offset")["schema"]["minimum"] == 0
    assert parameter(described, "orders", "total")["schema"]["enum"] == ["true", "false"]
    assert parameter(described, "orders", "expand")["schema"]["enum"] == ["full", "short-form"]
    repeated = parameter(described, "productsByCode", "code")["schema"]
    assert (repeated["type"], repeated["maxItems"], repeated["items"]["type"]) == ("array", 20, "string")


def test_what_only_the_session_supplies_is_in_no_description(described: Description) -> None:
    one = described.operation("companyOrders")
    assert one.path == "/api/order-v2/orders/of/{orderId}"
    assert [parameter["name"] for parameter in one.parameters] == ["orderId"]


def test_header_that_the_client_gives_is_in_the_query(described: Description) -> None:
    assert parameter(described, "chat", "session-id")["in"] == "query"


def test_sites_are_those_of_the_settings(described: Description) -> None:
    site = parameter(described, "cartBySite", "siteCode")
    assert (site["required"], site["schema"], site["example"]) == (
        False,
        {"type": "string", "enum": ["main", "de", "x.y"]},
        "main",
    )
    (body,) = described.operation("cartSiteChange").said["requestBody"]["content"].values()
    assert body["schema"]["properties"]["siteCode"]["enum"] == ["main", "de", "x.y"]
    assert parameter(described, "availability", "site")["required"]
    # Without a default one the client has to name it.
    assert parameter(Description(describe(settings(), TABLE)), "cartBySite", "siteCode")["required"]


def test_bodies_say_which_kind_they_are_and_what_they_may_not_name(described: Description) -> None:
    def body(operation: str) -> dict[str, Any]:
        said: dict[str, Any] = described.operation(operation).said["requestBody"]
        return said

    added = body("cartItemAdd")["content"]["application/json"]["schema"]
    assert described.errors(added, {"quantity": 1}) == []
    assert described.errors(added, {"customerId": "x"}) != []
    assert described.errors(added, []) != []
    assert (
        "Nowhere in the body: `customerId`, `externalFees`." in described.operation("cartItemAdd").said["description"]
    )
    assert body("cartItemsChange")["content"]["application/json"]["schema"] == ANY_LIST
    assert "at most 256 KiB" in described.operation("cartItemsChange").said["description"]
    assert body("pricesMatch")["content"]["application/json"]["schema"] == {}
    assert (body("chat")["required"], body("cartItemAdd")["required"]) == (False, True)
    assert set(body("contextChange")["content"]) == {"application/json", "application/merge-patch+json"}


def test_answers_say_which_kind_they_are(described: Description) -> None:
    assert content(described, "cartBySite") == {"application/json": ANY_OBJECT}
    assert content(described, "cartItemsChange", "207") == {"application/json": ANY_LIST}
    assert content(described, "points") == {"application/json": {}}
    assert content(described, "quoteDocument") == {"application/pdf": {}}
    assert content(described, "cartDelete", "204") == content(described, "cartSiteChange") == {}


def test_totals_versions_and_caches_are_in_the_headers(described: Description) -> None:
    assert "X-Total-Count" in headers(described, "orders")
    assert "X-Total-Count" not in headers(described, "cartBySite")
    assert "ETag" in headers(described, "context")
    assert "ETag" not in headers(described, "cartBySite")
    assert "If-Match" in {one["name"] for one in described.operation("contextChange").parameters}
    assert {"ETag", "Cache-Control"} <= headers(described, "product") & headers(described, "product", "304")
    assert "Cache-Control" not in headers(described, "productsByCode")
    assert "304" not in described.operation("productsByCode").said["responses"]


def test_who_may_call_and_what_is_sent_along_is_said(described: Description) -> None:
    said = {one.id: one.said for one in described.operations}
    assert said["brands"]["security"] == []
    assert said["product"]["security"] == [{}, {"cookie": []}]
    assert said["orders"]["security"] == [{"cookie": []}]
    assert said["checkoutOrder"]["security"] == [{"cookie": [], "csrf": []}]
    assert "X-CSRF-Token" not in headers(described, "brands")
    assert said["brands"]["description"].startswith("For anybody, without a session too.")
    assert "A customer's own answer" in said["product"]["description"]
    assert "ten minutes" in said["colleagueRemove"]["description"]
    assert "At most 10/minute in one session." in said["checkoutOrder"]["description"]


def types(described: Description, operation: str, status: str) -> Iterator[str]:
    response = described.resolved(described.operation(operation).said["responses"][status])
    for example in response["content"]["application/json"]["examples"].values():
        yield described.resolved(example)["value"]["type"]


def test_errors_are_those_of_the_row(described: Description) -> None:
    assert "reauthentication_required" in types(described, "checkoutOrder", "401")
    assert list(types(described, "guestCart", "401")) == ["login_required"]
    assert "forbidden" in types(described, "companyOrders", "403")
    assert "401" not in described.operation("brands").said["responses"]
    assert "413" in described.operation("cartItemsChange").said["responses"]


def test_what_a_write_compares_is_in_the_read(described: Description) -> None:
    schema = content(described, "context")["application/json"]
    assert described.errors(schema, {"metadata": {"version": 3}, "currency": "EUR"}) == []
    assert described.errors(schema, {"metadata": {"version": "3"}}) != []


def test_page_shows_declared_rows_too(described: Description) -> None:
    page = readable(described.document)
    (cart,) = [topic for topic in page.topics if topic.name == "Cart"]
    assert {route.id for route in cart.routes} >= {"cartItemAdd", "cartItemsChange", "guestCart"}
    (added,) = [route for route in cart.routes if route.id == "cartItemAdd"]
    assert added.body is not None
    assert (added.body.shape, added.body.is_required, added.needs_token) == (None, True, True)
