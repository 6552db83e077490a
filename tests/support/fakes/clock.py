"""A clock that moves when it is told to."""

from __future__ import annotations


class FakeClock:
    """Unix seconds, from a fixed start."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
