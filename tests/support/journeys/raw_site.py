"""A served shop with a signed-in customer, for requests of bytes as no browser sends them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.factory import Sandbox
from tests.support.journeys.real_server import SERVE, Answer, RealServer, parsed
from tests.support.shop import ShopMaker

BODY = b'{"company": "One"}'
HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PATCH = b"PATCH /api/me HTTP/1.1\r\n@host\r\n@me\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True, kw_only=True)
class Site:
    """The server, what is behind it, and the headers of a customer who is signed in."""

    server: RealServer
    sandbox: Sandbox
    cookie: bytes
    token: bytes

    @property
    def signed_in(self) -> bytes:
        """Header lines."""
        return b"Cookie: " + self.cookie + b"\r\nX-CSRF-Token: " + self.token

    def raw(self, head: bytes, body: bytes = b"") -> bytes:
        """Return a request, with `@host` and `@me` filled in."""
        return head.replace(b"@host", b"Host: " + self.server.host).replace(b"@me", self.signed_in) + body

    def send(self, head: bytes, body: bytes = b"") -> list[Answer]:
        """Send such a request and read every answer."""
        return answers(self.server.send(self.raw(head, body)))


def answers(raw: bytes) -> list[Answer]:
    """Take what came apart into its answers."""
    starts = [match.start() for match in re.finditer(rb"HTTP/1\.[01] \d{3} ", raw)]
    return [parsed(raw[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=False)]


def cookie_of(answer: Answer) -> bytes:
    (cookie,) = answer.set_cookies
    return cookie.split(";")[0].encode()


def assert_refused(answer: Answer, *statuses: int) -> None:
    assert answer.status in statuses, answer
    assert answer.set_cookies == ()
    for never in (b"Traceback", b"site-packages", b'File "', b".py"):
        assert never not in answer.body


@contextmanager
def run_site(
    redis_server: EmbeddedRedis, log: Path, *, command: Sequence[str] = SERVE, **environment: str
) -> Iterator[Site]:
    """Run a server on an empty Redis, and sign a customer in; `environment` adds to its variables."""
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        client.flushall()
        sandbox, url = maker.sandbox()
        with RealServer(maker.environment(url, **environment), log, command=command) as server:
            guest = server.ask(b"GET /api/session HTTP/1.1")
            body = json.dumps({"email": B2C_EMAIL, "password": B2C_PASSWORD}).encode()
            customer = server.ask(
                b"POST /api/login HTTP/1.1",
                b"Cookie: " + cookie_of(guest),
                b"X-CSRF-Token: " + json.loads(guest.body)["csrfToken"].encode(),
                b"Content-Type: application/json",
                b"Content-Length: %d" % len(body),
                body=body,
            )
            token = customer.headers["x-csrf-token"].encode()
            yield Site(server=server, sandbox=sandbox, cookie=cookie_of(customer), token=token)


@contextmanager
def watched(running: Site) -> Iterator[Site]:
    """See that what the block sends changes nothing upstream, is not written down, and leaves a server that lives."""
    running.sandbox.recorder.clear()
    written = len(running.server.log)
    yield running
    assert [call.target for call in running.sandbox.recorder if call.method != "GET"] == []
    logged = running.server.log[written:]
    for never in ("internal_error", "Traceback", running.cookie.decode().partition("=")[2], running.token.decode()):
        assert never not in logged
    alive = answers(
        running.server.send(running.raw(b"GET /api/me HTTP/1.1\r\n@host\r\n@me\r\nConnection: close\r\n\r\n"))
    )
    assert [answer.status for answer in alive] == [200]
