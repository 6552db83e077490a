"""A refresh that upstream takes too long for, or whose process dies: its lease outlasts the one and ends the other."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import Fault
from bff.tokens.broker import LEASE_MARGIN_SECONDS
from tests.support.fakes.visits import customer
from tests.support.journeys.aged import age, lock_of, session_of
from tests.support.journeys.crowd import Caller, workers_of
from tests.support.journeys.real_server import RealServer
from tests.support.patience import eventually
from tests.support.shop import Shop, ShopMaker

REFRESH = "refresh_auth_token"
CONNECT_SECONDS, READ_SECONDS = 1.0, 3.0
CROWD = 8


@dataclass(frozen=True, kw_only=True)
class Site:
    """Two workers with little patience, and the shop that they serve."""

    shop: Shop
    server: RealServer
    redis: Redis

    def caller(self, *, over: bool) -> Caller:
        """Return a customer whose token is over, or due; what upstream counts begins with them."""
        browser = self.shop.signed_in()
        assert browser.cookie is not None
        age(self.shop, browser.cookie, over=over)
        self.shop.sandbox.recorder.clear()
        return Caller(server=self.server, cookie=browser.cookie, csrf=browser.csrf)

    def lock_ms(self, caller: Caller) -> int:
        """Return for how long the session is still locked; below zero: it is not."""
        left = self.redis.pttl(lock_of(caller.cookie))
        assert isinstance(left, int)
        return left


@pytest.fixture(scope="module")
def site(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Redis.from_url(redis_server.url) as redis, ShopMaker(redis_server, redis) as maker:
        redis.flushall()
        shop = maker(BFF_RATE_LIMIT_API="off")
        environment = maker.environment(
            shop.settings.emporix.api_url,
            BFF_RATE_LIMIT_API="off",
            BFF_WORKERS="2",
            BFF_THREADS="32",
            EMPORIX_CONNECT_TIMEOUT=str(CONNECT_SECONDS),
            EMPORIX_READ_TIMEOUT=str(READ_SECONDS),
        )
        with RealServer(environment, tmp_path_factory.mktemp("server") / "log") as server:
            eventually(lambda: len(workers_of(server)) == 2)
            yield Site(shop=shop, server=server, redis=redis)


@pytest.mark.parametrize("over", [True, pytest.param(False, marks=pytest.mark.more)], ids=["over", "due"])
def test_refresh_that_upstream_takes_too_long_for_is_asked_for_once_by_all_who_wait(site: Site, over: bool) -> None:
    caller, recorder = site.caller(over=over), site.shop.sandbox.recorder
    old = customer(session_of(site.shop, caller.cookie))
    late = threading.Event()
    site.shop.sandbox.faults.add(REFRESH, Fault(hold_before=late))
    try:
        with ThreadPoolExecutor(1) as pool:
            crowd = pool.submit(caller.at_once, CROWD)
            eventually(lambda: recorder.count(REFRESH) == 1)
            assert site.lock_ms(caller) > READ_SECONDS * 1000, "it would end before the call does"
        words = Counter(one.word for one in crowd.result())
        assert recorder.count(REFRESH) == 1
    finally:
        site.shop.sandbox.faults.clear(REFRESH)
        late.set()
    if over:
        # Who asked was not answered in time; who waited shares it, or waited for too long.
        assert {status for status, _ in words} <= {503, 504}, words
        assert words[504, "upstream_timeout"] >= 1
    else:
        assert {status for status, _ in words} == {200}, words
    left = customer(session_of(site.shop, caller.cookie))
    assert (left.access, left.refresh) == (old.access, old.refresh), "nothing is thrown away"
    assert site.lock_ms(caller) < 0
    assert caller.ask("GET", "/api/session").content["state"] == "authenticated"


@pytest.mark.more
def test_lock_of_a_killed_worker_ends_with_its_lease_and_the_session_goes_on(site: Site) -> None:
    caller, recorder = site.caller(over=True), site.shop.sandbox.recorder
    late = threading.Event()
    site.shop.sandbox.faults.add(REFRESH, Fault(hold_before=late), times=1)
    before = workers_of(site.server)
    with ThreadPoolExecutor(1) as pool:
        victim = pool.submit(caller.ask, "GET", "/api/me")
        eventually(lambda: recorder.count(REFRESH) == 1)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        assert victim.result().status == 0
    assert 0 < site.lock_ms(caller) <= (CONNECT_SECONDS + READ_SECONDS + LEASE_MARGIN_SECONDS) * 1000
    eventually(lambda: len(workers_of(site.server)) == 2 and not workers_of(site.server) & before)
    words = Counter[tuple[int, str | None]]()
    while not any(status == 200 for status, _ in words):
        words.update(one.word for one in caller.at_once(CROWD))
        assert caller.ask("GET", "/api/session").content["state"] == "authenticated"
    late.set()
    # Whoever had to wait for too long is told that, and may ask again.
    assert {word for word in words if word[0] != 200} <= {(504, "upstream_timeout")}, words
    assert recorder.count(REFRESH) == 2, "the dead one's call, and one more"
