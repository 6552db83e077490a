"""One request on its way in: its bytes are collected without a thread until gunicorn's parser can read all of it.

What a request is, gunicorn's own parser says, which here reads from memory. This module only tells 'not yet whole', so
there are no two readings of one request. Bounds: the whole head 64 KiB, one field 8 KiB (`Cookie`: 16 KiB), the body as
the application takes it. A body that is larger is not waited for: the application refuses it by what is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final, TypeAlias

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import SocketUnreader

from bff.operations.declared import MAX_BODY_BYTES

LONGEST_REQUEST_LINE_BYTES: Final = 8190
MOST_HEADERS: Final = 100
LONGEST_HEADER_BYTES: Final = 8190
"""Of every field but `Cookie`, which holds what all applications of a domain have set."""
LONGEST_COOKIE_BYTES: Final = 16 * 1024 + len("Cookie: \r\n")
LARGEST_HEAD_BYTES: Final = 64 * 1024
CHUNKS_TAKE_BYTES: Final = 192 * 1024
"""By how much a request with a chunked body, as sent, may be larger than its body: its head, and what wraps chunks."""
MOST_CHUNKS: Final = 4096
"""Of one body. Gunicorn's reader moves what it has buffered with each of them."""
READ_BEYOND_BYTES: Final = 2048
"""Gunicorn's reader asks for at least 1 KiB at a time, so this much past the limit lets the application see it."""


LargestBody: TypeAlias = Callable[[str, str], int]


def usual_largest_body(method: str, path: str) -> int:
    """Return how many bytes most routes take."""
    return MAX_BODY_BYTES


class Stage(Enum):
    """How far a request has come."""

    WAITING = auto()
    """More has to come."""
    READY = auto()
    """The application can answer: the request is whole, or what is there is enough to refuse it."""
    REFUSED = auto()
    """Gunicorn's parser does not take it; `error` says why."""
    TOO_LARGE = auto()
    """A chunked body with more around it than in it, or in more pieces than any client sends."""


