"""Mails: where one has gone, the token that its link carries, and the page that says a link is spent.

Where a mail has gone is said by the page behind a 303, and kept in the session so that no URL holds an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from bff.web.pages.flow import see_other
from bff.web.pages.visit import Visit
from bff.web.rendering import render

_MAILED = "mailed"
_MAILED_SECONDS = 15 * 60


def mailed(visit: Visit, email: str | None) -> Response:
    """Answer that a mail is (or, in a neutral answer, would be) on its way; leads back to the same path.

    :raises SessionStoreUnavailable: when the session is saved
    """
    visit.browser[_MAILED] = {"path": request.path, "email": email, "until": visit.services.now() + _MAILED_SECONDS}
    return see_other(f"{request.path}?sent=1")


def shows_sent(template: str) -> Callable[[Visit], ResponseReturnValue | None]:
    """Return what a page shows in place of its form behind such an answer: where the mail went."""

    def sent(visit: Visit) -> ResponseReturnValue | None:
        return render(template, email=mailed_to(visit)) if was_mailed(visit) else None

    return sent


def was_mailed(visit: Visit) -> bool:
    """Tell whether this visit is the one behind such an answer, or a reload of it."""
    return request.args.get("sent") == "1" and bool(_known(visit))


def mailed_to(visit: Visit) -> str | None:
    """Return the address that was given."""
    email: str | None = _known(visit).get("email")
    return email


def _known(visit: Visit) -> dict[str, Any]:
    known: dict[str, Any] = visit.browser.get(_MAILED) or {}
    if known.get("path") != request.path or known["until"] < visit.services.now():
        return {}
    return known


def mailed_token(visit: Visit) -> Mapping[str, Any]:
    """Return the token of the link that was opened; opening it spends nothing."""
    return {"token": request.args.get("token", "")}


def dead_link(kind: str) -> ResponseReturnValue:
    """Say that a mailed link is spent or too old, and where to get another."""
    return render("dead_link.html", status=422, kind=kind)
