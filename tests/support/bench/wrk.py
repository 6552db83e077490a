"""Runs wrk for one measurement, and reads the line that `tests/bench/wrk/report.lua` has it print."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.bench.errors import BenchError
from tests.support.bench.programs import SCRIPTS, program, told

_WORD: Final = "BENCH "
_TIMEOUT_SECONDS: Final = 20
_LONGER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk is to send."""

    path: str
    headers: Mapping[str, str]
    script: str = "report.lua"
    arguments: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What wrk has seen."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    """Answers of 400 and above."""
    broken: int
    """Connections that were not made or broke, and answers that did not come in time."""


def run_wrk(url: str, load: Load, *, connections: int, seconds: int) -> Seen:
    """Send as fast as the answers come, over so many connections.

    :raises BenchError: wrk is missing or fails
    """
    command = [program("wrk"), "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    command += ["--timeout", f"{_TIMEOUT_SECONDS}s", "--script", str(SCRIPTS / "wrk" / load.script)]
    for name, value in load.headers.items():
        command += ["--header", f"{name}: {value}"]
    said = told([*command, url + load.path, "--", *load.arguments], seconds=seconds + _LONGER_SECONDS)
    return read_report(said)


def read_report(said: str) -> Seen:
    """Read what wrk has printed.

    :raises BenchError: the line is not there
    """
    for line in said.splitlines():
        if line.startswith(_WORD):
            return Seen(**json.loads(line.removeprefix(_WORD)))
    raise BenchError(f"wrk has not reported:\n{said}")
