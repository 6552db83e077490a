"""What is kept is bounded in bytes and in time, and is what was put in."""

from __future__ import annotations

import dataclasses
import random
import threading

import pytest

from bff.account.shared_cache import MOST_BYTES, Kept, SharedCache, tag_of
from tests.support.fakes.clock import FakeClock

LARGE = 100 * 1024


def kept(clock: FakeClock, body: bytes = b"{}", *, seconds: int = 60) -> Kept:
    return Kept(status=200, body=body, total=None, tag=tag_of(200, body, None), got_at=clock(), seconds=seconds)


@pytest.fixture
def cache(clock: FakeClock) -> SharedCache:
    return SharedCache(clock)


def test_answer_serves_until_its_time_is_over(cache: SharedCache, clock: FakeClock) -> None:
    answer = kept(clock)
    cache.put("a", answer, key_bytes=1)
    clock.advance(59.9)
    assert cache.get("a") is answer
    assert answer.age_seconds(clock()) == 59
    clock.advance(0.1)
    assert cache.get("a") is None
    assert cache.bytes == 0


def test_clock_that_is_set_back_keeps_nothing_for_longer(cache: SharedCache, clock: FakeClock) -> None:
    answer = kept(clock)
    cache.put("a", answer, key_bytes=1)
    clock.advance(-1)
    assert cache.get("a") is None
    assert answer.age_seconds(clock()) == 0


def test_what_was_used_longest_ago_makes_room(clock: FakeClock) -> None:
    cache = SharedCache(clock, most_bytes=10 * LARGE)
    for name in range(8):
        cache.put(name, kept(clock, b"x" * LARGE), key_bytes=1)
    assert cache.get(0) is not None
    for name in range(8, 12):
        cache.put(name, kept(clock, b"x" * LARGE), key_bytes=1)
    assert [name for name in range(12) if cache.get(name) is not None] == [0, *range(4, 12)]
    assert cache.bytes <= 10 * LARGE


def test_answer_that_would_push_everything_out_is_not_kept(cache: SharedCache, clock: FakeClock) -> None:
    cache.put("small", kept(clock), key_bytes=5)
    cache.put("large", kept(clock, b"x" * (MOST_BYTES // 8)), key_bytes=5)
    assert cache.get("large") is None
    assert cache.get("small") is not None


def test_newer_answer_takes_the_place_of_the_older(cache: SharedCache, clock: FakeClock) -> None:
    cache.put("a", kept(clock, b"x" * LARGE), key_bytes=1)
    before = cache.bytes
    newer = kept(clock, b"y" * LARGE)
    cache.put("a", newer, key_bytes=1)
    assert cache.get("a") is newer
    assert cache.bytes == before


def test_bound_holds_whatever_comes_and_long_keys_count(clock: FakeClock) -> None:
    cache, order = SharedCache(clock, most_bytes=200_000), random.Random(1)
    for _ in range(3000):
        name = "k" * order.randrange(1, 5000)
        cache.put(name, kept(clock, b"x" * order.randrange(30_000)), key_bytes=4 * len(name))
        cache.get("k" * order.randrange(1, 5000))
        clock.advance(order.random())
        entries = cache._kept.values()
        assert cache.bytes == sum(size for _, size in entries) <= 200_000
        assert sum(len(one.body) for one, _ in entries) <= 200_000
    assert len(cache._kept) > 1


def test_bound_holds_between_threads(clock: FakeClock) -> None:
    cache = SharedCache(clock, most_bytes=200_000)

    def work(seed: int) -> None:
        order = random.Random(seed)
        for _ in range(2000):
            name = order.randrange(40)
            if cache.get(name) is None:
                cache.put(name, kept(clock, b"x" * order.randrange(20_000)), key_bytes=1)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.bytes == sum(size for _, size in cache._kept.values()) <= 200_000


def test_entry_cannot_be_changed(clock: FakeClock) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kept(clock).body = b"another"  # type: ignore[misc]  # the point of it


def test_tag_names_the_content_and_nothing_else() -> None:
    tags = {tag_of(200, b"a", None), tag_of(200, b"b", None), tag_of(200, b"a", "1"), tag_of(203, b"a", None)}
    assert len(tags) == 4
    assert tag_of(200, b"a", None) == tag_of(200, b"a", None)
    assert all(len(tag) == 22 for tag in tags)
