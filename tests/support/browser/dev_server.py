"""A dev server as storefronts are built with: it has pages of its own, and passes some paths on to the program.

It does with `Host` what such servers do: leaves what the browser sent, or writes the address that it passes on to
(`changeOrigin`, as the libraries call it). On 127.0.0.1, which a browser finds under `localhost` too.
"""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSED_ON = ("/api", "/login", "/logout", "/account", "/static")
_PAGE = (
    b'<!doctype html><html lang="en"><title>A storefront</title><link rel="icon" href="data:,">'
    b'<h1>A storefront</h1><a href="/login/social/google-oauth2">Continue with Google</a>'
)
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})
_PATIENCE_SECONDS = 60.0


class DevServer(ThreadingHTTPServer):
    """One, and what it does; tests turn it."""

    daemon_threads = True
    target = ""
    """Host and port."""
    change_origin = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a browser that leaves a page leave; everything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as it was handed over

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: DevServer

    def do_GET(self) -> None:
        if self.path.startswith(PASSED_ON):
            self._pass_on()
        else:
            self._answer(200, [("Content-Type", "text/html")], _PAGE)

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        target = self.server.target
        with closing(http.client.HTTPConnection(target, timeout=_PATIENCE_SECONDS)) as connection:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", target if self.server.change_origin else self.headers["Host"])
            for name, value in self.headers.items():
                if name.lower() not in {*_HOP_BY_HOP, "host"}:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            status, headers, text = answer.status, answer.getheaders(), answer.read()
        self._answer(status, headers, text)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {*_HOP_BY_HOP, "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running_dev_server() -> Iterator[DevServer]:
    """Serve one to the end of the block; say to it where the program is."""
    with DevServer(("127.0.0.1", 0), _Exchange) as server:
        thread = threading.Thread(target=server.serve_forever, name="dev-server", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(_PATIENCE_SECONDS)
