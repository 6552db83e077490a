"""The guard of the HTTP client, tried out against a server of the audit's own that lives for two requests.

It listens on loopback, redirects and sets a cookie. No other part of the audit opens a connection.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import MappingProxyType
from typing import Any, Final

from bff.audit.checking import Check
from bff.audit.probed import Probed
from bff.audit.requirement import Guard
from bff.factory import Bff
from bff.transport import Answer, Transport, TransportError

_SECONDS: Final = 2.0
_REQUESTS: Final = 2


class _Server(HTTPServer):
    timeout = _SECONDS

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Redirect)
        self.received: list[Mapping[str, str]] = []

    def answer_all(self) -> None:
        for _ in range(_REQUESTS):
            self.handle_request()


class _Redirect(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SECONDS

    def do_GET(self) -> None:
        """Send the client elsewhere, with a cookie."""
        self.server.received.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "planted=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _never_redirects(probed: Probed, app: Bff) -> str | None:
    with _Server() as server:
        thread = threading.Thread(target=server.answer_all, daemon=True)
        thread.start()
        try:
            answers = _two_answers(server.server_port)
        except TransportError as err:
            return f"the HTTP client could not be tried out: {err}"
        thread.join(2 * _SECONDS)
    if any(answer.status != 302 for answer in answers) or len(server.received) != _REQUESTS:
        return "the HTTP client follows redirects"
    if any("cookie" in headers for headers in server.received):
        return "the HTTP client keeps cookies, which would go out for the next visitor"
    if any("authorization" in headers for headers in server.received):
        return "the HTTP client takes credentials from the environment"
    return None


def _two_answers(port: int) -> list[Answer]:
    transport = Transport(f"http://127.0.0.1:{port}", connections=1, max_body_bytes=1024)
    try:
        return [
            transport.send(
                "GET",
                "/",
                headers={"Connection": "close"},
                body=None,
                connect_timeout_seconds=_SECONDS,
                read_timeout_seconds=_SECONDS,
            )
            for _ in range(_REQUESTS)
        ]
    finally:
        transport.close()


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType({Guard.UPSTREAM_NEVER_REDIRECTS: _never_redirects})
