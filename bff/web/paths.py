"""Which part of the site a path belongs to; errors, headers and checks are told apart by this, not by blueprint."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import NotFound

API_PREFIX = "/api"
STATIC_PREFIX = "/static"
START_SOCIAL = "/login/social"
BACKCHANNEL_LOGOUT = "/login/backchannel-logout"
"""Guarded by the token it carries: no browser sends it, so there is neither a cookie nor an origin to check."""
PROBES = frozenset({"/healthz", "/readyz"})


def is_api(path: str) -> bool:
    """Tell whether a path is a JSON route's, or would be if there were one."""
    return path == API_PREFIX or path.startswith(API_PREFIX + "/")


def is_static(path: str) -> bool:
    """Tell whether a path is a static file's."""
    return path.startswith(STATIC_PREFIX + "/")


def check_path() -> None:
    """Refuse other spellings of a path, which routing would fold into ours while a proxy in front might not.

    :raises NotFound: several slashes at the start, or a fragment, which has no place in a request
    """
    if request.environ.get("PATH_INFO", "").startswith("//") or "#" in request.environ.get("RAW_URI", ""):
        raise NotFound
