"""Faults that are switched on and off while visitors go on, by seed. Those of processes come first.

Memory is compared over the last two thirds, so the workers have to be the same ones by then.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.support.fakes.fault_proxy import Upset, Way, answer
from tests.support.load.notes import Window
from tests.support.load.place import Place

_PAGE: Final = b"<html></html>"
_UPSTREAM: Final = {
    "upstream refused": Upset(way=Way.REFUSED),
    "upstream reset": Upset(way=Way.RESET_AFTER),
    "upstream truncated": Upset(way=Way.TRUNCATED),
    "upstream 503": answer(503, _PAGE),
    "upstream 429": answer(429, _PAGE, Retry_After="1"),
    "upstream 500": answer(500, _PAGE),
    "upstream silent": Upset(way=Way.SILENT, seconds=8.0),
}
_REDIS: Final = ("redis paused", "redis away", "redis restarted", "redis takes no writes")
_PROCESSES: Final = ("worker killed", "reload", "worker killed")
_RELOAD_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long faults are on, and how long there is none, in seconds at most; at least half of it."""

    on: float = 6.0
    off: float = 18.0


def planned(seed: int, pace: Pace) -> Iterator[tuple[float, str, float]]:
    """Yield how long there is quiet, what comes then, and how long it is on."""
    chance = random.Random(seed)
    rest: list[str] = []
    first = [*_PROCESSES]
    while True:
        if not rest and not first:
            rest = [*_UPSTREAM, *_REDIS]
            chance.shuffle(rest)
        name = first.pop(0) if first else rest.pop()
        yield chance.uniform(0.5, 1) * pace.off, name, chance.uniform(0.5, 1) * pace.on


class Faults:
    """Switches them in a thread of its own, until it is told to stop."""

    def __init__(self, place: Place, seed: int, pace: Pace, since: Callable[[], float]) -> None:
        self._place = place
        self._plan = planned(seed, pace)
        self._since = since
        self._over = threading.Event()
        self.done: list[Window] = []
        self.broken: list[str] = []

    def run(self) -> None:
        for quiet, name, seconds in self._plan:
            if self._over.wait(quiet):
                return
            begin = self._since()
            try:
                with self._on(name):
                    self._over.wait(seconds if name not in _PROCESSES and name != "redis restarted" else 0)
            except Exception as err:  # noqa: BLE001 - a fault that cannot be switched is told of at the end
                self.broken.append(f"{name}: {err!r}")
            self.done.append(Window(name=name, begin=begin, end=self._since()))

    def stop(self) -> None:
        self._over.set()

    @contextmanager
    def _on(self, name: str) -> Iterator[None]:
        redis, proxy = self._place.redis, self._place.proxy
        if name in _UPSTREAM:
            proxy.upset(_UPSTREAM[name], lambda line: True)
            yield
            proxy.calm()
        elif name == "redis paused":
            redis.pause()
            yield
            redis.resume()
        elif name == "redis takes no writes":
            redis.takes_writes(False)
            yield
            redis.takes_writes(True)
        elif name in _REDIS:
            redis.kill()
            yield
            redis.start()
        elif name == "worker killed":
            before = self._place.workers()
            os.kill(before[0], signal.SIGKILL)
            yield
            self._until(lambda now: before[0] not in now and len(now) >= len(before))
        else:
            before = self._place.workers()
            os.kill(self._place.server.pid, signal.SIGHUP)
            yield
            self._until(lambda now: not set(before) & set(now) and len(now) >= len(before))

    def _until(self, ready: Callable[[list[int]], bool]) -> None:
        deadline = time.monotonic() + _RELOAD_SECONDS
        while not ready(self._place.workers()):
            if time.monotonic() > deadline:
                raise TimeoutError("the workers are not there")
            time.sleep(0.05)
