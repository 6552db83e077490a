"""The command line of `tests/bench/run`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bff.commands.embedded_redis import EmbeddedRedis
from bff.errors import ConfigurationError
from tests.support.bench.errors import BenchError
from tests.support.bench.figures import Found
from tests.support.bench.machine import machine, versions
from tests.support.bench.memory import pss_after_me
from tests.support.bench.peers.peer import Peer, Surroundings
from tests.support.bench.rounds import measured
from tests.support.bench.rows import QUICK, Row, peers_of, rows_of
from tests.support.bench.table import musts_table, rows_table, troubles
from tests.support.bench.upstream import running_upstream


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return 1 where something was refused or is missing."""
    parsed = _parser().parse_args(arguments)
    # Servers end with the blocks that started them, on this signal too.
    signal.signal(signal.SIGTERM, _ended)
    try:
        return _run(parsed)
    except (BenchError, ConfigurationError) as error:
        print(f"tests/bench/run: {error}", file=sys.stderr)
        return 1


def _run(parsed: argparse.Namespace) -> int:
    rows, peers = (QUICK if parsed.quick else rows_of(parsed.rows)), peers_of(parsed.peers)
    where, what = machine(), versions(peers)
    found = Found()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        EmbeddedRedis() as redis,
        running_upstream(Path(folder)) as upstream,
    ):
        around = Surroundings(folder=Path(folder), redis=redis, upstream=upstream)
        speed(parsed, rows, peers, around, found)
    print(f"{where}\n\n{what}\n\n{musts_table(found)}\n\n{rows_table(found)}")
    wrong = troubles(found)
    for line in wrong:
        print(f"tests/bench/run: {line}", file=sys.stderr)
    return 1 if wrong else 0


def speed(
    parsed: argparse.Namespace, rows: Sequence[Row], peers: Sequence[Peer], around: Surroundings, found: Found
) -> None:
    rounds, seconds = (1, 2.0) if parsed.quick else (parsed.rounds, parsed.seconds)
    found.pss_megabytes = pss_after_me(peers, around, seconds=min(seconds, 3.0), say=_say)
    found.results = measured(rows, peers, around, rounds=rounds, seconds=seconds, say=_say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--quick", action="store_true", help="one round of two seconds, /api/me with c=16 alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each measurement takes")
    parser.add_argument("--rows", nargs="+", default=[], metavar="WORD", help="only rows whose name holds one of these")
    parser.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="nginx, floor, node, flask, bff")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _ended(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
