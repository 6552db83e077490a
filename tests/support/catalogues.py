"""Which texts pages show, and whether each catalogue has them; run as a program it brings catalogues up to date.

`python -m tests.support.catalogues` does so for every catalogue there is; with `fr` behind it, it makes or updates one.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "bff" / "translations"
METHODS = [("templates/**.html", "jinja2"), ("bff/web/**.py", "python")]
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
# Of our own making: Babel's has its version and the time of day in it, and every run would change the file.
_HEADER = r"""msgid ""
msgstr ""
"Project-Id-Version: emporix-bff\n"
"Language: {language}\n"
"Plural-Forms: {plural_forms}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


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


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as it stands in its file: by text, and nothing in it that differs from run to run."""
    header = _HEADER.format(language=catalogue.locale_identifier, plural_forms=catalogue.plural_forms)
    text = io.BytesIO(header.encode())
    text.seek(0, io.SEEK_END)
    write_po(text, catalogue, sort_output=True, include_lineno=False, omit_header=True, width=120)
    return text.getvalue()


def update(path: Path) -> None:
    """Add what is new, drop what is gone, keep what is translated; guess nothing. A missing catalogue is made."""
    catalogue = read(path) if path.exists() else Catalog(locale=path.stem, charset="utf-8", fuzzy=False)
    catalogue.update(wanted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    path.write_bytes(written(catalogue))


if __name__ == "__main__":
    for po in [FOLDER / f"{language}.po" for language in sys.argv[1:]] or sorted(FOLDER.glob("*.po")):
        update(po)
