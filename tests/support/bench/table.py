"""Writes what was found as Markdown: the figures that must be reached, then one table, ratios first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Final

from tests.support.bench.figures import Found, Must, of, p50_ms, p99_ms, per_second, processor_us, ratio
from tests.support.bench.rows import BFF, FLASK, FLOOR, ME_16, NODE, Row

_NOTHING: Final = "-"
_KEPT: Final = {True: "yes", False: "**no**", None: "not measured"}
_NOTES: Final = """\
A ratio is that of the same round, and each figure the median of the rounds; `best` is the best of them. Processor time
is that of the server's own processes. Rate limits of bff count, with figures that no load reaches. Over TLS it trusts
the bench's own authority by way of its launcher: no setting names one."""
_COLUMNS: Final = (
    *("request", "peer", "processor: x floor", "x `/api/me`"),
    *("requests/s: x Node", "x Flask", "p99: x Node"),
    *("requests/s", "best", "processor µs", "p50 ms", "p99 ms", "PSS MB"),
)


def musts_table(musts: Sequence[Must], found: Found) -> str:
    """Return what must be reached and what is."""
    lines = (
        (
            must.figure,
            f"{'≥' if must.at_least else '≤'} {_number(must.bound)}",
            _number(must.now(found)),
            _KEPT[must.is_kept(found)],
        )
        for must in musts
    )
    return markdown(("figure", "must", "now", "reached"), lines)


def rows_table(found: Found) -> str:
    """Return one line for each row and peer."""
    table = markdown(_COLUMNS, (tuple(_cells(found, row, peer)) for row, peer in found.results))
    others = [one.others for measurements in found.results.values() for one in measurements]
    busy = f"What has nothing to do with this took {median(others):.0%} of the cores' time, {max(others):.0%} at most."
    return f"{table}\n\n{_NOTES}\n{busy}"


def troubles(found: Found) -> list[str]:
    """Return a sentence for each row and peer that has not answered everything as it should."""
    return [
        f"{row.label}, {peer}: {sum(one.seen.refused for one in measurements)} refused, "
        f"{sum(one.seen.broken for one in measurements)} broken, of {sum(one.seen.requests for one in measurements)}"
        for (row, peer), measurements in found.results.items()
        if any(one.errors or not one.seen.requests for one in measurements)
    ]


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    ruled = (head, ["---"] * len(head), *lines)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled)


def _cells(found: Found, row: Row, peer: str) -> Iterator[str]:
    results, here = found.results, (row, peer)
    # The empty application is the same whatever is asked for: where a row lacks it, that of `/api/me` serves.
    floor = row if (row, FLOOR) in results else ME_16
    yield f"`{row.label}`"
    yield peer
    yield _number(None if peer == FLOOR else ratio(results, here, (floor, FLOOR), processor_us))
    yield _number(ratio(results, here, (ME_16, BFF), processor_us) if peer == BFF and row != ME_16 else None)
    yield _number(None if peer == NODE else ratio(results, here, (row, NODE), per_second))
    yield _number(None if peer == FLASK else ratio(results, here, (row, FLASK), per_second))
    yield _number(None if peer == NODE else ratio(results, here, (row, NODE), p99_ms))
    yield _number(of(results, row, peer, per_second))
    yield _number(max(map(per_second, results[here])))
    yield _number(of(results, row, peer, processor_us))
    yield _number(of(results, row, peer, p50_ms))
    yield _number(of(results, row, peer, p99_ms))
    yield _number(found.pss_megabytes.get(peer) if row == ME_16 else None)


def _number(value: float | None) -> str:
    if value is None:
        return _NOTHING
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
