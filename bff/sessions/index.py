"""Who has which sessions: by customer and by sign-in e-mail, each name a keyed hash.

Sorted sets of session names, scored by the end of their lifetime and pruned as they are read, so a request
never touches them. A session's own record decides whether it lives; the index only says where to look.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from bff.crypto import KeyRing
from bff.errors import SessionStoreUnavailable

T = TypeVar("T")


class IndexKind(Enum):
    """By what sessions can be found."""

    CUSTOMER = "customer"
    """The customer's id."""
    EMAIL = "email"
    """The sign-in e-mail; for the operator's commands only."""


class SessionIndex:
    """Remembers which sessions belong to whom, without storing who that is."""

    def __init__(self, client: Redis, ring: KeyRing, now: Callable[[], float]) -> None:
        self._redis = client
        self._ring = ring
        self._now = now

    def add(self, kind: IndexKind, value: str, sid: str, ends_at: float) -> None:
        """Note that a session belongs to `value` until `ends_at` (Unix seconds).

        :raises SessionStoreUnavailable:
        """
        name = self._names(kind, value)[0]
        pipe = self._redis.pipeline(transaction=True)
        pipe.zadd(name, {sid: ends_at})
        # The set outlives its newest session by nothing: lifetimes are equal, so the newest ends last.
        pipe.expireat(name, int(ends_at) + 1)
        _asked(pipe.execute)

    def sids(self, kind: IndexKind, value: str) -> tuple[str, ...]:
        """Return the names of sessions that may still live, and forget those that cannot.

        :raises SessionStoreUnavailable:
        """
        found: dict[str, None] = {}
        for name in self._names(kind, value):
            pipe = self._redis.pipeline(transaction=True)
            pipe.zremrangebyscore(name, "-inf", self._now())
            pipe.zrange(name, 0, -1)
            members: Any = _asked(pipe.execute)[1]
            found.update((member.decode(), None) for member in members)
        return tuple(found)

    def remove(self, kind: IndexKind, value: str, sid: str) -> None:
        """Forget one session.

        :raises SessionStoreUnavailable:
        """
        for name in self._names(kind, value):
            _asked(lambda name=name: self._redis.zrem(name, sid))  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def _names(self, kind: IndexKind, value: str) -> list[str]:
        if kind is IndexKind.EMAIL:
            value = value.lower()
        return [f"bff:index:{kind.value}:{n}" for n in self._ring.names(kind.value.encode(), value)]


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except RedisError as err:
        raise SessionStoreUnavailable(type(err).__name__) from err
