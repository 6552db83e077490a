"""A newer document beside the rows: what is added, gone and changed, and nothing that was left out on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from bff.operations.model import Operation
from bff.operations.table import OPERATIONS
from bff.storefront.openapi.differences import Change, Difference, differences
from bff.storefront.openapi.known import Document, facts_of, key_of
from bff.storefront.openapi.operations import Api, VendorOperation
from bff.storefront.reader import examine_text
from tests.support.vendor import CART, LABELS, ORDERS, content

CARTS = "/cart/{tenant}/carts"
BATCH = f"{CARTS}/{{cartId}}/itemsBatch"


def operations(document: dict[str, Any]) -> list[VendorOperation]:
    api = Api(document)
    return [api.operation(found) for found in api.found()]


def as_known(path: str, document: dict[str, Any]) -> Document:
    return Document(path=path, operations={key_of(one.method, one.path): facts_of(one) for one in operations(document)})


KNOWN = (as_known("cart", content(CART)), as_known("orders", content(ORDERS)))


@pytest.fixture(scope="module")
def rows() -> dict[str, Operation]:
    return dict(examine_text("format = 1\nsets = ['cart', 'orders']\n").storefront.operations)


def own(text: str) -> dict[str, Operation]:
    found = examine_text(f"format = 1\n{text}")
    assert not found.problems
    return dict(found.storefront.operations)


def compared(document: dict[str, Any], rows: dict[str, Operation]) -> list[tuple[str, str, str]]:
    wanted = {name: row for name, row in rows.items() if key_of(row.method, row.path) in of_all_known()}
    return [
        (one.change.value, one.row.name if one.row else one.title, one.told)
        for one in differences(operations(document), wanted, KNOWN)
    ]


def of_all_known() -> set[tuple[str, str]]:
    return {key for document in KNOWN for key in document.operations}


@pytest.mark.parametrize("path", [CART, ORDERS], ids=lambda path: path.name)
def test_the_document_that_sets_were_written_from_differs_in_nothing(path: Any, rows: dict[str, Operation]) -> None:
    assert compared(content(path), rows) == []


def test_what_is_new_is_added_and_told_with_its_id(rows: dict[str, Operation]) -> None:
    document = content(CART)
    document["paths"][f"{CARTS}/{{cartId}}/share"] = {"post": {"operationId": "POST-cart-share", "responses": {}}}
    assert compared(document, rows) == [("added", f"POST {CARTS}/{{cartId}}/share", "POST-cart-share")]


def test_what_was_there_and_no_set_has_is_not_added(rows: dict[str, Operation]) -> None:
    without = {name: row for name, row in rows.items() if name != "cart_create"}
    assert compared(content(CART), without) == []


def test_what_is_built_in_is_not_added() -> None:
    document = content(CART)
    document["paths"] = {"/customer/{tenant}/me": {"get": {"responses": {"200": {}}}}}
    assert "get_me" in OPERATIONS
    assert differences(operations(document), {}, KNOWN) == []


def test_what_is_missing_is_gone(rows: dict[str, Operation]) -> None:
    document = content(CART)
    del document["paths"][BATCH]["put"]
    assert compared(document, rows) == [("gone", "cart_items_update", "")]


def test_what_is_asked_in_another_way_is_changed(rows: dict[str, Operation]) -> None:
    document = content(CART)
    read = document["paths"][CARTS]["get"]
    read["parameters"] = [one for one in read["parameters"] if one["name"] != "countryCode"]
    read["parameters"].append({"name": "channel", "in": "query"})
    batch = document["paths"][BATCH]["put"]
    batch["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    batch["responses"] = {"200": {}}
    assert compared(document, rows) == [
        ("changed", "cart", "its query takes channel too; its query takes no countryCode any more"),
        ("changed", "cart_items_update", "it succeeds with 200 in place of 207; its body is object in place of array"),
    ]


def test_another_name_of_a_path_parameter_changes_nothing(rows: dict[str, Operation]) -> None:
    document = content(CART)
    document["paths"] = {path.replace("{cartId}", "{id}"): item for path, item in document["paths"].items()}
    assert compared(document, rows) == []


def test_other_documents_rows_are_not_gone(rows: dict[str, Operation]) -> None:
    assert {one.change for one in differences(operations(content(LABELS)), rows, KNOWN)} == {Change.ADDED}


def test_all_is_gone_of_a_service_whose_paths_are_all_others(rows: dict[str, Operation]) -> None:
    document = content(CART)
    document["paths"] = {path.replace("/carts", "/baskets"): item for path, item in document["paths"].items()}
    found = [change for change, _, _ in compared(document, rows)]
    assert (found.count("added"), found.count("gone")) == (5, 5)


def test_a_row_of_the_shops_own_is_compared_itself() -> None:
    shops = own(
        """
[[route]]
name = "cart_share"
summary = "Share a cart"
method = "POST"
upstream = "/cart/{tenant}/shares"
bearer = "visitor"
query = { siteCode = "site", with = "word" }
body = "object"

[[route]]
name = "cart_shares"
summary = "List shares"
method = "GET"
upstream = "/cart/{tenant}/shares"
bearer = "visitor"
answer = "array"
"""
    )
    document = content(CART)
    document["paths"]["/cart/{tenant}/shares"] = {
        "post": {"parameters": [{"name": "siteCode", "in": "query"}], "responses": {"201": {}}}
    }
    told = "its query takes no with any more; it succeeds with 201 in place of 200; its body is none in place of object"
    assert compared_all(document, shops) == [
        (Change.CHANGED, "cart_share", told),
        (Change.GONE, "cart_shares", ""),
    ]
    # Its service is another one's.
    assert [one for one in compared_all(content(ORDERS), shops) if one[1]] == []


def compared_all(document: dict[str, Any], rows: dict[str, Operation]) -> list[tuple[Change, str, str]]:
    found: list[Difference] = differences(operations(document), rows, KNOWN)
    return [(one.change, one.row.name, one.told) for one in found if one.row is not None]


def test_a_total_that_a_query_asks_for_is_part_of_the_row() -> None:
    shops = own(
        """
[[route]]
name = "labels"
summary = "List labels"
method = "GET"
upstream = "/label/labels"
tenant = "bearer"
bearer = "public"
query = { justOverlay = "bool" }
total_count = "X-Count"
answer = "array"
"""
    )
    assert compared_all(content(LABELS), shops) == []
