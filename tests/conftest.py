"""What every test may ask for: a real Redis, emptied for each test, and shops on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from child_signals import give_children_the_defaults
from fakes.clock import FakeClock
from redis import Redis
from shop import Browser, Shop, ShopMaker

from bff.embedded import EmbeddedRedis


def pytest_configure() -> None:
    give_children_the_defaults()


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
