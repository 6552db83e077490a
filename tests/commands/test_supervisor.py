"""A supervised process ends with its starter, and its folder goes with it."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.commands.supervisor import SupervisedProcess, main
from tests.support.patience import eventually

SLEEPER = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = (
    "import os, pathlib, sys, time; from bff.commands.supervisor import SupervisedProcess; "
    "process = SupervisedProcess.start([sys.executable, '-c', sys.argv[1], sys.argv[2]], "
    "folder=pathlib.Path(sys.argv[3]), env=os.environ); time.sleep(600)"
)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_in(file: Path) -> int:
    eventually(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "of the command"
    folder.mkdir()
    (folder / "file").touch()
    return folder


@pytest.fixture
def parent(tmp_path: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own that has started a supervised one."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, SLEEPER, str(tmp_path / "pid"), str(folder)], start_new_session=True
    ) as process:
        yield process
        process.kill()


def test_stop_ends_the_command_and_removes_the_folder(tmp_path: Path, folder: Path) -> None:
    command = [sys.executable, "-c", SLEEPER, str(tmp_path / "pid")]
    with SupervisedProcess.start(command, folder=folder, env=os.environ) as process:
        pid = pid_in(tmp_path / "pid")
        assert process.poll() is None
        assert folder.exists()
    assert not lives(pid)
    assert not folder.exists()
    assert process.poll() == 128 + signal.SIGTERM
    assert process.stop() == 128 + signal.SIGTERM


def test_command_that_ends_by_itself_ends_the_supervisor_with_its_code(folder: Path) -> None:
    with SupervisedProcess.start(
        [sys.executable, "-c", "raise SystemExit(7)"], folder=folder, env=os.environ
    ) as process:
        eventually(lambda: process.poll() == 7)
        assert not folder.exists()


def test_command_that_cannot_be_started_leaves_no_folder(folder: Path) -> None:
    with SupervisedProcess.start(
        [str(folder / "missing")], folder=folder, env=os.environ, stdout=subprocess.DEVNULL
    ) as process:
        eventually(lambda: process.poll() == 127)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_end_of_the_starter_is_the_end_of_the_command(
    parent: subprocess.Popen[bytes], tmp_path: Path, folder: Path, number: signal.Signals
) -> None:
    pid = pid_in(tmp_path / "pid")
    # The whole group, as a terminal does: the supervisor has to survive that to clean up.
    os.killpg(parent.pid, number)
    eventually(lambda: not lives(pid))
    eventually(lambda: not folder.exists())


def test_stopped_command_ends_too(tmp_path: Path, folder: Path) -> None:
    command = [sys.executable, "-c", SLEEPER, str(tmp_path / "pid")]
    with SupervisedProcess.start(command, folder=folder, env=os.environ) as process:
        pid = pid_in(tmp_path / "pid")
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        assert process.stop() == 128 + signal.SIGTERM
        # It did not have to be killed, which is done after ten.
        assert time.monotonic() - started < 9
    assert not lives(pid)


def test_what_the_command_started_ends_with_it(tmp_path: Path) -> None:
    grandchild = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}, sys.argv[1]])"
    command = [sys.executable, "-c", grandchild, str(tmp_path / "pid")]
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as pipe, selectors.DefaultSelector() as selector:
        process = SupervisedProcess.start(command, folder=None, env=os.environ, stdout=theirs)
        os.close(theirs)
        with process:
            pid_in(tmp_path / "pid")
        # The pipe ends when its last holder does.
        selector.register(pipe, selectors.EVENT_READ)
        assert selector.select(20)
        assert pipe.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_supervisor_that_is_asked_to_end_cleans_up_first(tmp_path: Path, folder: Path, number: signal.Signals) -> None:
    arguments = [str(folder), "--", sys.executable, "-c", SLEEPER, str(tmp_path / "pid")]
    with subprocess.Popen(
        [sys.executable, "-m", "bff.commands.supervisor", *arguments], stdin=subprocess.PIPE
    ) as supervisor:
        pid = pid_in(tmp_path / "pid")
        supervisor.send_signal(number)
        assert supervisor.wait(20) == 128 + signal.SIGTERM
        assert not lives(pid)
        assert not folder.exists()


@pytest.mark.parametrize("arguments", [[], ["-"], ["-", "--"], ["-", "true", "x"]])
def test_wrong_command_line_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage:" in capsys.readouterr().err
