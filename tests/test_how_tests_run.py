"""The tests' own footing: each has a deadline that names it, and their children answer signals."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.child_signals import OF_A_TERMINAL

ROOT = Path(__file__).parent.parent
DEAF = (
    "import os, signal, sys\n"
    "for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT): signal.signal(number, signal.SIG_IGN)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
IGNORED = (
    f"import signal; print([n for n in {[int(n) for n in OF_A_TERMINAL]} if signal.getsignal(n) is signal.SIG_IGN])"
)
HANGING = """
import threading

def test_that_never_ends():
    threading.Event().wait()

def test_that_comes_after_it():
    pass
"""


def pytest_run(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run pytest with this project's settings, in a process of its own."""
    command = [sys.executable, *before, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)


def test_child_of_a_test_answers_signals() -> None:
    child = subprocess.run([sys.executable, "-c", IGNORED], capture_output=True, text=True, check=True)
    assert child.stdout == "[]\n"


@pytest.mark.parametrize("workers", ["0", "1"])
def test_child_of_a_test_answers_signals_in_the_background_of_a_script_too(workers: str) -> None:
    test = f"{__file__}::{test_child_of_a_test_answers_signals.__name__}"
    ended = pytest_run("--numprocesses", workers, test, before=("-c", DEAF))
    assert (ended.returncode, "1 passed" in ended.stdout) == (0, True), ended.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_that_hangs_is_named_and_ended_and_the_others_go_on(workers: str, tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(HANGING)
    ended = pytest_run("--numprocesses", workers, "--rootdir", str(tmp_path), "-o", "timeout=1", "-rf", str(tmp_path))
    assert "1 failed, 1 passed" in ended.stdout, ended.stdout
    (named,) = [line for line in ended.stdout.splitlines() if line.startswith("FAILED ")]
    assert "::test_that_never_ends" in named
    assert "Failed: Timeout" in ended.stdout


def test_every_test_has_a_deadline(request: pytest.FixtureRequest) -> None:
    assert 0 < float(request.config.getini("timeout")) <= 300
    assert request.config.getini("timeout_method") == "signal"


def test_checks_before_a_commit_are_those_of_the_run() -> None:
    steps = re.findall(r'^step "\$venv"/bin/(.+)$', (ROOT / "tests" / "run").read_text(), re.MULTILINE)
    hooks = re.findall(r"^ +entry: \.venv/bin/(.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert len(steps) >= 5
    assert hooks == steps
