"""Orders as values: read once from upstream's JSON, leniently, and the declared rows that they are asked for by.

Schema `order` of the Order Service's document (order-v2). What is not of the documented type, or is no amount that
anybody pays, counts as not given. `calculatedPrice` goes first: the prices beside it are deprecated, and do not add up
where there are fees. Of payments only the name is read: the rest is between shop and provider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from bff.account.profile import Address, text_of
from bff.operations.model import Credential, Operation, ResponseShape, Supplier

MOST_LINES: Final = 1000
"""An answer may be megabytes, and no reader can use a page of so many lines."""
_MOST_OTHERS: Final = 50
_MOST_AMOUNT: Final = 10**12
_MOST_CHARACTERS: Final = 200
_MOST_OF_A_STATUS: Final = 40
_MOST_OF_A_TIME: Final = 40
_MOST_LINK_CHARACTERS: Final = 2000
_LINK: Final = re.compile(r"[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")
"""RFC 3986 2: what a URL is made of."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
"""ISO 4217."""
_LIST: Final = "/order-v2/{tenant}/orders"
_ONE: Final = "/order-v2/{tenant}/orders/{orderId}"
ORDER_ID: Final = "orderId"
PAGE_SIZE: Final = 10
NEWEST_FIRST: Final = "created:desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows:
    """The rows that a customer's own orders are asked for by."""

    many: Operation
    one: Operation

    def admits(self, id: str) -> bool:
        """Tell whether an order can have this id."""
        return self.one.parameter(ORDER_ID).admits(id)


def order_rows(operations: Mapping[str, Operation]) -> OrderRows | None:
    """Return the rows of a table; None: the shop's file does not declare both of them as the shipped set does."""
    asked = {"pageNumber": "1", "pageSize": str(PAGE_SIZE), "sort": NEWEST_FIRST}
    many = _row(operations, _LIST, ResponseShape.ARRAY, asked)
    one = _row(operations, _ONE, ResponseShape.OBJECT, {ORDER_ID: "1"})
    return None if many is None or one is None else OrderRows(many=many, one=one)


def _row(
    operations: Mapping[str, Operation], path: str, answer: ResponseShape, asked: Mapping[str, str]
) -> Operation | None:
    for row in operations.values():
        if (row.method, row.path, row.answer, row.accepts) != ("GET", path, answer, (Credential.CUSTOMER,)):
            continue
        # What a row asks for besides (a proof of just now, a pace of its own) is for its JSON route to see to.
        if row.declared is None or row.needs_reauthentication or row.rate is not None:
            continue
        taken = {one.name: one for one in row.parameters if one.supplier is Supplier.CLIENT}
        needed = {name for name, one in taken.items() if one.required}
        if needed <= asked.keys() <= taken.keys() and all(taken[name].admits(value) for name, value in asked.items()):
            return row
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One thing that was ordered, before discounts and fees."""

    name: str | None
    quantity: Decimal | None
    unit: Decimal | None
    """What one of it costs."""
    total: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One parcel."""

    carrier: str | None
    number: str | None
    link: str | None
    """Https, to follow it by. Emporix's document has none; some shops add it."""
    shipped: date | None
    expected: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What an order comes to."""

    subtotal: Decimal | None
    """Of the lines, before discounts and fees."""
    discounts: Decimal | None
    fees: Decimal | None
    shipping: Decimal | None
    tax: Decimal | None
    tax_is_included: bool
    total: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order."""

    id: str | None
    """It is the number that people know it by, too."""
    status: str | None
    created: date | None
    """By UTC."""
    currency: str | None
    quantity: int | None
    """Of all lines together; None: some are not counted by the piece."""
    lines: tuple[OrderLine, ...]
    more_lines: int
    """How many there are besides."""
    totals: Totals
    delivery: Address | None
    billing: Address | None
    delivery_method: str | None
    shipments: tuple[Shipment, ...]
    payments: tuple[str, ...]
    legal_entity_id: str | None
    """The company that it was placed for."""

    @classmethod
    def of(cls, content: Mapping[str, Any], *, language: str) -> Order:
        """Read an order.

        :param language: which one of several that a name is there in
        """
        entries = _objects(content.get("entries"))
        amounts = [entry.get("amount") for entry in entries]
        shipping = _object(content.get("shipping"))
        methods = (_name(one, language) for one in _objects(shipping.get("lines")))
        return cls(
            id=_short(content.get("id")),
            status=_short(content.get("status"), _MOST_OF_A_STATUS),
            created=_day(content.get("created")),
            currency=_currency(content),
            quantity=_pieces(amounts),
            lines=tuple(_line(entry, language) for entry in entries[:MOST_LINES]),
            more_lines=max(0, len(entries) - MOST_LINES),
            totals=_totals(content, shipping),
            delivery=_address(content.get("shippingAddress")),
            billing=_address(content.get("billingAddress")),
            delivery_method=next((name for name in methods if name), None),
            shipments=tuple(_shipments(content)),
            payments=tuple(_payments(content)),
            legal_entity_id=_short(content.get("legalEntityId")),
        )


def orders_of(content: list[Any], *, language: str) -> tuple[Order, ...]:
    """Read a list of orders; entries that are no objects are left out."""
    return tuple(Order.of(entry, language=language) for entry in content if isinstance(entry, dict))


