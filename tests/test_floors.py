"""The floors hold, and the check that says so notices when they do not."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")
PLANTED = {
    "an upward import": ("bff/errors.py", "import bff.web.paths", "Imports go down only BROKEN"),
    "a new file at the root": ("bff/zzz.py", "import flask\nimport bff.web.paths", "Imports go down only"),
    "a page that imports another": (
        "bff/web/pages/email.py",
        "import bff.web.pages.sign_up",
        "No page imports another BROKEN",
    ),
    "a new page that is in no list": ("bff/web/pages/zzz.py", "import bff.web.pages.flow", "No page imports another"),
    "the sandbox in the server": (
        "bff/account/login.py",
        "import bff.sandbox.mint",
        "Only the demo knows the sandbox BROKEN",
    ),
    "Flask below the web floor": (
        "bff/account/login.py",
        "import flask",
        "Flask stays in web, factory, audit and the sandbox BROKEN",
    ),
    "Redis up above": (
        "bff/web/pages/home.py",
        "import redis",
        "Redis stays in sessions, limits, wiring and the embedded server BROKEN",
    ),
    "another cryptography": ("bff/log.py", "import cryptography", "One module imports a cryptography library BROKEN"),
}
MOST_FILES_AT_THE_ROOT = 12


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINTER), "--no-cache"], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_import_breaks_its_contract(case: str, tmp_path: Path) -> None:
    where, line, verdict = PLANTED[case]
    shutil.copytree(ROOT / "bff", tmp_path / "bff", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    module = tmp_path / where
    before = module.read_text() if module.exists() else ""
    module.write_text(f"{before}\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert verdict in result.stdout


def test_the_root_holds_few_files() -> None:
    found = sorted(path.name for path in (ROOT / "bff").glob("*.py"))
    assert len(found) <= MOST_FILES_AT_THE_ROOT, found


def test_no_private_name_is_imported_from_another_module() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {node.module}.{alias.name}"
        for path in sorted((ROOT / "bff").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bff"
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert found == []
