"""One line a request, and the id that ties it to everything else that was logged on the way."""

from __future__ import annotations

import re
import secrets
import time

from flask import Flask, Response, g, request

from bff.log import REQUEST_ID, Event
from bff.wiring import Services

REQUEST_ID_HEADER = "X-Request-ID"
_SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def start_request(services: Services) -> None:
    """Give the request its id; a proxy's is kept, where a proxy is declared."""
    g.started = time.perf_counter()
    # A retired session's cookie header may be set after routing failed, so the path is noted on its own.
    g.path = request.path
    sent = request.headers.get(REQUEST_ID_HEADER, "")
    trusted = services.settings.serving.trusted_proxies > 0 and _SHAPE.fullmatch(sent)
    REQUEST_ID.set(sent if trusted else secrets.token_hex(8))


def finish_request(services: Services, response: Response) -> Response:
    """Name the request in its response, and log it by its route, never by its URL."""
    response.headers[REQUEST_ID_HEADER] = REQUEST_ID.get() or ""
    services.log.emit(
        Event.REQUEST,
        method=request.method,
        route=request.url_rule.rule if request.url_rule is not None else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
    )
    return response


def register_request_log(app: Flask, services: Services) -> None:
    """Put id and line on every request of an application; call it before anything else that hooks in."""
    app.before_request(lambda: start_request(services))
    app.after_request(lambda response: finish_request(services, response))

    @app.teardown_request
    def forget(error: BaseException | None) -> None:
        REQUEST_ID.set(None)
