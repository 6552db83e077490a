"""Connections to Redis that nothing on the way can forget unnoticed.

A firewall, a NAT or a load balancer drops what has been idle for a while, in silence or with a reset at the next byte.
So a pooled connection that has been idle for long is replaced before use, and so is every connection that was idle
when another one broke.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from bff.config.settings import RedisSettings
from bff.metrics.spent import SPENT

# A dead store must be told from a slow one within two seconds, also where it is met twice: a newcomer's request may
# meet it first in the rate limits, which go on without it, and then in the session, which does not.
CONNECT_SECONDS: Final = 0.7
ANSWER_SECONDS: Final = 0.7
MOST_IDLE_SECONDS: Final = 30.0
"""Below what is usual on the way: the shortest common limit is a minute."""


@dataclass(slots=True)
class Idleness:
    """What the connections of one pool know of each other; a moment is a reading of `monotonic`, in seconds."""

    most_seconds: float = MOST_IDLE_SECONDS
    monotonic: Callable[[], float] = time.monotonic
    broke_at: float = field(default=0.0)
    """When a connection of the pool broke last."""

    def doubtful(self, used_at: float) -> bool:
        """Tell whether a connection that was used last at that moment may be dead."""
        return used_at <= self.broke_at or self.monotonic() - used_at > self.most_seconds


def _timed(step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a step brings, and add its time to the request's."""
    spent = SPENT.get()
    if spent is None:
        return step(*args, **kwargs)
    # One step takes others: who connects also sends and reads. So the outer one counts, and not the sum.
    before, started = spent.redis_seconds, time.perf_counter()
    try:
        return step(*args, **kwargs)
    finally:
        spent.redis_seconds = before + time.perf_counter() - started


class _Doubted(AbstractConnection):
    """Mixed into redis-py's connections: `connect` is what a pool calls before it hands one out."""

    _sock: Any

    def __init__(self, *args: Any, idleness: Idleness, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idleness = idleness
        self._used_at = 0.0

    def connect(self) -> None:
        if self._sock is not None:
            if not self._idleness.doubtful(self._used_at):
                return
            self.disconnect()  # type: ignore[no-untyped-call]  # redis-py has no types here
        _timed(super().connect)

    def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        _timed(super().send_packed_command, *args, **kwargs)

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return _timed(super().read_response, *args, **kwargs)
        except RedisConnectionError:
            self._idleness.broke_at = self._idleness.monotonic()
            raise
        finally:
            self._used_at = self._idleness.monotonic()


class _Tcp(_Doubted, Connection):
    pass


class _Tls(_Doubted, SSLConnection):
    pass


class _Unix(_Doubted, UnixDomainSocketConnection):
    pass


_KINDS: Final[dict[str, Any]] = {"redis": _Tcp, "rediss": _Tls, "unix": _Unix}


def connect_redis(settings: RedisSettings, idleness: Idleness | None = None) -> Redis:
    """Return a pooled client that gives up quickly: redis-py's own retries wait for seconds on a dead server.

    TCP keepalive is on, as redis-py has it by default.
    """
    url = settings.url.reveal()
    scheme = url.partition("://")[0]
    checked = {"ssl_check_hostname": True, "ssl_cert_reqs": "required"} if scheme == "rediss" else {}
    return Redis.from_url(
        url,
        connection_class=_KINDS[scheme],
        idleness=idleness or Idleness(),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **checked,
    )
