"""One line a request, with nothing in it that the request brought; and the id that ties lines together."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from flask import session
from redis import Redis

from bff.log import SENT_REQUEST_ID
from bff.metrics.spent import SPENT
from bff.sandbox.faults import Fault
from tests.support.journeys.audit_drives import Listener
from tests.support.shop import PUBLIC_URL, Shop, ShopMaker

SECRET = "hunter2"
GENERATED = re.compile(r"[0-9a-f]{16}")


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__["bff_fields"] for record in caplog.records if record.getMessage() == "request"]


def test_line_tells_method_route_status_and_time(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    browser = shop.browser()
    browser.get(f"/api/me/addresses/{SECRET}")
    browser.get(f"/nothing/{SECRET}")
    browser.post("/api/me/addresses")
    browser.get("/static/site.css")
    browser.get("/healthz")
    found = lines(caplog)
    assert [(line["method"], line.get("route"), line["status"]) for line in found] == [
        ("GET", "/api/me/addresses/<addressId>", 401),
        ("GET", None, 404),
        ("POST", "/api/me/addresses", 403),
        ("GET", "/static/<path:filename>", 200),
    ]
    for line in found:
        assert set(line) <= {"method", "session", "route", "status", "ms", "redisMs", "upstreamMs"}
        assert isinstance(line["ms"], float)
        assert 0 <= line["ms"] < 60_000


def test_line_tells_how_long_redis_and_emporix_took_of_the_whole(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    browser = shop.signed_in()
    caplog.clear()
    shop.sandbox.faults.add("get_me", Fault(delay_before_seconds=0.3))
    assert browser.get("/api/me").status_code == 200
    (line,) = lines(caplog)
    assert 300 <= line["upstreamMs"] <= line["ms"]
    assert 0 < line["redisMs"] + line["upstreamMs"] <= line["ms"] + 0.2


def test_slow_redis_shows_in_the_line_and_only_as_redis(
    shop: Shop, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    browser = shop.signed_in()
    caplog.clear()
    redis.client_pause(500, all=True)
    assert browser.get("/api/session").status_code == 200
    (line,) = lines(caplog)
    assert 100 <= line["redisMs"] <= line["ms"]
    assert "upstreamMs" not in line


def test_what_was_asked_of_nobody_takes_no_time_there(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.signed_in().get("/static/site.css")
    assert not {"redisMs", "upstreamMs"} & set(lines(caplog)[-1])
    assert SPENT.get() is None


def test_no_line_holds_what_a_request_brought(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.app.add_url_rule("/broken", view_func=_break)
    browser = shop.signed_in()
    carrying = {"User-Agent": SECRET, "Referer": SECRET, "X-Request-ID": SECRET * 2, "Accept-Language": SECRET}
    for path in (f"/api/me?{SECRET}={SECRET}", f"/api/me/addresses/{SECRET}", f"/{SECRET}?token={SECRET}", "/broken"):
        browser.get(path, headers=carrying)
    browser.post("/api/me/addresses", json={SECRET: SECRET}, headers=carrying)
    browser.post("/api/login", json={"email": f"{SECRET}@example.com", "password": SECRET}, headers=carrying)
    browser.client.post("/api/logout", base_url=PUBLIC_URL, headers={"X-CSRF-Token": SECRET, "Origin": SECRET})
    browser.client.get("/", base_url=f"http://{SECRET}.example")
    ours = [record for record in caplog.records if record.name == "bff"]
    assert len(ours) > 7
    assert SECRET not in repr([record.__dict__ for record in ours])


def _break() -> str:
    raise RuntimeError(SECRET)


def test_request_that_fails_as_it_is_saved_is_logged_once_as_it_was_answered(
    make_shop: ShopMaker, caplog: pytest.LogCaptureFixture
) -> None:
    shop = make_shop(REDIS_URL="redis://127.0.0.1:1")

    def write() -> str:
        session["note"] = "x"
        return ""

    shop.app.add_url_rule("/write", view_func=write)
    answer = shop.browser().get("/write")
    assert answer.status_code == 503
    assert [line["status"] for line in lines(caplog)] == [503]
    assert re.fullmatch(GENERATED, answer.headers["X-Request-ID"])


def test_id_is_in_header_body_and_log(make_shop: ShopMaker, caplog: pytest.LogCaptureFixture) -> None:
    shop = make_shop(BFF_TRUSTED_PROXIES="1")
    answer = shop.browser().get("/api/nothing", headers={"X-Request-ID": "proxy-id.000_1"})
    assert answer.headers["X-Request-ID"] == "proxy-id.000_1"
    assert answer.get_json()["requestId"] == "proxy-id.000_1"
    page = shop.browser().get("/nothing", headers={"X-Request-ID": "proxy-id.000_2"})
    assert "proxy-id.000_2" in page.get_data(as_text=True)


def test_lines_carry_our_id_and_the_one_that_was_sent_in_a_field_of_its_own_outside_the_audit(
    make_shop: ShopMaker,
) -> None:
    shop = make_shop(BFF_TRUSTED_PROXIES="1")
    sent = "proxy-id.000_1"
    listener, logger = Listener(), logging.getLogger("bff")
    logger.addHandler(listener)
    try:
        shop.browser().post("/api/login", headers={"X-Request-ID": sent, "Origin": "https://evil.example"})
    finally:
        logger.removeHandler(listener)
    (audited, finished) = [json.loads(line) for line in listener.lines]
    assert (audited["event"], finished["event"]) == ("csrf_refused", "request")
    assert GENERATED.fullmatch(audited["requestId"])
    assert finished["requestId"] == audited["requestId"]
    assert finished["sentRequestId"] == sent
    assert sent not in repr(audited)


def test_id_that_was_sent_is_forgotten_with_its_request(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_TRUSTED_PROXIES="1")
    shop.browser().get("/healthz", headers={"X-Request-ID": "proxy-id.000_1"})
    assert SENT_REQUEST_ID.get() is None
    answer = shop.browser().get("/healthz")
    assert GENERATED.fullmatch(answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("proxies", "sent"),
    [
        ("0", "proxy-id.000_1"),
        ("1", "short"),
        ("1", "x" * 65),
        ("1", "with space"),
        ("1", "<script>x"),
        ("1", "0123456789,0123456789"),
        ("1", "ünïcödé-id"),
        ("1", ""),
    ],
)
def test_id_from_outside_is_taken_from_a_declared_proxy_alone_and_only_if_harmless(
    make_shop: ShopMaker, proxies: str, sent: str
) -> None:
    answer = make_shop(BFF_TRUSTED_PROXIES=proxies).browser().get("/healthz", headers={"X-Request-ID": sent})
    assert GENERATED.fullmatch(answer.headers["X-Request-ID"])


def test_every_request_has_an_id_of_its_own(shop: Shop) -> None:
    browser = shop.browser()
    assert len({browser.get("/healthz").headers["X-Request-ID"] for _ in range(20)}) == 20
