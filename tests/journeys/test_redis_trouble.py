"""Redis away: what needs no session goes on, the rest says so within two seconds, and it all comes back by itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import Fault
from tests.support.acl import PASSWORD as ACL_PASSWORD
from tests.support.acl import url_of, user
from tests.support.pages import customer, visitor
from tests.support.shop import Browser, Shop, ShopMaker

WITHIN_SECONDS = 2.0
REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/api/session", None),
    ("GET", "/api/session?extend=false", None),
    ("GET", "/api/session/validate", None),
    ("GET", "/api/me", None),
    ("GET", "/api/me/addresses", None),
    ("PATCH", "/api/me", {"company": "New"}),
    ("POST", "/api/session/refresh", None),
    ("POST", "/api/login", {"email": B2C_EMAIL, "password": B2C_PASSWORD}),
    ("POST", "/api/logout", None),
    ("POST", "/api/password/reset", {"email": B2C_EMAIL}),
    ("POST", "/api/password/change", {"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"}),
    ("DELETE", "/api/me", None),
]


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that a test may hurt."""
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def shop(make_shop: ShopMaker, own_redis: EmbeddedRedis) -> Shop:
    return make_shop(REDIS_URL=own_redis.url)


@contextmanager
def paused(server: EmbeddedRedis) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()


def timed(ask: Callable[[], TestResponse]) -> tuple[TestResponse, float]:
    began = time.monotonic()
    answer = ask()
    return answer, time.monotonic() - began


def send(browser: Browser, method: str, path: str, body: Any) -> TestResponse:
    return browser.request(method, path, **({} if body is None else {"json": body}))


