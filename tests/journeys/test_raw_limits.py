"""Requests that are too large or too slow for the shop as `bff serve` runs it, refused in the shape of its errors."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from tests.journeys.test_raw_headers import headers_of
from tests.support.journeys.raw_site import BODY, PATCH, Site, run_site, watched
from tests.support.journeys.real_server import Answer, parsed

THREADS = 4
"""As many as the server of `run_site` has."""
PATIENCE_SECONDS = 8.0
"""Less than a slow client has."""


@pytest.fixture(scope="module")
def running(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(redis_server, tmp_path_factory.mktemp("log") / "log") as running:
        yield running


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    with watched(running) as site:
        yield site


def beside(site: Site, cookie_bytes: int) -> Answer:
    """Ask who is signed in, with other applications' cookies in front of ours."""
    ours = b"; " + site.cookie
    others = b"x=".ljust(cookie_bytes - len(ours), b"y")
    head = b"GET /api/session HTTP/1.1\r\n@host\r\nCookie: " + others + ours + b"\r\nConnection: close\r\n\r\n"
    (answer,) = site.send(head)
    return answer


def test_session_is_found_in_a_cookie_header_of_16_kib(site: Site) -> None:
    answer = beside(site, 16 * 1024)
    assert (answer.status, json.loads(answer.body)["state"]) == (200, "authenticated")


REFUSED = {
    "a longer cookie header": (b"GET /account HTTP/1.1\r\n@host\r\nCookie: " + b"x" * 16385 + b"\r\n", 431),
    "another header": (b"GET /api/me HTTP/1.1\r\n@host\r\nX-A: " + b"x" * 9000 + b"\r\n", 431),
    "many headers": (b"GET /api/me HTTP/1.1\r\n@host\r\n" + b"X-A: b\r\n" * 101, 431),
    "headers in all": (b"GET /api/me HTTP/1.1\r\n@host\r\n" + (b"X-A: " + b"x" * 8000 + b"\r\n") * 9, 431),
    "a long path": (b"GET /api/me?" + b"x" * 9000 + b" HTTP/1.1\r\n@host\r\n", 414),
    "an unknown coding": (b"POST /api/login HTTP/1.1\r\n@host\r\nTransfer-Encoding: br\r\n", 501),
    "an unknown expectation": (b"POST /api/login HTTP/1.1\r\n@host\r\nExpect: 200-ok\r\n", 417),
}


@pytest.mark.parametrize(("head", "status"), REFUSED.values(), ids=REFUSED)
def test_refusal_has_the_shape_and_the_headers_of_every_error(site: Site, head: bytes, status: int) -> None:
    raw = site.server.send(site.raw(head + b"\r\n"))
    answer = parsed(raw)
    body = json.loads(answer.body)
    assert list(body) == ["status", "type", "message", "details", "requestId"]
    assert (answer.status, body["status"], body["type"]) == (status, status, "validation_failure")
    assert body["requestId"] == answer.headers["x-request-id"]
    ours = dict(headers_of(site.server.send(site.raw(b"GET /api/nothing HTTP/1.1\r\n@host\r\n@me\r\n\r\n"))))
    names = [name for name, _ in headers_of(raw)]
    assert sorted(names) == sorted(set(ours) - {"server", "vary"})
    same = set(names) - {"x-request-id", "date", "content-length", "connection"}
    assert {name: answer.headers[name] for name in same} == {name: ours[name] for name in same}
    assert answer.headers["connection"] == "close"


def test_health_is_told_while_twice_as_many_clients_trickle_a_body_as_there_are_threads(site: Site) -> None:
    head = site.raw(PATCH + b"Content-Length: 100\r\n\r\n", BODY[:1])
    with ExitStack() as stack:

        def connection() -> socket.socket:
            return stack.enter_context(socket.create_connection(("127.0.0.1", site.server.port), PATIENCE_SECONDS))

        slow = [connection() for _ in range(2 * THREADS)]
        for drop in (head, BODY[1:2]):
            for client in slow:
                client.sendall(drop)
            probe = connection()
            probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert probe.recv(64).startswith(b"HTTP/1.1 200 ")
