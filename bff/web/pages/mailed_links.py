"""Pages behind mailed links: the token that one carries, and the page that says it is spent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from bff.web.pages.visit import Visit
from bff.web.rendering import render

DEAD_LINK = frozenset({400, 401, 403, 404, 409})
"""How upstream says that a mailed token is not, or no longer, good."""


def mailed_token(visit: Visit) -> Mapping[str, Any]:
    """Return the token of the link that was opened; opening it spends nothing."""
    return {"token": request.args.get("token", "")}


def dead_link(kind: str) -> ResponseReturnValue:
    """Say that a mailed link is spent or too old, and where to get another."""
    return render("dead_link.html", status=422, kind=kind)
