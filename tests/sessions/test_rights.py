"""Rights of a Redis user, asked one by one: what is lacking is named, and nothing is run."""

from __future__ import annotations

import pytest
from redis import Redis

from bff.commands.checks.redis_uses import REDIS_USES
from bff.commands.embedded_redis import EmbeddedRedis
from bff.sessions.rights import Right, lacking_rights
from tests.support.acl import user
from tests.support.redis_keys import keys_of

NEEDED = frozenset(right for use in REDIS_USES for right in use.rights)
COMMANDS = sorted({right.command for right in NEEDED})
GLOBS = sorted({right.glob for right in NEEDED if right.glob is not None})


def test_user_with_exactly_the_rights_lacks_none(redis: Redis, redis_server: EmbeddedRedis) -> None:
    rules = [*(f"~{glob}" for glob in GLOBS), *(f"+{command}" for command in COMMANDS)]
    with user(redis, redis_server, *rules) as client:
        assert not lacking_rights(client, NEEDED)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_that_the_user_may_not_run_is_named(redis: Redis, redis_server: EmbeddedRedis, command: str) -> None:
    with user(redis, redis_server, "~*", "+@all", f"-{command}") as client:
        lacking = lacking_rights(client, NEEDED)
    assert lacking.commands == {command: frozenset(right for right in NEEDED if right.command == command)}
    assert (lacking.globs, lacking.unknown) == ({}, {})


@pytest.mark.parametrize("glob", GLOBS)
def test_keys_that_the_user_may_not_reach_are_named(redis: Redis, redis_server: EmbeddedRedis, glob: str) -> None:
    others = [f"~{one}" for one in GLOBS if one != glob]
    with user(redis, redis_server, *others, "+@all") as client:
        lacking = lacking_rights(client, NEEDED)
    assert lacking.globs == {glob: frozenset(right for right in NEEDED if right.glob == glob)}
    assert (lacking.commands, lacking.unknown) == ({}, {})


def test_keys_that_may_only_be_read_are_named_with_what_writes(redis: Redis, redis_server: EmbeddedRedis) -> None:
    used = "bff:used:*:*"
    with user(redis, redis_server, f"%R~{used}", *(f"~{one}" for one in GLOBS if one != used), "+@all") as client:
        assert lacking_rights(client, NEEDED).globs == {used: {Right("set", used)}}


@pytest.mark.parametrize("outside", ["multi", "exec"])
def test_without_transactions_the_other_commands_are_asked_all_the_same(
    redis: Redis, redis_server: EmbeddedRedis, outside: str
) -> None:
    with user(redis, redis_server, "~*", "+@all", f"-{outside}", "-zadd", "-script|load") as client:
        lacking = lacking_rights(client, NEEDED)
    assert set(lacking.commands) == {"zadd", "script|load"}
    assert keys_of(redis) == []


def calls(redis: Redis) -> dict[str, int]:
    return {name: int(told["calls"]) for name, told in redis.info("commandstats").items()}


def test_no_key_is_made_changed_or_taken_away(redis: Redis, redis_server: EmbeddedRedis) -> None:
    for glob in GLOBS:
        redis.set(glob.replace("*", "check"), "as it was", px=60_000)
    before = {key: redis.get(key) for key in keys_of(redis)}
    with user(redis, redis_server, "~*", "+@all") as client:
        lacking_rights(client, NEEDED)
    assert len(before) == len(GLOBS)
    assert {key: redis.get(key) for key in keys_of(redis)} == before


def test_in_a_transaction_nothing_is_run(redis: Redis, redis_server: EmbeddedRedis) -> None:
    with user(redis, redis_server, "~*", "+@all") as client:
        redis.config_resetstat()
        lacking_rights(client, NEEDED)
        run = {name.removeprefix("cmdstat_") for name, count in calls(redis).items() if count}
    assert run & set(COMMANDS) == set()


def test_replica_and_full_server_are_no_matter_of_rights(redis: Redis, redis_server: EmbeddedRedis) -> None:
    with user(redis, redis_server, "~*", "+@all", "-incr") as client:
        redis.config_set("maxmemory", 1)
        redis.replicaof("127.0.0.1", 1)
        try:
            assert set(lacking_rights(client, NEEDED).commands) == {"incr"}
        finally:
            redis.config_set("maxmemory", 0)
            redis.replicaof("NO", "ONE")
