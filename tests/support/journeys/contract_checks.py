"""Compares one expectation with what an application really does; plain functions over a given bench."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

from tests.support.journeys.contract_bench import BROWSER, LANGUAGES, Answered, Bench, encoded, go
from tests.support.journeys.contract_shapes import (
    CUSTOMER_ACCESS,
    GUEST_ACCESS,
    Asked,
    Bearer,
    Expectation,
    Handed,
    Shown,
    Use,
)
from tests.support.journeys.recording_upstream import Arrived

_STRAY_STATUS = 206
"""A success that no operation documents."""
_OF_EVERY_REQUEST = frozenset({"host", "accept", "accept-encoding", "user-agent", "connection", "content-length"})
_STARTS_OF_TOKENS = ("seeded-", "upstream-")
"""How every token and every id of an Emporix session begins here."""
_STATE = {
    "state",
    "csrfToken",
    "customer",
    "legalEntityId",
    "initialPassword",
    "expiresIn",
    "lifetimeExpiresIn",
    "ended",
    "socialLogin",
    "features",
}
_AUTHORIZATION = {
    Bearer.ANONYMOUS: [f"Bearer {GUEST_ACCESS}"],
    Bearer.CUSTOMER: [f"Bearer {CUSTOMER_ACCESS}"],
    Bearer.NONE: [],
}


class Aspect(Enum):
    """What differs from the expectation."""

    DECLARED = "what the row declares"
    ARRIVAL = "verb or path, or how often it came"
    QUERY = "query"
    HEADERS = "headers"
    BODY = "body"
    BEARER = "bearer"
    STATUS = "our status"
    ANSWER = "our answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected."""

    aspect: Aspect
    text: str

    def __str__(self) -> str:
        return f"{self.aspect.value}: {self.text}"


def request_differences(bench: Bench, expected: Expectation) -> list[Difference]:
    """Return in what the requests of every use, and the row itself, are not as expected."""
    return _declared(bench.table[expected.operation], expected) + [
        difference for use in expected.uses for difference in _sent_differences(bench, expected, use)
    ]


def answer_differences(bench: Bench, expected: Expectation) -> list[Difference]:
    """Return in what our answers to every documented success, and to one that is not, are not as expected."""
    statuses = [*expected.answers.items(), (_STRAY_STATUS, expected.undocumented)]
    return [
        difference
        for use in expected.uses
        for theirs, ours in statuses
        for difference in _answer_differences(bench, expected, use, theirs, ours)
    ]


def _declared(row: Any, expected: Expectation) -> list[Difference]:
    pairs = {
        "operationId": (row.contract_id, expected.contract_id),
        "bearers": ([kind.value for kind in row.accepts], [kind.value for kind in expected.accepts]),
        "success": (sorted(row.success), sorted(expected.answers)),
    }
    return [
        Difference(aspect=Aspect.DECLARED, text=f"{name} {found}, expected {wanted}")
        for name, (found, wanted) in pairs.items()
        if found != wanted
    ]


def _ways(use: Use) -> tuple[Asked | Handed, ...]:
    return use.through if isinstance(use.through, tuple) else (use.through,)


def _sent_differences(bench: Bench, expected: Expectation, use: Use) -> list[Difference]:
    found: list[Difference] = []
    for way in _ways(use):
        bench.upstream.start_over()
        go(bench, expected.operation, use, way)
        found = _compare(expected, use, way, bench.upstream.arrived)
        if not found:
            return []
    return found


def _compare(expected: Expectation, use: Use, way: Asked | Handed, arrived: tuple[Arrived, ...]) -> list[Difference]:
    wanted = use.sent
    matching = [one for one in arrived if (one.method, one.path) == (wanted.method, wanted.path)]
    if len(matching) != 1:
        came = [f"{one.method} {one.path}" for one in arrived]
        text = f"{wanted.method} {wanted.path} came {len(matching)} times, expected once; everything: {came}"
        return [Difference(aspect=Aspect.ARRIVAL, text=text)]
    (request,) = matching
    found: list[Difference] = []

    def expect(aspect: Aspect, what: str, came: object, want: object) -> None:
        if came != want:
            found.append(Difference(aspect=aspect, text=f"{what} {came!r}, expected {want!r}"))

    query = sorted(parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query)))
    expect(Aspect.QUERY, "query", query, sorted(wanted.query))
    expect(Aspect.BEARER, "Authorization", request.values("Authorization"), _AUTHORIZATION[use.bearer])
    if isinstance(way, Asked) and way.body == wanted.body:
        # Not even a space may differ from what the browser sent.
        expect(Aspect.BODY, "body", request.body, encoded(wanted.body))
    else:
        expect(Aspect.BODY, "body", json.loads(request.body) if request.body else None, wanted.body)
    expect(
        Aspect.BODY, "Content-Type", request.values("Content-Type"), [] if wanted.body is None else [wanted.media_type]
    )
    for name, value in wanted.headers.items():
        expect(Aspect.HEADERS, name, request.values(name), [value])
    languages = request.values("Accept-Language")
    if expected.on_behalf or languages:
        expect(Aspect.HEADERS, "Accept-Language", languages, [LANGUAGES])
    expect(Aspect.HEADERS, "Accept", request.values("Accept"), ["application/json"])
    expect(Aspect.HEADERS, "the browser's own words", [name for name, value in request.headers if BROWSER in value], [])
    known = _OF_EVERY_REQUEST | {name.lower() for name in wanted.headers}
    known |= {"authorization", "content-type", "accept-language"}
    names = sorted(name.lower() for name, _ in request.headers)
    expect(Aspect.HEADERS, "other headers", [name for name in names if name not in known], [])
    expect(Aspect.HEADERS, "repeated headers", [name for name in set(names) if names.count(name) > 1], [])
    return found


def _answer_differences(bench: Bench, expected: Expectation, use: Use, theirs: int, ours: int) -> list[Difference]:
    found: list[Difference] = []
    for way in _ways(use):
        bench.upstream.start_over()
        bench.upstream.answer_with(theirs, method=use.sent.method, path=use.sent.path)
        answered = go(bench, expected.operation, use, way)
        found = _judge(bench, expected, use, ours, answered)
        if not found:
            return []
    return found


def _judge(bench: Bench, expected: Expectation, use: Use, ours: int, answered: Answered) -> list[Difference]:
    canned = bench.upstream.canned(use.sent.method, use.sent.path)
    said = f"upstream's {canned.status} became {answered.status} {answered.body[:200]!r}"
    other_route = expected.shows is Shown.OTHER and ours != 502
    if answered.status != ours and not (other_route and answered.status in (200, 204)):
        return [Difference(aspect=Aspect.STATUS, text=f"{said}, expected {ours}")]
    everything = answered.body.decode() + answered.headers
    if any(start in everything for start in _STARTS_OF_TOKENS):
        return [Difference(aspect=Aspect.ANSWER, text=f"{said}, which shows a token")]
    if other_route or _is_right(expected, ours, answered, canned.content):
        return []
    return [Difference(aspect=Aspect.ANSWER, text=f"{said}, expected {expected.shows}")]


def _is_right(expected: Expectation, ours: int, answered: Answered, canned: Any) -> bool:
    if ours != 502 and expected.shows is Shown.NOTHING:
        return answered.body == b""
    content = json.loads(answered.body)
    if ours == 502:
        return bool(content["type"] == "upstream_error")
    if expected.shows is Shown.UPSTREAM:
        return bool(content == canned)
    if expected.shows is Shown.SESSION:
        return set(content) == _STATE and content["state"] == "authenticated"
    return bool(content == expected.shows)
