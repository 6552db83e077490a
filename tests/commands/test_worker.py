"""The worker that `bff serve` runs, and clients that are slow, silent or many: real processes, a small application."""

from __future__ import annotations

import json
import logging
import os
import re
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from bff.commands import worker
from bff.commands.worker import WholeRequestWorker
from bff.config.settings import Settings
from tests.support.journeys.real_server import all_of, parsed
from tests.support.served import GET, HEAD, PATIENCE_SECONDS, THREADS, Served, environment, server_of, serving

LARGE_BYTES = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("ours")) as server:
        yield server
        assert "Traceback" not in server.errors.read_text()
        assert '"raised"' not in server.errors.read_text()


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("hurried"), ARRIVAL_SECONDS=1.0) as server:
        yield server


SLOW = {
    "half a request line": b"GET /he",
    "half a head": HEAD + b"X-A: b",
    "half a body": HEAD + b"Content-Length: 60000\r\n\r\nabc",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n400\r\nabc",
    "no byte": b"",
    "a body too large to wait for": HEAD.replace(b"/", b"/unread", 1) + b"Content-Length: 70000\r\n\r\nabc",
    "an answer it does not take": b"GET /large?%d HTTP/1.1\r\nHost: x\r\n\r\n" % LARGE_BYTES,
    "an ended connection it keeps open": b"GET / HTTP/1.0\r\n\r\n",
}


def test_a_request_has_ten_seconds() -> None:
    assert worker.ARRIVAL_SECONDS == 10


def test_an_answer_has_two_minutes_and_what_is_held_64_mib() -> None:
    assert (worker.TAKING_SECONDS, worker.MOST_HELD_BYTES) == (120, 64 * 1024 * 1024)


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_twice_as_many_slow_clients_as_threads_leave_a_thread_for_others(ours: Served, sent: bytes) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(ours.open(sent)) for _ in range(2 * THREADS)]
        if sent.endswith(b"1.0\r\n\r\n"):
            assert all(all_of(connection).startswith(b"HTTP/1.0 200") for connection in slow)
        assert ours.answers_within(PATIENCE_SECONDS)
        if sent.endswith(b"abc") and b"unread" not in sent:
            for connection in slow:
                connection.sendall(b"d")
            assert ours.answers_within(PATIENCE_SECONDS)


