"""An upstream whose connection breaks at a chosen moment of a call, and that counts how often the call was carried out.

A call counts as begun once its first line has come, and as executed once its whole body has come to the service.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from enum import Enum
from typing import Any

from tests.support.journeys.recording_upstream import Canned, Handler, RecordingUpstream

DEAD_BEARER = {"fault": {"faultstring": "Invalid access token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}}
_ORDERED = Canned(status=200, content={"orderId": "one"})
_RESET = b"\x01\0\0\0\0\0\0\0"
_PATIENCE_SECONDS = 60.0


class Moment(Enum):
    """What becomes of one call."""

    ANSWERED = "it is answered"
    KEPT = "it is answered, and the connection kept"
    RESET_BEFORE_HEAD = "reset before the head has come"
    RESET_BEFORE_BODY = "reset between head and body"
    RESET_WITHIN_BODY = "reset within the body"
    RESET_AFTER_BODY = "executed; reset before the answer"
    CLOSED_AFTER_BODY = "executed; closed before the answer"
    CLOSED_WITHIN_HEAD = "executed; closed within the answer's head"
    RESET_WITHIN_HEAD = "executed; reset within the answer's head"
    CLOSED_WITHIN_ANSWER = "executed; closed within the answer's body"
    RESET_WITHIN_ANSWER = "executed; reset within the answer's body"
    SILENT = "executed; never answered"
    SLOW = "executed; the answer drips"
    DEAD_BEARER = "refused by the gateway: the bearer is dead"
    REFUSED_401 = "executed; 401 of the service's own"
    REFUSED_409 = "executed; 409"
    UNAVAILABLE_502 = "executed; 502"
    UNAVAILABLE_503 = "executed; 503 with Retry-After"
    UNAVAILABLE_504 = "executed; 504"
    BUSY_429 = "executed; 429 with Retry-After"
    FAILED_500 = "executed; 500"
    PAGE = "executed; a page"
    MOVED_307 = "executed; sent elsewhere, the same way"
    MOVED_308 = "executed; sent elsewhere for good"


_STATUSES = {
    Moment.DEAD_BEARER: 401,
    Moment.REFUSED_401: 401,
    Moment.REFUSED_409: 409,
    Moment.UNAVAILABLE_502: 502,
    Moment.UNAVAILABLE_503: 503,
    Moment.UNAVAILABLE_504: 504,
    Moment.BUSY_429: 429,
    Moment.FAILED_500: 500,
    Moment.MOVED_307: 307,
    Moment.MOVED_308: 308,
}


class BreakingUpstream(RecordingUpstream):
    """Answers one path as the moments say, the last of them again and again; all else as usual."""

    def __init__(self) -> None:
        super().__init__(BreakingHandler)
        self._moments: deque[Moment] = deque()
        self._guard = threading.Lock()
        self.path = ""
        self.good = _ORDERED
        self.begun = 0
        self.executed = 0
        self.held = threading.Event()
        """A silent call has come."""
        self.let_go = threading.Event()

    def will(self, path: str, *moments: Moment, good: Canned | None = None) -> None:
        """Say what becomes of the next calls of a path, and count anew."""
        with self._guard:
            self.path, self.begun, self.executed = path, 0, 0
            self.good = good or _ORDERED
            self._moments = deque(moments)
        self.held.clear()
        self.let_go.clear()

    def begins(self) -> Moment:
        """Count a call that has begun, and return what becomes of it."""
        with self._guard:
            self.begun += 1
            return self._moments.popleft() if len(self._moments) > 1 else self._moments[0]

    def executes(self) -> None:
        """Count a call that has reached the service."""
        with self._guard:
            self.executed += 1

    def __exit__(self, *about: Any) -> None:
        self.let_go.set()
        super().__exit__(*about)


class BreakingHandler(Handler):
    """Breaks its connection where the moment is."""

    def handle_one_request(self) -> None:
        upstream = self._upstream
        first = self.connection.recv(4096, socket.MSG_PEEK)
        parts = first.split(b" ", 2)
        if len(parts) < 2 or parts[1].partition(b"?")[0].decode("latin-1") != upstream.path:
            super().handle_one_request()
            return
        moment = upstream.begins()
        if moment is Moment.RESET_BEFORE_HEAD:
            self._reset()
            return
        self.raw_requestline = self.rfile.readline(65537)
        if self.parse_request():
            self._become(moment)

    @property
    def _upstream(self) -> BreakingUpstream:
        upstream = self.server.upstream
        assert isinstance(upstream, BreakingUpstream)
        return upstream

    def _become(self, moment: Moment) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if moment is Moment.RESET_BEFORE_BODY:
            self._reset()
            return
        if moment is Moment.RESET_WITHIN_BODY:
            self.rfile.read(length // 2)
            self._reset()
            return
        self.rfile.read(length)
        if moment is not Moment.DEAD_BEARER:
            self._upstream.executes()
        name = moment.name
        if moment is Moment.SILENT:
            self._upstream.held.set()
            self._upstream.let_go.wait(_PATIENCE_SECONDS)
            self.close_connection = True
        elif name.endswith("WITHIN_HEAD"):
            self.wfile.write(b"HTTP/1.1 200 O")
            self._end(name)
        elif name.endswith("WITHIN_ANSWER"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
            self._end(name)
        elif name.endswith("AFTER_BODY"):
            self._end(name)
        else:
            self._whole(moment)

    def _whole(self, moment: Moment) -> None:
        status = _STATUSES.get(moment, self._upstream.good.status)
        body = self._upstream.good.body
        if moment is Moment.DEAD_BEARER:
            body = json.dumps(DEAD_BEARER).encode()
        elif moment is Moment.PAGE:
            body = b"<!doctype html><p>Sorry"
        elif status >= 300:
            body = json.dumps({"status": status, "type": "refused", "message": "No."}).encode()
        self.send_response(status)
        if moment is not Moment.KEPT:
            self.send_header("Connection", "close")
        self.send_header("Content-Type", "text/html" if moment is Moment.PAGE else "application/json")
        self.send_header("Retry-After", "0")
        self.send_header("Location", self._upstream.path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if moment is Moment.SLOW:
            for byte in body:
                if self._upstream.let_go.wait(0.2):
                    break
                self.wfile.write(bytes([byte]))
            return
        self.wfile.write(body)

    def _end(self, name: str) -> None:
        self.wfile.flush()
        if name.startswith("RESET"):
            # What was written has to be read before the reset throws it away.
            time.sleep(0.05)
            self._reset()
        else:
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()
        self.close_connection = True
