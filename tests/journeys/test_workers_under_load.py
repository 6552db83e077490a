"""Four workers under load: one refresh for a crowd, and nothing lost by a reload, by a worker's death or by the end.

What upstream has done is counted, and compared with the answers that came back.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import Cut, Fault
from tests.support.fakes.visits import customer
from tests.support.journeys.aged import age, session_of
from tests.support.journeys.crowd import NOBODY, Caller, Load, ports_at, workers_of
from tests.support.journeys.real_server import RealServer, free_port
from tests.support.patience import eventually
from tests.support.shop import Browser, Shop, ShopMaker
from tests.support.small_server import SmallServer, small_server

REFRESH = "refresh_auth_token"
WORKERS = 4
CROWD = 200
SMALL_CROWD = 40
THREADS = 272
"""Three of four may wait: then a whole crowd finds a place in one worker, if need be."""
CALLERS = 8
UPSTREAM_TAKES_SECONDS = 0.05
WAITING = 40
"""So many wait to be accepted when the end begins."""
ANSWER_SECONDS = 30
"""Far more than an answer takes, and far less than the end of the server waits for one."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A server of four workers, and the shop that it serves."""

    shop: Shop
    server: RealServer

    def browser(self) -> Browser:
        """Return a customer's browser, which asks nothing of the server by itself."""
        return self.shop.signed_in()

    def caller(self, browser: Browser | None = None) -> Caller:
        """Return one that asks the server, as that browser would."""
        browser = browser or self.browser()
        assert browser.cookie is not None
        return Caller(server=self.server, cookie=browser.cookie, csrf=browser.csrf)

    def load(self) -> Load:
        """Return customers who are to read and write; what upstream counts begins with them."""
        load = Load([self.caller() for _ in range(CALLERS)])
        faults = self.shop.sandbox.faults
        for operation in ("get_me", "update_me"):
            faults.add(operation, Fault(delay_after_seconds=UPSTREAM_TAKES_SECONDS))
        self.shop.sandbox.recorder.clear()
        return load

    def untold(self, load: Load) -> tuple[int, int]:
        """Return how many reads and writes upstream has carried out beside those that were answered."""
        recorder = self.shop.sandbox.recorder
        # Whoever has written gets what upstream has then, so it is read.
        reads = recorder.executions("get_me") - load.reads - load.writes
        return reads, recorder.executions("update_me") - load.writes


@contextmanager
def running(redis_server: EmbeddedRedis, folder: Path, *, workers: int) -> Iterator[Site]:
    with Redis.from_url(redis_server.url) as redis, ShopMaker(redis_server, redis) as maker:
        redis.flushall()
        shop = maker(BFF_RATE_LIMIT_API="off")
        environment = maker.environment(
            shop.settings.emporix.api_url,
            BFF_RATE_LIMIT_API="off",
            BFF_WORKERS=str(workers),
            BFF_THREADS=str(THREADS),
            BFF_GRACEFUL_TIMEOUT="120",
            # What is slow here is the machine.
            EMPORIX_CONNECT_TIMEOUT="60",
            EMPORIX_READ_TIMEOUT="60",
        )
        with RealServer(environment, folder / "log") as server:
            eventually(lambda: len(workers_of(server)) == workers)
            yield Site(shop=shop, server=server)


