"""What every test may ask for: a real Redis, emptied for each test, and shops on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.compiled import compiled_once
from tests.support.fakes.clock import FakeClock
from tests.support.shop import Browser, Shop, ShopMaker


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def redis(redis_server: EmbeddedRedis) -> Iterator[Redis]:
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_shop(redis_server: EmbeddedRedis, redis: Redis) -> Iterator[ShopMaker]:
    with ShopMaker(redis_server, redis) as maker:
        yield maker


@pytest.fixture
def shop(make_shop: ShopMaker) -> Shop:
    return make_shop()


@pytest.fixture
def browser(shop: Shop) -> Browser:
    return shop.browser()
