"""The expectations see every change of the table: one wrong row fails its own expectation and no other.

Rows are changed by `dataclasses.replace`, on the objects that a running application holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.contract_bench import Bench
from tests.support.journeys.contract_checks import Aspect, Difference, request_differences
from tests.support.journeys.contract_expectations import EXPECTATIONS
from tests.support.journeys.contract_shapes import Bearer, Expectation
from tests.support.journeys.recording_upstream import RecordingUpstream

pytestmark = pytest.mark.more
each_operation = pytest.mark.parametrize("expected", EXPECTATIONS, ids=lambda expected: expected.operation)
with_a_bearer = pytest.mark.parametrize(
    "expected", [e for e in EXPECTATIONS if e.accepts], ids=lambda expected: expected.operation
)

_HANDFUL = frozenset({"anonymous_login", "login", "refresh_auth_token", "get_me", "add_address_tags", "reset_password"})
"""Who is asked whether they noticed, where only a row's own expectation could."""

Found = Mapping[str, list[Difference]]


class Mutator:
    """Builds applications on a table with one changed row, over one upstream and one Redis."""

    def __init__(self, upstream: RecordingUpstream, redis: Redis, redis_url: str) -> None:
        self._parts = (upstream, redis, redis_url)
        self.table = Bench(*self._parts).table

    def found(self, row: Any, asked: frozenset[str] | None = None) -> Found:
        """Return what the expectations (all, or the named ones and the row's own) find with this row in its place."""
        bench = Bench(*self._parts, table={**self.table, row.name: row})
        return {
            expected.operation: differences
            for expected in EXPECTATIONS
            if asked is None or expected.operation in asked | {row.name}
            if (differences := request_differences(bench, expected))
        }


@pytest.fixture(scope="module")
def mutator(redis_server: EmbeddedRedis) -> Iterator[Mutator]:
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        yield Mutator(upstream, redis, redis_server.url)


@with_a_bearer
def test_another_bearer_fails_its_own_expectation_alone(mutator: Mutator, expected: Expectation) -> None:
    row = mutator.table[expected.operation]
    for kinds in _other_bearers(row.accepts):
        found = mutator.found(replace(row, accepts=kinds))
        assert list(found) == [expected.operation], kinds
        if expected.bearer_is_picked_by_row:
            # Not only is the row another one: another token really went out, or none could.
            aspects = {difference.aspect for difference in found[expected.operation]}
            assert aspects & {Aspect.BEARER, Aspect.ARRIVAL}, kinds


@each_operation
def test_another_parameter_fails_its_own_expectation_alone(mutator: Mutator, expected: Expectation) -> None:
    row = mutator.table[expected.operation]
    assert row.parameters
    for number, parameter in enumerate(row.parameters):
        before, after = row.parameters[:number], row.parameters[number + 1 :]
        changed = (replace(parameter, name=parameter.name + "x"),) if parameter.required else ()
        found = mutator.found(replace(row, parameters=(*before, *changed, *after)))
        assert list(found) == [expected.operation], parameter


@each_operation
def test_another_verb_fails_its_own_expectation_alone(mutator: Mutator, expected: Expectation) -> None:
    row = mutator.table[expected.operation]
    for changed in _with_and_without_its_routes(row, method="PUT"):
        assert list(mutator.found(changed, _HANDFUL)) == [expected.operation]


@each_operation
def test_another_path_fails_its_own_expectation_alone(mutator: Mutator, expected: Expectation) -> None:
    row = mutator.table[expected.operation]
    for changed in _with_and_without_its_routes(row, path=row.path + "-changed"):
        assert list(mutator.found(changed, _HANDFUL)) == [expected.operation]


def test_the_table_as_it_is_fails_nothing(mutator: Mutator) -> None:
    row = next(iter(mutator.table.values()))
    assert mutator.found(row) == {}


def _other_bearers(kinds: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    if len(kinds) > 1:
        return [kinds[::-1], kinds[:1], kinds[1:]]
    known = type(kinds[0])
    (other,) = {known(Bearer.ANONYMOUS.value), known(Bearer.CUSTOMER.value)} - set(kinds)
    return [(other,)]


def _with_and_without_its_routes(row: Any, **change: str) -> list[Any]:
    """Return the changed row as it is, whose routes change with it, and one that keeps the routes of the old."""
    return [replace(row, **change), replace(row, own_routes=row.routes, **change)]
