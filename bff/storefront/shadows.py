"""Two rows that one request could mean: the same verb, and paths that one path fits both of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

ANY: Final = ""
"""In a shape: a parameter."""

Shape = tuple[str, ...]


@dataclass(slots=True)
class _Node:
    """What stands below one part of a path."""

    below: dict[str, _Node] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """The row that ends here, by verb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row's own route."""

    name: str
    verb: str
    shape: Shape


class Shadows:
    """The routes that were met, and which of them another one would meet on its way."""

    def __init__(self, reviewed: Iterable[tuple[str, Shape]] = ()) -> None:
        """:param reviewed: verbs and shapes of shipped rows, which are known to go together"""
        self._root = _Node()
        self._reviewed = frozenset(reviewed)

    def add(self, route: Route) -> str | None:
        """Add a route; return what is wrong, or None.

        Where one is at least as exact as the other in each part, it comes first, and the other is met by the rest.
        """
        what = next(self._met(route), None)
        node = self._root
        for part in route.shape:
            node = node.below.setdefault(part, _Node())
        node.names.setdefault(route.verb, route.name)
        return what

    def _met(self, route: Route) -> Iterator[str]:
        for name, shape in self._alike(self._root, route, 0, ()):
            if shape == route.shape:
                yield f"leads to the same route as that of {name}: {route.verb} {_shown(shape)}"
            elif _is_less_exact(shape, route.shape) and _is_less_exact(route.shape, shape):
                if {(route.verb, shape), (route.verb, route.shape)} <= self._reviewed:
                    continue
                yield f"meets the route of {name}: one path fits both, since parameters stand in other places"

    def _alike(self, node: _Node, route: Route, at: int, so_far: Shape) -> Iterator[tuple[str, Shape]]:
        if at == len(route.shape):
            if route.verb in node.names:
                yield node.names[route.verb], so_far
            return
        part = route.shape[at]
        for key in node.below if part == ANY else [one for one in (part, ANY) if one in node.below]:
            yield from self._alike(node.below[key], route, at + 1, (*so_far, key))


def _shown(shape: Shape) -> str:
    """Return a path of ours; upstream's may differ, since what only the session supplies is left out of it."""
    return "/".join(["/api", *(part or "{}" for part in shape)])


def _is_less_exact(one: Shape, other: Shape) -> bool:
    """Tell whether a parameter stands in one shape where the other has a word."""
    return any(a == ANY and b != ANY for a, b in zip(one, other, strict=True))
