"""The keys of a Redis as its protocol has them: redis-py types them as bytes or text."""

from __future__ import annotations

from typing import Any

from redis import Redis


def keys_of(redis: Redis, pattern: str = "*") -> list[bytes]:
    """Return the keys that match, in no order."""
    found: Any = redis.keys(pattern)
    return list(found)


def value_of(redis: Redis, key: str | bytes) -> bytes:
    """Return what is stored under a key that is there."""
    value: Any = redis.get(key)
    assert isinstance(value, bytes), key
    return value
