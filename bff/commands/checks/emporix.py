"""Emporix as `bff check` sees it: one anonymous login, whose tokens are thrown away at once.

Emporix has no operation that ends a guest's tokens: the contract's logout takes a customer's. They run out by
themselves, as those of a visitor do who never comes back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bff.commands.checks.clock import clock_finding
from bff.commands.checks.finding import Finding, Topic, failed, ok, warning
from bff.commands.checks.silent import silent_log
from bff.config.settings import EmporixSettings, Settings
from bff.emporix.client import Call, EmporixClient
from bff.errors import (
    BffError,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.operations.declared import MAX_ANSWER_BYTES
from bff.operations.places import Places
from bff.operations.table import OPERATIONS
from bff.tokens.guests import guest_context
from bff.tokens.replies import anonymous_tokens
from bff.transport import HttpResponse, Transport

MARGIN_SECONDS: Final = 5.0
"""How much longer than its timeouts the part may take: a new connection is tried once more."""
_DATE: Final = "Date"
_WHERE: Final = "See that this machine may reach it: its name, a firewall, EMPORIX_API_URL."
_NAMED: Final = "EMPORIX_TENANT, EMPORIX_SITE, EMPORIX_CURRENCY, EMPORIX_COUNTRY"


class _Dated(Transport):
    """Notes what time it was there and here when an answer came."""

    def __init__(self, origin: str, now: Callable[[], float]) -> None:
        super().__init__(origin, connections=1, max_body_bytes=MAX_ANSWER_BYTES)
        self._now = now
        self.date: str | None = None
        self.asked_at = self.answered_at = 0.0

    def send(self, method: str, target: str, *, wanted_headers: Collection[str] = (), **sent: Any) -> HttpResponse:
        """Exchange one request for one answer."""
        self.asked_at = self._now()
        answer = super().send(method, target, wanted_headers=(*wanted_headers, _DATE), **sent)
        self.answered_at = self._now()
        self.date = answer.headers.get(_DATE)
        return answer


def most_seconds(settings: Settings) -> float:
    """Return how long the part may take."""
    return settings.emporix.connect_timeout_seconds + settings.emporix.read_timeout_seconds + MARGIN_SECONDS


def check_emporix(settings: Settings, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Ask the Emporix that a configuration names for a guest's tokens."""
    emporix, operation = settings.emporix, OPERATIONS["anonymous_login"]
    transport = _Dated(emporix.api_url, now)
    client = EmporixClient(emporix, transport, silent_log(), places=Places(1))
    began = time.monotonic()
    try:
        reply = client.call(operation, Call(values=guest_context(emporix)), None)
        anonymous_tokens(operation.name, reply.content, now())
    except BffError as error:
        yield _refused(error, emporix)
    else:
        took = round((time.monotonic() - began) * 1000)
        yield ok(Topic.LOGIN, f"{_host(emporix)} gave a guest's tokens to tenant {emporix.tenant} in {took} ms")
    finally:
        transport.close()
    if transport.answered_at:
        yield _clock(transport)


def _refused(error: BffError, emporix: EmporixSettings) -> Finding:
    """Say why there are no tokens; Emporix's own texts stay unsaid."""
    match error:
        case UpstreamRejected():
            why = f"refuses a guest's tokens to tenant {emporix.tenant}: {error.status} {error.type}"
            hint = f"Check {_NAMED}, and that EMPORIX_CLIENT_ID is this tenant's storefront API key."
        case UpstreamRateLimited():
            why, hint = "answers 429: too many requests", "Try again later."
        case UpstreamMalformed() if "API key" in str(error):
            why, hint = "refuses the API key", "Set EMPORIX_CLIENT_ID to this tenant's storefront API key."
        case UpstreamMalformed():
            why = f"gives an answer that is not Emporix's: {_reason(error)}"
            hint = "See what answers at EMPORIX_API_URL: a proxy, or another server."
        case UpstreamTimeout():
            why = "gives no whole answer in time"
            hint = f"{_WHERE} EMPORIX_READ_TIMEOUT is {emporix.read_timeout_seconds:g} s."
        case UpstreamUnavailable() if "certificate" in str(error):
            why = "has a certificate that is not to be believed"
            hint = "See whether a proxy breaks up TLS on the way, and what time this machine has."
        case UpstreamUnavailable():
            why, hint = f"is not reached: {_reason(error)}", _WHERE
        case _:
            why = f"cannot be asked: {type(error).__name__}"
            hint = f"Check {_NAMED} and EMPORIX_CLIENT_ID."
    return failed(Topic.LOGIN, f"{_host(emporix)} {why}", hint)


def _reason(error: BffError) -> str:
    """Return the error's text without the operation's name."""
    return str(error).partition(": ")[2] or type(error).__name__


def _clock(transport: _Dated) -> Finding:
    try:
        there = parsedate_to_datetime(transport.date or "").timestamp()
    except (ValueError, OverflowError):
        return warning(Topic.EMPORIX_CLOCK, "Emporix's answer names no time", "See what answers at EMPORIX_API_URL.")
    # The header has whole seconds, and may be of any moment of the exchange.
    middle = (transport.asked_at + transport.answered_at) / 2
    doubt = (transport.answered_at - transport.asked_at) / 2 + 0.5
    return clock_finding(Topic.EMPORIX_CLOCK, "Emporix", there + 0.5 - middle, doubt)


def _host(emporix: EmporixSettings) -> str:
    return urlsplit(emporix.api_url).netloc
