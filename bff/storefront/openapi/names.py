"""What a row is called that is written from a document: after upstream's own name of it, or its verb and path."""

from __future__ import annotations

import re
from typing import Final

from bff.storefront.client_names import client_name, taken_by
from bff.storefront.openapi.operations import METHODS, Found
from bff.storefront.paths import TENANT, parameter_in, segments_of

_MOST_CHARACTERS: Final = 41
_FEWEST_CHARACTERS: Final = 3
_MOST_ALIKE: Final = 1_000
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHERS: Final = re.compile(r"[^a-z0-9]+")


class Names:
    """The names that were given so far, each to one row."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def name_of(self, found: Found) -> str:
        """Return a name that no built-in operation, no method of the client and no row before has."""
        plain = plain_name(found)
        for number in range(1, _MOST_ALIKE):
            ending = "" if number == 1 else f"_{number}"
            name = plain[: _MOST_CHARACTERS - len(ending)].rstrip("_") + ending
            if taken_by(name) is None and client_name(name) not in self._given:
                self._given.add(client_name(name))
                break
        return name


def plain_name(found: Found) -> str:
    """Return what an operation is called, where nothing else is called so."""
    if found.operation_id:
        verb, _, rest = found.operation_id.partition("-")
        words = rest if verb.lower() in METHODS and rest else found.operation_id
    else:
        parts = [part for part in segments_of(found.path) if part != TENANT]
        words = " ".join([found.method, *(parameter_in(part) or part for part in parts)])
    snake = _OTHERS.sub("_", _HUMP.sub("_", words[:200]).lower()).strip("_")
    if not snake[:1].isalpha() or len(snake) < _FEWEST_CHARACTERS:
        snake = f"row_{snake}".rstrip("_")
    return snake[:_MOST_CHARACTERS].rstrip("_")
