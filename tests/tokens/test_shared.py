"""The server's own guest tokens: one set for all processes, renewed once, and thrown away only when refused."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bff.crypto import KeyRing
from bff.emporix.client import Call
from bff.errors import UpstreamMalformed, UpstreamUnavailable
from bff.operations.table import OPERATIONS
from bff.sandbox.faults import Fault
from bff.secret import Secret
from bff.sessions.shared_token import STORED_KEYS
from bff.tokens.shared import REPLACED_AGAIN_SECONDS
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.shared_tokens import Process, shared_keys
from tests.support.fakes.upstream import (
    DEAD_BEARER,
    DEAD_REFRESH_TOKEN,
    DUE_SECONDS,
    LIFE_SECONDS,
    OVER_SECONDS,
    UNKNOWN,
    at_once,
    refused,
    visits_of,
)
from tests.support.fakes.visits import everything_in
from tests.support.journeys.leak_redis import Thief, dump, secret_entries
from tests.support.shop import Shop, ShopMaker

GUEST, REFRESH = "anonymous_login", "anonymous_refresh"


@pytest.fixture
def shop(make_shop: ShopMaker, clock: FakeClock) -> Shop:
    return visits_of(make_shop, clock, read_seconds=2).shop


@pytest.fixture
def process(shop: Shop) -> Process:
    return Process(shop)


def asked(shop: Shop) -> dict[str, int]:
    """Return how often upstream was asked for guests and for their renewal since the recorder was cleared."""
    return {name: shop.sandbox.recorder.count(name) for name in (GUEST, REFRESH)}


def nothing_works(*args: Any, **kwargs: Any) -> Any:
    raise RedisConnectionError("away")


def without_redis(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    """Let a client find no server any more."""
    monkeypatch.setattr(redis.connection_pool, "get_connection", nothing_works)


def in_turn(times: int, processes: list[Process]) -> list[object]:
    """Read so many times at once, with each process as often; return the statuses, or what went wrong."""
    turns, lock = cycle(processes), threading.Lock()

    def read() -> int:
        with lock:
            one = next(turns)
        return one.read().status

    return at_once(times, read)


# One for all


def test_any_number_of_reads_takes_one_guest(process: Process, shop: Shop) -> None:
    for _ in range(5):
        assert process.read().status == 200
    assert asked(shop) == {GUEST: 1, REFRESH: 0}


def test_another_process_takes_what_the_first_has_got(process: Process, shop: Shop) -> None:
    process.read()
    another = Process(shop)
    another.read()
    assert another.held == process.held
    assert asked(shop) == {GUEST: 1, REFRESH: 0}


def test_processes_that_begin_at_once_take_one_guest(shop: Shop) -> None:
    shop.sandbox.faults.add(GUEST, Fault(delay_before_seconds=0.2))
    assert in_turn(8, [Process(shop) for _ in range(4)]) == [200] * 8
    assert asked(shop) == {GUEST: 1, REFRESH: 0}


def test_row_that_does_not_take_the_token_is_not_asked_with_it(process: Process, shop: Shop) -> None:
    for operation in OPERATIONS.values():
        with pytest.raises(ValueError, match="takes no shared token"):
            process.token.call(operation, Call())
    assert len(list(shop.sandbox.recorder)) == 0


def test_no_visitor_is_counted_for_it(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(clock=clock, BFF_RATE_LIMIT_GUEST="1/minute")
    for number in range(4):
        Process(shop, got_with=(str(number),)).read()
    assert shop.sandbox.recorder.count(GUEST) == 4
    assert shop.browser().get("/api/me").status_code in (200, 401)


# Where it lies


def test_it_lies_sealed_under_its_declared_key_and_ends_by_itself(process: Process, shop: Shop, redis: Redis) -> None:
    process.read()
    (key,) = shared_keys(redis)
    assert STORED_KEYS[0].matches(key.decode())
    tokens, everything = process.held, everything_in(redis)
    for secret in (tokens.access, tokens.refresh, tokens.session_id):
        assert secret is not None
        assert secret.reveal().encode() not in everything
    assert LIFE_SECONDS * 5 - 10 < redis.ttl(key) <= LIFE_SECONDS * 5


def test_servers_keys_alone_open_it_and_the_leak_proof_leaves_out_nothing_else(shop: Shop, redis: Redis) -> None:
    process = Process(shop)
    process.read()
    guest = shop.browser()
    guest.get("/api/me")
    thief = Thief([key.reveal() for key in shop.settings.sessions.keys])
    entries = dump(redis)
    (key,) = shared_keys(redis)
    assert any(process.held.access.reveal().encode() in opened for opened in thief.opened(entries))
    assert {one for one, _ in entries - secret_entries(entries)} == {key}
    assert not any(b"access" in opened for opened in thief.opened(secret_entries(entries)))


def test_shop_that_is_configured_otherwise_takes_another_guest(process: Process, shop: Shop, redis: Redis) -> None:
    process.read()
    another = Process(shop, got_with=("demoshop", "demo-storefront", "another-site"))
    another.read()
    assert another.held.access != process.held.access
    assert len(shared_keys(redis)) == 2


def ring(*keys: str) -> KeyRing:
    return KeyRing([Secret(key.encode().ljust(32, b"-")) for key in keys])


def test_token_that_an_older_key_has_sealed_still_opens(shop: Shop) -> None:
    first = Process(shop, ring=ring("old"))
    first.read()
    second = Process(shop, ring=ring("new", "old"))
    second.read()
    assert second.held == first.held
    assert asked(shop) == {GUEST: 1, REFRESH: 0}


def test_token_whose_key_is_gone_is_got_anew(shop: Shop) -> None:
    Process(shop, ring=ring("old")).read()
    Process(shop, ring=ring("new")).read()
    assert asked(shop) == {GUEST: 2, REFRESH: 0}


# Renewed


def test_due_token_is_renewed_once_and_its_emporix_session_goes_on(
    process: Process, shop: Shop, clock: FakeClock
) -> None:
    process.read()
    before, another = process.held, Process(shop)
    another.read()
    clock.advance(DUE_SECONDS)
    for one in (process, another, process, another):
        one.read()
    assert asked(shop) == {GUEST: 1, REFRESH: 1}
    assert process.held == another.held
    assert process.held.access != before.access
    assert process.held.session_id == before.session_id


def test_nobody_waits_while_a_token_that_still_serves_is_renewed(
    process: Process, shop: Shop, clock: FakeClock
) -> None:
    another = Process(shop)
    for one in (process, another):
        one.read()
    clock.advance(DUE_SECONDS)
    shop.sandbox.faults.add(REFRESH, Fault(delay_before_seconds=1.0))
    thread = threading.Thread(target=process.read)
    began = time.monotonic()
    thread.start()
    while shop.sandbox.recorder.count(REFRESH) == 0 and thread.is_alive():
        time.sleep(0.01)
    read_meanwhile = [process.read().status, another.read().status]
    is_under_way = thread.is_alive()
    thread.join()
    assert read_meanwhile == [200, 200]
    # Else the machine was too busy to see anything.
    assert is_under_way or time.monotonic() - began > 1.5
    assert asked(shop) == {GUEST: 1, REFRESH: 1}


def test_over_token_is_renewed_once_however_many_wait(process: Process, shop: Shop, clock: FakeClock) -> None:
    process.read()
    another = Process(shop)
    another.read()
    clock.advance(OVER_SECONDS)
    shop.sandbox.faults.add(REFRESH, Fault(delay_before_seconds=0.2))
    assert in_turn(8, [process, another]) == [200] * 8
    assert asked(shop) == {GUEST: 1, REFRESH: 1}


def test_refused_renewal_is_followed_by_a_new_guest(process: Process, shop: Shop, clock: FakeClock) -> None:
    process.read()
    before = process.held
    clock.advance(OVER_SECONDS)
    shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    process.read()
    assert asked(shop) == {GUEST: 2, REFRESH: 1}
    assert process.held.session_id != before.session_id


# Not known


@pytest.mark.parametrize("outcome", UNKNOWN)
def test_unknown_outcome_throws_nothing_away_and_the_old_token_serves(
    process: Process, shop: Shop, clock: FakeClock, redis: Redis, outcome: str
) -> None:
    process.read()
    before = process.held
    clock.advance(DUE_SECONDS)
    shop.sandbox.faults.add(REFRESH, UNKNOWN[outcome][0])
    for _ in range(3):
        assert process.read().status == 200
    assert asked(shop) == {GUEST: 1, REFRESH: 1}
    kept = process.record.load()
    assert kept is not None
    assert replace(kept, retry_at=0.0) == before
    # Another process does not try in turn.
    assert Process(shop).read().status == 200
    assert asked(shop) == {GUEST: 1, REFRESH: 1}


def test_after_an_unknown_outcome_it_is_tried_again_in_a_while(process: Process, shop: Shop, clock: FakeClock) -> None:
    process.read()
    before = process.held
    clock.advance(OVER_SECONDS)
    shop.sandbox.faults.add(REFRESH, UNKNOWN["502"][0], times=1)
    with pytest.raises(UpstreamUnavailable):
        process.read()
    clock.advance(1)
    with pytest.raises(UpstreamUnavailable, match="brought no answer"):
        process.read()
    assert asked(shop) == {GUEST: 1, REFRESH: 1}
    clock.advance(5)
    assert process.read().status == 200
    assert process.held.session_id == before.session_id
    assert asked(shop) == {GUEST: 1, REFRESH: 2}


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refused_guest_is_an_answer_that_makes_no_sense(process: Process, shop: Shop, status: int) -> None:
    shop.sandbox.faults.add(GUEST, refused(status))
    with pytest.raises(UpstreamMalformed):
        process.read()


def test_who_waited_shares_the_failure_of_who_asked(process: Process, shop: Shop) -> None:
    shop.sandbox.faults.add(GUEST, replace(UNKNOWN["502"][0], delay_before_seconds=0.3))
    results = at_once(5, process.read)
    assert [type(result) for result in results] == [UpstreamUnavailable] * 5
    assert asked(shop) == {GUEST: 1, REFRESH: 0}


# Rejected


def test_dead_token_is_replaced_once_and_the_read_goes_on(process: Process, shop: Shop) -> None:
    process.read()
    before = process.held
    shop.sandbox.faults.add("get_me", DEAD_BEARER, times=1)
    assert process.read().status == 200
    assert process.held.access != before.access
    assert asked(shop) == {GUEST: 1, REFRESH: 1}


def test_dead_token_is_replaced_once_for_all_who_meet_it(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = visits_of(make_shop, clock, read_seconds=3, revoke_old_access_on_refresh=True).shop
    process, another = Process(shop), Process(shop)
    for one in (process, another):
        one.read()
    process.kill()
    results = at_once(6, process.read)
    assert [result.status for result in results] == [200] * 6
    assert another.read().status == 200
    # The refresh token was spent as well.
    assert asked(shop) == {GUEST: 1, REFRESH: 1}


def test_upstream_that_refuses_every_token_is_not_asked_for_guests_without_end(
    process: Process, shop: Shop, clock: FakeClock
) -> None:
    process.read()
    shop.sandbox.faults.add("get_me", DEAD_BEARER)
    for _ in range(5):
        with pytest.raises(UpstreamMalformed, match="refuses a token it has just issued"):
            process.read()
        clock.advance(1)
    assert asked(shop) == {GUEST: 1, REFRESH: 1}
    clock.advance(REPLACED_AGAIN_SECONDS)
    shop.sandbox.faults.clear()
    assert process.read().status == 200


# Without Redis


def test_what_is_held_goes_on_serving_without_redis(
    process: Process, shop: Shop, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.read()
    without_redis(monkeypatch, shop.services.redis)
    for seconds in (0, DUE_SECONDS, 1, 1, 1):
        clock.advance(seconds)
        assert process.read().status == 200
    assert asked(shop) == {GUEST: 1, REFRESH: 0}
    clock.advance(OVER_SECONDS - DUE_SECONDS)
    assert process.read().status == 200
    assert asked(shop) == {GUEST: 1, REFRESH: 1}


def test_each_process_gets_its_own_without_redis_and_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    without_redis(monkeypatch, shop.services.redis)
    processes = [Process(shop) for _ in range(2)]
    for one in processes * 3:
        assert one.read().status == 200
    assert asked(shop) == {GUEST: 2, REFRESH: 0}


def test_failure_without_redis_is_shared_too(process: Process, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    without_redis(monkeypatch, shop.services.redis)
    shop.sandbox.faults.add(GUEST, replace(UNKNOWN["502"][0], delay_before_seconds=0.3))
    results = at_once(4, process.read)
    assert [type(result) for result in results] == [UpstreamUnavailable] * 4
    assert asked(shop) == {GUEST: 1, REFRESH: 0}


def test_own_token_gives_way_to_the_shared_one_once_redis_is_back(
    process: Process, shop: Shop, clock: FakeClock
) -> None:
    process.read()
    with pytest.MonkeyPatch.context() as patch:
        without_redis(patch, shop.services.redis)
        lonely = Process(shop)
        lonely.read()
    assert lonely.held != process.held
    clock.advance(DUE_SECONDS)
    process.read()
    lonely.read()
    assert lonely.held == process.held
    assert asked(shop) == {GUEST: 2, REFRESH: 1}
