"""One asks, however many want to know, and nobody waits without a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from bff.account.flights import SOON_SECONDS, Busy, CalledOff, Flights
from bff.errors import TooManyAttempts, UpstreamUnavailable
from bff.operations.places import Places
from tests.support.fakes.upstream import at_once

WAIT_SECONDS = 30.0


def nothing() -> None:
    """Let a thread on."""


class Question:
    """Something that takes as long as a test wants."""

    def __init__(self, answer: str | Exception = "yes") -> None:
        self.answer = answer
        self.asked = 0
        self.entered, self.leave = threading.Event(), threading.Event()
        self.flights: Flights[str] = Flights(most_patient=2, places=Places(32))

    def ask(self) -> str:
        self.asked += 1
        self.entered.set()
        assert self.leave.wait(60)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def once(
        self,
        *,
        admit: Callable[[], None] = nothing,
        waits: Callable[[], None] = nothing,
        wait_seconds: float = WAIT_SECONDS,
    ) -> str:
        return self.flights.once("q", self.ask, admit=admit, waits=waits, wait_seconds=wait_seconds)

    def outcomes(self, threads: int, *, let: Callable[[], object]) -> list[object]:
        """Ask in so many threads; once all but one wait, `let` happens, and the answer comes."""
        waiting = threading.Semaphore(0)
        results: list[object] = []
        runner = threading.Thread(
            target=lambda: results.extend(at_once(threads, lambda: self.once(waits=waiting.release)))
        )
        runner.start()
        for _ in range(threads - 1):
            assert waiting.acquire(timeout=60)
        let()
        self.leave.set()
        runner.join()
        return results


def test_one_asks_and_all_know() -> None:
    question = Question()
    assert question.outcomes(10, let=nothing) == ["yes"] * 10
    assert question.asked == 1


def test_failure_is_shared_by_those_who_waited_and_kept_for_nobody() -> None:
    question = Question(UpstreamUnavailable("read", "no answer"))
    results = question.outcomes(5, let=nothing)
    assert [type(result) for result in results] == [UpstreamUnavailable] * 5
    assert question.asked == 1
    question.answer = "yes"
    assert question.once() == "yes"
    assert question.asked == 2


def test_other_questions_do_not_wait() -> None:
    question = Question()
    thread = threading.Thread(target=question.once)
    thread.start()
    assert question.entered.wait(60)
    assert (
        question.flights.once("another", lambda: "no", admit=nothing, waits=nothing, wait_seconds=WAIT_SECONDS) == "no"
    )
    question.leave.set()
    thread.join()


def test_refusal_of_who_was_to_ask_is_theirs_alone() -> None:
    question, refused = Question(), threading.Event()
    question.leave.set()
    waiting = threading.Event()

    def refuse() -> None:
        refused.set()
        assert waiting.wait(60)
        raise TooManyAttempts(1)

    results: list[object] = []
    first = threading.Thread(target=lambda: results.extend(at_once(1, lambda: question.once(admit=refuse))))
    first.start()
    assert refused.wait(60)
    with pytest.raises(CalledOff):
        question.once(waits=waiting.set)
    first.join()
    assert [type(result) for result in results] == [TooManyAttempts]
    assert question.asked == 0
    assert question.once() == "yes"


def test_who_may_not_wait_does_not() -> None:
    question = Question()
    thread = threading.Thread(target=question.once)
    thread.start()
    assert question.entered.wait(60)

    def refuse() -> None:
        raise TooManyAttempts(1)

    with pytest.raises(TooManyAttempts):
        question.once(waits=refuse)
    question.leave.set()
    thread.join()


def test_what_does_not_come_soon_is_waited_for_by_a_share_of_the_threads() -> None:
    question = Question()
    thread = threading.Thread(target=question.once)
    thread.start()
    assert question.entered.wait(60)
    results: list[object] = []

    def wait() -> None:
        results.extend(at_once(1, question.once))

    crowd = [threading.Thread(target=wait) for _ in range(6)]
    for one in crowd:
        one.start()
    while len(results) < 4:
        time.sleep(0.01)
    assert [type(result) for result in results] == [Busy] * 4
    question.leave.set()
    for one in (*crowd, thread):
        one.join()
    assert results[4:] == ["yes"] * 2


def test_wait_has_an_end_that_counts_from_the_beginning_of_the_question() -> None:
    question = Question()
    thread = threading.Thread(target=question.once)
    thread.start()
    assert question.entered.wait(60)
    time.sleep(SOON_SECONDS)
    began = time.monotonic()
    with pytest.raises(Busy):
        question.once(wait_seconds=SOON_SECONDS)
    assert time.monotonic() - began < SOON_SECONDS
    question.leave.set()
    thread.join()
    assert question.flights._patience.acquire(blocking=False)
    assert question.flights._patience.acquire(blocking=False)


def test_thread_that_is_ended_while_it_asks_leaves_nothing_behind() -> None:
    flights: Flights[str] = Flights(most_patient=1, places=Places(32))

    def end() -> str:
        raise SystemExit

    with pytest.raises(SystemExit):
        flights.once("q", end, admit=nothing, waits=nothing, wait_seconds=1)
    assert flights.once("q", lambda: "yes", admit=nothing, waits=nothing, wait_seconds=1) == "yes"
