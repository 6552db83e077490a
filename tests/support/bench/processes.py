"""Servers as groups of processes: started, waited for, ended, and what they have cost, from `/proc`.

Each server is started in a session of its own (setsid(2)), so that its workers are told from everybody else's. The
PSS of a group is a little less than what the group alone would have: the bench itself runs the same Python, and maps
some of the same files.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.bench.errors import BenchError

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_STARTING_SECONDS: Final = 60.0
_ENDING_SECONDS: Final = 15.0
_LAST_LINES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A server with its workers."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pids(self) -> list[int]:
        """Every process of it that lives."""
        return [pid for pid in _all_pids() if _session(pid) == self.process.pid]

    def processor_seconds(self) -> float:
        """Return the time that its living processes have had, in the program and in the kernel."""
        return sum(processor_seconds_of(pid) for pid in self.pids)

    def pss_megabytes(self) -> float:
        """Return the memory of its processes, of what several share the share (proc_pid_smaps_rollup)."""
        return sum(_pss_kilobytes(pid) for pid in self.pids) / 1024

    def empty_log(self) -> None:
        """Throw away what was logged so far; the server goes on at the beginning."""
        os.truncate(self.log, 0)

    def last_said(self) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str], cwd: Path) -> Iterator[Group]:
    """Run a server to the end of the block, its log in a file."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield Group(process=process, log=log)
    finally:
        _end(process)


def wait_until(ready: Callable[[], bool], group: Group, what: str) -> None:
    """Wait until a server answers.

    :raises BenchError: it ends, or does not answer in time
    """
    deadline = time.monotonic() + _STARTING_SECONDS
    while not ready():
        if group.process.poll() is not None or time.monotonic() > deadline:
            raise BenchError(f"{what} does not start:\n{group.last_said()}")
        time.sleep(0.01)


def processor_seconds_of(pid: int) -> float:
    """Return the time that one process has had; 0: it has ended."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def busy_seconds() -> float:
    """Return the time that all cores have not been idle, what the host took away included (proc_stat)."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    user, nice, system, _, _, interrupts, soft_interrupts, stolen = fields
    return (user + nice + system + interrupts + soft_interrupts + stolen) / _TICKS


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Workers that have outlived their master, or will not end.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """Return the fields behind the name (proc_pid_stat), which may hold blanks and brackets; none: it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[3]) if fields else None


def _pss_kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
