"""What the workers of a server count, from the master's side: memory for each, and who asks for the sums.

Without an address to listen on nothing is counted.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import bff
from bff.commands.listening import CannotListenError, why_not
from bff.commands.scrapes import Scrapes
from bff.metrics.counts import Counts
from bff.metrics.exposition import exposition
from bff.metrics.totals import Totals


class Counting:
    """The numbers of one server, through all its workers and reloads."""

    def __init__(self, bind: str | None) -> None:
        """:param bind: host and port to tell them on; None: there are none"""
        self._bind = bind
        self._totals = Totals()
        self._scrapes: Scrapes | None = None
        self.counts: Counts | None = None
        """Where the worker counts that is about to begin, or has begun in this process."""

    def listen(self) -> None:
        """Take the address, before anything is started.

        :raises CannotListenError: it cannot be
        """
        if self._bind is None:
            return
        try:
            self._scrapes = Scrapes(self._bind, lambda: exposition(self._totals, bff.__version__))
        except OSError as error:
            raise CannotListenError(f"BFF_METRICS_BIND: {self._bind} {why_not(error)}") from None

    def start(self) -> None:
        """Answer who asks, from now on."""
        if self._scrapes is not None:
            self._scrapes.start()

    def held(self) -> AbstractContextManager[None]:
        """Hold answers back inside; for a fork."""
        return nullcontext() if self._scrapes is None else self._scrapes.held()

    def before_worker(self, number: int) -> None:
        """Make what a worker shares with the master.

        :param number: which no other worker had
        """
        if self._scrapes is not None:
            self.counts = Counts(self._totals.sheet_for(number))

    def in_worker(self) -> None:
        """Close what a worker must not keep open when the master has ended."""
        if self._scrapes is not None:
            self._scrapes.leave_to_the_master()

    def after_worker(self, number: int) -> None:
        """Keep what a worker that has ended has counted."""
        self._totals.leave(number)


def start_answering(master: Any) -> None:
    """Answer who asks for the numbers, now that the master listens."""
    master.app.counting.start()


def leave_what_is_the_masters(master: Any, worker: Any) -> None:
    """Close what a worker has got by the fork and must not keep."""
    worker.app.counting.in_worker()
