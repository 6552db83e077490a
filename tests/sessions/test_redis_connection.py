"""Connections to Redis that a firewall has forgotten: each costs a reconnect, and no request notices."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import RedisSettings
from bff.metrics.spent import SPENT, Spent
from bff.secret import Secret
from bff.sessions.redis_connection import MOST_IDLE_SECONDS, Idleness, connect_redis
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.forgetful_proxy import ForgetfulProxy, Forgotten
from tests.support.sessions.store_parts import WEB, created, found, store_on
from tests.support.shop import ShopMaker


class Way(NamedTuple):
    proxy: ForgetfulProxy
    client: Redis


@pytest.fixture
def way(redis_server: EmbeddedRedis, clock: FakeClock) -> Iterator[Way]:
    with (
        ForgetfulProxy(redis_server.url) as proxy,
        connect_redis(RedisSettings(url=Secret(proxy.url)), Idleness(monotonic=clock)) as client,
    ):
        yield Way(proxy, client)


def use(client: Redis, number: int) -> None:
    """Let the pool hold so many connections, all of them used."""
    with ExitStack() as stack:
        for _ in range(number):
            connection = client.connection_pool.get_connection()
            stack.callback(client.connection_pool.release, connection)
            connection.send_command("PING")  # type: ignore[no-untyped-call]  # redis-py has no types here
            assert connection.read_response() == b"PONG"


@pytest.mark.parametrize("how", Forgotten)
def test_quiet_night_is_noticed_by_no_command(way: Way, clock: FakeClock, how: Forgotten) -> None:
    use(way.client, 3)
    way.proxy.forget(how)
    clock.advance(MOST_IDLE_SECONDS + 1)
    assert way.client.ping()
    assert way.proxy.connections == 4


def test_connection_is_kept_until_the_stated_second_and_not_longer(way: Way, clock: FakeClock) -> None:
    assert MOST_IDLE_SECONDS < 60
    way.client.ping()
    clock.advance(MOST_IDLE_SECONDS)
    way.client.ping()
    assert way.proxy.connections == 1
    clock.advance(MOST_IDLE_SECONDS + 0.01)
    way.client.ping()
    assert way.proxy.connections == 2


def test_read_of_a_session_goes_again_on_a_new_connection_however_many_were_reset(way: Way, clock: FakeClock) -> None:
    store = store_on(way.client)
    cookie = created(store)
    use(way.client, 3)
    clock.advance(1)
    way.proxy.forget(Forgotten.RESET)
    clock.advance(1)
    assert found(store, cookie).web == WEB


def test_one_broken_connection_is_a_warning_for_all_that_were_idle_then(way: Way, clock: FakeClock) -> None:
    use(way.client, 3)
    clock.advance(1)
    way.proxy.forget(Forgotten.RESET)
    with pytest.raises(RedisConnectionError):
        way.client.incr("bff:counter")
    clock.advance(1)
    use(way.client, 3)


def test_kernel_probes_kept_connections(way: Way) -> None:
    connection: Any = way.client.connection_pool.get_connection()
    assert connection._get_socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    way.client.connection_pool.release(connection)


def test_customer_notices_no_reset_between_two_clicks(
    redis_server: EmbeddedRedis, redis: Redis, make_shop: ShopMaker
) -> None:
    with ForgetfulProxy(redis_server.url) as proxy:
        browser = make_shop(REDIS_URL=proxy.url).browser()
        browser.sign_in()
        proxy.forget(Forgotten.RESET)
        assert browser.get("/api/me").status_code == 200
        proxy.forget(Forgotten.RESET)
        assert browser.patch("/api/me", {"firstName": "Maria"}).status_code == 200


@pytest.fixture
def spent() -> Iterator[Spent]:
    token = SPENT.set(Spent())
    yield SPENT.get() or Spent()
    SPENT.reset(token)


def test_waiting_for_an_answer_is_time_spent_in_redis(way: Way, spent: Spent) -> None:
    way.client.ping()
    before, started = spent.redis_seconds, time.perf_counter()
    way.client.blpop(["nothing comes"], timeout=0.2)
    assert 0.2 <= spent.redis_seconds - before <= time.perf_counter() - started
    assert spent.upstream_seconds == 0


def test_connecting_counts_once_though_it_sends_and_reads(way: Way, spent: Spent) -> None:
    started = time.perf_counter()
    way.client.ping()
    assert 0 < spent.redis_seconds <= time.perf_counter() - started


def test_failure_takes_time_too(spent: Spent) -> None:
    with pytest.raises(RedisConnectionError):
        connect_redis(RedisSettings(url=Secret("redis://127.0.0.1:1"))).ping()
    assert spent.redis_seconds > 0


def test_outside_of_a_request_nothing_is_added_up(way: Way) -> None:
    way.client.ping()
    assert SPENT.get() is None
