"""How connections spread over the workers: who has more lets another go first, and nobody waits for who is gone."""

from __future__ import annotations

import logging
import os
import selectors
import socket
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from bff.commands.serve import options
from bff.commands.shares import Shares
from bff.commands.worker import LEAVING_SECONDS, WholeRequestWorker
from bff.config.settings import Settings
from tests.support.served import environment, server_of

ENVIRONMENT = Settings.from_env(environment())


def test_another_has_fewer_if_it_is_more_than_what_comes_and_goes() -> None:
    shares = Shares()
    assert not shares.another_has_fewer(1000)
    shares.tell(1, 5)
    shares.tell(2, 9)
    assert [shares.another_has_fewer(connections) for connections in (0, 5, 6, 7, 9)] == [False] * 3 + [True] * 2
    shares.leave(1)
    assert [shares.another_has_fewer(connections) for connections in (7, 9, 10, 11)] == [False] * 3 + [True]


def test_any_number_of_workers_and_connections_can_be_told() -> None:
    shares = Shares()
    shares.tell(10**9, 10**9)
    assert not shares.another_has_fewer(60_000)
    shares.leave(10**9)
    assert not shares.another_has_fewer(10**6)


def test_what_one_process_tells_another_one_sees() -> None:
    shares = Shares()
    child = os.fork()
    if child == 0:
        shares.tell(1, 3)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert shares.another_has_fewer(10)


def test_worker_with_more_connections_lets_another_take_a_new_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    server = server_of(ENVIRONMENT)
    loop = WholeRequestWorker(1, os.getpid(), [], server, 30, server.cfg, logging.getLogger("worker"))
    loop.poller = selectors.DefaultSelector()
    with loop.poller, socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        listener.settimeout(60)

        def accepted() -> int:
            stack.enter_context(socket.create_connection(listener.getsockname()))
            loop.accept(listener)
            stack.callback(next(reversed(loop._arriving)).close)
            return int(loop.nr_conns)

        assert [accepted() for _ in range(5)] == [1, 2, 3, 4, 5]
        assert waited == []
        server.shares.tell(2, 1)
        assert accepted() == 6
        assert waited == [LEAVING_SECONDS]
        # What it has now is told; and who stops says so.
        assert server.shares._numbers[1] == 6 + 1
        loop.murder_pending()
        assert server.shares._numbers[1] == 6 + 1
        loop.alive = False
        loop.murder_pending()
        assert server.shares._numbers[1] == 0
    loop.tmp.close()


def test_nobody_waits_for_a_worker_that_was_killed() -> None:
    server = server_of(ENVIRONMENT)
    server.shares.tell(7, 0)
    assert server.shares.another_has_fewer(3)
    options(ENVIRONMENT.serving, "info")["child_exit"](SimpleNamespace(app=server), SimpleNamespace(age=7))
    assert not server.shares.another_has_fewer(3)
