"""What whole requests come to, one after the other: a schedule must come to something that one such order gives.

A request that says it was not done, or not all of it, may have been done or not: orders with it and without it count.
One whose step failed may have been left half-way: orders in which it fails at that step count as well. One that could
not end all sessions which it was to end, as the log says, may have ended any of them. Where two requests end sessions,
both may have had their way, and what a sign-in ends afterwards may be later than others.
Cookies are as they were sent: all at once, or each after the answer before it; answers to what was sent at once may
come the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations, product
from typing import Any, Final

from tests.support.simulation.judge import Left, Verdict, judged
from tests.support.simulation.requests import CUTS, ENDS, IN_PARTS, kind_of, was_done
from tests.support.simulation.scheduler import Decide, Done, Outcome, Request, Scheduler, in_order
from tests.support.simulation.steps import Fault
from tests.support.simulation.world import BROWSERS, World

_NOBODY: Final = ("nobody",)
_Answers = dict[int, str]
"""Of the requests that ran, by their place."""
_Places = tuple[int, ...]
_Ends = tuple[list[tuple[_Answers, Left]], Iterator[tuple[_Answers, Left]]]
"""Those that are known, and what brings the others."""


@dataclass(slots=True, kw_only=True)
class Orders:
    """The orders of some requests, and what they come to; each is run when it is first asked for."""

    world: World
    requests: tuple[Request, ...]
    run: int = 0
    """How many orders were run."""
    _whole: dict[tuple[int, ...], _Ends] = field(default_factory=dict)
    _failing: dict[tuple[tuple[int, ...], int, str, Fault], _Ends] = field(default_factory=dict)
    _steps: dict[tuple[Any, ...], list[list[str]]] = field(default_factory=dict)

    def finding(self, outcome: Outcome, verdict: Verdict) -> str | None:
        """Say what of a schedule's end no order gives; None: one does."""
        failed = [at for at, answer in enumerate(verdict.answers) if not was_done(answer)]
        done = [at for at in range(len(self.requests)) if at not in failed]
        for number in range(len(failed), -1, -1):
            for some in combinations(failed, number):
                chosen = tuple(sorted((*done, *some)))
                if any(self._is_like(verdict, failed, end) for end in self._ends(chosen)):
                    return None
                if outcome.fault is None or outcome.fault.request not in chosen:
                    continue
                if any(self._is_like(verdict, failed, end) for end in self._failing_ends(chosen, outcome.fault)):
                    return None
                if verdict.with_reset and self._is_between(verdict, failed, chosen, outcome.fault):
                    return None
        said = ", ".join(f"{one.name}: {answer}" for one, answer in zip(self.requests, verdict.answers, strict=True))
        left = ", ".join(
            f"{name} {' '.join(words)}" for name, words in zip(BROWSERS, verdict.left.browsers, strict=True)
        )
        return f"no order of whole requests comes to this: {said}; {left}; {verdict.left.strays} strays"

    def _is_between(self, verdict: Verdict, failed: list[int], chosen: tuple[int, ...], fault: Done) -> bool:
        """Tell whether an order comes to this, but for browsers that a sign-in was to end and may have left.

        The reset for which it was to end them stands then; it may stand alone.
        """
        ends = [*self._ends(chosen), *self._failing_ends(chosen, fault)]
        owns = {one.browser for one in self.requests if one.name in verdict.with_reset}
        spared = {
            browser
            for one in self.requests
            if one.name in verdict.in_part
            for browser in ENDS.get(kind_of(one), frozenset()) - {one.browser}
        }
        is_left = dict(zip(BROWSERS, verdict.left.browsers, strict=True))
        if any(is_left[browser] not in {_of(browser, left) for _, left in ends} for browser in spared):
            return False
        for answers, left in ends:
            for browser in (*spared, *owns):
                if browser in spared or (*_of(browser, left), "reset") == is_left[browser]:
                    left = _with(left, browser, is_left[browser])
            if self._is_like(verdict, failed, (answers, left)):
                return True
        return False

    def _is_like(self, verdict: Verdict, failed: list[int], end: tuple[_Answers, Left]) -> bool:
        answers, left = end
        if any(answers[at] != verdict.answers[at] for at in answers if at not in failed):
            return False
        ended = [ENDS.get(kind_of(one), frozenset()) for one in self.requests]
        pairs = zip(BROWSERS, verdict.left.browsers, left.browsers, strict=True)
        return verdict.left.strays <= left.strays and all(
            is_so == may_be or (is_so == _NOBODY and any(browser in one for one in ended))
            for browser, is_so, may_be in pairs
        )

    def _ends(self, chosen: tuple[int, ...]) -> Iterator[tuple[_Answers, Left]]:
        if chosen not in self._whole:
            self._whole[chosen] = [], self._ran(chosen, None)
        return _kept(*self._whole[chosen])

    def _failing_ends(self, chosen: tuple[int, ...], failed: Done) -> Iterator[tuple[_Answers, Left]]:
        fault = failed.fault
        assert fault is not None
        key = (chosen, failed.request, failed.step.label.split("(")[0], fault)
        if key not in self._failing:
            self._failing[key] = [], self._ran(chosen, failed)
        return _kept(*self._failing[key])

    def _ran(self, chosen: tuple[int, ...], failed: Done | None) -> Iterator[tuple[_Answers, Left]]:
        for requests in product(*(_forms(self.requests[at]) for at in chosen)):
            yield from self._ran_as(requests, chosen, failed)

    def _ran_as(
        self, requests: tuple[Request, ...], chosen: tuple[int, ...], failed: Done | None
    ) -> Iterator[tuple[_Answers, Left]]:
        scheduler = Scheduler(self.world, requests)
        for order, answers in _orders(requests):
            if failed is None:
                yield self._end(chosen, requests, scheduler.run(_in_order(requests, order, answers)))
                continue
            assert failed.fault is not None
            place = chosen.index(failed.request)
            for number, label in enumerate(self._labels(scheduler, requests, order, answers)[place]):
                if label == failed.step.label.split("(")[0]:
                    decide = _in_order(requests, order, answers, fault=(place, number, failed.fault))
                    yield self._end(chosen, requests, scheduler.run(decide))

    def _labels(
        self, scheduler: Scheduler, requests: tuple[Request, ...], order: _Places, answers: _Places | None
    ) -> list[list[str]]:
        """Return what each of the requests does in an order, where nothing fails."""
        key = (requests, order, answers)
        if key not in self._steps:
            done = scheduler.run(_in_order(requests, order, answers)).done
            self._steps[key] = [
                [one.step.label.split("(")[0] for one in done if one.request == place] for place in range(len(requests))
            ]
        return self._steps[key]

    def _end(self, chosen: tuple[int, ...], requests: tuple[Request, ...], outcome: Outcome) -> tuple[_Answers, Left]:
        self.run += 1
        verdict = judged(self.world, requests, outcome)
        return dict(zip(chosen, verdict.answers, strict=True)), verdict.left


