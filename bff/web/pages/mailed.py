"""Where a mail has gone: said by the page behind a 303, and kept in the session so that no URL holds an address."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from bff.web.pages.flow import see_other
from bff.web.pages.visit import Visit

_KEY = "mailed"
_SECONDS = 15 * 60


def mailed(visit: Visit, email: str | None) -> Response:
    """Answer that a mail is (or, in a neutral answer, would be) on its way; leads back to the same path.

    :raises SessionStoreUnavailable: when the session is saved
    """
    visit.browser[_KEY] = {"path": request.path, "email": email, "until": visit.services.now() + _SECONDS}
    return see_other(f"{request.path}?sent=1")


def was_mailed(visit: Visit) -> bool:
    """Tell whether this visit is the one behind such an answer, or a reload of it."""
    return request.args.get("sent") == "1" and bool(_known(visit))


def mailed_to(visit: Visit) -> str | None:
    """Return the address that was given."""
    email: str | None = _known(visit).get("email")
    return email


def _known(visit: Visit) -> dict[str, Any]:
    known: dict[str, Any] = visit.browser.get(_KEY) or {}
    if known.get("path") != request.path or known["until"] < visit.services.now():
        return {}
    return known
