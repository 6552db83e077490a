"""Goes through the schedules of a few requests without running the requests' code for each of them.

What a request does next is decided by what it was answered so far, and by the time: its code runs once for each such
history (`_Teacher`), and what it did is known from then on. A schedule of known histories is carried out on Redis and
upstream alone, from a copy of how they were a step before. Two schedules that come to one moment (same records, same
tokens, carts and cookies, same histories, same things to judge) go on from there once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import greenlet

from bff.sessions.cookie import SessionCookie
from bff.transport import HttpResponse
from tests.support.simulation.scheduler import (
    WAIT_SECONDS,
    Choice,
    Done,
    Failing,
    Outcome,
    Plan,
    Request,
    Scheduler,
    Task,
    following,
)
from tests.support.simulation.steps import Fault, Step
from tests.support.simulation.world import KEPT, Snapshot, World

_STRAY: Final = "a session without a cookie waits for its end"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """What a request does after one history."""

    step: Step | None
    """None: it is done."""
    answer: str
    carry_out: Callable[[], Any]
    failing: Failing
    told: tuple[Any, ...]
    """What it reported on the way there."""
    cookies: dict[str, Any]
    """Which cookies it made on the way there."""
    drawn: int


class _Teacher(Scheduler):
    """Runs a schedule, and notes what each request does after which history."""

    def __init__(self, world: World, requests: Sequence[Request], known: dict[int, _Next]) -> None:
        super().__init__(world, requests)
        self._known = known
        self._histories: dict[str, int] = {}
        self._offered: dict[str, tuple[Callable[[], Any], Failing]] = {}

    def run(self, decide: Any) -> Outcome:
        self._histories = {one.name: begun(at) for at, one in enumerate(self._requests)}
        self._offered = {}
        return super().run(decide)

    def _carried_out(self, step: Step, failing: Failing, carry_out: Callable[[], Any]) -> Any:
        name = getattr(greenlet.getcurrent(), "request", "")
        self._offered[name] = carry_out, failing
        fault = self.stop_at(step)
        try:
            reply: Any = failing(fault, carry_out)
        except Exception as error:
            self._heard(name, error)
            raise
        self._heard(name, reply)
        return reply

    def sleep(self, step: Step) -> None:
        name = getattr(greenlet.getcurrent(), "request", "")
        self._offered[name] = _nothing, _never_failing
        super().sleep(step)
        self._heard(name, None)

    def _heard(self, name: str, reply: object) -> None:
        world = self._world
        self._histories[name] = heard(self._histories[name], reply, world.clock.now, world.random.counts.get(name, 0))

    def _go(self, task: Task) -> None:
        told, cookies = len(KEPT), len(self._world.cookies)
        super()._go(task)
        carry_out, failing = self._offered.get(task.request, (_nothing, _never_failing))
        self._known[self._histories[task.request]] = _Next(
            step=task.pending,
            answer=task.answer or "",
            carry_out=carry_out,
            failing=failing,
            told=tuple(KEPT[told:]),
            cookies=dict(list(self._world.cookies.items())[cookies:]),
            drawn=self._world.random.counts.get(task.request, 0),
        )


def begun(at: int) -> int:
    """Return the history of a request that was told nothing yet."""
    return hash(("begin", at))


def heard(history: int, reply: object, now: float, drawn: int) -> int:
    """Return the history that an answer makes of another one."""
    return hash((history, repr(_plain(reply)), now, drawn))


def _plain(reply: object) -> object:
    if isinstance(reply, HttpResponse):
        return reply.status, dict(reply.headers), reply.body
    return reply.sid if isinstance(reply, SessionCookie) else reply


def _nothing() -> None:
    """There is nothing to carry out."""


def _never_failing(fault: Fault | None, carry_out: Callable[[], Any]) -> Any:
    return carry_out()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """How everything is, between two steps."""

    world: Snapshot
    counts: dict[str, int]
    histories: tuple[int, ...]
    asleep: tuple[tuple[object, ...] | None, ...]
    done: tuple[Done, ...] = ()
    plan: Plan = ()
    current: int | None = None
    preemptions: int = 0
    faults: int = 0
    is_later: bool = False
    """Everybody waited, and time has passed: whoever is chosen looks again; the others wait on."""
    judged_by: tuple[Any, ...] = ()
    """What of the steps so far the judge compares, in their order, and what failed."""
    spent: tuple[str, ...] = ()
    """The refresh tokens that went out, while nothing has failed."""


@dataclass(slots=True)
class LearnedExplorer:
    """Goes through all schedules with so many preemptions and faults at most; yields each end that is another one.

    Another request is let in only before a step that meets one that the other was ever seen to take, or where the one
    that runs ends or waits: a switch before any other step comes to the same as one right after that step.
    """

    world: World
    requests: Sequence[Request]
    most_preemptions: int = 2
    most_faults: int = 1
    everywhere: bool = False
    """Let others in before every step, to see that nothing is left out."""
    ends: set[int] = field(default_factory=set)
    steps: int = 0
    """How many were carried out."""
    runs: int = 0
    """How many schedules the requests' code was run for."""
    _known: dict[int, _Next] = field(default_factory=dict)
    _reads: list[set[str]] = field(default_factory=list)
    _writes: list[set[str]] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)

    def outcomes(self) -> Iterator[Outcome]:
        """Go through the schedules; the world is as each one has left it."""
        self._reads, self._writes = [set() for _ in self.requests], [set() for _ in self.requests]
        waiting, held_back = [self._first()], list[tuple[_Moment, int, Choice]]()
        while waiting:
            moment = self._awake(waiting.pop())
            nexts = [self._known[one] for one in moment.histories]
            enabled = self._enabled(moment, nexts)
            current = moment.current if moment.current in enabled else None
            key = self._key(moment, nexts, current)
            if not enabled:
                if key not in self.ends:
                    self.ends.add(key)
                    yield self._outcome(moment, nexts)
            elif self._seen.get(key, self.most_preemptions + 1) > moment.preemptions:
                self._seen[key] = moment.preemptions
                for choice in self._choices(moment, nexts, enabled):
                    if current is None or choice.request == current:
                        waiting.append(self._after(moment, choice, 0))
                    elif moment.preemptions < self.most_preemptions:
                        held_back.append((moment, current, choice))
            if not waiting:
                # What was seen of one request decides where it is let in: until nothing new is seen.
                let_in = [one for one in held_back if self.everywhere or self._meets(one[0], one[1])]
                held_back = [] if self.everywhere else [one for one in held_back if not self._meets(one[0], one[1])]
                waiting = [self._after(moment, choice, 1) for moment, _, choice in let_in]

    def _choices(self, moment: _Moment, nexts: list[_Next], enabled: tuple[int, ...]) -> Iterator[Choice]:
        for request in enabled:
            step = nexts[request].step
            faults = () if step is None or moment.faults >= self.most_faults else step.faults()
            yield from (Choice(request, fault) for fault in (None, *faults))

    def _meets(self, moment: _Moment, current: int) -> bool:
        step = self._known[moment.histories[current]].step
        assert step is not None
        return any(
            not (
                step.writes.isdisjoint(self._writes[other])
                and step.writes.isdisjoint(self._reads[other])
                and step.reads.isdisjoint(self._writes[other])
            )
            for other in range(len(self.requests))
            if other != current
        )

    def _first(self) -> _Moment:
        if begun(0) not in self._known:
            self._learn(())
        self.world.restore()
        moment = _Moment(
            world=self.world.snapshot(),
            counts={},
            histories=tuple(begun(at) for at in range(len(self.requests))),
            asleep=(None,) * len(self.requests),
        )
        for at in range(len(self.requests)):
            self._arrive(moment, at)
        return moment

    def _learn(self, plan: Plan) -> None:
        self.runs += 1
        _Teacher(self.world, self.requests, self._known).run(following(plan))

    def _after(self, moment: _Moment, choice: Choice, cost: int) -> _Moment:
        """Carry out a step."""
        self.steps += 1
        at, world, own = choice.request, self.world, self._known[moment.histories[choice.request]]
        name, step = self.requests[at].name, own.step
        assert step is not None
        self._reads[at] |= step.reads
        self._writes[at] |= step.writes
        world.load(moment.world, is_upstream=step.label.startswith("upstream"))
        world.random.counts = dict(moment.counts)
        world.random.drawer = name
        try:
            reply: Any = own.failing(choice.fault, own.carry_out)
        except Exception as error:  # noqa: BLE001 - it is what the request hears
            reply = error
        finally:
            world.random.drawer = ""
        drawn = world.random.counts.get(name, 0)
        histories, asleep = list(moment.histories), list(moment.asleep)
        histories[at], asleep[at] = heard(histories[at], reply, world.clock.now, drawn), None
        after = replace(
            moment,
            world=world.snapshot(moment.world),
            counts=dict(world.random.counts),
            histories=tuple(histories),
            done=(*moment.done, Done(request=at, step=step, fault=choice.fault)),
            plan=(*moment.plan, choice),
            current=at,
            is_later=False,
            preemptions=moment.preemptions + cost,
            faults=moment.faults + (choice.fault is not None),
            judged_by=_judged_by(moment.judged_by, at, step, choice.fault),
            # After a fault the judge allows that one goes out again.
            spent=()
            if choice.fault or moment.faults
            else (*moment.spent, step.spends)
            if step.spends
            else moment.spent,
        )
        if histories[at] not in self._known:
            self._learn(after.plan)
        self._arrive(after, at)
        step = self._known[histories[at]].step
        if step is not None and step.sleeps:
            asleep[at] = _read_by(after.world, step)
        return replace(after, asleep=tuple(asleep))

    def _arrive(self, moment: _Moment, at: int) -> None:
        """Let a request's own doings happen, up to its next step."""
        then, snapshot = self._known[moment.histories[at]], moment.world
        if then.told:
            snapshot.kept = [*snapshot.kept, *then.told]
        if then.cookies:
            snapshot.cookies = {**snapshot.cookies, **then.cookies}
        moment.counts[self.requests[at].name] = then.drawn

    def _enabled(self, moment: _Moment, nexts: list[_Next]) -> tuple[int, ...]:
        return tuple(
            at
            for at, one in enumerate(nexts)
            if one.step is not None
            and (moment.is_later or moment.asleep[at] is None or moment.asleep[at] != _read_by(moment.world, one.step))
        )

    def _awake(self, moment: _Moment) -> _Moment:
        """Let time pass where everybody waits for a lock."""
        steps = [self._known[one].step for one in moment.histories]
        if all(step is None for step in steps) or self._enabled(moment, [self._known[one] for one in moment.histories]):
            return moment
        now = moment.world.now
        keys = [moment.world.keys.get(key.encode()) for step in steps if step is not None for key in step.reads]
        later = min([now + WAIT_SECONDS, *(one[1] for one in keys if one is not None and one[1] > now)])
        return replace(moment, world=replace(moment.world, now=later), is_later=True)

    def _outcome(self, moment: _Moment, nexts: list[_Next]) -> Outcome:
        self.world.load(moment.world, is_upstream=True)
        KEPT[:] = moment.world.kept
        failed = [one for one in moment.done if one.fault is not None]
        return Outcome(
            plan=moment.plan,
            done=list(moment.done),
            answers=tuple(one.answer for one in nexts),
            preemptions=moment.preemptions,
            state=moment.histories,
            fault=failed[-1] if failed else None,
        )

    def _key(self, moment: _Moment, nexts: list[_Next], current: int | None) -> int:
        """Return a number for all that decides what comes after, and how it is judged."""
        then = moment.world
        told = frozenset((who, event, fields.get("sid")) for who, event, fields in then.kept)
        strays = sum(fields.get("reason") == _STRAY for _, _, fields in then.kept)
        return hash(
            (
                current,
                tuple(
                    one.answer if one.step is None else history
                    for one, history in zip(nexts, moment.histories, strict=True)
                ),
                moment.asleep,
                moment.is_later,
                then.now,
                then.number,
                moment.judged_by,
                tuple(sorted(moment.spent)),
                told,
                strays,
            )
        )


def _judged_by(so_far: tuple[Any, ...], at: int, step: Step, fault: Fault | None) -> tuple[Any, ...]:
    """Note what the judge looks at: which came first of what it compares, and what failed."""
    label = step.label
    words = [word for word in ("redis time", "redis set(mark:") if word in label]
    if "zadd(" in label and "index:customer" in label:
        words.append("zadd")
    noted = [one for one in ((at, word) for word in words) if one not in so_far]
    if fault is not None:
        noted.append((at, f"{label.split('(')[0]} {fault.value}"))
    return (*so_far, *noted) if noted else so_far


def _read_by(snapshot: Snapshot, step: Step) -> tuple[object, ...]:
    return tuple(snapshot.keys.get(key.encode()) for key in sorted(step.reads))
