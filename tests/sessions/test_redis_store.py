"""Records in a real Redis: where they lie, what writes refuse, and what is left when a session ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bff.crypto import ServerKey
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Vault
from bff.sessions.redis_store import RETIRED_SECONDS, RedisSessionStore
from bff.sessions.store import Missing, SessionEnded, VersionConflict
from tests.support.fakes.visits import everything_in
from tests.support.redis_keys import value_of
from tests.support.sessions.store_parts import (
    IDLE_SECONDS,
    NEW,
    OLD,
    VAULT,
    WEB,
    created,
    found,
    rate_key,
    store_on,
    tokens_key,
    web_key,
)

OTHER_WEB = replace(WEB, data={"note": "other"})


@pytest.fixture
def store(redis: Redis) -> RedisSessionStore:
    return store_on(redis)


def version(redis: Redis, key: str) -> int:
    return int.from_bytes(value_of(redis, key)[5:13], "big")


def test_what_was_written_is_read(store: RedisSessionStore) -> None:
    session = found(store, created(store))
    assert (session.web, session.vault) == (WEB, VAULT)


def test_neither_cookie_nor_content_is_in_redis(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    with store.lock(cookie, lease_seconds=5, wait_seconds=0):
        dump = everything_in(redis)
    assert sorted(redis.keys()) == sorted(key.encode() for key in (web_key(cookie), tokens_key(cookie)))
    assert cookie.sid.encode() in dump
    assert cookie.value.reveal().encode() not in dump
    assert cookie.csrf_secret.encode() not in dump
    assert b"in-the-clear" not in dump


def test_records_live_for_the_idle_limit(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    for key in (web_key(cookie), tokens_key(cookie)):
        assert IDLE_SECONDS - 1 < redis.pttl(key) / 1000 <= IDLE_SECONDS
    assert IDLE_SECONDS - 1 < found(store, cookie).ttl_seconds <= IDLE_SECONDS


def test_session_past_its_idle_limit_is_missing(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    redis.delete(web_key(cookie))
    assert store.load(cookie) == Missing()


def test_records_moved_between_sessions_do_not_open(store: RedisSessionStore, redis: Redis) -> None:
    mine, theirs = created(store), created(store)
    redis.copy(web_key(theirs), web_key(mine), replace=True)
    assert store.load(mine) == Missing()
    redis.copy(tokens_key(theirs), tokens_key(mine), replace=True)
    assert store.load(mine) == Missing()


def test_web_record_in_place_of_the_tokens_does_not_open(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    redis.copy(web_key(cookie), tokens_key(cookie), replace=True)
    assert store.load(cookie) == Missing()


def test_session_whose_tokens_are_lost_lives_without_them(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    redis.delete(tokens_key(cookie))
    session = found(store, cookie)
    assert (session.web, session.vault) == (WEB, Vault())
    store.commit(cookie, session.versions, vault=VAULT)
    assert found(store, cookie).vault == VAULT


def test_key_that_left_the_ring_is_a_dead_session_and_no_crash(redis: Redis) -> None:
    cookie = created(store_on(redis, OLD))
    assert store_on(redis, NEW).load(cookie) == Missing()


def test_old_key_is_resealed_under_the_newest_at_the_next_write(redis: Redis) -> None:
    cookie = created(store_on(redis, OLD))
    both = store_on(redis, NEW, OLD)
    session = found(both, cookie)
    assert value_of(redis, web_key(cookie))[1:5] == ServerKey(OLD).number
    both.commit(cookie, session.versions, web=WEB, vault=VAULT)
    for key in (web_key(cookie), tokens_key(cookie)):
        assert value_of(redis, key)[1:5] == ServerKey(NEW).number
    assert found(store_on(redis, NEW), cookie).vault == VAULT


def test_versions_grow_by_one(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    versions = found(store, cookie).versions
    assert (version(redis, web_key(cookie)), version(redis, tokens_key(cookie))) == (1, 1)
    versions = store.commit(cookie, versions, vault=VAULT)
    versions = store.commit(cookie, versions, vault=VAULT)
    store.commit(cookie, versions, web=WEB)
    assert (version(redis, web_key(cookie)), version(redis, tokens_key(cookie))) == (2, 3)


def test_writing_one_record_leaves_the_other_byte_for_byte(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    versions, tokens = found(store, cookie).versions, redis.get(tokens_key(cookie))
    versions = store.commit(cookie, versions, web=OTHER_WEB)
    assert redis.get(tokens_key(cookie)) == tokens
    web = redis.get(web_key(cookie))
    store.commit(cookie, versions, vault=Vault())
    assert redis.get(web_key(cookie)) == web
    assert (found(store, cookie).web, found(store, cookie).vault) == (OTHER_WEB, Vault())


def test_write_after_somebody_elses_is_stale(store: RedisSessionStore) -> None:
    cookie = created(store)
    read = found(store, cookie).versions
    store.commit(cookie, read, web=OTHER_WEB)
    with pytest.raises(VersionConflict):
        store.commit(cookie, read, web=WEB)
    assert found(store, cookie).web == OTHER_WEB


def test_somebody_elses_write_to_the_other_record_is_no_obstacle(store: RedisSessionStore) -> None:
    cookie = created(store)
    read = found(store, cookie).versions
    store.commit(cookie, read, web=OTHER_WEB)
    store.commit(cookie, read, vault=Vault())
    assert (found(store, cookie).web, found(store, cookie).vault) == (OTHER_WEB, Vault())


@pytest.mark.parametrize("theirs", [{"web": OTHER_WEB}, {"vault": Vault()}])
def test_write_to_both_records_is_all_or_nothing(
    store: RedisSessionStore, redis: Redis, theirs: dict[str, Any]
) -> None:
    cookie = created(store)
    read = found(store, cookie).versions
    store.commit(cookie, read, **theirs)
    before = everything_in(redis)
    with pytest.raises(VersionConflict):
        store.commit(cookie, read, web=replace(WEB, data={}), vault=VAULT.with_anonymous(None), ttl_seconds=5)
    assert everything_in(redis) == before
    assert found(store, cookie).ttl_seconds > 5


def test_write_keeps_the_idle_limit_unless_told_another(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    versions = found(store, cookie).versions
    redis.pexpire(web_key(cookie), 50_000)
    versions = store.commit(cookie, versions, web=WEB)
    assert 49_000 < redis.pttl(web_key(cookie)) <= 50_000
    store.commit(cookie, versions, web=WEB, ttl_seconds=10)
    for key in (web_key(cookie), tokens_key(cookie)):
        assert 9_000 < redis.pttl(key) <= 10_000


@pytest.mark.parametrize("write", [{"web": WEB}, {"vault": VAULT}, {"web": WEB, "vault": VAULT, "ttl_seconds": 9.0}])
def test_write_does_not_bring_back_an_ended_session(
    store: RedisSessionStore, redis: Redis, write: dict[str, Any]
) -> None:
    retired, expired = created(store), created(store)
    read = {cookie: found(store, cookie).versions for cookie in (retired, expired)}
    store.retire(retired)
    store.end([expired.sid])
    for cookie in (retired, expired):
        with pytest.raises(SessionEnded):
            store.commit(cookie, read[cookie], **write)
    assert redis.keys() == [web_key(retired).encode()]
    assert redis.get(web_key(retired)) == b"R"
    assert redis.ttl(web_key(retired)) <= RETIRED_SECONDS


def test_retired_cookie_is_known_for_a_minute_and_then_not(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    store.retire(cookie)
    assert store.load(cookie) == Missing(retired=True)
    assert redis.keys() == [web_key(cookie).encode()]
    assert RETIRED_SECONDS - 1 <= redis.ttl(web_key(cookie)) <= RETIRED_SECONDS == 60
    redis.pexpire(web_key(cookie), 0)
    assert store.load(cookie) == Missing()


def test_retiring_with_versions_refuses_a_changed_or_ended_session(store: RedisSessionStore) -> None:
    cookie = created(store)
    read = found(store, cookie).versions
    now = store.commit(cookie, read, web=OTHER_WEB)
    with pytest.raises(VersionConflict):
        store.retire(cookie, read)
    assert found(store, cookie).web == OTHER_WEB
    store.retire(cookie, now)
    with pytest.raises(SessionEnded):
        store.retire(cookie, now)


@pytest.mark.parametrize("with_versions", [False, True])
def test_retiring_drops_tokens_and_count(redis: Redis, with_versions: bool) -> None:
    store = store_on(redis, window_seconds=60)
    cookie = created(store)
    read = found(store, cookie).versions
    assert redis.exists(rate_key(cookie))
    store.retire(cookie, read if with_versions else None)
    assert redis.keys() == [web_key(cookie).encode()]


def test_ending_by_name_leaves_nothing(redis: Redis) -> None:
    store = store_on(redis, window_seconds=60)
    cookies = [created(store), created(store)]
    for cookie in cookies:
        found(store, cookie)
    store.end(cookie.sid for cookie in cookies)
    assert redis.keys() == []


def test_touch_extends_both_records(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    store.touch(cookie, 500)
    for key in (web_key(cookie), tokens_key(cookie)):
        assert 499_000 < redis.pttl(key) <= 500_000


def test_touch_makes_nothing(store: RedisSessionStore, redis: Redis) -> None:
    store.touch(SessionCookie.fresh(), 500)
    assert redis.keys() == []


def test_touch_does_not_prolong_the_mark_of_a_retired_cookie(store: RedisSessionStore, redis: Redis) -> None:
    cookie = created(store)
    store.retire(cookie)
    store.touch(cookie, 500)
    assert redis.ttl(web_key(cookie)) <= RETIRED_SECONDS
