"""A declared row as bytes on a socket: what no library sends, against the program in processes of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.recording_upstream import Canned, RecordingUpstream
from tests.support.journeys.storefront_served import Served, served

CART = b"/api/cart/carts/cart-1"
ITEMS = CART + b"/itemsBatch"
ELSEWHERE = {
    "absolute": b"GET http://evil.example" + CART + b" HTTP/1.1",
    "absolute, another service": b"GET http://evil.example/oauth/token HTTP/1.1",
    "absolute, with a name in front": b"GET http://x@evil.example" + CART + b" HTTP/1.1",
    "two slashes": b"GET //evil.example" + CART + b" HTTP/1.1",
    "tunnel": b"CONNECT evil.example:443 HTTP/1.1",
    "asterisk": b"OPTIONS * HTTP/1.1",
    "backslash": b"GET /api\\cart\\carts\\cart-1 HTTP/1.1",
    "encoded slash": b"GET /api/cart/carts/..%2f..%2fcustomerlogin%2fauth HTTP/1.1",
    "dots": b"GET /api/cart/carts/../../customer/shop/me HTTP/1.1",
    "encoded dots": b"GET /api/cart/carts/%2e%2e/%2e%2e/customer/shop/me HTTP/1.1",
    "dots behind a semicolon": b"GET /api/cart/carts/..;/x HTTP/1.1",
    "overlong dots": b"GET /api/cart/carts/%c0%ae%c0%ae/x HTTP/1.1",
    "raw bytes": b"GET /api/cart/carts/\xff\xfe HTTP/1.1",
    "fragment": b"GET " + CART + b"#/../x HTTP/1.1",
    "space": b"GET " + CART + b" /x HTTP/1.1",
    "old HTTP": b"GET " + CART,
}
SMUGGLED = b"0\r\n\r\nGET " + CART + b" HTTP/1.1\r\nHost: @host\r\n\r\n"
FRAMES = {
    "both lengths": (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "two lengths": (b"Content-Length: 5", b"Content-Length: 50"),
    "odd length": (b"Content-Length: +5",),
    "negative length": (b"Content-Length: -1",),
    "odd coding": (b"Transfer-Encoding: chunked, identity",),
    "hidden coding": (b"Transfer-Encoding : chunked",),
    "coding in capitals, twice": (b"Transfer-Encoding: CHUNKED", b"Transfer-Encoding: x"),
}
_LIST = Canned(status=200, content=[])


@pytest.fixture(scope="module")
def upstream() -> Iterator[RecordingUpstream]:
    with RecordingUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def site(
    upstream: RecordingUpstream, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
        with served(upstream, redis_server.url, tmp_path_factory.mktemp("site")) as running:
            yield running
            assert "Traceback" not in running.server.log
            assert "internal_error" not in running.server.log


def arrived(upstream: RecordingUpstream) -> list[str]:
    return [f"{one.method} {one.target}" for one in upstream.arrived]


def test_a_good_request_arrives(site: Served, upstream: RecordingUpstream) -> None:
    upstream.start_over()
    (answer,) = site.ask(b"GET " + CART + b" HTTP/1.1")
    assert (answer.status, arrived(upstream)) == (200, ["GET /cart/shop/carts/cart-1"])


@pytest.mark.parametrize("first", ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_request_line_leads_elsewhere(site: Served, upstream: RecordingUpstream, first: bytes) -> None:
    upstream.start_over()
    found = site.ask(first)
    assert arrived(upstream) == []
    assert [answer.status for answer in found if not 400 <= answer.status < 500] == []
    assert all(b"evil.example" not in answer.body and answer.set_cookies == () for answer in found)


@pytest.mark.parametrize("headers", FRAMES.values(), ids=FRAMES)
def test_no_second_request_is_smuggled_in(
    site: Served, upstream: RecordingUpstream, headers: tuple[bytes, ...]
) -> None:
    upstream.start_over()
    typed = b"Content-Type: application/json"
    found = site.ask(b"PUT " + CART + b" HTTP/1.1", typed, *headers, body=SMUGGLED, sized=False)
    assert arrived(upstream) == []
    assert [answer.status for answer in found if not 400 <= answer.status < 600] == []
    assert len(found) <= 1


def items(size: int) -> bytes:
    """Return a list of about so many bytes."""
    return json.dumps([{"note": "x" * 1000}] * (size // 1013)).encode()


def chunked(body: bytes) -> bytes:
    """Return a body in chunks, whose length nobody has told before."""
    pieces = [body[start : start + 9000] for start in range(0, len(body), 9000)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_rows_own_limit_holds_for_chunks_too(site: Served, upstream: RecordingUpstream) -> None:
    headers = (b"Content-Type: application/json", b"Transfer-Encoding: chunked")
    for size, status in ((200 * 1024, 200), (2 * 1024 * 1024, 413)):
        upstream.start_over()
        upstream.answer_unknown(_LIST)
        (answer,) = site.ask(b"POST " + ITEMS + b" HTTP/1.1", *headers, body=chunked(items(size)), sized=False)
        assert answer.status == status
        assert len(arrived(upstream)) == (1 if status == 200 else 0)


def test_other_rows_keep_the_usual_limit(site: Served, upstream: RecordingUpstream) -> None:
    upstream.start_over()
    body = json.dumps({"note": "x" * 100 * 1024}).encode()
    (answer,) = site.ask(b"PUT " + CART + b" HTTP/1.1", body=body)
    assert (answer.status, arrived(upstream)) == (413, [])
    assert json.loads(answer.body)["type"] == "payload_too_large"


def test_a_body_that_does_not_come_whole_goes_nowhere(site: Served, upstream: RecordingUpstream) -> None:
    upstream.start_over()
    headers = (b"Content-Type: application/json", b"Content-Length: 5000")
    found = site.ask(b"PUT " + CART + b" HTTP/1.1", *headers, body=b'{"a": 1}', sized=False)
    assert arrived(upstream) == []
    assert [answer.status for answer in found if answer.status < 400] == []
