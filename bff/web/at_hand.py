"""The request that is being answered, and what is noted while it is, themselves.

Flask's `request` and `g` look for them at each use, which takes longer than most of what is done with them.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Request, g, request


def asked() -> Request:
    """Return the request."""
    return cast("Request", request._get_current_object())  # type: ignore[attr-defined]  # werkzeug's proxies hide it from mypy


def noted() -> Any:
    """Return what `g` stands for; it has whatever is put on it."""
    return g._get_current_object()
