"""Files of further operations, written for a test: one sound row, and what changes it."""

from __future__ import annotations

from pathlib import Path

from bff.storefront.file import shipped_sets

FILE = "format = 1\n"
ROW = {
    "name": '"delivery_windows"',
    "summary": '"List when a cart can be delivered"',
    "method": '"GET"',
    "upstream": '"/shipping/{tenant}/windows"',
    "bearer": '"visitor"',
    "answer": '"array"',
}
"""A sound row: each property as it is written."""


def row(**changes: str | None) -> str:
    """Return the row's text; a change replaces, adds, or takes away (None)."""
    said = {**ROW, **changes}
    return "[[route]]\n" + "".join(f"{key} = {value}\n" for key, value in said.items() if value is not None)


def changed(**changes: str | None) -> str:
    """Return a file of that one row."""
    return FILE + row(**changes)


def every_set() -> str:
    """Return a file of all shipped sets."""
    return f"{FILE}sets = {list(shipped_sets())}\n"


def written(folder: Path, text: str | bytes) -> Path:
    """Write a file, and return its path."""
    path = folder / "storefront.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