class Arrival:
    """The bytes of one request.

    :param cfg: gunicorn's configuration
    :param client: the peer's address, as `accept` gives it
    :param largest_body: tells how many bytes the application takes as the body of a request with this verb and path
    """

    def __init__(self, cfg: Any, client: Any, largest_body: LargestBody) -> None:
        self._cfg = cfg
        self._client = client
        self._tell_largest_body = largest_body
        self._largest_body = MAX_BODY_BYTES
        self._received = _Received()
        self._line_seen = False
        self._missing = 0
        self._chunks: ChunkEnd | None = None
        self.request: Any = None
        """Gunicorn's, once its head is here."""
        self.error: Exception | None = None

    @property
    def size(self) -> int:
        """Bytes that have come so far."""
        return len(self._received.data)

    @property
    def awaits_continue(self) -> bool:
        """Whether the client sends its body only when told so (`Expect: 100-continue`, RFC 9110 10.1.1)."""
        return self.request is not None and bool(self.request._expected_100_continue)  # gunicorn says it nowhere else

    def continued(self) -> None:
        """Note that the client was told."""
        self.request._expected_100_continue = False

    def feed(self, part: bytes) -> Stage:
        """Take bytes that have come."""
        before = self.size
        self._received.data += part
        if self.request is not None:
            return self._body(part)
        return self._head(before)

    def end(self) -> Stage:
        """Take note that nothing more will come; WAITING: too little came for any answer."""
        return Stage.READY if self.request is not None else self._parse()

    @property
    def has_rest(self) -> bool:
        """Whether `rest` will return anything."""
        return self._received.at < self.size or bool(self.request.unreader.buf.getvalue())

    def rest(self) -> bytes:
        """Return what came after this request, which the application has answered and read to its end."""
        held: bytes = self.request.unreader.take_buffered()
        return held + self._received.unread()

    def _head(self, before: int) -> Stage:
        data = self._received.data
        if data.find(b"\r\n\r\n", max(0, before - 3)) >= 0 or _bare_newline(data, before):
            return self._parse()
        if not self._line_seen and (len(data) > LONGEST_REQUEST_LINE_BYTES + 2 or data.find(b"\r\n", 2) >= 0):
            # A bad request line is refused at once: what is no HTTP may never send the end of a head.
            self._line_seen = True
            if self._parse() is Stage.REFUSED:
                return Stage.REFUSED
        return self._too_long_a_head() if len(data) > LARGEST_HEAD_BYTES else Stage.WAITING

    def _parse(self) -> Stage:
        self._received.at = 0
        unreader = SocketUnreader(self._received)
        try:
            request = _Request(self._cfg, unreader, self._client)
        except (NoMoreData, StopIteration):
            return Stage.WAITING
        except Exception as error:  # noqa: BLE001 - gunicorn answers each; none may end the loop of all connections
            self.error = error
            return Stage.REFUSED
        beyond: bytes = unreader.take_buffered()
        unreader.unread(beyond)
        beyond += self._received.unread()
        if self.size - len(beyond) > LARGEST_HEAD_BYTES:
            return self._too_long_a_head()
        self.request = request
        if isinstance(request.body.reader, ChunkedReader) or request.body.reader.length > MAX_BODY_BYTES:
            # What is small goes everywhere, so it is not looked where it goes.
            self._largest_body = self._tell_largest_body(request.method, request.path)
        if isinstance(request.body.reader, ChunkedReader):
            self._chunks = ChunkEnd(self._largest_body + READ_BEYOND_BYTES)
            return self._body(beyond)
        length: int = request.body.reader.length
        self._missing = length
        if length > self._largest_body:
            return self._enough()
        return self._body(beyond)

    def _body(self, part: bytes) -> Stage:
        if self._chunks is None:
            self._missing -= len(part)
            return Stage.READY if self._missing <= 0 else Stage.WAITING
        stage = self._chunks.feed(part)
        if self._chunks.count > MOST_CHUNKS:
            return Stage.TOO_LARGE
        match stage:
            case ChunkStage.WHOLE:
                return Stage.READY
            case ChunkStage.ENOUGH:
                return self._enough()
            case _:
                too_large = self.size > self._largest_body + CHUNKS_TAKE_BYTES
                return Stage.TOO_LARGE if too_large else Stage.WAITING

    def _enough(self) -> Stage:
        # Where the next request would begin is not known; and who is refused need not be told to go on.
        self.request.force_close()
        self.continued()
        return Stage.READY

    def _too_long_a_head(self) -> Stage:
        self.error = LimitRequestHeaders("the whole head")
        return Stage.REFUSED


_PLAIN_SIZE: Final = re.compile(rb"([0-9a-fA-F]{1,5})\r\n")


class ChunkStage(Enum):
    """How far a chunked body has come."""

    WAITING = auto()
    WHOLE = auto()
    ENOUGH = auto()
    """It is broken, or larger than it may be: the reader will say so."""


class _Expected(Enum):
    SIZE = auto()
    DATA_END = auto()
    TRAILER = auto()


