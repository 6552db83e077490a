"""A script that is packed here and read raw: what redis-py's own way brings, and the same failures."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from bff.sessions.prepared_script import PreparedScript

SCRIPT = "return {KEYS[1], KEYS[2], ARGV[1], ARGV[2], #ARGV, redis.call('GET', KEYS[1])}"


def test_it_brings_what_redis_pys_own_way_brings(redis: Redis) -> None:
    redis.set("a{x}", b"\r\n\x00\xff")
    keys, args = ["a{x}", "ü{x}"], ["", "6"]
    theirs = redis.register_script(SCRIPT)(keys=keys, args=args)
    assert PreparedScript(redis, SCRIPT, keys=2)(keys, ["", 6]) == theirs
    assert theirs[-1] == b"\r\n\x00\xff"


def test_script_that_redis_has_forgotten_is_sent_again(redis: Redis) -> None:
    script = PreparedScript(redis, "return 1", keys=0)
    assert script([], []) == 1
    redis.script_flush()
    assert script([], []) == 1


def test_error_of_the_script_is_redis_pys_and_the_connection_serves_on(redis: Redis) -> None:
    with pytest.raises(ResponseError):
        PreparedScript(redis, "return redis.call('INCR', KEYS[1], 'too many')", keys=1)(["a"], [])
    with pytest.raises(RedisError):
        PreparedScript(redis, "return nothing.at.all", keys=0)([], [])
    assert PreparedScript(redis, "return 2", keys=0)([], []) == 2
