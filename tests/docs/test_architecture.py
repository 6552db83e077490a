"""What the architecture says of rooms and libraries is what is there."""

from __future__ import annotations

import re
import tomllib

from tests.support.documents import ROOT, document, first_cells, section

ARCHITECTURE = document("architecture.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def rows() -> list[list[str]]:
    """Return the rooms of each floor, as the table has them."""
    table = section(ARCHITECTURE, "Rooms").partition("### ")[0]
    return [re.findall(r"`([^`]+)`", cell) for cell in first_cells(table)]


def test_rooms_stand_in_the_order_that_imports_are_checked_by() -> None:
    (contract,) = (c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["name"] == "Imports go down only")
    floors = [set(layer.split(" | ")) for layer in contract["layers"]]
    assert [{name.removesuffix("/").removesuffix(".py") for name in row} for row in rows()] == floors


def test_every_room_is_named_and_no_other() -> None:
    folders = {f"{path.parent.name}/" for path in (ROOT / "bff").glob("*/__init__.py")}
    files = {path.name for path in (ROOT / "bff").glob("*.py")} - {"__init__.py"}
    assert {name for row in rows() for name in row} == folders | files


def test_every_library_is_named_and_no_other() -> None:
    table = section(ARCHITECTURE, "Libraries: adopted and refused").partition("### ")[0]
    named = [name for cell in first_cells(table) for name in re.findall(r"`([^`]+)`", cell)]
    needed = [re.split(r"[><=;]", line)[0].strip() for line in PROJECT["project"]["dependencies"]]
    assert sorted(named) == sorted(needed)


def test_every_decision_says_what_why_and_what_was_refused() -> None:
    decisions = re.findall(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", section(ARCHITECTURE, "Decisions"), re.M | re.S)
    assert len(decisions) > 10
    for title, text in decisions:
        for part in ("Decided", "Why", "Refused"):
            assert text.count(f"- **{part}**: ") == 1, f"{title}: {part}"