class ChunkEnd:
    """Finds the end of a chunked body (RFC 9112 7.1), looking at each byte once.

    :param enough_bytes: of content, after which no more is waited for
    """

    def __init__(self, enough_bytes: int) -> None:
        self._enough = enough_bytes
        self.count = 0
        """How many chunks there were."""
        self._content = 0
        self._skip = 0
        self._trailers = 0
        self._line = bytearray()
        self._expected = _Expected.SIZE

    def feed(self, part: bytes) -> ChunkStage:
        """Take bytes that have come."""
        at = 0
        while at < len(part):
            if self._expected is _Expected.SIZE and not self._line:
                at = self._whole_chunks(part, at)
            elif self._skip:
                step = min(self._skip, len(part) - at)
                self._skip -= step
                self._content += step
                at += step
            if self._content > self._enough:
                return ChunkStage.ENOUGH
            if self._skip:
                continue
            at, is_whole = self._take_line(part, at)
            stage = self._line_so_far(is_whole=is_whole)
            if stage is not ChunkStage.WAITING:
                return stage
        return ChunkStage.WAITING

    def _whole_chunks(self, part: bytes, at: int) -> int:
        """Go past the chunks that lie in this part as a whole: a body may have thousands."""
        while (line := _PLAIN_SIZE.match(part, at)) is not None and self._content <= self._enough:
            size = int(line[1], 16)
            end = line.end() + size
            if not size or part[end : end + 2] != b"\r\n":
                break
            self.count += 1
            self._content += size
            at = end + 2
        return at

    def _take_line(self, part: bytes, at: int) -> tuple[int, bool]:
        """Move bytes up to the end of a line; return where they end, and whether the line does. A bare LF ends none."""
        if self._line.endswith(b"\r") and part.startswith(b"\n", at):
            end, is_whole = at + 1, True
        else:
            found = part.find(b"\r\n", at)
            end, is_whole = (found + 2, True) if found >= 0 else (len(part), False)
        self._line += part[at:end]
        if self._expected is _Expected.TRAILER:
            self._trailers += end - at
        return end, is_whole

    def _line_so_far(self, *, is_whole: bool) -> ChunkStage:
        if max(len(self._line), self._trailers) > LONGEST_COOKIE_BYTES:
            return ChunkStage.ENOUGH
        if self._expected is _Expected.DATA_END and not b"\r\n".startswith(self._line[:3]):
            return ChunkStage.ENOUGH
        if not is_whole:
            return ChunkStage.WAITING
        line = bytes(self._line)
        self._line.clear()
        match self._expected:
            case _Expected.TRAILER:
                return ChunkStage.WHOLE if line == b"\r\n" else ChunkStage.WAITING
            case _Expected.DATA_END:
                self._expected = _Expected.SIZE
                return ChunkStage.WAITING
            case _Expected.SIZE:
                return self._size_line(line[:-2])

    def _size_line(self, line: bytes) -> ChunkStage:
        digits = line.partition(b";")[0].rstrip(b" \t")
        if not digits or digits.translate(None, b"0123456789abcdefABCDEF") or b"\r" in line:
            return ChunkStage.ENOUGH
        self.count += 1
        self._skip = int(digits, 16)
        self._expected = _Expected.DATA_END if self._skip else _Expected.TRAILER
        return ChunkStage.WAITING


class _Received:
    """Stands for the socket that gunicorn's parser reads from: at the end of what has come, nothing follows."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.at = 0

    def recv(self, size: int) -> bytes:
        part = bytes(self.data[self.at : self.at + size])
        self.at += len(part)
        return part

    def unread(self) -> bytes:
        return bytes(self.data[self.at :])


class _Request(Request):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's request, less fields between the two limits that are not `Cookie`."""

    def _peer_trusted_for_forwarded(self) -> tuple[dict[str, str], list[str]]:
        # Whoever sends them: our settings name no such header, so there is no address to be read.
        return {}, []

    def parse_headers(self, data: bytes, from_trailer: bool = False) -> Any:
        headers = super().parse_headers(data, from_trailer=from_trailer)
        if len(data) <= LONGEST_HEADER_BYTES:
            return headers
        for name, value in headers:
            if name != "COOKIE" and len(name) + len(value) + len(": \r\n") > LONGEST_HEADER_BYTES:
                raise LimitRequestHeaders("limit request headers fields size")
        return headers


def _bare_newline(data: bytearray, start: int) -> bool:
    """Tell whether a line that has just come ends without CR, which the parser refuses at once."""
    at = data.find(b"\n", start)
    while at >= 0:
        if at == 0 or data[at - 1] != 0x0D:
            return True
        at = data.find(b"\n", at + 1)
    return False
