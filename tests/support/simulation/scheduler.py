"""Runs requests one step at a time, in an order that is chosen here; and goes through all orders there are.

Each request is a greenlet that stops before each step, so the same choices always come to the same end. What has been
tried is known by what each request has done and what came before it (a step comes before another one where both touch
a key, and one of them writes it): two schedules that only change places of steps that have nothing in common are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import greenlet
import redis.lock
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bff.transport import Broken, HttpResponse, NotConnected, TooSlow
from tests.support.simulation.memory_redis import Command
from tests.support.simulation.steps import ANSWERS, BEGINS, Fault, Step, of_redis, of_upstream, waiting
from tests.support.simulation.upstream import Sent
from tests.support.simulation.world import World

MOST_STEPS: Final = 400
WAIT_SECONDS: Final = 5.0
_LOCKS: Final[Any] = redis.lock
"""The module of redis-py that waits."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which request goes on, and how its step fails."""

    request: int
    fault: Fault | None = None


Plan: TypeAlias = tuple[Choice, ...]
"""The first choices of a schedule; from there on whoever runs goes on, and nothing fails."""


class TooManySteps(Exception):
    """A schedule does not come to an end."""


class Abandoned(greenlet.GreenletExit):
    """The schedule is not worth its end; nobody may catch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What runs, and the browser whose cookie it goes by; the name tells requests of one schedule apart."""

    name: str
    browser: str
    run: Callable[[World], str]
    """Returns the answer in a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One step that was taken."""

    request: int
    step: Step
    fault: Fault | None


class Task(greenlet.greenlet):
    """One request under way."""

    def __init__(self, request: Request, world: World) -> None:
        super().__init__(lambda: request.run(world))
        self.request = request.name
        self.pending: Step | None = None
        self.answer: str | None = None
        self.error: BaseException | None = None
        self.last = 0
        """What it has done, and all that came before that, as a number."""
        self.asleep_since: tuple[object, ...] | None = None


