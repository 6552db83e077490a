"""What signing in hangs on at a glance, and points in time as pages show them.

Dates are in UTC and say so: without a script the server does not know the visitor's zone, and a time of an unnamed zone
would be worse than one that has to be converted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_date, format_time

from bff.web.language import gettext as _
from bff.web.language import locale
from bff.web.pages.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time, as a page shows it."""

    machine: str
    """For `<time datetime>`: RFC 3339, to the second."""
    words: str


def moment(unix_seconds: float) -> Moment:
    """Return a point in time in the language of the page."""
    when = datetime.fromtimestamp(unix_seconds, UTC)
    parts = {"date": format_date(when, "medium", locale=locale()), "time": format_time(when, "short", locale=locale())}
    return Moment(machine=when.strftime("%Y-%m-%dT%H:%M:%SZ"), words=_("%(date)s, %(time)s UTC") % parts)


def at_a_glance(visit: Visit) -> Mapping[str, Any]:
    """Return on how many devices the customer is signed in, and when that was done last; for templates.

    :raises LoginRequired: the visitor is a guest
    :raises SessionExpired: the session has ended in this request
    :raises SessionStoreUnavailable: Redis does not answer
    """
    devices = visit.services.devices.list(visit.session)
    return {
        "number": len(devices),
        "last": moment(max((device.created_at for device in devices), default=visit.who.since)),
    }
