"""Requests of an expected row, who may send them, and what of them has to arrive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from werkzeug.test import TestResponse

from tests.support.journeys.contract_shapes import CUSTOMER_SESSION, GUEST_SESSION, TENANT
from tests.support.journeys.recording_upstream import Arrived
from tests.support.journeys.storefront_answers import canned
from tests.support.journeys.storefront_bench import CUSTOMER_ID, ENTITY, Ask, StorefrontBench, Visitor
from tests.support.journeys.storefront_shapes import Given, Holder, Row, Saas, put, value_of

SITES = frozenset({"siteCode", "site"})
"""Names of a query that name a site."""
Query = list[tuple[str, str]]


def visitors_of(row: Row) -> list[Visitor]:
    """Return who may call a row; each is another case."""
    signed_in = [Visitor.EMPLOYEE]
    if not any(filled.given is Given.LEGAL_ENTITY for filled in row.filled_path):
        signed_in.append(Visitor.CUSTOMER)
    if row.saas is Saas.IF_HELD:
        signed_in += [Visitor.WITHOUT_SAAS, Visitor.STALE_SAAS]
    if row.holder is Holder.CUSTOMER:
        return signed_in
    if row.holder is Holder.PUBLIC and row.verb == "GET":
        # Whoever changes or asks by POST has a session, for the token against forged requests.
        return [*signed_in, Visitor.GUEST, Visitor.STRANGER]
    return [*signed_in, Visitor.GUEST]


def full_query(row: Row) -> Query:
    """Return every name that a browser may give, with its value."""
    twice = [(name, value_of(name) + "-2") for name in row.query if name in row.repeated]
    return [*row.query.items(), *twice]


def ask(row: Row, query: Sequence[tuple[str, str]] | None = None, **more: Any) -> Ask:
    """Return a request of the row; None: with every name there is."""
    body = None if row.example is None else json.dumps(row.example, ensure_ascii=False).encode()
    return Ask(
        **{
            "verb": row.verb,
            "path": row.asked_path,
            "query": full_query(row) if query is None else query,
            "body": body,
            **more,
        }
    )


def upstream_path(row: Row) -> str:
    """Return the path that has to arrive."""
    filled = {one.name: quote(given(one.given, Visitor.EMPLOYEE) or "", safe="") for one in row.filled_path}
    return put(put(row.upstream, {"tenant": TENANT, **filled}), row.shown)


def given(what: Given, visitor: Visitor) -> str | None:
    """Return what a session supplies."""
    if not visitor.is_signed_in:
        return GUEST_SESSION if what is Given.SESSION_ID else None
    entity = ENTITY if visitor.has_company else None
    return {Given.SESSION_ID: CUSTOMER_SESSION, Given.CUSTOMER_ID: CUSTOMER_ID, Given.LEGAL_ENTITY: entity}[what]


def exchange(bench: StorefrontBench, row: Row, visitor: Visitor, request: Ask) -> tuple[TestResponse, list[Arrived]]:
    """Send a request; return the answer, and what arrived of this row's service."""
    bench.upstream.start_over()
    bench.upstream.give(canned(row), method=row.verb, path=upstream_path(row))
    answer = bench.ask(visitor, request)
    return answer, of_rows(bench.upstream.arrived)


def of_rows(arrived: Sequence[Arrived]) -> list[Arrived]:
    """Return what arrived, but for what gets the server its own guest's token."""
    return [request for request in arrived if not request.path.startswith("/customerlogin/")]
