"""What a peer is: a name, how it is started before one way to the upstream, and what is sent to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.bench.errors import BenchError
from tests.support.bench.exchange import Answer, ask
from tests.support.bench.processes import Group
from tests.support.bench.upstream import Upstream, Way
from tests.support.bench.wrk import Load

CUSTOMER: Final = 7
"""Whose session is measured."""
WORKERS: Final = 2
FEW_REQUESTS: Final = 1000
"""Enough for connections, caches and Python's own interpreter to settle."""


class Asked(StrEnum):
    """What a row asks a peer for."""

    ME = "/api/me"
    SESSION = "/api/session"
    ACCOUNT = "/account"
    SIGN_IN_CUSTOMER = "/login of a customer"
    SIGN_IN_GUEST = "/login of a guest"
    POST_LOGIN = "POST /api/login"
    STATIC = "static file"
    SESSION_NEWCOMER = "/api/session without a cookie"
    SIGN_IN_NEWCOMER = "/login without a cookie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One kind of request to one server, and how its answer is checked."""

    load: Load
    is_right: Callable[[Answer], bool]
    method: str = "GET"
    body: bytes | None = None
    """What the check sends; under load the script of `load` writes bodies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a peer is started in."""

    folder: Path
    """Private, and empty at the start of the run."""
    redis: EmbeddedRedis
    upstream: Upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A running peer."""

    name: str
    url: str
    group: Group
    targets: Mapping[Asked, Target] = field(default_factory=dict)

    def check(self, asked: Asked) -> None:
        """Send one request and look at the answer.

        :raises BenchError: it is not the right one
        """
        target = self.targets[asked]
        answer = ask(self.url, target.load.path, method=target.method, headers=target.load.headers, body=target.body)
        if not target.is_right(answer):
            shown = answer.body[:300]
            raise BenchError(f"{self.name} answers {asked} with {answer.status} {shown!r}\n{self.group.last_said()}")


class Peer(Protocol):
    """A kind of server."""

    @property
    def name(self) -> str:
        """How it is called in the table and on the command line."""

    @property
    def warm_up_requests(self) -> int:
        """How many requests it takes until the next one costs what all further ones do."""

    def prepared(self) -> str:
        """Fetch what it needs, if that is not there yet, and return what it is made of, with versions.

        :raises BenchError: something of it is missing
        """

    def running(self, around: Surroundings, way: Way) -> AbstractContextManager[Instance]:
        """Run it to the end of the block.

        :raises BenchError: something is missing, or it does not start
        """


def is_profile(around: Surroundings) -> Callable[[Answer], bool]:
    """Return the check for `/api/me`: byte by byte what the upstream has said to this customer."""
    profile = around.upstream.profile(CUSTOMER)
    return lambda answer: answer.status == 200 and answer.body == profile


def sign_in(url: str, path: str) -> str:
    """Have a peer start a session by POST, and return the cookie to send.

    :raises BenchError: it sets none
    """
    answer = ask(url, path, method="POST")
    if answer.status != 200 or not answer.cookies:
        raise BenchError(f"{path} answers {answer.status} and sets no cookie")
    return answer.cookies[0]


def only_me(around: Surroundings, cookie: str) -> Mapping[Asked, Target]:
    """Return the targets of a peer that has nothing but `/api/me`."""
    load = Load(path="/api/me", headers={"Cookie": cookie})
    return {Asked.ME: Target(load=load, is_right=is_profile(around))}
