"""A server in front of a shop, as a proxy is: it passes on, counts what it is asked for, and now and then fails."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 60
_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding"})
HTML = b"<!doctype html><html><title>Bad gateway</title><h1>502 Bad gateway</h1></html>"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What goes wrong with one request."""

    passed_on: bool = False
    """Whether the shop is asked all the same."""
    status: int | None = None
    """None: the shop's, or no answer at all where it is not asked."""
    body: bytes | None = None
    """In place of the shop's."""
    headers: dict[str, str] = field(default_factory=dict)
    """More of the answer's, or others."""
    is_cut: bool = False
    """The connection ends in the middle of the body."""
    sent_headers: dict[str, str] = field(default_factory=dict)
    """What the shop reads in place of the browser's."""
    held: threading.Event | None = None
    """The answer waits for it."""


NO_ANSWER = Failure()
CUT = Failure(passed_on=True, is_cut=True)


def html(status: int) -> Failure:
    """Return a page of the proxy's own."""
    return Failure(status=status, body=HTML, headers={"Content-Type": "text/html"})


def error(status: int, type: str, **more: object) -> Failure:
    """Return an error of the shop's shape."""
    body = {"status": status, "type": type, "message": "No.", "details": [], "requestId": "r-1", **more}
    return Failure(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


class Front:
    """Where the browser goes; `url` is the shop's public one."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.shop = ""
        """Where requests are passed on to."""
        self._lock = threading.Lock()
        self._asked: list[str] = []
        self._failures: dict[str, list[Failure]] = {}

    def fail(self, what: str, *failures: Failure) -> None:
        """Let the next requests for `METHOD /path` fail, one each."""
        with self._lock:
            self._failures.setdefault(what, []).extend(failures)

    def forget(self) -> None:
        """Plan nothing, and have been asked for nothing."""
        with self._lock:
            self._asked.clear()
            self._failures.clear()

    def asked(self) -> list[str]:
        """Return what the JSON routes were asked for since, in order."""
        with self._lock:
            return list(self._asked)

    def take(self, method: str, path: str) -> Failure | None:
        what = f"{method} {path}"
        with self._lock:
            if path.startswith("/api/"):
                self._asked.append(what)
            planned = self._failures.get(what) or self._failures.get(what.partition("?")[0])
            return planned.pop(0) if planned else None


@contextmanager
def running_front() -> Iterator[Front]:
    """Serve it to the end of the block; the caller says where the shop is."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            failure = front.take(self.command, self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if failure is None:
                self.reply(*self.passed_on(body, {}))
                return
            answered = None
            if failure.passed_on:
                answered = self.passed_on(body, failure.sent_headers)
            if failure.held is not None:
                failure.held.wait(_PATIENCE_SECONDS)
            if failure.status is None and answered is None:
                return
            status, headers, content = answered or (0, [], b"")
            kept = [(name, value) for name, value in headers if name.lower() not in map(str.lower, failure.headers)]
            self.reply(
                failure.status or status,
                [*kept, *failure.headers.items()],
                content if failure.body is None else failure.body,
                is_cut=failure.is_cut,
            )

        do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - as the base class calls them

        def passed_on(self, body: bytes, changed: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
            connection = http.client.HTTPConnection(urlsplit(front.shop).netloc, timeout=_PATIENCE_SECONDS)
            try:
                connection.request(self.command, self.path, body or None, {**headers, **changed})
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

        def reply(self, status: int, headers: list[tuple[str, str]], body: bytes, *, is_cut: bool = False) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in {*_OF_ONE_CONNECTION, "content-length"}:
                    self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if is_cut else body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: a browser that has given up is no fault of this server."""

    with Server(("127.0.0.1", 0), Handler) as server:
        front = Front(server)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join(_PATIENCE_SECONDS)