def _line(entry: Mapping[str, Any], language: str) -> OrderLine:
    calculated = _amount_at(entry, "calculatedPrice", "price", "grossValue")
    unit = _amount_at(entry, "calculatedUnitPrice", "grossValue")
    if calculated is None and unit is None:
        # With tax or without: those two go together, and with no calculated one.
        unit, calculated = _amount(entry.get("unitPrice")), _amount(entry.get("totalPrice"))
    product = _object(entry.get("product"))
    name = _name(product, language) or _short(product.get("sku")) or _short(product.get("id"))
    return OrderLine(
        name=name or _short(entry.get("id")), quantity=_amount(entry.get("amount")), unit=unit, total=calculated
    )


def _totals(content: Mapping[str, Any], shipping: Mapping[str, Any]) -> Totals:
    calculated = _object(content.get("calculatedPrice"))
    total = _amount_at(calculated, "finalPrice", "grossValue")
    if total is None:
        return Totals(
            subtotal=_amount(content.get("subTotalPrice")),
            discounts=_sum(_amount(one.get("amount")) for one in _objects(content.get("discounts"))),
            fees=None,
            shipping=_amount_at(shipping, "total", "amount"),
            tax=_amount_at(content, "tax", "total", "amount"),
            tax_is_included=_object(_object(content.get("tax")).get("total")).get("inclusive") is True,
            total=_amount(content.get("totalPrice")),
        )
    discounts = _amount_at(calculated, "totalDiscount", "price", "grossValue")
    # Before its own discounts, which are among all of them.
    carried = _amount_at(calculated, "shipping", "grossValue")
    return Totals(
        subtotal=_amount_at(calculated, "price", "grossValue"),
        discounts=_amount_at(calculated, "totalDiscount", "value") if discounts is None else discounts,
        fees=_amount_at(calculated, "totalFee", "grossValue"),
        shipping=_amount_at(calculated, "totalShipping", "grossValue") if carried is None else carried,
        tax=_amount_at(calculated, "finalPrice", "taxValue"),
        tax_is_included=True,
        total=total,
    )


def _shipments(content: Mapping[str, Any]) -> Iterator[Shipment]:
    for one in _objects(content.get("shipments"))[:_MOST_OTHERS]:
        found = Shipment(
            carrier=_short(one.get("carrier")),
            number=_short(one.get("trackingNumber")),
            link=_link(one.get("trackingUrl")),
            shipped=_day(one.get("shippedDate")),
            expected=_day(one.get("expectDeliveryOn")),
        )
        if any((found.carrier, found.number, found.link, found.shipped, found.expected)):
            yield found


def _payments(content: Mapping[str, Any]) -> Iterator[str]:
    for one in _objects(content.get("payments"))[:_MOST_OTHERS]:
        if name := _short(one.get("method")) or _short(one.get("provider")):
            yield name


def _address(value: Any) -> Address | None:
    read = Address.of(value) if isinstance(value, dict) else None
    has_lines = read is not None and (read.unreadable or any(read.texts.by_property().values()))
    return read if has_lines else None


def _link(value: Any) -> str | None:
    """Return what is a link to another site that a browser may follow; what is not plainly one is none."""
    text = text_of(value)
    if text is None or len(text) > _MOST_LINK_CHARACTERS or not _LINK.fullmatch(text):
        return None
    try:
        parts = urlsplit(text)
        # Read for its complaint about what is no port.
        _ = parts.port
    except ValueError:
        return None
    return text if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else None


def _currency(content: Mapping[str, Any]) -> str | None:
    code = text_of(content.get("currency"))
    return code if code is not None and _CURRENCY.fullmatch(code) else None


def _name(content: Mapping[str, Any], language: str) -> str | None:
    """Return a name in the language wanted, or in one that there is."""
    for value in (content.get("localizedName"), content.get("name")):
        named = value if isinstance(value, dict) else {language: value}
        for one in (named.get(language), named.get("en"), *named.values()):
            if text := _short(one):
                return text
    return None


def _short(value: Any, most: int = _MOST_CHARACTERS) -> str | None:
    text = text_of(value)
    if text is None or not text.strip():
        return None
    return text if len(text) <= most else text[: most - 1] + "…"


def _day(value: Any) -> date | None:
    text = text_of(value)
    try:
        when = datetime.fromisoformat(text) if text is not None and len(text) <= _MOST_OF_A_TIME else None
        # Without an offset it is taken for UTC, which is what Emporix writes.
        return None if when is None else (when if when.tzinfo is None else when.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        return None


def _pieces(amounts: list[Any]) -> int | None:
    counted = [_amount(one) for one in amounts]
    whole = [one for one in counted if one is not None and one > 0 and one == one.to_integral_value()]
    return int(sum(whole)) if whole and len(whole) == len(amounts) else None


def _sum(amounts: Iterator[Decimal | None]) -> Decimal | None:
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known else None


def _amount(value: Any) -> Decimal | None:
    """Return a number as it is written; None: it is none, or none that is of use (not a number, infinity)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST_AMOUNT < value < _MOST_AMOUNT:
        return None
    return Decimal(str(value))


def _amount_at(content: Mapping[str, Any], *names: str) -> Decimal | None:
    for name in names[:-1]:
        content = _object(content.get(name))
    return _amount(content.get(names[-1]))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
