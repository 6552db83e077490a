"""Who of the workers has how many connections: each tells it in memory that all of them see.

The system gives a new connection to whichever worker asks first, and one that was awake takes most of those that come
together. They stay there for as long as they are kept, and wait for its threads while others rest. So a worker that has
more than another leaves that one a moment to take a new connection first.
"""

from __future__ import annotations

import mmap
from typing import Final

_MOST_WORKERS: Final = 256
_LARGEST: Final = 2**16 - 1
_MORE: Final = 1
"""Who has so many more connections than another lets it go first."""


class Shares:
    """One number for each worker; made before they are forked, and each writes its own alone."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, 2 * _MOST_WORKERS)).cast("H")

    def tell(self, worker: int, connections: int) -> None:
        """Say how many connections a worker has.

        :param worker: its number, which grows from one to the next
        """
        self._numbers[worker % _MOST_WORKERS] = min(connections + 1, _LARGEST)

    def leave(self, worker: int) -> None:
        """Say that a worker takes no more connections."""
        self._numbers[worker % _MOST_WORKERS] = 0

    def another_has_fewer(self, connections: int) -> bool:
        """Tell whether another worker that takes connections has fewer, by more than what comes and goes."""
        fewest = min(filter(None, self._numbers), default=connections + 1)
        return connections + 1 > fewest + _MORE