@pytest.fixture(scope="module")
def started(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(redis_server, tmp_path_factory.mktemp("server"), workers=WORKERS) as site:
        yield site


@pytest.fixture
def site(started: Site) -> Iterator[Site]:
    started.shop.sandbox.recorder.clear()
    yield started
    started.shop.sandbox.faults.clear()


@pytest.mark.parametrize("crowd", [SMALL_CROWD, pytest.param(CROWD, marks=pytest.mark.more)])
def test_crowd_on_one_expired_session_is_served_by_one_refresh(site: Site, crowd: int) -> None:
    caller, recorder = site.caller(), site.shop.sandbox.recorder
    old = age(site.shop, caller.cookie, over=True)
    recorder.clear()
    site.shop.sandbox.faults.add(REFRESH, Fault(delay_after_seconds=0.3))
    words = Counter(one.word for one in caller.at_once(crowd))
    ((status, who),) = words
    assert (status, words[status, who]) == (200, crowd)
    assert who == caller.ask("GET", "/api/session").content["customer"]["id"]
    assert (recorder.count(REFRESH), recorder.executions(REFRESH)) == (1, 1)
    new = customer(session_of(site.shop, caller.cookie)).access
    assert new != old.access
    assert {call.headers["authorization"] for call in recorder.of("get_me")} == {f"Bearer {new.reveal()}"}


@pytest.mark.parametrize("over", [True, False], ids=["over", "due"])
def test_lost_answer_to_a_rotation_signs_nobody_out_by_itself(site: Site, over: bool) -> None:
    caller, recorder = site.caller(), site.shop.sandbox.recorder
    age(site.shop, caller.cookie, over=over)
    recorder.clear()
    site.shop.sandbox.faults.add(REFRESH, Fault(delay_after_seconds=1.0, cut=Cut.AFTER_EFFECT), times=1)
    outcomes = caller.at_once(SMALL_CROWD)
    words = Counter(one.word for one in outcomes)
    assert recorder.executions(REFRESH) == 1
    if not over:
        assert [status for status, _ in words] == [200], words
        assert recorder.count(REFRESH) == 1
        assert caller.ask("GET", "/api/session").content["state"] == "authenticated"
        return
    unknown = [one for one in outcomes if one.status == 503]
    assert unknown
    assert {(one.type, one.retry_after) for one in unknown} == {("upstream_unavailable", "5")}
    # Who comes later asks upstream, which says that there is nothing left.
    assert set(words) <= {(503, "upstream_unavailable"), (401, "session_expired"), (200, NOBODY)}, words
    if recorder.count(REFRESH) == 1:
        assert len(unknown) == SMALL_CROWD
        assert caller.ask("GET", "/api/session").content["state"] == "authenticated"
        assert caller.ask("GET", "/api/me").word == (401, "session_expired")
    assert caller.ask("GET", "/api/session").content["state"] == "guest"


def test_sign_out_during_a_refresh_leaves_no_token_alive(site: Site) -> None:
    caller, recorder = site.caller(), site.shop.sandbox.recorder
    old = age(site.shop, caller.cookie, over=False)
    recorder.clear()
    answer = threading.Event()
    site.shop.sandbox.faults.add(REFRESH, Fault(hold_after=answer), times=1)
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(caller.ask, "GET", "/api/me")
        eventually(lambda: recorder.executions(REFRESH) == 1)
        signed_out = caller.ask("POST", "/api/logout")
        assert not refreshing.done()
        answer.set()
    assert signed_out.status == 200
    assert refreshing.result().word == (401, "session_expired")
    ended = [parse_qs(urlsplit(call.target).query)["accessToken"] for call in recorder.of("logout")]
    assert recorder.executions("logout") == len(ended) == 2
    assert [old.access.reveal()] in ended
    assert ended[0] != ended[1]
    assert recorder.count("get_me") == 0


def test_reload_under_load_fails_no_request(site: Site) -> None:
    load = site.load()
    before = workers_of(site.server)
    with load.running():
        os.kill(site.server.pid, signal.SIGHUP)
        eventually(lambda: len(workers_of(site.server)) == WORKERS and not workers_of(site.server) & before)
        load.goes_on()
    assert load.refused == []
    assert load.lost == []
    assert site.untold(load) == (0, 0)


def test_worker_that_is_killed_under_load_loses_what_it_ran_and_nothing_else(site: Site) -> None:
    load = site.load()
    before = workers_of(site.server)
    with load.running():
        victim = max(before, key=lambda worker: len(ports_at(worker, site.server)))
        # While it stands still, nobody can tell which requests it has but the system.
        os.kill(victim, signal.SIGSTOP)
        had = ports_at(victim, site.server)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len(workers_of(site.server)) == WORKERS and victim not in workers_of(site.server))
        load.goes_on()
    assert workers_of(site.server) > before - {victim}
    assert load.refused == []
    broken = load.lost + load.closed
    assert {one.port for one in broken} <= had
    # What it ran may have been done and not told; no other request was.
    for untold in site.untold(load):
        assert 0 <= untold <= len(broken) <= CALLERS
    for caller in load.callers:
        assert caller.ask("GET", "/api/session").content["state"] == "authenticated"


