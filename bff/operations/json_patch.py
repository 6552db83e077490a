"""What an entry of a JSON Patch (RFC 6902) is about: it names properties in pointers, so no property bears the name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_POINTERS: Final = ("path", "from")
_NONE: Final[frozenset[str]] = frozenset()


def names_pointed_at(entry: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in the pointers (RFC 6901) of an object that may be an entry; none where it has no pointer."""
    if "path" not in entry and "from" not in entry:
        # As nearly every object: a body may have hundreds of thousands.
        return _NONE
    pointers = (entry.get(name) for name in _POINTERS)
    parts = (part for pointer in pointers if isinstance(pointer, str) for part in pointer.split("/"))
    return frozenset(part.replace("~1", "/").replace("~0", "~") for part in parts)
