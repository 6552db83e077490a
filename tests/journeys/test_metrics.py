"""Metrics of a served shop: scraped while workers answer, are killed, come anew and are replaced."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bff.commands.arrival import MOST_CHUNKS
from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import Fault
from tests.support.journeys.raw_site import Site, run_site
from tests.support.journeys.real_server import RealServer, free_port
from tests.support.patience import eventually
from tests.support.shop import ShopMaker

PATIENCE_SECONDS = 60.0
CLIENTS = 6
PATHS = {"/api/me": "/api/me", "/api/session": "/api/session", "/nothing": "unknown", "/healthz": "/healthz"}
"""What is asked for, and under which route it is counted."""

LISTENS = "0A"
"""As /proc/net/tcp has it."""
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass
class Watched:
    """A served shop and where it is scraped."""

    site: Site
    port: int

    def scrape(self) -> Samples:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=PATIENCE_SECONDS) as answer:
            text = answer.read().decode()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        return self.scrape().get((name, frozenset(labels.items())), 0.0)

    def answered(self, name: str = "bff_requests_total") -> Counter[str]:
        """Return how many requests were counted, by route."""
        by_route: Counter[str] = Counter()
        for (found, labels), value in self.scrape().items():
            if found == name:
                by_route[dict(labels)["route"]] += int(value)
        return by_route

    def workers(self) -> list[int]:
        master = self.site.server.pid
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


@dataclass
class Load:
    """Clients that ask one thing after the other, and what came."""

    site: Site
    answered: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, requests: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Send so many requests from each client; returns when all are over."""
        clients = [threading.Thread(target=self._ask, args=(requests,)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        meanwhile()
        for client in clients:
            client.join()

    def _ask(self, requests: int) -> None:
        connection = HTTPConnection("127.0.0.1", self.site.server.port, timeout=PATIENCE_SECONDS)
        for number in range(requests):
            path = list(PATHS)[number % len(PATHS)]
            try:
                connection.request("GET", path, headers={"Cookie": self.site.cookie.decode()})
                connection.getresponse().read()
                outcome = self.answered
            except (OSError, HTTPException):
                connection.close()
                outcome = self.unanswered
            with self._lock:
                outcome[PATHS[path]] += 1
        connection.close()


def listening(pid: int) -> set[int]:
    """Return the ports on which a process can take connections."""
    open_files = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in open_files
    }


@pytest.fixture(scope="module")
def watched(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    port = free_port()
    settings = {"BFF_WORKERS": "2", "BFF_METRICS_BIND": f"127.0.0.1:{port}", "BFF_RATE_LIMIT_API": "off"}
    with run_site(redis_server, tmp_path_factory.mktemp("served") / "log", **settings) as site:
        one = Watched(site, port)
        eventually(lambda: one.value("bff_workers") == 2)
        yield one


def test_sums_are_right_while_a_worker_is_killed_and_another_takes_its_place(watched: Watched) -> None:
    before, load = watched.answered(), Load(watched.site)
    load.run(40)
    assert not load.unanswered
    # What nobody disturbs is counted to the last one, by both workers together.
    assert watched.answered() - before == load.answered
    assert watched.answered("bff_request_seconds_count") - before == load.answered

    ended = watched.value("bff_workers_ended_total")
    calm, load, seen = watched.answered(), Load(watched.site), []

    def kill_one() -> None:
        seen.append(watched.answered())
        time.sleep(0.1)
        os.kill(watched.workers()[0], signal.SIGKILL)
        seen.append(watched.answered())
        eventually(lambda: watched.value("bff_workers_ended_total") == ended + 1 and watched.value("bff_workers") == 2)
        seen.append(watched.answered())

    load.run(120, kill_one)
    seen.append(watched.answered())
    # Nothing that was counted is lost with the process that had counted it.
    for earlier, later in zip([calm, *seen], seen, strict=False):
        assert not earlier - later
    counted = seen[-1] - calm
    for route, answers in load.answered.items():
        assert answers <= counted[route] <= answers + load.unanswered[route]

    calm, load = watched.answered(), Load(watched.site)
    load.run(20)
    assert not load.unanswered
    assert watched.answered() - calm == load.answered
    assert "Traceback" not in watched.site.server.log


def test_calls_and_times_behind_the_requests_are_told(watched: Watched) -> None:
    calls, redis = (
        watched.value("bff_upstream_calls_total", operation="get_me", outcome="2xx"),
        frozenset[tuple[str, str]](),
    )
    asked = watched.scrape()["bff_redis_seconds_count", redis]
    load = Load(watched.site)
    load.run(20)
    after = watched.scrape()
    get_me = frozenset({"operation": "get_me", "outcome": "2xx"}.items())
    assert after["bff_upstream_calls_total", get_me] - calls == load.answered["/api/me"]
    assert after["bff_redis_seconds_count", redis] - asked >= load.answered["/api/me"] + load.answered["/api/session"]
    waited = frozenset({"method": "GET", "route": "/api/me", "part": "upstream"}.items())
    whole = frozenset({"method": "GET", "route": "/api/me"}.items())
    assert 0 < after["bff_request_waiting_seconds_total", waited] < after["bff_request_seconds_sum", whole]
    assert after["bff_ready", frozenset()] == 1
    assert after["bff_sign_ins_total", frozenset({"operation": "login", "outcome": "done"}.items())] == 1
    assert after["bff_series_left_out_total", frozenset()] == 0


def test_what_does_not_get_to_the_application_is_counted_by_status(watched: Watched) -> None:
    before = {status: watched.value("bff_bare_answers_total", status=status) for status in ("400", "413", "414")}
    answered = watched.answered()
    server = watched.site.server
    server.send(b"no HTTP at all\r\n\r\n")
    server.send(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    chunks = b"1\r\na\r\n" * (MOST_CHUNKS + 1)
    server.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    for status, count in before.items():
        assert watched.value("bff_bare_answers_total", status=status) == count + 1, status
    assert watched.answered() == answered


def test_busy_threads_and_connections_are_those_of_now(watched: Watched) -> None:
    hold = threading.Event()
    watched.site.sandbox.faults.add("get_me", Fault(hold_before=hold), times=CLIENTS)
    load = Load(watched.site)
    clients = threading.Thread(target=lambda: load.run(1))
    clients.start()
    try:
        # One of the four threads of each worker waits for no other server; so it depends on who got which client.
        eventually(lambda: watched.value("bff_threads_busy") >= 4)
        assert watched.value("bff_connections") >= 4
        assert watched.value("bff_threads") == 8
    finally:
        hold.set()
        clients.join()
    eventually(lambda: watched.value("bff_threads_busy") == 0 and watched.value("bff_connections") == 0)


def test_reload_keeps_what_was_counted_and_answers_scrapes_while_it_waits_for_old_workers(watched: Watched) -> None:
    load, hold = Load(watched.site), threading.Event()
    load.run(8)
    before, ended = watched.answered(), watched.value("bff_workers_ended_total")
    watched.site.sandbox.faults.add("get_me", Fault(hold_before=hold), times=1)
    slow = threading.Thread(target=lambda: watched.site.send(b"GET /api/me HTTP/1.1\r\n@host\r\n@me\r\n\r\n"))
    slow.start()
    try:
        eventually(lambda: watched.value("bff_threads_busy") == 1)
        os.kill(watched.site.server.pid, signal.SIGHUP)
        # Two new ones beside the one that is not done yet.
        eventually(lambda: watched.value("bff_workers_ended_total") == ended + 1 and watched.value("bff_workers") == 3)
        assert not before - watched.answered()
    finally:
        hold.set()
        slow.join()
    eventually(lambda: watched.value("bff_workers") == 2)
    assert watched.answered()["/api/me"] == before["/api/me"] + 1


def test_worker_keeps_no_listener_of_the_masters(watched: Watched) -> None:
    assert listening(watched.site.server.pid) == {watched.port, watched.site.server.port}
    workers = watched.workers()
    assert len(workers) == 2
    assert all(listening(worker) == {watched.site.server.port} for worker in workers)


def test_port_that_is_taken_is_one_line_and_exit_code_1(make_shop: ShopMaker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        environment = {
            **os.environ,
            **make_shop.environment("http://127.0.0.1:1", BFF_METRICS_BIND=f"127.0.0.1:{port}"),
            "BFF_BIND": f"127.0.0.1:{free_port()}",
        }
        ended = subprocess.run(
            [sys.executable, "-m", "bff.cli", "serve"], env=environment, capture_output=True, text=True, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr == f"bff: BFF_METRICS_BIND: 127.0.0.1:{port} is taken: another program listens there\n"


def test_without_the_variable_nobody_listens_and_nothing_is_counted(make_shop: ShopMaker, tmp_path: Path) -> None:
    with RealServer(make_shop.environment("http://127.0.0.1:1"), tmp_path / "log") as server:
        assert server.ask(b"GET /metrics HTTP/1.1").status == 404
        assert listening(server.pid) == {server.port}
