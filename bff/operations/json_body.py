"""Read a request body as JSON (RFC 8259), more strictly than Python's own reader does.

It refuses what two parsers could read differently (RFC 8259 section 4, RFC 7493 sections 2.1 to 2.3): property names
given twice, NaN and Infinity, lone surrogates, a byte order mark; and what could exhaust the machine: deep nesting,
endless numbers. Every refusal is an `InvalidInput`, and none repeats a value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn, TypeAlias

from bff.errors import Detail, InvalidInput

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
"""What a JSON text can say."""

MAX_NESTING = 32
"""Levels of arrays and objects, the outermost one counted."""

MAX_NUMBER_CHARACTERS = 100
"""Longer than any number that survives a double; Python converts long ones in quadratic time."""

MAX_SHOWN_NAME_CHARACTERS = 64

# The closing quote is optional so that an unterminated string matches too: a search that fails there would
# start anew at each escaped quote, in quadratic time. `*+` never gives back what it took.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)

_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(body: bytes) -> JsonValue:
    """Return what the body says.

    :raises InvalidInput: it is not UTF-8, not JSON, or ambiguous; nothing else is ever raised
    """
    text = _decoded(body)
    if not text.strip():
        _refuse("the body is empty, a JSON text is expected", "missing_value")
    _check_nesting(text)
    value = _read(text)
    for string in _strings(value):
        if _SURROGATE.search(string):
            _refuse("a string holds half of a surrogate pair, which is no character")
    return value


def printable_name(name: str) -> str | None:
    """Return a property name that the client chose if it can be shown, None if it is long or unprintable."""
    return name if 0 < len(name) <= MAX_SHOWN_NAME_CHARACTERS and name.isprintable() else None


def _decoded(body: bytes) -> str:
    text = None
    # Refused out here, or the reader's exception, which holds the whole body, would be the context of ours.
    with suppress(UnicodeDecodeError):
        text = body.decode("utf-8")
    if text is None:
        _refuse("the body is not valid UTF-8")
    if text.startswith("\ufeff"):
        _refuse("the body must not begin with a byte order mark")
    return text


def _check_nesting(text: str) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        first = match.group()[0]
        if first in "[{":
            depth += 1
            if depth > MAX_NESTING:
                _refuse(f"arrays and objects must not be nested more than {MAX_NESTING} levels deep")
        elif first in "]}":
            depth -= 1


def _read(text: str) -> JsonValue:
    value: JsonValue = None
    wrong_at: str | None = None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        wrong_at = f"line {error.lineno}, column {error.colno}"
    if wrong_at is not None:
        # Out here the reader's exception is not even the context of ours: its `doc` is the whole body.
        _refuse(f"the body is not valid JSON ({wrong_at})")
    return value


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for name, value in pairs:
        if name in found:
            shown = printable_name(name)
            which = f'the property "{shown}"' if shown is not None else "a property"
            _refuse(f"{which} is given more than once in one object")
        found[name] = value
    return found


def _integer(digits: str) -> JsonValue:
    _check_number(digits)
    return int(digits)


def _number(digits: str) -> JsonValue:
    _check_number(digits)
    value = float(digits)
    if math.isinf(value):
        _refuse("a number is too large")
    return value


def _check_number(digits: str) -> None:
    if len(digits) > MAX_NUMBER_CHARACTERS:
        _refuse(f"a number must be at most {MAX_NUMBER_CHARACTERS} characters long")


def _constant(name: str) -> NoReturn:
    _refuse("NaN and Infinity are not JSON")


def _strings(value: JsonValue) -> Iterator[str]:
    # Not by recursion: every string would then be handed up through each level.
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, list):
            waiting += inner
        elif isinstance(inner, dict):
            yield from inner
            waiting += inner.values()


def _refuse(message: str, type: str = "invalid_value") -> NoReturn:
    raise InvalidInput(Detail(message=message, type=type)) from None
