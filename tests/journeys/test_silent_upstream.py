"""An upstream that accepts and never answers: the probes answer all the same, and so does what needs no upstream."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.fakes.raw_server import RawServer
from tests.support.journeys.real_server import Answer, RealServer
from tests.support.shop import ShopMaker

CROWD, THREADS = 500, 16
PROMISED_SECONDS = 1.0


@pytest.fixture
def silent() -> Iterator[RawServer]:
    over = threading.Event()

    def says_nothing(connection: socket.socket, request: bytes) -> None:
        over.wait()

    with RawServer(says_nothing) as server:
        yield server
        over.set()


@pytest.fixture
def server(make_shop: ShopMaker, silent: RawServer, tmp_path: Path) -> Iterator[RealServer]:
    environment = make_shop.environment(
        silent.origin,
        BFF_THREADS=str(THREADS),
        BFF_RATE_LIMIT_GUEST="off",
        EMPORIX_CONNECT_TIMEOUT="1",
        EMPORIX_READ_TIMEOUT="5",
    )
    with RealServer(environment, tmp_path / "log") as server:
        yield server


@pytest.mark.more
def test_crowd_of_one_session_leaves_the_probes_answering(server: RealServer, busy_seconds: float) -> None:
    first = server.ask(b"GET /api/session HTTP/1.1")
    cookie = b"Cookie: " + first.set_cookies[0].partition(";")[0].encode()
    with ThreadPoolExecutor(CROWD) as crowd:
        # One of them asks for a guest's tokens; the others wait for what it gets.
        answers = [crowd.submit(server.ask, b"GET /api/me HTTP/1.1", cookie) for _ in range(CROWD)]
        took = _probed_until_all_are_done(server, answers)
    assert max(took) < PROMISED_SECONDS + busy_seconds, sorted(took)[-5:]
    assert {answer.result().status for answer in answers} <= {503, 504}


def _probed_until_all_are_done(server: RealServer, answers: list[Future[Answer]]) -> list[float]:
    took = []
    while not all(answer.done() for answer in answers):
        began = time.monotonic()
        assert server.ask(b"GET /healthz HTTP/1.1").status == 200
        took.append(time.monotonic() - began)
        time.sleep(0.05)
    return took


def test_crowd_that_waits_for_it_leaves_the_probes_answering(
    server: RealServer, silent: RawServer, busy_seconds: float
) -> None:
    with ThreadPoolExecutor(CROWD) as crowd:
        answers = [crowd.submit(server.ask, b"GET /api/me HTTP/1.1") for _ in range(CROWD)]
        took = _probed_until_all_are_done(server, answers)
    assert max(took) < PROMISED_SECONDS + busy_seconds, sorted(took)[-5:]
    told = [(answer.result().status, answer.result().headers.get("retry-after")) for answer in answers]
    # Three threads of four wait for it, and nobody else does.
    assert told.count((504, None)) == len(silent.requests) == THREADS - THREADS // 4
    assert told.count((503, "5")) == CROWD - len(silent.requests)
    assert b"GET /customerlogin/" in silent.requests[0]
