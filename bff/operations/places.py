"""How many threads may wait for other servers at once: the others answer what needs none, the probes above all.

A thread that waits for what another thread or process asks there takes a place too, since that ends no sooner. A thread
takes one place, however deep in it asks. While places come free again, a thread that finds none waits in line: a busy
shop with a quick upstream needs all of its threads. Once none has come free for a moment, no further thread waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

STUCK_SECONDS: Final = 0.5
"""All places are taken, and none has come free for so long: from now on whoever finds none is refused."""
IN_LINE_SECONDS: Final = 1.0
"""The most that one waits in line."""


class _Held(threading.local):
    depth = 0


class Places:
    """The places of one process; safe for threads."""

    def __init__(self, most: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """:param most: how many threads may wait at once"""
        self._monotonic = monotonic
        self._has_moved = threading.Condition(threading.Lock())
        self._left = most
        self._moved_at = 0.0
        """When a place came free, or the last one was taken."""
        self._held = _Held()

    def enter(self) -> bool:
        """Take a place, and tell whether there was one."""
        if self._held.depth == 0:
            with self._has_moved:
                if self._left <= 0 and not self._is_free_in_time():
                    return False
                self._left -= 1
                if self._left == 0:
                    self._moved_at = self._monotonic()
        self._held.depth += 1
        return True

    def leave(self) -> None:
        """Give back what was taken last."""
        self._held.depth -= 1
        if self._held.depth == 0:
            with self._has_moved:
                self._left += 1
                if self._left == 1:
                    self._moved_at = self._monotonic()
                    self._has_moved.notify()

    def _is_free_in_time(self) -> bool:
        ends = self._monotonic() + IN_LINE_SECONDS
        while self._left <= 0:
            seconds = min(ends, self._moved_at + STUCK_SECONDS) - self._monotonic()
            if seconds <= 0:
                return False
            self._has_moved.wait(seconds)
        return True

    @contextmanager
    def place(self, refused: Callable[[], Exception]) -> Iterator[None]:
        """Hold a place inside.

        :param refused: makes what is raised where there is none
        """
        if not self.enter():
            raise refused()
        try:
            yield
        finally:
            self.leave()
