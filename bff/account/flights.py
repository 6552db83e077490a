"""One asks, however many want to know: who comes while a question is under way waits for its outcome.

A failure is shared by those who have waited for it, and is not kept. Waiting takes a thread, so it has two bounds:
at first everybody waits, for most answers come soon; what takes longer is waited for by a share of the threads alone,
so that one slow question does not stop the whole process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from bff.operations.places import Places

T = TypeVar("T")

SOON_SECONDS: Final = 1.0
"""How long a question is under way before only a share of the threads waits for it."""


class Busy(Exception):
    """Too many wait already, or the outcome has not come in time."""


class CalledOff(Exception):
    """Who was to ask did not, for a reason of their own: it says nothing to those who waited."""


class Flight(Generic[T]):
    """One question that is under way."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._landed = threading.Event()
        self._outcome: T | Exception = CalledOff()

    def land(self, outcome: T | Exception) -> None:
        """Say what came of it."""
        self._outcome = outcome
        self._landed.set()

    def landed_within(self, seconds: float) -> bool:
        """Wait for the outcome, and tell whether there is one."""
        return self._landed.wait(max(0.0, seconds))

    @property
    def outcome(self) -> T:
        """What came of it, once it has landed; raises what was raised.

        :raises CalledOff: it was not asked
        """
        if isinstance(self._outcome, Exception):
            raise self._outcome.with_traceback(None)
        return self._outcome


class Flights(Generic[T]):
    """The questions of one process that are under way; safe for threads."""

    def __init__(self, *, most_patient: int, places: Places, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take what it works with.

        :param most_patient: how many threads may wait for what does not come soon
        :param places: of all that wait for others
        """
        self._places = places
        self._patience = threading.BoundedSemaphore(most_patient)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Flight[T]] = {}

    def once(
        self,
        key: Hashable,
        ask: Callable[[], T],
        *,
        admit: Callable[[], None],
        waits: Callable[[], None],
        wait_seconds: float,
    ) -> T:
        """Return what `ask` brings, or what it brings another thread that is asking the same right now.

        :param admit: called before this thread asks; what it raises is its own, and the others may ask
        :param waits: called before this thread waits for another one's answer; what it raises is raised
        :param wait_seconds: how long that may take
        :raises Busy: the other thread takes too long, or too many wait
        :raises CalledOff: the other thread was not admitted: this one may try again
        """
        with self._lock:
            flight = self._under_way.get(key)
            leads = flight is None
            if flight is None:
                flight = self._under_way[key] = Flight(self._monotonic())
        if not leads:
            waits()
            return self._awaited(flight, wait_seconds)
        outcome: T | Exception = CalledOff()
        try:
            admit()
            try:
                outcome = answer = ask()
            except Exception as err:
                outcome = err
                raise
            return answer
        finally:
            with self._lock:
                del self._under_way[key]
            flight.land(outcome)

    def _awaited(self, flight: Flight[T], wait_seconds: float) -> T:
        ends = flight.began + wait_seconds
        if flight.landed_within(flight.began + SOON_SECONDS - self._monotonic()):
            return flight.outcome
        if not self._patience.acquire(blocking=False):
            raise Busy
        try:
            with self._places.place(Busy):
                if not flight.landed_within(ends - self._monotonic()):
                    raise Busy
        finally:
            self._patience.release()
        return flight.outcome
