"""Run a command under a supervisor, so that the command cannot outlive the process that started it.

    python -m bff.commands.supervisor FOLDER -- COMMAND ARGUMENT...

is the supervisor: it starts the command, and when its own stdin reaches the end, it ends the command and removes the
folder (`-`: there is none). The starter holds the other end of that stdin, and the kernel closes it even where the
starter was killed with SIGKILL. The supervisor does the same when the command ends by itself or when a signal asks
the supervisor to end.

The supervisor lives in a session of its own, so that neither Ctrl-C nor a signal to its starter's group reaches
it before it has cleaned up. It imports the standard library only, and no secret belongs on its command line.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import socket
import subprocess  # nosec B404 # fixed commands, and never a shell
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

GRACE_SECONDS: Final = 10
"""How long the command may take to end by itself."""
SUPERVISOR_SECONDS: Final = GRACE_SECONDS + 5
NO_FOLDER: Final = "-"
ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
USAGE: Final = "usage: python -m bff.commands.supervisor FOLDER -- COMMAND ARGUMENT..."


class SupervisedProcess:
    """The starter's end: the command may run as long as the starter lives and has not called `stop`."""

    def __init__(self, supervisor: subprocess.Popen[bytes]) -> None:
        self._supervisor = supervisor

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        *,
        folder: Path | None,
        env: Mapping[str, str],
        stdout: int | None = None,
    ) -> SupervisedProcess:
        """Start a command under a supervisor.

        :param folder: removed with all that is in it once the command has ended; the supervisor owns it from here on
        :param env: the whole environment of the command
        :param stdout: a file descriptor or `subprocess.DEVNULL`; None: the same as ours
        """
        supervisor = subprocess.Popen(  # nosec B603 # noqa: S603 - our own module
            [sys.executable, "-m", "bff.commands.supervisor", str(folder or NO_FOLDER), "--", *command],
            stdin=subprocess.PIPE,
            stdout=stdout,
            env=dict(env),
            start_new_session=True,
        )
        return cls(supervisor)

    def poll(self) -> int | None:
        """Return the exit code (128 and the signal's number where one ended it), None while it runs."""
        return self._supervisor.poll()

    def stop(self) -> int:
        """End the command, wait until command and folder are gone, and return the exit code; may be called twice."""
        if self._supervisor.stdin is not None:
            self._supervisor.stdin.close()
        try:
            return self._supervisor.wait(SUPERVISOR_SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            return self._supervisor.wait()

    def __enter__(self) -> SupervisedProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def main(arguments: Sequence[str]) -> int:
    """Be the supervisor of one command, and return the command's exit code (2: a wrong command line)."""
    if len(arguments) < 3 or arguments[1] != "--":
        print(USAGE, file=sys.stderr)  # noqa: T201 - a command line's answer
        return 2
    folder = None if arguments[0] == NO_FOLDER else Path(arguments[0])
    try:
        return _supervise(arguments[2:])
    finally:
        if folder is not None:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)


def _supervise(command: Sequence[str]) -> int:
    ours, kernels = socket.socketpair()
    with ours, kernels, selectors.DefaultSelector() as selector:
        kernels.setblocking(False)
        ours.setblocking(False)
        signal.set_wakeup_fd(kernels.fileno(), warn_on_full_buffer=False)
        # A handler of Python's has to be there for the wake-up; SIGCHLD is among those that need one.
        for number in (*ENDING_SIGNALS, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        selector.register(ours, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        try:
            child = subprocess.Popen(  # nosec B603 # noqa: S603 - what to run is the caller's to decide; no shell reads it
                list(command), stdin=subprocess.DEVNULL, process_group=0
            )
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - the command cannot tell it itself
            return 127
        try:
            while child.poll() is None:
                if any(_says_end(key) for key, _ in selector.select()):
                    break
        finally:
            _end(child)
    code = child.returncode
    return code if code >= 0 else 128 - code


def _says_end(key: selectors.SelectorKey) -> bool:
    if isinstance(key.fileobj, socket.socket):
        return any(number in ENDING_SIGNALS for number in key.fileobj.recv(4096))
    return not os.read(sys.stdin.fileno(), 4096)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the command and whatever it started in its group."""
    if child.poll() is None:
        _signal_group(child.pid, signal.SIGTERM)
        # A stopped process gets the signal only once it goes on.
        _signal_group(child.pid, signal.SIGCONT)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(child.pid, signal.SIGKILL)
            child.wait()
    _signal_group(child.pid, signal.SIGKILL)
    _wait_for_group(child.pid)


def _wait_for_group(group: int) -> None:
    """Give what the command left behind a moment to be gone: it could still write into the folder."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.01)


def _signal_group(group: int, number: signal.Signals) -> None:
    # PermissionError is what macOS says of a group that holds nothing but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
