"""The numbers of all workers as one, for the process above them: those that live, and those that have ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Final

from bff.metrics import catalogue
from bff.metrics.catalogue import METRICS, Kind
from bff.metrics.sheet import Series, Sheet

_METRICS: Final = {metric.name: metric for metric in METRICS}


class Totals:
    """Gives each worker its sheet, and adds the sheets up; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sheets: dict[int, Sheet] = {}
        self._departed: dict[Series, list[float]] = {}
        self._ended = 0
        self._left_out = 0.0
        self._started = time.time()

    def sheet_for(self, worker: int) -> Sheet:
        """Return a new sheet for a worker that is about to begin.

        :param worker: its number, which no other one had
        """
        sheet = Sheet()
        with self._lock:
            self._sheets[worker] = sheet
        return sheet

    def leave(self, worker: int) -> None:
        """Keep what a worker that has ended has counted, and nothing else of it."""
        with self._lock:
            sheet = self._sheets.pop(worker, None)
            if sheet is None:
                return
            self._ended += 1
            self._left_out += sheet.left_out
            for series, values in sheet.read():
                if _METRICS[series[0]].kind is not Kind.GAUGE:
                    _join(self._departed, series, values)

    def now(self) -> Mapping[Series, list[float]]:
        """Return all there is; a metric that nothing was counted of is missing."""
        with self._lock:
            joined = {series: list(values) for series, values in self._departed.items()}
            left_out = self._left_out
            for sheet in self._sheets.values():
                left_out += sheet.left_out
                for series, values in sheet.read():
                    _join(joined, series, values)
            for metric, value in (
                (catalogue.WORKERS, float(len(self._sheets))),
                (catalogue.WORKERS_ENDED, float(self._ended)),
                (catalogue.SERIES_LEFT_OUT, left_out),
                (catalogue.START, self._started),
            ):
                joined[(metric.name,)] = [value]
        return joined


def _join(joined: dict[Series, list[float]], series: Series, values: list[float]) -> None:
    before = joined.get(series)
    if before is None:
        joined[series] = values
    elif _METRICS[series[0]].kind is Kind.LATEST:
        joined[series] = max(before, values)
    else:
        joined[series] = [one + other for one, other in zip(before, values, strict=True)]
