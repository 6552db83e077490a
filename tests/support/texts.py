"""Every text that the pages can show, all languages side by side, for somebody who reads them aloud.

Run as a program it prints the list; it changes nothing, and says of no text whether it is good.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from markupsafe import Markup

from bff.web.language import SOURCE
from tests.support.catalogues import FOLDER, read, wanted

_MISSING = "(not translated)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text: what it is in each language, and the files that show it."""

    files: tuple[str, ...]
    forms: tuple[tuple[str, str], ...]
    """Language and words; a text that counts something has one more of these for each further number."""

    @property
    def place(self) -> str:
        """The file to list it under: the first of those that show it."""
        return self.files[0]


def texts(folder: Path = FOLDER) -> list[Text]:
    """Return all texts, those of a file together and in their order there."""
    catalogues = {path.stem: read(path) for path in sorted(folder.glob("*.po"))}
    found = [_text(message, catalogues) for message in wanted() if message.id]
    order = {file: number for number, file in enumerate(sorted({text.place for text in found}))}
    return sorted(found, key=lambda text: order[text.place])


def _text(message: Message, catalogues: dict[str, Catalog]) -> Text:
    translated = {language: catalogue.get(message.id) for language, catalogue in catalogues.items()}
    forms = [(SOURCE, form) for form in _forms(message.id)]
    forms += [
        (language, form or _MISSING)
        for language, one in translated.items()
        for form in (_forms(one.string) if one is not None else ("",))
    ]
    return Text(files=tuple(sorted({file for file, _ in message.locations})), forms=tuple(forms))


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def lines(found: Sequence[Text]) -> Iterator[str]:
    """Return the list as plain text."""
    place = None
    for text in found:
        if text.place != place:
            place = text.place
            yield f"\n== {place}"
        yield ""
        yield from (f"{language}  {form}" for language, form in text.forms)
        if text.files[1:]:
            yield f"    also in {', '.join(text.files[1:])}"


_PAGE = Markup("""<!doctype html>
<html lang="{source}"><meta charset="utf-8"><title>Texts</title>
<style>body {{ font: 1rem/1.4 sans-serif }} table {{ border-collapse: collapse; width: 100% }}
td, th {{ border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top }}
td {{ width: {width}% }}</style>
<h1>{number} texts</h1>
<table><thead><tr>{languages}<th>Files</th></tr></thead>
{rows}</table>
""")


def page(found: Sequence[Text]) -> str:
    """Return the list as an HTML page, a column a language."""
    languages = list(dict.fromkeys(language for text in found for language, _ in text.forms))
    cell = Markup('<td lang="{}">{}</td>')
    rows = []
    for text in found:
        cells = [
            cell.format(language, Markup("<br>").join(form for spoken, form in text.forms if spoken == language))
            for language in languages
        ]
        rows.append(Markup("<tr>{}<td>{}</td></tr>\n").format(Markup("").join(cells), ", ".join(text.files)))
    heads = Markup("").join(Markup("<th>{}</th>").format(language) for language in languages)
    return _PAGE.format(
        source=SOURCE,
        width=80 // max(1, len(languages)),
        number=len(found),
        languages=heads,
        rows=Markup("").join(rows),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(prog="tests/texts/print", description=__doc__.partition("\n")[0])
    parser.add_argument("--page", action="store_true", help="print an HTML page, a column a language")
    parser.add_argument("words", nargs="*", help="only texts in which all of these stand, in any language")
    asked = parser.parse_args(arguments)
    shown = [
        text
        for text in texts()
        if all(any(word.lower() in form.lower() for _, form in text.forms) for word in asked.words)
    ]
    if asked.page:
        sys.stdout.write(page(shown))
        return
    for line in lines(shown):
        print(line)


if __name__ == "__main__":
    main()
