"""What the most frequent request costs, counted on the wire, with every setting as production has it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import werkzeug.sansio.request
from werkzeug.datastructures import Headers
from werkzeug.local import LocalProxy

from bff.commands.embedded_redis import EmbeddedRedis
from bff.crypto import ServerKey
from tests.support.fakes.redis_proxy import RedisProxy
from tests.support.journeys.aged import pass_a_twentieth
from tests.support.shop import Browser, Shop, ShopMaker


@pytest.fixture
def proxy(redis_server: EmbeddedRedis) -> Iterator[RedisProxy]:
    with RedisProxy(redis_server.url) as proxy:
        yield proxy


@pytest.fixture
def counted(make_shop: ShopMaker, proxy: RedisProxy) -> Iterator[Shop]:
    shop = make_shop(REDIS_URL=proxy.url)
    yield shop
    shop.services.redis.close()


def warm(shop: Shop, proxy: RedisProxy) -> Browser:
    """Sign in, open every connection, let Redis learn every script, and start counting."""
    browser = shop.signed_in()
    pass_a_twentieth(shop)
    assert browser.get("/api/me").status_code == 200
    proxy.clear()
    shop.sandbox.recorder.clear()
    return browser


def test_reading_the_profile_is_one_redis_round_trip_and_one_upstream_request(counted: Shop, proxy: RedisProxy) -> None:
    browser = warm(counted, proxy)
    assert browser.get("/api/me").status_code == 200
    assert proxy.round_trips == 1
    assert [call.target for call in counted.sandbox.recorder] == ["/customer/demoshop/me"]


def test_each_further_read_costs_the_same(counted: Shop, proxy: RedisProxy) -> None:
    browser = warm(counted, proxy)
    for _ in range(10):
        assert browser.get("/api/me").status_code == 200
    assert proxy.round_trips == 10
    assert len(counted.sandbox.recorder) == 10


def test_extending_the_idle_limit_costs_one_round_trip_more_and_then_no_more(counted: Shop, proxy: RedisProxy) -> None:
    browser = warm(counted, proxy)
    pass_a_twentieth(counted)
    assert browser.get("/api/me").status_code == 200
    assert proxy.round_trips == 2
    assert browser.get("/api/me").status_code == 200
    assert proxy.round_trips == 3


def test_a_poll_that_does_not_extend_asks_redis_once_and_upstream_never(counted: Shop, proxy: RedisProxy) -> None:
    browser = warm(counted, proxy)
    assert browser.get("/api/session?extend=false").status_code == 200
    assert proxy.round_trips == 1
    assert len(counted.sandbox.recorder) == 0


def test_home_page_and_probes_cost_a_newcomer_no_session(counted: Shop, proxy: RedisProxy) -> None:
    warm(counted, proxy)
    stranger = counted.browser()
    assert stranger.get("/").status_code == 200
    assert stranger.get("/healthz").status_code == 200
    assert proxy.round_trips == 0
    assert len(counted.sandbox.recorder) == 0


class Counted:
    """Counts the calls of functions, which go on as they are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.calls = 0

    def also(self, owner: object, name: str) -> Counted:
        """Count one more."""
        counted = getattr(owner, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            return counted(*arguments, **named)

        self._monkeypatch.setattr(owner, name, counting)
        return self


def test_headers_are_prepared_and_not_set_one_by_one(
    counted: Shop, proxy: RedisProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = warm(counted, proxy)
    one_by_one = Counted(monkeypatch).also(Headers, "set")
    answer = browser.get("/api/me")
    assert len(answer.headers) > 10
    # Those that tell of the body, as the sandbox sets and as we set them; and the test's own.
    assert one_by_one.calls <= 6


def test_each_text_of_json_is_read_once(counted: Shop, proxy: RedisProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = warm(counted, proxy)
    read = Counted(monkeypatch).also(json.JSONDecoder, "raw_decode")
    assert browser.get("/api/me").status_code == 200
    # Both records of the session, and the profile, which is passed on as the bytes that came. The sandbox reads none.
    assert read.calls == 3


def test_request_is_looked_up_few_times_through_flasks_proxy(
    counted: Shop, proxy: RedisProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = warm(counted, proxy)
    looked_up = Counted(monkeypatch).also(LocalProxy, "__getattr__")
    assert browser.get("/api/me").status_code == 200
    assert looked_up.calls <= 24


def test_query_is_parsed_where_there_is_one(counted: Shop, proxy: RedisProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = warm(counted, proxy)
    parsed = Counted(monkeypatch).also(werkzeug.sansio.request, "parse_qsl")
    assert browser.get("/api/me").status_code == 200
    # The sandbox, which shares the process, parses its own.
    assert parsed.calls == 1
    assert browser.get("/api/me?expand=addresses").status_code == 200
    assert parsed.calls == 3


def test_keys_are_derived_once_for_each_record(
    counted: Shop, proxy: RedisProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = warm(counted, proxy)
    derived = Counted(monkeypatch).also(ServerKey, "_derive")
    assert browser.get("/api/me").status_code == 200
    assert derived.calls == 2


def test_line_of_a_request_is_one_write(counted: Shop, proxy: RedisProxy, caplog: pytest.LogCaptureFixture) -> None:
    browser = warm(counted, proxy)
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert browser.get("/api/me").status_code == 200
    assert [record.msg for record in caplog.records if record.name.startswith("bff")] == ["request"]
