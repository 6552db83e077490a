"""A sheet: the numbers of one process, in memory that the process above it sees too.

The memory is anonymous and made before the fork: no file, nothing to name, to guard or to clean up, and what a process
has counted stays when it is killed. The process that counts is the only one that writes. It writes the name of a series
first and says then that it is there, so who reads sees whole series or none. Each value is eight bytes at a multiple of
eight, which the processor writes in one go.
"""

from __future__ import annotations

import json
import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from bff.metrics.catalogue import METRICS, Metric

Series = tuple[str, ...]
"""A metric's name, and a value for each of its labels."""

MOST_VALUES: Final = 128 * 1024
MOST_NAME_BYTES: Final = 8 * 1024 * 1024
"""Room for all series of as many rows as a file may declare, whatever comes of each."""
_VALUE_BYTES: Final = 8
_LENGTH: Final = 0
_LEFT_OUT: Final = 1
_NOWHERE: Final = 2
"""What finds no room is counted here, and is never read."""
_FIRST: Final = _NOWHERE + max(metric.width for metric in METRICS)
_END: Final = b"\n"
_WIDTHS: Final = {metric.name: metric.width for metric in METRICS}


class Sheet:
    """The numbers of one process; memory is taken as it is written to, and most of it never is."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, MOST_VALUES * _VALUE_BYTES + MOST_NAME_BYTES)
        self.values = memoryview(self._memory)[: MOST_VALUES * _VALUE_BYTES].cast("d")
        """Written to at a place, under the lock."""
        self.lock = threading.Lock()
        self._names = memoryview(self._memory)[MOST_VALUES * _VALUE_BYTES :]
        self._places: dict[Series, int] = {}
        self._used, self._named = _FIRST, 0
        self._found: list[tuple[Series, int, int]] = []
        self._read_to, self._next = 0, _FIRST

    def add(self, metric: Metric, *labels: str, amount: float = 1.0) -> None:
        """Count up."""
        with self.lock:
            self.values[self.place(metric, *labels)] += amount

    def observe(self, metric: Metric, *labels: str, seconds: float) -> None:
        """Count what took so long."""
        with self.lock:
            self.note(self.place(metric, *labels), metric, seconds)

    def note(self, place: int, metric: Metric, seconds: float) -> None:
        """Do the same, for who holds the lock and knows the place."""
        bounds = metric.bounds
        self.values[place + bisect_left(bounds, seconds)] += 1
        self.values[place + len(bounds) + 1] += seconds

    def put(self, metric: Metric, *values: float) -> None:
        """Say what is now; a metric without labels."""
        with self.lock:
            place = self.place(metric)
            for number, value in enumerate(values):
                self.values[place + number] = value

    def place(self, metric: Metric, *labels: str) -> int:
        """Return where a series has its values, for who holds the lock."""
        series = (metric.name, *labels)
        try:
            return self._places[series]
        except KeyError:
            return self._new_place(metric, series)

    def _new_place(self, metric: Metric, series: Series) -> int:
        name, place = json.dumps(series).encode() + _END, self._used
        end = self._named + len(name)
        if place + metric.width > MOST_VALUES or end > MOST_NAME_BYTES:
            if len(self._places) < MOST_VALUES:
                # Noted, so that it is left out once.
                self._places[series] = _NOWHERE
                self.values[_LEFT_OUT] += 1
            return _NOWHERE
        self._names[self._named : end] = name
        self._used, self._named = place + metric.width, end
        self.values[_LENGTH] = end
        self._places[series] = place
        return place

    def read(self) -> Iterator[tuple[Series, list[float]]]:
        """Give what another process has written: each series with its values."""
        self._find()
        for series, place, width in self._found:
            yield series, list(self.values[place : place + width])

    @property
    def left_out(self) -> float:
        """How many series have found no room."""
        return self.values[_LEFT_OUT]

    def _find(self) -> None:
        """See which series have come since the last look."""
        length = int(self.values[_LENGTH])
        for line in bytes(self._names[self._read_to : length]).splitlines(keepends=True):
            series = tuple(json.loads(line))
            width = _WIDTHS[series[0]]
            self._found.append((series, self._next, width))
            self._next += width
            self._read_to += len(line)
