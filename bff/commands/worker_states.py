"""How far each worker is: it says so in memory that the master sees, too."""

from __future__ import annotations

import mmap
from enum import IntEnum
from typing import Final

_MOST_WORKERS: Final = 512
"""As many as there may be, and one successor for each."""


class WorkerState(IntEnum):
    """Of one worker."""

    STARTING = 0
    SERVING = 1
    SPENT = 2
    """It answers requests, and has answered as many as it should."""


class WorkerStates:
    """One state for each worker; made before they are forked, and each writes its own alone."""

    def __init__(self) -> None:
        self._states = mmap.mmap(-1, _MOST_WORKERS)

    def put(self, worker: int, state: WorkerState) -> None:
        """Say how far a worker is.

        :param worker: its number, which grows from one to the next
        """
        self._states[worker % _MOST_WORKERS] = state

    def of(self, worker: int) -> WorkerState:
        """Return how far a worker is."""
        return WorkerState(self._states[worker % _MOST_WORKERS])
