"""Goes through the schedules of a few requests without running the requests' code for each of them.

What a request does next is decided by what it was answered so far, and by the time: the `Teacher` knows it for each
such history. A schedule is carried out on Redis and upstream alone, from a copy of how they were a step before; what
was carried out once from where all three are is known, too. Two schedules that come to one moment (same records,
same tokens, carts and cookies, same histories, same things to judge) go on from there once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

from bff.sessions.cookie import SessionCookie
from tests.support.simulation.judge import what_counts
from tests.support.simulation.memory_redis import Record
from tests.support.simulation.requests import kind_of
from tests.support.simulation.scheduler import WAIT_SECONDS, Choice, Done, Outcome, Request
from tests.support.simulation.steps import CLOCK, Fault, Step
from tests.support.simulation.teacher import Teacher, Then
from tests.support.simulation.world import KEPT, Snapshot, Told, plain, with_records


# Not frozen: half of the time would go into setting its fields. Nobody changes one that is in use.
@dataclass(slots=True, kw_only=True)
class _Moment:
    """How everything is, between two steps."""

    number: int
    """Two of one number are one."""
    world: Snapshot
    histories: tuple[int, ...]
    states: tuple[int | str, ...]
    """The history of each request, or its answer."""
    asleep: tuple[tuple[object, ...] | None, ...]
    kept: tuple[Told, ...]
    """All that was reported."""
    told: frozenset[tuple[object, ...]]
    """What the judge reads of it."""
    strays: int
    cookies: dict[str, SessionCookie]
    before: _Moment | None = None
    choice: Choice | None = None
    """What was chosen then."""
    current: int | None = None
    preemptions: int = 0
    faults: int = 0
    is_later: bool = False
    """Everybody waited, and time has passed: whoever is chosen looks again; the others wait on."""
    judged_by: tuple[Any, ...] = ()
    """What of the steps so far the judge compares, in their order, and what failed."""
    spent: tuple[str, ...] = ()
    """The refresh tokens that went out, in the order of their names, while nothing has failed."""


_Effect: TypeAlias = tuple[Snapshot, int]
"""How everything is after a step, and the history of the request that took it."""
_OfRedis: TypeAlias = tuple[tuple[tuple[bytes, Record | None], ...], int, int]
"""What a round trip to Redis leaves of the records that it touches, how often it has read the clock, the history."""


@dataclass(slots=True)
class LearnedExplorer:
    """Goes through all schedules with so many preemptions and faults at most; yields each end that is another one.

    Another request is let in only before a step that meets one that the other was ever seen to take, or where the one
    that runs ends or waits: a switch before any other step comes to the same as one right after that step.
    """

    teacher: Teacher
    requests: Sequence[Request]
    most_preemptions: int = 2
    most_faults: int = 1
    everywhere: bool = False
    """Let others in before every step, to see that nothing is left out."""
    ends: set[int] = field(default_factory=set)
    steps: int = 0
    """How many were taken."""
    _reads: list[set[str]] = field(default_factory=list)
    _writes: list[set[str]] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)
    """With how many preemptions a moment was come to, at least."""
    _waiting: list[_Moment] = field(default_factory=list)
    _effects: dict[tuple[int, float, int, Fault | None], _Effect] = field(default_factory=dict)
    _of_redis: dict[tuple[Any, ...], _OfRedis] = field(default_factory=dict)

    def outcomes(self) -> Iterator[Outcome]:
        """Go through the schedules; the world is as each one has left it."""
        try:
            yield from self._outcomes()
        finally:
            self.teacher.abandon()

    def _outcomes(self) -> Iterator[Outcome]:
        self._reads, self._writes = [set() for _ in self.requests], [set() for _ in self.requests]
        self._waiting, held_back = [self._first()], list[tuple[_Moment, int, Choice]]()
        while self._waiting:
            moment = self._waiting.pop()
            nexts = [self.teacher.then(one) for one in moment.histories]
            enabled = self._awake(moment, nexts)
            if not enabled and any(one.step is not None for one in nexts):
                moment = self._later(moment, nexts)
                enabled = self._awake(moment, nexts)
            current = moment.current if moment.current in enabled else None
            if not enabled and moment.number not in self.ends:
                self.ends.add(moment.number)
                yield self._outcome(moment, nexts)
            for choice in self._choices(moment, nexts, enabled):
                if current is None or choice.request == current:
                    self._go_on(moment, choice, 0)
                elif moment.preemptions < self.most_preemptions:
                    held_back.append((moment, current, choice))
            if not self._waiting:
                # What was seen of one request decides where it is let in: until nothing new is seen.
                let_in = [one for one in held_back if self.everywhere or self._meets(one[0], one[1])]
                held_back = [] if self.everywhere else [one for one in held_back if not self._meets(one[0], one[1])]
                for moment, _, choice in let_in:
                    self._go_on(moment, choice, 1)

    def _choices(self, moment: _Moment, nexts: list[Then], enabled: tuple[int, ...]) -> Iterator[Choice]:
        if moment.before is None and len({kind_of(one) for one in self.requests}) == 1:
            # Whichever of the like begins, the schedules are those of another one that begins, under other names.
            enabled = enabled[:1]
        for request in enabled:
            step = nexts[request].step
            faults = () if step is None or moment.faults >= self.most_faults else step.faults()
            yield from (_choice(request, fault) for fault in (None, *faults))

    def _meets(self, moment: _Moment, current: int) -> bool:
        step = self.teacher.then(moment.histories[current]).step
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
        histories = tuple(self.teacher.begun(one) for one in self.requests)
        self.teacher.world.restore()
        thens = [self.teacher.then(one) for one in histories]
        told, strays = what_counts(line for one in thens for line in one.told)
        return _Moment(
            number=0,
            world=self.teacher.world.snapshot(),
            histories=histories,
            states=histories,
            asleep=(None,) * len(self.requests),
            kept=(*KEPT, *(line for one in thens for line in one.told)),
            told=told,
            strays=strays,
            cookies={**self.teacher.world.cookies, **{sid: one for then in thens for sid, one in then.cookies.items()}},
        )

    def _go_on(self, moment: _Moment, choice: Choice, cost: int) -> None:
        """Take a step, and go on from there unless that has been done."""
        self.steps += 1
        at, fault = choice.request, choice.fault
        step = self.teacher.then(moment.histories[at]).step
        assert step is not None
        self._reads[at] |= step.reads
        self._writes[at] |= step.writes
        key = (moment.world.number, moment.world.now, moment.histories[at], fault)
        if key not in self._effects:
            self._effects[key] = self._carried_out(moment, choice, step)
        world, history = self._effects[key]
        then, told, strays = self.teacher.then(history), moment.told, moment.strays
        sleeps = _read_by(world, then.step) if then.step is not None and then.step.sleeps else None
        states = _with(moment.states, at, then.answer if then.step is None else history)
        asleep = _with(moment.asleep, at, sleeps)
        judged_by = _judged_by(moment.judged_by, at, step, fault)
        spent = moment.spent
        if fault is not None or moment.faults:
            # After a fault the judge allows that one goes out again.
            spent = ()
        elif step.spends:
            spent = tuple(sorted((*spent, step.spends)))
        if then.told:
            more, more_strays = what_counts(then.told)
            told, strays = told | more, strays + more_strays
        current = None if then.step is None or sleeps is not None else at
        # All that decides what comes after, and how it is judged.
        number = hash((current, states, asleep, world.now, world.number, judged_by, spent, told, strays))
        preemptions = moment.preemptions + cost
        if self._seen.get(number, self.most_preemptions + 1) <= preemptions:
            return
        self._seen[number] = preemptions
        after = _Moment(
            number=number,
            world=world,
            histories=_with(moment.histories, at, history),
            states=states,
            asleep=asleep,
            kept=moment.kept + then.told,
            told=told,
            strays=strays,
            cookies={**moment.cookies, **then.cookies} if then.cookies else moment.cookies,
            before=moment,
            choice=choice,
            current=at,
            preemptions=preemptions,
            faults=moment.faults + (fault is not None),
            judged_by=judged_by,
            spent=spent,
        )
        self._waiting.append(after)

    def _carried_out(self, moment: _Moment, choice: Choice, step: Step) -> _Effect:
        if not step.label.startswith("redis"):
            return self._run(moment, choice, step)
        world, touched = moment.world, _keys(step.reads | step.writes)
        before = tuple(plain(world.keys.get(key)) for key in touched)
        marks = world.marks if CLOCK in step.reads | step.writes else 0
        key = (moment.histories[choice.request], choice.fault, world.now, marks, before)
        if key in self._of_redis:
            records, read, history = self._of_redis[key]
            return with_records(world, records, world.marks + read), history
        after, history = self._run(moment, choice, step)
        records = tuple((key, after.keys.get(key)) for key in touched)
        assert with_records(world, records, after.marks).records == after.records, f"touches more: {step.label}"
        assert after.marks == world.marks or CLOCK in step.writes, f"reads the clock: {step.label}"
        self._of_redis[key] = records, after.marks - world.marks, history
        return after, history

    def _run(self, moment: _Moment, choice: Choice, step: Step) -> _Effect:
        """Carry out a step, and hear what the request does after it."""
        at, world = choice.request, self.teacher.world
        name, own = self.requests[at].name, self.teacher.then(moment.histories[at])
        world.load(moment.world, is_upstream=step.label.startswith("upstream"))
        world.random.counts = {name: own.drawn}
        world.random.drawer = name
        try:
            reply: Any = own.failing(choice.fault, own.carry_out)
        except Exception as error:  # noqa: BLE001 - it is what the request hears
            reply = error
        finally:
            world.random.drawer = ""
        after, drawn = world.snapshot(moment.world), world.random.counts[name]
        return after, self.teacher.heard(self.requests[at], moment.histories[at], reply, now=after.now, drawn=drawn)

    def _awake(self, moment: _Moment, nexts: list[Then]) -> tuple[int, ...]:
        return tuple(
            at
            for at, one in enumerate(nexts)
            if one.step is not None
            and (moment.is_later or moment.asleep[at] is None or moment.asleep[at] != _read_by(moment.world, one.step))
        )

    def _later(self, moment: _Moment, nexts: list[Then]) -> _Moment:
        """Let time pass: everybody waits for a lock."""
        now = moment.world.now
        keys = [moment.world.keys.get(key.encode()) for one in nexts if one.step is not None for key in one.step.reads]
        later = min([now + WAIT_SECONDS, *(one[1] for one in keys if one is not None and one[1] > now)])
        return replace(moment, world=replace(moment.world, now=later), is_later=True)

    def _outcome(self, moment: _Moment, nexts: list[Then]) -> Outcome:
        self.teacher.world.load(moment.world, is_upstream=False)
        self.teacher.world.cookies = moment.cookies
        KEPT[:] = moment.kept
        done = list(self._done(moment))[::-1]
        failed = [one for one in done if one.fault is not None]
        return Outcome(
            plan=tuple(Choice(one.request, one.fault) for one in done),
            done=done,
            answers=tuple(one.answer for one in nexts),
            preemptions=moment.preemptions,
            state=moment.histories,
            fault=failed[-1] if failed else None,
        )

    def _done(self, moment: _Moment) -> Iterator[Done]:
        """Give the steps that led to a moment, the last one first."""
        while moment.before is not None and moment.choice is not None:
            choice, moment = moment.choice, moment.before
            step = self.teacher.then(moment.histories[choice.request]).step
            assert step is not None
            yield Done(request=choice.request, step=step, fault=choice.fault)


def _with(values: tuple[Any, ...], at: int, value: object) -> tuple[Any, ...]:
    return (*values[:at], value, *values[at + 1 :])


def _judged_by(so_far: tuple[Any, ...], at: int, step: Step, fault: Fault | None) -> tuple[Any, ...]:
    """Note what the judge looks at: which came first of what it compares, and what failed."""
    words = _words(step.label)
    if not words and fault is None:
        return so_far
    noted = [one for one in ((at, word) for word in words) if one not in so_far]
    if fault is not None:
        noted.append((at, f"{step.label.split('(')[0]} {fault.value}"))
    return (*so_far, *noted) if noted else so_far


@lru_cache(maxsize=100)
def _choice(request: int, fault: Fault | None) -> Choice:
    return Choice(request, fault)


@lru_cache(maxsize=10_000)
def _keys(names: frozenset[str]) -> tuple[bytes, ...]:
    return tuple(sorted(one.encode() for one in names))


@lru_cache(maxsize=10_000)
def _words(label: str) -> tuple[str, ...]:
    words = [word for word in ("redis time", "redis set(mark:") if word in label]
    return (*words, "zadd") if "zadd(" in label and "index:customer" in label else tuple(words)


def _read_by(snapshot: Snapshot, step: Step) -> tuple[object, ...]:
    return tuple(plain(snapshot.keys.get(key)) for key in _keys(step.reads))
