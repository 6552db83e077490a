"""Which part of the site a path belongs to; errors, headers and checks are told apart by this, not by blueprint."""

from __future__ import annotations

API_PREFIX = "/api"
STATIC_PREFIX = "/static"
PROBES = frozenset({"/healthz", "/readyz"})


def is_api(path: str) -> bool:
    """Tell whether a path is a JSON route's, or would be if there were one."""
    return path == API_PREFIX or path.startswith(API_PREFIX + "/")


def is_static(path: str) -> bool:
    """Tell whether a path is a static file's."""
    return path.startswith(STATIC_PREFIX + "/")
