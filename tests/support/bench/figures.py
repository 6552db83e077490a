"""What is made of measurements: medians, ratios, and the figures that must be reached.

A ratio is taken within each round, where both sides had the same machine, and the median of these is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from tests.support.bench.rounds import Measurement, Results
from tests.support.bench.rows import (
    ACCOUNT,
    BFF,
    FLASK,
    FLOOR,
    ME_16,
    ME_64,
    ME_SLOWER,
    NODE,
    SIGN_IN_CUSTOMER,
    SIGN_IN_GUEST,
    Row,
)

Value = Callable[[Measurement], float]


@dataclass(slots=True, kw_only=True)
class Found:
    """All that one run has found; what it was not asked for is not there."""

    results: Results = field(default_factory=dict)
    pss_megabytes: dict[str, float] = field(default_factory=dict)
    """Of each peer, after `/api/me` alone."""
    pss_mixed_megabytes: float | None = None
    redis_bytes: float | None = None
    """Of a signed-in session with tokens as long as Emporix's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Must:
    """One figure that must be reached."""

    figure: str
    bound: float
    at_least: bool
    now: Callable[[Found], float | None]
    """None: this run has not measured it."""

    def is_kept(self, found: Found) -> bool | None:
        """Tell whether the figure is reached; None: it was not measured."""
        now = self.now(found)
        if now is None:
            return None
        return now >= self.bound if self.at_least else now <= self.bound


def per_second(measurement: Measurement) -> float:
    """Requests a second."""
    return measurement.per_second


def processor_us(measurement: Measurement) -> float:
    """Microseconds of processor time for each request."""
    return measurement.processor_us


def p50_ms(measurement: Measurement) -> float:
    """What half of the requests were answered in."""
    return measurement.seen.p50_ms


def p99_ms(measurement: Measurement) -> float:
    """What all but a hundredth of the requests were answered in."""
    return measurement.seen.p99_ms


def of(results: Results, row: Row, peer: str, value: Value) -> float | None:
    """Return the median over the rounds; None: not measured."""
    found = results.get((row, peer))
    return median(map(value, found)) if found else None


def ratio(results: Results, one: tuple[Row, str], other: tuple[Row, str], value: Value) -> float | None:
    """Return how many times the other's value the one's is; None: one of them was not measured."""
    pairs = zip(results.get(one, ()), results.get(other, ()), strict=False)
    quotients = [value(a) / value(b) for a, b in pairs if value(b) > 0]
    return median(quotients) if quotients else None


def _against(row: Row, peer: str, value: Value) -> Callable[[Found], float | None]:
    return lambda found: ratio(found.results, (row, BFF), (row, peer), value)


def _against_me(row: Row) -> Callable[[Found], float | None]:
    return lambda found: ratio(found.results, (row, BFF), (ME_16, BFF), processor_us)


def _each(value: Value) -> Callable[[Found], float | None]:
    def now(found: Found) -> float | None:
        exact = of(found.results, ME_16, BFF, value)
        # Start and end of a measurement blur it by a request for each connection.
        return None if exact is None else round(exact, 1)

    return now


MUSTS: Final = (
    Must(
        figure="`/api/me` against the empty application, processor time, c=16",
        bound=3.0,
        at_least=False,
        now=_against(ME_16, FLOOR, processor_us),
    ),
    Must(figure="requests/s against Node, c=16", bound=1.0, at_least=True, now=_against(ME_16, NODE, per_second)),
    Must(
        figure="requests/s against Node, +20 ms, c=64",
        bound=1.0,
        at_least=True,
        now=_against(ME_SLOWER, NODE, per_second),
    ),
    Must(
        figure="requests/s against the usual Flask, c=16",
        bound=3.0,
        at_least=True,
        now=_against(ME_16, FLASK, per_second),
    ),
    Must(
        figure="requests/s against the usual Flask, +20 ms, c=64",
        bound=15.0,
        at_least=True,
        now=_against(ME_SLOWER, FLASK, per_second),
    ),
    Must(figure="p99 against Node's, c=64", bound=1.0, at_least=False, now=_against(ME_64, NODE, p99_ms)),
    Must(
        figure="PSS after `/api/me` alone, MB",
        bound=130,
        at_least=False,
        now=lambda found: found.pss_megabytes.get(BFF),
    ),
    Must(
        figure="PSS after mixed pages and JSON, MB",
        bound=150,
        at_least=False,
        now=lambda found: found.pss_mixed_megabytes,
    ),
    Must(figure="`/account` against `/api/me`, processor time", bound=2.5, at_least=False, now=_against_me(ACCOUNT)),
    Must(
        figure="`/login` of a customer against `/api/me`, processor time",
        bound=1.0,
        at_least=False,
        now=_against_me(SIGN_IN_CUSTOMER),
    ),
    Must(
        figure="`/login` of a guest against `/api/me`, processor time",
        bound=1.0,
        at_least=False,
        now=_against_me(SIGN_IN_GUEST),
    ),
    Must(
        figure="Redis bytes a signed-in session, tokens as long as Emporix's",
        bound=2500,
        at_least=False,
        now=lambda found: found.redis_bytes,
    ),
    Must(
        figure="Redis round trips for `/api/me`",
        bound=1.0,
        at_least=False,
        now=_each(lambda measurement: measurement.redis_reads),
    ),
    Must(
        figure="upstream requests for `/api/me`",
        bound=1.0,
        at_least=False,
        now=_each(lambda measurement: measurement.upstream_requests),
    ),
)
