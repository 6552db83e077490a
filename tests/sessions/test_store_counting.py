"""Requests counted per session, and what each call of the store costs."""

from __future__ import annotations

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.store import Missing
from tests.support.fakes.counting_redis import CountingRedis
from tests.support.sessions.store_parts import (
    IDLE_SECONDS,
    VAULT,
    WEB,
    created,
    found,
    rate_key,
    store_on,
)

DEVICE = DeviceRecord(created_at=1.0, last_seen_at=2.0, browser="Firefox on Windows")


@pytest.fixture
def store(redis: Redis) -> RedisSessionStore:
    return store_on(redis)


def test_requests_are_counted_from_the_first_until_the_window_ends(redis: Redis) -> None:
    store = store_on(redis, window_seconds=60)
    cookie = created(store)
    assert [found(store, cookie).requests for _ in range(3)] == [1, 2, 3]
    redis.pexpire(rate_key(cookie), 20_000)
    fourth = found(store, cookie)
    assert fourth.requests == 4
    assert 19 < fourth.window_ends_in_seconds <= 20
    redis.pexpire(rate_key(cookie), 0)
    fifth = found(store, cookie)
    assert fifth.requests == 1
    assert 59 < fifth.window_ends_in_seconds <= 60


def test_reload_does_not_count(redis: Redis) -> None:
    store = store_on(redis, window_seconds=60)
    cookie = created(store)
    store.load(cookie, count=False)
    assert found(store, cookie).requests == 1


def test_dead_cookie_makes_no_key(redis: Redis) -> None:
    store = store_on(redis, window_seconds=60)
    for _ in range(3):
        assert store.load(SessionCookie.fresh()) == Missing()
    assert redis.keys() == []


def test_every_request_of_the_store_is_one_round_trip(redis_server: EmbeddedRedis, redis: Redis) -> None:
    with CountingRedis(redis_server.url) as counting:
        store = store_on(counting.client, window_seconds=60)

        def once() -> dict[str, int]:
            trips: dict[str, int] = {}
            cookie = SessionCookie.fresh()

            def note(name: str) -> None:
                trips[name] = counting.round_trips
                counting.round_trips = 0

            counting.round_trips = 0
            versions = store.create(cookie, WEB, VAULT, IDLE_SECONDS, DEVICE)
            note("create")
            store.load(cookie)
            note("load")
            store.touch(cookie, IDLE_SECONDS, DEVICE)
            note("touch")
            store.devices([cookie.sid, SessionCookie.fresh().sid])
            note("devices")
            versions = store.commit(cookie, versions, web=WEB, vault=VAULT)
            note("commit")
            store.retire(cookie, versions)
            note("retire if same")
            store.retire(cookie)
            note("retire")
            store.end([cookie.sid])
            note("end")
            return trips

        once()  # teaches this server the scripts
        assert set(once().values()) == {1}
