"""A worker's threads: as few of them at work as there is work for, and the one that rested last is the first to go on.

So a few threads do all the work while there is little waiting, however many there may be: their stacks, connections and
memory stay in use, and the others cost nothing. One thread at a time is on its way to work. It wakes the next one if
more has come than it takes itself, so that no request wakes a thread for what a busy one takes first.

What is shared are lists and deques whose single steps the interpreter's lock makes atomic. Both sides write first and
look then, so that one of them sees the other: no lock of ours, which a signal's handler could find taken.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Threads(Generic[Item]):
    """Works on what it is given, in this order.

    :param most: how many threads there are at the most; each starts when it is needed first
    :param work: what to do with an item; it raises nothing
    :param short: told when the system lets no further thread start: those there are do its work
    """

    def __init__(self, most: int, work: Callable[[Item], None], short: Callable[[], None] = lambda: None) -> None:
        self._most = most
        self._work = work
        self._short = short
        self._is_short = False
        self._not_started = list(range(most, 0, -1))
        self._items: deque[Item] = deque()
        self._resting: list[threading.Lock] = []
        self._one_rises = False
        self._ended = False

    def give(self, item: Item) -> None:
        """Have an item worked on.

        :raises RuntimeError: there is no thread, and none can be started
        """
        self._items.append(item)
        if not self._one_rises:
            self._wake()

    def shutdown(self, **_: object) -> None:
        """Let each thread end once there is nothing left to do; gunicorn asks not to wait, and nothing here does."""
        self._ended = True
        while self._resting:
            self._resting.pop().release()

    def _wake(self) -> None:
        """Send the thread to work that rested last, or a new one; where all are at work, each looks for more itself."""
        with suppress(IndexError):
            resting = self._resting.pop()
            self._one_rises = True
            resting.release()
            return
        with suppress(IndexError):
            number = self._not_started.pop()
            self._one_rises = True
            self._start(number)

    def _start(self, number: int) -> None:
        try:
            threading.Thread(target=self._run, name=f"request-{number}").start()
            self._is_short = False
        except RuntimeError:
            self._not_started.append(number)
            # Said to be on its way for ever, it would keep every other one from being woken.
            self._one_rises = False
            if len(self._not_started) == self._most:
                raise
            if not self._is_short:
                self._is_short = True
                self._short()

    def _run(self) -> None:
        awake = threading.Lock()
        awake.acquire()
        self._one_rises = False
        while True:
            # Before it takes one itself: to start a thread takes a while, in which others may go past.
            if len(self._items) > 1 and not self._one_rises:
                self._wake()
            try:
                item = self._items.popleft()
            except IndexError:
                if not self._rest(awake):
                    return
                self._one_rises = False
            else:
                self._work(item)

    def _rest(self, awake: threading.Lock) -> bool:
        """Wait for work; False: there will be none."""
        self._resting.append(awake)
        if self._items or self._ended:
            # It came, or the end did, before anybody could see that this thread rests.
            try:
                self._resting.remove(awake)
            except ValueError:
                awake.acquire()
            return bool(self._items) or not self._ended
        awake.acquire()
        return bool(self._items) or not self._ended
