"""Scripts that are run together: in one round trip, and what is in the way of one keeps the first from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sessions.script_calls import ScriptCall, run_together
from tests.support.fakes.counting_redis import CountingRedis
from tests.support.redis_servers import Cluster, cluster
from tests.support.shop import ShopMaker

PUT = "return redis.call('SET', KEYS[1], ARGV[1])"
REFUSED = "return redis.error_reply('OOM it is full')"


def call(client: Redis, key: str, text: str = PUT) -> ScriptCall:
    return ScriptCall(script=client.register_script(text), keys=[key], args=["there"])


@pytest.fixture
def counting(redis_server: EmbeddedRedis, redis: Redis) -> Iterator[CountingRedis]:
    with CountingRedis(redis_server.url) as client:
        yield client


def test_all_go_in_one_round_trip(counting: CountingRedis) -> None:
    client = counting.client
    calls = [call(client, key) for key in ("a", "b", "c")]
    client.script_load(PUT)
    counting.round_trips = 0
    assert run_together(client, calls[0], calls[1:])[1] is None
    assert counting.round_trips == 1
    assert client.mget("a", "b", "c") == [b"there"] * 3


def test_scripts_that_redis_has_forgotten_are_sent_again(redis: Redis) -> None:
    redis.script_flush()
    assert run_together(redis, call(redis, "a"), [call(redis, "b", f"{PUT} -- another")])[1] is None
    assert redis.mget("a", "b") == [b"there"] * 2


def test_what_is_in_the_way_of_others_is_returned_and_the_first_is_run(redis: Redis) -> None:
    _, refused = run_together(redis, call(redis, "a"), [call(redis, "b", REFUSED), call(redis, "c")])
    assert isinstance(refused, RedisError)
    assert redis.get("a") == b"there"


def test_what_is_in_the_way_of_the_first_is_raised(redis: Redis) -> None:
    with pytest.raises(ResponseError):
        run_together(redis, call(redis, "a", REFUSED), [call(redis, "b")])


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


def test_node_of_a_cluster_that_is_away_keeps_the_first_from_nothing_and_is_waited_for_once(
    make_shop: ShopMaker, nodes: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(REDIS_URL=nodes.url())
    client = shop.services.redis
    away = nodes.of_key("b")
    here = next(key for key in "acdefgh" if nodes.of_key(key) is not away)
    calls = [call(client, here), *(call(client, f"{{b}}:{number}") for number in range(4))]
    assert run_together(client, calls[0], calls[1:])[1] is None
    client.delete(here)
    asked, ask = [], client.evalsha

    def noted(*args: Any) -> Any:
        asked.append(args[2])
        return ask(*args)

    monkeypatch.setattr(client, "evalsha", noted)
    away.pause()
    try:
        assert isinstance(run_together(client, calls[0], calls[1:])[1], RedisError)
    finally:
        away.resume()
    assert asked == [here, "{b}:0"]
    assert client.get(here) == b"there"
    nodes.settle()
    shop.services.redis.close()
