"""Connections to Redis that nothing on the way can forget unnoticed.

A firewall, a NAT or a load balancer drops what has been idle for a while, in silence or with a reset at the next byte.
So a pooled connection that has been idle for long is replaced before use, and so is every connection that was idle
when another one broke, or was told that what it leads to is no primary any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError

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


class Doubted(AbstractConnection):
    """Mixed into redis-py's connections: `connect` is what a pool calls before it hands one out."""

    _sock: Any

    def __init__(self, *args: Any, idleness: Idleness, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idleness = idleness
        self._used_at = 0.0
        self._is_to_a_replica = False

    def connect(self) -> None:
        """Connect, unless there is a connection that is not in doubt."""
        if self._sock is not None:
            if not self._is_to_a_replica and not self._idleness.doubtful(self._used_at):
                return
            self.disconnect()  # type: ignore[no-untyped-call]  # redis-py has no types here
        self._is_to_a_replica = False
        _timed(super().connect)

    def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        """Send, and add the time to the request's."""
        _timed(super().send_packed_command, *args, **kwargs)

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Read, add the time to the request's, and let the others of the pool know where the connection is none."""
        try:
            # Not Sentinel's, which makes a broken connection of a replica's refusal: nobody could tell which it is.
            return _timed(AbstractConnection.read_response, self, *args, **kwargs)
        except (RedisConnectionError, ReadOnlyError) as err:
            # What was the primary is none any more: the next connection may lead to the one that is.
            self._is_to_a_replica = isinstance(err, ReadOnlyError)
            self._idleness.broke_at = self._idleness.monotonic()
            raise
        finally:
            self._used_at = self._idleness.monotonic()
