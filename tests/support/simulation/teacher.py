"""Tells what a request does next, from what it was answered so far: its code runs once for each such history.

A request runs here alone, in a greenlet that stops before each step. Where it was stopped it goes on with the first
answer that anybody has for it; for another answer it is begun anew, and is given again all that it has heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

import greenlet
import redis.lock

from bff.sessions.cookie import SessionCookie
from bff.transport import HttpResponse
from tests.support.simulation.memory_redis import Command
from tests.support.simulation.scheduler import Abandoned, Failing, Request, redis_failing, upstream_failing
from tests.support.simulation.steps import Fault, Step, of_redis, of_upstream, waiting
from tests.support.simulation.upstream import Sent
from tests.support.simulation.world import KEPT, Told, World

_LOCKS: Final[Any] = redis.lock
"""The module of redis-py that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What a request does after one history."""

    step: Step | None
    """None: it is done."""
    answer: str
    carry_out: Callable[[], Any]
    failing: Failing
    told: tuple[Told, ...]
    """What it reported on the way there."""
    cookies: dict[str, SessionCookie]
    """Which cookies it made on the way there."""
    drawn: int
    """How often it has drawn a random value so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """The last answer of a history."""

    before: int
    """The history without it."""
    reply: Any
    """An exception: the request sees it raised."""
    now: float
    drawn: int


class _Alone(greenlet.greenlet):
    """One request under way."""

    def __init__(self, request: Request, world: World) -> None:
        super().__init__(lambda: request.run(world))
        self.request = request.name
        self.step: Callable[[], Step | None] = _no_step
        self.carry_out: Callable[[], Any] = _nothing
        self.failing: Failing = _never_failing
        self.answer = ""


class Teacher:
    """Knows what the requests of one world do; what it has learned holds for all schedules that they are part of."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runs = 0
        """How often a request's code was begun."""
        self._known: dict[int, Then] = {}
        self._heard: dict[int, _Heard] = {}
        self._stopped: dict[int, _Alone] = {}
        self._is_over = False

    def then(self, history: int) -> Then:
        """Return what comes after a history that `begun` or `heard` has returned."""
        return self._known[history]

    def begun(self, request: Request) -> int:
        """Return the history of a request that was told nothing yet."""
        history = hash(("begin", request.name))
        if history not in self._known:
            self._known[history] = self._learned(request, history)
        return history

    def heard(self, request: Request, history: int, reply: object, *, now: float, drawn: int) -> int:
        """Return the history that an answer makes of another one.

        :param now: the time, in Unix seconds
        :param drawn: how often it has drawn a random value, upstream's for it among them
        """
        after = hash((history, repr(_plain(reply)), now, drawn))
        if after not in self._known:
            self._heard[after] = _Heard(before=history, reply=reply, now=now, drawn=drawn)
            self._known[after] = self._learned(request, after)
        return after

    def abandon(self) -> None:
        """Let go of the requests that are stopped; what is known of them stays known."""
        self._is_over = True
        with self._gates():
            for task in self._stopped.values():
                while not task.dead:
                    task.throw(Abandoned)
        self._stopped.clear()
        self._is_over = False

    def _learned(self, request: Request, history: int) -> Then:
        """Run the code from where it was stopped last, or from its beginning, up to the step that comes then."""
        told_again = []
        at = history
        while at not in self._stopped and at in self._heard:
            told_again.append(self._heard[at])
            at = self._heard[at].before
        self.world.close_circuits()
        with self._gates():
            task = self._stopped.pop(at, None)
            if task is None:
                assert self.world.begun is not None
                self.runs += 1
                self.world.clock.now = self.world.begun.now
                task = _Alone(request, self.world)
                self._go_on(task, 0)
            for one in reversed(told_again):
                self.world.clock.now = one.now
                self._go_on(task, one.drawn, one.reply)
        if not task.dead:
            self._stopped[history] = task
        return Then(
            step=None if task.dead else task.step(),
            answer=task.answer,
            carry_out=task.carry_out,
            failing=task.failing,
            told=tuple(KEPT),
            cookies=self.world.cookies,
            drawn=self.world.random.counts[request.name],
        )

    def _go_on(self, task: _Alone, drawn: int, *reply: object) -> None:
        world = self.world
        KEPT.clear()
        world.cookies = {}
        world.random.counts = {task.request: drawn}
        try:
            result = task.switch(*reply)
        except Exception as error:  # noqa: BLE001 - whatever it is, the schedule that leads to it is what counts
            result = f"crash: {type(error).__name__}"
        if task.dead:
            task.answer = result

    @contextmanager
    def _gates(self) -> Iterator[None]:
        world, was = self.world, _LOCKS.mod_time
        world.server.gate, world.transport.gate, world.stop_at = self._at_redis, self._at_upstream, self._at_step
        _LOCKS.mod_time = self
        try:
            yield
        finally:
            _LOCKS.mod_time = was
            world.run_freely()

    def monotonic(self) -> float:
        """Stand in for `time.monotonic` in redis-py's lock."""
        return self.world.clock.now

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep` in redis-py's lock."""
        task = greenlet.getcurrent()
        assert isinstance(task, _Alone)
        asked = task.step()
        self._stop(lambda: waiting(asked), _never_failing, _nothing)

    def _at_redis(self, commands: Sequence[Command], carry_out: Callable[[], list[Any]]) -> list[Any]:
        replies: list[Any] = self._stop(lambda: of_redis(self.world.server, commands), redis_failing, carry_out)
        return replies

    def _at_upstream(self, sent: Sent, carry_out: Callable[[], HttpResponse]) -> HttpResponse:
        answer: HttpResponse = self._stop(lambda: of_upstream(sent), upstream_failing, carry_out)
        return answer

    def _at_step(self, step: Step, carry_out: Callable[[], Any]) -> Any:
        return self._stop(lambda: step, upstream_failing, carry_out)

    def _stop(self, step: Callable[[], Step], failing: Failing, carry_out: Callable[[], Any]) -> Any:
        task = greenlet.getcurrent()
        if self._is_over:
            raise Abandoned
        assert isinstance(task, _Alone)
        assert task.parent is not None
        task.step, task.failing, task.carry_out = step, failing, carry_out
        reply = task.parent.switch()
        if isinstance(reply, BaseException):
            # The same one is raised for each schedule; it must not gather their frames.
            raise copy(reply)
        return reply


def _plain(reply: object) -> object:
    if isinstance(reply, HttpResponse):
        return reply.status, dict(reply.headers), reply.body
    return reply.sid if isinstance(reply, SessionCookie) else reply


def _no_step() -> None:
    """It has not come to one yet."""


def _nothing() -> None:
    """There is nothing to carry out."""


def _never_failing(fault: Fault | None, carry_out: Callable[[], Any]) -> Any:
    return carry_out()
