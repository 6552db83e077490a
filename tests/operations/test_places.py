"""Threads that wait for other servers are so many at most; a quick server may have all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from bff.operations.places import IN_LINE_SECONDS, STUCK_SECONDS, Places


class Refused(Exception):
    """There was no place."""


@contextmanager
def taken(places: Places, count: int) -> Iterator[threading.Event]:
    """Have so many threads hold a place each, until the event is set."""
    leave, all_in = threading.Event(), threading.Barrier(count + 1)

    def hold() -> None:
        with places.place(Refused):
            all_in.wait()
            leave.wait()

    threads = [threading.Thread(target=hold) for _ in range(count)]
    for thread in threads:
        thread.start()
    all_in.wait()
    try:
        yield leave
    finally:
        leave.set()
        for thread in threads:
            thread.join()


def test_there_are_so_many_and_each_comes_free_again() -> None:
    places = Places(3)
    for _ in range(2):
        with taken(places, 3):
            assert not places.enter()
    with taken(places, 2):
        assert places.enter()
        places.leave()


def test_who_finds_none_is_refused_at_once_when_none_comes_free_for_a_moment(busy_seconds: float) -> None:
    places = Places(2)
    with taken(places, 2):
        began = time.monotonic()
        assert not places.enter()
        assert STUCK_SECONDS - 0.1 < time.monotonic() - began < STUCK_SECONDS + 0.4 + busy_seconds
        began = time.monotonic()
        assert not any(places.enter() for _ in range(20))
        assert time.monotonic() - began < 0.2 + busy_seconds


def test_who_waits_in_line_gets_the_place_that_comes_free() -> None:
    places = Places(1)
    with taken(places, 1) as leave:
        threading.Timer(0.1, leave.set).start()
        assert places.enter()
        places.leave()


def test_thread_takes_one_place_however_deep_it_asks() -> None:
    places = Places(1)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(places.place(Refused))
    with taken(places, 1):
        assert not places.enter()


def test_failure_inside_gives_the_place_back() -> None:
    places = Places(1)
    with pytest.raises(ZeroDivisionError), places.place(Refused):
        raise ZeroDivisionError
    with taken(places, 1), pytest.raises(Refused), places.place(Refused):
        pass


def test_more_threads_than_places_are_all_served_by_a_quick_server() -> None:
    places, refused, served = Places(4), [], []

    def ask() -> None:
        for _ in range(20):
            try:
                with places.place(Refused):
                    time.sleep(0.002)
                    served.append(1)
            except Refused:
                refused.append(1)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(served) + len(refused) == 240
    assert len(refused) <= 240 // 10, IN_LINE_SECONDS
