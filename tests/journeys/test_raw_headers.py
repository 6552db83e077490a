"""What a served shop adds to the application's headers: as little as HTTP asks for, and no version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.raw_site import Site, run_site, watched

ONCE = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "permissions-policy",
    "cache-control",
    "x-request-id",
    "date",
    "connection",
    "server",
}
SOMETIMES = {"content-type", "content-length", "vary", "etag", "accept-ranges", "allow", "location"}
OF_A_NEW_SESSION = {"set-cookie", "x-csrf-token"}
PREFLIGHT = b"Origin: https://evil.example\r\nAccess-Control-Request-Method: DELETE\r\n"


@pytest.fixture(scope="module")
def running(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(redis_server, tmp_path_factory.mktemp("log") / "log") as running:
        yield running


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    with watched(running) as site:
        yield site


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    head = raw.partition(b"\r\n\r\n")[0].decode("latin-1")
    lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
    return [(name.lower(), value) for name, _, value in lines]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /", 200),
        (b"HEAD /", 200),
        (b"GET /login", 200),
        (b"GET /account", 303),
        (b"GET /nothing", 404),
        (b"GET /healthz", 200),
        (b"GET /readyz", 200),
        (b"GET /api/session", 200),
        (b"GET /api/me/addresses", 401),
        (b"GET /api/nothing", 404),
        (b"HEAD /api/nothing", 404),
        (b"POST /api/login", 403),
        (b"OPTIONS /api/login", 405),
        (b"TRACE /api/login", 405),
        (b"GET /static/site.css", 200),
        (b"GET /.well-known/change-password", 303),
        (b"GET /.well-known/security.txt", 404),
        (b"GET /api/me/addresses?x=1", 401),
        (b"GET //evil.example", 404),
    ],
)
def test_answer_has_each_header_once_and_tells_no_version(site: Site, request_line: bytes, status: int) -> None:
    asked = request_line + b" HTTP/1.1\r\n@host\r\n" + PREFLIGHT + b"Connection: close\r\n\r\n"
    raw = site.server.send(site.raw(asked))
    assert raw.startswith(b"HTTP/1.1 %d " % status)
    headers = headers_of(raw)
    names = [name for name, _ in headers]
    assert len(names) == len(set(names))
    assert ONCE <= set(names) - OF_A_NEW_SESSION <= ONCE | SOMETIMES
    assert dict(headers)["server"] == "gunicorn"


def test_answer_to_what_is_no_http_tells_no_version_either(site: Site) -> None:
    raw = site.server.send(site.raw(b"GET / HTTP/1.1\r\n@host\r\nX-A : b\r\n\r\n"))
    assert raw.startswith(b"HTTP/1.1 400 ")
    assert {name for name, _ in headers_of(raw)} == {"connection", "content-type", "content-length"}
    assert b"gunicorn" not in raw.lower()


def test_file_that_has_not_changed_keeps_its_headers(site: Site) -> None:
    (fresh,) = site.send(b"GET /static/site.css HTTP/1.1\r\n@host\r\nConnection: close\r\n\r\n")
    tag = fresh.headers["etag"].encode()
    raw = site.server.send(
        site.raw(b"GET /static/site.css HTTP/1.1\r\n@host\r\nIf-None-Match: " + tag + b"\r\nConnection: close\r\n\r\n")
    )
    assert raw.startswith(b"HTTP/1.1 304 ")
    names = [name for name, _ in headers_of(raw)]
    assert len(names) == len(set(names))
    assert ONCE <= set(names) - OF_A_NEW_SESSION <= ONCE | SOMETIMES