@dataclass(slots=True)
class Node:
    """A moment of a schedule: what could have been chosen there, and what was."""

    state: tuple[int, ...]
    current: int | None
    enabled: tuple[int, ...]
    steps: tuple[Step | None, ...]
    after: tuple[int, ...]
    """What each request has done if it is the one that goes on, as a number."""
    preemptions: int
    faults: int

    def failing(self, choice: Choice) -> int:
        """Return what the chosen request has done if its step fails, as a number."""
        return hash((self.after[choice.request], choice.fault))

    def cost(self, request: int) -> int:
        """Return how many preemptions it takes that this request goes on."""
        return int(self.current is not None and self.current in self.enabled and request != self.current)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a schedule came to."""

    plan: Plan
    done: list[Done]
    answers: tuple[str, ...]
    preemptions: int
    state: tuple[int, ...]
    """What each request has done, and what came before that, as numbers."""
    fault: Done | None = None


Decide: TypeAlias = Callable[[int, Node], Choice]
"""Gets the number of the step and what there is to choose from."""


Failing: TypeAlias = Callable[[Fault | None, Callable[[], Any]], Any]
"""Carries a step out, or fails as told."""


def redis_failing(fault: Fault | None, carry_out: Callable[[], Any]) -> Any:
    """Ask Redis, or fail as its client does."""
    if fault is Fault.REFUSED:
        raise OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")
    if fault is Fault.BEFORE:
        raise RedisConnectionError("Connection closed by server.")
    replies = carry_out()
    if fault is Fault.AFTER:
        raise RedisConnectionError("Connection closed by server.")
    if fault is Fault.TIMEOUT:
        raise RedisTimeoutError("Timeout reading from socket")
    return replies


def upstream_failing(fault: Fault | None, carry_out: Callable[[], Any]) -> Any:
    """Ask upstream, or fail as the transport does."""
    if fault is Fault.REFUSED:
        raise NotConnected("connect timeout")
    if fault is Fault.BEFORE:
        raise Broken("broken")
    answer = carry_out()
    if fault is Fault.AFTER:
        raise Broken("broken")
    if fault is Fault.TIMEOUT:
        raise TooSlow("timeout")
    return answer


class Scheduler:
    """Runs schedules of some requests on a world; one at a time."""

    def __init__(self, world: World, requests: Sequence[Request]) -> None:
        self._world = world
        self._requests = requests
        self.runs = 0
        """How many schedules were run."""
        self._tasks: list[Task] = []
        self._abandoned = False
        self._readers: dict[str, int] = {}
        self._writers: dict[str, int] = {}
        self._fault: Fault | None = None
        self._main = greenlet.getcurrent()

    def run(self, decide: Decide) -> Outcome:
        """Run one schedule from the beginning."""
        world = self._world
        self.runs += 1
        world.restore()
        world.server.gate, world.transport.gate, world.stop_at = self._at_redis, self._at_upstream, self._at_step
        was, _LOCKS.mod_time = _LOCKS.mod_time, _VirtualTime(world, self)
        self._readers, self._writers = {}, {}
        self._abandoned = False
        self._main = greenlet.getcurrent()
        self._tasks = [Task(request, world) for request in self._requests]
        try:
            return self._scheduled(decide)
        finally:
            self._abandoned = True
            for task in self._tasks:
                while not task.dead:
                    task.throw(Abandoned)
            _LOCKS.mod_time = was
            world.run_freely()

    def _scheduled(self, decide: Decide) -> Outcome:
        tasks, done, plan = self._tasks, list[Done](), list[Choice]()
        current: int | None = None
        preemptions = faults = 0
        for at, task in enumerate(tasks):
            task.last = hash(("begin", at))
            self._go(task)
        failed: Done | None = None
        while any(not task.dead for task in tasks):
            enabled = self._enabled()
            node = Node(
                state=tuple(task.last for task in tasks),
                current=current,
                enabled=enabled,
                steps=tuple(task.pending for task in tasks),
                after=tuple(0 if task.pending is None else self._after(task, task.pending) for task in tasks),
                preemptions=preemptions,
                faults=faults,
            )
            choice = decide(len(done), node)
            if len(done) > MOST_STEPS:
                raise TooManySteps(plan)
            task = tasks[choice.request]
            step = task.pending
            assert step is not None
            preemptions += node.cost(choice.request)
            faults += choice.fault is not None
            self._note(task, step, node.after[choice.request] if choice.fault is None else node.failing(choice))
            done.append(Done(request=choice.request, step=step, fault=choice.fault))
            if choice.fault is not None:
                failed = done[-1]
            plan.append(choice)
            current = choice.request
            self._fault = choice.fault
            task.asleep_since = None
            self._go(task)
        return self._outcome(plan, done, preemptions, failed)

    def _outcome(self, plan: Iterable[Choice], done: list[Done], preemptions: int, fault: Done | None) -> Outcome:
        answers = tuple(task.answer or "" for task in self._tasks)
        state = tuple(task.last for task in self._tasks)
        return Outcome(plan=tuple(plan), done=done, answers=answers, preemptions=preemptions, state=state, fault=fault)

    def _go(self, task: Task) -> None:
        """Let a request run up to its next step."""
        try:
            result = task.switch()
        except Exception as error:  # noqa: BLE001 - whatever it is, the schedule that leads to it is what counts
            result, task.error = f"crash: {type(error).__name__}", error
        if task.dead:
            task.answer, task.pending = result, None

    def _enabled(self) -> tuple[int, ...]:
        awake = self._awake()
        if awake:
            return awake
        # Everybody waits for a lock: time passes, until a lease ends or they have waited long enough.
        world = self._world
        ends = [
            world.server.ends_at(key.encode())
            for task in self._tasks
            if task.pending is not None
            for key in task.pending.reads
        ]
        later = world.clock.now + WAIT_SECONDS
        world.clock.now = min([later, *(one for one in ends if one > world.clock.now)])
        return tuple(at for at, task in enumerate(self._tasks) if not task.dead)

    def _awake(self) -> tuple[int, ...]:
        return tuple(
            at
            for at, task in enumerate(self._tasks)
            if not task.dead and (task.asleep_since is None or task.asleep_since != self._read_by(task.pending))
        )

    def _read_by(self, step: Step | None) -> tuple[object, ...]:
        keys = self._world.server.keys
        return () if step is None else tuple(keys.get(key.encode()) for key in sorted(step.reads))

    def _after(self, task: Task, step: Step) -> int:
        before = [(key, self._writers.get(key, 0)) for key in step.reads]
        before += [(key, self._writers.get(key, 0) + self._readers.get(key, 0)) for key in step.writes]
        return hash((task.last, step.label, frozenset(before)))

    def _note(self, task: Task, step: Step, last: int) -> None:
        task.last = last
        for key in step.writes:
            self._writers[key], self._readers[key] = task.last, 0
        for key in step.reads:
            self._readers[key] = self._readers.get(key, 0) + task.last

    def stop_at(self, step: Step) -> Fault | None:
        """Stop the request that runs before a step; return how the step is to fail."""
        task = greenlet.getcurrent()
        if self._abandoned:
            raise Abandoned
        assert isinstance(task, Task)
        task.pending = step
        if step.sleeps:
            task.asleep_since = self._read_by(step)
        self._main.switch()
        if self._abandoned:
            raise Abandoned
        return self._fault

    def sleep(self, step: Step) -> None:
        """Stop the request that runs until somebody has touched the lock that it waits for."""
        self.stop_at(step)

    def _at_redis(self, commands: Sequence[Command], carry_out: Callable[[], list[Any]]) -> list[Any]:
        replies: list[Any] = self._carried_out(of_redis(self._world.server, commands), redis_failing, carry_out)
        return replies

    def _at_upstream(self, sent: Sent, carry_out: Callable[[], HttpResponse]) -> HttpResponse:
        answer: HttpResponse = self._carried_out(of_upstream(sent), upstream_failing, carry_out)
        return answer

    def _at_step(self, step: Step, carry_out: Callable[[], Any]) -> Any:
        return self._carried_out(step, upstream_failing, carry_out)

    def _carried_out(self, step: Step, failing: Failing, carry_out: Callable[[], Any]) -> Any:
        return failing(self.stop_at(step), carry_out)


class _VirtualTime:
    """What redis-py's lock takes for `time`: it waits until somebody has touched the lock."""

    def __init__(self, world: World, scheduler: Scheduler) -> None:
        self._world = world
        self._scheduler = scheduler

    def monotonic(self) -> float:
        return self._world.clock.now

    def sleep(self, seconds: float) -> None:
        task = greenlet.getcurrent()
        assert isinstance(task, Task)
        self._scheduler.sleep(waiting(task.pending))


