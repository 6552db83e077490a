"""A stand-in for Emporix that believes everything: it writes down what arrives and answers a success, whatever it is.

It checks no bearer, verb, path or parameter, so that one wrong request cannot make another one look wrong. An
address it does not know is answered like a profile. Only for tests; plain HTTP/1.1 (RFC 9112) on loopback.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

_ANONYMOUS_LIFETIME_SECONDS = 3599
_CUSTOMER_LIFETIME_SECONDS = 2591999
_REFRESH_LIFETIME_SECONDS = 86399


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One request, as it came off the wire."""

    method: str
    target: str
    """Path and query, neither decoded nor tidied up."""
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query without its question mark."""
        return self.target.partition("?")[2]

    def values(self, header: str) -> list[str]:
        """Return every value that came under a header's name, in any case."""
        return [value for name, value in self.headers if name.lower() == header.lower()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """One answer."""

    status: int
    content: Any = None
    """JSON; None: no body."""
    raw: bytes | None = None
    """The body as it is, in place of JSON."""
    headers: tuple[tuple[str, str], ...] = ()
    delay_seconds: float = 0.0
    """Before it begins."""
    breaks_at: Literal["begin", "middle"] | None = None
    """Where the connection ends too early, after the request was taken."""

    @property
    def body(self) -> bytes:
        """What is sent."""
        if self.raw is not None:
            return self.raw
        return b"" if self.content is None or self.status == 204 else json.dumps(self.content).encode()


def _tokens(name: str, session_id_name: str, lifetime_seconds: int) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": f"upstream-{name}-access",
        "expires_in": lifetime_seconds,
        "refresh_token": f"upstream-{name}-refresh",
        "refresh_token_expires_in": _REFRESH_LIFETIME_SECONDS,
        session_id_name: f"upstream-{name}-session",
    }


def _customer_tokens(name: str) -> dict[str, Any]:
    return _tokens(name, "session_id", _CUSTOMER_LIFETIME_SECONDS) | {"saas_token": f"upstream-{name}-saas"}


PROFILE: Mapping[str, Any] = {
    "id": "13869000",
    "customerNumber": "13869000",
    "firstName": "Jane",
    "lastName": "Doe",
    "accounts": [{"id": "jane.doe@example.com"}],
}
VALIDATION: Mapping[str, Any] = {
    "token_type": "Bearer",
    "expires_in": 2591974,
    "scope": "customer.customer_read_own tenant=shop",
    "sessionId": "upstream-validation-session",
    "email": "jane.doe@example.com",
    "legalEntityId": "53ac81fd0cce8b26b36f3492",
}
_ADDRESS = {"id": "b05c20e034", "contactName": "Jane Doe", "country": "DE"}

_ANSWERS: Mapping[tuple[str, str], Canned] = {
    ("GET", "/customerlogin/auth/anonymous/login"): Canned(
        status=200, content=_tokens("anon", "sessionId", _ANONYMOUS_LIFETIME_SECONDS)
    ),
    ("GET", "/customerlogin/auth/anonymous/refresh"): Canned(
        status=200, content=_tokens("anon-refreshed", "sessionId", _ANONYMOUS_LIFETIME_SECONDS)
    ),
    ("POST", "/login"): Canned(status=200, content=_customer_tokens("login") | {"initialPassword": False}),
    ("POST", "/socialLogin"): Canned(status=200, content=_customer_tokens("social")),
    ("GET", "/logout"): Canned(status=204),
    ("GET", "/refreshauthtoken"): Canned(
        status=200, content=_tokens("refreshed", "session_id", _CUSTOMER_LIFETIME_SECONDS)
    ),
    ("GET", "/validateauthtoken"): Canned(status=200, content=VALIDATION),
    ("POST", "/signup"): Canned(status=201, content={"id": "13730481"}),
    ("GET", "/signup/optin/mailed-token-1"): Canned(status=200, content=_customer_tokens("optin")),
    ("POST", "/signup/optin/refresh_token"): Canned(status=202),
    ("GET", "/me"): Canned(status=200, content=PROFILE),
    ("PATCH", "/me"): Canned(status=200),
    ("DELETE", "/me"): Canned(status=204),
    ("GET", "/me/addresses"): Canned(status=200, content=[_ADDRESS]),
    ("POST", "/me/addresses"): Canned(status=201, content={"id": "b05c20e034"}),
    ("GET", "/me/addresses/b05c20e034"): Canned(status=200, content=_ADDRESS),
    ("PATCH", "/me/addresses/b05c20e034"): Canned(status=200),
    ("DELETE", "/me/addresses/b05c20e034"): Canned(status=204),
    ("POST", "/me/addresses/b05c20e034/tags"): Canned(status=204),
    ("DELETE", "/me/addresses/b05c20e034/tags"): Canned(status=204),
    ("POST", "/me/accounts/internal"): Canned(status=201, content={"id": "13869000"}),
    ("POST", "/me/accounts/internal/email/change"): Canned(status=204),
    ("POST", "/me/accounts/internal/email/change/confirm"): Canned(status=204),
    ("POST", "/password/reset"): Canned(status=204),
    ("POST", "/password/reset/update"): Canned(status=204),
    ("POST", "/password/change"): Canned(status=204),
}
"""By verb and path, the latter without `/customer/` and the tenant."""
_UNKNOWN = Canned(status=200, content=PROFILE)


