"""Failovers and a resharding under load: sessions live on, nobody else's profile is shown, and how long the gap is."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis
from redis.crc import key_slot

from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.session_keys import web_key
from tests.support.redis_servers import Server, cluster, is_primary, until, watched_set
from tests.support.shop import Browser, Shop, ShopMaker

pytestmark = pytest.mark.more

VISITORS = 6
LONGEST_GAP_SECONDS = 60.0
"""No promise: a gap that is longer is no failover that comes to its end."""


@dataclass
class Load:
    """Signed-in visitors who ask for their profile and change it, without a pause to speak of."""

    shop: Shop
    visitors: list[Browser] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self.visitors = [self.shop.browser() for _ in range(VISITORS)]
        for one in self.visitors:
            # Servers that have just started on a busy machine may be late once.
            until(lambda one=one: one.get("/api/session").status_code == 200)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            one.sign_in()
        threads = [threading.Thread(target=self._visit, args=(one, n)) for n, one in enumerate(self.visitors)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(0.5)
            yield
            # What is well now, stays well.
            time.sleep(1.0)
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def well(self) -> None:
        """Wait until each of the visitors is answered as before."""
        for one in self.visitors:
            until(lambda one=one: one.get("/api/me").status_code == 200)  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def _visit(self, browser: Browser, number: int) -> None:
        last_well = time.monotonic()
        while not self._ended.is_set():
            began = time.monotonic()
            company = f"of visitor {number}"
            answer = browser.get("/api/session") if number % 2 else browser.patch("/api/me", json={"company": company})
            now = time.monotonic()
            self.slowest = max(self.slowest, now - began)
            self.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                self.gaps.append(now - last_well)
                last_well = now
                if number % 2 and answer.get_json()["state"] != "authenticated":
                    self.wrong.append(answer.get_data(as_text=True))
            elif answer.get_json()["type"] != "session_store_unavailable":
                self.wrong.append(answer.get_data(as_text=True))
            time.sleep(0.01)


def see_that_all_are_there(load: Load, what: str) -> None:
    print(
        f"\n{what}: longest gap {max(load.gaps):.1f} s, slowest answer {load.slowest:.1f} s, answers "
        f"{dict(load.statuses)}"
    )
    assert load.wrong == []
    assert load.statuses.keys() <= {200, 503}
    assert max(load.gaps) < LONGEST_GAP_SECONDS
    for one in load.visitors:
        assert one.get("/api/session").get_json()["state"] == "authenticated"


def under_load(make_shop: ShopMaker, url: str, what: str, do: Callable[[Load], None]) -> None:
    shop = make_shop(REDIS_URL=url, BFF_RATE_LIMIT_API="off", BFF_RATE_LIMIT_GUEST="off")
    load = Load(shop)
    with load.running():
        do(load)
        load.well()
    see_that_all_are_there(load, what)
    shop.services.redis.close()


@pytest.mark.parametrize("how", ["asked for", "by a crash", "by a primary that hangs"])
def test_failover_of_sentinels_loses_no_session(make_shop: ShopMaker, how: str) -> None:
    with watched_set(silent_ms=1000) as watched:
        old = watched.primary

        def fail(load: Load) -> None:
            see_replicated(old)
            if how == "asked for":
                watched.fail_over()
            elif how == "by a crash":
                old.kill()
            else:
                old.pause()
            until(lambda: watched.primary is not old and is_primary(watched.primary))

        under_load(make_shop, watched.url(), f"Sentinel, failover {how}", fail)


@pytest.mark.parametrize("how", ["asked for", "by a crash", "by a primary that hangs"])
def test_failover_of_a_clusters_node_loses_no_session(make_shop: ShopMaker, how: str) -> None:
    with cluster(replicas=True, silent_ms=1500) as nodes:
        old = nodes.servers[0]

        def fail(load: Load) -> None:
            see_replicated(old)
            if how == "asked for":
                nodes.fail_over(old)
            else:
                old.kill() if how == "by a crash" else old.pause()
                others = nodes.servers[3:]
                until(lambda: any(is_primary(one) for one in others))

        under_load(make_shop, nodes.url(), f"Cluster, failover {how}", fail)


def test_resharding_loses_no_session(make_shop: ShopMaker) -> None:
    with cluster() as nodes:

        def reshard(load: Load) -> None:
            for browser in load.visitors:
                key = web_key(SessionCookie(value=Secret(browser.cookie or "")).sid)
                source = nodes.of_key(key)
                target = next(one for one in nodes.servers if one is not source)
                slot = key_slot(key.encode())
                for other in (slot, *(one for one in range(max(0, slot - 20), slot))):
                    if nodes.of_slot(other) is source:
                        nodes.move_slot(other, source, target)
                assert nodes.of_key(key) is target

        under_load(make_shop, nodes.url(), "Cluster, resharding", reshard)


def see_replicated(server: Server) -> None:
    """Wait until all that was written so far is at the replica: what is written later may be lost, as Redis says."""
    with server.client as client:
        # Not by WAIT, which waits for what this connection has written.
        written = client.info("replication")["master_repl_offset"]
        until(lambda: _received(client) >= written)


def _received(primary: Redis) -> int:
    """Return up to where the replica has acknowledged what was written; -1: there is none."""
    replica: Any = primary.info("replication").get("slave0", {"offset": -1})
    return int(replica["offset"])
