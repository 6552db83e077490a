"""Who has no session is counted by address: in Redis for all processes, else in the process."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bff.config.settings import Rate
from bff.crypto import KeyRing
from bff.errors import TooManyAttempts
from bff.secret import Secret
from bff.sessions.address_counts import _MOST_ADDRESSES, STORED_KEYS, AddressCounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.logs import log_to
from tests.support.redis_keys import keys_of

ADDRESS, ANOTHER = "192.0.2.1", "2001:db8::/64"
LIMIT = Rate(count=3, window_seconds=60)
RING = KeyRing([Secret(b"k" * 32)])


def counts_on(redis: Redis, clock: FakeClock, *, limit: Rate | None = LIMIT) -> AddressCounts:
    return AddressCounts(redis, RING, log_to(), limit, monotonic=clock)


def test_limit_holds_for_all_processes_and_each_address_by_itself(redis: Redis, clock: FakeClock) -> None:
    processes = [counts_on(redis, clock) for _ in range(3)]
    for one in processes:
        one.count(ADDRESS)
    with pytest.raises(TooManyAttempts) as caught:
        processes[0].count(ADDRESS)
    assert 55 < caught.value.retry_after_seconds <= 60
    processes[0].count(ANOTHER)


def test_key_is_declared_ends_by_itself_and_shows_no_address(redis: Redis, clock: FakeClock) -> None:
    counts_on(redis, clock).count(ADDRESS)
    (key,) = keys_of(redis)
    assert STORED_KEYS[0].matches(key.decode())
    assert ADDRESS.encode() not in key
    assert 55 < redis.ttl(key) <= 60


def test_what_costs_upstream_nothing_is_counted_in_the_process(redis: Redis, clock: FakeClock) -> None:
    counts = counts_on(redis, clock)
    for _ in range(3):
        counts.count_here(ADDRESS)
    clock.advance(20)
    with pytest.raises(TooManyAttempts) as caught:
        counts.count_here(ADDRESS)
    assert caught.value.retry_after_seconds == 40
    counts.count_here(ANOTHER)
    clock.advance(40)
    counts.count_here(ADDRESS)
    assert keys_of(redis) == []


def test_each_process_counts_for_itself_while_redis_is_away(
    redis: Redis, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, tries = counts_on(redis, clock), []

    def away(*args: Any, **kwargs: Any) -> Any:
        tries.append(args)
        raise RedisConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(redis.connection_pool, "get_connection", away)
        for _ in range(3):
            counts.count(ADDRESS)
        with pytest.raises(TooManyAttempts):
            counts.count(ADDRESS)
        assert len(tries) == 1
    clock.advance(5)
    counts.count(ADDRESS)
    assert len(keys_of(redis)) == 1


def test_flood_is_told_once_a_window(redis: Redis, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    counts = counts_on(redis, clock, limit=Rate(count=1, window_seconds=60))
    with caplog.at_level(logging.INFO, logger="bff"):
        counts.count(ADDRESS)
        for _ in range(4):
            with pytest.raises(TooManyAttempts):
                counts.count(ADDRESS)
    (told,) = [record.bff_fields for record in caplog.records if record.msg == "rate_limited"]  # type: ignore[attr-defined]  # the log puts it there
    assert re.fullmatch("[0-9a-f]{16}", told["address"])
    assert (told["limit"], told["per"]) == ("api", "address")


def test_without_a_limit_or_an_address_nothing_is_counted(redis: Redis, clock: FakeClock) -> None:
    unlimited, limited = counts_on(redis, clock, limit=None), counts_on(redis, clock)
    for _ in range(10):
        unlimited.count(ADDRESS)
        unlimited.count_here(ADDRESS)
        limited.count(None)
        limited.count_here(None)
    assert keys_of(redis) == []


def test_addresses_without_end_take_no_memory_without_end(redis: Redis, clock: FakeClock) -> None:
    counts = counts_on(redis, clock)
    for number in range(_MOST_ADDRESSES + 1000):
        counts.count_here(f"address {number}")
        assert len(counts._here) <= _MOST_ADDRESSES
    clock.advance(60)
    for number in range(_MOST_ADDRESSES + 1000):
        counts.count_here(f"later {number}")
    assert len(counts._here) <= _MOST_ADDRESSES
