"""One exchange: bounded in time and in size, whole or not at all, on connections that are shared."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, ClassVar

import pycurl
import pytest

from bff.transport import (
    Broken,
    HttpResponse,
    NotConnected,
    TooLarge,
    TooSlow,
    Transport,
)
from tests.support.fakes.raw_server import RawServer, drips, echoes, reply, resets, sends, sends_and_closes, unused_port
from tests.support.transport_driver import (
    LIMIT_BYTES,
    READ_SECONDS,
    SLACK_SECONDS,
    ask,
    failure_of,
    transport_to,
)


def test_many_calls_share_one_connection() -> None:
    with RawServer(sends(reply(b"x" * 5000))) as server, transport_to(server.origin) as transport:
        for _ in range(20):
            ask(transport)
        assert (len(server.requests), server.connections) == (20, 1)


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"", status="204 No Content"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
    ids=["empty", "chunked"],
)
def test_connection_is_shared_after_other_answers_too(answer: bytes) -> None:
    with RawServer(sends(answer)) as server, transport_to(server.origin) as transport:
        ask(transport)
        ask(transport)
        assert server.connections == 1


def test_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    with RawServer(sends_and_closes(reply())) as server, transport_to(server.origin) as transport:
        for _ in range(3):
            assert ask(transport).status == 200
            # The end of the stream has to have come in: on loopback that is as soon as it is sent.
            assert server.hung_up.wait(20)
            server.hung_up.clear()
        assert (len(server.requests), server.connections) == (3, 3)


WHOLE = reply(b'{"a": "' + b"b" * 200 + b'"}')
TERM_SECONDS = 1.5
"""Long enough for a busy machine to tell one term from one and a half."""


@pytest.mark.parametrize("at_once_bytes", [0, 10, WHOLE.index(b"\r\n\r\n") + 4], ids=["line", "headers", "body"])
def test_dripped_answer_ends_within_the_read_timeout(at_once_bytes: int) -> None:
    with RawServer(drips(WHOLE, head=at_once_bytes)) as server:
        began = time.monotonic()
        assert isinstance(failure_of(server.origin, read_seconds=READ_SECONDS), TooSlow)
        assert READ_SECONDS * 0.9 < time.monotonic() - began < READ_SECONDS + SLACK_SECONDS


@pytest.mark.parametrize("pause_share", [0.35, 0.85])
def test_silence_after_a_piece_does_not_begin_a_new_term(pause_share: float) -> None:
    with RawServer(drips(WHOLE, head=10, pause_seconds=TERM_SECONDS * pause_share)) as server:
        began = time.monotonic()
        assert isinstance(failure_of(server.origin, read_seconds=TERM_SECONDS), TooSlow)
        # A new term for the last piece would end well after this.
        assert time.monotonic() - began < TERM_SECONDS * 1.5


def test_endless_informational_answers_end_within_the_read_timeout() -> None:
    with RawServer(drips(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, pause_seconds=0.002)) as server:
        began = time.monotonic()
        assert isinstance(failure_of(server.origin, read_seconds=READ_SECONDS), TooSlow)
        assert time.monotonic() - began < READ_SECONDS + SLACK_SECONDS


def test_full_time_is_there_again_for_the_next_call_on_the_connection() -> None:
    slow = drips(reply(b"x" * 8), head=len(reply(b"x" * 8)) - 6, pause_seconds=TERM_SECONDS * 0.6 / 6)
    with RawServer(slow) as server, transport_to(server.origin) as transport:
        for _ in range(2):
            assert ask(transport, read_seconds=TERM_SECONDS).body == b"x" * 8
        assert server.connections == 1


def test_silent_server_is_too_slow() -> None:
    done = threading.Event()

    def keep_still(connection: socket.socket, request: bytes) -> None:
        done.wait(30)

    with RawServer(keep_still) as server:
        began = time.monotonic()
        assert isinstance(failure_of(server.origin, read_seconds=READ_SECONDS), TooSlow)
        assert time.monotonic() - began < READ_SECONDS + SLACK_SECONDS
        done.set()


def test_body_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    with RawServer(sends(reply(b"x" * LIMIT_BYTES)), sends(reply(b"x" * (LIMIT_BYTES + 1)))) as server:
        with transport_to(server.origin) as transport:
            assert len(ask(transport).body) == LIMIT_BYTES
        assert isinstance(failure_of(server.origin), TooLarge)


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 9000000000\r\n\r\n", b"Connection: close\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"],
    ids=["announced", "endless", "chunked"],
)
def test_too_large_body_is_not_read_on(head: bytes) -> None:
    sent = [0]
    piece = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"

    def floods(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(2000):
            connection.sendall(piece)
            sent[0] += len(piece)

    with RawServer(floods) as server:
        assert isinstance(failure_of(server.origin), TooLarge)
    # What the kernel holds in between comes on top; all of it would be 65 MB.
    assert sent[0] < 20_000_000


def test_answer_after_a_too_large_one_is_its_own() -> None:
    large = reply(b"x" * (LIMIT_BYTES * 2))
    with RawServer(sends(large), sends(reply(b"mine"))) as server, transport_to(server.origin) as transport:
        with pytest.raises(TooLarge):
            ask(transport)
        assert ask(transport).body == b"mine"


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        reply(b'{"a": 1}', length=100),
        reply(b"", length=100),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 2",
        b"",
        b"\x00\x01\x02 no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
    ids=["body", "no body", "chunk", "headers", "line", "nothing", "not HTTP", "two lengths", "long header"],
)
def test_answer_that_is_not_whole_is_broken(answer: bytes, is_read: bool) -> None:
    with RawServer(sends_and_closes(answer)) as server, transport_to(server.origin) as transport:
        with pytest.raises(Broken) as caught:
            read(transport) if is_read else ask(transport)
        assert type(caught.value) is Broken


def read(transport: Transport) -> HttpResponse:
    """Ask as most requests do: what may go out twice, and of whose header nothing is wanted."""
    return transport.send(
        "GET", "/a", headers={}, body=None, connect_timeout_seconds=20, read_timeout_seconds=20, repeatable=True
    )


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (reply(b"{}", status="429 No", headers=("Retry-After: 7",)), b"{}"),
        (reply(b"", status="429 No", headers=("Retry-After: 7",)), b""),
        (b"HTTP/1.1 429 No\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"{}"),
    ],
)
def test_read_tells_status_body_and_when_to_come_again(answer: bytes, body: bytes) -> None:
    with RawServer(sends(answer)) as server, transport_to(server.origin) as transport:
        assert read(transport) == HttpResponse(status=429, headers={"Retry-After": "7"}, body=body)


def test_reset_after_the_request_is_broken() -> None:
    with RawServer(resets) as server:
        assert type(failure_of(server.origin)) is Broken
        assert len(server.requests) == 1


def test_refused_connection_is_told_from_a_broken_one() -> None:
    failure = failure_of(f"http://127.0.0.1:{unused_port()}")
    assert isinstance(failure, NotConnected)


def test_unknown_host_is_not_connected() -> None:
    assert isinstance(failure_of("http://host.invalid"), NotConnected)


class _SlowLookUp(pycurl.Curl):
    """libcurl where the system's resolver takes its time: who closes the handle waits for it, unless told not to."""

    options: ClassVar[dict[int, Any]] = {}
    looked_up_with: ClassVar[dict[int, Any]] = {}

    def setopt(self, option: int, value: Any, **kwargs: Any) -> None:
        super().setopt(option, value, **kwargs)
        self.options[option] = value

    def perform(self) -> None:
        # An option that is set later comes too late.
        self.looked_up_with.update(self.options)
        raise pycurl.error(pycurl.E_OPERATION_TIMEDOUT, "Resolving timed out")


def test_look_up_that_goes_on_after_its_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pycurl, "Curl", _SlowLookUp)
    assert isinstance(failure_of("http://host.invalid"), NotConnected)
    assert _SlowLookUp.looked_up_with[322] == 1  # CURLOPT_QUICK_EXIT


def test_answers_of_parallel_calls_do_not_mix() -> None:
    wrong: list[str] = []
    with RawServer(echoes) as server, transport_to(server.origin, connections=2) as transport:

        def work(name: str) -> None:
            for number in range(15):
                if ask(transport, f"/{name}/{number}").body != f"/{name}/{number}".encode():
                    wrong.append(name)

        threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
