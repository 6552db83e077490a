"""Upstream's path as a row writes it: what may stand there, and what of it is ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bff.operations.table import OPERATIONS

API: Final = "/api"
MOST_CHARACTERS: Final = 256
MOST_SEGMENTS: Final = 12
TENANT: Final = "{tenant}"
_OTHER_ROUTES: Final = frozenset({"session", "sessions", "openapi.json", "docs"})
"""First parts of routes that stand in no table."""
BUILT_IN: Final = _OTHER_ROUTES | {
    route.path.split("/")[2] for operation in OPERATIONS.values() for route in operation.routes
}
"""The first parts of the paths below `/api` that the program has without any file."""

_WITHOUT_TENANT: Final = frozenset({"brand", "label", "reward-points"})
"""The services whose paths have no tenant: elsewhere a word or a parameter in its place would name another shop."""
_MAKE_TOKENS: Final = frozenset({"oauth", "oauth2"})
"""The same, of services that no row may ask: that is said of them in its place."""

_LITERAL: Final = re.compile(r"[A-Za-z0-9._-]+")
_PARAMETER: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]{0,39})\}")
_UNUSABLE: Final = {
    "//": "holds '//', and a part of a path is not empty",
    "\\": "holds a backslash",
    "%": "holds a '%': a path is written without encoding",
    "?": "holds a '?': parameters of the query are declared beside it",
    "#": "holds a '#'",
    ":": "holds a ':': it is a path on EMPORIX_API_URL, without scheme or host",
    "@": "holds an '@': it is a path, without user or host",
    "*": "holds a '*': each operation is declared by itself",
    "<": "holds a '<': a parameter is written {name}",
}


def segments_of(path: str) -> list[str]:
    """Return the parts of a path that begins with a slash."""
    return path.split("/")[1:]


def parameter_in(segment: str) -> str | None:
    """Return the name of the parameter that a part of a path is; None: it is a word."""
    match = _PARAMETER.fullmatch(segment)
    return match[1] if match else None


def path_faults(path: str, tenant: str) -> Iterator[str]:
    """Yield what is wrong with upstream's path, by itself.

    :param tenant: what the row says of it: `path` or `bearer`
    """
    if len(path) > MOST_CHARACTERS:
        yield f"has more than {MOST_CHARACTERS} characters"
        return
    if not path.startswith("/"):
        yield "must begin with '/': it is a path on EMPORIX_API_URL"
        return
    unusable = [what for sign, what in _UNUSABLE.items() if sign in path]
    yield from unusable
    segments = segments_of(path)
    if len(segments) > MOST_SEGMENTS:
        yield f"has more than {MOST_SEGMENTS} parts"
    if not unusable:
        yield from _segment_faults(segments)
        yield from _tenant_faults(segments, tenant)


def _segment_faults(segments: list[str]) -> Iterator[str]:
    for number, segment in enumerate(segments):
        if not segment:
            yield "ends in '/', and a part of a path is not empty"
        elif segment.strip(".") == "":
            yield "has a part of dots alone, which a reader of the path takes out"
        elif "{" in segment or "}" in segment:
            if parameter_in(segment) is None:
                yield "has a parameter that is no whole part of the path, or whose name is none: write /{name}/"
            elif number == 0:
                yield "begins with a parameter: the first part says which service it is"
        elif not _LITERAL.fullmatch(segment):
            yield "has a part with other characters than letters, digits, '.', '_' and '-'"
    names = [name for name in map(parameter_in, segments) if name is not None]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"has {{{name}}} more than once"


def _tenant_faults(segments: list[str], tenant: str) -> Iterator[str]:
    found = segments.count(TENANT)
    if tenant == "bearer":
        if found:
            yield 'has {tenant}, although the row says tenant = "bearer"'
        elif segments[0].lower() not in _WITHOUT_TENANT | _MAKE_TOKENS:
            yield f"lacks {{tenant}}, which every path of /{segments[0]} has: no tenant is named by hand"
        return
    if not found:
        yield 'lacks {tenant}, which is the second part: no tenant is named by hand; tenant = "bearer" if there is none'
    elif found == 1 and segments.index(TENANT) != 1:
        yield "has {tenant} elsewhere than as its second part"


def own_shape(path: str, left_out: Iterable[str]) -> tuple[str, ...]:
    """Return the parts of our own path below `/api`; an empty one is a parameter, whatever its name.

    :param left_out: the parameters that only the session supplies
    """
    gone = {TENANT, *(f"{{{name}}}" for name in left_out)}
    return tuple("" if "{" in one else one for one in segments_of(path) if one not in gone)
