"""Bytes that no browser and no HTTP library would send, to the shop as `bff serve` runs it.

Whatever comes: an error that is documented, or gunicorn's own where it is not HTTP; nothing changed upstream; no
trace of it in an answer or the log; and a server that goes on.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.raw_site import BODY, HEALTHZ, PATCH, Site, answers, assert_refused, run_site, watched
from tests.support.journeys.real_server import all_of
from tests.support.shop import COOKIE


@pytest.fixture(scope="module")
def running(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(redis_server, tmp_path_factory.mktemp("log") / "log") as running:
        yield running


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    with watched(running) as site:
        yield site


# Targets.


@pytest.mark.parametrize(
    ("target", "status", "type"),
    [
        (b"/api/me/addresses/..", 400, "validation_failure"),
        (b"/api/me/addresses/%2e%2e", 400, "validation_failure"),
        (b"/api/me/addresses/%2E.", 400, "validation_failure"),
        (b"/api/me/addresses/.", 400, "validation_failure"),
        (b"/api/me/addresses/%2e", 400, "validation_failure"),
        (b"/api/me/addresses/..%2f..%2fme", 404, "resource_not_found"),
        (b"/api/me/addresses/../tags?tags=A", 400, "validation_failure"),
        (b"/api/me/addresses/%2e%2e/tags?tags=A", 400, "validation_failure"),
        (b"/api/me/addresses/x%252e%252e", 400, "validation_failure"),
        (b"/api/me/addresses/x%3Fy=1", 400, "validation_failure"),
        (b"/api/me/addresses/x?y=1", 400, "validation_failure"),
        (b"/api/me/addresses/x%23y", 400, "validation_failure"),
        (b"/api/me/addresses/%00", 400, "validation_failure"),
        (b"/api/me/addresses/x%0d%0aX-A:%20b", 400, "validation_failure"),
        (b"/api/me/addresses/%ff", 400, "validation_failure"),
        (b"/api/me/addresses/%c3%a9", 400, "validation_failure"),
        (b"/api/me/addresses/%ed%a0%80", 400, "validation_failure"),
        (b"/api/me/addresses/x;y", 400, "validation_failure"),
        (b"/api/me/addresses/a\\..\\b", 400, "validation_failure"),
        (b"/api/me/addresses/%5c..%5cme", 400, "validation_failure"),
        (b"/api/me/addresses/%zz", 400, "validation_failure"),
        (b"/api/me/addresses/" + b"x" * 65, 400, "validation_failure"),
        (b"/api/me/addresses/" + b"x" * 4000, 400, "validation_failure"),
        (b"/api/me/addresses//", 404, "resource_not_found"),
        (b"/api/me/addresses/", 404, "resource_not_found"),
        (b"//api/me", 404, "resource_not_found"),
        (b"///api/me", 404, "resource_not_found"),
        (b"/%2fapi/me", 404, "resource_not_found"),
        (b"/api//me", 404, "resource_not_found"),
        (b"/api/me/", 404, "resource_not_found"),
        (b"/api/./me", 404, "resource_not_found"),
        (b"/api/x/../me", 404, "resource_not_found"),
        (b"/api/me%00", 404, "resource_not_found"),
        (b"/api/me#/addresses/x", 404, "resource_not_found"),
        (b"/api/me?token=a&token=b", 400, "validation_failure"),
        (b"http://evil.example/api/me", 400, "validation_failure"),
        (b"https://127.0.0.1@evil.example/api/me", 400, "validation_failure"),
    ],
)
def test_target_that_is_not_ours_is_a_documented_error(site: Site, target: bytes, status: int, type: str) -> None:
    (answer,) = site.send(b"DELETE " + target + b" HTTP/1.1\r\n@host\r\n@me\r\nConnection: close\r\n\r\n")
    assert_refused(answer, status)
    assert json.loads(answer.body)["type"] == type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(site.sandbox.recorder) == 0


@pytest.mark.parametrize(
    "target", [b"/api/me/addresses/\xff", b"\\api\\me", b"*", b"api/me", b"", b"/api/me x", b"/" + b"x" * 9000]
)
def test_target_that_is_no_http_is_refused_by_the_server(site: Site, target: bytes) -> None:
    (answer,) = site.send(b"DELETE " + target + b" HTTP/1.1\r\n@host\r\n@me\r\n\r\n")
    assert_refused(answer, 400, 414)
    assert len(site.sandbox.recorder) == 0


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"OPTIONS", b"PUT", b"PURGE", b"GETS"])
def test_odd_method_is_refused_and_echoes_nothing(site: Site, method: bytes) -> None:
    (answer,) = site.send(method + b" /api/me HTTP/1.1\r\n@host\r\n@me\r\nConnection: close\r\n\r\n")
    assert_refused(answer, 405)
    assert site.cookie not in answer.body
    assert len(site.sandbox.recorder) == 0


@pytest.mark.parametrize("override", [b"X-HTTP-Method-Override", b"X-HTTP-Method", b"X-Method-Override"])
def test_method_cannot_be_overridden(site: Site, override: bytes) -> None:
    (answer,) = site.send(
        b"GET /api/me?_method=DELETE HTTP/1.1\r\n@host\r\n@me\r\n" + override + b": DELETE\r\nConnection: close\r\n\r\n"
    )
    assert_refused(answer, 400)
    (answer,) = site.send(
        b"GET /api/me HTTP/1.1\r\n@host\r\n@me\r\n" + override + b": DELETE\r\nConnection: close\r\n\r\n"
    )
    assert answer.status == 200


# Hosts.


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_request_without_host_is_refused_but_for_probes(site: Site, version: bytes) -> None:
    (answer,) = site.send(b"GET /api/session HTTP/" + version + b"\r\nConnection: close\r\n\r\n")
    assert_refused(answer, 400)
    assert json.loads(answer.body)["details"][0]["field"] == "Host"
    (probe,) = site.send(b"GET /readyz HTTP/" + version + b"\r\nConnection: close\r\n\r\n")
    assert (probe.status, probe.set_cookies) == (200, ())


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: evil.example",
        b"Host: 127.0.0.1.evil.example",
        b"Host: evil.example\r\nX-Forwarded-Host: 127.0.0.1",
        b"@host\r\nHost: evil.example",
        b"Host: evil.example\r\n@host",
        b"Host: \xff",
        b"Host:",
    ],
)
def test_foreign_or_second_host_is_refused(site: Site, lines: bytes) -> None:
    (answer,) = site.send(b"GET /api/session HTTP/1.1\r\n" + lines + b"\r\nConnection: close\r\n\r\n")
    assert_refused(answer, 400)


# Headers.


@pytest.mark.parametrize(
    ("header", "statuses"),
    [
        (b"X CSRF: a", {400}),
        (b"X-A : b", {400}),
        (b"X-A: b\r\n folded", {400}),
        (b" X-A: b", {400}),
        (b"X-A: a\x00b", {400}),
        (b"X-A: a\rb", {400}),
        (b"X-A: a\nX-B: b", {400}),
        (b"nocolon", {400}),
        (b": empty", {400}),
        (b"X-\xff: y", {400}),
        (b"X-A: " + b"x" * 9000, {400, 431}),
        (b"\r\n".join(b"X-%d: x" % number for number in range(120)), {400, 431}),
    ],
)
def test_header_that_is_none_is_refused(site: Site, header: bytes, statuses: set[int]) -> None:
    (answer,) = site.send(b"GET /api/me HTTP/1.1\r\n@host\r\n" + header + b"\r\n@me\r\nConnection: close\r\n\r\n")
    assert_refused(answer, *statuses)
    assert site.cookie not in answer.body
    assert len(site.sandbox.recorder) == 0


def test_token_in_a_header_with_underscores_does_not_count(site: Site) -> None:
    head = b"DELETE /api/me HTTP/1.1\r\n@host\r\nCookie: " + site.cookie + b"\r\nX_CSRF_Token: " + site.token
    (answer,) = site.send(head + b"\r\nConnection: close\r\n\r\n")
    assert_refused(answer, 403)
    assert json.loads(answer.body)["type"] == "csrf_failed"


def test_two_cookie_headers_with_a_session_each_are_refused(site: Site) -> None:
    name = COOKIE.encode()
    for second in (site.cookie, name + b"=x", name + b"="):
        head = b"GET /api/me HTTP/1.1\r\n@host\r\n@me\r\nCookie: " + second + b"\r\nConnection: close\r\n\r\n"
        (answer,) = site.send(head)
        assert_refused(answer, 400)
        assert json.loads(answer.body)["details"][0]["field"] == "Cookie"


def test_session_cookie_in_a_line_of_its_own_is_seen(site: Site) -> None:
    for lines in (
        (b"theme=dark", site.cookie),
        (site.cookie, b"theme=dark"),
        (b"theme=a,b; x=1", b"y=2", site.cookie, b"z=3"),
    ):
        head = b"".join(b"Cookie: " + line + b"\r\n" for line in lines)
        (answer,) = site.send(b"GET /api/session HTTP/1.1\r\n@host\r\n" + head + b"Connection: close\r\n\r\n")
        assert json.loads(answer.body)["state"] == "authenticated", lines
        assert answer.set_cookies == ()


def test_comma_in_another_cookie_does_not_begin_a_session_cookie(site: Site) -> None:
    planted = b"Cookie: theme=dark," + site.cookie + b"\r\nConnection: close\r\n\r\n"
    (answer,) = site.send(b"GET /api/session HTTP/1.1\r\n@host\r\n" + planted)
    assert json.loads(answer.body)["state"] == "guest"


def test_two_session_cookies_are_refused_in_whatever_lines_they_come(site: Site) -> None:
    name = COOKIE.encode()
    for lines in ((name + b"=x", b"theme=dark", site.cookie), (b"theme=dark; " + name + b"=x", site.cookie)):
        head = b"".join(b"Cookie: " + line + b"\r\n" for line in lines)
        (answer,) = site.send(b"GET /api/me HTTP/1.1\r\n@host\r\n" + head + b"Connection: close\r\n\r\n")
        assert_refused(answer, 400)
        assert json.loads(answer.body)["details"][0]["field"] == "Cookie"


def test_sandwich_of_quotes_does_not_hide_or_leak_the_session(site: Site) -> None:
    cookies = b'Cookie: x="; ' + site.cookie + b'; y="'
    (answer,) = site.send(b"GET /api/session HTTP/1.1\r\n@host\r\n" + cookies + b"\r\nConnection: close\r\n\r\n")
    assert json.loads(answer.body)["state"] == "authenticated"
    assert site.cookie.partition(b"=")[2] not in answer.body


# The connection.


def test_connection_survives_what_the_application_refuses(site: Site) -> None:
    asked = [
        (b"GET /api/nothing HTTP/1.1\r\n@host\r\n\r\n", 404),
        (b"DELETE /api/me/addresses/%2e%2e HTTP/1.1\r\n@host\r\n@me\r\n\r\n", 400),
        (b"POST /api/login HTTP/1.1\r\n@host\r\nContent-Length: 2\r\n\r\n{}", 403),
        (b"GET /api/me HTTP/1.1\r\n@host\r\n@me\r\n\r\n", 200),
    ]
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=20) as connection:
        connection.sendall(b"".join(site.raw(head) for head, _ in asked) + HEALTHZ)
        received = answers(all_of(connection))
    assert [answer.status for answer in received] == [*(status for _, status in asked), 200]


def test_request_that_never_ends_does_not_hold_the_others_up(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=20) as slow:
        slow.sendall(site.raw(PATCH + b"Content-Length: 100\r\n\r\n", BODY))
        assert site.server.ask(b"GET /healthz HTTP/1.1").status == 200


def test_server_goes_on_after_noise(site: Site) -> None:
    for noise in (
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\xff" * 500,
    ):
        for answer in answers(site.server.send(noise)):
            assert_refused(answer, 400, 505)
    assert site.server.ask(b"GET /healthz HTTP/1.1").status == 200
