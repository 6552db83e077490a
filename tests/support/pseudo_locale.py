"""A language that shows itself: each of its texts stands in brackets, so that whatever stands outside is no text of a
catalogue.

Placeholders and tags stay outside of the brackets: what is filled in is looked at too.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog

from tests.support.catalogues import wanted, written

OPEN, CLOSE = "⟦", "⟧"
_KEPT = re.compile(r"(%\(\w+\)[sd]|<[^>]+>)")
_MARKED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_SPOKEN = frozenset(
    {"alt", "title", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "placeholder", "label"}
)
_BUTTONS = frozenset({"submit", "button", "reset", "image"})
_NOT_SHOWN = frozenset({"script", "style"})
_NO_END = frozenset({"meta", "link", "input", "br", "img", "hr", "wbr"})
_NAMES_A_FIELD = frozenset(
    {
        *("shows", "session", "token-header", "headers", "method", "path", "place", "slot"),
        *("site", "sites", "currency", "country"),
    }
)
"""What of `data-…` names a field, a header, a path or a code, and is read by scripts alone."""


def parts(message: str) -> list[str]:
    """Return the texts between a message's placeholders and tags."""
    return [part for part in _KEPT.split(message)[::2] if _has_letters(part)]


def marked(message: str) -> str:
    """Return a message in the pseudo-locale."""
    return "".join(
        part if number % 2 or not _has_letters(part) else f"{OPEN}{part}{CLOSE}"
        for number, part in enumerate(_KEPT.split(message))
    )


def write_catalogue(folder: Path, language: str = "en") -> None:
    """Write the pseudo-locale as the catalogue of a language."""
    catalogue = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for message in wanted():
        if message.id:
            one = message.id if isinstance(message.id, str) else None
            translated = marked(one) if one is not None else tuple(marked(form) for form in message.id)
            catalogue.add(message.id, translated)
    (folder / f"{language}.po").write_bytes(written(catalogue))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing of a page that somebody reads or hears."""

    text: str
    within: str
    """The element, or the element and its attribute."""
    option: tuple[str, str] | None = None
    """For an option: its field's name and its own value."""

    @property
    def marks(self) -> list[str]:
        """Its texts from the catalogue."""
        return _MARKED.findall(self.text)

    def unmarked(self, data: Container[str]) -> list[str]:
        """Return what of it is neither from the catalogue nor data nor free of letters."""
        pieces = (re.sub(r"\s+", " ", piece).strip(" -·.") for piece in _MARKED.split(self.text)[::2])
        return [part for piece in pieces for part in piece.split(", ") if _has_letters(part) and part not in data]


def shown(html: str) -> list[Shown]:
    """Return everything of a page that somebody reads or hears, but for code and for what says its own language."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Shown] = []
        self._open: list[str] = []
        self._foreign: list[bool] = []
        """For each open element, whether it is not for the catalogues."""
        self._select = ""
        self._value = ""
        self._goes_on = False
        """A word goes on that a browser may break here."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        is_foreign = tag != "html" and ("lang" in attributes or attributes.get("translate") == "no")
        is_foreign = is_foreign or self._is_foreign
        self._goes_on = tag == "wbr"
        if tag not in _NO_END:
            self._open.append(tag)
            self._foreign.append(is_foreign)
        if tag == "select":
            self._select = attributes.get("name", "")
        elif tag == "option":
            self._value = attributes.get("value", "")
        for name, value in () if is_foreign else self._spoken(tag, attributes):
            self.found.append(Shown(text=value, within=f"{tag}[{name}]"))

    def _spoken(self, tag: str, attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
        for name, value in attributes.items():
            if (
                name in _SPOKEN
                or (name.startswith("data-") and name.removeprefix("data-") not in _NAMES_A_FIELD)
                or (name == "value" and tag == "input" and attributes.get("type") in _BUTTONS)
                or (name == "content" and attributes.get("name") == "description")
            ):
                yield name, value

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open:
            self._foreign.pop()
            if self._open.pop() == tag:
                break

    @property
    def _is_foreign(self) -> bool:
        return bool(self._foreign and self._foreign[-1])

    def handle_data(self, data: str) -> None:
        within = self._open[-1] if self._open else ""
        if data.strip() and within not in _NOT_SHOWN and not self._is_foreign:
            option = (self._select, self._value) if within == "option" else None
            if self._goes_on:
                data = self.found.pop().text + data
            self.found.append(Shown(text=data, within=within, option=option))
        self._goes_on = False


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)
