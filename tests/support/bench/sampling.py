"""Samples where processor time goes, by a timer of processor time (setitimer(2), ITIMER_PROF).

Python runs the handler between two of its own steps, so what a library in C spends counts for the function that called
it.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

from tests.support.bench.programs import PROJECT

_INTERVAL_SECONDS: Final = 0.001
_OURS: Final = f"{PROJECT}/bff/"
AROUND: Final = "around bff: Flask, Werkzeug"


@dataclass(slots=True)
class Samples:
    """What was running when the timer rang."""

    own: Counter[CodeType] = field(default_factory=Counter)
    """By function, without what it called."""
    steps: Counter[str] = field(default_factory=Counter)
    """By the innermost module of `bff`, with all of the libraries that it called."""

    @property
    def total(self) -> int:
        """How many there are."""
        return self.own.total()

    def take(self, number: int, frame: FrameType | None) -> None:
        """Note what runs; the timer's handler."""
        if frame is None:
            return
        self.own[frame.f_code] += 1
        inner: FrameType | None = frame
        while inner is not None and not inner.f_code.co_filename.startswith(_OURS):
            inner = inner.f_back
        self.steps[AROUND if inner is None else str(Path(inner.f_code.co_filename).relative_to(PROJECT))] += 1


def sampled(work: Callable[[], object]) -> Samples:
    """Do something, and return where its processor time went; for the main thread alone."""
    samples = Samples()
    before = signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL_SECONDS, _INTERVAL_SECONDS)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return samples


def name_of(code: CodeType) -> str:
    """Return a function's name and place, without the folders that differ from machine to machine."""
    file = code.co_filename
    for mark in ("/site-packages/", f"{PROJECT}/", "/lib/python"):
        if mark in file:
            file = file.partition(mark)[2]
            break
    return f"`{code.co_qualname}` {file}:{code.co_firstlineno}"
