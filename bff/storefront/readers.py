"""How a value of the file is written: one reader for each kind; none repeats the value in what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import Enum
from typing import Any, Final, TypeVar

from bff.config.environment import UnacceptableError
from bff.config.parsers import UNIT_SECONDS
from bff.config.settings import Rate
from bff.storefront.problems import listed

E = TypeVar("E", bound=Enum)

_MOST_NAMES: Final = 50
_RATE: Final = re.compile(r"([0-9]{1,7})/(minute|hour)")


def text(pattern: str, what: str) -> Callable[[Any], str]:
    """Make a reader of text that matches as a whole; `what` says what is expected, after 'must be'."""
    compiled = re.compile(pattern)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise UnacceptableError(f"must be {what}")
        return value

    return read


def switch(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise UnacceptableError("must be true or false")
    return value


def whole(lowest: int, highest: int) -> Callable[[Any], int]:
    """Make a reader of whole numbers in a range, ends included."""
    what = f"{lowest}" if lowest == highest else f"a whole number from {lowest:,} to {highest:,}"

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise UnacceptableError(f"must be {what}")
        return value

    return read


def seconds(highest: int) -> Callable[[Any], float]:
    """Make a reader of times in seconds, more than none."""

    def read(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= highest:
            raise UnacceptableError(f"must be a number of seconds above 0 and up to {highest}")
        return float(value)

    return read


def word(options: Collection[str]) -> Callable[[Any], str]:
    """Make a reader of one of some words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise UnacceptableError(f"must be {listed(options)}")
        return value

    return read


def choice(options: type[E]) -> Callable[[Any], E]:
    """Make a reader of one of an enum's words."""
    by_word = {option.value: option for option in options}

    def read(value: Any) -> E:
        if not isinstance(value, str) or value not in by_word:
            raise UnacceptableError(f"must be {listed(by_word)}")
        return by_word[value]

    return read


def names(pattern: str, what: str, *, most: int = _MOST_NAMES) -> Callable[[Any], tuple[str, ...]]:
    """Make a reader of an array of names, none of them twice."""
    one = text(pattern, what)

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise UnacceptableError(f"must be an array of at most {most} strings")
        try:
            found = tuple(one(item) for item in value)
        except UnacceptableError:
            raise UnacceptableError(f"must be an array of strings, each {what}") from None
        if len(set(found)) < len(found):
            raise UnacceptableError("names something twice")
        return found

    return read


def table(value: Any) -> dict[str, Any]:
    """Read a table; what is in it is read elsewhere."""
    if not isinstance(value, dict):
        raise UnacceptableError("must be a table")
    return value


def rate(value: Any) -> Rate:
    """Read `n/minute` or `n/hour`."""
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) < 1:
        raise UnacceptableError("must be a number above 0, '/', and minute or hour")
    return Rate(count=int(match[1]), window_seconds=UNIT_SECONDS[match[2]])
