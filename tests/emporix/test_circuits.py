"""A breaker opens after failures in a row alone, lets one call at a time try, and tells each change once."""

from __future__ import annotations

import threading
import time

import pytest

from bff.emporix.circuits import MOST_FAILURES, OPEN_SECONDS, Came, Circuit
from tests.support.fakes.clock import FakeClock


class Watched:
    """A breaker whose changes are noted."""

    def __init__(self, clock: FakeClock) -> None:
        self.told: list[tuple[bool, float, str]] = []
        self.clock = clock
        self.circuit = Circuit(lambda *change: self.told.append(change), monotonic=clock)

    def call(self, came: Came) -> bool:
        """Make a call, unless it may not go out."""
        ticket = self.circuit.enter()
        if ticket is None:
            return False
        self.circuit.leave(ticket, came, "broken")
        return True

    def fails(self, times: int = MOST_FAILURES) -> None:
        for _ in range(times):
            assert self.call(Came.FAILURE)


@pytest.fixture
def watched(clock: FakeClock) -> Watched:
    return Watched(clock)


def test_failures_in_a_row_open_it_and_no_call_goes_out(watched: Watched) -> None:
    watched.fails(MOST_FAILURES - 1)
    assert watched.told == []
    watched.fails(1)
    assert watched.circuit.is_open
    assert not any(watched.call(Came.SUCCESS) for _ in range(50))
    assert watched.told == [(True, 0.0, "broken")]


def test_success_begins_the_count_anew(watched: Watched) -> None:
    watched.fails(MOST_FAILURES - 1)
    watched.call(Came.SUCCESS)
    watched.fails(MOST_FAILURES - 1)
    assert not watched.circuit.is_open


@pytest.mark.parametrize("came", [Came.ANSWER, Came.NOTHING])
def test_what_an_input_can_bring_counts_neither_way(watched: Watched, came: Came) -> None:
    for _ in range(100):
        watched.call(came)
    assert not watched.circuit.is_open
    watched.fails(MOST_FAILURES - 1)
    watched.call(came)
    watched.fails(1)
    assert watched.circuit.is_open


@pytest.mark.parametrize("came", [Came.SUCCESS, Came.ANSWER])
def test_one_call_at_a_time_tries_and_its_answer_closes_it(watched: Watched, came: Came) -> None:
    watched.fails()
    watched.clock.advance(OPEN_SECONDS - 0.01)
    assert watched.circuit.enter() is None
    watched.clock.advance(0.01)
    probe = watched.circuit.enter()
    assert probe is not None
    watched.clock.advance(60)
    assert watched.circuit.enter() is None
    watched.circuit.leave(probe, came)
    assert not watched.circuit.is_open
    assert watched.told == [(True, 0.0, "broken"), (False, OPEN_SECONDS + 60, "")]
    watched.fails(MOST_FAILURES - 1)
    assert not watched.circuit.is_open


def test_failing_probe_keeps_it_open_as_long_again_and_is_not_told(watched: Watched) -> None:
    watched.fails()
    watched.clock.advance(OPEN_SECONDS)
    watched.fails(1)
    watched.clock.advance(OPEN_SECONDS - 0.01)
    assert watched.circuit.enter() is None
    watched.clock.advance(0.01)
    assert watched.call(Came.SUCCESS)
    assert [is_open for is_open, _, _ in watched.told] == [True, False]


def test_probe_that_was_not_sent_leaves_the_turn_to_the_next_one(watched: Watched) -> None:
    watched.fails()
    watched.clock.advance(OPEN_SECONDS)
    assert watched.call(Came.NOTHING)
    assert watched.circuit.is_open
    assert watched.call(Came.SUCCESS)
    assert not watched.circuit.is_open


def test_calls_from_before_a_change_say_nothing_about_now(watched: Watched) -> None:
    early = [watched.circuit.enter() for _ in range(20)]
    watched.fails()
    for ticket in early[:10]:
        assert ticket is not None
        watched.circuit.leave(ticket, Came.SUCCESS)
    assert watched.circuit.is_open
    watched.clock.advance(OPEN_SECONDS)
    assert watched.call(Came.SUCCESS)
    for ticket in early[10:]:
        assert ticket is not None
        watched.circuit.leave(ticket, Came.FAILURE, "late")
    assert not watched.circuit.is_open


def test_threads_that_come_at_once_send_one_probe(watched: Watched) -> None:
    watched.fails()
    watched.clock.advance(OPEN_SECONDS)
    together, tickets = threading.Barrier(16), []

    def come() -> None:
        together.wait()
        tickets.append(watched.circuit.enter())

    threads = [threading.Thread(target=come) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([ticket for ticket in tickets if ticket is not None]) == 1


def test_call_through_a_closed_breaker_takes_no_lock(watched: Watched) -> None:
    with watched.circuit._lock:
        assert watched.call(Came.SUCCESS)
        assert watched.call(Came.ANSWER)


@pytest.mark.more
def test_call_through_a_closed_breaker_costs_less_than_two_microseconds(watched: Watched, busy_seconds: float) -> None:
    began = time.perf_counter()
    for _ in range(10_000):
        watched.call(Came.SUCCESS)
    assert time.perf_counter() - began < 10_000 * 2e-6 + busy_seconds