class RecordingUpstream:
    """A context manager: inside it, a server answers at `url`."""

    def __init__(self, handler: type[Handler] | None = None) -> None:
        self._arrived: list[Arrived] = []
        self._statuses: dict[tuple[str, str], int] = {}
        self._given: dict[tuple[str, str], list[Canned]] = {}
        self._unknown = _UNKNOWN
        self._lock = threading.Lock()
        self._server = UpstreamServer(self, handler or Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """The origin to call."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start_over(self) -> None:
        """Forget what arrived, and every answer that was asked for."""
        with self._lock:
            self._arrived.clear()
            self._statuses.clear()
            self._given.clear()
            self._unknown = _UNKNOWN

    def answer_with(self, status: int, *, method: str, path: str) -> None:
        """Answer requests of this verb and path with another status than usual, and with the usual body."""
        with self._lock:
            self._statuses[method, path] = status

    def give(self, *answers: Canned, method: str, path: str) -> None:
        """Answer requests of this verb and path with these in turn, the last one again and again."""
        with self._lock:
            self._given[method, path] = list(answers)

    def answer_unknown(self, answer: Canned) -> None:
        """Answer like this wherever an address is not known."""
        with self._lock:
            self._unknown = answer

    @property
    def arrived(self) -> tuple[Arrived, ...]:
        """Everything since the start, or the last `start_over`."""
        with self._lock:
            return tuple(self._arrived)

    def canned(self, method: str, path: str) -> Canned:
        """Return what is answered to a verb and path."""
        short = "/" + path.split("/", 3)[3] if path.startswith("/customer/") and path.count("/") > 2 else path
        with self._lock:
            if given := self._given.get((method, path)):
                return given.pop(0) if len(given) > 1 else given[0]
            usual = _ANSWERS.get((method, short), self._unknown)
            return replace(usual, status=self._statuses.get((method, path), usual.status))

    def take(self, request: Arrived) -> Canned:
        """Write a request down and return its answer."""
        with self._lock:
            self._arrived.append(request)
        return self.canned(request.method, request.path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class UpstreamServer(ThreadingHTTPServer):
    """Knows whom its handlers tell what arrives."""

    daemon_threads = True

    def __init__(self, upstream: RecordingUpstream, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.upstream = upstream

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet where who asked has hung up: an answer may be larger than they take."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Takes one request."""

    protocol_version = "HTTP/1.1"
    server: UpstreamServer

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.server.upstream.take(
            Arrived(method=self.command, target=self.path, headers=tuple(self.headers.items()), body=body)
        )
        time.sleep(answer.delay_seconds)
        sent = answer.body
        self.close_connection = True
        if answer.breaks_at == "begin":
            return
        self.send_response(answer.status)
        # One connection for each request: nothing of this server outlives the test that started it.
        self.send_header("Connection", "close")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(sent)))
        if sent and not any(name.lower() == "content-type" for name, _ in answer.headers):
            self.send_header("Content-Type", "application/json")
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent[: len(sent) // 2] if answer.breaks_at == "middle" else sent)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names http.server looks for
