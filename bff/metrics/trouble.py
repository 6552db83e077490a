"""Whether a part that the program needs fails it: told once when that begins and once when it is over.

Each process tells it for itself, as far as its own requests see. A request that meets the trouble writes no line of its
own about it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from bff.events import Event

CALM_SECONDS: Final = 10.0
"""A trouble that comes and goes is one as long as it comes back within these."""


class Trouble:
    """Whether a part that others need is in trouble: a line when it begins, for each new cause, and when it is over.

    :param emit: writes an event with its fields: `Log.emit`
    :param begun: tells that the part is in trouble, and why
    :param over: tells that it is in none any more
    :param host: where the part is; no credentials
    """

    def __init__(
        self,
        emit: Callable[..., None],
        *,
        begun: Event,
        over: Event,
        host: str,
        calm_seconds: float = CALM_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emit = emit
        self._begun = begun
        self._over = over
        self._host = host
        self._calm_seconds = calm_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._causes: set[tuple[str, str]] = set()
        self._since = self._last = 0.0
        self._times = 0

    @property
    def is_on(self) -> bool:
        """Whether the part is in trouble, as far as is known."""
        return bool(self._causes)

    def met(self, cause: str, *, each: str = "", **more: str | int | None) -> None:
        """Note that the part failed a request.

        :param cause: one of a few fixed words
        :param each: what sets this trouble apart from another one of the same cause
        """
        with self._lock:
            self._last = self._monotonic()
            if not self._causes:
                self._since, self._times = self._last, 0
            self._times += 1
            is_new = (cause, each) not in self._causes
            self._causes.add((cause, each))
        if is_new:
            self._emit(self._begun, cause=cause, host=self._host, **more)

    def passed(self) -> None:
        """Note that the part served a request."""
        if not self._causes:
            return
        with self._lock:
            now = self._monotonic()
            if not self._causes or now - self._last < self._calm_seconds:
                return
            self._causes.clear()
            seconds, times = round(self._last - self._since, 1), self._times
        self._emit(self._over, host=self._host, seconds=seconds, times=times)
