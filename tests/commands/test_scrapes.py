"""Who scrapes is answered, and who does anything else there costs nothing for long."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator

import pytest

from bff.commands.scrapes import MOST_CLIENTS, MOST_HEAD_BYTES, PATIENCE_SECONDS, Scrapes
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.real_server import all_of, free_port

TEXT = b"bff_workers 2.0\n" * 20_000
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


class Asked:
    """A listener that a test turns by hand."""

    def __init__(self, clock: FakeClock) -> None:
        self.port = free_port()
        self.text = TEXT
        self.scrapes = Scrapes(f"127.0.0.1:{self.port}", lambda: self.text, monotonic=clock)

    def client(self, data: bytes = b"") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        client.sendall(data)
        self.turn(2)
        return client

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.scrapes.turn(0.05)

    def answer(self, data: bytes) -> bytes:
        with self.client(data) as client:
            client.setblocking(False)
            received = b""
            for _ in range(400):
                self.turn()
                try:
                    part = client.recv(1024 * 1024)
                except BlockingIOError:
                    continue
                except ConnectionResetError:
                    return received
                if not part:
                    return received
                received += part
            raise AssertionError("it does not hang up")


@pytest.fixture
def asked(clock: FakeClock) -> Iterator[Asked]:
    one = Asked(clock)
    yield one
    one.scrapes.leave_to_the_master()


def test_numbers_are_told_whole_and_the_connection_ends(asked: Asked) -> None:
    head, _, body = asked.answer(GET).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert f"Content-Length: {len(TEXT)}".encode() in head
    assert body == TEXT
    assert asked.answer(GET.replace(b"GET", b"HEAD")).partition(b"\r\n\r\n")[2] == b""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics/ HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metricsx HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics?collect[]=x HTTP/1.1\r\n\r\n", b"200"),
        (b"GET /metrics HTTP/1.0\r\n\r\n", b"200"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"400"),
        (b"DELETE /metrics HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),
        (b"GET  /metrics HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/2.0\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * MOST_HEAD_BYTES, b"200"),
        (b"a" * MOST_HEAD_BYTES + b"b", b"400"),
    ],
)
def test_nothing_else_is_answered(asked: Asked, sent: bytes, status: bytes) -> None:
    assert asked.answer(sent).split(b" ")[1] == status


def test_request_that_comes_in_pieces_is_one(asked: Asked) -> None:
    with asked.client() as client:
        for piece in (GET[:10], GET[10:-1], GET[-1:]):
            client.sendall(piece)
            asked.turn()
        assert client.recv(64).startswith(b"HTTP/1.1 200")


def test_silent_client_is_dropped_after_its_time(asked: Asked, clock: FakeClock) -> None:
    with asked.client(b"GET /met") as client:
        clock.advance(PATIENCE_SECONDS - 0.01)
        asked.turn()
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        clock.advance(0.02)
        asked.turn()
        client.setblocking(True)
        assert client.recv(1) == b""


def test_client_that_takes_nothing_is_dropped_and_others_are_served(asked: Asked, clock: FakeClock) -> None:
    asked.text = b"x" * 32 * 1024 * 1024
    with asked.client(GET):
        asked.text = TEXT
        assert asked.answer(GET).endswith(TEXT)
        assert len(asked.scrapes._clients) == 1
        clock.advance(PATIENCE_SECONDS + 0.01)
        asked.turn()
        assert not asked.scrapes._clients


def test_who_has_waited_longest_makes_room(asked: Asked) -> None:
    clients = [asked.client() for _ in range(MOST_CLIENTS)]
    assert asked.answer(GET).endswith(TEXT)
    assert all_of(clients[0]) == b""
    clients[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        clients[1].recv(1)
    for client in clients:
        client.close()
    asked.turn(3)
    assert not asked.scrapes._clients


def test_client_that_goes_away_is_forgotten(asked: Asked) -> None:
    asked.client(b"GET").close()
    asked.turn(2)
    assert not asked.scrapes._clients


def test_numbers_that_cannot_be_told_are_a_line_in_the_log_and_500(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    asked.scrapes._text = lambda: os.environ["NO SUCH VARIABLE"].encode()
    assert asked.answer(GET).startswith(b"HTTP/1.1 500 ")
    (record,) = [record for record in caplog.records if record.name == "bff.metrics"]
    assert record.levelno == logging.ERROR


def test_address_that_is_taken_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        Scrapes(f"127.0.0.1:{other.getsockname()[1]}", lambda: b"")
