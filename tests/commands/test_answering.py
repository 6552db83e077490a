"""What a request costs the worker around the application, in calls to the system; and what a thread and the loop tell
each other. The loop is turned by hand."""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from bff.commands.connection import Connection
from bff.commands.worker import READ_BYTES, WholeRequestWorker
from bff.config.settings import Settings
from tests.support.served import environment, server_of

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PATIENCE_SECONDS = 60.0


class CountingSocket(socket.socket):
    counts: Counter[str]

    def send(self, data: Any, flags: int = 0) -> int:
        self.counts["send"] += 1
        return super().send(data, flags)

    def recv(self, size: int, flags: int = 0) -> bytes:
        self.counts["recv"] += 1
        return super().recv(size, flags)


class CountingSelector(selectors.DefaultSelector):
    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        self.counts["register"] += 1
        key: selectors.SelectorKey = super().register(fileobj, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        self.counts["unregister"] += 1
        key: selectors.SelectorKey = super().unregister(fileobj)
        return key


class Turned:
    """A worker whose loop the test turns, one client, and an application that waits until it may answer."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.may_answer = threading.Semaphore(0)
        self.asked: list[str] = []
        self.size = 3
        server = server_of(Settings.from_env(environment()))
        self.loop = WholeRequestWorker(1, os.getpid(), [], server, 30, server.cfg, logging.getLogger("worker"))
        self.loop.poller = CountingSelector(self.counts)
        self.loop.method_queue.init()
        self.loop.poller.register(
            self.loop.method_queue.fileno(), selectors.EVENT_READ, self.loop.method_queue.run_callbacks
        )
        self.loop.tpool = self.loop.get_thread_pool()
        self.loop.wsgi = self._application
        self.loop._accepting = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.client = socket.create_connection(self._listener.getsockname(), timeout=PATIENCE_SECONDS)
        self.loop.accept(self)  # type: ignore[arg-type]  # it asks a listener for no more than this
        (self.conn,) = self.loop._arriving
        self.counts.clear()

    def accept(self) -> tuple[socket.socket, Any]:
        accepted, address = self._listener.accept()
        counting = CountingSocket(fileno=accepted.detach())
        counting.counts = self.counts
        return counting, address

    def getsockname(self) -> Any:
        return self._listener.getsockname()

    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        assert self.may_answer.acquire(timeout=PATIENCE_SECONDS)
        start_response("200 OK", [("Content-Length", str(self.size))])
        yield b"x" * (self.size // 2)
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError
        yield b"x" * (self.size - self.size // 2)

    def until(self, holds: Callable[[], Any]) -> None:
        """Turn the loop until something holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline
            self.loop._turn(0.01)

    def until_a_thread_is_done(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.conn.busy and not self.loop._finished:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def end(self) -> None:
        self.may_answer.release(100)
        self.loop.tpool.shutdown(wait=False)
        self.client.close()
        self._listener.close()
        self.loop.poller.close()
        self.loop.method_queue.close()
        self.loop.tmp.close()
        self.conn.close()


@pytest.fixture
def turned() -> Iterator[Turned]:
    turned = Turned()
    try:
        yield turned
    finally:
        turned.end()


def test_kept_connections_next_request_costs_one_reading_and_one_sending_and_nothing_else(
    turned: Turned, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[object] = []
    monkeypatch.setattr(turned.loop.method_queue, "defer", lambda *told: woken.append(told))
    turned.may_answer.release(10)
    for number in range(1, 11):
        turned.client.sendall(GET)
        turned.until(lambda given=number: len(turned.asked) == given)  # type: ignore[misc]
        # As if the loop slept by now, which it need not be woken from.
        turned.loop._asleep = True
        turned.until_a_thread_is_done()
        assert turned.client.recv(4096).endswith(b"\r\n\r\nxxx")
    assert turned.counts == {"recv": 10, "send": 10}
    assert woken == []


def test_next_request_that_comes_early_is_answered_in_its_turn_and_the_loop_is_woken_for_it(turned: Turned) -> None:
    turned.client.sendall(GET.replace(b"/", b"/first", 1))
    turned.until(lambda: turned.asked)
    turned.client.sendall(GET.replace(b"/", b"/second", 1))
    turned.until(lambda: turned.conn.early)
    assert turned.asked == ["/first"]
    turned.loop._asleep = True
    turned.may_answer.release(2)
    turned.until_a_thread_is_done()
    assert turned.loop.poller.select(PATIENCE_SECONDS) != []
    turned.until(lambda: len(turned.asked) == 2)
    received = b""
    while received.count(b"xxx") < 2:
        received += turned.client.recv(4096)
    assert turned.asked == ["/first", "/second"]


@pytest.mark.parametrize(
    "first", [GET, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"], ids=["read", "with a body"]
)
def test_next_request_that_came_with_this_one_is_what_the_loop_is_woken_for(turned: Turned, first: bytes) -> None:
    turned.client.sendall(first + GET)
    turned.until(lambda: turned.asked)
    turned.loop._asleep = True
    turned.may_answer.release(2)
    turned.until_a_thread_is_done()
    assert turned.loop.poller.select(PATIENCE_SECONDS) != []
    turned.until(lambda: len(turned.asked) == 2)


def test_so_much_is_read_ahead_and_no_more(turned: Turned) -> None:
    turned.client.sendall(GET)
    turned.until(lambda: turned.asked)
    long = b"GET /long HTTP/1.1\r\nHost: x\r\n" + b"X-A: aaaa\r\n" * 90 + b"\r\n"
    turned.client.sendall(long * 50)
    turned.until(lambda: not turned.conn.watched)
    assert 0 < len(turned.conn.early) <= READ_BYTES
    assert turned.loop._held == turned.conn.held == len(GET) + len(turned.conn.early)
    turned.may_answer.release(51)
    turned.until(lambda: len(turned.asked) == 51)
    assert turned.asked == ["/", *["/long"] * 50]
    turned.until(lambda: turned.conn.idle)
    assert turned.loop._held == 0


def test_client_that_says_it_is_done_does_not_turn_the_loop_and_gets_its_answer(turned: Turned) -> None:
    turned.client.sendall(GET)
    turned.until(lambda: turned.asked)
    turned.client.shutdown(socket.SHUT_WR)
    turned.until(lambda: not turned.conn.watched)
    assert turned.loop.poller.select(0.05) == []
    turned.may_answer.release()
    turned.until(lambda: turned.conn.gone)
    assert turned.client.recv(4096).endswith(b"xxx")
    assert turned.loop.nr_conns == 0


def test_nobody_is_asked_what_a_client_wanted_to_know_that_has_gone(turned: Turned) -> None:
    turned.client.sendall(GET * 20)
    turned.until(lambda: turned.asked)
    turned.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    turned.client.close()
    turned.may_answer.release(20)
    turned.until(lambda: turned.conn.gone)
    assert turned.asked == ["/"]
    assert turned.loop.nr_conns == 0


def test_nothing_is_read_while_an_answer_is_left(turned: Turned) -> None:
    turned.size = 16 * 1024 * 1024
    turned.client.sendall(GET)
    turned.until(lambda: turned.asked)
    turned.may_answer.release()
    turned.until(lambda: turned.conn.sock.pending and not turned.conn.busy)
    turned.client.sendall(GET)
    # What the loop has heard in the same turn in which it went on with the connection.
    turned.loop._on_readable(turned.conn, turned.conn.incoming)
    turned.loop._turn(0)
    assert (turned.asked, turned.conn.busy) == (["/"], False)


def test_answer_that_breaks_off_ends_the_connection_and_the_loop_alone_closes_it(turned: Turned) -> None:
    turned.client.sendall(GET.replace(b"/", b"/broken", 1))
    turned.may_answer.release()
    turned.until(lambda: turned.conn in turned.loop._lingering)
    assert turned.client.recv(4096).endswith(b"\r\n\r\nx")
    assert turned.client.recv(4096) == b""
    assert turned.conn.incoming.fileno() >= 0
    turned.client.close()
    turned.until(lambda: turned.conn.gone)
    assert turned.conn.incoming.fileno() == -1


def test_connection_that_was_answered_makes_room_where_threads_worked_on_all(turned: Turned) -> None:
    turned.loop.worker_connections = 1
    turned.client.sendall(GET)
    turned.until(lambda: turned.asked)
    # As gunicorn does where there are as many as there may be.
    turned.loop._accepting = False
    turned.loop._asleep = True
    turned.may_answer.release()
    turned.until_a_thread_is_done()
    assert turned.loop.poller.select(PATIENCE_SECONDS) != []
    turned.until(lambda: turned.conn.gone)
    assert turned.client.recv(4096).endswith(b"xxx")
    assert turned.client.recv(4096) == b""
    assert turned.loop.nr_conns == 0


def test_thread_closes_no_socket(turned: Turned) -> None:
    turned.conn.sock.close()
    assert turned.conn.incoming.fileno() >= 0


def test_thread_goes_on_whatever_answering_raises(turned: Turned, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(conn: Connection) -> bool:
        turned.asked.append("raised")
        raise SystemExit

    monkeypatch.setattr(turned.loop, "handle", raises)
    turned.client.sendall(GET)
    turned.until(lambda: turned.asked)
    turned.until(lambda: turned.conn in turned.loop._lingering)
    turned.until(lambda: len(turned.loop.tpool._resting) == 1)
