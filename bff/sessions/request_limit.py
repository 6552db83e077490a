"""How often one session may ask within a window; counted by the store, in the round trip that reads the session."""

from __future__ import annotations

import math

from bff.config.settings import Rate
from bff.errors import TooManyAttempts
from bff.events import Event
from bff.log import Log
from bff.sessions.store import Found


def check_request_limit(limit: Rate | None, found: Found, sid: str, log: Log) -> None:
    """Refuse the request with which a session was read, if it is one too many.

    :raises TooManyAttempts:
    """
    if limit is None or found.requests <= limit.count:
        return
    if found.requests == limit.count + 1:
        # The first one only: a flood must not fill the log.
        who = found.web.signed_in
        customer_id = None if who is None else who.customer.id
        log.audit(Event.RATE_LIMITED, sid=sid, customer_id=customer_id, limit="api", per="session")
    raise TooManyAttempts(max(1, math.ceil(found.window_ends_in_seconds)))
