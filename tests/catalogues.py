"""Which texts pages show, and whether each catalogue has them; run as a program it brings catalogues up to date."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "bff" / "translations"
METHODS = [("templates/**.html", "jinja2"), ("bff/web/**.py", "python")]
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}


def wanted() -> Catalog:
    """Return every text in templates and page code."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for file, _, message, comments, context in extract_from_dir(
        ROOT, method_map=METHODS, keywords=dict(KEYWORDS), directory_filter=_is_ours
    ):
        # Lines move with every change; the file is enough to find a text by.
        found.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    return found


def _is_ours(folder: str) -> bool:
    return not Path(folder).name.startswith(".") and Path(folder).name not in ("tests", "static", "__pycache__")


def read(path: Path) -> Catalog:
    """Read one catalogue."""
    with path.open("rb") as text:
        return read_po(text, locale=path.stem, abort_invalid=True)


def update(path: Path) -> None:
    """Add what is new, drop what is gone, keep what is translated; guess nothing."""
    catalogue = read(path)
    catalogue.update(wanted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    text = io.BytesIO()
    write_po(text, catalogue, sort_output=True, include_lineno=False, omit_header=False, width=120)
    path.write_bytes(text.getvalue())


if __name__ == "__main__":
    for po in sorted(FOLDER.glob("*.po")):
        update(po)
