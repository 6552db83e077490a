"""Our worker and gunicorn's own: however requests are cut into pieces, both answer the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.served import GET, HEAD, Served, serving


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("ours")) as server:
        yield server
        assert "Traceback" not in server.errors.read_text()
        assert '"raised"' not in server.errors.read_text()


@pytest.fixture(scope="module")
def gunicorns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("gunicorns"), kind="gthread") as server:
        yield server


REQUESTS = st.sampled_from(
    [
        *[GET, b"\r\n" + GET, GET.replace(b"GET", b"HEAD"), b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"],
        *[b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
        HEAD + b"Content-Length: 5\r\n\r\nhello",
        HEAD + b"Content-Length: 9\r\n\r\nhello",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nT: v\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        HEAD.replace(b"/", b"/unread", 1) + b"Content-Length: 5\r\n\r\nhello",
        HEAD.replace(b"/", b"/unread", 1) + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        *[b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n", b"GET / HTTP/3.0\r\n\r\n", b"GET"],
        *[HEAD + b"X-A: b\r\n c\r\n\r\n", HEAD + b"X_A: b\r\nCookie: a\r\nCookie: b\r\n\r\n"],
        HEAD + b"Connection: close\r\n\r\n",
    ]
)  # fmt: skip


def seen(raw: bytes) -> bytes:
    """Return what came, less the time, and whether the client was told to go on where it had gone on already."""
    return re.sub(rb"Date: [^\r]*\r\n", b"", raw.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b""))


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place for place in cuts if place < len(data))})
    return [data[start:end] for start, end in pairwise(places)]


@given(requests=st.lists(REQUESTS, min_size=1, max_size=4), cuts=st.lists(st.integers(1, 300), max_size=5))
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_answers_are_gunicorns_own_however_requests_are_cut(
    ours: Served, gunicorns: Served, requests: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(requests)
    assert seen(ours.send(*cut(data, cuts))) == seen(gunicorns.send(data))
