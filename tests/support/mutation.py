"""One guard, and the project without it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One guard, and the project without it."""

    guard: str
    path: str
    old: str
    """As it stands in the file, once."""
    new: str
    test: str
    """Node id of the test that must fail."""
    by_either_face: bool = False
    """Whether that test drives JSON routes and pages, and must fail for each of them alone (`door.faces`)."""

    def applied(self, text: str) -> str:
        """Return the file without the guard.

        :raises ValueError: it does not stand there, or more than once
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.guard}: stands {text.count(self.old)} times in {self.path}")
        return text.replace(self.old, self.new)
