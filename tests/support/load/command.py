"""The load test itself; `tests/load/run` calls it."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.support.load.faults import Faults, Pace
from tests.support.load.journeys import JOURNEYS, leave
from tests.support.load.judge import judge
from tests.support.load.notes import Keys, Notes, Run, Sample
from tests.support.load.place import IDLE_SECONDS, Place, place
from tests.support.load.visitor import JourneyOver, Owners, Tempo, Visitor

_ENDING_SECONDS: Final = 60.0
_SAMPLES: Final = 180


def _visits(who: Visitor, chance: random.Random, over: threading.Event, broken: list[str]) -> None:
    while not over.is_set():
        try:
            chance.choice(JOURNEYS)(who, chance)
        except JourneyOver:
            # A person looks at the error before they go on.
            over.wait(0.5)
        except Exception:  # noqa: BLE001 - told of at the end, and a finding
            broken.append(f"{who.mark}: {traceback.format_exc(limit=-3)}")
            return


def run_in(here: Place, *, seconds: float, visitors: int, a_second: float, seed: int, pace: Pace) -> Run:
    """Make load for so long, with faults, and return all that was noted."""
    begun = time.monotonic()

    def since() -> float:
        return time.monotonic() - begun

    notes, over, broken, memory = Notes(), threading.Event(), list[str](), list[Sample]()
    before = here.redis.keys()
    tempo, owners = Tempo(a_second), Owners()
    crowd = [
        Visitor(number=number, port=here.server.port, notes=notes, tempo=tempo, owners=owners, since=since)
        for number in range(visitors)
    ]
    faults = Faults(here, seed, pace, since)
    threads = [
        threading.Thread(target=_visits, args=(who, random.Random(seed * 1000 + who.number), over, broken), daemon=True)
        for who in crowd
    ]
    switching = threading.Thread(target=faults.run, daemon=True)
    for one in (*threads, switching):
        one.start()
    while since() < seconds:
        memory.append(here.sample(since()))
        here.restock()
        over.wait(min(seconds / _SAMPLES, 5.0))
    faults.stop()
    switching.join()
    over.set()
    for one in threads:
        one.join()
    ended = since()
    memory.append(here.sample(ended))
    deadline = time.monotonic() + _ENDING_SECONDS
    # Circuits may be open still.
    while (left := [who for who in crowd if not leave(who)]) and time.monotonic() < deadline:
        time.sleep(1)
        crowd = left
    after = _settled(here, before)
    return Run(
        seconds=ended,
        seed=seed,
        asked=tuple(notes.asked),
        faults=tuple(faults.done),
        memory=tuple(memory),
        before=before,
        after=after,
        mixed_up=tuple(notes.mixed_up),
        lost=tuple(notes.lost),
        checked=notes.checked,
        broken=(*broken, *faults.broken),
    )


def _settled(here: Place, before: Keys) -> Keys:
    """Return the keys once sessions have ended, or could not be made to."""
    deadline = time.monotonic() + IDLE_SECONDS * 1.5
    while True:
        keys = here.redis.keys()
        is_back = all(count <= before.sessions.get(kind, 0) for kind, count in keys.sessions.items())
        if is_back or time.monotonic() > deadline:
            return keys
        time.sleep(1)


def run(*, seconds: float, visitors: int, a_second: float, seed: int, pace: Pace, log: Path) -> Run:
    """Start everything, make load, and return all that was noted."""
    with place(visitors, log) as here:
        return run_in(here, seconds=seconds, visitors=visitors, a_second=a_second, seed=seed, pace=pace)


def main(arguments: Sequence[str]) -> int:
    """Run, print the report, and return 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="tests/load/run")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--visitors", type=int, default=24)
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second, of all visitors together")
    parser.add_argument("--seed", type=int, default=None, help="of faults and journeys; else by the clock")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there too, as JSON")
    parser.add_argument("--notes", type=Path, metavar="FILE", help="write every request there, and all else it saw")
    parser.add_argument("--log", type=Path, metavar="FILE", help="where the server's log goes; else it is thrown away")
    parsed = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        noted = run(
            seconds=parsed.minutes * 60,
            visitors=parsed.visitors,
            a_second=parsed.rate,
            seed=parsed.seed if parsed.seed is not None else int(time.time()),
            pace=Pace(),
            log=parsed.log or Path(folder) / "log",
        )
    report = judge(noted)
    print(report)
    if parsed.notes is not None:
        parsed.notes.write_text(json.dumps(asdict(noted)) + "\n")
    if parsed.json is not None:
        parsed.json.write_text(json.dumps(report.figures, indent=2) + "\n")
    return int(bool(report.findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
