"""A value that must not be shown: tokens, passwords, keys, mailed tokens.

Wrapping is not encryption. It makes the accident loud: `repr`, `str`, `format` and pickling show nothing, so
a log line, an exception text or a template that meets a secret prints three stars.
"""

from __future__ import annotations

import hmac
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T", str, bytes)

HIDDEN = "***"


class Secret(Generic[T]):
    """Hold one secret value; only `reveal()` gives it back."""

    __slots__ = ("_value",)

    _value: T

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value itself; the caller answers for where it goes."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, so that a comparison tells nothing about the value."""
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = self._value, other._value
        return type(mine) is type(theirs) and hmac.compare_digest(_as_bytes(mine), _as_bytes(theirs))

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        """Raise `TypeError`, always: a pickle or a copy could be written out."""
        raise TypeError("a secret is not serialised")


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
