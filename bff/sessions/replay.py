"""Remembers what may be accepted only once, for as long as it could be accepted at all."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

from bff.crypto import KeyRing
from bff.errors import SessionStoreUnavailable
from bff.sessions.stored_keys import PLAIN, StoredKey

STORED_KEYS = (
    StoredKey(
        key="bff:used:<kind>:<hash>",
        holds="that a back-channel logout token was used",
        cipher=f"{PLAIN}; which one is an HMAC-SHA-256 under a server key",
        lifetime="as long as the token could be accepted",
    ),
)


class ReplayGuard:
    """A set of used-up identifiers, each a keyed hash that forgets itself."""

    def __init__(self, client: Redis, ring: KeyRing) -> None:
        self._redis = client
        self._ring = ring

    def was_used(self, kind: str, value: str) -> bool:
        """Tell whether a value was seen before, and remember nothing.

        :raises SessionStoreUnavailable:
        """
        try:
            return any(self._redis.exists(name) for name in self._keys(kind, value))
        except RedisError as err:
            raise SessionStoreUnavailable(type(err).__name__) from err

    def first_time(self, kind: str, value: str, seconds: int) -> bool:
        """Tell whether a value is seen for the first time, and remember it, in one step.

        :raises SessionStoreUnavailable:
        """
        names = self._keys(kind, value)
        try:
            # A value noted under an older key of the ring counts too.
            if len(names) > 1 and any(self._redis.exists(name) for name in names[1:]):
                return False
            return bool(self._redis.set(names[0], b"1", ex=seconds, nx=True))
        except RedisError as err:
            raise SessionStoreUnavailable(type(err).__name__) from err

    def _keys(self, kind: str, value: str) -> list[str]:
        return [f"bff:used:{kind}:{name}" for name in self._ring.names(kind.encode(), value)]
