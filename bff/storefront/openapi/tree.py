"""Reads what a document says where it says it, references followed; whatever is of a wrong type is told in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from bff.storefront.openapi.errors import DocumentError
from bff.storefront.problems import shown

ANY: Final = "any"
"""Of a schema that does not say which JSON value it is."""
_MOST_HOPS: Final = 16
_MOST_LEVELS: Final = 32
_MOST_STEPS: Final = 300_000
"""Fifty times what the vendor's longest takes; an alias in YAML lets few lines say much more."""
_MOST_ENTRIES: Final = 1_000
_MOST_CHARACTERS: Final = 500
_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})

Node = Mapping[Any, Any]


class Tree:
    """A document's content."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._kinds: dict[int, frozenset[str]] = {}
        self._steps = 0

    def mapping(self, within: Node, key: str, where: str) -> Node:
        """Return an object, by what refers to it if need be; an empty one where there is none.

        :param where: what to name if it is something else
        :raises DocumentError: it is no object
        """
        return self.resolved(within.get(key, {}), f"{where}: {key}")

    def sequence(self, within: Node, key: str, where: str) -> list[Any]:
        """Return an array, an empty one where there is none.

        :raises DocumentError: it is something else, or too long
        """
        found = within.get(key, [])
        if not isinstance(found, list):
            raise DocumentError(f"{where}: {key} is no array")
        if len(found) > _MOST_ENTRIES:
            raise DocumentError(f"{where}: {key} has more than {_MOST_ENTRIES:,} entries")
        return found

    def text(self, within: Node, key: str, where: str) -> str | None:
        """Return a string; None: there is none.

        :raises DocumentError: it is something else
        """
        found = within.get(key)
        if found is not None and not isinstance(found, str):
            raise DocumentError(f"{where}: {key} is no string")
        return found

    def resolved(self, node: Any, where: str) -> Node:
        """Return the object that is meant, which may lie elsewhere in the document.

        :raises DocumentError: it is none, or a reference leads nowhere
        """
        for _ in range(_MOST_HOPS):
            self._step(where)
            if not isinstance(node, Mapping):
                raise DocumentError(f"{where} is no object")
            reference = node.get("$ref")
            if reference is None:
                return node
            if not isinstance(reference, str):
                raise DocumentError(f"{where}: $ref is no string")
            node = self._at(reference, where)
        raise DocumentError(f"{where}: $ref leads in a circle")

    def _step(self, where: str) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise DocumentError(f"{where}: so much is said by then that the rest is not read")

    def _at(self, reference: str, where: str) -> Any:
        if not reference.startswith("#/") or len(reference) > _MOST_CHARACTERS:
            raise DocumentError(f"{where}: $ref leads out of the document, to {shown(reference)}")
        node: Any = self._root
        for part in reference[2:].split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or key not in node:
                raise DocumentError(f"{where}: $ref leads nowhere, to {shown(reference)}")
            node = node[key]
        return node

    def kinds(self, schema: Any, where: str) -> frozenset[str]:
        """Return which JSON values a schema lets through, by the names of their types; `ANY` where it does not say.

        :raises DocumentError: it is no schema, or one that refers to itself
        """
        return self._kinds_of(schema, where, 0)

    def _kinds_of(self, schema: Any, where: str, level: int) -> frozenset[str]:
        if isinstance(schema, bool):
            return frozenset({ANY})
        if level > _MOST_LEVELS:
            raise DocumentError(f"{where}: its schema leads in a circle")
        node = self.resolved(schema, f"{where}: schema")
        known = self._kinds.get(id(node))
        if known is None:
            known = self._kinds[id(node)] = self._read_kinds(node, where, level)
        return known

    def _read_kinds(self, node: Node, where: str, level: int) -> frozenset[str]:
        named = node.get("type")
        if isinstance(named, str):
            return frozenset({named}) & _TYPES or frozenset({ANY})
        if isinstance(named, list):
            return frozenset(filter(_is_type, named)) or frozenset({ANY})
        if "properties" in node:
            return frozenset({"object"})
        if "items" in node:
            return frozenset({"array"})
        for word in ("oneOf", "anyOf"):
            if parts := self.sequence(node, word, where):
                return frozenset().union(*(self._kinds_of(part, where, level + 1) for part in parts))
        # All hold at once, so the first that says something says it for all.
        all_of = (self._kinds_of(part, where, level + 1) for part in self.sequence(node, "allOf", where))
        return next((kinds for kinds in all_of if ANY not in kinds), frozenset({ANY}))


def members(node: Node, where: str) -> Iterator[tuple[str, Any]]:
    """Yield an object's properties.

    :raises DocumentError: one has a name that is no text, as YAML allows
    """
    for key, value in node.items():
        if not isinstance(key, str):
            raise DocumentError(f"{where} has a name that is no text")
        yield key, value


def _is_type(word: Any) -> bool:
    return isinstance(word, str) and word in _TYPES