def test_end_under_load_answers_whatever_was_accepted(redis_server: EmbeddedRedis, tmp_path: Path) -> None:
    with running(redis_server, tmp_path, workers=2) as site:
        load = site.load()
        with load.running():
            workers = workers_of(site.server)
            os.kill(site.server.pid, signal.SIGTERM)
            had = set().union(*(ports_at(worker, site.server) for worker in workers))
            eventually(lambda: site.server.exit_code is not None)
        assert site.server.exit_code == 0
        assert load.refused == []
        assert {one.port for one in load.lost}.isdisjoint(had)
        assert site.untold(load) == (0, 0)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a server listens."""

    bind: str
    family: socket.AddressFamily
    address: str | tuple[str, int]

    def ask(self, path: str) -> socket.socket:
        """Send a request on a new connection."""
        connection = socket.socket(self.family)
        try:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(self.address)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        except BaseException:
            connection.close()
            raise
        return connection

    def refuses(self) -> bool:
        """Tell whether nobody listens any more; else the answer has to come."""
        try:
            connection = self.ask("/")
        except (ConnectionRefusedError, FileNotFoundError):
            return True
        with connection:
            answered(connection)
        return False


def answered(connection: socket.socket) -> int:
    """Return which process has answered; the whole answer has to come."""
    with HTTPResponse(connection) as answer:
        answer.begin()
        assert answer.status == 200
        return int(answer.read())


@pytest.fixture(params=["tcp", "unix"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "unix":
        path = str(tmp_path / "bff.sock")
        return Place(bind=f"unix:{path}", family=socket.AF_UNIX, address=path)
    port = free_port()
    return Place(bind=f"127.0.0.1:{port}", family=socket.AF_INET, address=("127.0.0.1", port))


@contextmanager
def two_workers(place: Place, folder: Path) -> Iterator[SmallServer]:
    """Start them, with all the time for their end that a test may take."""
    variables = {"BFF_WORKERS": "2", "BFF_GRACEFUL_TIMEOUT": "120"}
    with small_server(folder, bind=place.bind, variables=variables) as server, ExitStack() as stack:
        eventually(lambda: server.told("Listening at"))
        seen: set[int] = set()

        def both_answer() -> bool:
            # A worker that has more connections lets the other one take the next.
            seen.add(answered(stack.enter_context(place.ask("/"))))
            return len(seen) == 2

        eventually(both_answer)
        stack.close()
        yield server


@contextmanager
def standing_still(processes: set[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        # Told of two things at once, it would hear of the end first.
        eventually(lambda: all(status_of(process, "State").startswith("T") for process in processes))
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def status_of(process: int, field: str) -> str:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)[field]


def is_told_to_end(process: int) -> bool:
    """Tell whether a SIGTERM waits for a process."""
    return bool(int(status_of(process, "ShdPnd"), 16) >> (signal.SIGTERM - 1) & 1)


def test_connection_that_comes_after_the_end_has_begun_is_refused_at_once(place: Place, tmp_path: Path) -> None:
    with two_workers(place, tmp_path) as server:
        server.gate.unlink()
        with place.ask("/held") as held:
            eventually(lambda: "held has begun" in server.log)
            server.process.send_signal(signal.SIGTERM)
            eventually(place.refuses)
            assert server.process.poll() is None
            server.gate.touch()
            answered(held)
        assert server.process.wait(ANSWER_SECONDS) == 0
        assert "Traceback" not in server.log
        assert '"raised"' not in server.log


def test_connections_that_wait_to_be_accepted_when_the_end_begins_are_answered(place: Place, tmp_path: Path) -> None:
    with two_workers(place, tmp_path) as server, ExitStack() as stack:
        workers = server.workers
        with standing_still(workers):
            waiting = [stack.enter_context(place.ask("/")) for _ in range(WAITING)]
            server.process.send_signal(signal.SIGTERM)
            eventually(lambda: all(is_told_to_end(worker) for worker in workers))
        assert {answered(connection) for connection in waiting} <= workers
        assert server.process.wait(ANSWER_SECONDS) == 0
        assert place.refuses()
        assert '"raised"' not in server.log
