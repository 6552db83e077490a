"""Answers who scrapes: one small HTTP server in the master, on a port of its own, in one thread.

It knows one path and takes no body; a client has five seconds, and there are only so many. The thread works under a
lock that a fork takes too: so at a fork it waits for the network or for that lock, and holds nothing that the new
process would find taken for ever. It takes no signals, which are the master's.
"""

from __future__ import annotations

import logging
import re
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from bff.metrics.exposition import CONTENT_TYPE

LOGGER: Final = logging.getLogger("bff.metrics")
PATH: Final = "/metrics"
PATIENCE_SECONDS: Final = 5.0
"""For a request to come, and as long again for its answer to be taken."""
MOST_CLIENTS: Final = 16
MOST_HEAD_BYTES: Final = 8 * 1024
_READ_BYTES: Final = 4096
_SECOND: Final = 1.0
_END_OF_HEAD: Final = b"\r\n\r\n"
_REQUEST_LINE: Final = re.compile(rb"(GET|HEAD) ([!-~]{1,200}) HTTP/1\.[01]\r\n")
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(slots=True, eq=False)
class _Client:
    sock: socket.socket
    until: float
    head: bytearray = field(default_factory=bytearray)
    answer: memoryview = field(default_factory=lambda: memoryview(b""))


class Scrapes:
    """Listens from the beginning; answers once `start` was called."""

    def __init__(
        self, bind: str, text: Callable[[], bytes], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """:param bind: host and port; an IPv6 address in brackets
        :param text: what is answered

        :raises OSError: the address cannot be listened on
        """
        host, _, port = bind.rpartition(":")
        host = host.strip("[]")
        self._listener = socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=MOST_CLIENTS
        )
        self._listener.setblocking(False)
        self._text = text
        self._monotonic = monotonic
        self._working = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        # In the order in which they came.
        self._clients: dict[_Client, None] = {}

    def start(self) -> None:
        """Answer from now on, in a thread that ends with the process."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            threading.Thread(target=self._run, name="scrapes", daemon=True).start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing be done inside; for a fork."""
        with self._working:
            yield

    def leave_to_the_master(self) -> None:
        """Close what a new process has got by the fork."""
        self._selector.close()
        self._listener.close()
        for client in self._clients:
            client.sock.close()

    def turn(self, seconds: float) -> None:
        """Wait so long for something to do, and do it."""
        events = self._selector.select(seconds)
        with self._working:
            for key, _ in events:
                if key.data is None:
                    self._accept()
                elif key.data in self._clients:
                    self._go_on(key.data)
            now = self._monotonic()
            for client in [client for client in self._clients if client.until <= now]:
                self._drop(client)

    def _run(self) -> None:
        while True:
            self.turn(_SECOND)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            # It has gone again, or the process has no file left; the next round tries anew.
            return
        if len(self._clients) >= MOST_CLIENTS:
            self._drop(next(iter(self._clients)))
        sock.setblocking(False)
        client = _Client(sock, self._monotonic() + PATIENCE_SECONDS)
        self._clients[client] = None
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _go_on(self, client: _Client) -> None:
        try:
            if client.answer or self._has_asked(client):
                client.answer = client.answer[client.sock.send(client.answer) :]
                if not client.answer:
                    self._drop(client)
        except BlockingIOError:
            return
        except OSError:
            self._drop(client)

    def _has_asked(self, client: _Client) -> bool:
        """Read on, and make the answer once the request is whole."""
        part = client.sock.recv(_READ_BYTES)
        client.head += part
        if _END_OF_HEAD in client.head or len(client.head) > MOST_HEAD_BYTES:
            client.answer = memoryview(self._answer_to(bytes(client.head)))
            client.until = self._monotonic() + PATIENCE_SECONDS
            self._selector.modify(client.sock, selectors.EVENT_WRITE, client)
            return True
        if not part:
            self._drop(client)
        return False

    def _answer_to(self, head: bytes) -> bytes:
        line = _REQUEST_LINE.match(head)
        if line is None:
            return _answer(HTTPStatus.BAD_REQUEST, _TEXT, b"GET /metrics is all there is.\n")
        method, target = line[1], line[2].decode()
        if target.partition("?")[0] != PATH:
            return _answer(HTTPStatus.NOT_FOUND, _TEXT, b"GET /metrics is all there is.\n")
        try:
            text = self._text()
        except Exception:
            # Whatever it is, the thread goes on, and the next scrape may succeed; the log gets type and places.
            LOGGER.exception("no metrics")
            return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, b"See the log.\n")
        return _answer(HTTPStatus.OK, CONTENT_TYPE, text, with_body=method == b"GET")

    def _drop(self, client: _Client) -> None:
        del self._clients[client]
        self._selector.unregister(client.sock)
        client.sock.close()


def _answer(status: HTTPStatus, content_type: str, body: bytes, *, with_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + (body if with_body else b"")
