"""Orders as they are read: what the Order Service documents, and whatever else stands there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.account.orders import MOST_LINES, NEWEST_FIRST, Order, order_rows, orders_of
from bff.config.model import Rate
from bff.operations.model import Credential, Operation, Place, ResponseShape
from bff.operations.table import OPERATIONS
from bff.storefront.file import DEMO
from bff.storefront.reader import read_storefront
from tests.support.orders import FULL, entry, order

SHIPPED: Mapping[str, Operation] = read_storefront(DEMO).with_built_in()
ODD_AMOUNTS: list[Any] = [
    None,
    True,
    "1",
    [],
    {},
    float("nan"),
    float("inf"),
    -float("inf"),
    10**12,
    10**400,
    -(10**12),
]


def read(content: dict[str, Any], language: str = "en") -> Order:
    return Order.of(content, language=language)


def test_order_is_read_as_it_is_documented() -> None:
    read_order = read(FULL)
    assert (read_order.id, read_order.status, read_order.currency) == ("EON2076", "SHIPPED", "EUR")
    assert read_order.created == date(2026, 1, 30)
    assert read_order.quantity == 3
    assert [(line.name, line.quantity, line.unit, line.total) for line in read_order.lines] == [
        ("Sencha", Decimal(2), Decimal("8.9"), Decimal("17.8")),
        ("Teapot", Decimal(1), Decimal("39.0"), Decimal("39.0")),
    ]
    totals = read_order.totals
    assert (totals.subtotal, totals.discounts, totals.fees) == (Decimal("56.8"), Decimal("5.68"), Decimal("1.5"))
    assert (totals.shipping, totals.tax, totals.total) == (Decimal("4.9"), Decimal("7.68"), Decimal("57.52"))
    assert totals.tax_is_included
    assert read_order.delivery is not None
    assert read_order.delivery.street_line == "Platz der Republik 1"
    assert read_order.billing is not None
    assert read_order.billing.texts.company_name == "Example Trading"
    assert read_order.delivery_method == "Standard"
    (shipment,) = read_order.shipments
    assert (shipment.carrier, shipment.number) == ("Example Post", "00340434")
    assert (shipment.shipped, shipment.expected) == (date(2026, 2, 1), date(2026, 2, 3))
    assert shipment.link == "https://post.example.com/track?id=00340434"
    assert read_order.payments == ("invoice",)


def test_names_are_in_the_language_wanted_or_in_one_that_there_is() -> None:
    assert read(FULL, "de").lines[0].name == "Sencha (de)"
    assert read(FULL, "de").delivery_method == "Normalversand"
    assert read(FULL, "fr").lines[0].name == "Sencha"
    product: dict[str, Any] = {"id": "tea", "sku": "TEA"}
    named: list[tuple[dict[str, Any], str]] = [
        ({"localizedName": {"pl": "Herbata"}}, "Herbata"),
        ({"name": {"de": "Tee", "en": "Tea"}}, "Tea"),
        ({"name": "Tea"}, "Tea"),
        ({"localizedName": {"en": 5, "de": "Tee"}, "name": "Tea"}, "Tee"),
        ({"localizedName": {}, "name": "Tea"}, "Tea"),
        ({}, "TEA"),
    ]
    for names, shown in named:
        assert read(order(entries=[entry("x", 1, 1, product={**product, **names})])).lines[0].name == shown


def test_older_prices_count_where_none_is_calculated() -> None:
    older = read(
        order(
            calculatedPrice=None,
            subTotalPrice=10,
            totalPrice=11.5,
            tax={"total": {"amount": 1.9, "inclusive": True}},
            discounts=[{"amount": 1}, {"amount": 2.5}, {"amount": "x"}],
            entries=[{"amount": 2, "unitPrice": 5, "totalPrice": 10}],
        )
    )
    totals = older.totals
    assert (totals.subtotal, totals.discounts, totals.total) == (Decimal(10), Decimal("3.5"), Decimal("11.5"))
    assert (totals.shipping, totals.tax, totals.tax_is_included) == (Decimal("4.9"), Decimal("1.9"), True)
    assert (older.lines[0].unit, older.lines[0].total) == (Decimal(5), Decimal(10))


def test_prices_with_and_without_tax_are_not_mixed_in_a_line() -> None:
    line = entry("x", 2, 10.0, unitPrice=8.4, totalPrice=16.8)
    for name, left in (("calculatedUnitPrice", (None, Decimal("20.0"))), ("calculatedPrice", (Decimal("10.0"), None))):
        (read_line,) = read(order(entries=[{key: value for key, value in line.items() if key != name}])).lines
        assert (read_line.unit, read_line.total) == left


@pytest.mark.parametrize("odd", ODD_AMOUNTS, ids=lambda odd: str(odd)[:20])
def test_what_nobody_pays_is_no_amount(odd: Any) -> None:
    totals = read(order(calculatedPrice=None, totalPrice=odd, subTotalPrice=odd)).totals
    assert (totals.total, totals.subtotal) == (None, None)
    assert read(order(entries=[{"amount": odd}])).quantity is None


@pytest.mark.parametrize(
    ("amounts", "quantity"),
    [([1, 2.0], 3), ([], None), ([1, 0.5], None), ([0], None), ([-1], None), ([2, "1"], None)],
)
def test_items_are_counted_where_they_come_by_the_piece(amounts: list[Any], quantity: int | None) -> None:
    assert read(order(entries=[{"amount": amount} for amount in amounts])).quantity == quantity


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2026-01-30T13:45:34.406Z", date(2026, 1, 30)),
        ("2026-01-30T23:30:00-05:00", date(2026, 1, 31)),
        ("2026-01-30", date(2026, 1, 30)),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday", None),
        ("", None),
        (1769780734, None),
        (None, None),
        ("1" * 5000, None),
    ],
)
def test_day_is_that_of_utc_and_what_is_none_is_none(time: Any, day: date | None) -> None:
    assert read(order(created=time)).created == day


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://",
        " https://post.example.com/",
        "https://post.example.com/\n",
        "https:post.example.com",
        "https:///track",
        "https://\\post.example.com",
        "https://jane@post.example.com/",
        "https://post.example.com:port/",
        "https://[::1/",
        "https://pöst.example.com/",
        'https://post.example.com/"onclick=',
        "http://post.example.com/",
        "//post.example.com/",
        "/track",
        "data:text/html,x",
        "https://post.example.com/" + "x" * 2000,
        5,
        None,
        ["https://post.example.com/"],
    ],
    ids=lambda link: str(link)[:40],
)
def test_parcel_is_linked_by_https_alone(link: Any) -> None:
    (shipment,) = read(order(shipments=[{"trackingNumber": "1", "trackingUrl": link}])).shipments
    assert shipment.link is None


def test_what_is_no_list_or_no_object_counts_as_not_given() -> None:
    odds: tuple[Any, ...] = (None, 5, "x", {"a": 1}, [5, None, "x", []])
    for odd in odds:
        changes = dict.fromkeys(("entries", "shipments", "payments", "discounts", "shippingAddress"), odd)
        seen = read({**FULL, **changes, "shipping": odd, "calculatedPrice": odd, "billingAddress": odd})
        assert (seen.lines, seen.shipments, seen.payments, seen.delivery_method) == ((), (), (), None)
        assert seen.billing is None
    assert orders_of([5, None, FULL, []], language="en") == (read(FULL),)


def test_address_without_a_line_is_none() -> None:
    assert read(order(shippingAddress={})).delivery is None
    assert read(order(shippingAddress={"metadata": {}})).delivery is None
    odd = read(order(shippingAddress={"city": 5})).delivery
    assert odd is not None
    assert odd.unreadable == ("city",)


def test_long_texts_and_long_lists_are_cut() -> None:
    seen = read(
        order(
            status="S" * 5000,
            entries=[entry("x" * 5000, 1, 1)] * (MOST_LINES + 7),
            payments=[{"method": "m" * 5000}] * 5000,
            shipments=[{"carrier": "c" * 5000}] * 5000,
        )
    )
    assert (len(seen.lines), seen.more_lines) == (MOST_LINES, 7)
    assert seen.quantity == MOST_LINES + 7
    assert len(seen.lines[0].name or "") == 200
    assert len(seen.status or "") == 40
    assert len(seen.payments) == len(seen.shipments) == 50
    assert max(map(len, (*seen.payments, *(one.carrier or "" for one in seen.shipments)))) == 200


def deep(*also: float) -> st.SearchStrategy[Any]:
    """Return values of JSON, many of them where an order has something; `also`: what only some readers take for one."""
    floats = st.floats(allow_nan=False, allow_infinity=False)
    texts = st.text(max_size=5) | st.sampled_from(["\ud800", "a1", "EUR", "2026-01-30", "https://a.example/"])
    values = st.one_of(st.none(), st.booleans(), st.integers(), floats, texts, st.sampled_from([1, *also]))
    names = st.sampled_from(sorted({*FULL, *FULL["entries"][0], "grossValue", "total", "amount", "price", "lines"}))
    return st.recursive(
        values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
    )


@given(st.dictionaries(st.sampled_from(sorted(FULL)), deep(float("nan"), float("inf")), max_size=6))
def test_whatever_stands_in_an_order_it_is_read(odd: dict[str, Any]) -> None:
    content = json.loads(json.dumps({**FULL, **odd}))
    assert isinstance(read(content), Order)


def test_shipped_rows_are_those_that_pages_ask_by() -> None:
    rows = order_rows(SHIPPED)
    assert rows is not None
    assert (rows.many.name, rows.one.name) == ("orders", "order")
    assert rows.admits("EON2076")
    assert not rows.admits("a/b")
    assert not rows.admits("x" * 65)
    assert order_rows(OPERATIONS) is None


def test_rows_are_found_by_what_they_ask_for_whatever_they_are_called() -> None:
    renamed = {"mine": replace(SHIPPED["orders"], name="mine"), "one": replace(SHIPPED["order"], name="one")}
    rows = order_rows({**OPERATIONS, **renamed})
    assert rows is not None
    assert (rows.many.name, rows.one.name) == ("mine", "one")


def without(row: Operation, name: str) -> Operation:
    return replace(row, parameters=tuple(one for one in row.parameters if one.name != name))


def changed(row: Operation, parameter: str, **changes: Any) -> Operation:
    new = tuple(replace(one, **changes) if one.name == parameter else one for one in row.parameters)
    return replace(row, parameters=new)


MANY, ONE = SHIPPED["orders"], SHIPPED["order"]


@pytest.mark.parametrize(
    "changes",
    [
        {"orders": None},
        {"order": None},
        {"orders": replace(MANY, accepts=(Credential.CUSTOMER, Credential.ANONYMOUS))},
        {"orders": replace(MANY, accepts=(Credential.ANONYMOUS,))},
        {"orders": replace(MANY, answer=ResponseShape.OBJECT)},
        {"orders": replace(MANY, rate=Rate(count=1, window_seconds=60))},
        {"order": replace(ONE, needs_reauthentication=True)},
        {"order": replace(ONE, declared=None)},
        {"orders": without(MANY, "sort")},
        {"orders": without(MANY, "pageNumber")},
        {"orders": changed(MANY, "pageSize", most=5)},
        {"orders": changed(MANY, "sort", pattern="name")},
        {"orders": changed(MANY, "q", required=True)},
        {"order": changed(ONE, "orderId", place=Place.PATH, pattern="[a-z]")},
    ],
    ids=str,
)
def test_rows_that_pages_could_not_ask_by_are_none(changes: dict[str, Operation | None]) -> None:
    table = {name: row for name, row in {**SHIPPED, **changes}.items() if row is not None}
    assert order_rows(table) is None


def test_newest_come_first() -> None:
    assert NEWEST_FIRST == "created:desc"
