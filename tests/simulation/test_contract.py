"""The Redis in memory keeps to what the tests of the real one ask: the same tests, on it."""

from __future__ import annotations

import inspect
import time

import pytest
from redis import Redis

from bff.sessions.redis_store import RedisSessionStore
from tests.sessions import test_index, test_known_browsers, test_redis_store, test_store_counting, test_store_lock
from tests.support.sessions.store_parts import store_on
from tests.support.simulation.memory_redis import MemoryRedis, MemoryServer

_MODULES = (test_redis_store, test_index, test_store_lock, test_store_counting, test_known_browsers)
_IN_MEMORY = {"redis", "store", "clock"}


@pytest.fixture
def redis() -> Redis:
    return MemoryRedis(MemoryServer(time.time))


@pytest.fixture
def store(redis: Redis) -> RedisSessionStore:
    return store_on(redis)


for _module in _MODULES:
    for _name, _test in inspect.getmembers(_module, inspect.isfunction):
        _marks = [mark for mark in getattr(_test, "pytestmark", ()) if mark.name == "parametrize"]
        _given = {name.strip() for mark in _marks for name in str(mark.args[0]).split(",")}
        if _name.startswith("test_") and set(inspect.signature(_test).parameters) <= _IN_MEMORY | _given:
            globals()[f"{_name}_in_memory"] = _test
