"""What a served shop logs while Redis or Emporix is in trouble: its begin and its end, not each request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import CannedResponse, Fault
from tests.support.journeys.raw_site import Site, cookie_of, run_site
from tests.support.patience import eventually

QUICK = """
import sys
from bff.metrics.trouble import Trouble
Trouble.__init__.__kwdefaults__["calm_seconds"] = 0.2
from bff.cli import main
sys.exit(main(["serve"]))
"""
"""`bff serve`, but that ten seconds are a fifth of one."""
ME = b"GET /api/me HTTP/1.1"


@pytest.fixture
def site(redis_server: EmbeddedRedis, redis: Redis, tmp_path: Path) -> Iterator[Site]:
    with run_site(redis_server, tmp_path / "log", command=("-c", QUICK), BFF_WORKERS="1") as running:
        yield running


def lines(site: Site) -> list[dict[str, Any]]:
    return [json.loads(line) for line in site.server.log.splitlines() if line.startswith("{")]


def told(site: Site, *events: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if name not in ("time", "requestId", "seconds")}
        for line in lines(site)
        if line["event"] in events
    ]


def me(site: Site) -> int:
    return site.server.ask(ME, b"Cookie: " + site.cookie).status


def loud(site: Site) -> list[str]:
    return [line["event"] for line in lines(site) if line["level"] in ("warning", "error", "critical")]


def test_emporix_in_trouble_is_one_warning_and_one_line_when_it_is_over(site: Site) -> None:
    site.sandbox.faults.add("get_me", Fault(answer=CannedResponse(status=503)), times=None)
    # One less than what opens the circuit, which is another trouble.
    assert [me(site) for _ in range(4)] == [503] * 4
    host = next(line for line in lines(site) if line["event"] == "upstream_not_ready")["host"]
    assert told(site, "upstream_not_ready") == [
        {
            "level": "warning",
            "event": "upstream_not_ready",
            "cause": "upstream answered 503",
            "host": host,
            "operation": "get_me",
        }
    ]
    assert host.startswith(("127.0.0.1:", "localhost:"))
    assert loud(site) == ["upstream_not_ready"]
    site.sandbox.faults.clear()
    eventually(lambda: me(site) == 200 and bool(told(site, "upstream_ready")))
    assert me(site) == 200
    (over,) = told(site, "upstream_ready")
    assert over == {"level": "info", "event": "upstream_ready", "host": host, "times": over["times"]}
    assert over["times"] >= 4
    assert loud(site) == ["upstream_not_ready"]


def test_redis_in_trouble_is_one_warning_with_its_cause_and_one_line_when_it_is_over(site: Site, redis: Redis) -> None:
    redis.replicaof("127.0.0.1", 1)
    try:
        assert [me(site) for _ in range(8)] == [503] * 8
        (begun,) = told(site, "store_not_ready")
        assert (begun["cause"], begun["level"]) == ("READONLY", "warning")
        assert begun["host"].endswith("redis.sock")
        assert loud(site) == ["store_not_ready"]
    finally:
        redis.replicaof("NO", "ONE")
    before = len(told(site, "store_ready"))
    eventually(lambda: me(site) == 200 and len(told(site, "store_ready")) > before)
    assert me(site) == 200
    assert len(told(site, "store_ready")) == before + 1
    assert told(site, "store_ready")[-1]["times"] >= 8
    assert loud(site) == ["store_not_ready"]


def test_wrong_password_is_no_warning_and_the_audit_log_has_it(site: Site) -> None:
    guest = site.server.ask(b"GET /api/session HTTP/1.1")
    body = b'{"email": "who@example.com", "password": "wrong-one"}'
    answer = site.server.ask(
        b"POST /api/login HTTP/1.1",
        b"Cookie: " + cookie_of(guest),
        b"X-CSRF-Token: " + json.loads(guest.body)["csrfToken"].encode(),
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        body=body,
    )
    assert answer.status == 401
    (failed,) = told(site, "sign_in_failed")
    assert (failed["level"], failed["audit"]) == ("info", True)
    (refused,) = told(site, "upstream_refused")
    assert refused == {"level": "info", "event": "upstream_refused", "operation": "login", "status": 401}
    assert loud(site) == []


def test_probe_that_succeeds_has_no_line_and_one_that_fails_has(site: Site, redis: Redis) -> None:
    for path in (b"/healthz", b"/readyz"):
        assert site.server.ask(b"GET " + path + b" HTTP/1.1").status == 200
    assert [line for line in lines(site) if line.get("route") in ("/healthz", "/readyz")] == []
    redis.replicaof("127.0.0.1", 1)
    try:
        # What was found a moment ago holds for a second.
        eventually(lambda: site.server.ask(b"GET /readyz HTTP/1.1").status == 503)
    finally:
        redis.replicaof("NO", "ONE")
    assert [line["status"] for line in told(site, "request") if line.get("route") == "/readyz"] == [503]


def test_line_of_a_request_names_the_session_as_the_audit_log_does(site: Site) -> None:
    assert me(site) == 200
    (signed_in,) = told(site, "signed_in")
    (asked,) = [line for line in told(site, "request") if line["route"] == "/api/me"]
    assert asked["session"] == signed_in["session"]
    assert site.cookie.decode().partition("=")[2] not in site.server.log
