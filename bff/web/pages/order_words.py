"""Orders as pages show them: states, days and amounts in the language of the page.

Days are by UTC: without a script the server does not know the visitor's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from bff.account.orders import NEWEST_FIRST, Order, OrderRows, Shipment, orders_of
from bff.account.postal import lines
from bff.account.profile import Address
from bff.web import paths
from bff.web.forms.choices import countries
from bff.web.language import gettext as _
from bff.web.language import language, locale, locale_code, ngettext
from bff.web.pages.glance import Moment
from bff.web.pages.visit import Visit

_UNDER_WAY = frozenset({"CREATED", "CONFIRMED", "SHIPPED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOrder:
    """An order in one row."""

    number: str | None
    href: str | None
    """None: it has no id by which it could be asked for."""
    when: Moment | None
    status: str | None
    is_under_way: bool
    items: str | None
    total: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """One thing that was ordered."""

    name: str | None
    count: str | None
    """How many, and what one costs."""
    total: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAddress:
    """An address, as its country lays it out."""

    address: Address
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownShipment:
    """One parcel."""

    carrier: str | None
    number: str | None
    link: str | None
    shipped: Moment | None
    expected: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDetails:
    """All of an order, in words."""

    row: ShownOrder
    lines: tuple[ShownLine, ...]
    more_lines: int
    totals: tuple[tuple[str, str], ...]
    """What each is, and what it comes to; without the total."""
    tax_within: str | None
    """The tax that the total has in it."""
    delivery: ShownAddress | None
    billing: ShownAddress | None
    is_one_address: bool
    """Delivered and billed to the same."""
    delivery_method: str | None
    shipments: tuple[ShownShipment, ...]
    payments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of a customer's orders."""

    orders: tuple[ShownOrder, ...]
    unreadable: int
    """How many more there are on this page that are no orders."""
    total: int | None
    """Of all pages; None: upstream does not tell."""


def read_orders(visit: Visit, rows: OrderRows, *, page: int, size: int) -> Listed:
    """Ask for one page of the customer's orders, newest first.

    :raises BffError: as `AccountCalls.perform`
    """
    values = {"pageNumber": str(page), "pageSize": str(size), "sort": NEWEST_FIRST}
    found = visit.perform(rows.many.name, values=values)
    # Upstream may give more than it was asked for.
    listed = found.content[:size]
    orders = orders_of(listed, language=language())
    return Listed(
        orders=tuple(in_a_row(order, rows) for order in orders),
        unreadable=len(listed) - len(orders),
        total=None if found.total is None else int(found.total),
    )


def in_a_row(order: Order, rows: OrderRows) -> ShownOrder:
    """Return an order in one row."""
    quantity = order.quantity
    items = None if quantity is None else ngettext("%(num)d item", "%(num)d items", quantity) % {"num": quantity}
    return ShownOrder(
        number=order.id,
        href=paths.ORDER(order.id) if order.id is not None and rows.admits(order.id) else None,
        when=_day(order.created),
        status=_status(order.status),
        is_under_way=order.status in _UNDER_WAY,
        items=items,
        total=_money(order.totals.total, order.currency),
    )


def in_detail(content: dict[str, Any], rows: OrderRows) -> ShownDetails:
    """Return all of an order."""
    order = Order.of(content, language=language())
    is_one = order.delivery is not None and order.delivery == order.billing
    return ShownDetails(
        row=in_a_row(order, rows),
        lines=tuple(
            ShownLine(
                name=line.name,
                count=_count(line.quantity, _money(line.unit, order.currency)),
                total=_money(line.total, order.currency),
            )
            for line in order.lines
        ),
        more_lines=order.more_lines,
        totals=_totals(order),
        tax_within=_money(order.totals.tax, order.currency) if order.totals.tax_is_included else None,
        delivery=_address(order.delivery),
        billing=None if is_one else _address(order.billing),
        is_one_address=is_one,
        delivery_method=order.delivery_method,
        shipments=tuple(_shipment(one) for one in order.shipments),
        payments=tuple(dict.fromkeys(_payment(one) for one in order.payments)),
    )


def company_of(content: dict[str, Any], visit: Visit) -> str | None:
    """Return the name of the company that an order was placed for, where the customer still is with it."""
    id = content.get("legalEntityId")
    return next((entity.name for entity in visit.who.customer.legal_entities if entity.id == id), None)


def _day(when: date | None) -> Moment | None:
    if when is None:
        return None
    return Moment(machine=when.isoformat(), words=format_date(when, "medium", locale=locale()))


def _address(address: Address | None) -> ShownAddress | None:
    if address is None:
        return None
    country = dict(countries(locale_code())).get(address.texts.country or "")
    return ShownAddress(address=address, lines=lines(address.texts, country))


def _status(status: str | None) -> str | None:
    words = {
        "IN_CHECKOUT": _("Waiting for payment"),
        "CREATED": _("Placed"),
        "CONFIRMED": _("Confirmed"),
        "SHIPPED": _("Shipped"),
        "COMPLETED": _("Completed"),
        "DECLINED": _("Cancelled"),
    }
    return None if status is None else words.get(status, status)


def _payment(name: str) -> str:
    return {"invoice": _("Invoice")}.get(name, name)


def _shipment(one: Shipment) -> ShownShipment:
    return ShownShipment(
        carrier=one.carrier, number=one.number, link=one.link, shipped=_day(one.shipped), expected=_day(one.expected)
    )


def _totals(order: Order) -> tuple[tuple[str, str], ...]:
    totals, currency = order.totals, order.currency
    discounts = -abs(totals.discounts) if totals.discounts else None
    named = (
        (_("Subtotal"), totals.subtotal),
        (_("Discounts"), discounts),
        (_("Fees"), totals.fees or None),
        (_("Delivery costs"), totals.shipping),
        (_("Tax"), None if totals.tax_is_included else totals.tax),
    )
    return tuple((label, words) for label, amount in named if (words := _money(amount, currency)))


def _money(amount: Decimal | None, currency: str | None) -> str | None:
    if amount is None:
        return None
    if currency is None:
        return format_decimal(amount, format="#,##0.00", locale=locale())
    # Babel's locales write a hyphen for it, which is read aloud as nothing.
    return format_currency(amount, currency, locale=locale()).replace("-", "\N{MINUS SIGN}")


def _count(quantity: Decimal | None, unit: str | None) -> str | None:
    if quantity is None:
        return unit
    number = format_decimal(quantity, locale=locale())
    return f"{number} \N{MULTIPLICATION SIGN} {unit}" if unit else _("Quantity: %(number)s") % {"number": number}
