"""Asks Redis, and says in our words that it did not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisError

from bff.errors import SessionStoreUnavailable

T = TypeVar("T")


def translate_redis_errors(ask: Callable[[], T]) -> T:
    """Return what `ask` brings.

    :raises SessionStoreUnavailable: Redis is away, or too slow, or refuses
    """
    try:
        return ask()
    except RedisError as err:
        raise SessionStoreUnavailable(type(err).__name__) from err
