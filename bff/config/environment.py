"""Declare which variable a setting comes from, read all of them, and remember everything that is wrong.

A setting is a field of a frozen dataclass, declared with `required`, `setting` or `optional`, which put the
variable's name, its parser and an example beside the field; `Environment.branch` reads such a dataclass. It knows
nothing of what the variables mean: `bff.config.model` says that, with parsers from `bff.config.parsers`. A problem
never stops the reading, so that an operator sees all of them at once. No text made here holds a value that may be a
secret: neither of a variable read as one, nor anything out of a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bff.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
D = TypeVar("D")
B = TypeVar("B", bound="DataclassInstance")

FILE_SUFFIX: Final = "_FILE"
LONGEST_ECHO: Final = 40
LONGEST_FILE_BYTES: Final = 64 * 1024


class UnacceptableError(ValueError):
    """Raised by a parser; its text says what is wrong with a value without repeating the value."""


def required(name: str, parse: Callable[[str], T], *, example: str, echo: bool = True) -> T:
    """Declare a setting that the environment has to hold.

    :param echo: here and below: whether a wrong value may be shown; False where it may hold a secret
    """
    declared: T = field(metadata={"name": name, "parse": parse, "example": example, "echo": echo, "required": True})
    return declared


def setting(name: str, parse: Callable[[str], T], default: str, *, echo: bool = True) -> T:
    """Declare a setting with a default, written as in the environment; the default is the example too."""
    return field(default=parse(default), metadata={"name": name, "parse": parse, "example": default, "echo": echo})


def optional(
    name: str, parse: Callable[[str], T], *, unset: D, example: str, lines: bool = False, echo: bool = True
) -> T | D:
    """Declare a setting whose default, `unset`, cannot be written in the environment, as None cannot.

    :param lines: here and below: whether the value may have several lines
    """
    metadata = {"name": name, "parse": parse, "example": example, "lines": lines, "echo": echo}
    return field(default=unset, metadata=metadata)


class Environment:
    """The variables, and what was found wrong with them so far."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._asked_for: set[str] = set()
        self._problems: list[Problem] = []

    def read(
        self,
        name: str,
        parse: Callable[[str], T],
        *,
        default: T,
        example: str,
        required: bool = False,
        echo: bool = True,
        lines: bool = False,
    ) -> T:
        """Parse one variable, or the file that its `_FILE` form names.

        :param default: for an unset variable; where it is `required` or wrong, a stand-in that never leaves this
            room, since `finish` raises
        """
        self._asked_for.add(name)
        value = ""
        try:
            value = self._value(name, lines=lines)
            if value:
                return parse(value)
            if required:
                raise UnacceptableError(f"is not set, and neither is {name}{FILE_SUFFIX}")
        except UnacceptableError as error:
            may_be_shown = echo and 0 < len(value) <= LONGEST_ECHO and not self._variables.get(name + FILE_SUFFIX)
            self.problem(name, str(error), example, got=value if may_be_shown else None)
        return default

    def branch(self, kind: type[B], **given: Any) -> B:
        """Make a dataclass of the variables that its fields declare.

        :param given: the fields that declare none, and defaults that had to be computed
        """
        values = dict(given)
        for declared in fields(kind):
            if declared.metadata:
                default = given.get(declared.name, "" if declared.default is MISSING else declared.default)
                values[declared.name] = self.read(default=default, **declared.metadata)
        return kind(**values)

    def is_set(self, name: str) -> bool:
        """Tell whether a variable or its `_FILE` form has a value; empty counts as unset."""
        self._asked_for.add(name)
        return bool(self._variables.get(name) or self._variables.get(name + FILE_SUFFIX))

    def problem(self, name: str, what: str, example: str, *, got: str | None = None) -> None:
        """Remember one more thing that is wrong."""
        self._problems.append(Problem(variable=name, what=what, example=example, got=got))

    def finish(self, *prefixes: str) -> tuple[str, ...]:
        """Stop here if anything was wrong; else return the warnings. Call it last.

        A warning is made for each variable with one of the prefixes that was neither read nor asked after.

        :raises ConfigurationError: a variable is missing or wrong; holds every problem found, and the warnings
        """
        known = sorted(self._asked_for | {name + FILE_SUFFIX for name in self._asked_for})
        warnings = tuple(
            _warning(name, known) for name in sorted(self._variables) if name.startswith(prefixes) and name not in known
        )
        if self._problems:
            raise ConfigurationError(tuple(self._problems), warnings)
        return warnings

    def _value(self, name: str, *, lines: bool) -> str:
        value = self._variables.get(name, "")
        file_name = self._variables.get(name + FILE_SUFFIX, "")
        if value and file_name:
            raise UnacceptableError(f"is set, and so is {name}{FILE_SUFFIX}: keep one of them")
        value = _content(name, file_name) if file_name else value
        if not (value.replace("\r\n", "\n").replace("\n", "") if lines else value).isprintable():
            raise UnacceptableError("holds a line break or another character that cannot be printed")
        return value


def _content(name: str, file_name: str) -> str:
    variable = name + FILE_SUFFIX
    try:
        with Path(file_name).open("rb") as file:
            content = file.read(LONGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name. The name itself stays unsaid: an operator may have put the secret there.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a file name"
        raise UnacceptableError(f"the file that {variable} names cannot be read: {reason}") from None
    if len(content) > LONGEST_FILE_BYTES:
        raise UnacceptableError(f"the file that {variable} names is longer than {LONGEST_FILE_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise UnacceptableError(f"the file that {variable} names is not UTF-8") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise UnacceptableError(f"the file that {variable} names is empty")
    return text


def _warning(name: str, known: list[str]) -> str:
    shown = name if name.isprintable() else ascii(name)
    alike = difflib.get_close_matches(name, known, n=1)
    return f"{shown} is not a known variable" + (f"; did you mean {alike[0]}?" if alike else "")
