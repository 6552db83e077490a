"""A crowd at a real server: many who ask for one product cost one call, and who has no cookie costs no guest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import pytest

from tests.support.journeys.real_server import RealServer
from tests.support.journeys.recording_upstream import Arrived, Canned, RecordingUpstream
from tests.support.shop import ShopMaker

STOREFRONT: Final = """
format = 1
sets = ["catalog"]
"""
GUEST: Final = "/customerlogin/auth/anonymous/login"
SLOW_SECONDS: Final = 0.5
CROWD: Final = 200
PAGES: Final = 1000
CRAWLERS: Final = 8


class SlowUpstream(RecordingUpstream):
    """Takes its time for products."""

    def take(self, request: Arrived) -> Canned:
        if "/products/" in request.path:
            time.sleep(SLOW_SECONDS if request.path.endswith("/hot") else 0)
        return super().take(request)

    def count(self, path: str) -> int:
        return sum(one.path == path for one in self.arrived)


@pytest.fixture
def upstream() -> Iterator[SlowUpstream]:
    upstream = SlowUpstream()
    with upstream:
        yield upstream


@pytest.fixture
def server(make_shop: ShopMaker, upstream: SlowUpstream, tmp_path: Path) -> Iterator[RealServer]:
    file = tmp_path / "storefront.toml"
    file.write_text(STOREFRONT)
    environment = make_shop.environment(
        upstream.url,
        BFF_STOREFRONT=str(file),
        BFF_WORKERS="2",
        BFF_THREADS="16",
        BFF_RATE_LIMIT_API="100000/minute",
        BFF_RATE_LIMIT_GUEST="1/minute",
    )
    with RealServer(environment, tmp_path / "log") as server:
        yield server


def crowd(server: RealServer) -> set[tuple[int, str | None, bytes]]:
    """Ask for one product, many at once; return the answers that differ."""
    ready = threading.Barrier(CROWD)

    def ask(number: int) -> tuple[int, str | None, bytes]:
        ready.wait()
        answer = server.ask(b"GET /api/product/products/hot HTTP/1.1")
        return answer.status, answer.headers.get("etag"), answer.body

    with ThreadPoolExecutor(CROWD) as asking:
        return set(asking.map(ask, range(CROWD)))


def crawl(server: RealServer, part: int) -> list[tuple[int, str | None, bool]]:
    """Ask for one page after the other, and send no cookie."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    seen = []
    for number in range(part, PAGES, CRAWLERS):
        connection.request("GET", f"/api/product/products/p-{number}")
        answer = connection.getresponse()
        seen.append((answer.status, answer.headers.get("Set-Cookie"), bool(answer.read())))
    connection.close()
    return seen


def test_crowd_and_crawler_cost_one_guest_and_each_product_one_call(server: RealServer, upstream: SlowUpstream) -> None:
    ((status, tag, body),) = crowd(server)
    assert (status, bool(tag), bool(body)) == (200, True, True)
    # A cache for each of two processes.
    assert 1 <= upstream.count("/product/demoshop/products/hot") <= 2
    assert upstream.count(GUEST) == 1
    with ThreadPoolExecutor(CRAWLERS) as crawlers:
        seen = [one for part in crawlers.map(partial(crawl, server), range(CRAWLERS)) for one in part]
    assert len(seen) == PAGES
    assert set(seen) == {(200, None, True)}
    assert sum(one.path.startswith("/product/demoshop/products/p-") for one in upstream.arrived) == PAGES
    assert upstream.count(GUEST) == 1
