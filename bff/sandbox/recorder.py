"""What a stand-in has been asked, call by call, for tests to look at."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic

from bff.sandbox.faults import Kind, named


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Generic[Kind]):
    """One call, as it came."""

    operation: Kind | None
    """None for a path or verb that the stand-in does not have."""
    method: str
    target: str
    """The raw path with its query, percent-encoding and all."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Recorder(Generic[Kind]):
    """Every call since the start or the last `clear()`; safe between threads."""

    def __init__(self, *kinds: type[Kind]) -> None:
        self._kinds = kinds
        self._lock = threading.Lock()
        self._received: list[Received[Kind]] = []
        self._executed: list[Kind] = []

    def __iter__(self) -> Iterator[Received[Kind]]:
        """Go through the calls, oldest first."""
        with self._lock:
            return iter(tuple(self._received))

    def __len__(self) -> int:
        with self._lock:
            return len(self._received)

    def add(self, received: Received[Kind]) -> None:
        """Note a call."""
        with self._lock:
            self._received.append(received)

    def of(self, operation: Kind | str) -> list[Received[Kind]]:
        """List the calls of one operation, oldest first."""
        wanted = named(operation, self._kinds)
        return [one for one in self if one.operation is wanted]

    def count(self, operation: Kind | str) -> int:
        """Count the calls of one operation."""
        return len(self.of(operation))

    def note_execution(self, operation: Kind) -> None:
        """Note that an operation has done what it was asked for, whatever becomes of its answer."""
        with self._lock:
            self._executed.append(operation)

    def executions(self, operation: Kind | str) -> int:
        """Count how often an operation has taken effect: less than its calls where some were refused or cut off."""
        wanted = named(operation, self._kinds)
        with self._lock:
            return self._executed.count(wanted)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._received.clear()
            self._executed.clear()
