"""One HTTP exchange with one origin, with all turned off that an exchange with secrets must not do.

It stands on `requests`' adapter, below its session: so there are no redirects, no cookie jar, no `.netrc` and no proxy
variables, by construction. The read timeout bounds the whole answer, not one read of it; the body is bounded
in bytes. Errors leave without their cause, because the library's texts hold URLs, and those hold secrets.
"""

from __future__ import annotations

import io
import math
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any, Final

from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError

REPEATABLE_IDLE_SECONDS: Final = 30.0
"""Below what firewalls and load balancers usually allow."""
UNREPEATABLE_IDLE_SECONDS: Final = 4.0
"""Below the shortest time that common servers keep a connection (5 s): what may not be sent again must not meet a
server that is just closing it."""
KEEPALIVE: Final = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""Seconds, seconds and probes, where the platform has them (tcp(7))."""


class TransportError(Exception):
    """No whole answer; the text is a fixed word."""


class NotConnected(TransportError):
    """No connection was made, so nothing was sent."""


class Broken(TransportError):
    """The connection broke after something may have been sent."""


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
    body: bytes


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
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=connections, max_retries=0)

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
    ) -> HttpResponse:
        """Exchange one request, whose `target` (path and query) goes out as it is, for one answer.

        :param most_idle_seconds: how long a kept connection may have been idle to be used for it; 0: a new one is
        :raises TransportError: there is no whole answer; the subclass tells what may have happened to the request
        """
        failure: TransportError
        try:
            request = self._prepared(method, target, headers, body)
            _IDLENESS.set(_Idleness(most_seconds=most_idle_seconds, monotonic=self._monotonic))
            return self._exchange(request, connect_timeout_seconds, read_timeout_seconds)
        except ConnectTimeout:
            failure = NotConnected("connect timeout")
        except (ReadTimeout, ReadTimeoutError):
            failure = TooSlow("read timeout")
        except RequestsConnectionError as err:
            failure = NotConnected("not connected") if _nothing_was_sent(err) else Broken("broken")
        except UnicodeError:
            failure = Unsendable("not sendable")
        except (RequestException, HTTPError, OSError):
            failure = Broken("broken")
        # Raised out here so that not even `__context__` keeps the library's exception and its URL.
        raise failure

    def _prepared(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> PreparedRequest:
        request = None
        # What the library refuses it shows, so its exception must not become the context of ours.
        with suppress(RequestException, UnicodeError):
            request = Request(method, self._origin + target, headers=dict(headers), data=body).prepare()
        # The adapter folds slashes at the start, but only after this comparison.
        if request is None or request.path_url != target or target.startswith("//"):
            raise Unsendable("not sendable")
        return request

    def _exchange(self, request: PreparedRequest, connect_seconds: float, read_seconds: float) -> HttpResponse:
        response = self._adapter.send(request, stream=True, timeout=(connect_seconds, read_seconds), verify=True)
        whole = False
        try:
            body = response.raw.read(self._max_body_bytes + 1, decode_content=False)
            if len(body) > self._max_body_bytes:
                raise TooLarge("too large")
            if response.raw.length_remaining:
                # One read does not tell: the library notices only when asked for more.
                raise Broken("truncated")
            whole = True
            return HttpResponse(status=response.status_code, headers=response.headers, body=body)
        finally:
            _give_back(response, whole)

    def close(self) -> None:
        """Close every pooled connection."""
        self._adapter.close()


def _give_back(response: Response, whole: bool) -> None:
    if not whole:
        response.raw.close()
    response.raw.release_conn()


def _nothing_was_sent(err: RequestsConnectionError) -> bool:
    cause = err.args[0] if err.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until a moment in time, however small the pieces come."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, seconds: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw
        self._end = time.monotonic() + seconds
        self.ended = False
        """The other side has closed the connection."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        count = self._raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # urllib3 has just set the read timeout on the socket; here it becomes the bound of the whole answer.
        seconds = sock.gettimeout()
        if seconds is None:
            raise TimeoutError("a read timeout is needed")
        self._reader = _DeadlineReader(sock, self.fp.detach(), seconds)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        if self._reader.ended:
            # http.client takes headers that break off for all there are, and the body for empty.
            raise RemoteDisconnected("within the headers")


class _HttpConnection(HTTPConnection):
    response_class = _DeadlineResponse


class _HttpsConnection(HTTPSConnection):
    response_class = _DeadlineResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Idleness:
    """What the request at hand allows."""

    most_seconds: float
    monotonic: Callable[[], float]


_IDLENESS: ContextVar[_Idleness] = ContextVar("idleness")


class _FreshPool(HTTPConnectionPool):
    """Closes a kept connection that has been idle for longer than the request at hand allows; it connects anew."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        allowed = _IDLENESS.get()
        if allowed.monotonic() - getattr(connection, "used_at", math.inf) >= allowed.most_seconds:
            connection.close()
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.used_at = _IDLENESS.get().monotonic()
        super()._put_conn(conn)


class _HttpPool(_FreshPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(_FreshPool, HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, socket_options=_socket_options())
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def _socket_options() -> list[tuple[int, int, int]]:
    """Let the kernel notice a dead connection, and keep what is on the way from forgetting a living one."""
    probes = [
        (socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in KEEPALIVE.items() if hasattr(socket, name)
    ]
    return [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *probes]
