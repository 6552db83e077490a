"""Rows that are written from a document: all that it says, and refused at the start for their empty bearer alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bff.operations.model import Operation
from bff.storefront.openapi.drafts import HEAD, Draft, choose, drafts
from bff.storefront.openapi.errors import DocumentError
from bff.storefront.openapi.loading import load
from bff.storefront.openapi.operations import Api
from bff.storefront.reader import examine, examine_text
from tests.support.storefront import written
from tests.support.vendor import ALL, CART, LABELS, ORDERS, OTHERS, content

EMPTY = 'bearer = ""'


def every_draft(document: dict[str, Any]) -> list[Draft]:
    api = Api(document)
    return drafts(api, list(api.found()))


def rows_of(path: Path) -> str:
    return HEAD + "".join(draft.row for draft in every_draft(load(path)))


def row(document: dict[str, Any], *wanted: str) -> dict[str, Any]:
    api = Api(document)
    (draft,) = drafts(api, choose(api, wanted))
    assert draft.faults == ()
    (table,) = tomllib.loads(draft.row)["route"]
    found: dict[str, Any] = table
    return found


def completed(path: Path, bearer: str = "customer") -> dict[str, Operation]:
    found = examine_text(rows_of(path).replace(EMPTY, f'bearer = "{bearer}"'))
    assert [str(problem) for problem in found.problems] == []
    return dict(found.storefront.operations)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_check_refuses_a_written_row_for_its_empty_bearer_alone(path: Path, tmp_path: Path) -> None:
    text = rows_of(path)
    found = examine(written(tmp_path, text))
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(EMPTY)]
    assert len(lines) > 1
    assert [problem.line for problem in found.problems] == lines
    assert all(problem.what.startswith("bearer is empty") for problem in found.problems)
    assert not found.storefront.operations


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_a_row_with_its_bearer_is_an_operation(path: Path) -> None:
    assert len(completed(path)) == rows_of(path).count("[[route]]")


def test_all_that_a_document_says_of_an_operation_is_written() -> None:
    assert row(content(CART), "GET-cart-retrieve-cart-by-criteria") == {
        "name": "cart_retrieve_cart_by_criteria",
        "summary": "Retrieving a cart by criteria",
        "method": "GET",
        "upstream": "/cart/{tenant}/carts",
        "operation_id": "GET-cart-retrieve-cart-by-criteria",
        "bearer": "",
        "query": {
            "sessionId": {"from": "session.id"},
            "customerId": {"from": "customer.id"},
            "siteCode": {"type": "site", "required": True},
            "legalEntityId": {"from": "legal_entity"},
            "countryCode": "country",
        },
        "success": [200],
        "answer": "object",
    }


def test_what_would_have_a_get_make_something_is_left_out_and_told() -> None:
    text = rows_of(CART)
    assert "# Left out of the query: 'create', which makes something, and a GET changes nothing." in text


def test_an_operation_without_an_id_is_called_by_its_verb_and_path() -> None:
    orders = row(content(ORDERS), "GET /order-v2/{tenant}/orders")
    assert orders["name"] == "get_order_v2_orders"
    assert "operation_id" not in orders
    assert orders["total_count"] is True
    assert orders["query"] == {
        "pageNumber": "count",
        "pageSize": "count",
        "sort": "sort",
        "q": "q",
        "fields": "names",
        "since": "date",
        "metadata.state": {"type": "word", "values": ["CREATED", "SHIPPED"]},
        "ids": {"type": "id", "repeat": 50},
        "codes": "names",
    }


def test_what_is_left_out_is_said() -> None:
    api = Api(load(ORDERS))
    listing, one, *_ = drafts(api, choose(api, ["GET /order-v2/{tenant}/orders", "GET-order-retrieve-order"]))
    assert "# Left out of the query: 'filter[name]', which is no name that fits here" in listing.row
    assert "# The document has a saas-token: say in `saas_token` whether it goes along." in listing.row
    assert "# The document has a body, which does not go with GET." in one.row


def test_path_parameters_are_filled_in_whether_they_are_declared_or_not() -> None:
    batch = row(content(CART), "POST-cart-add-multiple-items-to-cart")
    assert (batch["path"], batch["body"]) == ({"cartId": "id"}, "array")
    discount = row(content(CART), "DELETE-cart-remove-discount")
    assert discount["path"] == {"cartId": "id", "discountIndex": "index"}
    (company,) = [one for one in completed(ORDERS).values() if "legal-entity" in one.path]
    assert [route.path for route in company.routes] == ["/api/order-v2/legal-entity-orders"]


def test_paths_without_a_tenant_hang_on_the_bearer() -> None:
    labels = row(content(LABELS), "GET-label-list-labels")
    assert (labels["upstream"], labels["tenant"]) == ("/label/labels", "bearer")
    assert labels["total_count"] == "X-Count"
    assert labels["language"] == "browser"
    assert "totalCount" not in labels["query"]
    assert labels["summary"] == 'Retrieving "all" labels 🏷'


def test_header_fields_are_told_by_what_a_row_calls_them() -> None:
    create = row(content(CART), "POST-cart-create-cart")
    assert create["header"] == {"session-id": {"from": "session.id"}}
    assert create["success"] == [201]
    pdf = row(content(OTHERS), "POST-quote-generate-quote-pdf")
    assert (pdf["answer"], pdf["language"]) == ("pdf", "browser")
    assert pdf.keys().isdisjoint({"header", "total_count"})


def test_changes_of_a_colleague_have_what_they_need_besides() -> None:
    upsert = row(content(OTHERS), "upsertCustomer")
    assert (upsert["name"], upsert["path"]) == ("upsert_customer", {"customerNumber": "id"})
    assert upsert["merge_patch"] is upsert["recent_proof"] is upsert["audit"] is True
    assert (upsert["success"], upsert["content_language"]) == ([201, 204], "browser")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("stream", "it answers 'text/event-stream', and a row passes JSON and PDF on"),
        ("attach", "its body is 'multipart/form-data', and a row's is JSON"),
        ("match-prices", "upstream needs a service's token"),
        ("login", "upstream is the service of sign-ins"),
        ("download", "no success is documented"),
        ("exchange", "it needs 'accessToken' in its query, which is a secret's name"),
    ],
)
def test_what_can_be_no_row_is_not_written_and_the_reason_is_told(wanted: str, why: str) -> None:
    api = Api(load(OTHERS))
    (draft,) = drafts(api, choose(api, [wanted]))
    assert draft.row == ""
    assert why in draft.faults[0]


def test_two_that_one_path_fits_are_not_written_both() -> None:
    document = content(LABELS)
    document["servers"] = []
    document["paths"] = {
        "/a/{tenant}/{one}/b": {"get": {"responses": {"204": {}}}},
        "/a/{tenant}/c/{two}": {"get": {"responses": {"204": {}}}},
    }
    first, second = every_draft(document)
    assert first.row
    assert second.row == ""
    assert "meets the route of" in second.faults[0]


@pytest.mark.parametrize(
    ("operation_id", "name"),
    [
        ("GET-order-list", "order_list"),
        ("listOrders", "list_orders"),
        ("getHTTPStatus2x", "get_httpstatus2x"),
        ("me", "row_me"),
        ("login", "login_2"),
        ("signIn", "sign_in_2"),
        ("2nd", "row_2nd"),
        ("Ünïcödé ids", "n_c_d_ids"),
        ("GET-", "get"),
        ("x" * 100, "x" * 41),
        ("constructor", "constructor_2"),
    ],
)
def test_names_are_made_of_ids_and_nobody_elses(operation_id: str, name: str) -> None:
    document = content(LABELS)
    document["paths"]["/labels"]["get"]["operationId"] = operation_id
    draft, *_ = every_draft(document)
    assert draft.faults == ()
    found = re.search(r'(?m)^name = "(.*)"$', draft.row)
    assert found is not None
    assert found[1] == name


def test_two_of_one_name_get_one_each() -> None:
    document = content(LABELS)
    for path in document["paths"].values():
        path["get"]["operationId"] = "x" * 60
    names = [tomllib.loads(draft.row)["route"][0]["name"] for draft in every_draft(document)]
    assert names == ["x" * 41, "x" * 39 + "_2"]


def test_text_of_a_document_stays_text() -> None:
    document = content(LABELS)
    labels = document["paths"]["/labels"]["get"]
    labels["summary"] = 'a"\n[[route]]\nname = "b"\\\x7f\u202e' + "y" * 500
    labels["operationId"] = 'a"\nbearer = "customer'
    labels["parameters"].append({"name": 'a" = "id"\nb', "in": "query"})
    (draft, *_) = every_draft(document)
    (table,) = tomllib.loads(draft.row)["route"]
    assert table["bearer"] == ""
    assert table["summary"].startswith('a" [[route]] name = "b"\\ y')
    assert len(table["summary"]) == 120
    assert set(table["query"]) == {"justOverlay"}


def test_operations_are_chosen_by_id_or_by_verb_and_path() -> None:
    api = Api(load(ORDERS))
    wanted = ["POST-order-transition", "GET /order-v2/{tenant}/orders", "POST-order-transition"]
    assert [found.title for found in choose(api, wanted)] == [
        "POST /order-v2/{tenant}/orders/{orderId}/transitions",
        "GET /order-v2/{tenant}/orders",
    ]
    with pytest.raises(DocumentError, match="has no operation 'x'"):
        choose(api, ["x"])


def test_an_id_that_two_have_chooses_neither() -> None:
    document = content(LABELS)
    for path in document["paths"].values():
        path["get"]["operationId"] = "same"
    with pytest.raises(DocumentError, match="has 2 operations 'same'"):
        choose(Api(document), ["same"])
