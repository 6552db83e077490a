"""Remembers what may be accepted only once, for as long as it could be accepted at all."""

from __future__ import annotations

from functools import partial

from redis import Redis

from bff.crypto import KeyRing
from bff.sessions.redis_errors import translate_redis_errors
from bff.sessions.stored_keys import PLAIN, StoredKey

STORED_KEYS = (
    StoredKey(
        key="bff:used:<kind>:<hash>",
        holds="that a back-channel logout token was used",
        cipher=f"{PLAIN}; which one is an HMAC-SHA-256 under a server key",
        lifetime="as long as the token could be accepted",
        commands=("exists", "set"),
    ),
)


class ReplayGuard:
    """A set of used-up identifiers, each a keyed hash that forgets itself."""

    def __init__(self, client: Redis, ring: KeyRing) -> None:
        self._redis = client
        self._ring = ring

    def was_used(self, kind: str, value: str) -> bool:
        """Tell whether a value was seen before, and remember nothing.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        return any(translate_redis_errors(partial(self._redis.exists, name)) for name in self._keys(kind, value))

    def first_time(self, kind: str, value: str, seconds: int) -> bool:
        """Tell whether a value is seen for the first time, and remember it, in one step.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        newest, *older = self._keys(kind, value)
        # A value noted under an older key of the ring counts too.
        if any(translate_redis_errors(partial(self._redis.exists, name)) for name in older):
            return False
        return bool(translate_redis_errors(partial(self._redis.set, newest, b"1", ex=seconds, nx=True)))

    def _keys(self, kind: str, value: str) -> list[str]:
        return [f"bff:used:{kind}:{name}" for name in self._ring.names(kind.encode(), value)]
