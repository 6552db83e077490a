"""A worker that has answered enough makes room for another, and no request is lost on the way."""

from __future__ import annotations

import http.client
import signal
import threading
import time
from pathlib import Path

import pytest
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER

from bff.commands.worker_states import WorkerState, WorkerStates
from tests.support.alike import alike
from tests.support.journeys.real_server import free_port
from tests.support.patience import eventually
from tests.support.small_server import PATIENCE_SECONDS, asked, small_server


class Client(threading.Thread):
    """Asks over and over on a connection that it keeps for as long as the server does; a lost answer is an error."""

    def __init__(self, port: int, until: threading.Event) -> None:
        super().__init__()
        self._port = port
        self._until = until
        self.answers: list[bytes] = []
        self.errors: list[Exception] = []

    def run(self) -> None:
        while not self._until.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
            answered = sent = time.monotonic()
            try:
                while not self._until.is_set():
                    sent = time.monotonic()
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    self.answers.append(answer.read())
                    answered = sent = time.monotonic()
                    if answer.getheader("Connection") == "close":
                        break
            except (OSError, http.client.HTTPException) as error:
                # On a busy machine this thread may rest between two requests for as long as a server that ends keeps
                # an idle connection.
                if sent - answered < STOP_KEEPALIVE_LINGER / 2:
                    self.errors.append(error)
            finally:
                connection.close()


@pytest.mark.parametrize("workers", alike("2", "1"))
def test_no_answer_is_lost_while_workers_follow_one_another(tmp_path: Path, workers: str) -> None:
    port = free_port()
    variables = {"BFF_WORKERS": workers, "BFF_WORKER_REQUESTS": "200"}
    with small_server(tmp_path, bind=f"127.0.0.1:{port}", variables=variables) as server:
        eventually(lambda: len(server.workers) == int(workers))
        asked(port)
        first, done, counts = server.workers, threading.Event(), set[int]()
        clients = [Client(port, done) for _ in range(4)]
        for client in clients:
            client.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            while len(server.told("another takes its place")) < 4 or server.workers & first:
                assert time.monotonic() < deadline, server.log
                counts.add(len(server.workers))
                time.sleep(0.02)
        finally:
            done.set()
            for client in clients:
                client.join()
        assert [error for client in clients for error in client.errors] == []
        seen = {int(answer) for client in clients for answer in client.answers}
        assert len(seen - first) >= 2
        # One successor at a time, and never fewer than there should be.
        assert counts <= {int(workers), int(workers) + 1}
        assert "Traceback" not in server.log
        eventually(lambda: len(server.workers) == int(workers), lambda: server.log)
        assert server.ends() == 0


@pytest.mark.more
def test_worker_answers_until_its_successor_does_and_finishes_what_it_has(tmp_path: Path) -> None:
    port = free_port()
    variables = {"BFF_WORKER_REQUESTS": "3"}
    with small_server(tmp_path, bind=f"127.0.0.1:{port}", variables=variables) as server:
        first = asked(port)
        server.gate.unlink()
        slow = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        slow.request("GET", "/slow?3")
        eventually(lambda: "slow has begun" in server.log)
        assert [asked(port) for _ in range(3)] == [first] * 3
        eventually(lambda: len(server.workers) == 2)
        # The successor cannot get done with starting; the master has looked at it a few times by then.
        until = time.monotonic() + 3
        while time.monotonic() < until:
            assert asked(port) == first
        server.gate.touch()
        eventually(lambda: asked(port) != first)
        assert slow.getresponse().read() == first
        slow.close()
        eventually(lambda: int(first) not in server.workers)


def test_no_worker_is_replaced_where_nothing_is_said(tmp_path: Path) -> None:
    port = free_port()
    with small_server(tmp_path, bind=f"127.0.0.1:{port}") as server:
        assert len({asked(port) for _ in range(300)}) == 1
        assert server.told("another takes its place") == []


@pytest.mark.more
def test_reload_while_a_worker_is_being_replaced_leaves_as_many_as_there_should_be(tmp_path: Path) -> None:
    port = free_port()
    variables = {"BFF_WORKERS": "2", "BFF_WORKER_REQUESTS": "1"}
    with small_server(tmp_path, bind=f"127.0.0.1:{port}", variables=variables) as server:
        asked(port)
        before = server.workers
        eventually(lambda: bool(server.told("another takes its place")))
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: not server.workers & before and len(server.workers) == 2, lambda: server.log)
        assert int(asked(port)) in server.workers


def test_state_of_one_worker_is_not_that_of_another() -> None:
    states = WorkerStates()
    assert states.of(1) is WorkerState.STARTING
    states.put(1, WorkerState.SERVING)
    states.put(2, WorkerState.SPENT)
    assert [states.of(worker) for worker in (1, 2, 3)] == [
        WorkerState.SERVING,
        WorkerState.SPENT,
        WorkerState.STARTING,
    ]
