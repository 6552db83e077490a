"""Circuit breakers: a service of upstream's that fails again and again is not asked for a moment: no request waits.

One for each service, in each process. What counts is no connection, no answer in time and what a gateway says of a
service that is away (502 to 504): an input can be crafted to bring a 500 or a refusal, and must not close a shop.
A call that was not made says nothing: nothing is thrown away for it, and no customer is signed out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from bff.events import Event
from bff.operations.model import Operation

MOST_FAILURES: Final = 5
"""In a row."""
OPEN_SECONDS: Final = 5.0


class Came(Enum):
    """What a call says about the service that it went to."""

    SUCCESS = "success"
    FAILURE = "failure"
    """The service did not answer, or not in time."""
    ANSWER = "answer"
    """The service answered, and may be well or not."""
    NOTHING = "nothing"
    """Nothing was sent, or not waited for as long as others are."""


class Circuit:
    """The breaker of one service; safe for threads. A call through a closed one takes no lock.

    :param changed: told of each change, whether it is open now, for how many seconds it was, and what failed last
    """

    def __init__(
        self, changed: Callable[[bool, float, str], None], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed = changed
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._turn = 0
        """Grows with each change: what a call brings that began before one says nothing about now."""
        self._failures = 0
        self._is_open = False
        self._opened_at = self._ask_at = 0.0
        self._is_probed = False

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once, but for one at a time that tries."""
        return self._is_open

    def enter(self) -> int | None:
        """Return the ticket to leave with; None: the call must not go out."""
        turn = self._turn
        return self._try() if self._is_open else turn

    def _try(self) -> int | None:
        with self._lock:
            if not self._is_open:
                return self._turn
            if self._is_probed or self._monotonic() < self._ask_at:
                return None
            self._is_probed = True
            return self._turn

    def leave(self, ticket: int, came: Came, why: str = "") -> None:
        """Note what came of a call that went out.

        :param why: fixed words for a failure
        """
        if not self._is_open and not self._failures and came is not Came.FAILURE:
            return
        with self._lock:
            if ticket != self._turn:
                return
            has_changed = self._probed(came) if self._is_open else self._called(came)
            seconds = self._monotonic() - self._opened_at
        if has_changed:
            self._changed(self._is_open, seconds, why)

    def _probed(self, came: Came) -> bool:
        self._is_probed = False
        if came is Came.FAILURE:
            self._ask_at = self._monotonic() + OPEN_SECONDS
        if came in (Came.FAILURE, Came.NOTHING):
            return False
        self._is_open, self._failures = False, 0
        self._turn += 1
        return True

    def _called(self, came: Came) -> bool:
        if came is Came.SUCCESS:
            self._failures = 0
        if came is not Came.FAILURE:
            return False
        self._failures += 1
        if self._failures < MOST_FAILURES:
            return False
        self._is_open = True
        self._opened_at = self._monotonic()
        self._ask_at = self._opened_at + OPEN_SECONDS
        self._turn += 1
        return True


class Circuits:
    """The breakers of all services of one upstream; each is made when its service is first called."""

    def __init__(self, emit: Callable[..., None], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """:param emit: writes an event with its fields: `Log.emit`"""
        self._emit = emit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._by_service: Mapping[str, Circuit] = {}
        self._by_operation: dict[str, Circuit] = {}

    def of(self, operation: Operation) -> Circuit:
        """Return the breaker that an operation's calls go through."""
        if (circuit := self._by_operation.get(operation.name)) is None:
            service = operation.upstream_service
            with self._lock:
                if (circuit := self._by_service.get(service)) is None:
                    circuit = self._made(service)
                    # Replaced, never changed: others may be reading it.
                    self._by_service = {**self._by_service, service: circuit}
                self._by_operation[operation.name] = circuit
        return circuit

    @property
    def open_services(self) -> tuple[str, ...]:
        """The services that are not asked right now, by name."""
        return tuple(sorted(name for name, circuit in self._by_service.items() if circuit.is_open))

    def _made(self, service: str) -> Circuit:
        def changed(is_open: bool, seconds: float, why: str) -> None:
            if is_open:
                self._emit(Event.CIRCUIT_OPENED, service=service, cause=why)
            else:
                self._emit(Event.CIRCUIT_CLOSED, service=service, seconds=round(seconds, 1))

        return Circuit(changed, monotonic=self._monotonic)
