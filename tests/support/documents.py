"""The project's documents as text: sections, tables, links, and the rules by which GitHub names a heading's anchor."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "bff" / "docs"
DOCUMENTS = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))

NOT_YET: frozenset[str] = frozenset()
"""Named by the documents before they are built. A test fails as soon as one is there, so that it leaves this list."""

_FENCE = re.compile(r"^```.*?^```\n?", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")


def document(name: str) -> str:
    """Return the text of one of `bff/docs/`."""
    return (DOCS / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, its own sub-sections included.

    :raises AssertionError: there is no such heading, or more than one
    """
    found = re.findall(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |^(?!\1#)#+ |\Z)", _fences_blanked(text), re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, heading
    start = re.search(rf"^#+ {re.escape(heading)}\n", text, re.MULTILINE)
    assert start is not None
    return text[start.end() : start.end() + len(found[0][1])]


def first_cells(text: str) -> list[str]:
    """Return the first cell of every row of the tables in a text, without headings."""
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]


def code_in(text: str) -> list[str]:
    """Return every `code` span outside of fenced blocks."""
    return _CODE.findall(without_fences(text))


def without_fences(text: str) -> str:
    """Return a text without its fenced blocks."""
    return _FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of a text's headings."""
    headings = re.findall(r"^#+ (.+)$", without_fences(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def tracked() -> list[str]:
    """Return the path of every file of the project that git knows, and of those that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(path for path in listed.splitlines() if (ROOT / path).is_file())


def _fences_blanked(text: str) -> str:
    # Of the same length, so that a place in the one is the same place in the other.
    return _FENCE.sub(lambda fence: re.sub(r"[^\n]", "-", fence.group()), text)
