"""All schedules of two requests, and bugs planted on purpose that they find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from unittest.mock import patch

import pytest

from bff.account import login
from bff.errors import SessionError
from bff.sessions import index, redis_store, scripts
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind, Overtaken, SessionIndex
from bff.sessions.redis_errors import translate_redis_errors
from bff.sessions.session import Session, Sessions
from bff.sessions.store import Lease
from tests.support.simulation.judge import judged
from tests.support.simulation.learned import LearnedExplorer
from tests.support.simulation.requests import KINDS, renamed
from tests.support.simulation.scheduler import Choice, Explorer, Node, Plan, Scheduler, following
from tests.support.simulation.search import PAIRS, Searched, Seeds, all_schedules
from tests.support.simulation.teacher import Teacher
from tests.support.simulation.world import World, world_in_memory

CHECKED_SEEDS = 5


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with world_in_memory() as world:
        yield world


@pytest.fixture(scope="module")
def teacher(world: World) -> Teacher:
    return Teacher(world)


def shown(searched: Searched) -> str:
    return "\n".join(str(one) for one in searched.findings.values())


@pytest.mark.parametrize("kind", KINDS)
def test_no_step_that_fails_breaks_what_must_hold(teacher: Teacher, kind: str) -> None:
    searched = all_schedules(teacher, [kind], preemptions=0, faults=1)
    assert not searched.findings, shown(searched)


@pytest.mark.parametrize("pair", PAIRS, ids=" / ".join)
def test_no_schedule_of_two_requests_breaks_what_must_hold(teacher: Teacher, pair: tuple[str, str]) -> None:
    searched = all_schedules(teacher, pair, preemptions=2, faults=1)
    assert not searched.findings, shown(searched)


@pytest.mark.parametrize("pair", [("refresh", "sign-out"), ("draft", "another draft"), ("sign-out", "rotation")])
def test_nothing_is_left_out_where_steps_that_do_not_meet_are_run_in_one_order(
    world: World, pair: tuple[str, str]
) -> None:
    ends = []
    for everywhere in (True, False):
        explorer = Explorer(Scheduler(world, renamed(pair)), most_faults=0, everywhere=everywhere)
        ends.append((len(list(explorer.outcomes())), explorer.ends))
    assert ends[0] == ends[1]


def ends_of(world: World, pair: tuple[str, str], explorer: Explorer | LearnedExplorer) -> set[tuple[object, ...]]:
    requests, ends = renamed(pair), set[tuple[object, ...]]()
    for outcome in explorer.outcomes():
        failed = outcome.fault and (outcome.fault.request, outcome.fault.step.label.split("(")[0], outcome.fault.fault)
        verdict = judged(world, requests, outcome)
        ends.add((verdict.answers, verdict.left, verdict.findings, failed))
    return ends


@pytest.mark.parametrize("pair", [("refresh", "others ended"), ("draft", "sign-out"), ("sign-in", "sign-out")])
def test_what_requests_do_is_known_from_their_histories(world: World, teacher: Teacher, pair: tuple[str, str]) -> None:
    requests = renamed(pair)
    learned = ends_of(world, pair, LearnedExplorer(teacher, requests))
    assert learned == ends_of(world, pair, Explorer(Scheduler(world, requests)))
    assert len(learned) > len(requests)


@pytest.mark.parametrize("pair", [("draft", "another draft"), ("refresh", "sign-out")])
def test_nobody_need_be_let_in_before_a_step_that_the_other_never_meets(
    world: World, teacher: Teacher, pair: tuple[str, str]
) -> None:
    requests = renamed(pair)
    everywhere = LearnedExplorer(teacher, requests, most_faults=0, everywhere=True)
    assert ends_of(world, pair, everywhere) == ends_of(world, pair, LearnedExplorer(teacher, requests, most_faults=0))


def test_schedule_comes_to_the_same_end_each_time(world: World) -> None:
    scheduler = Scheduler(world, renamed(["refresh", "sign-in anew"]))
    for outcome in list(Explorer(scheduler, most_faults=0).outcomes())[:5]:
        again = scheduler.run(following(outcome.plan))
        assert (again.done, again.answers, again.state) == (outcome.done, outcome.answers, outcome.state)


def test_schedule_goes_through_the_same_records_each_time(world: World) -> None:
    scheduler = Scheduler(world, renamed(["refresh", "sign-in anew"]))

    def seen(plan: Plan) -> list[dict[bytes, object]]:
        records: list[dict[bytes, object]] = []
        goes_on = following(plan)

        def decide(at: int, node: Node) -> Choice:
            records.append(dict(world.server.keys))
            return goes_on(at, node)

        scheduler.run(decide)
        return records

    for outcome in list(Explorer(scheduler, most_faults=0).outcomes())[:5]:
        assert seen(outcome.plan) == seen(outcome.plan)


def test_seed_is_a_schedule(world: World) -> None:
    for seed in range(CHECKED_SEEDS):
        first, second = Seeds(world).run(seed), Seeds(world).run(seed)
        assert [*first.findings] == [*second.findings], seed


# Bugs planted on purpose


class _NoLease:
    def renew(self) -> None:
        """There is nothing to hold."""


@contextmanager
def _no_lock(*given: object, **named: object) -> Iterator[Lease]:
    yield _NoLease()


def test_lock_taken_out_is_found() -> None:
    with patch.object(redis_store, "held", _no_lock), world_in_memory() as world:
        searched = all_schedules(Teacher(world), ["refresh", "refresh"], preemptions=2, faults=0)
    assert "a refresh token went out 2 times" in shown(searched)
    assert shown(searched).count("upstream refresh_auth_token") >= 2


def _added_apart(
    self: SessionIndex, kind: IndexKind, value: str, sid: str, ends_at: float, began: int | None = None
) -> None:
    name = self._names(kind, value)[0]
    mark, args = index._mark_beside(name), ["" if began is None else began, self._mark_life]
    if not translate_redis_errors(lambda: self._look_script(keys=[mark], args=args)):
        raise Overtaken
    translate_redis_errors(lambda: self._redis.zadd(name, {sid: ends_at}))


def test_index_written_apart_from_reading_the_mark_is_found() -> None:
    with patch.object(SessionIndex, "add", _added_apart), world_in_memory() as world:
        searched = all_schedules(Teacher(world), ["sign-in", "others ended"], preemptions=2, faults=0)
    assert "signed in, although it began before" in shown(searched)


def _forgotten(sessions: Sessions, session: Session) -> None:
    who, own = session.signed_in, session.sid
    if who is not None and session.web.password_reset_at is not None:
        with suppress(SessionError):
            end_sessions(sessions, IndexKind.CUSTOMER, who.customer.id, Ending.PASSWORD_RESET, keep=own)
        session.change_web(lambda web: replace(web, password_reset_at=None))


def test_reset_that_is_forgotten_where_sessions_could_not_be_ended_is_found() -> None:
    with patch.object(login, "end_older_sessions", _forgotten), world_in_memory() as world:
        searched = all_schedules(Teacher(world), ["device ended", "sign-in after reset"], preemptions=2, faults=1)
    assert "no order of whole requests comes to this" in shown(searched)


def test_compare_and_set_dropped_is_found() -> None:
    without = "\n".join(line for line in scripts.COMMIT.splitlines() if "return 0" not in line)
    assert without != scripts.COMMIT
    with patch.object(redis_store, "COMMIT", without), world_in_memory() as world:
        searched = all_schedules(Teacher(world), ["draft", "another draft"], preemptions=2, faults=0)
    assert "no order of whole requests comes to this" in shown(searched)
