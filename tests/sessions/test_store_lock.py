"""The session's lock across clients, and a store that is away (a Redis of the test's own, then)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import RedisSettings
from bff.crypto import KeyRing
from bff.errors import SessionStoreUnavailable
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.index import IndexKind, SessionIndex
from bff.sessions.redis_connection import connect_redis
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.store import LockBusy
from tests.support.fakes.clock import FakeClock
from tests.support.sessions.store_parts import IDLE_SECONDS, NEW, VAULT, WEB, created, found, store_on

LONGEST_SECONDS = 2.0


@pytest.fixture
def own_server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


def lock_key(cookie: SessionCookie) -> str:
    return f"bff:{{{cookie.sid}}}:lock"


def test_lock_is_exclusive_across_clients(redis_server: EmbeddedRedis, redis: Redis) -> None:
    cookie = SessionCookie.fresh()
    with Redis.from_url(redis_server.url) as other_client:
        mine, theirs = store_on(redis), store_on(other_client)
        with mine.lock(cookie, lease_seconds=30, wait_seconds=0):
            with pytest.raises(LockBusy), theirs.lock(cookie, lease_seconds=30, wait_seconds=0.1):
                pass
            with theirs.lock(SessionCookie.fresh(), lease_seconds=30, wait_seconds=0):
                pass
        with theirs.lock(cookie, lease_seconds=30, wait_seconds=0):
            assert redis.exists(lock_key(cookie))
        assert not redis.exists(lock_key(cookie))


def test_lock_is_free_again_after_a_failure_under_it(redis: Redis) -> None:
    store, cookie = store_on(redis), SessionCookie.fresh()
    with pytest.raises(ZeroDivisionError), store.lock(cookie, lease_seconds=30, wait_seconds=0):
        raise ZeroDivisionError
    with store.lock(cookie, lease_seconds=30, wait_seconds=0):
        pass


def test_lease_of_a_killed_process_ends_by_itself(redis: Redis) -> None:
    store, cookie = store_on(redis), SessionCookie.fresh()
    with store.lock(cookie, lease_seconds=30, wait_seconds=0):
        assert 29_000 < redis.pttl(lock_key(cookie)) <= 30_000
        redis.pexpire(lock_key(cookie), 0)
        with store.lock(cookie, lease_seconds=30, wait_seconds=0):
            pass


def test_renewed_lease_lasts_a_full_term_again(redis: Redis) -> None:
    cookie = SessionCookie.fresh()
    with store_on(redis).lock(cookie, lease_seconds=30, wait_seconds=0) as lease:
        redis.pexpire(lock_key(cookie), 1000)
        lease.renew()
        assert 29_000 < redis.pttl(lock_key(cookie)) <= 30_000


def test_lost_lease_cannot_be_renewed(redis: Redis) -> None:
    cookie = SessionCookie.fresh()
    with store_on(redis).lock(cookie, lease_seconds=30, wait_seconds=0) as lease:
        redis.delete(lock_key(cookie))
        with pytest.raises(LockBusy):
            lease.renew()


def test_lease_that_somebody_took_over_is_neither_renewed_nor_released(redis: Redis) -> None:
    cookie = SessionCookie.fresh()
    with store_on(redis).lock(cookie, lease_seconds=30, wait_seconds=0) as lease:
        redis.set(lock_key(cookie), "theirs", px=30_000)
        with pytest.raises(LockBusy):
            lease.renew()
    assert redis.get(lock_key(cookie)) == b"theirs"


def calls(store: RedisSessionStore, cookie: SessionCookie) -> dict[str, Callable[[], object]]:
    versions = found(store, cookie).versions

    def lock() -> None:
        with store.lock(cookie, lease_seconds=5, wait_seconds=1):
            raise AssertionError("a lock that nobody gave")

    return {
        "load": lambda: store.load(cookie),
        "touch": lambda: store.touch(cookie, 9),
        "create": lambda: store.create(cookie, WEB, VAULT, IDLE_SECONDS),
        "commit": lambda: store.commit(cookie, versions, web=WEB),
        "retire": lambda: store.retire(cookie),
        "retire if same": lambda: store.retire(cookie, versions),
        "end": lambda: store.end([cookie.sid]),
        "lock": lock,
    }


def client_as_in_production(server: EmbeddedRedis) -> Redis:
    return connect_redis(RedisSettings(url=Secret(server.url)))


def test_every_call_to_a_dead_server_says_so_in_time(
    own_server: EmbeddedRedis, clock: FakeClock, busy_seconds: float
) -> None:
    with client_as_in_production(own_server) as client:
        store, index = store_on(client), SessionIndex(client, KeyRing((NEW,)), clock, mark_seconds=30)
        ways = calls(store, created(store))
        ways["add"] = lambda: index.add(IndexKind.CUSTOMER, "1", "sid", clock() + 1)
        ways["sids"] = lambda: index.sids(IndexKind.CUSTOMER, "1")
        ways["remove"] = lambda: index.remove(IndexKind.CUSTOMER, "1", "sid")
        own_server.kill()
        for way in ways.values():
            began = time.monotonic()
            with pytest.raises(SessionStoreUnavailable):
                way()
            assert time.monotonic() - began < LONGEST_SECONDS + busy_seconds
        own_server.restart()
        store.load(created(store))  # the scripts are unknown to the new server


@pytest.mark.parametrize("name", ["load", "commit", "lock"])
def test_call_to_a_server_that_hangs_gives_up_in_time(
    own_server: EmbeddedRedis, name: str, busy_seconds: float
) -> None:
    with client_as_in_production(own_server) as client:
        store = store_on(client)
        way = calls(store, created(store))[name]
        own_server.pause()
        began = time.monotonic()
        try:
            with pytest.raises(SessionStoreUnavailable):
                way()
            assert time.monotonic() - began < LONGEST_SECONDS + busy_seconds
        finally:
            own_server.resume()


def test_renewal_on_a_dead_server_says_so_and_release_does_not_hide_it(own_server: EmbeddedRedis) -> None:
    with (
        client_as_in_production(own_server) as client,
        store_on(client).lock(SessionCookie.fresh(), lease_seconds=30, wait_seconds=0) as lease,
    ):
        own_server.kill()
        with pytest.raises(SessionStoreUnavailable):
            lease.renew()
