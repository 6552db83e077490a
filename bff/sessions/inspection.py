"""What can be found out about a Redis and the way to it, as values: for `bff check`, never for a request."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from socket import gaierror
from typing import Any, Final

from redis.exceptions import AuthenticationError, RedisError

from bff.config.settings import RedisSettings
from bff.crypto import KeyRing
from bff.errors import SessionStoreUnavailable
from bff.log import Log
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Vault, WebRecord
from bff.sessions.readiness import Readiness
from bff.sessions.redis_cluster import cluster_of
from bff.sessions.redis_connection import connect_redis
from bff.sessions.redis_errors import RedisFault, answer_or_fault, fault_of
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.rights import Lacking, Right, lacking_rights, together
from bff.sessions.store import Found

OLDEST: Final = (6, 2)
"""The first Redis that has all that the scripts need."""
SESSION_SECONDS: Final = 10.0
"""How long a session that is only made to be looked at would stay, should its end not come."""
_WANTS_ONE: Final = re.compile(r"required|must be called")
"""Redis's own words for a command, and for the greeting."""
_NUMBER: Final = re.compile(r"[0-9]+")
_WORD: Final = re.compile(r"[A-Za-z0-9._+-]{1,40}")
"""What a server says of itself is shown: a word, never a text."""


class Obstacle(StrEnum):
    """Why there is no connection, as far as more than Redis's own word is known."""

    NAME = "its name is not known"
    REFUSED = "nothing listens there"
    NO_SOCKET = "there is no such socket"
    NOT_ALLOWED = "this user of the machine may not use the socket"
    AUTHORITY = "nobody who is trusted vouches for its certificate"
    OTHER_HOST = "its certificate is for another host"
    OUT_OF_TIME = "its certificate is not good any more, or not yet"
    NO_TLS = "it does not speak TLS"
    PASSWORD = "it refuses the user or the password"  # nosec B105 # noqa: S105 - no password
    NO_PASSWORD = "it wants a password"  # nosec B105 # noqa: S105 - no password
    SLOW = "it does not answer in time"
    LOADING = "it is still loading"
    BROKEN = "the connection broke"


_BY_KIND: Final[Mapping[type[BaseException], Obstacle]] = {
    gaierror: Obstacle.NAME,
    ConnectionRefusedError: Obstacle.REFUSED,
    FileNotFoundError: Obstacle.NO_SOCKET,
    PermissionError: Obstacle.NOT_ALLOWED,
    ssl.SSLCertVerificationError: Obstacle.AUTHORITY,
    ssl.SSLError: Obstacle.NO_TLS,
    TimeoutError: Obstacle.SLOW,
}
"""The first that fits counts: the later ones are wider."""


_BY_CAUSE: Final[Mapping[str, Obstacle]] = {
    "timeout": Obstacle.SLOW,
    "connection": Obstacle.BROKEN,
    "LOADING": Obstacle.LOADING,
}
_BY_VERDICT: Final[Mapping[int, Obstacle]] = {
    9: Obstacle.OUT_OF_TIME,
    10: Obstacle.OUT_OF_TIME,
    62: Obstacle.OTHER_HOST,
    64: Obstacle.OTHER_HOST,
}
"""OpenSSL's numbers (x509_vfy.h): not yet valid, expired, another host's name, another address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """There is no connection, or it is no use."""

    fault: RedisFault
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a connection is encrypted."""

    version: str
    ends_at: float
    """Unix seconds until which the server's certificate is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a server says of itself to whoever may connect."""

    kind: str
    """`redis`, `valkey` and the like."""
    version: str
    is_replica: bool
    tls: Tls | None

    @property
    def is_old(self) -> bool:
        """Whether it is known to lack what the scripts need; every Valkey has it."""
        numbers = tuple(int(number) for number in _NUMBER.findall(self.version)[:2])
        return bool(numbers) and numbers < OLDEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What happens when memory is short."""

    policy: str
    most_bytes: int | None
    """0: as much as there is; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """What is written to disk."""

    log: bool
    """Whether each write is logged there."""
    snapshots: bool | None
    """Whether there are snapshots; None: not known."""
    failed: bool
    """Whether the last attempt to write failed."""


