"""Who has which sessions, without telling who that is."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.crc import key_slot

from bff.crypto import KeyRing
from bff.secret import Secret
from bff.sessions.index import IndexKind, Overtaken, SessionIndex
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.visits import everything_in
from tests.support.redis_keys import keys_of

MARK_SECONDS = 30.0
OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
EMAIL = "Jane.Doe@Example.com"


def index(redis: Redis, clock: FakeClock, *keys: Secret[bytes]) -> SessionIndex:
    return SessionIndex(redis, KeyRing(keys or (NEW,)), clock, mark_seconds=MARK_SECONDS)


def test_sessions_are_found_by_what_they_were_noted_under(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.add(IndexKind.CUSTOMER, "42", "one", clock() + 10)
    sessions.add(IndexKind.CUSTOMER, "42", "two", clock() + 20)
    sessions.add(IndexKind.CUSTOMER, "43", "three", clock() + 20)
    assert set(sessions.sids(IndexKind.CUSTOMER, "42")) == {"one", "two"}
    assert sessions.sids(IndexKind.EMAIL, "42") == ()


def test_neither_id_nor_email_is_in_redis(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.add(IndexKind.CUSTOMER, "customer-4711", "sid", clock() + 10)
    sessions.add(IndexKind.EMAIL, EMAIL, "sid", clock() + 10)
    dump = everything_in(redis).lower()
    assert b"4711" not in dump
    assert b"jane" not in dump
    assert b"example" not in dump


def test_name_differs_between_rings_so_that_it_cannot_be_guessed_without_the_key(
    redis: Redis, clock: FakeClock
) -> None:
    index(redis, clock, OLD).add(IndexKind.EMAIL, EMAIL, "sid", clock() + 10)
    assert index(redis, clock, NEW).sids(IndexKind.EMAIL, EMAIL) == ()


def test_case_of_an_email_makes_no_difference(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.add(IndexKind.EMAIL, EMAIL, "sid", clock() + 10)
    assert sessions.sids(IndexKind.EMAIL, EMAIL.upper()) == ("sid",)
    sessions.remove(IndexKind.EMAIL, EMAIL.lower(), "sid")
    assert sessions.sids(IndexKind.EMAIL, EMAIL) == ()


def test_looked_up_and_removed_under_every_key_and_written_under_the_newest(redis: Redis, clock: FakeClock) -> None:
    before, both, after = index(redis, clock, OLD), index(redis, clock, NEW, OLD), index(redis, clock, NEW)
    before.add(IndexKind.CUSTOMER, "42", "old", clock() + 10)
    both.add(IndexKind.CUSTOMER, "42", "new", clock() + 10)
    assert set(both.sids(IndexKind.CUSTOMER, "42")) == {"old", "new"}
    assert after.sids(IndexKind.CUSTOMER, "42") == ("new",)
    both.remove(IndexKind.CUSTOMER, "42", "old")
    assert both.sids(IndexKind.CUSTOMER, "42") == ("new",)


def test_session_in_both_names_is_told_once(redis: Redis, clock: FakeClock) -> None:
    for keys in ((OLD,), (NEW, OLD)):
        index(redis, clock, *keys).add(IndexKind.CUSTOMER, "42", "sid", clock() + 10)
    assert index(redis, clock, NEW, OLD).sids(IndexKind.CUSTOMER, "42") == ("sid",)


def test_sessions_whose_lifetime_is_over_are_pruned_when_read(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.add(IndexKind.CUSTOMER, "42", "short", clock() + 10)
    sessions.add(IndexKind.CUSTOMER, "42", "long", clock() + 20)
    clock.advance(10)
    assert sessions.sids(IndexKind.CUSTOMER, "42") == ("long",)
    assert b"short" not in everything_in(redis)
    clock.advance(10)
    assert sessions.sids(IndexKind.CUSTOMER, "42") == ()
    assert redis.keys() == []


def test_set_goes_by_itself_with_the_session_that_ends_last(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.add(IndexKind.CUSTOMER, "42", "elsewhere", clock() + 40_000)
    # A new cookie for a session that began earlier: its end is nearer than the other's.
    sessions.add(IndexKind.CUSTOMER, "42", "here", clock() + 100)
    (key,) = redis.keys()
    assert 40_000 <= redis.ttl(key) <= 40_001


def test_session_that_is_over_already_leaves_nothing_behind_for_long(redis: Redis, clock: FakeClock) -> None:
    index(redis, clock).add(IndexKind.CUSTOMER, "42", "sid", clock() - 5)
    assert all(redis.ttl(key) <= 2 for key in redis.scan_iter())


# Marks of endings


def test_sign_in_that_began_before_an_ending_is_not_listed_and_one_after_it_is(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    began = sessions.time()
    sessions.mark(IndexKind.CUSTOMER, "42")
    with pytest.raises(Overtaken):
        sessions.add(IndexKind.CUSTOMER, "42", "late", clock() + 10, began)
    assert sessions.sids(IndexKind.CUSTOMER, "42") == ()
    sessions.add(IndexKind.CUSTOMER, "43", "another's", clock() + 10, began)
    sessions.add(IndexKind.CUSTOMER, "42", "new", clock() + 10, sessions.time())
    sessions.add(IndexKind.CUSTOMER, "42", "moved", clock() + 10)
    assert set(sessions.sids(IndexKind.CUSTOMER, "42")) == {"new", "moved"}


def test_later_ending_counts_where_there_were_two(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.mark(IndexKind.CUSTOMER, "42")
    began = sessions.time()
    sessions.mark(IndexKind.CUSTOMER, "42")
    with pytest.raises(Overtaken):
        sessions.add(IndexKind.CUSTOMER, "42", "late", clock() + 10, began)


@pytest.mark.parametrize("newest", [OLD, NEW])
def test_mark_is_seen_under_every_key_of_the_ring(redis: Redis, clock: FakeClock, newest: Secret[bytes]) -> None:
    listing, ending = index(redis, clock, newest), index(redis, clock, NEW, OLD)
    began = listing.time()
    ending.mark(IndexKind.EMAIL, EMAIL)
    with pytest.raises(Overtaken):
        listing.add(IndexKind.EMAIL, EMAIL.upper(), "late", clock() + 10, began)


def test_ending_of_all_is_a_name_too(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    began = sessions.time()
    sessions.check_not_all_ended(began)
    sessions.mark(IndexKind.ALL)
    with pytest.raises(Overtaken):
        sessions.check_not_all_ended(began)
    sessions.check_not_all_ended(sessions.time())


def test_time_is_redis_own_and_not_the_processes(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    began = sessions.time()
    clock.advance(-3600)
    sessions.mark(IndexKind.CUSTOMER, "42")
    with pytest.raises(Overtaken):
        sessions.add(IndexKind.CUSTOMER, "42", "late", clock() + 10, began)


def test_mark_lives_as_long_as_a_sign_in_may_take_and_no_sign_in_takes_longer(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.mark(IndexKind.CUSTOMER, "42")
    (key,) = redis.keys()
    assert (MARK_SECONDS - 20) * 1000 < redis.pttl(key) <= MARK_SECONDS * 1000
    redis.delete(key)
    now = sessions.time()
    sessions.add(IndexKind.CUSTOMER, "42", "slow", clock() + 10, now - int((MARK_SECONDS - 20) * 1e6))
    with pytest.raises(Overtaken):
        sessions.add(IndexKind.CUSTOMER, "42", "slower", clock() + 10, now - int(MARK_SECONDS * 1e6) - 1)


def test_mark_and_list_of_one_name_lie_in_one_slot(redis: Redis, clock: FakeClock) -> None:
    sessions = index(redis, clock)
    sessions.mark(IndexKind.CUSTOMER, "42")
    sessions.add(IndexKind.CUSTOMER, "42", "sid", clock() + 10, sessions.time())
    keys = keys_of(redis)
    assert len(keys) == 2
    assert len({key_slot(key) for key in keys}) == 1


def test_list_has_the_name_that_it_had_before_there_were_marks(redis: Redis, clock: FakeClock) -> None:
    name = KeyRing((NEW,)).newest.name(b"customer", "42")
    redis.zadd(f"bff:index:customer:{name}", {"older": clock() + 10})
    assert index(redis, clock).sids(IndexKind.CUSTOMER, "42") == ("older",)
