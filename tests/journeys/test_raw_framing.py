"""Bodies whose beginning and end can be told in two ways, to the shop as `bff serve` runs it.

Where two servers disagree about the end of a request, one of them takes a body for the next request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.raw_site import BODY, HEALTHZ, PATCH, Site, assert_refused, run_site, watched


@pytest.fixture(scope="module")
def running(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(redis_server, tmp_path_factory.mktemp("log") / "log") as running:
        yield running


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    with watched(running) as site:
        yield site


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 18\r\nContent-Length: 18",
        b"Content-Length: 18\r\nContent-Length: 3",
        b"Content-Length: 18, 18",
        b"Content-Length: 18\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 18",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Content-Length: +18",
        b"Content-Length: -1",
        b"Content-Length: 1_8",
        b"Content-Length: 0x12",
        b"Content-Length: \xb9",
    ],
)
def test_ambiguous_framing_is_refused_and_ends_the_connection(site: Site, framing: bytes) -> None:
    refused = site.send(PATCH + framing + b"\r\n\r\n", BODY + HEALTHZ)
    assert len(refused) == 1
    assert_refused(refused[0], 400, 501)


@pytest.mark.parametrize("header", [b"Content_Length: 5", b"Transfer_Encoding: chunked", b"Script_Name: /evil"])
def test_header_with_an_underscore_is_no_header(site: Site, header: bytes) -> None:
    (answer,) = site.send(b"GET /api/me HTTP/1.1\r\n@host\r\n@me\r\n" + header + b"\r\nConnection: close\r\n\r\n")
    assert answer.status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"12" + BODY + b"\r\n0\r\n\r\n",
        b"-12\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"0x12\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"11\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"12\r\n" + BODY + b"0\r\n\r\n",
        b"12\r\n" + BODY,
        b"ffffffffffffffffffff\r\n" + BODY,
    ],
)
def test_chunks_that_are_none_are_refused_and_end_the_connection(site: Site, body: bytes) -> None:
    refused = site.send(PATCH + b"Transfer-Encoding: chunked\r\n\r\n", body + HEALTHZ)
    assert len(refused) == 1
    assert_refused(refused[0], 400)
    assert json.loads(refused[0].body)["type"] == "validation_failure"


def test_body_that_breaks_off_is_refused(site: Site) -> None:
    (answer,) = site.send(PATCH + b"Content-Length: 100\r\n\r\n", BODY)
    assert_refused(answer, 400)


@pytest.mark.parametrize("beyond", [1, 2, 5_000])
def test_body_that_says_it_is_beyond_the_limit_is_too_large_however_much_of_it_has_come(
    site: Site, beyond: int
) -> None:
    (answer,) = site.send(PATCH + b"Content-Length: %d\r\n\r\n" % (64 * 1024 + beyond), BODY)
    assert_refused(answer, 413)


@pytest.mark.parametrize("beyond", [1, 5_000])
@pytest.mark.parametrize("blank", [True, False])
def test_chunked_body_beyond_the_limit_is_refused(site: Site, beyond: int, blank: bool) -> None:
    size = 64 * 1024 + beyond
    body = BODY.ljust(size) if blank else BODY[:-1].ljust(size - 1) + b"}"
    chunks = b"%x\r\n" % size + body + b"\r\n0\r\n\r\n"
    refused, *rest = site.send(PATCH + b"Transfer-Encoding: chunked\r\n\r\n", chunks + HEALTHZ)
    assert_refused(refused, 413)
    # What was not read must not be taken for requests: either it is skipped, or the connection ends.
    assert [answer.status for answer in rest] in ([], [200])


@pytest.mark.parametrize(
    "framing", [b"Content-Length: %d", b"Transfer-Encoding: chunked"], ids=["by length", "by chunks"]
)
def test_body_of_a_refused_request_is_not_the_next_request(site: Site, framing: bytes) -> None:
    inner = site.raw(b"DELETE /api/me HTTP/1.1\r\n@host\r\n@me\r\n\r\n")
    if b"%d" in framing:
        framing, body = framing % len(inner), inner
    else:
        body = b"%x\r\n" % len(inner) + inner + b"\r\n0\r\n\r\n"
    for path in (b"/api/me/addresses", b"/healthz", b"/nothing", b"/static/site.css"):
        head = b"POST " + path + b" HTTP/1.1\r\n@host\r\n" + framing + b"\r\n\r\n"
        refused, *rest = site.send(head, body + HEALTHZ)
        assert refused.status in (403, 404, 405)
        assert [answer.status for answer in rest] in ([], [200])
