"""Compares one expected row with what the application really does; plain functions over a given bench."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.test import TestResponse

from tests.support.journeys.contract_checks import Aspect, Difference
from tests.support.journeys.contract_shapes import (
    CUSTOMER_ACCESS,
    CUSTOMER_SAAS,
    GUEST_ACCESS,
)
from tests.support.journeys.recording_upstream import Arrived
from tests.support.journeys.storefront_answers import HIDDEN, canned, documented, of_another_shape, passed_on
from tests.support.journeys.storefront_asks import (
    SITES,
    Query,
    ask,
    exchange,
    full_query,
    given,
    upstream_path,
    visitors_of,
)
from tests.support.journeys.storefront_bench import (
    BROWSER,
    LANGUAGES,
    OTHER_SITE,
    SHARED_ACCESS,
    StorefrontBench,
    Visitor,
    bare,
)
from tests.support.journeys.storefront_refusals import refusal_differences
from tests.support.journeys.storefront_shapes import (
    Body,
    Holder,
    Row,
    Saas,
    Sharing,
)

_STRAY_STATUS = 206
"""A success that no operation documents."""
_OF_EVERY_REQUEST = frozenset({"host", "accept", "accept-encoding", "user-agent", "connection", "content-length"})
_CHECKED = frozenset({"authorization", "content-type", "accept-language", "content-language"})


def request_differences(bench: StorefrontBench, row: Row) -> list[Difference]:
    """Return in what the row itself, and the requests that arrive or must not, are not as expected."""
    declared = bench.declared.get((row.verb, bare(row.ours)))
    if declared is None:
        return [Difference(aspect=Aspect.DECLARED, text=f"no row is declared for {row.verb} {row.ours}")]
    return [
        *_declared(declared, row),
        *(found for visitor in visitors_of(row) for found in _sent(bench, row, visitor)),
        *refusal_differences(bench, row),
    ]


def answer_differences(bench: StorefrontBench, row: Row) -> list[Difference]:
    """Return in what our answers to upstream's are not as expected."""
    return list(_answers(bench, row))


def _declared(declared: Any, row: Row) -> Iterator[Difference]:
    holders = {
        Holder.CUSTOMER: ["customer"],
        Holder.VISITOR: ["customer", "anonymous"],
        Holder.PUBLIC: ["customer", "shared"],
    }
    pairs: dict[str, tuple[object, object]] = {
        "set": (declared.declared.set_name, row.in_set),
        "upstream's verb": (declared.method, row.verb),
        "upstream's path": (bare(declared.path), bare(row.upstream)),
        "bearers": ([kind.value for kind in declared.accepts], holders[row.holder]),
        "saas token": (declared.saas_token.value, row.saas.value),
        "success": (sorted(declared.success), sorted(row.answers)),
        "whether a body goes along": (declared.takes_body, row.body is not Body.NONE),
        "total": (declared.total_from, row.total),
        "whether it is versioned": (declared.versioned, row.versioned),
    }
    if not row.may_only_ask:
        pairs["whether it changes anything"] = (declared.mutates, row.changes)
    if row.changes:
        pairs["whether it may be repeated"] = (declared.repeatable, False)
    if row.rate is not None:
        rate = declared.rate
        pairs["rate"] = (None if rate is None else (rate.count, rate.window_seconds), row.rate)
    if row.limited:
        pairs["whether it is limited"] = (declared.rate is not None, True)
    if row.audited:
        pairs["whether it is audited"] = (declared.audited is not None, True)
    if row.recent_proof:
        pairs["whether it needs a recent proof"] = (declared.needs_reauthentication, True)
    if row.mails:
        pairs["whether it counts as a mail"] = ("MAIL" in {limited.kind.value for limited in declared.limits}, True)
    if row.holder is not Holder.PUBLIC or row.verb != "GET":
        pairs["seconds in a cache"] = (declared.cache_seconds, 0)
    for name, (found, wanted) in pairs.items():
        if found != wanted:
            yield Difference(aspect=Aspect.DECLARED, text=f"{name} {found!r}, expected {wanted!r}")


def _sent(bench: StorefrontBench, row: Row, visitor: Visitor) -> Iterator[Difference]:
    needed = [(name, value) for name, value in row.query.items() if name in row.needed]
    cases: list[tuple[str, Query, Query]] = [("every name", full_query(row), full_query(row)), ("no name", [], needed)]
    for sites in sorted(SITES & set(row.query)):
        cases.append(("another site", [(sites, OTHER_SITE)], [(sites, OTHER_SITE)]))
    for name, asked, arriving in cases:
        answer, arrived = exchange(bench, row, visitor, ask(row, asked))
        for found in _compared(row, visitor, arriving, answer, arrived):
            yield Difference(aspect=found.aspect, text=f"{visitor.name}, {name}: {found.text}")
    if row.body is Body.ANY:
        one = json.dumps({"productIds": ["product-1"]}).encode()
        answer, arrived = exchange(bench, row, visitor, ask(row, body=one))
        if [request.body for request in arrived] != [one]:
            yield Difference(aspect=Aspect.BODY, text=f"{visitor.name}: an object became {answer.status_code}")


