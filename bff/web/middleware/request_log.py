"""One line a request, and the id that ties it to everything else that was logged on the way."""

from __future__ import annotations

import re
import secrets
import time

from flask import Flask, Response

from bff.events import Event
from bff.limits import CLIENT_ADDRESS
from bff.log import REQUEST_ID, SENT_REQUEST_ID, SHOWN_OF_A_HASH, TRACE
from bff.metrics.spent import SPENT, Spent
from bff.sessions.redis_errors import FAULT
from bff.web.at_hand import asked, noted
from bff.web.middleware.headers import REQUEST_ID_HEADER
from bff.web.middleware.trace_context import trace_of
from bff.web.paths import PROBES
from bff.web.session_interface import BrowserSession, browser_session
from bff.wiring import Services

_SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_FINE = 200


def start_request(services: Services) -> None:
    """Give the request its id, note the one that a declared proxy sent, and note where it comes from."""
    request, g = asked(), noted()
    g.started = time.perf_counter()
    # A retired session's cookie header may be set after routing failed, so the path is noted on its own.
    g.path = request.path
    is_proxied = services.settings.serving.trusted_proxies > 0
    sent = request.headers.get(REQUEST_ID_HEADER, "") if is_proxied else ""
    SPENT.set(Spent())
    REQUEST_ID.set(secrets.token_hex(8))
    SENT_REQUEST_ID.set(sent if _SHAPE.fullmatch(sent) else None)
    TRACE.set(trace_of(request.headers.get("traceparent", "")) if is_proxied else None)
    # `DeclaredProxies` has replaced the address by now, where proxies are declared.
    CLIENT_ADDRESS.set(request.remote_addr or "")


def note_status(response: Response) -> Response:
    """Keep what the line will say."""
    # Not logged yet: if the session cannot be saved, another response replaces this one.
    noted().status = response.status_code
    return response


def finish_request(services: Services) -> None:
    """Log and count the request by its route, never by its URL."""
    request, g, now, spent = asked(), noted(), time.perf_counter(), SPENT.get() or Spent()
    seconds, status = now - g.get("started", now), g.get("status")
    route = request.url_rule.rule if request.url_rule is not None else None
    _note_store(services, spent)
    if services.counts is not None:
        services.counts.request(request.method, route, status, seconds, spent)
    if not (g.get("path") in PROBES and status == _FINE):
        services.log.emit(
            Event.REQUEST,
            method=request.method,
            route=route,
            status=status,
            session=_session(),
            ms=_milliseconds(seconds),
            redisMs=_milliseconds(spent.redis_seconds) if spent.redis_seconds else None,
            upstreamMs=_milliseconds(spent.upstream_seconds) if spent.upstream_seconds else None,
        )
    SPENT.set(None)
    TRACE.set(None)
    REQUEST_ID.set(None)
    SENT_REQUEST_ID.set(None)
    CLIENT_ADDRESS.set(None)


def _note_store(services: Services, spent: Spent) -> None:
    """Note what the request has seen of Redis."""
    trouble, fault = services.readiness.trouble, FAULT.get()
    if fault is not None:
        FAULT.set(None)
        trouble.met(fault.cause, each=fault.missing_right, command=fault.command or None)
    elif trouble.is_on and spent.redis_seconds:
        trouble.passed()


def _session() -> str | None:
    """Return the name of the session as the audit log has it."""
    browser: BrowserSession | None = browser_session()
    sid = None if browser is None else browser.session.sid
    return None if sid is None else sid[:SHOWN_OF_A_HASH]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def register_request_log(app: Flask, services: Services) -> None:
    """Put id and line on every request of an application; call it before anything else that hooks in."""
    app.before_request(lambda: start_request(services))
    app.after_request(note_status)
    app.teardown_request(lambda error: finish_request(services))
