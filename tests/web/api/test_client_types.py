"""The types of `bff.js`, as TypeScript's strict check sees them: what is right compiles, and each mistake is found."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bff.commands.js import MODULE, TYPES, filled_in, published
from bff.config.settings import Settings
from bff.operations.table import OPERATIONS
from bff.web.api.description.document import describe
from bff.web.api.typescript import declarations
from bff.web.assets import asset_folder
from tests.support.api_description import settings
from tests.support.declared_rows import DECLARED_ROWS
from tests.support.documents import ROOT
from tests.support.storefront import every_set, written

FOLDER = ROOT / "tests" / "typescript"
COMPILER = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
SETTINGS = "tsconfig.json"
RIGHT = "usage.ts"
WRONG = "wrong.ts"
DECLARED = "declared.ts"
_REPORTED = re.compile(r"^(\S+)\((\d+),\d+\): error (TS\d+)", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder as a shop's: the module, its types, and what is written with them."""
    static = asset_folder("static")
    for path in (static / MODULE, static / TYPES, *(FOLDER / name for name in (RIGHT, WRONG, SETTINGS))):
        shutil.copy(path, tmp_path)
    return tmp_path


def compiled(project: Path, *files: str) -> tuple[int, str]:
    node = shutil.which("node")
    assert node is not None, "node is missing: tests/run says how to get it"
    assert COMPILER.exists(), f"{COMPILER} is missing: tests/run installs it"
    settings = json.loads((project / SETTINGS).read_text()) | {"files": files}
    (project / SETTINGS).write_text(json.dumps(settings))
    command = [node, str(COMPILER), "--strict", "--noEmit", "-p", "."]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=240)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_types_and_what_is_written_with_them_compile(project: Path) -> None:
    assert compiled(project, TYPES, RIGHT) == (0, "")


def test_methods_of_declared_rows_compile_as_a_shop_writes_them(project: Path) -> None:
    table = {**OPERATIONS, **DECLARED_ROWS}
    document = describe(settings(EMPORIX_SITE="main", EMPORIX_SITES="de,x.y"), table)
    (project / TYPES).write_text(declarations((project / TYPES).read_text(), document))
    shutil.copy(FOLDER / DECLARED, project)
    assert compiled(project, TYPES, RIGHT, DECLARED) == (0, "")
    used = set(re.findall(r"bff\.(\w+)\(", (FOLDER / DECLARED).read_text()))
    assert {route.client_name for row in DECLARED_ROWS.values() for route in row.routes} - used == {"guestCart"}


def test_methods_of_every_shipped_set_compile(project: Path, tmp_path: Path) -> None:
    storefront = written(tmp_path, every_set())
    files = published(Settings.from_env(filled_in({"BFF_STOREFRONT": str(storefront), "EMPORIX_SITE": "main"})))
    for name, text in files.items():
        (project / name).write_text(text)
    assert compiled(project, TYPES, RIGHT) == (0, "")
    methods = re.findall(r"^  (\w+): \"[A-Z]+ /api/", files[MODULE], re.MULTILINE)
    assert len(methods) == len(set(methods)) > 150
    declared = re.search(r"^export interface Operations \{\n(.*?)^\}", files[TYPES], re.MULTILINE | re.DOTALL)
    assert declared is not None
    assert set(re.findall(r"^  (\w+)\(", declared[1], re.MULTILINE)) == set(methods)


def test_each_mistake_is_found_where_it_is_and_nothing_else(project: Path) -> None:
    lines = (project / WRONG).read_text().splitlines()
    marked = ((number, re.search(r"// (TS\d+)$", line)) for number, line in enumerate(lines, 1))
    planted = {(WRONG, number, found[1]) for number, found in marked if found}
    assert len(planted) > 30
    status, told = compiled(project, WRONG)
    assert status != 0
    assert {(file, int(line), code) for file, line, code in _REPORTED.findall(told)} == planted, told