def assert_says_that_the_store_is_away(answer: TestResponse) -> None:
    body = answer.get_json()
    assert (answer.status_code, body["type"]) == (503, "session_store_unavailable"), body
    assert set(body) == {"status", "type", "message", "details", "requestId"}
    assert int(answer.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers


def assert_what_needs_no_session_goes_on(shop: Shop, within_seconds: float) -> None:
    browser = shop.browser()
    assert browser.get("/healthz").status_code == 200
    ready, took = timed(lambda: browser.get("/readyz"))
    assert (ready.status_code, ready.get_json()["parts"]) == (503, {"redis": "unavailable"})
    assert took < within_seconds
    assert browser.get("/static/site.css").status_code == 200
    assert browser.get("/api/nothing").get_json()["type"] == "resource_not_found"
    assert browser.get("/nothing").status_code == 404
    assert browser.get("/static/nothing").status_code == 404


def test_killed_redis_is_told_from_a_sign_out_and_comes_back_empty(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    browser = shop.signed_in()
    cookie = browser.cookie
    own_redis.kill()
    for request in REQUESTS:
        answer, took = timed(lambda request=request: send(browser, *request))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        assert_says_that_the_store_is_away(answer)
        assert took < WITHIN_SECONDS + busy_seconds
    assert_what_needs_no_session_goes_on(shop, WITHIN_SECONDS + busy_seconds)
    assert browser.cookie == cookie
    own_redis.restart()
    assert browser.get("/readyz").status_code == 200
    assert browser.get("/api/session").get_json()["state"] == "guest"
    assert browser.sign_in()["state"] == "authenticated"
    assert browser.get("/api/me").status_code == 200


def test_hanging_redis_is_given_up_in_time_and_nobody_is_signed_out(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    browser = shop.signed_in()
    cookie = browser.cookie
    with paused(own_redis):
        for request in REQUESTS[::3]:
            answer, took = timed(lambda request=request: send(browser, *request))  # type: ignore[misc]  # as above
            assert_says_that_the_store_is_away(answer)
            assert took < WITHIN_SECONDS + busy_seconds
        assert_what_needs_no_session_goes_on(shop, WITHIN_SECONDS + busy_seconds)
    assert browser.cookie == cookie
    assert browser.get("/readyz").status_code == 200
    assert browser.session()["state"] == "authenticated"
    assert browser.get("/api/me").status_code == 200


def test_newcomer_gets_no_cookie_while_redis_is_away(shop: Shop, own_redis: EmbeddedRedis) -> None:
    browser = shop.browser()
    own_redis.kill()
    answer = browser.get("/api/session")
    own_redis.restart()
    assert (answer.status_code, answer.get_json()["type"]) == (503, "session_store_unavailable")
    assert browser.session()["state"] == "guest"


def test_page_says_it_too_and_leads_nowhere_else(shop: Shop, own_redis: EmbeddedRedis) -> None:
    browser = shop.signed_in()
    own_redis.kill()
    answer = browser.get("/")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert int(answer.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in answer.headers


def test_forged_request_is_refused_without_asking_redis(shop: Shop, own_redis: EmbeddedRedis) -> None:
    browser = shop.signed_in()
    own_redis.kill()
    answer = browser.post("/api/logout", headers={"X-CSRF-Token": "forged"})
    assert (answer.status_code, answer.get_json()["type"]) == (403, "csrf_failed")


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("/account", {"company": "Example Trading"}),
        ("/login", {"email": "jane@example.com", "password": B2C_PASSWORD}),
    ],
)
def test_form_comes_back_in_time_while_redis_hangs(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float, path: str, entries: dict[str, str]
) -> None:
    somebody = customer(shop) if path == "/account" else visitor(shop)
    values = somebody.open_form(path).form(path).filled(entries)
    with paused(own_redis):
        began = time.monotonic()
        somebody.post(path, values)
        took = time.monotonic() - began
    assert somebody.status == 503
    name = next(iter(entries))
    assert somebody.page.form(path).values[name] == entries[name]
    assert took < WITHIN_SECONDS + busy_seconds


def test_sign_in_by_page_that_cannot_be_kept_is_told_in_time(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    somebody = visitor(shop)
    values = somebody.get("/login").form("/login").filled({"email": B2C_EMAIL, "password": B2C_PASSWORD})

    def post() -> TestResponse:
        somebody.post("/login", values)
        return somebody.answer

    with redis_hanging_after(shop, own_redis, "login", post) as answered:
        answer, took = answered()
    assert answer.status_code == 503
    assert took < WITHIN_SECONDS + busy_seconds


@contextmanager
def redis_hanging_after(
    shop: Shop, server: EmbeddedRedis, operation: str, ask: Callable[[], TestResponse]
) -> Iterator[Callable[[], tuple[TestResponse, float]]]:
    """Let Redis hang while upstream works on a request; what is yielded waits for the answer, and says how long."""
    held, answers = threading.Event(), []
    calls = shop.sandbox.recorder.count(operation)
    shop.sandbox.faults.add(operation, Fault(hold_before=held), times=1)
    asking = threading.Thread(target=lambda: answers.append(ask()))
    asking.start()
    while shop.sandbox.recorder.count(operation) == calls:
        assert asking.is_alive()
        time.sleep(0.005)

    def answered() -> tuple[TestResponse, float]:
        began = time.monotonic()
        held.set()
        asking.join()
        return answers[0], time.monotonic() - began

    try:
        with paused(server):
            yield answered
    finally:
        held.set()
        asking.join()


def test_redis_that_hangs_during_a_read_is_not_missed(shop: Shop, own_redis: EmbeddedRedis) -> None:
    browser = shop.signed_in()
    with redis_hanging_after(shop, own_redis, "get_me", lambda: browser.get("/api/me")) as answered:
        answer, _ = answered()
        assert answer.status_code == 200


def test_sign_in_that_cannot_be_kept_is_none_and_its_token_is_logged_out(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    browser = shop.browser()
    browser.session()
    cookie, body = browser.cookie, {"email": B2C_EMAIL, "password": B2C_PASSWORD}
    with redis_hanging_after(shop, own_redis, "login", lambda: browser.post("/api/login", json=body)) as answered:
        answer, took = answered()
        assert_says_that_the_store_is_away(answer)
        assert took < WITHIN_SECONDS + busy_seconds
    assert browser.cookie == cookie
    assert shop.sandbox.recorder.count("login") == 1
    assert shop.sandbox.recorder.count("logout") == 1
    assert browser.session()["state"] == "guest"
    assert browser.sign_in()["state"] == "authenticated"


def test_refresh_that_cannot_be_kept_signs_nobody_out(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    browser = shop.signed_in()
    cookie = browser.cookie
    ask = lambda: browser.post("/api/session/refresh")  # noqa: E731 - read better at its two ends
    with redis_hanging_after(shop, own_redis, "refresh_auth_token", ask) as answered:
        answer, took = answered()
        assert_says_that_the_store_is_away(answer)
        # One second for the write, one for the lock, which is let go of as well as it goes.
        assert took < WITHIN_SECONDS + 0.5 + busy_seconds
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"
    assert browser.get("/api/me").status_code == 200


def test_change_that_upstream_has_made_is_a_success_though_redis_hangs(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    browser = shop.signed_in()
    ask = lambda: browser.patch("/api/me", json={"firstName": "Janet"})  # noqa: E731 - as above
    with redis_hanging_after(shop, own_redis, "update_me", ask) as answered:
        answer, took = answered()
        assert answer.status_code == 200
        assert took < WITHIN_SECONDS + busy_seconds
    assert browser.get("/api/me").get_json()["firstName"] == "Janet"


def test_password_change_whose_new_cookie_cannot_be_kept_leaves_the_old_one(
    shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float
) -> None:
    browser = shop.signed_in()
    cookie, body = browser.cookie, {"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"}
    ask = lambda: browser.post("/api/password/change", json=body)  # noqa: E731 - as above
    with redis_hanging_after(shop, own_redis, "change_password", ask) as answered:
        answer, took = answered()
        # Upstream has changed it, and an error would say that it has not.
        assert (answer.status_code, answer.get_data()) == (204, b"")
        assert took < WITHIN_SECONDS + busy_seconds
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"


def test_sign_out_that_redis_cannot_keep_says_so(shop: Shop, own_redis: EmbeddedRedis, busy_seconds: float) -> None:
    browser = shop.signed_in()
    cookie = browser.cookie
    with redis_hanging_after(shop, own_redis, "logout", lambda: browser.post("/api/logout")) as answered:
        answer, took = answered()
        assert_says_that_the_store_is_away(answer)
        assert took < WITHIN_SECONDS + busy_seconds
    assert browser.cookie == cookie


@pytest.mark.parametrize(
    ("command", "event", "field", "told"),
    [
        ("zadd", "store_not_ready", "command", "zadd"),
        ("lpush", "limits_not_shared", "command", "lpush"),
        ("zrange", "session_change_dropped", "outcome", "SessionStoreUnavailable: NOPERM zrange"),
    ],
)
def test_log_names_the_command_that_the_user_of_redis_may_not_run(
    make_shop: ShopMaker,
    redis: Redis,
    redis_server: EmbeddedRedis,
    caplog: pytest.LogCaptureFixture,
    command: str,
    event: str,
    field: str,
    told: str,
) -> None:
    caplog.set_level(logging.INFO)
    with user(redis, redis_server, "~bff:*", "+@all", f"-{command}"):
        shop = make_shop(REDIS_URL=url_of(redis_server))
        browser = shop.browser()
        browser.session()
        browser.post("/api/login", json={"email": B2C_EMAIL, "password": B2C_PASSWORD})
        browser.delete("/api/me")
        mailed = [mail.token for mail in shop.sandbox.mails.newest_first]
        browser.post("/api/me/delete/confirm", json={"token": mailed[0] if mailed else "none"})
    said = [getattr(record, "bff_fields", {}).get(field) for record in caplog.records if record.getMessage() == event]
    assert told in said
    assert ACL_PASSWORD not in caplog.text
