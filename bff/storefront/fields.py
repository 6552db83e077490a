"""Declare what a table of the file may hold; what reads and checks it is what the documents are written from.

A property is a field of a frozen dataclass, declared with `needed` or `given`, which put beside it how it is read, what
may be written and what becomes of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from bff.config.environment import UnacceptableError
from bff.storefront.document import Document
from bff.storefront.problems import Place, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
D = TypeVar("D")
B = TypeVar("B", bound="DataclassInstance")

Reader = Callable[[Any], T]
_NEEDED: Final = "needed"
_MOST_COMPARED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """One property, as the documents show it."""

    key: str
    values: str
    usual: str
    becomes: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[B]):
    """A table that was read."""

    values: B
    wrong: frozenset[str]
    """Which of its properties are missing or wrong, and hold a stand-in."""


def needed(read: Reader[T], *, values: str, becomes: str, example: str, key: str = "") -> T:
    """Declare a property that has to be there.

    :param key: how it is written, where Python has another use for the word
    """
    declared: T = field(metadata=_metadata(read, key, values, _NEEDED, becomes, example))
    return declared


def given(read: Reader[T], *, unset: D, usual: str, values: str, becomes: str, example: str, key: str = "") -> T | D:
    """Declare a property that may be left out; `usual` says what counts then."""
    metadata = _metadata(read, key, values, usual, becomes, example)
    if isinstance(unset, dict):
        # One for each: a dataclass shares no default that can be changed.
        new: Callable[[], Any] = dict
        declared: T = field(default_factory=new, metadata=metadata)
        return declared
    return field(default=unset, metadata=metadata)


def _metadata(read: Reader[Any], key: str, values: str, usual: str, becomes: str, example: str) -> dict[str, Any]:
    return {"read": read, "key": key, "values": values, "usual": usual, "becomes": becomes, "example": example}


def documented(kind: type[DataclassInstance]) -> list[Documented]:
    """Return what a table may hold, in the order in which it is declared."""
    return [
        Documented(
            key=_key(declared),
            values=declared.metadata["values"],
            usual=declared.metadata["usual"],
            becomes=declared.metadata["becomes"],
            example=declared.metadata["example"],
        )
        for declared in fields(kind)
    ]


def example_of(kind: type[DataclassInstance], name: str) -> str:
    """Return how a property may be written."""
    return next(one.example for one in documented(kind) if one.key == name)


def read_table(kind: type[B], table: Mapping[str, Any], at: Place, document: Document) -> Table[B]:
    """Read a table, and tell everything that is wrong with its properties, each by itself."""
    declared_by_key = _declared(kind)
    wrong: set[str] = set()
    read: dict[str, Any] = {}
    for number, key in enumerate(key for key in table if key not in declared_by_key):
        if document.problems.are_too_many:
            break
        # To compare words takes its time, and who has many of them has not misspelt them.
        alike = difflib.get_close_matches(key, declared_by_key, n=1) if number < _MOST_COMPARED else []
        meant = f"; did you mean {alike[0]}?" if alike else ""
        likely = declared_by_key[alike[0]] if alike else next(iter(declared_by_key.values()))
        document.problem((*at, key), f"{shown(key)} is not known here{meant}", likely.metadata["example"])
    for key, declared in declared_by_key.items():
        if declared.default_factory is not MISSING:
            read[declared.name] = declared.default_factory()
        else:
            read[declared.name] = None if declared.default is MISSING else declared.default
        if key not in table:
            if declared.metadata["usual"] == _NEEDED:
                wrong.add(key)
                document.problem(at, f"{key} is missing", declared.metadata["example"])
            continue
        try:
            read[declared.name] = declared.metadata["read"](table[key])
        except UnacceptableError as error:
            wrong.add(key)
            document.problem((*at, key), f"{key} {error}", declared.metadata["example"])
    return Table(values=kind(**read), wrong=frozenset(wrong))


@cache
def _declared(kind: type[DataclassInstance]) -> Mapping[str, Any]:
    return {_key(declared): declared for declared in fields(kind)}


def _key(declared: Any) -> str:
    return str(declared.metadata["key"] or declared.name)
