"""A crowd waits for a refresh whose process is killed or replaced: who waits is served."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import Fault
from tests.support.fakes.redis_pause import Side
from tests.support.fakes.visits import customer
from tests.support.journeys.aged import age, lock_of, session_of
from tests.support.journeys.crowd import Caller, Outcome, ports_at, workers_of
from tests.support.journeys.pausing_server import WORKERS, PausingServer, pausing_server
from tests.support.journeys.real_server import RealServer
from tests.support.patience import eventually
from tests.support.shop import Shop

REFRESH = "refresh_auth_token"
CROWD = 16


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A crowd on one session: the first of it refreshes in a worker that is known, all others wait for it."""

    shop: Shop
    server: RealServer
    redis: Redis
    caller: Caller
    lock: str
    refreshes: int
    """The worker that has the lock."""
    go_on: threading.Event
    """Upstream answers then."""
    first: Future[Outcome]
    others: list[Future[Outcome]]

    def outcomes(self) -> list[Outcome]:
        return [one.result() for one in (self.first, *self.others)]

    def all_are_served_by_one_refresh(self) -> None:
        """See that nobody was lost, and that what upstream has brought is kept."""
        recorder = self.shop.sandbox.recorder
        words = Counter(one.word for one in self.outcomes())
        assert [(status, times) for (status, _), times in words.items()] == [(200, CROWD + 1)], words
        assert (recorder.count(REFRESH), recorder.executions(REFRESH)) == (1, 1)
        new = customer(session_of(self.shop, self.caller.cookie)).access.reveal()
        assert {call.headers["authorization"] for call in recorder.of("get_me")} == {f"Bearer {new}"}


class Site(PausingServer):
    """A server on which a crowd waits."""

    @contextmanager
    def waiting(self, *, over: bool, rotated: bool) -> Iterator[Waiting]:
        """Have a crowd wait; upstream has renewed the tokens and says nothing yet, or has done nothing yet."""
        browser, recorder = self.shop.signed_in(), self.shop.sandbox.recorder
        assert browser.cookie is not None
        age(self.shop, browser.cookie, over=over)
        lock = lock_of(browser.cookie)
        caller = Caller(server=self.server, cookie=browser.cookie, csrf=browser.csrf)
        recorder.clear()
        go_on = threading.Event()
        fault = Fault(hold_after=go_on) if rotated else Fault(hold_before=go_on)
        self.shop.sandbox.faults.add(REFRESH, fault, times=1)
        locked = self.pausing.stop_at(b"SET\r\n", b"NX\r\n", lock.encode(), side=Side.AFTER)
        locked.go_on.set()
        with ThreadPoolExecutor(CROWD + 1) as pool:
            try:
                first = pool.submit(caller.ask, "GET", "/api/me")
                eventually(lambda: recorder.executions(REFRESH) if rotated else recorder.count(REFRESH))
                others = [pool.submit(caller.ask, "GET", "/api/me") for _ in range(CROWD)]
                eventually(lambda: len(self.accepted()) == CROWD + 1)
                yield Waiting(
                    shop=self.shop,
                    server=self.server,
                    redis=self.redis,
                    caller=caller,
                    lock=lock,
                    refreshes=locked.pid,
                    go_on=go_on,
                    first=first,
                    others=others,
                )
            finally:
                go_on.set()

    def accepted(self) -> set[int]:
        """Return from which ports those have come whom a worker has."""
        return {port for worker in workers_of(self.server) for port in ports_at(worker, self.server)}


@pytest.fixture(scope="module")
def site(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    times = {"BFF_GRACEFUL_TIMEOUT": "120", "EMPORIX_CONNECT_TIMEOUT": "1", "EMPORIX_READ_TIMEOUT": "59"}
    with pausing_server(redis_server, tmp_path_factory.mktemp("server"), **times) as site:
        yield Site(shop=site.shop, server=site.server, redis=site.redis, pausing=site.pausing)


@pytest.mark.more
@pytest.mark.parametrize("rotated", [False, True], ids=["called", "rotated"])
def test_crowd_whose_refreshing_worker_is_killed_is_served_by_the_other_one(site: Site, rotated: bool) -> None:
    # Where upstream has spent the refresh token, only an access token that lives can serve.
    with site.waiting(over=not rotated, rotated=rotated) as crowd:
        os.kill(crowd.refreshes, signal.SIGSTOP)
        had = ports_at(crowd.refreshes, site.server)
        os.kill(crowd.refreshes, signal.SIGKILL)
        assert crowd.first.result().status == 0
        # The rest of the lease passes.
        assert site.redis.pexpire(crowd.lock, 1) == 1
        outcomes = crowd.outcomes()
        recorder = crowd.shop.sandbox.recorder
        # Where the dead one had the whole crowd, nobody is left to ask.
        is_served = len(had) <= CROWD
        assert recorder.executions(REFRESH) == is_served
        # The dead one's, and one more; who is refused asks once more with the other kind of bearer.
        assert recorder.count(REFRESH) == (1 if not is_served else 3 if rotated else 2)
    assert {one.port for one in outcomes if one.status == 0} == had
    words = Counter(one.word for one in outcomes if one.port not in had)
    assert [status for status, _ in words] == [200] * is_served, words
    eventually(lambda: len(workers_of(site.server) - {crowd.refreshes}) == WORKERS)
    assert crowd.caller.ask("GET", "/api/session").content["state"] == "authenticated"


@pytest.mark.more
def test_reload_during_a_refresh_keeps_its_tokens_and_answers_all_who_wait(site: Site) -> None:
    before = workers_of(site.server)
    with site.waiting(over=True, rotated=True) as crowd:
        os.kill(site.server.pid, signal.SIGHUP)
        eventually(lambda: len(workers_of(site.server) - before) == WORKERS)
        assert crowd.refreshes in workers_of(site.server), "it is waited for"
        crowd.go_on.set()
        crowd.all_are_served_by_one_refresh()
    eventually(lambda: not workers_of(site.server) & before)
