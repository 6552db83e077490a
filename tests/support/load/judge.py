"""Says what of a load test must not be: errors that no fault explains, what is another's, what grows, what stays.

A fault explains the documented answers alone, and only to requests that were under way while it was on or shortly
after; what is documented stands in `operating.md`, 'When something fails'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from tests.support.load.notes import Asked, Run, Sample, Window

MOST_GROWTH: Final = 0.05
_STORE: Final = frozenset({"503", "503 session_store_unavailable"})
_AWAY: Final = frozenset({"503", "503 upstream_unavailable"})
_LATE: Final = frozenset({"504", "504 upstream_timeout"})
_BROKEN: Final = frozenset({"none reset", "none cut"})
_LISTED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Explains:
    """What a fault explains, and for how many seconds after its end."""

    answers: frozenset[str]
    after: float


EXPLAINS: Final[Mapping[str, Explains]] = {
    "redis paused": Explains(answers=_STORE, after=1.0),
    "redis away": Explains(answers=_STORE, after=1.0),
    "redis restarted": Explains(answers=_STORE, after=1.0),
    "redis takes no writes": Explains(answers=_STORE, after=1.0),
    # A circuit that is open stays so for five seconds.
    "upstream refused": Explains(answers=_AWAY, after=7.0),
    "upstream reset": Explains(answers=_AWAY, after=7.0),
    "upstream truncated": Explains(answers=_AWAY, after=7.0),
    "upstream 503": Explains(answers=_AWAY, after=7.0),
    # A call that was sent at its end waits 6 s, and may open a circuit for 5 s more.
    "upstream silent": Explains(answers=_AWAY | _LATE, after=13.0),
    "upstream 429": Explains(answers=frozenset({"429", "429 rate_limited"}), after=1.0),
    "upstream 500": Explains(answers=frozenset({"502", "502 upstream_error"}), after=1.0),
    "worker killed": Explains(answers=_BROKEN, after=1.0),
    # Nothing is lost by a reload.
    "reload": Explains(answers=frozenset(), after=0.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures, and what must not be."""

    figures: Mapping[str, Any]
    findings: tuple[str, ...]

    def __str__(self) -> str:
        """Return it for people."""
        figures = self.figures
        head = (
            f"seed {figures['seed']}, {figures['seconds']:.0f} s: {figures['requests']} requests, "
            f"{figures['errors']} errors, {figures['unexplained']} of them unexplained; "
            f"{figures['mixedUp']} mixed up in {figures['checked']} answers, {figures['lost']} changes lost"
        )
        lines = [head]
        lines += [f"  {count:6} {what}" for what, count in figures["errorsByKind"].items()]
        lines.append("milliseconds: p50, p99 without faults; with")
        for kind, times in figures["milliseconds"].items():
            shown = ["-" if one is None else f"{one:.0f}" for one in (*times["without"], *times["with"])]
            lines.append(f"  {kind}: {shown[0]}, {shown[1]}; {shown[2]}, {shown[3]}")
        memory = figures["megabytes"]
        for name in ("start", "third", "end"):
            shown = [f"{one:.1f}" for one in memory[name]]
            lines.append(f"memory at {name}: master and workers {', '.join(shown)} MB")
        lines.append(f"change over the last two thirds: {memory['growth']:+.1%}")
        lines.append(f"keys at start {figures['keys']['before']}, at end {figures['keys']['after']}")
        lines.append(f"faults: {figures['faults']}")
        lines += [f"WRONG: {one}" for one in self.findings] or ["nothing is wrong"]
        return "\n".join(lines)


