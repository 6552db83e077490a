"""Joins a request's `Cookie` lines before gunicorn does: it would put a comma between them, as between other fields.

A browser that speaks HTTP/2 may send each cookie in a line of its own, and some proxies pass them on like that. Joined
by a comma, ours would be part of another cookie's value; and the application could not look behind commas instead:
another host of the domain may set a cookie with one in it, and so say `__Host-session` without being us.
"""

from __future__ import annotations

from typing import Any

_NAME = "COOKIE"


def join_cookie_lines(worker: object, request: Any) -> None:
    """Leave one `Cookie` line, with `; ` between what stood in several (RFC 9113 8.2.3); gunicorn's `pre_request`."""
    values = [value for name, value in request.headers if name == _NAME]
    if len(values) > 1:
        others = [(name, value) for name, value in request.headers if name != _NAME]
        request.headers = [*others, (_NAME, "; ".join(values))]
