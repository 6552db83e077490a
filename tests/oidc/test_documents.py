"""A document of the issuer's: bounded in time and in size, whole or not at all, with nothing of the machine's added."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bff.oidc.documents import fetch
from bff.transport import Broken, HttpResponse, TooLarge, TooSlow, TransportError
from tests.support.fakes.raw_server import RawServer, drips, reply, sends, sends_and_closes, unused_port
from tests.support.transport_driver import CANARY, READ_SECONDS, SLACK_SECONDS, UNHURRIED_SECONDS, everything_said_by
from tests.test_transport_requests import self_signed

LIMIT_BYTES = 1000


def ask(origin: str, *, read_seconds: float = UNHURRIED_SECONDS) -> HttpResponse:
    return fetch(
        f"{origin}/keys?{CANARY}",
        max_body_bytes=LIMIT_BYTES,
        connect_timeout_seconds=UNHURRIED_SECONDS,
        read_timeout_seconds=read_seconds,
    )


def failure_of(origin: str, *, read_seconds: float = UNHURRIED_SECONDS) -> TransportError:
    with pytest.raises(TransportError) as caught:
        ask(origin, read_seconds=read_seconds)
    return caught.value


def test_document_is_read_and_asked_for_with_no_more_than_is_needed() -> None:
    with RawServer(sends(reply(b"{}"))) as server:
        assert ask(server.origin) == HttpResponse(status=200, headers={}, body=b"{}")
    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == f"GET /keys?{CANARY} HTTP/1.1"
    names = {line.split(":")[0].lower() for line in lines[1:] if line}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize("at_once_bytes", [0, 10, 60], ids=["line", "headers", "body"])
def test_dripped_answer_ends_within_the_read_timeout(at_once_bytes: int) -> None:
    with RawServer(drips(reply(b"x" * 200), head=at_once_bytes)) as server:
        began = time.monotonic()
        assert isinstance(failure_of(server.origin, read_seconds=READ_SECONDS), TooSlow)
        assert time.monotonic() - began < READ_SECONDS + SLACK_SECONDS


def test_body_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    with RawServer(sends(reply(b"x" * LIMIT_BYTES)), sends(reply(b"x" * (LIMIT_BYTES + 1)))) as server:
        assert len(ask(server.origin).body) == LIMIT_BYTES
        assert isinstance(failure_of(server.origin), TooLarge)


@pytest.mark.parametrize(
    "answer",
    [reply(b'{"a": 1}', length=100), b"HTTP/1.1 200 OK\r\nContent-Le", b"", b"no HTTP at all\r\n\r\n"],
    ids=["body", "headers", "nothing", "not HTTP"],
)
def test_answer_that_is_not_whole_is_broken(answer: bytes) -> None:
    with RawServer(sends_and_closes(answer)) as server:
        assert type(failure_of(server.origin)) is Broken


def test_redirect_is_an_answer_and_is_not_followed() -> None:
    with RawServer(sends(reply(b"", status="302 Found", headers=("Location: /elsewhere",)))) as server:
        assert ask(server.origin).status == 302
        assert len(server.requests) == 1


def test_neither_proxy_variables_nor_netrc_have_a_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login one password two\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with RawServer(sends(reply())) as server:
        assert ask(server.origin).status == 200
    assert b"authorization" not in server.requests[0].lower()


def test_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with RawServer(sends(reply()), tls=self_signed(tmp_path)) as server:
        failure = failure_of(server.origin)
        assert (type(failure), str(failure)) == (Broken, "certificate refused")
        assert server.requests == []


def test_failure_holds_no_address() -> None:
    port = unused_port()
    said = everything_said_by(failure_of(f"http://127.0.0.1:{port}"))
    assert CANARY not in said
    assert f":{port}" not in said
