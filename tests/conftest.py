"""What every test may ask for: a real Redis, emptied for each test, and shops on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.child_signals import give_children_the_defaults
from tests.support.compiled import compiled_once
from tests.support.fakes.clock import FakeClock
from tests.support.shop import Browser, Shop, ShopMaker

BUSY_SECONDS = 5.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--on-time", action="store_true", help="allow nothing for a busy machine where time is measured")


def pytest_configure() -> None:
    give_children_the_defaults()
    settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "busy_seconds" in getattr(item, "fixturenames", ()):
            item.add_marker("on_time")


@pytest.fixture
def busy_seconds(pytestconfig: pytest.Config) -> float:
    """How much longer than is promised something may take, for a machine that has other things to do."""
    return 0.0 if pytestconfig.getoption("on_time") else BUSY_SECONDS


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
