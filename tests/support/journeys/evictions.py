"""A Redis that is short of memory: it drops what it likes, and all there is of a kind is the worst of it."""

from __future__ import annotations

from redis import Redis

from bff.commands.checks.redis_uses import REDIS_USES
from tests.support.redis_keys import keys_of

LOCK, ROW_COUNT = "bff:{<sid>}:lock", "bff:{<sid>}:rate:<operation>"
INDEX, MARK = "bff:index:<kind>:<hash>", "bff:mark:{bff:index:<kind>:<hash>}"
USED, BROWSERS, ANSWER = "bff:used:<kind>:<hash>", "bff:browsers:<hash>", "bff:answer:<hash>"
SHARED, SHARED_LOCK, READS = "bff:shared:<hash>:token", "bff:shared:<hash>:lock", "bff:reads:<hash>"
LIMIT = "bff:limit:<limit>/<hash>/<rate>"
DROPPED = frozenset({LOCK, ROW_COUNT, INDEX, MARK, USED, BROWSERS, ANSWER, SHARED, SHARED_LOCK, READS, LIMIT})


def drop(redis: Redis, kind: str) -> None:
    """Let Redis drop all there is of a kind."""
    (kept,) = (one for use in REDIS_USES for one in use.kept if one.key == kind)
    keys = [key for key in keys_of(redis, "bff:*") if kept.matches(key.decode())]
    assert keys, f"there is nothing to drop: {kind}"
    redis.delete(*keys)
