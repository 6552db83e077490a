"""Asks Redis, and says in our words that it did not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from bff.errors import SessionStoreUnavailable

T = TypeVar("T")


def translate_redis_errors(ask: Callable[[], T], *, repeatable: bool = False) -> T:
    """Return what `ask` brings.

    :param repeatable: ask once more where the connection broke: it may have been dead for long, and the next is new
    :raises SessionStoreUnavailable: Redis is away, or too slow, or refuses
    """
    try:
        try:
            return ask()
        except RedisConnectionError:
            if not repeatable:
                raise
            return ask()
    except RedisError as err:
        raise SessionStoreUnavailable(type(err).__name__) from err
