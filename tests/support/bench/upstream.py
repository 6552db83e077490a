"""What stands for Emporix: nginx that answers from memory, at once, after 20 ms, after 200 ms, and over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from tests.support.bench.authority import Authority, make_authority
from tests.support.bench.errors import BenchError
from tests.support.bench.exchange import Answer, ask, free_ports
from tests.support.bench.nginx import running_nginx, server_block
from tests.support.bench.processes import Group

TENANT: Final = "bench"
LARGE_TENANT: Final = "benchlarge"
"""Its tokens have a kilobyte."""
ME: Final = f"/customer/{TENANT}/me"
_PROFILE_BYTES: Final = range(900, 1000)


class Way(Enum):
    """A way to the upstream: what is shown of it, how many milliseconds it waits, and whether it speaks TLS."""

    FAST = ("fast", 0, False)
    SLOWER = ("+20 ms", 20, False)
    SLOW = ("+200 ms", 200, False)
    TLS = ("TLS", 0, True)

    def __init__(self, label: str, delay_ms: int, is_tls: bool) -> None:
        self.label = label
        self.delay_ms = delay_ms
        self.is_tls = is_tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A running upstream."""

    group: Group
    ports: Mapping[Way, int]
    authority: Authority

    def url(self, way: Way) -> str:
        """Return the origin of one way."""
        return f"{'https' if way.is_tls else 'http'}://127.0.0.1:{self.ports[way]}"

    def profile(self, number: int) -> bytes:
        """Return what `GET /me` answers to a customer's own bearer."""
        return self._asked(number).body

    def requests(self) -> int:
        """Return how many requests have come so far, on all ways, this one included."""
        counts = ask(self.url(Way.FAST), "/status").body.split(b"requests")[1].split()
        return int(counts[2])

    def check(self) -> None:
        """See that every way answers as Emporix would.

        :raises BenchError: one does not
        """
        for way in Way:
            answer = self._asked(1, way)
            if (
                answer.status != 200
                or len(answer.body) not in _PROFILE_BYTES
                or json.loads(answer.body)["id"] != "00000001"
            ):
                raise BenchError(f"the upstream ({way.label}) does not answer as it should: {answer}")
            if ask(self.url(way), ME, authority=self.authority.root).status != 401:
                raise BenchError(f"the upstream ({way.label}) does not ask for a bearer")

    def _asked(self, number: int, way: Way = Way.FAST) -> Answer:
        bearer = {"Authorization": f"Bearer {bearer_of(number)}"}
        return ask(self.url(way), ME, headers=bearer, authority=self.authority.root)


def bearer_of(number: int) -> str:
    """Return the access token of a customer, as long as Emporix's."""
    return f"customer-{number:08d}-".ljust(28, "x")


def email_of(number: int) -> str:
    """Return the address that a customer signs in with, whatever the password."""
    return f"customer{number:08d}@example.com"


@contextmanager
def running_upstream(folder: Path) -> Iterator[Upstream]:
    """Run the upstream to the end of the block.

    :raises BenchError: nginx is missing, or does not answer as it should
    """
    authority = make_authority(folder)
    ports = dict(zip(Way, free_ports(len(Way)), strict=True))
    servers = "".join(
        server_block(
            "upstream.conf",
            {
                "port": ports[way],
                "tls": "ssl" if way.is_tls else "",
                "delay_ms": way.delay_ms,
                "certificate": authority.certificate,
                "key": authority.key,
            },
        )
        for way in Way
    )
    probe = (f"http://127.0.0.1:{ports[Way.FAST]}", "/status")
    with running_nginx(folder / "upstream", servers, workers=1, probe=probe) as group:
        upstream = Upstream(group=group, ports=ports, authority=authority)
        upstream.check()
        yield upstream
