"""All 26 operations, request by request, against a list of expectations that was written without our table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys import contract_expectations
from tests.support.journeys.contract_bench import Bench
from tests.support.journeys.contract_checks import answer_differences, request_differences
from tests.support.journeys.contract_expectations import EXPECTATIONS
from tests.support.journeys.contract_shapes import Expectation
from tests.support.journeys.recording_upstream import RecordingUpstream

each_operation = pytest.mark.parametrize("expected", EXPECTATIONS, ids=lambda expected: expected.operation)


@pytest.fixture(scope="module")
def bench(redis_server: EmbeddedRedis) -> Iterator[Bench]:
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        yield Bench(upstream, redis, redis_server.url)


@each_operation
def test_operation_goes_upstream_as_the_contract_says(bench: Bench, expected: Expectation) -> None:
    assert [str(found) for found in request_differences(bench, expected)] == []


@each_operation
def test_documented_successes_are_passed_on_and_others_are_not(bench: Bench, expected: Expectation) -> None:
    assert [str(found) for found in answer_differences(bench, expected)] == []


def test_every_operation_is_expected_exactly_once(bench: Bench) -> None:
    names = [expected.operation for expected in EXPECTATIONS]
    assert len(names) == 26
    assert sorted(names) == sorted(bench.table)


def test_expectations_are_independent_of_the_table() -> None:
    own = [
        path
        for pattern in ("contract_*.py", "test_contract_*.py", "recording_upstream.py")
        for folder in (Path(__file__).parent, Path(contract_expectations.__file__).parent)
        for path in sorted(folder.glob(pattern))
    ]
    imported = {name for path in own for name in _imports(path)}
    assert Path(__file__) in own
    assert "bff.wiring" in imported
    assert [name for name in imported if name.split(".")[:2] == ["bff", "operations"]] == []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from bff import operations` counts as well.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module or ""
