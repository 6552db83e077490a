"""A server of two workers whose every word to Redis can be stopped, the shop that it serves, and Redis as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.fakes.redis_pause import PausingRedis
from tests.support.journeys.crowd import PATIENT, workers_of
from tests.support.journeys.real_server import RealServer
from tests.support.patience import eventually
from tests.support.shop import Shop, ShopMaker

WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class PausingServer:
    """What a test has at hand."""

    shop: Shop
    server: RealServer
    redis: Redis
    """Not by way of what stops."""
    pausing: PausingRedis


@contextmanager
def pausing_server(redis_server: EmbeddedRedis, folder: Path, **environment: str) -> Iterator[PausingServer]:
    """Serve from an empty Redis on; many requests may wait in one worker."""
    with (
        Redis.from_url(redis_server.url) as redis,
        PausingRedis(redis_server.url) as pausing,
        ShopMaker(redis_server, redis) as maker,
    ):
        redis.flushall()
        shop = maker(BFF_RATE_LIMIT_API="off")
        variables = maker.environment(
            shop.settings.emporix.api_url,
            BFF_RATE_LIMIT_API="off",
            REDIS_URL=pausing.url,
            BFF_WORKERS=str(WORKERS),
            BFF_THREADS="32",
            **environment,
        )
        with RealServer(variables, folder / "log", command=("-c", PATIENT)) as server:
            eventually(lambda: len(workers_of(server)) == WORKERS)
            yield PausingServer(shop=shop, server=server, redis=redis, pausing=pausing)