def _compared(
    row: Row, visitor: Visitor, query: Query, answer: TestResponse, arrived: list[Arrived]
) -> Iterator[Difference]:
    came = [f"{one.method} {one.path}" for one in arrived]
    if came != [f"{row.verb} {upstream_path(row)}"]:
        said = f"{came} arrived; we answered {answer.status_code} {answer.data[:300]!r}"
        yield Difference(aspect=Aspect.ARRIVAL, text=said)
        return
    (request,) = arrived
    found: list[Difference] = []

    def expect(aspect: Aspect, what: str, came: object, want: object) -> None:
        if came != want:
            found.append(Difference(aspect=aspect, text=f"{what} {came!r}, expected {want!r}"))

    _compare_query(row, visitor, query, request, expect)
    _compare_headers(row, visitor, query, request, expect)
    example = None if row.example is None else json.dumps(row.example, ensure_ascii=False).encode()
    # Not even a space may differ from what the browser sent.
    expect(Aspect.BODY, "body", request.body, example or b"")
    expect(Aspect.BODY, "Content-Type", request.values("Content-Type"), [] if example is None else ["application/json"])
    expect(Aspect.STATUS, "our status", answer.status_code, documented(row))
    yield from found


def _compare_query(
    row: Row, visitor: Visitor, query: Query, request: Arrived, expect: Callable[[Aspect, str, object, object], None]
) -> None:
    wanted = [(name, value) for name, value in query if name not in row.query_as_header]
    wanted += [
        (one.name, value)
        for one in row.filled_query
        if one.sharing is Sharing.SENT and (value := given(one.given, visitor)) is not None
    ]
    if row.total == "X-Count":
        wanted.append(("totalCount", "true"))
    came = parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query))
    optional = [(one.name, given(one.given, visitor)) for one in row.filled_query if one.sharing is Sharing.MAY_BE_SENT]
    expect(Aspect.QUERY, "query", sorted(pair for pair in came if pair not in optional), sorted(wanted))


def _compare_headers(
    row: Row, visitor: Visitor, query: Query, request: Arrived, expect: Callable[[Aspect, str, object, object], None]
) -> None:
    expect(Aspect.BEARER, "Authorization", request.values("Authorization"), [f"Bearer {bearer_of(row, visitor)}"])
    wanted: dict[str, list[str]] = {
        "saas-token": [CUSTOMER_SAAS] if _has_saas(row, visitor) else [],
        # The site service is asked in the query.
        "X-Total-Count": [] if row.total in (None, "X-Count") else ["true"],
        "session-id": [value for name, value in query if name in row.query_as_header],
    }
    for one in row.filled_headers:
        value = given(one.given, visitor)
        wanted[one.name] = [] if value is None else [value]
    for name, values in wanted.items():
        expect(Aspect.HEADERS, name, request.values(name), values)
    languages = request.values("Accept-Language")
    if row.language or languages:
        expect(Aspect.HEADERS, "Accept-Language", languages, [LANGUAGES])
    # It is about a body's translations, and no storefront writes any.
    expect(Aspect.HEADERS, "Content-Language", request.values("Content-Language"), [])
    kind = "application/pdf" if documented(row) == 200 and "pdf" in row.upstream else "application/json"
    expect(Aspect.HEADERS, "Accept", [accept.partition(",")[0] for accept in request.values("Accept")], [kind])
    own = [name for name, value in request.headers if BROWSER in value]
    expect(Aspect.HEADERS, "the browser's own words", own, [])
    known = _OF_EVERY_REQUEST | _CHECKED | {name.lower() for name in wanted}
    names = sorted(name.lower() for name, _ in request.headers)
    expect(Aspect.HEADERS, "other headers", [name for name in names if name not in known], [])
    expect(Aspect.HEADERS, "repeated headers", [name for name in set(names) if names.count(name) > 1], [])


def bearer_of(row: Row, visitor: Visitor) -> str:
    """Return whose token has to go upstream."""
    if visitor.is_signed_in:
        return CUSTOMER_ACCESS
    return SHARED_ACCESS if row.holder is Holder.PUBLIC else GUEST_ACCESS


def _has_saas(row: Row, visitor: Visitor) -> bool:
    has_one = visitor in (Visitor.EMPLOYEE, Visitor.CUSTOMER)
    return row.saas is not Saas.NEVER and has_one


def _answers(bench: StorefrontBench, row: Row) -> Iterator[Difference]:
    visitor = visitors_of(row)[0]
    path = upstream_path(row)
    kinds = list(row.answers.items())
    if row.also is not None:
        kinds.append((documented(row), row.also))
    for status, kind in kinds:
        sent = canned(row, status, kind)
        bench.upstream.start_over()
        bench.upstream.give(sent, method=row.verb, path=path)
        answer = bench.ask(visitor, ask(row))
        said = f"upstream's {status} became {answer.status_code} {answer.data[:200]!r}"
        if answer.status_code != status:
            yield Difference(aspect=Aspect.STATUS, text=said)
        elif (wrong := passed_on(row, sent, kind, answer)) is not None:
            yield Difference(aspect=Aspect.ANSWER, text=f"{said}: {wrong}")
        if HIDDEN in answer.get_data(as_text=True) + str(answer.headers):
            yield Difference(aspect=Aspect.ANSWER, text=f"{said}, which tells the session")
    bench.upstream.start_over()
    bench.upstream.give(canned(row, status=_STRAY_STATUS), method=row.verb, path=path)
    answer = bench.ask(visitor, ask(row))
    if answer.status_code != 502:
        yield Difference(aspect=Aspect.STATUS, text=f"an undocumented success became {answer.status_code}")
    for name, other in of_another_shape(row).items():
        bench.upstream.start_over()
        bench.upstream.give(other, method=row.verb, path=path)
        answer = bench.ask(visitor, ask(row))
        if answer.status_code != 502:
            yield Difference(aspect=Aspect.ANSWER, text=f"{name} became {answer.status_code}, expected 502")
