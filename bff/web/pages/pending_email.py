"""A change of the sign-in e-mail that waits for its mailed link: known and shown to the browser that asked for it.

The session keeps the address and no token, for a day at most. Emporix offers no way to ask for it; so another browser,
or one that has signed out since, shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from bff.emails import comparable
from bff.errors import BffError
from bff.web.pages.visit import Visit

_KEY = "pending_email"
_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEmail:
    """What was asked for."""

    address: str
    with_contact: bool
    """Messages are to go there, too."""


def remember(visit: Visit, pending: PendingEmail) -> None:
    """Keep it for the customer who is signed in.

    :raises LoginRequired: the visitor is a guest
    """
    visit.browser[_KEY] = {
        "of": visit.who.customer.id,
        "until": visit.services.now() + _SECONDS,
        "address": pending.address,
        "with_contact": pending.with_contact,
    }


def forget(visit: Visit) -> None:
    """Show it no more."""
    if _KEY in visit.browser:
        del visit.browser[_KEY]


def pending_email(visit: Visit) -> PendingEmail | None:
    """Return what the customer who is signed in waits for, if anything.

    :raises BffError: the session cannot be asked
    """
    kept = visit.browser.get(_KEY)
    if kept is None or kept["until"] < visit.services.now() or kept["of"] != visit.who.customer.id:
        return None
    return PendingEmail(address=kept["address"], with_contact=kept["with_contact"])


def forget_if_confirmed(visit: Visit, sign_in_email: str | None) -> None:
    """Show it no more where the profile, just read, names the address already: another browser has confirmed it."""
    kept = visit.browser.get(_KEY)
    if kept is not None and comparable(kept["address"]) == comparable(sign_in_email or ""):
        forget(visit)


def pending_address(visit: Visit) -> str | None:
    """Return the address alone, for a page that is shown without it where the session cannot be asked."""
    try:
        pending = pending_email(visit)
    except BffError:
        return None
    return None if pending is None else pending.address