@pytest.mark.parametrize("sent", [sent for name, sent in SLOW.items() if name.startswith("half")])
def test_request_that_does_not_arrive_in_time_is_answered_in_the_shape_of_errors(hurried: Served, sent: bytes) -> None:
    answer = parsed(hurried.send(sent, end=False))
    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["type"], body["details"]) == (408, 408, "request_timeout", [])
    assert body["requestId"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", body["requestId"])
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in answer.headers


def test_time_counts_from_the_first_byte_whatever_follows(hurried: Served) -> None:
    with hurried.open(HEAD) as connection:
        began = time.monotonic()
        with suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() < began + 30:
                connection.sendall(b"X-A: b\r\n")
                connection.settimeout(0.05)
                with suppress(TimeoutError):
                    assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
                    break
        assert time.monotonic() < began + 30


def test_connection_that_says_nothing_is_closed_without_a_word(hurried: Served) -> None:
    assert hurried.send(end=False) == b""


def test_connection_that_was_answered_may_be_silent_for_longer_than_a_request(hurried: Served) -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with hurried.open(request) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert parsed(hurried.send(b"GET", end=False)).status == 408
        connection.sendall(request)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_body_in_slow_pieces_arrives(ours: Served) -> None:
    with ours.open(HEAD + b"Content-Length: 5\r\nConnection: close\r\n\r\n") as connection:
        for byte in b"hello":
            time.sleep(0.05)
            connection.sendall(bytes([byte]))
        assert json.loads(parsed(all_of(connection)).body)["body"] == "hello"


def test_answer_that_is_taken_late_is_whole(ours: Served) -> None:
    again = b"GET /large?3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ours.open(SLOW["an answer it does not take"] + again) as connection:
        assert ours.answers_within(PATIENCE_SECONDS)
        received = all_of(connection)
    first, _, second = received.partition(b"xHTTP/1.1")
    assert len(parsed(first + b"x").body) == LARGE_BYTES
    assert second.endswith(b"\r\n\r\nxxx")


def test_client_that_waits_to_be_told_to_go_on_is_told(ours: Served) -> None:
    with ours.open(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n") as connection:
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert json.loads(parsed(all_of(connection)).body)["body"] == "ok"


def test_client_whose_body_is_too_large_is_not_told_to_go_on(ours: Served) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n"
    answer = parsed(ours.send(head, end=False))
    assert (answer.status, answer.body, answer.headers["connection"]) == (200, b"unread", "close")


def test_chunks_that_are_mostly_wrapping_are_refused_in_the_shape_of_errors(ours: Served) -> None:
    chunk = b"1;" + b"a" * 8000 + b"\r\nx\r\n"
    answer = parsed(ours.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 80))
    assert (answer.status, json.loads(answer.body)["type"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "chunks", [b"0\r\nno trailer\r\n\r\n", b"3;\x01\r\nabc\r\n0\r\n\r\n", b"3 x\r\nabc\r\n0\r\n\r\n"]
)
def test_request_has_one_answer_also_where_its_unread_body_is_broken(ours: Served, chunks: bytes) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with ours.open(head + chunks) as connection:
        received = all_of(connection)
    assert received.count(b"HTTP/1.1 ") == 1
    assert parsed(received).body == b"unread"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("narrow"), MOST_CONNECTIONS=3 * THREADS, MOST_HELD_BYTES=200_000) as server:
        yield server


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_who_has_waited_longest_makes_room_for_a_new_connection(narrow: Served) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(narrow.open(b"GET")) for _ in range(6 * THREADS)]
        assert narrow.answers_within(PATIENCE_SECONDS)
        assert ended(slow[0])
        slow[-1].sendall(b" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert parsed(all_of(slow[-1])).status == 200


def test_kept_connection_makes_room_too(narrow: Served) -> None:
    with ExitStack() as stack:
        kept = []
        for _ in range(6 * THREADS):
            # Answered one after the other: of answers that threads give at once, any may be the first.
            kept.append(stack.enter_context(narrow.open(GET)))
            assert kept[-1].recv(4096).startswith(b"HTTP/1.1 200")
        assert narrow.answers_within(PATIENCE_SECONDS)
        assert ended(kept[0])


def test_who_has_waited_longest_makes_room_in_memory(narrow: Served) -> None:
    half = HEAD + b"Content-Length: 60000\r\nConnection: close\r\n\r\n" + b"x" * 50_000
    with ExitStack() as stack:
        slow = [stack.enter_context(narrow.open(half)) for _ in range(6)]
        assert ended(slow[0])
        slow[-1].sendall(b"x" * 10_000)
        assert parsed(all_of(slow[-1])).status == 200


def test_request_that_is_arriving_at_the_end_is_answered_and_silence_is_not_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with server.open(HEAD + b"Content-Length: 2\r\n\r\n") as arriving, server.open() as silent:
            assert server.answers_within(PATIENCE_SECONDS)
            server.process.send_signal(signal.SIGTERM)
            assert silent.recv(1) == b""
            arriving.sendall(b"ok")
            answer = parsed(all_of(arriving))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert server.process.wait(20) == 0


def test_connection_that_is_kept_and_idle_at_the_end_is_closed_without_a_word(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with server.open(GET) as kept:
            assert kept.recv(4096).startswith(b"HTTP/1.1 200")
            server.process.send_signal(signal.SIGTERM)
            assert kept.recv(1) == b""
        assert server.process.wait(20) == 0


@pytest.mark.more
def test_reload_lets_an_arriving_request_finish(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.open(HEAD + b"Content-Length: 2\r\n\r\n") as arriving:
        assert server.answers_within(PATIENCE_SECONDS)
        server.process.send_signal(signal.SIGHUP)
        assert server.answers_within(60)
        arriving.sendall(b"ok")
        assert parsed(all_of(arriving)).status == 200


class Listening:
    """A worker that is not started, its listening socket, and clients who wait there."""

    def __init__(self, family: socket.AddressFamily, address: str | tuple[str, int]) -> None:
        self.family = family
        self.listener = socket.socket(family)
        self.listener.bind(address)
        self.listener.listen()
        self.listener.setblocking(False)
        self.address = self.listener.getsockname()
        server = server_of(Settings.from_env(environment()))
        listeners = [self.listener]
        self.loop = WholeRequestWorker(1, os.getpid(), listeners, server, 30, server.cfg, logging.getLogger("worker"))
        self.loop.poller = selectors.DefaultSelector()
        self.loop.set_accept_enabled(True)
        self._clients: list[socket.socket] = []

    def come(self, number: int) -> None:
        """Let so many clients connect."""
        for _ in range(number):
            client = socket.socket(self.family)
            self._clients.append(client)
            client.settimeout(PATIENCE_SECONDS)
            client.connect(self.address)

    def end(self) -> None:
        """Let the end begin, as far as the worker's loop has a part in it."""
        self.loop.alive = False
        self.loop.set_accept_enabled(False)

    def close(self) -> None:
        for connection in [*self.loop._arriving]:
            self.loop._drop(connection)
        for one in (*self._clients, self.listener, self.loop.poller, self.loop.tmp):
            one.close()


@pytest.fixture(params=[socket.AF_INET, socket.AF_UNIX])
def listening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listening]:
    unix = request.param == socket.AF_UNIX
    with closing(Listening(request.param, str(tmp_path / "sock") if unix else ("127.0.0.1", 0))) as listening:
        yield listening


def test_end_takes_all_who_wait_to_be_accepted_and_refuses_whoever_comes_then(listening: Listening) -> None:
    listening.come(10)
    listening.end()
    assert listening.loop.nr_conns == len(listening.loop._arriving) == 10
    with pytest.raises(ConnectionRefusedError):
        listening.come(1)


def test_worker_that_has_all_it_can_take_closes_nothing_while_it_lives(listening: Listening) -> None:
    listening.come(1)
    listening.loop.set_accept_enabled(False)
    listening.loop.murder_pending()
    listening.come(1)
    assert listening.loop.nr_conns == 0
    assert listening.loop.sockets == [listening.listener]


def test_socket_that_the_loop_still_hears_of_is_not_closed_under_it(listening: Listening) -> None:
    listening.loop.alive = False
    listening.loop.murder_pending()
    listening.come(1)
    listening.loop.wait_for_and_dispatch_events(PATIENCE_SECONDS)
    assert listening.loop.nr_conns == 1
    listening.end()
    assert listening.loop.sockets == []
    assert [key.fileobj for key in listening.loop.poller.get_map().values()] == [
        conn.incoming for conn in listening.loop._arriving
    ]


def test_end_of_one_worker_closes_nothing_for_others(listening: Listening) -> None:
    with listening.listener.dup() as others:
        listening.end()
        listening.come(1)
        accepted, _ = others.accept()
        accepted.close()


def test_who_waits_at_the_end_is_taken_once_there_is_room_and_makes_none_of_those_just_taken(
    listening: Listening,
) -> None:
    loop = listening.loop
    loop.worker_connections = 4
    listening.come(8)
    # Threads work on all there are: none can be ended for another.
    loop.nr_conns = 4
    listening.end()
    assert (len(loop._arriving), loop.sockets) == (0, [listening.listener])
    loop.nr_conns = 0
    loop.murder_pending()
    assert (loop.nr_conns, len(loop._arriving), loop.sockets) == (3, 3, [listening.listener])
    # Their requests have come, and threads are done with them.
    for _ in range(3):
        for conn in [*loop._arriving]:
            loop._drop(conn)
        loop.murder_pending()
    assert loop.sockets == []


def test_connection_that_made_room_is_not_ended_again_by_what_was_heard_of_it_at_once() -> None:
    server = server_of(Settings.from_env(environment()))
    loop = WholeRequestWorker(1, os.getpid(), [], server, 30, server.cfg, logging.getLogger("worker"))
    loop.poller = selectors.DefaultSelector()
    with loop.poller, socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(socket.create_connection(listener.getsockname()))
            client.sendall(b"GET")
            loop.accept(listener)
        told: list[tuple[selectors.SelectorKey, int]] = []
        while len(told) < 3:
            told = loop.poller.select(5)
        while loop._make_room():
            pass
        for key, _ in told:
            key.data(key.fileobj)
        assert loop.nr_conns == 0
    loop.tmp.close()