class Inspection:
    """Looks at one Redis, as one user; leaves nothing behind."""

    def __init__(self, settings: RedisSettings, now: Callable[[], float] = time.time) -> None:
        self._client: Any = connect_redis(settings)
        self._now = now

    def greet(self) -> Greeting | Unreachable:
        """Connect, and ask Redis who it is. Every user may ask that; of a cluster, all primaries are asked."""
        servers = answer_or_fault(self._servers, "cluster|slots")
        if isinstance(servers, RedisFault):
            return Unreachable(fault=servers, obstacle=_BY_CAUSE.get(servers.cause))
        greetings = [self._greeted(server) for server in servers]
        # The one that is wrong, if one is.
        bad = [one for one in greetings if isinstance(one, Unreachable) or one.is_replica or one.is_old]
        return (bad or greetings)[0]

    def _servers(self) -> list[Any]:
        cluster = cluster_of(self._client)
        return [self._client] if cluster is None else cluster.each()

    def _greeted(self, client: Any) -> Greeting | Unreachable:
        pool = client.connection_pool
        try:
            connection = pool.get_connection()
            try:
                connection.send_command("HELLO")
                told = _pairs(connection.read_response())
                tls = _tls(connection)
            finally:
                pool.release(connection)
        except RedisError as error:
            return Unreachable(fault=fault_of(error, "hello"), obstacle=_obstacle(error))
        return Greeting(
            kind=_word(told.get("server", "redis")),
            version=_word(told.get("version", "")),
            is_replica=told.get("role") in ("replica", "slave"),
            tls=tls,
        )

    def lacking(self, needed: Iterable[Right]) -> Lacking | RedisFault:
        """Return which rights the user lacks."""
        needed = tuple(needed)
        return answer_or_fault(lambda: together([lacking_rights(one, needed) for one in self._servers()]), "multi")

    def keep_a_session(self, ring: KeyRing, log: Log) -> RedisFault | str | None:
        """Write a guest's session, read it, lock it, write it again and end it; return what went wrong.

        :return: a text where it is not Redis that says so; None: all went well
        """
        fault = Readiness(self._client, log).check()
        if fault is not None:
            return fault
        store, cookie = RedisSessionStore(self._client, ring, log), SessionCookie.fresh()
        try:
            store.create(cookie, WebRecord(created=self._now()), Vault(), SESSION_SECONDS)
            try:
                with store.lock(cookie, lease_seconds=SESSION_SECONDS, wait_seconds=0):
                    found = store.load(cookie)
                    if isinstance(found, Found):
                        store.commit(cookie, found.versions, web=found.web, ttl_seconds=SESSION_SECONDS)
            finally:
                store.end([cookie.sid], None)
        except SessionStoreUnavailable as error:
            cause, _, command = str(error).partition(" ")
            return RedisFault(cause=cause, command=command)
        return None if isinstance(found, Found) else "what was just written is not there"

    def memory(self) -> Memory | RedisFault:
        """Return what happens when memory is short; of a cluster, at the first node that differs from the first."""
        servers = answer_or_fault(self._servers, "info")
        if isinstance(servers, RedisFault):
            return servers
        found = [self._memory_of(server) for server in servers]
        return next((one for one in found if one != found[0]), found[0])

    def _memory_of(self, client: Any) -> Memory | RedisFault:
        """Ask in each of the two ways that may be open."""
        told: Any = answer_or_fault(lambda: client.info("memory"), "info")
        if not isinstance(told, RedisFault) and "maxmemory_policy" in told:
            return Memory(policy=_word(str(told["maxmemory_policy"])), most_bytes=int(told["maxmemory"]))
        kept = self._configured("maxmemory-policy")
        if isinstance(kept, RedisFault):
            return told if isinstance(told, RedisFault) else kept
        return Memory(policy=_word(kept), most_bytes=None)

    def persistence(self) -> Persistence | RedisFault:
        """Return what is written to disk."""
        told: Any = answer_or_fault(lambda: self._client.info("persistence"), "info")
        if isinstance(told, RedisFault):
            return told
        kept = self._configured("save")
        return Persistence(
            log=bool(int(told.get("aof_enabled", 0))),
            snapshots=None if isinstance(kept, RedisFault) else bool(kept),
            failed="err" in (told.get("rdb_last_bgsave_status"), told.get("aof_last_write_status")),
        )

    def seconds_ahead(self) -> float | RedisFault:
        """Return by how many seconds Redis's clock is ahead of this machine's."""
        before = self._now()
        answer: Any = answer_or_fault(self._client.time, "time")
        if isinstance(answer, RedisFault):
            return answer
        seconds, microseconds = answer
        return float(seconds + microseconds / 1_000_000 - (before + self._now()) / 2)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _configured(self, name: str) -> str | RedisFault:
        answer: Any = answer_or_fault(lambda: self._client.config_get(name), "config|get")
        if isinstance(answer, RedisFault):
            return answer
        told = _pairs(answer)
        return told[name] if name in told else RedisFault(cause="error", command="config|get")


def _pairs(answer: Any) -> dict[str, str]:
    """Read a map, which the older protocol sends as a list."""
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=True)
    return {_text(name): _text(value) for name, value in pairs}


def _word(text: str) -> str:
    """Return a word as it is, and `?` for whatever else a server says in its place."""
    return text if _WORD.fullmatch(text) else "?" if text else ""


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _tls(connection: Any) -> Tls | None:
    sock = connection._sock
    if not isinstance(sock, ssl.SSLSocket):
        return None
    certificate = sock.getpeercert() or {}
    return Tls(version=sock.version() or "", ends_at=ssl.cert_time_to_seconds(str(certificate.get("notAfter"))))


def _obstacle(error: RedisError) -> Obstacle | None:
    if isinstance(error, AuthenticationError):
        return Obstacle.NO_PASSWORD if _WANTS_ONE.search(str(error)) else Obstacle.PASSWORD
    for one in _behind(error):
        if isinstance(one, TimeoutError) and "handshake" in str(one):
            # A server that speaks no TLS waits for the rest of what it takes for a command.
            return Obstacle.NO_TLS
        if isinstance(one, ssl.SSLCertVerificationError) and one.verify_code in _BY_VERDICT:
            return _BY_VERDICT[one.verify_code]
        for kind, obstacle in _BY_KIND.items():
            if isinstance(one, kind):
                return obstacle
    return _BY_CAUSE.get(fault_of(error, "hello").cause)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it was raised for."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__
