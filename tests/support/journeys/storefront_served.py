"""The program in processes of its own with every shipped set, and a customer who is signed in, over bare sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.journeys.contract_shapes import CLIENT_ID, TENANT
from tests.support.journeys.raw_site import answers, cookie_of
from tests.support.journeys.real_server import Answer, RealServer
from tests.support.journeys.recording_upstream import RecordingUpstream
from tests.support.journeys.storefront_bench import SITE
from tests.support.journeys.storefront_parts import file_with_every_set
from tests.support.shop import KEY

_LOGIN = json.dumps({"email": "jane.doe@example.com", "password": "Amber-Window-19"}).encode()


class Served:
    """One server, and the headers of the customer."""

    def __init__(self, server: RealServer) -> None:
        self.server = server
        guest = server.ask(b"GET /api/session HTTP/1.1")
        self._cookie, self._csrf = cookie_of(guest), json.loads(guest.body)["csrfToken"].encode()
        signed_in = server.ask(b"POST /api/login HTTP/1.1", *self._me(), *_sized(_LOGIN), body=_LOGIN)
        assert signed_in.status == 200, signed_in
        self._cookie, self._csrf = cookie_of(signed_in), signed_in.headers["x-csrf-token"].encode()

    def _me(self) -> list[bytes]:
        return [b"Cookie: " + self._cookie, b"X-CSRF-Token: " + self._csrf]

    def send(self, first: bytes, *headers: bytes, body: bytes = b"", sized: bool = True) -> bytes:
        """Send one request of the customer's, and return whatever comes back; `@host` becomes the server's.

        :param sized: say how long the body is, and of what type
        """
        known = [b"Host: @host", *self._me(), b"Connection: close", *(_sized(body) if body and sized else ())]
        raw = b"\r\n".join([first, *known, *headers]) + b"\r\n\r\n" + body
        return self.server.send(raw.replace(b"@host", self.server.host))

    def ask(self, first: bytes, *headers: bytes, body: bytes = b"", sized: bool = True) -> list[Answer]:
        """Send such a request and read every answer."""
        return answers(self.send(first, *headers, body=body, sized=sized))

    def workers(self) -> set[int]:
        """Return the ids of the worker processes."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text()
        return {int(pid) for pid in children.split()}


def _sized(body: bytes) -> list[bytes]:
    return [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]


@contextmanager
def served(upstream: RecordingUpstream, redis_url: str, folder: Path, **environment: str) -> Iterator[Served]:
    """Run a server in front of an upstream; `environment` adds to its variables."""
    usual = {
        "EMPORIX_TENANT": TENANT,
        "EMPORIX_CLIENT_ID": CLIENT_ID,
        "EMPORIX_API_URL": upstream.url,
        "EMPORIX_SITE": SITE,
        "REDIS_URL": redis_url,
        "BFF_SECRET_KEYS": KEY,
        "BFF_STOREFRONT": str(file_with_every_set(folder / "storefront.toml")),
    }
    with RealServer({**usual, **environment}, folder / "log") as server:
        yield Served(server)
