"""What a served shop believes about who asks, from bytes on a socket: as many hops as are declared, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.real_server import Answer, RealServer
from tests.support.shop import ShopMaker

PROGRAM = """
import os
from flask import request, url_for
from bff.factory import create_app
from bff.commands.serve import Prepared, Server
from bff.config.settings import Settings

def seen():
    return {
        "address": request.remote_addr, "scheme": request.scheme, "host": request.host, "root": request.root_path,
        "url": url_for("home.index", _external=True), "method": request.method,
    }

def prepare():
    settings = Settings.from_env(os.environ)

    def make_app(counts):
        app = create_app(settings)
        app.add_url_rule("/seen", view_func=seen)
        return app

    return Prepared(settings=settings, make_app=make_app)

Server(prepare).run()
"""
PEER = "127.0.0.1"
CLIENT = "203.0.113.9"
EVERYTHING = (
    b"X-Forwarded-For: 203.0.113.9",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Port: 8443",
    b"X-Forwarded-Prefix: /evil",
    b"X-Forwarded-SSL: on",
    b"X-Forwarded-Protocol: ssl",
    b"Forwarded: for=203.0.113.9;proto=https;host=evil.example",
    b"X-Real-IP: 203.0.113.9",
    b"X-Original-URL: /api/me",
    b"X-Rewrite-URL: /api/me",
    b"X-Http-Method-Override: DELETE",
    b"Script-Name: /evil",
    b"Script_Name: /evil",
    b"Path_Info: /api/me",
    b"Remote_Addr: 203.0.113.9",
)


@pytest.fixture(scope="module", params=[0, 1, 2])
def served(
    request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, RealServer]]:
    proxies: int = request.param
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        environment = maker.environment("http://127.0.0.1:1", BFF_TRUSTED_PROXIES=str(proxies))
        log = tmp_path_factory.mktemp("log") / "log"
        with RealServer(environment, log, command=("-c", PROGRAM)) as server:
            yield proxies, server


def seen(server: RealServer, *lines: bytes) -> dict[str, str]:
    answer = server.ask(b"GET /seen HTTP/1.1", *lines)
    assert answer.status == 200, answer
    found: dict[str, str] = json.loads(answer.body)
    return found


def with_host(server: RealServer, host: bytes, *lines: bytes) -> Answer:
    asked = b"\r\n".join([b"GET /seen HTTP/1.1", b"Host: " + host, *lines, b"Connection: close"])
    from_socket = server.send(asked + b"\r\n\r\n")
    assert from_socket.startswith(b"HTTP/1.1 ")
    status = int(from_socket.split(b" ", 2)[1])
    return Answer(status=status, headers={}, set_cookies=(), body=from_socket)


def test_only_declared_proxies_are_believed_and_only_about_three_things(served: tuple[int, RealServer]) -> None:
    proxies, server = served
    host = server.host.decode()
    believed = proxies == 1
    scheme = "https" if believed else "http"
    assert seen(server, *EVERYTHING) == {
        "address": CLIENT if believed else PEER,
        "scheme": scheme,
        "host": host,
        "root": "",
        "url": f"{scheme}://{host}/",
        "method": "GET",
    }


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        ((b"X-Forwarded-For: 198.51.100.1, 203.0.113.9",), (PEER, CLIENT, "198.51.100.1")),
        ((b"X-Forwarded-For: 192.0.2.1, 203.0.113.9, 198.51.100.1",), (PEER, "198.51.100.1", CLIENT)),
        ((b"X-Forwarded-For: 198.51.100.1", b"X-Forwarded-For: 203.0.113.9"), (PEER, CLIENT, "198.51.100.1")),
        ((b'X-Forwarded-For: "', b"X-Forwarded-For: 203.0.113.9"), (PEER, CLIENT, PEER)),
        ((b'X-Forwarded-For: "x, 198.51.100.1, 203.0.113.9',), (PEER, CLIENT, "198.51.100.1")),
        ((b"X_Forwarded_For: 203.0.113.9",), (PEER, PEER, PEER)),
        ((b"X-Forwarded-For: 203.0.113.9", b"X_Forwarded_For: 192.0.2.1"), (PEER, CLIENT, PEER)),
        ((b"X-Forwarded_For: 203.0.113.9",), (PEER, PEER, PEER)),
        ((b"X-Forwarded-For: unknown",), (PEER, PEER, PEER)),
        ((b"X-Forwarded-For: \xff",), (PEER, PEER, PEER)),
        ((b"X-Forwarded-For:",), (PEER, PEER, PEER)),
        ((b"X-Forwarded-For: " + b"192.0.2.1," * 700 + b"203.0.113.9, 203.0.113.9",), (PEER, CLIENT, CLIENT)),
    ],
)
def test_address_is_of_the_last_declared_hop(
    served: tuple[int, RealServer], lines: tuple[bytes, ...], addresses: tuple[str, str, str]
) -> None:
    proxies, server = served
    assert seen(server, *lines)["address"] == addresses[proxies]


@pytest.mark.parametrize(
    ("line", "schemes"),
    [
        (b"X-Forwarded-Proto: https, http", ("http", "http", "https")),
        (b"X-Forwarded-Proto: http, https", ("http", "https", "http")),
        (b"X-Forwarded-Proto: http, https, http", ("http", "http", "https")),
        (b"X-Forwarded-Proto: javascript, javascript", ("http", "http", "http")),
        (b"X_Forwarded_Proto: https, https", ("http", "http", "http")),
        (b"X-Forwarded-SSL: on", ("http", "http", "http")),
    ],
)
def test_scheme_is_of_the_last_declared_hop(
    served: tuple[int, RealServer], line: bytes, schemes: tuple[str, str, str]
) -> None:
    proxies, server = served
    assert seen(server, line)["scheme"] == schemes[proxies]


@pytest.mark.parametrize(
    ("host", "forwarded", "statuses"),
    [
        (b"127.0.0.1", b"evil.example", (200, 400, 200)),
        (b"127.0.0.1", b"127.0.0.1, evil.example", (200, 400, 200)),
        (b"127.0.0.1", b"evil.example, 127.0.0.1", (200, 200, 400)),
        (b"127.0.0.1", b'"evil.example, 127.0.0.1', (200, 200, 400)),
        (b"evil.example", b"127.0.0.1", (400, 200, 400)),
        (b"evil.example", b"127.0.0.1, inner", (400, 400, 200)),
    ],
)
def test_host_is_checked_as_the_last_declared_hop_saw_it(
    served: tuple[int, RealServer], host: bytes, forwarded: bytes, statuses: tuple[int, int, int]
) -> None:
    proxies, server = served
    answer = with_host(server, host, b"X-Forwarded-Host: " + forwarded)
    assert answer.status == statuses[proxies]
    assert b"evil.example" not in answer.body


@pytest.mark.parametrize(
    "first",
    [
        b"PROXY TCP4 203.0.113.9 127.0.0.1 55123 80\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\x7f\x00\x00\x01\xd7\x53\x00\x50",
    ],
)
def test_proxy_protocol_is_not_spoken(served: tuple[int, RealServer], first: bytes) -> None:
    _, server = served
    asked = first + b"GET /seen HTTP/1.1\r\nHost: " + server.host + b"\r\nConnection: close\r\n\r\n"
    assert server.send(asked).startswith(b"HTTP/1.1 400 ")
