"""What no client may do with any declared row: generated from the table, over every row of every shipped set.

Nothing arrives upstream that is not declared, and every refusal has the documented shape. In the quick checks each row
meets a share of the attempts, so that all of them are made on some row; all of them meet all rows in the slow ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from zlib import crc32

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.hostile_targets import Target, strays, targets_of
from tests.support.journeys.hostile_upstreams import PLANTED, broken, with_head
from tests.support.journeys.hostile_ways import WAYS, Attempt
from tests.support.journeys.recording_upstream import RecordingUpstream
from tests.support.journeys.storefront_asks import of_rows
from tests.support.journeys.storefront_bench import BROWSER, Ask, StorefrontBench, Visitor

SHARE = 12
"""One attempt of so many is made on each row in the quick checks."""
_ERROR = {"status", "type", "message", "details", "requestId"}

T = TypeVar("T")


@pytest.fixture(scope="module")
def bench(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorefrontBench]:
    file = tmp_path_factory.mktemp("storefront") / "storefront.toml"
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        yield StorefrontBench(upstream, redis, redis_server.url, file)


def share_of(target: Target, attempts: Sequence[tuple[str, T]]) -> list[T]:
    """Return every so manieth attempt, other ones on each row."""
    return [one for name, one in attempts if crc32(f"{target.id} {name}".encode()) % SHARE == 0]


def visitor_of(target: Target, name: str) -> Visitor:
    """Return a customer or a guest, in turns, where both may ask."""
    is_guest = target.row.is_for_guests and crc32(f"{name} {target.id}".encode()) % 2 == 0
    return Visitor.GUEST if is_guest else Visitor.EMPLOYEE


def wrong_with(ask: Ask, answer: TestResponse) -> str | None:
    """Say what is wrong with how a request was refused."""
    text = answer.get_data(as_text=True)
    if answer.status_code < 400:
        return None
    if "Traceback" in text or BROWSER in text or PLANTED in text:
        return f"not what may be said: {text[:200]}"
    if not ask.path.startswith("/api/") or ask.verb == "HEAD":
        return None
    content = answer.get_json(silent=True)
    if not isinstance(content, dict) or not _ERROR <= set(content) <= {*_ERROR, "moreInfo", "ended"}:
        return f"not the documented shape: {text[:200]}"
    return None if content["status"] == answer.status_code else f"not its own status: {text[:200]}"


def outcome(bench: StorefrontBench, target: Target, attempt: Attempt) -> list[str]:
    """Make an attempt, and say what is wrong with what came of it."""
    bench.upstream.start_over()
    bench.upstream.answer_unknown(target.answer)
    answer = bench.ask(attempt.by or visitor_of(target, attempt.name), attempt.ask)
    arrived = of_rows(bench.upstream.arrived)
    found = list(strays(target, arrived))
    if bool(arrived) != attempt.arrives:
        found.append(f"{len(arrived)} arrived: {[request.target[:100] for request in arrived]}")
    if answer.status_code not in attempt.statuses:
        found.append(f"{answer.status_code}, expected {sorted(attempt.statuses)}: {answer.data[:200]!r}")
    if (wrong := wrong_with(attempt.ask, answer)) is not None:
        found.append(wrong)
    return [f"{target.id}, {attempt.name}: {text}" for text in found]


def outcomes(bench: StorefrontBench, way: str, *, all_of_them: bool) -> tuple[int, list[str]]:
    """Make attempts of one way on every row; return how many those were, and what is wrong."""
    count, found = 0, []
    for target in targets_of(bench):
        attempts = [(attempt.name, attempt) for attempt in WAYS[way](target)]
        made = [attempt for _, attempt in attempts] if all_of_them else share_of(target, attempts)
        count += len(made)
        for attempt in made:
            found += outcome(bench, target, attempt)
    return count, found


def from_upstream(bench: StorefrontBench, *, all_of_them: bool) -> tuple[int, list[str]]:
    """Have every row answered with what no browser may see; return how many answers those were, and what is wrong."""
    count, found = 0, []
    for target in targets_of(bench):
        answers = [(name, (name, *entry)) for name, entry in broken(target).items()]
        made = [entry for _, entry in answers] if all_of_them else share_of(target, answers)
        made.append(("a head", with_head(target), frozenset({min(target.row.success)})))
        count += len(made)
        for name, canned, statuses in made:
            bench.upstream.start_over()
            bench.upstream.answer_unknown(canned)
            answer = bench.ask(visitor_of(target, name), target.ask())
            said = f"{target.id}, {name}: {answer.status_code} {answer.data[:100]!r}"
            if answer.status_code not in statuses:
                found.append(f"{said}, expected {sorted(statuses)}")
            if PLANTED in answer.get_data(as_text=True) + str(answer.headers):
                found.append(f"{said} shows it: {answer.headers}")
            if len(of_rows(bench.upstream.arrived)) != 1:
                found.append(f"{said}: {[one.target for one in bench.upstream.arrived]}")
            if (wrong := wrong_with(target.ask(), answer)) is not None:
                found.append(f"{said}: {wrong}")
    return count, found


def test_every_row_admits_what_it_declares(bench: StorefrontBench) -> None:
    targets = targets_of(bench)
    assert len({target.id for target in targets}) == len(targets) == 138
    for target in targets:
        good = Attempt(name="good", ask=target.ask(), statuses=frozenset({min(target.row.success)}), arrives=True)
        assert outcome(bench, target, good) == []


@pytest.mark.parametrize("way", WAYS)
def test_no_row_lets_anything_else_through(bench: StorefrontBench, way: str) -> None:
    count, found = outcomes(bench, way, all_of_them=False)
    assert found == []
    assert count > 40


@pytest.mark.more
@pytest.mark.parametrize("way", WAYS)
def test_no_row_lets_anything_of_it_all_through(bench: StorefrontBench, way: str) -> None:
    count, found = outcomes(bench, way, all_of_them=True)
    assert found == []
    assert count > 400


def test_nothing_of_a_hostile_upstream_is_passed_on(bench: StorefrontBench) -> None:
    count, found = from_upstream(bench, all_of_them=False)
    assert found == []
    assert count > 138


@pytest.mark.more
def test_nothing_of_any_hostile_answer_is_passed_on(bench: StorefrontBench) -> None:
    count, found = from_upstream(bench, all_of_them=True)
    assert found == []
    assert count > 138 * 10


def test_a_customers_row_is_closed_to_guests_and_strangers(bench: StorefrontBench) -> None:
    found: list[str] = []
    for target in targets_of(bench):
        if [kind.value for kind in target.row.accepts] != ["customer"]:
            continue
        refused = Attempt(name="guest", ask=target.ask(), statuses=frozenset({401}), by=Visitor.GUEST)
        found += outcome(bench, target, refused)
    assert found == []


def test_nothing_of_a_hostile_upstream_is_kept_for_strangers(redis_server: EmbeddedRedis, tmp_path: Path) -> None:
    with RecordingUpstream() as upstream, Redis.from_url(redis_server.url) as redis:
        bench = StorefrontBench(upstream, redis, redis_server.url, tmp_path / "storefront.toml", as_it_is=True)
        targets = [target for target in targets_of(bench) if target.row.cache_seconds]
        assert len(targets) > 15
        found: list[str] = []
        for target in targets:
            refused = [(name, entry) for name, entry in broken(target).items() if name != "too large"]
            right = ("a head", (with_head(target), frozenset({min(target.row.success)})))
            # What is refused is not kept; what goes well is asked for once.
            for number, (name, (canned, statuses)) in enumerate([*refused, right, right]):
                upstream.start_over()
                upstream.answer_unknown(canned)
                answer = bench.ask(Visitor.STRANGER, target.ask())
                said = f"{target.id}, {name}: {answer.status_code} {answer.headers} {answer.data[:100]!r}"
                is_kept = number > len(refused)
                if answer.status_code not in statuses or len(of_rows(upstream.arrived)) != (0 if is_kept else 1):
                    found.append(f"{said}, {len(upstream.arrived)} arrived")
                if PLANTED in answer.get_data(as_text=True) + str(answer.headers) or "Set-Cookie" in answer.headers:
                    found.append(f"{said} shows it")
                if ("public" in answer.headers["Cache-Control"]) != (number >= len(refused)):
                    found.append(said)
        assert found == []
