"""Looks for schedules that must not be: all of two requests within bounds, or some of three and four, by seed.

`tests/simulation/run` calls it. A seed is a schedule: it chooses the requests, who goes on and what fails.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import Final

from tests.support.simulation.judge import judged
from tests.support.simulation.learned import LearnedExplorer
from tests.support.simulation.requests import KINDS, renamed
from tests.support.simulation.scheduler import Choice, Decide, Node, Outcome, Request, Scheduler, following
from tests.support.simulation.serial import Orders
from tests.support.simulation.steps import Fault
from tests.support.simulation.teacher import Teacher
from tests.support.simulation.world import World, world_in_memory

PAIRS: Final = tuple(combinations_with_replacement(KINDS, 2))
_SWITCHES: Final = 0.3
_FAILS: Final = 0.03
_MOST_FAULTS: Final = 2
_PASSIVE: Final = frozenset({"idle end", "web evicted", "tokens evicted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What must not be, and the schedule that leads to it."""

    what: str
    requests: tuple[Request, ...]
    outcome: Outcome

    def __str__(self) -> str:
        """Return the schedule, a line each step."""
        lines = [self.what]
        for one in self.outcome.done:
            fault = "" if one.fault is None else f"  -- {one.fault.value}"
            lines.append(f"    {self.requests[one.request].name}: {one.step.label}{fault}")
        return "\n".join(lines)


@dataclass(slots=True, kw_only=True)
class Searched:
    """What a search has run and found; of each kind of finding the first."""

    schedules: int = 0
    """That come to different ends."""
    runs: int = 0
    """How often the requests' code was run."""
    findings: dict[str, Finding] = field(default_factory=dict)

    def judge(self, world: World, requests: tuple[Request, ...], orders: Orders, outcome: Outcome) -> bool:
        """Look at the end of one schedule; tell whether it may be."""
        verdict = judged(world, requests, outcome)
        found = list(verdict.findings)
        faults = sum(one.fault is not None for one in outcome.done)
        if faults <= 1 and (no_order := orders.finding(outcome, verdict)) is not None:
            found.append(no_order)
        for what in found:
            self.findings.setdefault(what, Finding(what=what, requests=requests, outcome=outcome))
        return not found


def all_schedules(teacher: Teacher, kinds: Sequence[str], *, preemptions: int, faults: int) -> Searched:
    """Run all schedules of some kinds of requests within bounds."""
    world, requests, known = teacher.world, renamed(kinds), teacher.runs
    explorer, searched = LearnedExplorer(teacher, requests, preemptions, faults), Searched()
    orders = Orders(world=world, requests=requests)
    for outcome in explorer.outcomes():
        searched.schedules += 1
        searched.judge(world, requests, orders, outcome)
    searched.runs = teacher.runs - known
    return searched


class Seeds:
    """Runs schedules by seed; remembers what whole requests come to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._orders: dict[tuple[str, ...], Orders] = {}

    def run(self, seed: int) -> Searched:
        """Run the schedule of one seed."""
        chance = random.Random(seed)
        kinds = chance.choices([*KINDS], k=chance.choice((3, 3, 4)))
        requests = renamed(kinds)
        orders = self._orders.setdefault(tuple(kinds), Orders(world=self._world, requests=requests))
        searched = Searched(schedules=1, runs=1)
        outcome = Scheduler(self._world, requests).run(_by_chance(chance, kinds))
        searched.judge(self._world, requests, orders, outcome)
        return searched


def _by_chance(chance: random.Random, kinds: Sequence[str]) -> Decide:
    goes_on = following(())

    def decide(at: int, node: Node) -> Choice:
        choice = goes_on(at, node)
        if len(node.enabled) > 1 and (at == 0 or chance.random() < _SWITCHES):
            choice = Choice(chance.choice(node.enabled))
        step = node.steps[choice.request]
        if step is not None and step.may_fail and node.faults < _MOST_FAULTS and chance.random() < _FAILS:
            return Choice(choice.request, chance.choice([*Fault]))
        return choice

    return decide


def _minutes(world: World, minutes: float, first: int) -> Iterator[tuple[int, Searched]]:
    seeds, end, seed = Seeds(world), time.monotonic() + minutes * 60, first
    while time.monotonic() < end:
        yield seed, seeds.run(seed)
        seed += 1


def main(arguments: Sequence[str]) -> int:
    """Search, print what was found, and return 1 where that is anything."""
    parser = argparse.ArgumentParser(prog="tests/simulation/run")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long seeds are tried")
    parser.add_argument("--seed", type=int, default=None, help="the first one; else by the clock")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run the schedule of one seed, and show it")
    parser.add_argument(
        "--pairs",
        metavar="WORD",
        nargs="*",
        help="all schedules of two requests instead, one fault at most; only pairs that hold all these words",
    )
    parser.add_argument("--preemptions", type=int, default=2)
    parser.add_argument("--faults", type=int, default=1)
    parsed = parser.parse_args(arguments)
    started, schedules, runs, found = time.monotonic(), 0, 0, 0
    with world_in_memory() as world:
        if parsed.replay is not None:
            searched = Seeds(world).run(parsed.replay)
            print(*searched.findings.values() or ["nothing was found"], sep="\n")
            return int(bool(searched.findings))
        if parsed.pairs is not None:
            teacher = Teacher(world)
            for pair in PAIRS:
                if all(any(word in kind for kind in pair) for word in parsed.pairs):
                    searched = all_schedules(teacher, pair, preemptions=parsed.preemptions, faults=parsed.faults)
                    schedules, runs = schedules + searched.schedules, runs + searched.runs
                    found += len(searched.findings)
                    print(f"{' / '.join(pair)}: {searched.schedules} schedules, {searched.runs} runs", flush=True)
                    print("".join(f"{one}\n" for one in searched.findings.values()), end="", flush=True)
        else:
            for seed, searched in _minutes(world, parsed.minutes, parsed.seed or int(time.time())):
                schedules, runs = schedules + 1, runs + 1
                found += len(searched.findings)
                for one in searched.findings.values():
                    print(f"seed {seed}: {one}", flush=True)
    print(f"{schedules} schedules that differ, {runs} runs, {time.monotonic() - started:.0f} s; {found} findings")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
