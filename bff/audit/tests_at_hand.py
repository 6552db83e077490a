"""The tests of a checkout, by name: beside the package, or in the folder that an installed one is called in.

They are read, not run: running them is what the test suite is for. A name that no test has proves nothing.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

BESIDE_THE_PACKAGE: Final = Path(__file__).resolve().parents[2]
"""The checkout, where the package runs from one; the folder of all packages, where it is installed."""
_PROJECT: Final = "emporix-bff"


class TestsAtHand:
    """The names of the tests below one folder; a file is read when one of its tests is asked for."""

    __test__ = False
    """Keeps pytest from collecting this class, whose name begins with `Test`."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self._known: dict[str, Mapping[str, frozenset[str]]] = {}

    def __contains__(self, node_id: object) -> bool:
        """Tell whether a test exists: `tests/test_x.py[::TestZ]::test_y`; a case in brackets behind it is ignored."""
        path, *names = str(node_id).partition("[")[0].split("::")
        if not names or not path.startswith("tests/"):
            return False
        known = self._names(path)
        if len(names) == 1:
            return any(names[0] in inside for inside in known.values())
        return len(names) == 2 and names[1] in known.get(names[0], ())

    def _names(self, path: str) -> Mapping[str, frozenset[str]]:
        if path not in self._known:
            file = self._checkout / path
            is_test = file.name.startswith("test_") and file.suffix == ".py" and ".." not in file.parts
            self._known[path] = _names_in(file.read_text(encoding="utf-8")) if is_test and file.is_file() else {}
        return self._known[path]

    @cached_property
    def count(self) -> int:
        """How many test functions there are."""
        paths = (file.relative_to(self._checkout).as_posix() for file in self._checkout.glob("tests/**/test_*.py"))
        return sum(len(inside) for path in paths for inside in self._names(path).values())


def find_tests(*folders: Path) -> TestsAtHand | None:
    """Return the tests of the first folder that is a checkout of this project; None where none of them is."""
    for folder in folders:
        if _is_ours(folder) and (folder / "tests").is_dir():
            return TestsAtHand(folder)
    return None


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder's `pyproject.toml` names this project: a folder `tests` alone may be of any other.

    A file that cannot be read counts as another project's.
    """
    try:
        told = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    project = told.get("project")
    return isinstance(project, dict) and project.get("name") == _PROJECT


def _names_in(source: str) -> Mapping[str, frozenset[str]]:
    """Return the tests of a file by the class that holds them; those of no class under an empty name."""
    tree = ast.parse(source)
    found = {"": _tests(tree.body)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found[node.name] = _tests(node.body)
    # Hypothesis makes a state machine's test case by an assignment: `TestSession = Machine.TestCase`.
    made = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == "TestCase"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for name in made:
        found[name] = frozenset({name, "runTest"})
    return found


def _tests(body: list[ast.stmt]) -> frozenset[str]:
    return frozenset(
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )
