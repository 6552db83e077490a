"""Read environment variables one by one and remember everything that is wrong with them.

It knows nothing of what the variables mean: `bff.config.settings` asks for them by name and hands in a parser
from `bff.config.parsers`. A problem never stops the reading, so that an operator sees all of them at once. No text
made here holds a value that may be a secret: neither of a variable read as one, nor anything out of a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from bff.errors import ConfigurationError, Problem

T = TypeVar("T")

FILE_SUFFIX: Final = "_FILE"
LONGEST_ECHO: Final = 40
LONGEST_FILE_BYTES: Final = 64 * 1024


class UnacceptableError(ValueError):
    """Raised by a parser; its text says what is wrong with a value without repeating the value."""


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
    ) -> T:
        """Parse one variable, or the file that its `_FILE` form names.

        :param default: for an unset variable; where it is `required` or wrong, a stand-in that nobody gets to
            see, since `finish` raises
        :param echo: whether a wrong value may be repeated in the problem; False where it may hold a secret
        """
        self._asked_for.add(name)
        from_file = bool(self._variables.get(name + FILE_SUFFIX))
        try:
            value = self._value(name)
        except UnacceptableError as error:
            self.problem(name, str(error), example)
            return default
        if not value:
            if required:
                self.problem(name, f"is not set, and neither is {name}{FILE_SUFFIX}", example)
            return default
        try:
            if not value.isprintable():
                raise UnacceptableError("holds a line break or another character that cannot be printed")
            return parse(value)
        except UnacceptableError as error:
            shown = f", got {value!r}" if echo and not from_file and _may_be_echoed(value) else ""
            self.problem(name, f"{error}{shown}", example)
            return default

    def is_set(self, name: str) -> bool:
        """Tell whether a variable or its `_FILE` form has a value; empty counts as unset."""
        return bool(self._variables.get(name) or self._variables.get(name + FILE_SUFFIX))

    def problem(self, name: str, what: str, example: str) -> None:
        """Remember one more thing that is wrong."""
        self._problems.append(Problem(variable=name, what=what, example=example))

    def unknown(self, prefix: str) -> tuple[str, ...]:
        """Return a warning for each variable with this prefix that nobody has asked for; call it last."""
        known = sorted(self._asked_for | {name + FILE_SUFFIX for name in self._asked_for})
        return tuple(
            _warning(name, known) for name in sorted(self._variables) if name.startswith(prefix) and name not in known
        )

    def finish(self) -> None:
        """Stop here if anything was wrong.

        :raises ConfigurationError: with every problem found
        """
        if self._problems:
            raise ConfigurationError(tuple(self._problems))

    def _value(self, name: str) -> str:
        value = self._variables.get(name, "")
        file_name = self._variables.get(name + FILE_SUFFIX, "")
        if value and file_name:
            raise UnacceptableError(f"is set, and so is {name}{FILE_SUFFIX}: keep one of them")
        return _content(name, file_name) if file_name else value


def _content(name: str, file_name: str) -> str:
    variable = name + FILE_SUFFIX
    try:
        with Path(file_name).open("rb") as file:
            content = file.read(LONGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name. The name itself stays unsaid: somebody may have put the secret there.
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


def _may_be_echoed(value: str) -> bool:
    return len(value) <= LONGEST_ECHO and value.isprintable()


def _warning(name: str, known: list[str]) -> str:
    shown = name if name.isprintable() else ascii(name)
    alike = difflib.get_close_matches(name, known, n=1)
    return f"{shown} is not a known variable" + (f"; did you mean {alike[0]}?" if alike else "")
