"""Finds the line of each value of a TOML text, which the reader of the standard library does not tell.

It judges nothing but numbers and depth: those it bounds before that reader has the text, since long keys cost it
quadratic time and deep values its stack. Up to the first fault of a text both see the same tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bff.storefront.problems import Place

MOST_PARTS_OF_A_KEY: Final = 8
MOST_NESTING: Final = 8
MOST_BARE_CHARACTERS: Final = 200
"""Of a number or a date; Python refuses numbers of thousands of digits without a line."""
MOST_ENTRIES: Final = 1_000
"""Of an array, rows included."""

# No group gives back what it took, so each character is looked at once. A string without an end reaches to where it
# could have ended: the reader says what is wrong with it.
_TOKEN: Final = re.compile(
    r"""
    (?P<newline>\n(?:\s|\#[^\n]*+)*+)
  | (?P<nothing>[^\S\n]++|\#[^\n]*+)
  | (?P<lines>\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z|\\)|'{3}(?:[^']|'(?!''))*+(?:'{3,5}|\Z))
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*+"?|'[^'\n]*+'?)
  | (?P<sign>[\[\]{}=,.])
  | (?P<bare>[^\s\[\]{}=,."'\#]++)
    """,
    re.VERBOSE | re.DOTALL,
)


class TooMuchError(Exception):
    """The text has a key of too many parts, values within values within values, or an array without an end."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line
        self.what = what


@dataclass(slots=True)
class _Container:
    """An array or an inline table whose end has not come yet."""

    place: Place
    entries: int | None
    """How many entries of an array have begun; None: it is a table."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each value, from 1 on."""

    by_place: Mapping[Place, int] = field(default_factory=dict)

    def of(self, place: Place) -> int | None:
        """Return the line of a value; where that is unknown, of what it is in; None: of nothing."""
        while place:
            if (line := self.by_place.get(place)) is not None:
                return line
            place = place[:-1]
        return None


def lines_of(text: str) -> Lines:
    """Find the line of each value.

    :raises TooMuchError: a key has more parts, a value more levels or an array more entries than a file needs
    """
    return Lines(_Reader(text).read())


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._line = 1
        self._lines: dict[Place, int] = {}
        self._tables: dict[Place, int] = {}
        """How many entries each array of tables has."""

    def read(self) -> dict[Place, int]:
        """Return what was found."""
        tokens = self._tokens()
        table: Place = ()
        key: list[str] = []
        for kind, sign in tokens:
            if kind == "newline":
                key.clear()
            elif sign == "[" and not key:
                table = self._header(tokens)
            elif sign == "=":
                self._value(tokens, self._named(table, key))
                key.clear()
            elif kind in ("string", "bare"):
                self._part(key, sign)
        return self._lines

    def _tokens(self) -> Iterator[tuple[str, str]]:
        for found in _TOKEN.finditer(self._text):
            kind, sign = str(found.lastgroup), found.group()
            if kind == "nothing":
                continue
            if kind == "newline":
                # With all empty lines and comments behind it.
                yield kind, sign
                self._line += sign.count("\n")
                continue
            if kind == "bare" and len(sign) > MOST_BARE_CHARACTERS:
                raise TooMuchError(self._line, f"{MOST_BARE_CHARACTERS} characters and more have no quotes around them")
            yield kind, sign
            if kind == "lines":
                self._line += sign.count("\n")

    def _header(self, tokens: Iterator[tuple[str, str]]) -> Place:
        """Read the rest of `[a.b]` or `[[a.b]]`, and return the table that it begins."""
        key: list[str] = []
        is_array = False
        line = self._line
        for kind, sign in tokens:
            if sign == "[" and not key:
                is_array = True
            elif kind in ("string", "bare"):
                self._part(key, sign)
            elif sign != ".":
                break
        place: Place = ()
        for number, part in enumerate(key, 1):
            place = (*place, part)
            if is_array and number == len(key):
                self._tables[place] = self._counted(self._tables.get(place, 0))
            self._lines.setdefault(place, line)
            if place in self._tables:
                place = (*place, self._tables[place] - 1)
                self._lines.setdefault(place, line)
        return place

    def _part(self, key: list[str], sign: str) -> None:
        if len(key) == MOST_PARTS_OF_A_KEY:
            raise TooMuchError(self._line, f"a key has more than {MOST_PARTS_OF_A_KEY} parts")
        key.append(_unquoted(sign))

    def _counted(self, before: int) -> int:
        if before == MOST_ENTRIES:
            raise TooMuchError(self._line, f"there are more than {MOST_ENTRIES:,} entries here")
        return before + 1

    def _named(self, table: Place, key: list[str]) -> Place:
        place = table
        for part in key:
            place = (*place, part)
            self._lines.setdefault(place, self._line)
        return place

    def _value(self, tokens: Iterator[tuple[str, str]], place: Place) -> None:
        """Read a value to its end, which is the line's unless a bracket is open."""
        within: list[_Container] = []
        key: list[str] = []
        for kind, sign in tokens:
            inner = within[-1] if within else None
            is_key = inner is not None and inner.entries is None and place == inner.place
            if kind == "newline":
                if inner is None:
                    return
            elif sign in ("]", "}"):
                if inner is None:
                    return
                place = inner.place
                within.pop()
            elif sign == ",":
                key.clear()
                if inner is not None:
                    place = inner.place
            elif is_key:
                if sign == "=" and inner is not None:
                    place = self._named(inner.place, key)
                elif kind in ("string", "bare"):
                    self._part(key, sign)
            else:
                if inner is not None and inner.entries is not None and place == inner.place:
                    place = (*inner.place, inner.entries)
                    self._lines.setdefault(place, self._line)
                    inner.entries = self._counted(inner.entries)
                if sign in ("[", "{"):
                    if len(within) == MOST_NESTING:
                        raise TooMuchError(self._line, f"values are nested more than {MOST_NESTING} levels deep")
                    within.append(_Container(place, 0 if sign == "[" else None))
                    key = []


def _unquoted(sign: str) -> str:
    if sign[0] not in "\"'":
        return sign
    if "\\" not in sign or sign[0] == "'":
        return sign[1:-1]
    try:
        return str(json.loads(sign))
    except ValueError:
        # An escape that JSON does not have: nobody writes one in a name, and the line is that of the table then.
        return sign
