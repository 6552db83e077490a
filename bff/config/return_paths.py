"""Paths of the shop around us that a sign-in may lead to: how they are written, and which can never be among them.

Each stands for itself and for what lies below it, by whole segments: `/shop` is also `/shop/cart`, never `/shopping`.
"""

from __future__ import annotations

import re
from typing import Final

from bff.config.environment import UnacceptableError

EXAMPLE_SHOP: Final = "/shop"
"""The one page of ours that is led to besides: it only shows. A shop that has its own there names it itself."""
SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}")
"""One segment of a path: plain characters, and no dot in front, since `..` would lead out of it."""
OWN_FIRST_SEGMENTS: Final = frozenset(
    {"api", "email", "healthz", "language", "login", "logout", "password", "readyz", "signup", "static"}
)
"""The first segments of our own routes but `/account`. Some of those act when they are opened; none is led to."""


def return_paths(value: str) -> tuple[str, ...]:
    """Read a comma-separated list of paths, none twice.

    :raises UnacceptableError: one is not a plain path, is `/` alone, or belongs to a route of ours
    """
    paths = tuple(part.strip() for part in value.split(","))
    for path in paths:
        segments = path.removeprefix("/").split("/")
        if not path.startswith("/") or path == "/" or not all(SEGMENT.fullmatch(segment) for segment in segments):
            raise UnacceptableError(
                "must be paths with ',' between them: each with '/' in front, none at its end, and more than '/'"
            )
        if segments[0] in OWN_FIRST_SEGMENTS:
            raise UnacceptableError("must not name a path that belongs to the BFF itself")
    if len(set(paths)) < len(paths):
        raise UnacceptableError("names something twice")
    return paths
