"""The command line of `tests/bench/run`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from bff.commands.embedded_redis import EmbeddedRedis
from bff.errors import ConfigurationError
from tests.support.bench.errors import BenchError
from tests.support.bench.figures import MUSTS, Found
from tests.support.bench.machine import machine, versions
from tests.support.bench.memory import pss_after_me, pss_after_mixed
from tests.support.bench.peers.peer import Peer, Surroundings
from tests.support.bench.peers.program import Program
from tests.support.bench.profile import profile_text, profiled
from tests.support.bench.rounds import measured
from tests.support.bench.rows import QUICK, Row, peers_of, rows_of
from tests.support.bench.size import growth, size_text, sizes, starts
from tests.support.bench.table import musts_table, rows_table, troubles
from tests.support.bench.upstream import running_upstream

_QUICK_SECONDS: Final = 2


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
    speed = parsed.all or not (parsed.memory or parsed.size or parsed.profile)
    rows = QUICK if parsed.quick else rows_of(parsed.rows)
    peers = peers_of(parsed.peers) if speed else (Program(),)
    where, what = machine(), versions(peers)
    found, parts = Found(), [where, what]
    with _surroundings() as around:
        if speed:
            _speed(parsed, rows, peers, around, found)
            parts.append(rows_table(found))
        if parsed.memory or parsed.all:
            _memory(parsed, around, found)
        if parsed.size or parsed.all:
            parts.append(_size(parsed, around, found))
        if parsed.profile or parsed.all:
            _say("profile")
            parts.append(profile_text(profiled(around)))
    musts = [must for must in MUSTS if speed or must.now(found) is not None]
    if musts:
        parts.insert(2, musts_table(musts, found))
    print("\n\n".join(parts))
    wrong = troubles(found)
    for line in wrong:
        print(f"tests/bench/run: not answered as they should be: {line}", file=sys.stderr)
    return 1 if wrong else 0


@contextmanager
def _surroundings() -> Iterator[Surroundings]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        EmbeddedRedis() as redis,
        running_upstream(Path(folder)) as upstream,
    ):
        yield Surroundings(folder=Path(folder), redis=redis, upstream=upstream)


def _speed(
    parsed: argparse.Namespace, rows: Sequence[Row], peers: Sequence[Peer], around: Surroundings, found: Found
) -> None:
    rounds, seconds = (1, _QUICK_SECONDS) if parsed.quick else (parsed.rounds, parsed.seconds)
    found.pss_megabytes = pss_after_me(peers, around, _say)
    found.results = measured(rows, peers, around, rounds=rounds, seconds=seconds, say=_say)


def _memory(parsed: argparse.Namespace, around: Surroundings, found: Found) -> None:
    if not found.pss_megabytes:
        found.pss_megabytes = pss_after_me([Program()], around, _say)
    found.pss_mixed_megabytes = pss_after_mixed(around, minutes=parsed.minutes, say=_say)


def _size(parsed: argparse.Namespace, around: Surroundings, found: Found) -> str:
    found_sizes = sizes(around, parsed.devices, _say)
    # As long as Emporix's, one device.
    found.redis_bytes = found_sizes[0].bytes
    grown = growth(around, parsed.sessions, _say) if parsed.sessions else []
    return size_text(found_sizes, starts(around), grown)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description="Measures the program's speed beside peers; with one of the parts, that instead.",
    )
    speed = parser.add_argument_group("speed")
    speed.add_argument("--quick", action="store_true", help="one round of two seconds, /api/me with c=16 alone")
    speed.add_argument("--rounds", type=_positive, default=3)
    speed.add_argument("--seconds", type=_positive, default=4, help="how long each measurement takes (default: 4)")
    speed.add_argument("--rows", nargs="+", default=[], metavar="WORD", help="only rows whose name holds one of these")
    speed.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="of nginx, floor, node, flask and bff")
    parts = parser.add_argument_group("parts")
    parts.add_argument("--memory", action="store_true", help="PSS after minutes of mixed pages and JSON")
    parts.add_argument("--minutes", type=float, default=4.0, help="how many (default: 4)")
    parts.add_argument("--size", action="store_true", help="Redis bytes a session, and the time to start")
    parts.add_argument("--devices", type=_positive, nargs="+", default=[1, 10, 50], metavar="N", help="of a customer")
    parts.add_argument("--sessions", type=_positive, metavar="N", help="what so many change, 100000 say")
    parts.add_argument("--profile", action="store_true", help="one process without a server, and where /api/me goes")
    parts.add_argument("--all", action="store_true", help="speed and all parts, in one run")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _ended(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
