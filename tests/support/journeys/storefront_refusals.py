"""What must not arrive upstream, and how it is refused; plain functions over a given bench."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.journeys.contract_checks import Aspect, Difference
from tests.support.journeys.storefront_asks import SITES, ask, exchange, visitors_of
from tests.support.journeys.storefront_bench import Ask, StorefrontBench, Visitor
from tests.support.journeys.storefront_shapes import Body, Filled, Given, Holder, Row, Saas


def refusal_differences(bench: StorefrontBench, row: Row) -> Iterator[Difference]:
    """Yield what arrives although it must not, or is not refused as it should be."""
    visitor = visitors_of(row)[0]
    filled: tuple[Filled, ...] = (*row.filled_path, *row.filled_query, *row.filled_headers)
    needed = [(name, value) for name, value in row.query.items() if name in row.needed]
    attempts: list[tuple[str, Visitor, Ask, int, str | None]] = [
        ("undeclared name", visitor, ask(row, [*needed, ("undeclared", "1")]), 400, None)
    ]
    for name in sorted(row.refused | {one.name for one in filled}):
        attempts.append((f"{name} of the browser's", visitor, ask(row, [*needed, (name, "true")]), 400, None))
    for name, value in row.query.items():
        if name not in row.repeated:
            twice = [pair for pair in needed if pair[0] != name] + [(name, value), (name, value)]
            attempts.append((f"{name} twice", visitor, ask(row, twice), 400, None))
        if name in SITES:
            attempts.append(("an unknown site", visitor, ask(row, [(name, "elsewhere")]), 400, None))
    for name in sorted(row.body_refuses):
        body = json.dumps({"a": [{"b": {name: "x"}}]}).encode()
        attempts.append((f"{name} in the body", visitor, ask(row, body=body), 400, None))
    if row.holder is Holder.CUSTOMER:
        attempts.append(("a guest", Visitor.GUEST, ask(row), 401, "login_required"))
    if any(one.given is Given.LEGAL_ENTITY for one in row.filled_path):
        # Not 401: to sign in once more would not help.
        attempts.append(("nobody's company", Visitor.CUSTOMER, ask(row), 403, "forbidden"))
    if row.saas is Saas.REQUIRED:
        for who in (Visitor.WITHOUT_SAAS, Visitor.STALE_SAAS):
            attempts.append(("no saas token", who, ask(row), 401, "reauthentication_required"))
    for name, who, request, status, type in attempts:
        answer, arrived = exchange(bench, row, who, request)
        content = answer.get_json(silent=True)
        said = content.get("type") if isinstance(content, dict) else None
        if arrived or answer.status_code != status or (type is not None and said != type):
            text = f"{name}: {answer.status_code} {said!r}, expected {status}; {len(arrived)} arrived"
            yield Difference(aspect=Aspect.QUERY if who is visitor else Aspect.BEARER, text=text)
    if row.body is not Body.NONE:
        yield from _sizes(bench, row, visitor)


def _sizes(bench: StorefrontBench, row: Row, visitor: Visitor) -> Iterator[Difference]:
    padding = "x" * 1000
    count = row.body_bytes // 1100
    many = [{"note": padding} for _ in range(count)]
    body = json.dumps(many if row.body is Body.ARRAY else {**_object(row), "many": many}).encode()
    answer, arrived = exchange(bench, row, visitor, ask(row, body=body))
    if [request.body for request in arrived] != [body]:
        text = f"a body of {len(body)} bytes became {answer.status_code}"
        yield Difference(aspect=Aspect.BODY, text=text)
    if row.body is Body.ANY:
        return
    wrong = b"{}" if row.body is Body.ARRAY else b"[]"
    answer, arrived = exchange(bench, row, visitor, ask(row, body=wrong))
    if arrived or answer.status_code != 400:
        yield Difference(aspect=Aspect.BODY, text=f"{wrong!r} became {answer.status_code}, {len(arrived)} arrived")


def _object(row: Row) -> dict[str, Any]:
    return row.example if isinstance(row.example, dict) else {}
