"""How often a declared row may be asked for, how large its bodies may be, and how long its calls may take."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.model import Rate
from bff.operations.declared import MAX_BODY_BYTES, MOST_BODY_BYTES, BodyKind
from tests.support.declared_shop import CUSTOMER, DeclaredShop, declared_shop, free, row
from tests.support.fakes.redis_proxy import RedisProxy
from tests.support.journeys.audit_drives import listening
from tests.support.journeys.real_server import RealServer
from tests.support.journeys.recording_upstream import Canned, RecordingUpstream
from tests.support.shop import Browser, ShopMaker
from tests.support.storefront import written

RATE = Rate(count=3, window_seconds=60)
LARGE = 200 * 1024
SMALL = 1024
ROWS = (
    row("ask", "GET", "/asked/{tenant}/things", rate=RATE),
    row("change", "POST", "/asked/{tenant}/things", rate=RATE, free_body=free()),
    row("own", "GET", "/asked/{tenant}/own", rate=RATE, accepts=CUSTOMER),
    row("unlimited", "GET", "/asked/{tenant}/unlimited"),
    row("batch", "PUT", "/asked/{tenant}/things/batch", free_body=free(BodyKind.ARRAY, max_bytes=LARGE)),
    row("most", "POST", "/asked/{tenant}/most", free_body=free(max_bytes=MOST_BODY_BYTES)),
    row("small", "POST", "/asked/{tenant}/small", free_body=free(max_bytes=SMALL)),
    row("slow", "GET", "/slow/{tenant}/things", read_timeout_seconds=5.0),
)


@pytest.fixture
def shop(make_shop: ShopMaker) -> Iterator[DeclaredShop]:
    with declared_shop(make_shop, *ROWS) as shop:
        yield shop


def limited(answer: TestResponse) -> None:
    assert (answer.status_code, answer.get_json()["type"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


# How often


def test_row_is_asked_for_so_often_by_one_session(shop: DeclaredShop) -> None:
    browser, other = shop.browser(), shop.browser()
    assert [browser.get("/api/asked/things").status_code for _ in range(3)] == [200] * 3
    limited(browser.get("/api/asked/things"))
    assert len(shop.arrived("/asked/demoshop/things")) == 3
    # Each row and each session has a count of its own.
    assert browser.get("/api/asked/unlimited").status_code == 200
    assert browser.post("/api/asked/things", json={}).status_code == 200
    assert other.get("/api/asked/things").status_code == 200


def test_calls_that_are_refused_count_too(shop: DeclaredShop) -> None:
    browser = shop.browser()
    assert [browser.get("/api/asked/own").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert [browser.get("/api/asked/things?x=1").status_code for _ in range(4)] == [400, 400, 400, 429]


def test_reached_limit_is_told_once(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    with listening() as listener:
        for _ in range(6):
            browser.get("/api/asked/things")
    (line,) = listener.lines
    assert '"limit": "row", "per": "session", "operation": "ask"' in line


def test_without_a_session_the_address_counts(shop: DeclaredShop) -> None:
    answers = []
    for _ in range(5):
        # A cookie without a record, as that of a form is: the first write makes the record.
        browser = shop.stranger()
        browser.get("/login")
        page = browser.get("/api/session?extend=false")
        browser.csrf = page.get_json()["csrfToken"]
        redis = shop.services.redis
        for key in redis.keys("bff:{*}:*"):
            redis.delete(key)
        answers.append(browser.post("/api/asked/things", json={}))
    assert [one.status_code for one in answers[:3]] == [200] * 3
    limited(answers[3])
    limited(answers[4])
    assert len(shop.arrived("/asked/demoshop/things")) == 3


def test_limit_of_a_row_costs_no_further_round_trip(make_shop: ShopMaker, redis_server: EmbeddedRedis) -> None:
    with RedisProxy(redis_server.url) as proxy, declared_shop(make_shop, *ROWS, REDIS_URL=proxy.url) as shop:
        browser = shop.signed_in()
        browser.get("/api/asked/things")
        browser.get("/api/asked/things")
        proxy.clear()
        assert browser.get("/api/asked/things").status_code == 200
        assert proxy.round_trips == 1
        limited(browser.get("/api/asked/things"))
        assert proxy.round_trips == 2


# How large


def sent(browser: Browser, method: str, path: str, body: bytes, *, chunked: bool) -> TestResponse:
    more: dict[str, Any] = {"data": body}
    if chunked:
        terminated = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        more = {"input_stream": io.BytesIO(body), "environ_overrides": terminated}
    return browser.request(method, path, content_type="application/json", **more)


def of_size(size: int, kind: str) -> bytes:
    head, tail = (b'["', b'"]') if kind == "[" else (b'{"a":"', b'"}')
    return head + b"x" * (size - len(head) - len(tail)) + tail


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "kind", "most"),
    [
        ("PUT", "/asked/things/batch", "[", LARGE),
        ("POST", "/asked/most", "{", MOST_BODY_BYTES),
        ("POST", "/asked/small", "{", SMALL),
        ("POST", "/asked/things", "{", MAX_BODY_BYTES),
    ],
)
def test_body_has_the_rows_largest_size(
    shop: DeclaredShop, method: str, path: str, kind: str, most: int, chunked: bool
) -> None:
    browser = shop.browser()
    body = of_size(most, kind)
    assert sent(browser, method, "/api" + path, body, chunked=chunked).status_code == 200
    upstream = path.replace("/asked/", "/asked/demoshop/")
    assert shop.arrived(upstream)[-1].body == body
    # What is beyond is blank: cut there, the body would still be good JSON.
    for larger in (of_size(most + 1, kind), body + b" ", body.ljust(most * 2)):
        answer = sent(browser, method, "/api" + path, larger, chunked=chunked)
        assert (answer.status_code, answer.get_json()["type"]) == (413, "payload_too_large")
        assert f" {most // 1024} KiB" in answer.get_json()["message"]
    assert len(shop.arrived(upstream)) == 1


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("PUT", "/api/asked/things/batch", LARGE),
        ("PUT", "/api/asked/th%69ngs/batch", LARGE),
        ("POST", "/api/asked/most", MOST_BODY_BYTES),
        ("POST", "/api/asked/small", MAX_BODY_BYTES),
        ("GET", "/api/asked/things/batch", MAX_BODY_BYTES),
        ("PUT", "/api/asked/things/batch/", MAX_BODY_BYTES),
        ("BREW", "*", MAX_BODY_BYTES),
        ("POST", "/" * 8000, MAX_BODY_BYTES),
        ("POST", "/%00%ff%", MAX_BODY_BYTES),
        ("POST", "", MAX_BODY_BYTES),
    ],
)
def test_server_waits_for_as_much_as_the_route_takes(shop: DeclaredShop, method: str, path: str, most: int) -> None:
    assert shop.app.largest_body_bytes(method, path) == most


FILE = """
format = 1
[[route]]
name = "cart_batch"
summary = "Change many items of a cart"
method = "PUT"
upstream = "/carts/{tenant}/items"
bearer = "visitor"
body = "array"
body_max_kib = 200
answer = "json"
[[route]]
name = "cart_one"
summary = "Change one item of a cart"
method = "PUT"
upstream = "/carts/{tenant}/one"
bearer = "visitor"
body = "array"
answer = "json"
"""


def test_server_takes_as_much_as_the_row_says(make_shop: ShopMaker, tmp_path: Path) -> None:
    with RecordingUpstream() as upstream:
        environment = make_shop.environment(upstream.url, BFF_STOREFRONT=str(written(tmp_path, FILE)))
        with RealServer(environment, tmp_path / "log") as server:
            session = server.ask(b"GET /api/session HTTP/1.1")
            cookie = session.set_cookies[0].partition(";")[0].encode()
            token = json.loads(session.body)["csrfToken"].encode()

            def put(path: bytes, body: bytes, *, chunked: bool) -> int:
                sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts_of(body)) + b"0\r\n\r\n"
                return server.ask(
                    b"PUT " + path + b" HTTP/1.1",
                    b"Cookie: " + cookie,
                    b"X-CSRF-Token: " + token,
                    b"Content-Type: application/json",
                    b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body),
                    body=sent if chunked else body,
                ).status

            for chunked in (False, True):
                whole = of_size(LARGE, "[")
                assert put(b"/api/carts/items", whole, chunked=chunked) == 200
                assert upstream.arrived[-1].body == whole
                assert put(b"/api/carts/items", whole + b" ", chunked=chunked) == 413
                assert put(b"/api/carts/one", of_size(MAX_BODY_BYTES, "["), chunked=chunked) == 200
                assert put(b"/api/carts/one", of_size(MAX_BODY_BYTES + 1, "["), chunked=chunked) == 413


def parts_of(body: bytes) -> list[bytes]:
    return [body[at : at + 8192] for at in range(0, len(body), 8192)]


# How long


def test_row_has_its_own_patience(make_shop: ShopMaker) -> None:
    with declared_shop(make_shop, *ROWS, EMPORIX_READ_TIMEOUT="0.5", EMPORIX_CONNECT_TIMEOUT="0.4") as shop:
        browser = shop.browser()
        for path, status in (("/slow/demoshop/things", 200), ("/asked/demoshop/unlimited", 504)):
            shop.answers("GET", path, Canned(status=200, content={}, delay_seconds=1.2))
            began = time.monotonic()
            assert browser.get("/api" + path.replace("/demoshop", "")).status_code == status
            assert time.monotonic() - began < 4
        assert shop.services.client.longest_call_seconds == 0.9


def test_row_may_not_take_more_than_any(shop: DeclaredShop) -> None:
    with pytest.raises(ValueError, match="larger than any"):
        row("batch", "PUT", "/x/{tenant}/y", free_body=free(max_bytes=MOST_BODY_BYTES + 1))
    with pytest.raises(ValueError, match="larger than any"):
        row("batch", "GET", "/x/{tenant}/y", max_answer_bytes=10 * 1024 * 1024 + 1)
