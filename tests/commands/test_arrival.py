"""Requests in pieces: whatever the cuts, gunicorn's parser reads what it would have read in one piece."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import SocketUnreader
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.commands.arrival import (
    CHUNKS_TAKE_BYTES,
    LARGEST_HEAD_BYTES,
    LONGEST_COOKIE_BYTES,
    LONGEST_HEADER_BYTES,
    MOST_CHUNKS,
    READ_BEYOND_BYTES,
    Arrival,
    ChunkEnd,
    ChunkStage,
    LargestBody,
    Stage,
    usual_largest_body,
)
from bff.config.settings import Settings
from tests.support.served import environment, server_of

CLIENT = ("192.0.2.1", 1234)
LIMIT = 64 * 1024
LARGEST_CHUNKED_BYTES = LIMIT + CHUNKS_TAKE_BYTES
CFG = server_of(Settings.from_env(environment())).cfg
HEAD = b"POST /x?y=1 HTTP/1.1\r\nHost: shop.example\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

often = settings(max_examples=400, deadline=None, derandomize=True, database=None)


class Whole:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def recv(self, size: int) -> bytes:
        part, self.data = self.data[:size], self.data[size:]
        return part


def read(request: Any) -> object:
    try:
        body = request.body.read()
    except (ParseException, NoMoreData) as error:
        return type(error)
    return request.method, request.uri, request.headers, body


def in_one_piece(data: bytes) -> tuple[object, bytes | None]:
    """What gunicorn makes of it, and what follows."""
    source = Whole(data)
    unreader = SocketUnreader(source)
    try:
        request = Request(CFG, unreader, CLIENT)
    except (NoMoreData, StopIteration):
        return Stage.WAITING, None
    except ParseException:
        return Stage.REFUSED, None
    seen = read(request)
    return seen, None if isinstance(seen, type) else unreader.take_buffered() + source.data


def in_pieces(pieces: list[bytes]) -> tuple[object, bytes | None]:
    arrival, stage, coming = Arrival(CFG, CLIENT, usual_largest_body), Stage.WAITING, list(pieces)
    while coming and stage is Stage.WAITING:
        stage = arrival.feed(coming.pop(0))
    if stage is Stage.WAITING:
        stage = arrival.end()
    if stage is not Stage.READY:
        return stage, None
    seen = read(arrival.request)
    return seen, None if isinstance(seen, type) else arrival.rest() + b"".join(coming)


LINES = st.sampled_from(
    [
        *[
            b"POST / HTTP/1.1\r\n",
            b"GET /a HTTP/1.0\r\n",
            b"HEAD / HTTP/1.1\r\n",
            b"\r\nGET / HTTP/1.1\r\n",
            b"GET /\r\n",
        ],
        *[
            b"\r\n",
            b"\n",
            b"\r",
            b"Host: x\r\n",
            b"A: b\n",
            b"Cookie: a=b\r\n",
            b" folded\r\n",
            b"Expect: 100-continue\r\n",
        ],
        *[b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Content-Length: 5, 5\r\n", b"Content-Length: x\r\n"],
        *[b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: x\r\n"],
        *[
            b"5\r\nhello\r\n",
            b"1;a=b\r\nx\r\n",
            b"0\r\n",
            b"0\r\n\r\n",
            b"0\r\nT: v\r\n\r\n",
            b"00\r\n",
            b"5\r\nhell\r\n",
        ],
        *[b"g\r\n", b"hello", b"GET /next HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"ffffffffffffffffff\r\n"],
    ]
)
STARTS = st.sampled_from(
    [
        b"",
        HEAD + b"Content-Length: 5\r\n\r\n",
        CHUNKED,
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ]
)


@given(start=STARTS, lines=st.lists(LINES, max_size=8), cuts=st.lists(st.integers(0, 300), max_size=12))
@often
def test_cuts_change_nothing_about_what_is_read(start: bytes, lines: list[bytes], cuts: list[int]) -> None:
    data = start + b"".join(lines)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(places)]
    seen, rest = in_pieces(pieces)
    expected, following = in_one_piece(data)
    # Gunicorn's parser, too, may miss the line that would have been wrong if the head ends before.
    assert seen == expected or {seen, expected} == {Stage.WAITING, Stage.REFUSED}, pieces
    assert rest == following, pieces


@given(data=st.binary(max_size=200), size=st.integers(1, 9))
@often
def test_chunks_of_any_bytes_end_where_gunicorn_ends_them(data: bytes, size: int) -> None:
    message = CHUNKED + data + b"\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    assert in_pieces(pieces) == in_one_piece(message)


def stage_of(*pieces: bytes) -> tuple[Stage, Arrival]:
    arrival = Arrival(CFG, CLIENT, usual_largest_body)
    stage = Stage.WAITING
    for piece in pieces:
        assert stage is Stage.WAITING
        stage = arrival.feed(piece)
    return stage, arrival


def test_body_is_waited_for_to_its_last_byte() -> None:
    body = b"x" * LIMIT
    head = HEAD + b"Content-Length: %d\r\n\r\n" % LIMIT
    stage, arrival = stage_of(head, body[:-1])
    assert stage is Stage.WAITING
    assert arrival.feed(b"x") is Stage.READY
    assert arrival.request.body.read() == body


def test_larger_body_is_not_waited_for_and_ends_the_connection() -> None:
    stage, arrival = stage_of(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1))
    assert stage is Stage.READY
    assert arrival.request.should_close()
    assert not arrival.awaits_continue


def test_larger_chunked_body_is_handed_over_once_its_size_shows() -> None:
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    arrival = Arrival(CFG, CLIENT, usual_largest_body)
    stages = [arrival.feed(CHUNKED), *(arrival.feed(chunk) for _ in range((LIMIT + READ_BEYOND_BYTES) // 1024 + 1))]
    assert set(stages[:-1]) == {Stage.WAITING}
    assert stages[-1] is Stage.READY
    assert len(arrival.request.body.read(LIMIT + 1)) == LIMIT + 1


def test_largest_body_may_come_in_small_chunks() -> None:
    smallest = LIMIT // (MOST_CHUNKS - 1) + 1
    stage, arrival = stage_of(
        CHUNKED, (b"%x\r\n" % smallest + b"x" * smallest + b"\r\n") * (LIMIT // smallest), b"0\r\n\r\n"
    )
    assert stage is Stage.READY
    assert arrival.size < LARGEST_CHUNKED_BYTES


@pytest.mark.parametrize("chunk", [b"1\r\nx\r\n", b"1;a\r\nx\r\n"])
@pytest.mark.parametrize("at_once", [1, 100])
def test_body_in_more_chunks_than_any_client_sends_is_too_large(chunk: bytes, at_once: int) -> None:
    arrival = Arrival(CFG, CLIENT, usual_largest_body)
    arrival.feed(CHUNKED)
    stages = [arrival.feed(chunk * at_once) for _ in range(4096 // at_once + 1)]
    assert set(stages[:-1]) == {Stage.WAITING}
    assert stages[-1] is Stage.TOO_LARGE


def test_chunks_that_are_mostly_wrapping_are_too_large() -> None:
    chunk = b"1;" + b"a" * 8000 + b"\r\nx\r\n"
    arrival = Arrival(CFG, CLIENT, usual_largest_body)
    stages = [arrival.feed(CHUNKED), *(arrival.feed(chunk) for _ in range(LARGEST_CHUNKED_BYTES // len(chunk) + 1))]
    assert set(stages[:-1]) == {Stage.WAITING}
    assert stages[-1] is Stage.TOO_LARGE


def test_client_that_asks_whether_to_go_on_is_told_once() -> None:
    stage, arrival = stage_of(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert (stage, arrival.awaits_continue) == (Stage.WAITING, True)
    arrival.continued()
    assert arrival.feed(b"ok") is Stage.READY
    assert not arrival.awaits_continue


@pytest.mark.parametrize(
    ("name", "longest"),
    [(b"Cookie", LONGEST_COOKIE_BYTES), (b"cookie", LONGEST_COOKIE_BYTES), (b"X-A", LONGEST_HEADER_BYTES)],
)
def test_field_has_its_limit(name: bytes, longest: int) -> None:
    longest_value = b"x" * (longest - len(name) - len(": \r\n"))
    assert stage_of(HEAD + name + b": " + longest_value + b"\r\n\r\n")[0] is Stage.READY
    assert stage_of(HEAD + name + b": " + longest_value + b"x\r\n\r\n")[0] is Stage.REFUSED


@pytest.mark.parametrize("size", [LARGEST_HEAD_BYTES, LARGEST_HEAD_BYTES + 1])
@pytest.mark.parametrize("together", [True, False], ids=["in one piece", "in pieces"])
def test_whole_head_has_its_limit(size: int, together: bool) -> None:
    fields = (b"X-A: " + b"x" * 8000 + b"\r\n") * 8
    padding = b"X-B: ".ljust(size - len(HEAD + fields + b"\r\n\r\n"), b"x") + b"\r\n"
    pieces = [HEAD, fields, padding, b"\r\n"]
    stage, _ = stage_of(*([b"".join(pieces)] if together else pieces))
    assert stage is (Stage.READY if size <= LARGEST_HEAD_BYTES else Stage.REFUSED)


def test_head_without_an_end_is_refused_at_its_limit() -> None:
    field = b"X-A: " + b"x" * 8000 + b"\r\n"
    stage, arrival = stage_of(HEAD, *[field] * 9)
    assert stage is Stage.REFUSED
    assert arrival.size < LARGEST_HEAD_BYTES + len(field)


@pytest.mark.parametrize(
    "start", [b"GET http HTTP/9\r\n", b"GET /\n", b"GET / HTTP/1.1\r\nHost: x\n", b"G" * 8193, b"hello\r\n"]
)
def test_what_cannot_become_a_request_is_refused_at_once(start: bytes) -> None:
    assert stage_of(start)[0] is Stage.REFUSED


@pytest.mark.parametrize(
    "line",
    [b"0;a" + b"\n" * 16_000, b"0\r\n" + b"x" + b"\n" * 16_000, b"0;" + b"\r" * 16_000],
    ids=["size", "trailer", "CR"],
)
def test_no_byte_of_a_chunks_line_makes_the_ones_before_it_be_read_again(
    monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    looks: list[int] = []
    look = ChunkEnd._line_so_far

    def counted(chunks: ChunkEnd, *, is_whole: bool) -> ChunkStage:
        looks.append(1)
        return look(chunks, is_whole=is_whole)

    monkeypatch.setattr(ChunkEnd, "_line_so_far", counted)
    chunks = ChunkEnd(LIMIT)
    assert chunks.feed(line) is ChunkStage.WAITING
    assert len(looks) <= 2
    for byte in b"ab\r\n":
        chunks.feed(bytes([byte]))
    assert len(looks) <= 6


def test_trailers_have_a_largest_size_together() -> None:
    chunks = ChunkEnd(LIMIT)
    assert chunks.feed(b"0\r\n" + b"a: b\r\n" * (LONGEST_COOKIE_BYTES // 6)) is ChunkStage.WAITING
    assert chunks.feed(b"a: b\r\n") is ChunkStage.ENOUGH


LARGE = 1024 * 1024


def larger(method: str, path: str) -> int:
    """Take more where one route lies."""
    return LARGE if (method, path) == ("POST", "/x") else LIMIT


def stages_of(head: bytes, content: bytes, largest_body: LargestBody) -> list[Stage]:
    arrival = Arrival(CFG, CLIENT, largest_body)
    stages = [arrival.feed(head)]
    for at in range(0, len(content), 16 * 1024):
        if stages[-1] is not Stage.WAITING:
            break
        stages.append(arrival.feed(content[at : at + 16 * 1024]))
    return stages


def chunked(size: int) -> bytes:
    return b"4000\r\n" + b"x" * 0x4000 + b"\r\n" if size == 0x4000 else chunked(0x4000) * (size // 0x4000)


@pytest.mark.parametrize("size", [LIMIT + 1, LARGE])
def test_larger_body_is_waited_for_where_its_route_takes_it(size: int) -> None:
    head = HEAD + b"Content-Length: %d\r\n\r\n" % size
    stages = stages_of(head, b"x" * size, larger)
    assert (stages[-1], set(stages[:-1])) == (Stage.READY, {Stage.WAITING})
    assert stages_of(head, b"", usual_largest_body) == [Stage.READY]


def test_body_over_the_routes_size_is_not_waited_for() -> None:
    assert stages_of(HEAD + b"Content-Length: %d\r\n\r\n" % (LARGE + 1), b"", larger) == [Stage.READY]


def test_larger_chunked_body_is_waited_for_where_its_route_takes_it() -> None:
    stages = stages_of(CHUNKED, chunked(LARGE) + b"0\r\n\r\n", larger)
    assert (stages[-1], len(stages) > LARGE // (16 * 1024)) == (Stage.READY, True)
    stages = stages_of(CHUNKED, chunked(LARGE), usual_largest_body)
    assert (stages[-1], len(stages) < 8) == (Stage.READY, True)


def test_routes_of_small_bodies_are_not_looked_for() -> None:
    def never(method: str, path: str) -> int:
        raise AssertionError(path)

    assert stages_of(HEAD + b"Content-Length: %d\r\n\r\n" % LIMIT, b"x" * LIMIT, never)[-1] is Stage.READY
    assert stages_of(b"GET /x HTTP/1.1\r\nHost: shop.example\r\n\r\n", b"", never) == [Stage.READY]
