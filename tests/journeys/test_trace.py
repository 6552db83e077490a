"""A trace goes from a declared proxy through the server to Emporix, over HTTP; from anybody else it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.raw_site import cookie_of
from tests.support.journeys.real_server import RealServer
from tests.support.journeys.recording_upstream import RecordingUpstream
from tests.support.shop import ShopMaker

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01".encode()
LOGIN = json.dumps({"email": "jane@example.com", "password": "Password-1"}).encode()


class Place(NamedTuple):
    server: RealServer
    upstream: RecordingUpstream

    def sign_in(self, *headers: bytes) -> None:
        """Sign in, with these headers in the second request alone."""
        guest = self.server.ask(b"GET /api/session HTTP/1.1")
        self.upstream.start_over()
        answer = self.server.ask(
            b"POST /api/login HTTP/1.1",
            b"Cookie: " + cookie_of(guest),
            b"X-CSRF-Token: " + json.loads(guest.body)["csrfToken"].encode(),
            b"Content-Type: application/json",
            b"Content-Length: %d" % len(LOGIN),
            *headers,
            body=LOGIN,
        )
        assert answer.status == 200, answer.body

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.server.log.splitlines() if line.startswith("{")]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def place(stack: ExitStack, redis_server: EmbeddedRedis, log: Path, proxies: int) -> Place:
    client = stack.enter_context(Redis.from_url(redis_server.url))
    maker = stack.enter_context(ShopMaker(redis_server, client))
    upstream = stack.enter_context(RecordingUpstream())
    environment = maker.environment(upstream.url, BFF_TRUSTED_PROXIES=str(proxies))
    return Place(stack.enter_context(RealServer(environment, log)), upstream)


def test_trace_of_a_declared_proxy_reaches_emporix_with_our_span_and_the_log(
    stack: ExitStack, redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    here = place(stack, redis_server, tmp_path / "log", 1)
    here.sign_in(b"traceparent: " + GOOD, b"tracestate: vendor=canary")
    sent = {value for request in here.upstream.arrived for value in request.values("traceparent")}
    assert len(here.upstream.arrived) >= 2
    assert all(len(request.values("traceparent")) == 1 for request in here.upstream.arrived)
    (parent,) = sent
    version, trace, span, flags = parent.split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != PARENT
    assert all(request.values("tracestate") == [] for request in here.upstream.arrived)
    login = next(line for line in here.lines() if line.get("route") == "/api/login")
    assert (login["traceId"], login["spanId"]) == (TRACE, span)
    audited = [line for line in here.lines() if line.get("audit")]
    assert {line["event"] for line in audited} >= {"signed_in"}
    assert not any({"traceId", "spanId"} & line.keys() for line in audited)
    assert "canary" not in here.server.log
    # It ends with its request.
    here.sign_in()
    assert [value for request in here.upstream.arrived for value in request.values("traceparent")] == []


@pytest.mark.parametrize(
    ("proxies", "sent"),
    [
        (0, [[b"traceparent: " + GOOD, b"tracestate: vendor=canary"]]),
        (
            1,
            [
                [b"traceparent: 00-" + b"x" * 32 + b"-" + PARENT.encode() + b"-01"],
                [b"traceparent: " + GOOD, b"traceparent: " + GOOD],
                [b"tracestate: vendor=canary"],
            ],
        ),
    ],
    ids=["no proxy", "malformed, twice, state alone"],
)
def test_what_nobody_may_say_or_is_malformed_goes_nowhere(
    stack: ExitStack, redis_server: EmbeddedRedis, tmp_path: Path, proxies: int, sent: list[list[bytes]]
) -> None:
    here = place(stack, redis_server, tmp_path / "log", proxies)
    for headers in sent:
        here.sign_in(*headers)
        assert len(here.upstream.arrived) >= 2
        for request in here.upstream.arrived:
            assert request.values("traceparent") == request.values("tracestate") == []
    assert TRACE not in here.server.log
    assert not any("traceId" in line for line in here.lines())
    assert not any(line["level"] in ("warning", "error") for line in here.lines())
