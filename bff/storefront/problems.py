"""What is wrong with a storefront's file: each thing with its line, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

MOST_PROBLEMS: Final = 1_000
"""More than that nobody reads."""
_MOST_SHOWN_CHARACTERS: Final = 60

Place: TypeAlias = tuple[str | int, ...]
"""Where in a document: names of tables and properties, and numbers within arrays, from the outermost on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """One thing that is wrong with a file."""

    file: str
    line: int | None
    """None: the file as a whole."""
    what: str
    example: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} (example: {self.example})"

    @property
    def where(self) -> str:
        """The file, and the line where one is to blame."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"


@dataclass(slots=True)
class Problems:
    """All that was found so far."""

    found: list[FileProblem] = field(default_factory=list)
    number: int = 0
    """How many there are, kept or not."""

    @property
    def are_too_many(self) -> bool:
        """Whether some are not kept, so that there is no use in looking for further ones."""
        return self.number > MOST_PROBLEMS

    def add(self, problem: FileProblem) -> None:
        """Remember one more."""
        self.number += 1
        if not self.are_too_many:
            self.found.append(problem)

    def in_order(self) -> tuple[FileProblem, ...]:
        """Return them file by file, and there in the order of their lines."""
        files = list(dict.fromkeys(problem.file for problem in self.found))
        kept = sorted(self.found, key=lambda problem: (files.index(problem.file), problem.line or 0))
        if self.are_too_many:
            kept.append(
                FileProblem(
                    file=kept[-1].file,
                    line=None,
                    what="there are further problems, which are not shown",
                    example="correct these first",
                )
            )
        return tuple(kept)


def shown(name: str) -> str:
    """Return a name out of a file as a line may show it: short, and on one line whatever is in it."""
    cut = name if len(name) <= _MOST_SHOWN_CHARACTERS else name[:_MOST_SHOWN_CHARACTERS] + "…"
    return repr(cut) if cut.isprintable() else ascii(cut)


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence has them."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
