"""A proxy on TCP in front of an upstream: what passes through it goes wrong on the way, in one way at a time.

It counts what came and what it let through, request by request: what a client sent twice shows.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

_ABORT: Final = b"\x01\0\0\0\0\0\0\0"
"""SO_LINGER, on and zero seconds: closing sends a reset."""


class Way(Enum):
    """What becomes of a request."""

    THROUGH = "through"
    REFUSED = "refused"
    """Nobody listens."""
    RESET_BEFORE = "reset before the request was read"
    RESET_AFTER = "reset after upstream has done it"
    SILENT = "no first byte"
    SLOW_BODY = "a head, and a body that does not end"
    TRUNCATED = "half of what is announced"
    ENDLESS_HEAD = "a head without an end"
    ANSWER = "another answer, and upstream hears of nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upset:
    """How a request goes wrong."""

    way: Way
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    """Bytes at the end of the body that the announced length does not count."""
    seconds: float = 0.0
    """How long it keeps silent."""

    @property
    def raw(self) -> bytes:
        """The answer, as it is sent."""
        lines = [
            f"HTTP/1.1 {self.status} Whatever",
            f"Content-Length: {len(self.body) - self.left_out}",
            "Connection: close",
        ]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


THROUGH: Final = Upset(way=Way.THROUGH)


def answer(status: int, body: object = b"", **headers: str) -> Upset:
    """Return an answer that stands for upstream's; a body that is no bytes becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": "text/html" if isinstance(body, bytes) else "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Upset(way=Way.ANSWER, status=status, body=raw, headers=tuple(named.items()))


@dataclass(slots=True)
class Seen:
    """What came of the requests that were to go wrong."""

    came: int = 0
    """Requests, whole or not; a connection that was reset before is one."""
    passed: int = 0
    """Those that upstream has got."""


@dataclass(slots=True)
class _Plan:
    upset: Upset = THROUGH
    meant: Callable[[bytes], bool] = lambda line: False
    seen: Seen = field(default_factory=Seen)


class FaultProxy:
    """A context manager; `url` is upstream's, by way of the proxy."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._plan = _Plan()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def upset(self, upset: Upset, meant: Callable[[bytes], bool]) -> Seen:
        """Let the requests whose first line is meant go wrong, until `calm`, and return what is seen of them."""
        self._plan = _Plan(upset, meant)
        if upset.way is Way.REFUSED:
            self._stop_listening()
        return self._plan.seen

    def calm(self) -> None:
        """Let everything through again."""
        was, self._plan = self._plan, _Plan()
        if was.upset.way is Way.REFUSED:
            self._listener = socket.create_server(("127.0.0.1", self._port))
            self._start()

    def __enter__(self) -> FaultProxy:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._stop_listening()

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _start(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            plan = self._plan
            if plan.upset.way is Way.RESET_BEFORE:
                plan.seen.came += 1
                _reset(client)
                continue
            threading.Thread(target=self._serve, args=(client, plan), daemon=True).start()

    def _serve(self, client: socket.socket, plan: _Plan) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(60)
            request = _read_request(client)
            if not request:
                return
            if not plan.meant(request.partition(b"\r\n")[0]):
                client.sendall(self._passed_on(request))
                return
            plan.seen.came += 1
            self._upset(client, request, plan)

    def _upset(self, client: socket.socket, request: bytes, plan: _Plan) -> None:
        upset = plan.upset
        if upset.way is Way.ANSWER:
            client.sendall(upset.raw)
            return
        plan.seen.passed += 1
        reply = self._passed_on(request)
        head, _, body = reply.partition(b"\r\n\r\n")
        match upset.way:
            case Way.RESET_AFTER:
                _reset(client)
            case Way.SILENT:
                self._over.wait(upset.seconds)
            case Way.SLOW_BODY:
                client.sendall(_announcing(head, len(body) + 1) + body)
                self._over.wait(upset.seconds)
            case Way.TRUNCATED:
                client.sendall(_announcing(head, len(body) + 100) + body)
            case Way.ENDLESS_HEAD:
                client.sendall(head[: len(head) // 2])
            case _:
                client.sendall(reply)

    def _passed_on(self, request: bytes) -> bytes:
        """Give upstream the request on a connection of its own, and return all of the answer."""
        head, _, body = request.partition(b"\r\n\r\n")
        with socket.create_connection(self._upstream, timeout=60) as upstream:
            upstream.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
            answered = b""
            while piece := upstream.recv(65536):
                answered += piece
        return answered


def _announcing(head: bytes, length: int) -> bytes:
    """Return the head with another length; where there is to be a body, the status has to be one that may have it."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    lines[0] = lines[0].replace(b" 204 ", b" 200 ")
    return b"\r\n".join([*lines, b"Content-Length: " + str(length).encode()]) + b"\r\n\r\n"


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    connection.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < sum(lengths):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
