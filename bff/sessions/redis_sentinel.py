"""The primary that Sentinel names: each new connection asks for it, so that a failover is a reconnect and no more.

Sentinels are asked one after the other, for a moment altogether. Where none of them names a primary, the one that was
last named is tried: that Sentinels are away is no reason to do without a Redis that is there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import SSLConnection
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool, SentinelManagedConnection

from bff.config.redis_url import RedisAddress
from bff.secret import Secret
from bff.sessions.redis_doubt import ANSWER_SECONDS, CONNECT_SECONDS, Doubted, Idleness

SENTINEL_SECONDS: Final = 0.2
"""For each step of asking one of them."""
ALL_SENTINELS_SECONDS: Final = 0.4
"""After these, no further one is asked."""
_AGAIN_SECONDS: Final = 0.5
"""For so long after a failure none is asked: requests must not wait for them in turn."""


class _Managed(Doubted, SentinelManagedConnection):
    pass


class _ManagedTls(Doubted, SentinelManagedConnection, SSLConnection):
    pass


class SentinelPool(SentinelConnectionPool):
    """Connections to the primary of one service."""

    place: str
    """Where the Sentinels are, for the log."""


class Sentinels(Sentinel):
    """Knows who the primary is; safe for threads."""

    def __init__(self, *args: Any, monotonic: Callable[[], float] = time.monotonic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # redis-py has no types here
        self._monotonic = monotonic
        self._again_at = -math.inf
        self._last_named: tuple[str, int] | None = None

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Return host and port of the primary; where no Sentinel names one, those of the last that was named.

        :raises MasterNotFoundError: none has ever been named
        """
        began = self._monotonic()
        if began >= self._again_at:
            for sentinel in tuple(self.sentinels):
                if (named := self._asked(sentinel, service_name)) is not None:
                    self._last_named = named
                    self.sentinels = [sentinel, *(one for one in self.sentinels if one is not sentinel)]
                    return named
                if self._monotonic() - began > ALL_SENTINELS_SECONDS:
                    break
            self._again_at = self._monotonic() + _AGAIN_SECONDS
        if self._last_named is None:
            raise MasterNotFoundError("no Sentinel names a primary")
        return self._last_named

    def _asked(self, sentinel: Any, service_name: str) -> tuple[str, int] | None:
        try:
            state = sentinel.sentinel_masters().get(service_name)
        except RedisError:
            return None
        if not state or not self.check_master_state(state, service_name):  # type: ignore[no-untyped-call]  # as above
            return None
        return str(state["ip"]), int(state["port"])


def connect_by_sentinel(address: RedisAddress, place: str, idleness: Idleness, tls: Mapping[str, Any]) -> Redis:
    """Return a client of the service's primary, whoever that is at the time."""
    quick = {"retry": Retry(NoBackoff(), 0), **({"ssl": True, **tls} if address.tls else {})}
    sentinels = Sentinels(
        address.hosts,
        sentinel_kwargs={
            "username": address.sentinel_username,
            "password": _revealed(address.sentinel_password),
            "socket_connect_timeout": SENTINEL_SECONDS,
            "socket_timeout": SENTINEL_SECONDS,
            **quick,
        },
    )
    pool = SentinelPool(  # type: ignore[no-untyped-call]  # redis-py has no types here
        address.service,
        sentinels,
        connection_class=_ManagedTls if address.tls else _Managed,
        idleness=idleness,
        db=address.db,
        username=address.username,
        password=_revealed(address.password),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **tls,
    )
    pool.place = place
    return Redis.from_pool(pool)


def _revealed(secret: Secret[str] | None) -> str | None:
    return None if secret is None else secret.reveal()
