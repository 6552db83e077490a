"""All 138 operations of a storefront, request by request, against a list that was written without our shipped rows."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys import storefront_expectations
from tests.support.journeys.recording_upstream import Canned, RecordingUpstream
from tests.support.journeys.storefront_answers import canned, documented
from tests.support.journeys.storefront_asks import ask, of_rows, upstream_path, visitors_of
from tests.support.journeys.storefront_bench import Ask, StorefrontBench, Visitor, bare
from tests.support.journeys.storefront_checks import answer_differences, request_differences
from tests.support.journeys.storefront_expectations import EXPECTED
from tests.support.journeys.storefront_shapes import Row

each_row = pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row.id)


@pytest.fixture(scope="module")
def bench(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorefrontBench]:
    file = tmp_path_factory.mktemp("storefront") / "storefront.toml"
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        yield StorefrontBench(upstream, redis, redis_server.url, file)


@each_row
def test_row_goes_upstream_as_documented_and_nothing_else_does(bench: StorefrontBench, row: Row) -> None:
    assert [str(found) for found in request_differences(bench, row)] == []


@each_row
def test_documented_successes_are_passed_on_and_others_are_not(bench: StorefrontBench, row: Row) -> None:
    assert [str(found) for found in answer_differences(bench, row)] == []


@pytest.mark.parametrize("row", [row for row in EXPECTED if row.rate is not None], ids=lambda row: row.id)
def test_row_is_refused_when_it_is_asked_for_too_often(redis_server: EmbeddedRedis, tmp_path: Path, row: Row) -> None:
    count, _ = row.rate or (0, 0)
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        bench = StorefrontBench(upstream, redis, redis_server.url, tmp_path / "storefront.toml", as_it_is=True)
        upstream.give(canned(row), method=row.verb, path=upstream_path(row))
        # A window may end meanwhile; another one is not over so soon.
        answers = [bench.ask(visitors_of(row)[0], ask(row)) for _ in range(2 * count + 1)]
        statuses = [answer.status_code for answer in answers]
        assert set(statuses[:count]) == {documented(row)}
        assert statuses.count(documented(row)) == len(of_rows(upstream.arrived)) <= 2 * count
        refused = answers[statuses.index(429)]
        assert refused.get_json()["type"] == "rate_limited"
        assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("row", [row for row in EXPECTED if row.versioned], ids=lambda row: row.id)
def test_versioned_row_is_guarded_by_what_a_read_has_shown(bench: StorefrontBench, row: Row) -> None:
    path, unversioned = upstream_path(row), {name: value for name, value in row.example.items() if name != "metadata"}

    def asked(tag: str) -> int:
        bench.upstream.start_over()
        bench.upstream.give(Canned(status=200, content=newest), method="GET", path=path)
        bench.upstream.give(canned(row), method=row.verb, path=path)
        request = ask(row, body=json.dumps(unversioned).encode(), headers={"If-Match": tag})
        return bench.ask(Visitor.GUEST, request).status_code

    newest = {**row.example, "metadata": {"version": 7}}
    assert asked('"6"') == 412
    assert [request.method for request in of_rows(bench.upstream.arrived)] == ["GET"]
    seen = bench.ask(Visitor.GUEST, Ask(verb="GET", path=row.asked_path))
    assert asked(seen.headers["ETag"]) == documented(row)
    read, written = of_rows(bench.upstream.arrived)
    assert (read.method, written.method) == ("GET", row.verb)
    assert json.loads(written.body) == newest


def test_every_shipped_row_is_expected_exactly_once(bench: StorefrontBench) -> None:
    expected = [(row.verb, bare(row.ours)) for row in EXPECTED]
    assert len(set(expected)) == len(expected) == 138
    assert set(bench.declared) == set(expected)


def test_expectations_are_independent_of_the_rows() -> None:
    own = [
        path
        for pattern in ("storefront_*.py", "test_storefront_expectations.py", "recording_upstream.py")
        for folder in (Path(__file__).parent, Path(storefront_expectations.__file__).parent)
        for path in sorted(folder.glob(pattern))
    ]
    imported = {name for path in own for name in _imports(path)}
    assert Path(__file__) in own
    assert "bff.wiring" in imported
    assert [name for name in imported if name.split(".")[:2] in (["bff", "operations"], ["bff", "storefront"])] == []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from bff import operations` counts as well.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module or ""
