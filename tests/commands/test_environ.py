"""What an application is told of a request: all that gunicorn would tell it, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.http import wsgi
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.commands.answer import Answer
from bff.commands.arrival import Stage
from bff.commands.connection import Connection
from bff.commands.environ import Environs
from bff.config.settings import Settings
from tests.support.served import environment, server_of

CFG = server_of(Settings.from_env(environment())).cfg
CLIENTS = [("192.0.2.1", 1234), ("2001:db8::1", 1234, 0, 0)]
SERVER = ("192.0.2.2", 8000)
LEFT_OUT = {"gunicorn.socket", "wsgi.early_hints"}

NAMES = st.sampled_from(
    [
        *["Host", "Cookie", "X-A", "x-a", "X_A", "Script_Name", "Script-Name", "Content-Type", "Content-Length"],
        *["Expect", "X-Forwarded-For", "X-Forwarded-Proto", "Connection", "Input", "Proxy"],
    ]
)
VALUES = st.sampled_from(["", "a", "a, b", "0", "https", "100-continue", "\u00e4", "shop.example:1"])
TARGETS = st.sampled_from(
    ["/", "/a%20b?c=%20d", "//a//b", "/%E4%2F%00", "/a?b?c#d", "http://x.example/a?b", "*", "/a;b", "/?"]
)


@pytest.fixture(scope="module")
def conn() -> Iterator[Connection]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Connection(CFG, ours, CLIENTS[0], SERVER)


def arrived(conn: Connection, data: bytes) -> Any:
    """gunicorn's request, or None where its parser refuses it."""
    stage = conn.expect_request().feed(data)
    return conn.arrival.request if stage is Stage.READY else None


def gunicorns(request: Any, conn: Connection) -> dict[str, Any]:
    _, environ = wsgi.create(request, conn.sock, conn.client, conn.server, CFG)
    return {**environ, "wsgi.multithread": True}


def comparable(environ: dict[str, Any]) -> dict[str, Any]:
    return {**environ, "wsgi.errors": type(environ["wsgi.errors"])}


@given(
    method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD"]),
    target=TARGETS,
    version=st.sampled_from(["1.0", "1.1"]),
    fields=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    client=st.sampled_from(CLIENTS),
)
@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
def test_application_is_told_what_gunicorn_would_tell_it(
    conn: Connection, method: str, target: str, version: str, fields: list[tuple[str, str]], client: Any
) -> None:
    conn.client = client
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in fields), "", ""]
    request = arrived(conn, "\r\n".join(lines).encode("latin-1"))
    if request is None:
        return
    expected = gunicorns(request, conn)
    answer, environ = Environs(CFG).create(request, conn)
    if not request._expected_100_continue:
        expected = {name: value for name, value in expected.items() if name not in LEFT_OUT}
    else:
        environ["wsgi.early_hints"] = expected["wsgi.early_hints"]
    assert comparable(environ) == comparable(expected)
    assert isinstance(answer, Answer)
    assert answer.req is request


def test_request_does_not_see_what_another_ones_application_has_set(conn: Connection) -> None:
    environs = Environs(CFG)
    request = arrived(conn, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    environs.create(request, conn)[1]["bff.secret"] = "a"
    assert "bff.secret" not in environs.create(request, conn)[1]


def test_client_that_waits_to_be_told_to_go_on_is_told(conn: Connection) -> None:
    request = arrived(conn, b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        waiting = Connection(CFG, ours, CLIENTS[0], SERVER)
        Environs(CFG).create(request, waiting)
        assert theirs.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("host", [b"", b"Host: shop.example\r\n", b"Host: shop.example:1\r\n"])
def test_behind_a_unix_socket_the_servers_name_is_the_one_that_gunicorn_says(host: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        conn = Connection(CFG, ours, "", "/run/bff.sock")
        request = arrived(conn, b"GET / HTTP/1.1\r\n" + host + b"\r\n")
        _, environ = Environs(CFG).create(request, conn)
        expected = gunicorns(request, conn)
        for name in ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "wsgi.multithread"):
            assert environ[name] == expected[name]
        assert "REMOTE_PORT" not in environ