def judge(run: Run) -> Report:
    """Return the report on one run."""
    errors = [one for one in run.asked if one.is_error]
    explained = {id(one): explaining(one, run.faults) for one in errors}
    unexplained = [one for one in errors if explained[id(one)] is None]
    at = memory_at(run)
    growth = _growth(at["third"], at["end"])
    findings = [_told(one, run.faults) for one in unexplained[:_LISTED]]
    if len(unexplained) > _LISTED:
        findings.append(f"and {len(unexplained) - _LISTED} further errors without a cause")
    findings += [f"mixed up: {one}" for one in run.mixed_up[:_LISTED]]
    findings += [f"lost: {one}" for one in run.lost[:_LISTED]]
    findings += [f"the run itself broke: {one}" for one in run.broken[:_LISTED]]
    if not run.asked or not run.checked:
        findings.append("nothing was asked, or nothing looked through")
    findings += _of_kinds(run.asked)
    if growth is None:
        findings.append("memory cannot be compared: the processes at a third are not those at the end")
    elif growth > MOST_GROWTH:
        findings.append(f"memory grew by {growth:.1%} in the last two thirds")
    findings += [
        f"keys stay: {kind}: {run.before.sessions.get(kind, 0)} at the start, {count} at the end"
        for kind, count in run.after.sessions.items()
        if count > run.before.sessions.get(kind, 0)
    ]
    findings += [f"keys without an end: {kind}" for kind in run.after.endless]
    by_kind = Counter(f"{one.answer} ({explained[id(one)] or 'UNEXPLAINED'})" for one in errors)
    figures = {
        "seed": run.seed,
        "seconds": run.seconds,
        "requests": len(run.asked),
        "requestsByKind": dict(Counter(one.kind for one in run.asked)),
        "errors": len(errors),
        "unexplained": len(unexplained),
        "errorsByKind": dict(by_kind.most_common()),
        "milliseconds": _milliseconds(run),
        "megabytes": {**{name: _megabytes(samples) for name, samples in at.items()}, "growth": growth or 0.0},
        "keys": {
            "before": _all(run.before.sessions, run.before.others),
            "after": _all(run.after.sessions, run.after.others),
        },
        "faults": dict(Counter(one.name for one in run.faults)),
        "mixedUp": len(run.mixed_up),
        "lost": len(run.lost),
        "checked": run.checked,
        "findings": findings,
    }
    return Report(figures=figures, findings=tuple(findings))


def explaining(asked: Asked, faults: Iterable[Window]) -> str | None:
    """Return the fault that explains an error, if any does."""
    for fault in faults:
        explains = EXPLAINS[fault.name]
        is_on = asked.at <= fault.end + explains.after and asked.at + asked.took >= fault.begin
        if is_on and asked.answer in explains.answers:
            return fault.name
    return None


def memory_at(run: Run) -> dict[str, tuple[Sample, ...]]:
    """Return the samples at the start, around a third, and at the end."""
    around = run.seconds / 12
    third = run.seconds / 3
    return {
        "start": run.memory[:1],
        "third": tuple(one for one in run.memory if third <= one.at <= third + around),
        "end": tuple(one for one in run.memory if one.at >= run.seconds - around),
    }


def _growth(first: Sequence[Sample], last: Sequence[Sample]) -> float | None:
    processes = {frozenset(one.workers) for one in (*first, *last)}
    if not first or not last or len(processes) != 1:
        return None
    before, after = (median(one.master + sum(one.workers.values()) for one in part) for part in (first, last))
    return after / before - 1


def _megabytes(samples: Sequence[Sample]) -> list[float]:
    if not samples:
        return []
    last = samples[-1]
    return [round(one / 1024, 1) for one in (last.master, *last.workers.values())]


def _of_kinds(asked: Iterable[Asked]) -> list[str]:
    fine = Counter(one.kind for one in asked if not one.is_error)
    return [f"no request of the kind {kind} succeeded" for kind in ("page", "json", "storefront") if not fine[kind]]


def _milliseconds(run: Run) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    found = {}
    for kind in sorted({one.kind for one in run.asked}):
        calm: list[float] = []
        upset: list[float] = []
        for one in run.asked:
            if one.kind == kind:
                (upset if _is_under(one, run.faults) else calm).append(one.took * 1000)
        found[kind] = {
            "without": (_part(calm, 0.5), _part(calm, 0.99)),
            "with": (_part(upset, 0.5), _part(upset, 0.99)),
        }
    return found


def _is_under(asked: Asked, faults: Iterable[Window]) -> bool:
    return any(asked.at <= one.end + EXPLAINS[one.name].after and asked.at + asked.took >= one.begin for one in faults)


def _part(values: list[float], part: float) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * part))], 1) if values else None


def _told(asked: Asked, faults: Iterable[Window]) -> str:
    on = [one.name for one in faults if one.begin <= asked.at + asked.took and asked.at <= one.end]
    return f"unexplained at {asked.at:.1f} s: {asked.route}: {asked.answer} (on: {', '.join(on) or 'no fault'})"


def _all(sessions: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return {**sessions, **others}