def _kept(
    known: list[tuple[_Answers, Left]], others: Iterator[tuple[_Answers, Left]]
) -> Iterator[tuple[_Answers, Left]]:
    yield from tuple(known)
    for one in others:
        known.append(one)
        yield one


def _of(browser: str, left: Left) -> tuple[str, ...]:
    return left.browsers[BROWSERS.index(browser)]


def _with(left: Left, browser: str, words: tuple[str, ...]) -> Left:
    """Return what is left, where a browser is left otherwise."""
    browsers = tuple(words if name == browser else one for name, one in zip(BROWSERS, left.browsers, strict=True))
    return replace(left, browsers=browsers)


def _orders(requests: tuple[Request, ...]) -> Iterator[tuple[_Places, _Places | None]]:
    """Give the orders, and of each the orders of the answers that count; None: each before the next is sent.

    Where each is another browser's, nobody has a cookie that another one's answer brings.
    """
    browsers = [one.browser for one in requests if one.browser]
    parts = [at for at, one in enumerate(requests) for _ in range(1 + (kind_of(one) in CUTS))]
    for order in sorted(set(permutations(parts))):
        yield order, None
        whole = tuple(dict.fromkeys(order))
        if len(set(browsers)) < len(browsers):
            yield order, whole
            yield order, whole[::-1]


def _in_order(
    requests: tuple[Request, ...],
    order: _Places,
    answers: _Places | None,
    fault: tuple[int, int, Fault] | None = None,
) -> Decide:
    cuts = {at: CUTS[kind_of(one)] for at, one in enumerate(requests) if kind_of(one) in CUTS}
    return in_order(order, answers=answers, fault=fault, cuts=cuts)


def _forms(request: Request) -> tuple[Request, ...]:
    """Return a request, and as much of it as is done in one go."""
    part = IN_PARTS.get(kind_of(request))
    return (request,) if part is None else (request, replace(part, name=request.name))
