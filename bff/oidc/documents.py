"""Fetches a document of the issuer's with `requests`, below its session: no redirect, cookie, `.netrc` or proxy.

Documents are fetched twice a day, so each has a connection of its own. The read timeout bounds the whole answer, not
one read of it; the body is bounded in bytes. Errors leave without their cause, because the library's texts hold URLs.
"""

from __future__ import annotations

import contextlib
import io
import socket
import time
from collections.abc import Mapping
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any, Final

from requests import Request
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException, SSLError
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from bff.transport import Broken, HttpResponse, NotConnected, TooLarge, TooSlow, TransportError

_HEADERS: Final[Mapping[str, str]] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "emporix-bff",
}


def fetch(
    url: str, *, max_body_bytes: int, connect_timeout_seconds: float, read_timeout_seconds: float
) -> HttpResponse:
    """Return what a GET is answered.

    :raises TransportError: there is no whole answer
    """
    failure: TransportError
    adapter = _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0)
    try:
        request = Request("GET", url, headers=_HEADERS).prepare()
        timeouts = (connect_timeout_seconds, read_timeout_seconds)
        response = adapter.send(request, stream=True, timeout=timeouts, verify=True)
        with contextlib.closing(response.raw):
            body = response.raw.read(max_body_bytes + 1, decode_content=False)
        if len(body) <= max_body_bytes and not response.raw.length_remaining:
            return HttpResponse(status=response.status_code, headers={}, body=body)
        failure = TooLarge("too large") if len(body) > max_body_bytes else Broken("truncated")
    except ConnectTimeout:
        failure = NotConnected("connect timeout")
    except (ReadTimeout, ReadTimeoutError):
        failure = TooSlow("read timeout")
    except SSLError:
        failure = Broken("certificate refused")
    except (RequestException, HTTPError, OSError, UnicodeError):
        failure = Broken("broken")
    finally:
        adapter.close()
    # Raised out here so that not even `__context__` keeps the library's exception and its URL.
    raise failure


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


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
