"""A worker's threads: nothing is left lying, and no more of them are at work than there is work for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bff.commands.threads import Threads
from tests.support.patience import eventually

PATIENCE_SECONDS = 60.0


class Working:
    """Notes who has worked on what, and keeps each busy until it may go on."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, str]] = []
        self.done: list[int] = []
        self.may_end = threading.Semaphore(0)

    def __call__(self, item: int) -> None:
        self.begun.append((item, threading.current_thread().name))
        assert self.may_end.acquire(timeout=PATIENCE_SECONDS)
        self.done.append(item)

    @property
    def names(self) -> set[str]:
        return {name for _, name in self.begun}


@contextmanager
def ending(threads: Threads[int]) -> Iterator[Threads[int]]:
    before = set(threading.enumerate())
    try:
        yield threads
    finally:
        threads.shutdown(wait=False)
        eventually(lambda: not set(threading.enumerate()) - before)


def all_rest(threads: Threads[int], count: int) -> Callable[[], bool]:
    return lambda: len(threads._resting) == count


def test_each_item_that_waits_for_something_has_a_thread_up_to_the_most_there_are() -> None:
    working = Working()
    with ending(Threads(4, working)) as threads:
        for item in range(6):
            threads.give(item)
        eventually(lambda: len(working.begun) == 4)
        assert len(working.names) == 4
        working.may_end.release(6)
        eventually(lambda: sorted(working.done) == [*range(6)])
        assert [item for item, _ in working.begun][:4] == [0, 1, 2, 3]


def test_one_thread_does_what_comes_one_after_the_other() -> None:
    working = Working()
    with ending(Threads(32, working)) as threads:
        for item in range(50):
            working.may_end.release()
            threads.give(item)
            eventually(all_rest(threads, 1))
    assert len(working.names) == 1


def test_thread_that_rested_last_is_the_first_to_go_on() -> None:
    working = Working()
    with ending(Threads(4, working)) as threads:
        for item in range(4):
            threads.give(item)
        eventually(lambda: len(working.begun) == 4)
        working.may_end.release(4)
        eventually(all_rest(threads, 4))
        working.begun.clear()
        working.may_end.release(20)
        for item in range(20):
            threads.give(item)
            eventually(all_rest(threads, 4))
    assert len(working.names) == 1


def no_thread_starts(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_where_no_further_thread_starts_those_there_are_do_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    working, told = Working(), threading.Semaphore(0)
    with ending(Threads(4, working, told.release)) as threads:
        threads.give(0)
        eventually(lambda: len(working.begun) == 1)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_thread_starts)
            threads.give(1)
            threads.give(2)
            working.may_end.release(3)
            eventually(lambda: sorted(working.done) == [0, 1, 2])
            eventually(all_rest(threads, 1))
            working.may_end.release()
            threads.give(3)
            eventually(lambda: len(working.done) == 4)
        assert (told.acquire(blocking=False), told.acquire(blocking=False)) == (True, False)
        threads.give(4)
        threads.give(5)
        # Both are held, so that another thread has begun one of them.
        eventually(lambda: len(working.begun) == 6)
        working.may_end.release(2)


def test_without_any_thread_it_is_not_taken_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads(4, Working())
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread_starts)
        with pytest.raises(RuntimeError):
            threads.give(0)


def test_what_was_given_before_the_end_is_done() -> None:
    working = Working()
    with ending(Threads(2, working)) as threads:
        for item in range(5):
            threads.give(item)
        threads.shutdown(wait=False)
        working.may_end.release(5)
        eventually(lambda: sorted(working.done) == [*range(5)])


def test_what_comes_as_the_only_thread_goes_to_rest_is_not_left_lying() -> None:
    done: list[int] = []

    class Resting(list[threading.Lock]):
        def append(self, resting: threading.Lock) -> None:
            if len(done) == 1:
                threads.give(2)
            super().append(resting)

    with ending(Threads(1, done.append)) as threads:
        threads._resting = Resting()
        threads.give(1)
        eventually(lambda: done == [1, 2])


@pytest.mark.parametrize("most", [1, 3, 16])
def test_nothing_is_left_lying_whoever_runs_when(most: int) -> None:
    done: list[int] = []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ending(Threads(most, done.append)) as threads:
            for item in range(20_000):
                threads.give(item)
                if item % 7 == 0:
                    eventually(lambda given=item: len(done) == given + 1)  # type: ignore[misc]
            eventually(lambda: len(done) == 20_000)
    finally:
        sys.setswitchinterval(interval)
    assert sorted(done) == [*range(20_000)]
