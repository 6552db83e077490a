"""A call is sent once; once more only where nothing can have happened twice, and never for longer than one may take."""

from __future__ import annotations

import pytest

from bff.emporix.client import Call
from bff.errors import (
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.operations.table import OPERATIONS
from bff.transport import Broken, NotConnected, TooSlow, TransportError
from tests.support.emporix.client_driver import (
    BEARER,
    FINE,
    NEVER_AGAIN,
    client_at,
    outcome_of,
    scripted,
)
from tests.support.fakes.raw_server import Script, reply, resets, sends, sends_and_closes, unused_port


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("script", [resets, sends_and_closes(b""), sends_and_closes(reply(b"{}", length=9))])
def test_broken_connection_is_tried_again_for_repeatable_rows_alone(name: str, script: Script) -> None:
    operation = OPERATIONS[name]
    failure, requests = outcome_of(name, script)
    assert isinstance(failure, UpstreamUnavailable)
    assert len(requests) == (2 if operation.repeatable else 1)


def test_repeatable_rows_are_the_reads_of_profile_and_addresses() -> None:
    assert {row.name for row in OPERATIONS.values() if row.repeatable} == {"get_me", "list_addresses", "get_address"}


@pytest.mark.parametrize("name", NEVER_AGAIN)
def test_what_must_not_happen_twice_is_not_sent_twice_whatever_the_answer(name: str) -> None:
    for script in (sends(reply(b"", status="500 Oops")), sends(reply(b"", status="503 Busy")), sends(reply(b"<html>"))):
        _, requests = outcome_of(name, script)
        assert len(requests) == 1


def test_second_try_of_a_read_brings_the_answer() -> None:
    failure, requests = outcome_of("get_me", resets, sends(reply(b'{"id": "1"}')))
    assert failure is None
    assert len(requests) == 2


@pytest.mark.parametrize("name", OPERATIONS)
def test_refused_connection_is_tried_again_whatever_the_row(name: str) -> None:
    transport, call = scripted(NotConnected("not connected"), NotConnected("not connected"), FINE)
    with pytest.raises(UpstreamUnavailable):
        call(name)
    assert len(transport.timeouts) == 2


@pytest.mark.parametrize("failure", [TooSlow("read timeout"), NotConnected("connect timeout")])
def test_what_took_its_time_is_not_tried_again(failure: TransportError) -> None:
    transport, call = scripted(failure, FINE)
    with pytest.raises((UpstreamTimeout, UpstreamUnavailable)):
        call("get_me")
    assert len(transport.timeouts) == 1


def test_both_tries_together_take_no_longer_than_one_may() -> None:
    transport, call = scripted(Broken("broken"), FINE, takes_seconds=9)
    call("get_me")
    first, second = transport.timeouts
    assert first == (2.0, 10.0)
    assert sum(second) == 12 - 9


def test_there_is_no_second_try_when_the_time_is_used_up() -> None:
    transport, call = scripted(Broken("broken"), FINE, takes_seconds=12)
    with pytest.raises(UpstreamUnavailable):
        call("get_me")
    assert len(transport.timeouts) == 1


def test_caller_may_allow_less_time_but_not_more() -> None:
    transport, call = scripted(FINE, FINE)
    call("get_me", at_most_seconds=3)
    call("get_me", at_most_seconds=100)
    assert transport.timeouts == [(1.5, 1.5), (2, 10)]


def test_longest_call_is_what_one_call_may_take() -> None:
    with client_at("http://127.0.0.1:1", connect_timeout_seconds=1.5, read_timeout_seconds=4) as client:
        assert client.longest_call_seconds == 5.5


def test_nobody_listening_is_unavailable() -> None:
    with client_at(f"http://127.0.0.1:{unused_port()}") as client, pytest.raises(UpstreamUnavailable):
        client.call(OPERATIONS["get_me"], Call(), BEARER)