@dataclass(slots=True)
class Explorer:
    """Goes through all schedules with so many preemptions and faults at most.

    A request is let in before another one's step only where the two have to do with each other: where it does not
    matter who is first, one order is run (dynamic partial-order reduction, in the form for a bound of preemptions).
    """

    scheduler: Scheduler
    most_preemptions: int = 2
    most_faults: int = 1
    everywhere: bool = False
    """Let others in before every step, to see that nothing is left out."""
    ends: set[tuple[int, ...]] = field(default_factory=set)
    """What each schedule has come to, as numbers: those that only change places of steps come to one."""
    _seen: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _waiting: list[Plan] = field(default_factory=list)

    def outcomes(self) -> Iterator[Outcome]:
        """Run the schedules; yield what each came to that is another one than those before."""
        self._waiting = [()]
        while self._waiting:
            plan = self._waiting.pop()
            nodes: list[Node] = []
            outcome = self.scheduler.run(self._deciding(plan, nodes))
            self._branch(len(plan), nodes, outcome)
            if outcome.state not in self.ends:
                self.ends.add(outcome.state)
                yield outcome

    def _deciding(self, plan: Plan, nodes: list[Node]) -> Decide:
        goes_on = following(plan)

        def decide(at: int, node: Node) -> Choice:
            nodes.append(node)
            choice = goes_on(at, node)
            if at >= len(plan):
                self._is_new(node, choice)
            return choice

        return decide

    def _branch(self, known: int, nodes: list[Node], outcome: Outcome) -> None:
        """Note which other schedules are to be run, seen from this one."""
        done, plan = outcome.done, outcome.plan
        for at in range(known, len(done)):
            node, request = nodes[at], done[at].request
            if node.faults < self.most_faults:
                for fault in done[at].step.faults():
                    self._try(nodes, plan, at, Choice(request, fault))
        if self.everywhere:
            for at, node in enumerate(nodes):
                for other in node.enabled:
                    self._let_in(nodes, plan, at, other)
            return
        for later, earlier in _races(done):
            other = done[later].request
            self._let_in(nodes, plan, earlier, other)
            # Where that is one preemption too many, it may be none a little earlier.
            start = earlier
            while start > 0 and done[start - 1].request == done[earlier].request:
                start -= 1
            self._let_in(nodes, plan, start, other)

    def _let_in(self, nodes: list[Node], plan: Plan, at: int, request: int) -> None:
        node = nodes[at]
        if request in node.enabled:
            self._try(nodes, plan, at, Choice(request))
            if node.faults < self.most_faults:
                step = node.steps[request]
                for fault in () if step is None else step.faults():
                    self._try(nodes, plan, at, Choice(request, fault))

    def _try(self, nodes: list[Node], plan: Plan, at: int, choice: Choice) -> None:
        node = nodes[at]
        if node.preemptions + node.cost(choice.request) <= self.most_preemptions and self._is_new(node, choice):
            self._waiting.append((*plan[:at], choice))

    def _is_new(self, node: Node, choice: Choice) -> bool:
        after = list(node.state)
        after[choice.request] = node.after[choice.request] if choice.fault is None else node.failing(choice)
        key = (tuple(after), choice.request)
        cost = node.preemptions + node.cost(choice.request)
        if self._seen.get(key, self.most_preemptions + 1) <= cost:
            return False
        self._seen[key] = cost
        return True


