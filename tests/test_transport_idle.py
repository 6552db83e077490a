"""Kept connections that something on the way has forgotten: a quiet night is noticed by no request."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from bff.operations.table import OPERATIONS
from bff.transport import REPEATABLE_IDLE_SECONDS, UNREPEATABLE_IDLE_SECONDS, Broken, HttpResponse, Transport
from tests.support.emporix.client_driver import BEARER, call_for, client_at
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.raw_server import RawServer, Script, reply, resets, sends
from tests.support.fakes.upstream import at_once


def forgets(then: Script) -> Script:
    """Answer the first request on each connection, and do something else with the ones after it."""
    known: set[socket.socket] = set()

    def script(connection: socket.socket, request: bytes) -> None:
        if connection in known:
            then(connection, request)
        else:
            known.add(connection)
            connection.sendall(reply())

    return script


def swallows(connection: socket.socket, request: bytes) -> None:
    """Say nothing, as a firewall that has forgotten the connection."""


@contextlib.contextmanager
def transport_at(origin: str, clock: FakeClock) -> Iterator[Transport]:
    transport = Transport(origin, connections=4, max_body_bytes=1000, monotonic=clock)
    with contextlib.closing(transport):
        yield transport


def post(
    transport: Transport, *, most_idle_seconds: float = UNREPEATABLE_IDLE_SECONDS, repeatable: bool = False
) -> HttpResponse:
    return transport.send(
        "POST",
        "/a",
        headers={},
        body=b"{}",
        connect_timeout_seconds=20,
        read_timeout_seconds=20,
        most_idle_seconds=most_idle_seconds,
        repeatable=repeatable,
    )


@pytest.mark.parametrize("allowed", [UNREPEATABLE_IDLE_SECONDS, REPEATABLE_IDLE_SECONDS])
def test_connection_is_used_again_until_the_stated_second_and_not_from_then_on(
    clock: FakeClock, allowed: float
) -> None:
    with RawServer(sends(reply())) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        clock.advance(allowed - 0.01)
        post(transport, most_idle_seconds=allowed)
        assert server.connections == 1
        clock.advance(allowed)
        post(transport, most_idle_seconds=allowed)
        assert server.connections == 2


def test_what_may_not_be_sent_twice_asks_for_the_shorter_time(clock: FakeClock) -> None:
    assert UNREPEATABLE_IDLE_SECONDS < 5 < REPEATABLE_IDLE_SECONDS < 60
    with RawServer(sends(reply())) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        clock.advance(UNREPEATABLE_IDLE_SECONDS)
        post(transport)
        assert server.connections == 2


@pytest.mark.parametrize("then", [swallows, resets])
def test_request_after_a_quiet_night_does_not_meet_the_forgotten_connection(clock: FakeClock, then: Script) -> None:
    with RawServer(forgets(then)) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        clock.advance(REPEATABLE_IDLE_SECONDS)
        assert post(transport, most_idle_seconds=REPEATABLE_IDLE_SECONDS).status == 200
        assert server.connections == 2


def test_kernel_probes_kept_connections(clock: FakeClock) -> None:
    with RawServer(sends(reply())) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        (kept,) = transport._kept
        with socket.socket(fileno=os.dup(kept.socket)) as connection:
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < REPEATABLE_IDLE_SECONDS
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_read_whose_connection_was_reset_goes_again_on_a_new_one_however_many_are_dead() -> None:
    row, both = OPERATIONS["get_me"], threading.Barrier(2)
    assert row.repeatable
    script = forgets(resets)

    def answers_two_together(connection: socket.socket, request: bytes) -> None:
        both.wait(20)
        script(connection, request)

    with RawServer(answers_two_together, answers_two_together, script) as server, client_at(server.origin) as client:
        assert at_once(2, lambda: client.call(row, call_for(row), BEARER).status) == [200, 200]
        assert server.connections == 2
        for _ in range(3):
            assert client.call(row, call_for(row), BEARER).status == 200


def test_read_goes_again_on_a_new_connection_where_others_are_dead_too(clock: FakeClock) -> None:
    row, both = OPERATIONS["get_me"], threading.Barrier(3)
    script = forgets(resets)

    def answers_three_together(connection: socket.socket, request: bytes) -> None:
        both.wait(20)
        script(connection, request)

    with RawServer(*[answers_three_together] * 3, script) as server, client_at(server.origin) as client:
        client._transport._connections = 3
        assert at_once(3, lambda: client.call(row, call_for(row), BEARER).status) == [200, 200, 200]
        assert client.call(row, call_for(row), BEARER).status == 200
        assert server.connections == 4


@pytest.mark.parametrize("repeatable", [False, True])
def test_answer_to_nothing_is_not_taken_for_the_next_one(clock: FakeClock, repeatable: bool) -> None:
    answered, sent = threading.Event(), threading.Event()

    def says_too_much(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply())
        # With the answer, libcurl would see it.
        answered.wait(20)
        connection.sendall(reply(b"of another"))
        sent.set()

    with RawServer(says_too_much, sends(reply(b"mine"))) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        answered.set()
        assert sent.wait(20)
        assert post(transport, repeatable=repeatable).body == b"mine"


def test_write_whose_connection_was_reset_is_not_repeated(clock: FakeClock) -> None:
    assert not OPERATIONS["update_me"].repeatable
    with RawServer(forgets(resets)) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        with pytest.raises(Broken):
            post(transport)
        assert len(server.requests) == 2


@pytest.mark.parametrize("repeatable", [False, True])
def test_request_that_was_read_before_the_server_went_away_counts_as_sent(clock: FakeClock, repeatable: bool) -> None:
    """libcurl connects anew by itself, and reports of that nothing but that it was refused."""

    def goes_away(connection: socket.socket, request: bytes) -> None:
        server.stop_listening()
        resets(connection, request)

    with RawServer(forgets(goes_away)) as server, transport_at(server.origin, clock) as transport:
        post(transport)
        with pytest.raises(Broken):
            post(transport, repeatable=repeatable)
        assert len(server.requests) == 2
