"""The floors hold, and the check that says so notices when they do not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")
PLANTED = {
    "an upward import": ("bff/errors.py", "import bff.web.paths", "Imports go down only BROKEN"),
    "the sandbox in the server": (
        "bff/account/login.py",
        "import bff.sandbox.mint",
        "Only the demo knows the sandbox BROKEN",
    ),
    "Flask below the web floor": (
        "bff/account/login.py",
        "import flask",
        "Flask stays in web, factory and the sandbox BROKEN",
    ),
    "Redis up above": ("bff/web/pages/home.py", "import redis", "Redis stays in sessions, limits and wiring BROKEN"),
    "another cryptography": ("bff/log.py", "import cryptography", "One module imports a cryptography library BROKEN"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINTER), "--no-cache"], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_import_breaks_its_contract(case: str, tmp_path: Path) -> None:
    where, line, verdict = PLANTED[case]
    shutil.copytree(ROOT / "bff", tmp_path / "bff", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    module = tmp_path / where
    module.write_text(module.read_text() + f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert verdict in result.stdout
