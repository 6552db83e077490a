"""The tables of the storefront's document, as the code has them: `python -m` this writes them into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bff.storefront.fields import documented
from bff.storefront.file import FileRow, SignInRow, shipped_sets
from bff.storefront.parameters import TYPES, ParameterRow
from bff.storefront.reader import examine_text
from bff.storefront.refused import REFUSED
from bff.storefront.row import Row
from tests.support.documents import DOCS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DOCUMENT = DOCS / "storefront.md"
_HEAD = "| property | values | if left out | what becomes of it |\n|---|---|---|---|\n"
_TABLE = r"(?m)^\|.*\n(?:\|.*\n)+"


def tables() -> Mapping[str, str]:
    """Return each table by the heading that it stands below."""
    return {
        "The file": _of(FileRow),
        "Shipped sets": _sets(),
        "Sign-in": _of(SignInRow),
        "Rows": _of(Row),
        "What a shop's own row may not ask": _refused(),
        "Parameters": _of(ParameterRow),
        "Types": _types(),
    }


def with_tables(text: str) -> str:
    """Return a document with the first table below each heading as the code has it."""
    for heading, table in tables().items():
        before, head, rest = text.partition(f"## {heading}\n")
        # Not as a replacement, where a backslash means something.
        first = re.search(_TABLE, rest)
        assert first is not None, heading
        text = before + head + rest[: first.start()] + table + rest[first.end() :]
    return text


def _of(kind: type[DataclassInstance]) -> str:
    rows = [
        f"| `{one.key}` | {_cell(one.values)} | {_cell(one.usual)} | {_cell(one.becomes)} |\n"
        for one in documented(kind)
    ]
    return _HEAD + "".join(rows)


def _sets() -> str:
    return "| set | rows | written from |\n|---|---|---|\n" + "".join(map(_set, shipped_sets()))


def _set(name: str) -> str:
    storefront = examine_text(f"format = 1\nsets = ['{name}']\n").storefront
    return f"| `{name}` | {len(storefront.operations)} | {_cell(storefront.sources[name])} |\n"


def _refused() -> str:
    rows = [f"| `{one.method} {one.upstream}` | {_cell(one.reason)} |\n" for one in REFUSED]
    return "| operation | it |\n|---|---|\n" + "".join(rows)


def _types() -> str:
    rows = [f"| `{one.word}` | {_cell(one.what)} | {'yes' if one.in_path else 'no'} |\n" for one in TYPES.values()]
    return "| type | what it is | in a path |\n|---|---|---|\n" + "".join(rows)


def _cell(text: str) -> str:
    # A bar would end the cell.
    return text.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text("utf-8")), "utf-8")
