"""What tests can make go wrong: slow, wrong, broken off or missing answers, operation by operation.

A fault that comes after the effect leaves the caller not knowing that anything happened, as a real one would.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

Kind = TypeVar("Kind", bound=Enum)
"""What a stand-in can be asked for."""

_LONGEST_HOLD_SECONDS = 30.0


class Cut(Enum):
    """When the connection is closed instead of answering."""

    BEFORE_EFFECT = "before_effect"
    AFTER_EFFECT = "after_effect"


class Delivery(Enum):
    """How an answer travels."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    """Half of the bytes that `Content-Length` announces, then the connection is closed."""
    DRIPPED = "dripped"
    """A byte at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedResponse:
    """What is answered in place of the operation's own reply."""

    status: int = 500
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """No `Content-Type` is added to these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one call goes wrong; the parts may be combined."""

    delay_before_seconds: float = 0.0
    """Before anything else happens, outside of every lock."""
    delay_after_seconds: float = 0.0
    """After the effect, before the answer, outside of every lock."""
    hold_before: threading.Event | None = None
    """Waits for it to be set (no longer than 30 s) before anything else happens."""
    hold_after: threading.Event | None = None
    """The same, after the effect."""
    cut: Cut | None = None
    answer: CannedResponse | None = None
    effect_first: bool = False
    """Whether the operation takes effect before `answer` hides its reply."""
    drop_fields: tuple[str, ...] = ()
    """Top-level properties to leave out of the operation's own reply."""
    delivery: Delivery = Delivery.WHOLE
    drip_seconds: float = 0.01
    """Between two bytes of a dripped answer."""


NO_FAULT = Fault()


def named(operation: Kind | str, kinds: Iterable[type[Kind]]) -> Kind:
    """Return what a test means by a name.

    :raises ValueError: no operation of these kinds has it
    """
    if not isinstance(operation, str):
        return operation
    for kind in kinds:
        for one in kind:
            if one.value == operation:
                return one
    raise ValueError(f"no operation is called {operation!r}")


class Faults(Generic[Kind]):
    """The faults in force; safe between threads."""

    def __init__(self, *kinds: type[Kind]) -> None:
        self._kinds = kinds
        self._lock = threading.Lock()
        self._planned: dict[Kind, list[tuple[Fault, int | None]]] = {}
        self._cleared = threading.Event()

    def add(self, operation: Kind | str, fault: Fault, *, times: int | None = None) -> None:
        """Let the next `times` calls of an operation go wrong, after those already planned; None: until cleared."""
        if times is not None and times < 1:
            raise ValueError("times has to be at least 1")
        with self._lock:
            self._planned.setdefault(named(operation, self._kinds), []).append((fault, times))

    def clear(self, operation: Kind | str | None = None) -> None:
        """Drop what is planned for one operation, or for all; the latter also ends every delay under way."""
        with self._lock:
            if operation is not None:
                self._planned.pop(named(operation, self._kinds), None)
                return
            self._planned.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    def take(self, operation: Kind) -> Fault:
        """Return the fault for the call that has just come in; one without effect if none is planned."""
        with self._lock:
            planned = self._planned.get(operation)
            if not planned:
                return NO_FAULT
            fault, times = planned[0]
            if times is None:
                return fault
            if times == 1:
                planned.pop(0)
            else:
                planned[0] = (fault, times - 1)
            return fault

    def wait(self, seconds: float, hold: threading.Event | None = None) -> None:
        """Delay the calling thread."""
        if seconds > 0:
            with self._lock:
                cleared = self._cleared
            cleared.wait(seconds)
        if hold is not None:
            hold.wait(_LONGEST_HOLD_SECONDS)
