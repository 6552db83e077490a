"""A TOML file as it was read: bounded before it is parsed, with the line of each value; knows nothing of rows."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bff.storefront.lines import Lines, TooMuchError, lines_of
from bff.storefront.problems import FileProblem, Place, Problems

MOST_BYTES: Final = 512 * 1024
EXAMPLE: Final = "format = 1"
_AT_LINE: Final = re.compile(r"(.*) \(at line ([0-9]+), column [0-9]+\)", re.DOTALL)
_MOST_TOLD_CHARACTERS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file's values, and where to say what is wrong with them."""

    file: str
    """As problems name it."""
    content: Mapping[str, Any]
    problems: Problems
    lines: Lines = field(default_factory=Lines)
    is_world_writable: bool = False

    def problem(self, place: Place, what: str, example: str) -> None:
        """Say that something is wrong with a value."""
        self.problems.add(FileProblem(file=self.file, line=self.lines.of(place), what=what, example=example))


def read_document(path: Path, problems: Problems, *, file: str | None = None) -> Document | None:
    """Read a file; None, with its problem told, where it cannot be read or is no TOML.

    :param file: what problems call it; None: its path
    """
    named = str(path) if file is None else file
    named = named if named.isprintable() else ascii(named)
    try:
        content, is_world_writable = _content(path)
    except _UnreadableError as error:
        problems.add(FileProblem(file=named, line=None, what=str(error), example=EXAMPLE))
        return None
    return parsed_document(content, problems, file=named, is_world_writable=is_world_writable)


def parsed_document(
    content: bytes, problems: Problems, *, file: str, is_world_writable: bool = False
) -> Document | None:
    """Parse what a file holds; None, with its problem told, where it is no TOML.

    :param file: what problems call it
    """

    def wrong(what: str, line: int | None = None) -> None:
        problems.add(FileProblem(file=file, line=line, what=what, example=EXAMPLE))

    try:
        text = content.decode("utf-8")
        if text.startswith("\ufeff"):
            wrong("begins with a byte order mark, which TOML does not have", 1)
            return None
        # As the reader of the standard library takes them.
        lines = lines_of(text.replace("\r\n", "\n"))
        parsed = tomllib.loads(text)
    except UnicodeDecodeError as error:
        wrong("is not UTF-8", content[: error.start].count(b"\n") + 1)
    except TooMuchError as error:
        wrong(error.what, error.line)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        match = _AT_LINE.fullmatch(told)
        what, line = (match[1], int(match[2])) if match else (told.removesuffix(" (at end of document)"), None)
        wrong(f"is no TOML: {_short(what)}", text.count("\n") + 1 if line is None else line)
    except (RecursionError, ValueError) as error:
        wrong(f"is no TOML that can be read: {type(error).__name__}")
    else:
        return Document(file=file, content=parsed, problems=problems, lines=lines, is_world_writable=is_world_writable)
    return None


class _UnreadableError(Exception):
    pass


def _content(path: Path) -> tuple[bytes, bool]:
    try:
        # Looked at first: to open some devices does something.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _UnreadableError("is no regular file")
        # Should it have become a pipe since, nobody waits for its other end.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - of a number
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise _UnreadableError("is no regular file")
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a file name"
        raise _UnreadableError(f"cannot be read: {reason}") from None
    if len(content) > MOST_BYTES:
        raise _UnreadableError(f"is longer than {MOST_BYTES // 1024} KiB")
    return content, bool(found.st_mode & stat.S_IWOTH)


def _short(text: str) -> str:
    cut = text if len(text) <= _MOST_TOLD_CHARACTERS else text[:_MOST_TOLD_CHARACTERS] + "…"
    return cut if cut.isprintable() else ascii(cut)
