"""The expectations see every change of a row: one wrong bearer, name or header fails its own expectation and no other.

Rows are changed by `dataclasses.replace`, on the objects that a running application holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.contract_checks import Aspect, Difference
from tests.support.journeys.recording_upstream import RecordingUpstream
from tests.support.journeys.storefront_bench import StorefrontBench, bare
from tests.support.journeys.storefront_checks import request_differences
from tests.support.journeys.storefront_expectations import EXPECTED
from tests.support.journeys.storefront_shapes import Body, Holder, Row, Saas

Found = Mapping[str, list[Difference]]
BY_ID = {row.id: row for row in EXPECTED}
FEW = (
    "GET /cart/{tenant}/carts",
    "POST /checkout/{tenant}/checkouts/order",
    "GET /order-v2/{tenant}/legal-entity-orders/{legalEntityId}",
    "GET /product/{tenant}/products",
    "POST /customer-segment/{tenant}/segments/search",
    "POST /ai-service/{tenant}/agentic/chat",
)
"""Rows of every kind of bearer, with a saas token and without, with values of the session and of the client."""


class Mutator:
    """Builds applications on a table with one changed row, over one upstream and one Redis."""

    def __init__(self, upstream: RecordingUpstream, redis: Redis, redis_url: str, file: Path) -> None:
        self._parts = (upstream, redis, redis_url, file)
        self._usual = StorefrontBench(*self._parts)

    def row_of(self, expected: Row) -> Any:
        """Return the row that an expectation is of."""
        return self._usual.declared[expected.verb, bare(expected.ours)]

    def found(self, changed: Mapping[str, Any], asked: Collection[str]) -> Found:
        """Return what some expectations find with changed rows in their places; both by the expectations' names."""
        rows = {row.name: row for row in changed.values()}
        bench = StorefrontBench(*self._parts, table={**self._usual.table, **rows})
        return {id: found for id in dict.fromkeys(asked) if (found := request_differences(bench, BY_ID[id]))}


@pytest.fixture(scope="module")
def mutator(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mutator]:
    file = tmp_path_factory.mktemp("storefront") / "storefront.toml"
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        yield Mutator(upstream, redis, redis_server.url, file)


def other_bearers(row: Any, expected: Row) -> Iterator[Any]:
    """Yield the row with each other bearer that a file may name."""
    kind = type(row.accepts[0])
    customer, anonymous, shared = kind("customer"), kind("anonymous"), kind("shared")
    every = {
        Holder.CUSTOMER: (customer,),
        Holder.VISITOR: (customer, anonymous),
        Holder.PUBLIC: (customer, shared),
        None: (anonymous,),
    }
    for holder, accepts in every.items():
        if holder is not expected.holder:
            yield replace(row, accepts=accepts)


def other_headers(row: Any, expected: Row) -> Iterator[Any]:
    """Yield the row with each header of its own missing, or with one more."""
    saas = type(row.saas_token)
    for word in Saas:
        if word is not expected.saas and expected.holder is not Holder.PUBLIC:
            yield replace(row, saas_token=saas(word.value))
    yield replace(row, total_from=None if expected.total is not None else "X-Total-Count")
    if expected.language:
        yield replace(row, language="none")
    yield replace(row, content_language="browser")


def other_parameters(row: Any, expected: Row) -> Iterator[Any]:
    """Yield the row without each of its parameters, and with another one."""
    optional = {filled.name for filled in expected.filled_query if filled.sharing.name == "MAY_BE_SENT"}
    for number, parameter in enumerate(row.parameters):
        if parameter.place.value == "path" or parameter.name in optional:
            continue
        yield replace(row, parameters=(*row.parameters[:number], *row.parameters[number + 1 :]))
    clients = [one for one in row.parameters if one.place.value == "query" and one.source is None and not one.required]
    for one in clients[:1]:
        yield replace(
            row, parameters=(*row.parameters, replace(one, name="undeclared", pattern=".+", is_site=False, most=None))
        )


def other_shapes(row: Any, expected: Row) -> Iterator[Any]:
    """Yield the row with another success, with another kind of body, and as one that asks, or changes, something."""
    yield replace(row, success=frozenset({*row.success, 226}))
    if row.free_body is not None:
        kind = type(row.free_body.kind)("object" if expected.body is Body.ARRAY else "array")
        yield replace(row, free_body=replace(row.free_body, kind=kind))
    if expected.verb != "GET" and not expected.may_only_ask:
        yield replace(row, only_asks=not row.only_asks)


KINDS = {
    "bearer": other_bearers,
    "header": other_headers,
    "parameter": other_parameters,
    "success or body": other_shapes,
}


@pytest.mark.parametrize("expected", [BY_ID[id] for id in FEW], ids=FEW)
def test_another_bearer_fails_its_own_expectation_alone(mutator: Mutator, expected: Row) -> None:
    changed = next(other_bearers(mutator.row_of(expected), expected))
    assert list(mutator.found({expected.id: changed}, [expected.id, *FEW])) == [expected.id]


@pytest.mark.more
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_every_other_row_fails_its_own_expectation_alone(mutator: Mutator, kind: str, half: int) -> None:
    # One half of the rows is changed at a time, each in one way more than before; the other half stays as it is.
    variants = {row.id: list(KINDS[kind](mutator.row_of(row), row)) for row in EXPECTED[half::2]}
    for number in range(max(map(len, variants.values()))):
        changed = {id: rows[number] for id, rows in variants.items() if number < len(rows)}
        asked = [row.id for row in EXPECTED] if number == 0 else [*changed, *FEW]
        found = mutator.found(changed, asked)
        assert set(found) == set(changed)
        if kind == "bearer":
            # Not only is the row another one: another token really went out, or none could. Where the path says who it
            # is, no guest gets that far.
            others = {
                id: {one.aspect for one in differences}
                for id, differences in found.items()
                if not BY_ID[id].filled_path
            }
            assert [id for id, seen in others.items() if not seen & {Aspect.BEARER, Aspect.ARRIVAL}] == []


def test_the_table_as_it_is_fails_nothing(mutator: Mutator) -> None:
    expected = BY_ID[FEW[0]]
    assert mutator.found({expected.id: mutator.row_of(expected)}, FEW) == {}
