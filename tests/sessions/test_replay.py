"""What may be used once is refused the second time, for as long as it could be accepted, and its value is not kept."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from redis import Redis

from bff.crypto import KeyRing
from bff.errors import SessionStoreUnavailable
from bff.secret import Secret
from bff.sessions.replay import ReplayGuard

OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)


def guard(redis: Redis, *keys: Secret[bytes]) -> ReplayGuard:
    return ReplayGuard(redis, KeyRing(keys or (NEW,)))


def test_second_time_is_told_from_the_first(redis: Redis) -> None:
    replays = guard(redis)
    assert replays.first_time("jti", "one", 600)
    assert not replays.first_time("jti", "one", 600)
    assert replays.first_time("jti", "two", 600)


def test_kinds_do_not_meet(redis: Redis) -> None:
    replays = guard(redis)
    assert replays.first_time("jti", "one", 600)
    assert replays.first_time("other", "one", 600)


def test_another_process_knows_it_too(redis: Redis) -> None:
    assert guard(redis).first_time("jti", "one", 600)
    assert not guard(redis).first_time("jti", "one", 600)


def test_it_forgets_itself_and_holds_no_value(redis: Redis) -> None:
    guard(redis).first_time("jti", "the-canary", 600)
    (name,) = redis.keys()
    assert "the-canary" not in repr((name, redis.get(name)))
    assert 0 < redis.ttl(name) <= 600


def test_new_key_of_the_ring_does_not_let_a_value_pass_again(redis: Redis) -> None:
    assert guard(redis, OLD).first_time("jti", "one", 600)
    assert not guard(redis, NEW, OLD).first_time("jti", "one", 600)
    assert guard(redis, NEW, OLD).first_time("jti", "two", 600)
    assert not guard(redis, NEW, OLD).first_time("jti", "two", 600)


def test_of_many_at_once_one_is_the_first(redis: Redis) -> None:
    replays, ready, results = guard(redis), Barrier(8), []

    def run() -> None:
        ready.wait()
        results.append(replays.first_time("jti", "one", 600))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True]


def test_without_redis_nothing_is_accepted() -> None:
    with Redis.from_url("redis://127.0.0.1:1") as away, pytest.raises(SessionStoreUnavailable):
        guard(away).first_time("jti", "one", 600)


def test_asking_whether_a_value_was_used_uses_nothing_up(redis: Redis) -> None:
    replays = guard(redis)
    assert not replays.was_used("jti", "once")
    assert redis.keys("*") == []
    assert replays.first_time("jti", "once", 60)
    assert replays.was_used("jti", "once")