def _races(done: Sequence[Done]) -> Iterator[tuple[int, int]]:
    """Give the pairs of steps of two requests, the later one first, whose order matters and nothing else decides."""
    clocks: list[dict[int, int]] = []
    newest: dict[int, int] = {}
    for later, one in enumerate(done):
        clock = dict(clocks[newest[one.request]]) if one.request in newest else {}
        others = set()
        for earlier in range(later - 1, -1, -1):
            before = done[earlier]
            if before.request == one.request or not before.step.meets(one.step):
                continue
            if before.request not in others and clock.get(before.request, -1) < earlier:
                others.add(before.request)
                yield later, earlier
            for request, at in clocks[earlier].items():
                clock[request] = max(clock.get(request, -1), at)
        clock[one.request] = later
        clocks.append(clock)
        newest[one.request] = later


def following(plan: Plan) -> Decide:
    """Choose as a plan says, and from there on go on with whoever runs."""

    def decide(at: int, node: Node) -> Choice:
        if at < len(plan):
            return plan[at]
        goes_on = node.current is not None and node.current in node.enabled
        return Choice(node.current if goes_on and node.current is not None else node.enabled[0])

    return decide


def in_order(
    order: Sequence[int],
    *,
    answers: Sequence[int] | None = None,
    fault: tuple[int, int, Fault] | None = None,
    cuts: Mapping[int, str] | None = None,
) -> Decide:
    """Choose whole requests, one after the other; or what there is of one, up to a step, and the rest later.

    :param answers: all are sent before the first one is carried out, so none has a later one's cookie, and their
        answers come in this order when all are done; None: each is answered before the next one is sent
    :param fault: a request, the number of its step, and how that fails
    :param cuts: how the step begins at which a request stops that stands in the order twice
    """
    taken: dict[int, int] = {}
    parts = [*order]

    def is_over(node: Node, one: int, later: Sequence[int]) -> bool:
        step = node.steps[one]
        stops = step is not None and one in later and cuts is not None and step.label.startswith(cuts[one])
        return step is None or stops or (answers is not None and has_word(step, ANSWERS))

    def decide(at: int, node: Node) -> Choice:
        while parts and is_over(node, parts[0], parts[1:]):
            del parts[0]
        left = parts or [*(answers or ())]
        if answers is not None:
            left = [one for one in order if one not in taken and has_word(node.steps[one], BEGINS)] or left
        chosen = next(one for one in left if one in node.enabled)
        number = taken[chosen] = taken.get(chosen, -1) + 1
        fails = fault is not None and fault[:2] == (chosen, number)
        return Choice(chosen, fault[2] if fails and fault is not None else None)

    return decide


def has_word(step: Step | None, word: str) -> bool:
    """Tell whether a request is about to be sent, or answered."""
    return step is not None and step.label.startswith(word)
