"""The HTTP server: connections kept, ended and not mixed up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.factory import create_sandbox
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from tests.support.sandbox.sandbox_driver import Driver

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def raw(url: str, request: bytes) -> bytes:
    """Send bytes, read to the end of the connection."""
    address = urlsplit(url)
    received = b""
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as connection:
        connection.sendall(request)
        while part := connection.recv(65536):
            received += part
    return received


def test_one_connection_serves_replies_of_all_kinds() -> None:
    sandbox = create_sandbox(SandboxSettings())
    ports = set()

    def noting_the_port(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        ports.add(environ["REMOTE_PORT"])
        return sandbox.app(environ, start_response)

    with SandboxServer(noting_the_port) as server, requests.Session() as http:
        driver = Driver(sandbox=sandbox, url=server.url, http=http)
        token = driver.b2c()
        for _ in range(3):
            assert driver.call("PATCH", "/me", token, json={"title": "DR"}).status_code == 200
            assert driver.call("DELETE", "/me", token).status_code == 204
            assert driver.call("GET", "/me", token).json()["title"] == "DR"
            assert driver.call("GET", "/me").status_code == 401
            assert driver.call("POST", "/login", token, json={"email": "x" * 100_000}).status_code == 401
            assert driver.call("HEAD", "/me", token).status_code == 405
    assert len(ports) == 1


def test_kept_connection_answers_without_a_delay(driver: Driver) -> None:
    guest = driver.guest()
    spent = []
    for _ in range(61):
        began = time.perf_counter()
        driver.call("GET", "/me", guest)
        spent.append(time.perf_counter() - began)
    # Nagle's algorithm against delayed acknowledgements would make 0.04 of nearly all; a busy machine spares some.
    assert quantiles(spent)[0] < 0.02


def test_threads_do_not_mix_their_answers(driver: Driver) -> None:
    def rotate(_: int) -> str:
        with requests.Session() as http:
            query = f"tenant=demoshop&client_id={driver.sandbox.settings.client_id}"
            base = f"{driver.url}/customerlogin/auth/anonymous"
            body = http.get(f"{base}/login?{query}", timeout=30).json()
            for _round in range(5):
                reply = http.get(f"{base}/refresh?{query}&refresh_token={body['refresh_token']}", timeout=30)
                assert reply.json()["sessionId"] == body["sessionId"]
                body = reply.json()
            return str(body["sessionId"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(rotate, range(16)))) == 16


def test_refresh_token_is_spent_once_by_racing_threads(driver: Driver) -> None:
    refresh_token = driver.login(B2C_EMAIL, B2C_PASSWORD)["refresh_token"]
    guest = driver.guest()

    def refresh(_: int) -> int:
        return requests.get(
            f"{driver.url}/customer/demoshop/refreshauthtoken?refreshToken={refresh_token}",
            headers={"Authorization": f"Bearer {guest}"},
            timeout=30,
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(refresh, range(8))) == [200, *[401] * 7]


def test_operation_waits_for_the_lock_of_the_state(driver: Driver) -> None:
    guest = driver.guest()
    with ThreadPoolExecutor(1) as pool:
        with driver.sandbox.state.lock:
            waiting = pool.submit(driver.call, "GET", "/me", guest)
            with pytest.raises(TimeoutError):
                waiting.result(0.2)
        assert waiting.result(30).status_code == 200


def test_end_hangs_up_on_idle_connections_and_frees_the_port() -> None:
    sandbox = create_sandbox(SandboxSettings())
    with requests.Session() as http:
        with SandboxServer(sandbox.app) as server:
            url, port = server.url, urlsplit(server.url).port
            assert http.get(url, timeout=30).status_code == 200
            began = time.monotonic()
        # One that is waited for instead takes five.
        assert time.monotonic() - began < 4
        with pytest.raises(requests.ConnectionError):
            http.get(url, timeout=30)
    with SandboxServer(sandbox.app, port=port or 0) as server:
        assert server.url == url
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url


def test_taken_port_is_told() -> None:
    sandbox = create_sandbox(SandboxSettings())
    with SandboxServer(sandbox.app) as server:
        port = urlsplit(server.url).port or 0
        with pytest.raises(OSError, match="in use"), SandboxServer(sandbox.app, port=port):
            pass


def test_name_of_the_host_is_kept_in_the_url() -> None:
    with SandboxServer(create_sandbox(SandboxSettings()).app, "localhost") as server:
        assert server.url.startswith("http://localhost:")
        assert requests.get(server.url, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"200"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
)
def test_connection_ends_after_one_answer(driver: Driver, request_bytes: bytes, status: bytes) -> None:
    received = raw(driver.url, request_bytes)
    assert status in received.split(b"\r\n")[0]
    assert received.count(b"HTTP/1.1 ") == 1


def test_two_requests_in_one_packet_are_answered_in_order(driver: Driver) -> None:
    first = b"GET /mails.json HTTP/1.1\r\nHost: x\r\n\r\n"
    second = b"GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = raw(driver.url, first + second)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 404 " in received
