"""One HTTP exchange with one origin over libcurl, with all turned off that an exchange with secrets must not do.

libcurl waits for the network without the interpreter's lock, and bounds the exchange as a whole: look-up of the name,
connection, TLS and answer. It follows no redirect, keeps no cookie, reads no `.netrc` and no proxy variable, asks for
no encoding and decodes none. The target goes out byte for byte. Errors leave without their cause, because the library's
texts hold addresses.
"""

from __future__ import annotations

import math
import re
import select
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import certifi
import pycurl

REPEATABLE_IDLE_SECONDS: Final = 30.0
"""Below what firewalls and load balancers usually allow."""
UNREPEATABLE_IDLE_SECONDS: Final = 4.0
"""Below the shortest time that common servers keep a connection (5 s): what may not be sent again must not meet a
server that is just closing it."""
_PROBES: Final = ((pycurl.TCP_KEEPALIVE, 1), (pycurl.TCP_KEEPIDLE, 15), (pycurl.TCP_KEEPINTVL, 5))
"""Seconds (tcp(7)): the kernel notices a dead connection, and what is on the way forgets no living one."""
MAX_HEADER_BYTES: Final = 64 * 1024
"""Of all header fields of an answer together."""
RETRY_AFTER: Final = "Retry-After"
_NO_CONTENT: Final = 204
_NONE: Final = -1

_TARGET: Final = re.compile(r"/(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*")
"""Path and query as RFC 3986 3.3 and 3.4 have them."""
_DOTS: Final = re.compile(r"/(?:\.|%2e){1,2}(?:/|\?|$)", re.IGNORECASE)
_NEEDLESSLY_ENCODED: Final = re.compile(r"%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)")
"""What stands for a character that needs no encoding (RFC 3986 2.3): servers may take the two for one or for two."""
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile(r"[!-~\x80-\xff]+(?:[ \t]+[!-~\x80-\xff]+)*|")
_CERTIFICATE: Final = frozenset({pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE})
_NOT_CONNECTED: Final = frozenset({pycurl.E_COULDNT_RESOLVE_HOST, pycurl.E_COULDNT_CONNECT})
_QUICK_EXIT: Final = 322
"""`CURLOPT_QUICK_EXIT`, for which pycurl has no name: without it a handle that is closed waits for the look-up of a
name, which goes on in a thread although its call has ended, for as long as the system's resolver takes."""
_NOT_ADDED: Final = (b"Accept:", b"Content-Type:", b"Expect:", b"User-Agent:")
"""libcurl's way to be told not to add what was not asked for."""


class TransportError(Exception):
    """No whole answer; the text is a fixed word."""


class NotConnected(TransportError):
    """No connection was made, so nothing was sent."""


class Broken(TransportError):
    """The connection broke after something may have been sent."""

    was_repeated = False
    """It went out twice: once on a kept connection, and on a new one after that."""


class TooSlow(TransportError):
    """The answer was not whole in time."""


class TooLarge(TransportError):
    """The answer has more bytes than one is ready to read."""


class Unsendable(TransportError):
    """The request cannot go out as it was built, its path above all; nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """Those that were wanted, by the names that were asked for; and `Retry-After`, in seconds, where there is one."""
    body: bytes


@dataclass(slots=True)
class _Kept:
    """A handle of libcurl's, with the one connection that it keeps."""

    curl: Any
    used_at: float = -math.inf
    """A reading of the clock, in seconds."""
    socket: int = _NONE
    """The connection's file descriptor."""
    poll: Any = None
    """Watches it."""

    def may_be_used(self, now: float, most_idle_seconds: float) -> bool:
        """Tell whether the connection is alive as far as can be seen, and has not been idle for too long."""
        if self.poll is None or now - self.used_at >= most_idle_seconds:
            return False
        # Something to read is its end, or an answer to nothing: libcurl sees neither within the first second.
        return not self.poll.poll(0)

    def used(self, now: float) -> None:
        """Note that the connection has just been used; another one may have taken its place."""
        self.used_at = now
        self.socket, before = self.curl.getinfo(pycurl.ACTIVESOCKET), self.socket
        if self.socket == _NONE:
            self.poll = None
        elif self.poll is None or self.socket != before:
            self.poll = select.poll()
            self.poll.register(self.socket, select.POLLIN)


