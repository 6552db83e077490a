"""The README is short and true: its two commands are there, and its walk runs as printed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.support.documents import ROOT

README = (ROOT / "README.md").read_text()
MOST_LINES = 150
SCRIPTS = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))


def test_walk_runs_as_printed(demo_url: str, tmp_path: Path) -> None:
    script = SCRIPTS["A walk with curl"]
    assert "BFF=http://127.0.0.1:8000\n" in script
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", demo_url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (walked.returncode, walked.stderr) == (0, "")
    assert walked.stdout.rstrip().rsplit("\n", 1)[-1].startswith('{"status": 401, "type": "login_required"')
    assert '"streetNumber": "7"' in walked.stdout
    assert "emxsbx" not in walked.stdout + (tmp_path / "jar").read_text()


def test_the_two_commands_are_the_ones_that_work() -> None:
    commands = re.findall(r"^```sh\n(.*?)^```", README.partition("## A walk")[0], re.MULTILINE | re.DOTALL)
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/bff demo\n",
        "tests/run\n",
    ]
    assert os.access(ROOT / "tests" / "run", os.X_OK)


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES
