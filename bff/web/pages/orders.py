"""The customer's own orders: a list and each one of them, where the shop's file declares the rows they are asked by."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from bff.account.orders import ORDER_ID, PAGE_SIZE, OrderRows, order_rows
from bff.errors import UpstreamRejected
from bff.web import paths
from bff.web.pages.flow import FormPage, register_view
from bff.web.pages.order_words import company_of, in_detail, read_orders
from bff.web.pages.visit import Visit
from bff.web.rendering import render
from bff.wiring import Services

_PAGE: Final = re.compile(r"[1-9][0-9]{0,4}")


def make_pages(blueprint: Blueprint, services: Services) -> list[FormPage]:
    """Add the pages, none of which has a form; nothing where the rows are not declared."""
    rows = order_rows(services.operations)
    if rows is not None:
        many, one = rows.many.name, rows.one.name
        register_view(blueprint, services, paths.ORDERS, "orders", lambda visit: _list(visit, rows), reads=(many,))
        register_view(blueprint, services, paths.ORDER.rule, "order", lambda visit: _one(visit, rows), reads=(one,))
    return []


def _list(visit: Visit, rows: OrderRows) -> ResponseReturnValue:
    page = _page()
    listed = read_orders(visit, rows, page=page, size=PAGE_SIZE)
    there = len(listed.orders) + listed.unreadable
    last = None if listed.total is None else -(-listed.total // PAGE_SIZE)
    return render(
        "orders.html",
        listed=listed,
        page=page,
        last=last,
        has_next=there == PAGE_SIZE if last is None else page < last,
        # Said to be there, and not given: then nothing is known of them.
        is_known=bool(there) or page > 1 or not listed.total,
    )


def _page() -> int:
    named = request.args.get("page", "1")
    return int(named) if _PAGE.fullmatch(named) else 1


def _one(visit: Visit, rows: OrderRows) -> ResponseReturnValue:
    id = visit.path_values[ORDER_ID]
    if not rows.admits(id):
        abort(404)
    try:
        content = visit.perform(rows.one.name, values={ORDER_ID: id}).content
    except UpstreamRejected as err:
        if err.status != 404:
            raise
        return render("no_order.html", status=404)
    return render(
        "order.html",
        order=in_detail(content, rows),
        number=id,
        company=company_of(content, visit),
    )