class Transport:
    """Sends requests to one origin; safe for threads.

    A connection that is kept is used again only while nothing on the way can have forgotten it.
    """

    def __init__(
        self,
        origin: str,
        *,
        connections: int,
        max_body_bytes: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._origin = origin
        self._monotonic = monotonic
        self._max_body_bytes = max_body_bytes
        self._connections = connections
        # Last in, first out; a list's own methods are safe for threads.
        self._kept: list[_Kept] = []

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
        most_idle_seconds: float = UNREPEATABLE_IDLE_SECONDS,
        repeatable: bool = False,
        max_body_bytes: int | None = None,
        wanted_headers: Collection[str] = (),
    ) -> HttpResponse:
        """Exchange one request, whose `target` (path and query) goes out as it is, for one answer.

        :param connect_timeout_seconds: for the look-up of the name, the connection and TLS
        :param read_timeout_seconds: for all of the exchange
        :param most_idle_seconds: how long a kept connection may have been idle to be used for it; 0: a new one is
        :param repeatable: the request may go out once more where a kept connection turns out to be dead
        :param max_body_bytes: of the answer; None: as this transport has it
        :param wanted_headers: names of header fields of the answer
        :raises TransportError: there is no whole answer; the subclass tells what may have happened to the request
        """
        lines = _header_lines(headers)
        if not _is_plain(target):
            raise Unsendable("not sendable")
        kept = self._take()
        curl, fields = kept.curl, _Fields(wanted_headers)
        parts: list[bytes] = []
        is_kept = kept.may_be_used(self._monotonic(), most_idle_seconds)
        failure: TransportError
        try:
            self._prepare(curl, method, target, lines, body)
            curl.setopt(pycurl.MAXFILESIZE, max_body_bytes or self._max_body_bytes)
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(connect_timeout_seconds))
            curl.setopt(pycurl.TIMEOUT_MS, _milliseconds(read_timeout_seconds))
            if not is_kept:
                curl.setopt(pycurl.FRESH_CONNECT, 1)
            if not repeatable:
                curl.setopt(pycurl.PREREQFUNCTION, _Once())
            if wanted_headers or not repeatable:
                # Each line takes the interpreter's lock once more, so a read does without.
                curl.setopt(pycurl.HEADERFUNCTION, fields.take)
            curl.setopt(pycurl.WRITEFUNCTION, parts.append)
            curl.perform()
            if curl.getinfo(pycurl.HEADER_SIZE) <= MAX_HEADER_BYTES and fields.are_whole(curl, has_body=bool(parts)):
                status = curl.getinfo(pycurl.RESPONSE_CODE)
                answer = HttpResponse(status=status, headers=fields.of(curl), body=b"".join(parts))
                self._give_back(kept)
                return answer
            failure = Broken("broken")
        except pycurl.error as error:
            failure = _failure(int(error.args[0]), curl)
        if isinstance(failure, Broken):
            failure.was_repeated = is_kept and curl.getinfo(pycurl.NUM_CONNECTS) > 0
        curl.close()
        # Raised out here so that not even `__context__` keeps the library's exception and its address.
        raise failure

    def _take(self) -> _Kept:
        try:
            return self._kept.pop()
        except IndexError:
            return _Kept(curl=pycurl.Curl())

    def _give_back(self, kept: _Kept) -> None:
        kept.used(self._monotonic())
        # Header lines, target and body hold secrets.
        kept.curl.reset()
        if len(self._kept) < self._connections:
            self._kept.append(kept)
        else:
            kept.curl.close()

    def _prepare(self, curl: Any, method: str, target: str, lines: list[bytes], body: bytes | None) -> None:
        set_option = curl.setopt
        set_option(pycurl.URL, self._origin)
        set_option(pycurl.REQUEST_TARGET, target)
        set_option(pycurl.HTTPHEADER, lines)
        set_option(pycurl.NOSIGNAL, 1)
        set_option(_QUICK_EXIT, 1)
        set_option(pycurl.SSL_VERIFYPEER, 1)
        set_option(pycurl.SSL_VERIFYHOST, 2)
        set_option(pycurl.PROXY, "")
        set_option(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        set_option(pycurl.MAXCONNECTS, 1)
        for name, value in _PROBES:
            set_option(name, value)
        if self._origin.startswith("https:"):
            set_option(pycurl.CAINFO, certifi.where())
        if body is not None or method not in ("GET", "HEAD"):
            # Without a body its length is said all the same: some servers insist.
            set_option(pycurl.POSTFIELDS, body or b"")
        set_option(pycurl.CUSTOMREQUEST, method)

    def close(self) -> None:
        """Close every kept connection."""
        while self._kept:
            self._kept.pop().curl.close()


class _Once:
    """Lets a request go out once: libcurl sends it again by itself where a kept connection is dead."""

    def __init__(self) -> None:
        self._has_gone = False

    def __call__(self, *connection: object) -> int:
        if self._has_gone:
            return int(pycurl.PREREQFUNC_ABORT)
        self._has_gone = True
        return int(pycurl.PREREQFUNC_OK)


class _Fields:
    """The header fields of an answer that were wanted."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = {name.lower(): name for name in wanted}
        self._found: dict[str, str] = {}
        self._last = b""

    def take(self, line: bytes) -> None:
        """Take a line; those of an informational answer before the last one do not count, nor do trailers."""
        starts = line.startswith(b"HTTP/")
        if self._last == b"\r\n" and not starts:
            return
        self._last = line
        if starts:
            self._found.clear()
            return
        name, _, value = line.decode("latin-1").partition(":")
        if (wanted := self._wanted.get(name.lower())) is not None:
            self._found[wanted] = value.strip()

    def are_whole(self, curl: Any, *, has_body: bool) -> bool:
        """Tell whether the header has an end: where the connection breaks off in it, libcurl takes it as it is."""
        if self._last:
            return self._last == b"\r\n"
        says_its_length = curl.getinfo(pycurl.CONTENT_LENGTH_DOWNLOAD_T) >= 0
        return has_body or says_its_length or curl.getinfo(pycurl.RESPONSE_CODE) == _NO_CONTENT

    def of(self, curl: Any) -> Mapping[str, str]:
        """Return them, and what is always read."""
        if seconds := curl.getinfo(pycurl.RETRY_AFTER):
            self._found[RETRY_AFTER] = str(seconds)
        return self._found


def _failure(code: int, curl: Any) -> TransportError:
    # It may have gone out on a kept connection that then broke, before the next one was refused.
    has_gone = curl.getinfo(pycurl.REQUEST_SIZE) > 0
    if code in _NOT_CONNECTED:
        return Broken("broken") if has_gone else NotConnected("not connected")
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return TooSlow("read timeout") if has_gone else NotConnected("connect timeout")
    if code in _CERTIFICATE:
        return Broken("certificate refused")
    return TooLarge("too large") if code == pycurl.E_FILESIZE_EXCEEDED else Broken("broken")


def _header_lines(headers: Mapping[str, str]) -> list[bytes]:
    not_added = _not_added(tuple(headers))
    if not all(map(_VALUE.fullmatch, headers.values())):
        raise Unsendable("not sendable")
    # With a colon and no value libcurl leaves the field out.
    lines = [(f"{name}: {value}" if value else f"{name};").encode("latin-1") for name, value in headers.items()]
    return [*lines, *not_added]


@lru_cache(64)
def _not_added(names: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return what stops libcurl from adding to the fields of these names, of which there are few and no secret one."""
    if not all(map(_NAME.fullmatch, names)):
        raise Unsendable("not sendable")
    given = {name.lower().encode() + b":" for name in names}
    return tuple(line for line in _NOT_ADDED if line.lower() not in given)


def _is_plain(target: str) -> bool:
    """Tell whether a target goes out as it is and is read by every server as it is meant."""
    return bool(_TARGET.fullmatch(target)) and not _DOTS.search(target) and not _NEEDLESSLY_ENCODED.search(target)


def _milliseconds(seconds: float) -> int:
    # To libcurl, 0 is no bound at all.
    return max(1, math.ceil(seconds * 1000))
