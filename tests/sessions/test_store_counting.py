"""Requests counted per session, and what each call of the store costs."""

from __future__ import annotations

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.session_keys import row_rate_key
from bff.sessions.store import Found, Missing, RowCount
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


ROW = RowCount(name="checkout_order", window_seconds=60)


def test_calls_of_a_row_are_counted_beside_the_requests_until_their_window_ends(redis: Redis) -> None:
    store = store_on(redis, window_seconds=3600)
    cookie = created(store)
    assert [found(store, cookie).row_calls for _ in range(2)] == [0, 0]
    counted = [store.load(cookie, row=ROW) for _ in range(3)]
    assert [(one.requests, one.row_calls) for one in counted if isinstance(one, Found)] == [(3, 1), (4, 2), (5, 3)]
    other = store.load(cookie, row=RowCount(name="another_row", window_seconds=60))
    assert isinstance(other, Found)
    assert (other.requests, other.row_calls) == (6, 1)
    key = row_rate_key(cookie.sid, ROW.name)
    redis.pexpire(key, 20_000)
    fourth = store.load(cookie, row=ROW)
    assert isinstance(fourth, Found)
    assert (fourth.row_calls, 19 < fourth.row_window_ends_in_seconds <= 20) == (4, True)
    redis.pexpire(key, 0)
    again = store.load(cookie, row=ROW)
    assert isinstance(again, Found)
    assert (again.row_calls, 59 < again.row_window_ends_in_seconds <= 60) == (1, True)


def test_calls_of_a_row_are_counted_where_requests_are_not(redis: Redis) -> None:
    store = store_on(redis)
    cookie = created(store)
    counted = [store.load(cookie, row=ROW) for _ in range(2)]
    assert [(one.requests, one.row_calls) for one in counted if isinstance(one, Found)] == [(0, 1), (0, 2)]


def test_count_of_a_row_names_no_session(redis: Redis) -> None:
    store = store_on(redis)
    cookie = created(store)
    store.load(cookie, row=ROW)
    store.end([cookie.sid])
    assert redis.exists(row_rate_key(cookie.sid, ROW.name))
    assert list(store.sids()) == []


def test_dead_cookie_makes_no_key(redis: Redis) -> None:
    store = store_on(redis, window_seconds=60)
    for _ in range(3):
        assert store.load(SessionCookie.fresh()) == Missing()
        assert store.load(SessionCookie.fresh(), row=ROW) == Missing()
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
