"""An order is never placed twice, whatever breaks: counted at the upstream that carries calls out."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.emporix import circuits
from tests.support.journeys.breaking_upstream import BreakingUpstream, Moment
from tests.support.journeys.hostile_targets import Target, targets_of
from tests.support.journeys.storefront_bench import Ask, StorefrontBench, Visitor
from tests.support.journeys.storefront_served import Served, served
from tests.support.patience import eventually

ORDER = "/checkout/shop/checkouts/order"
OURS = "/api/checkout/checkouts/order"
CART = json.dumps({"cartId": "cart-1", "note": "x" * 50_000}).encode()
"""Large enough to break off within."""
ENDLESS = (Moment.SILENT, Moment.SLOW)
each_moment = pytest.mark.parametrize("moment", [one for one in Moment if one not in (*ENDLESS, Moment.DEAD_BEARER)])
each_visitor = pytest.mark.parametrize("visitor", [Visitor.EMPLOYEE, Visitor.GUEST])


@pytest.fixture(autouse=True)
def _no_circuit_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every order is to meet the trouble.
    monkeypatch.setattr(circuits, "MOST_FAILURES", 10**9)


@pytest.fixture(scope="module")
def upstream() -> Iterator[BreakingUpstream]:
    with BreakingUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def bench(
    upstream: BreakingUpstream, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StorefrontBench]:
    file = tmp_path_factory.mktemp("storefront") / "storefront.toml"
    with Redis.from_url(redis_server.url) as redis:
        yield StorefrontBench(upstream, redis, redis_server.url, file)


@pytest.fixture(scope="module")
def hasty(
    upstream: BreakingUpstream, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StorefrontBench]:
    """The same with little patience, where nothing but its end is waited for."""
    file = tmp_path_factory.mktemp("storefront") / "storefront.toml"
    with Redis.from_url(redis_server.url) as redis:
        yield StorefrontBench(
            upstream,
            redis,
            redis_server.url,
            file,
            # A row of its own patience would wait for as long as a payment takes.
            changes={"read_timeout_seconds": None},
            environment={"EMPORIX_CONNECT_TIMEOUT": "0.4", "EMPORIX_READ_TIMEOUT": "0.6"},
        )


def order(bench: StorefrontBench, visitor: Visitor) -> tuple[int, str]:
    """Place an order; return our status, and the type of a refusal."""
    answer = bench.ask(visitor, Ask(verb="POST", path=OURS, body=CART))
    content = answer.get_json(silent=True)
    assert isinstance(content, dict), answer.data
    return answer.status_code, content.get("type", "")


@each_visitor
@each_moment
def test_order_goes_out_once_whatever_becomes_of_it(
    bench: StorefrontBench, upstream: BreakingUpstream, moment: Moment, visitor: Visitor
) -> None:
    # Were it sent again, it would go well.
    upstream.will(ORDER, moment, Moment.ANSWERED)
    status, type = order(bench, visitor)
    is_good = moment in (Moment.ANSWERED, Moment.KEPT)
    assert (status == 200) == is_good, type
    assert upstream.begun == 1
    assert upstream.executed == (0 if moment.name.startswith("RESET") and "executed" not in moment.value else 1)


@each_moment
def test_order_on_a_kept_connection_goes_out_once(
    bench: StorefrontBench, upstream: BreakingUpstream, moment: Moment
) -> None:
    upstream.will(ORDER, Moment.KEPT, moment, Moment.ANSWERED)
    assert order(bench, Visitor.EMPLOYEE)[0] == 200
    order(bench, Visitor.EMPLOYEE)
    assert upstream.begun == 2, "one for each click"


@pytest.mark.parametrize("moment", ENDLESS)
def test_order_whose_answer_does_not_come_in_time_goes_out_once(
    hasty: StorefrontBench, upstream: BreakingUpstream, moment: Moment
) -> None:
    upstream.will(ORDER, moment, Moment.ANSWERED)
    assert order(hasty, Visitor.EMPLOYEE) == (504, "upstream_timeout")
    eventually(lambda: upstream.executed == 1)
    upstream.let_go.set()
    assert upstream.begun == 1


@each_visitor
def test_dead_bearer_is_replaced_and_the_order_placed_once(
    bench: StorefrontBench, upstream: BreakingUpstream, visitor: Visitor
) -> None:
    upstream.will(ORDER, Moment.DEAD_BEARER, Moment.ANSWERED)
    assert order(bench, visitor) == (200, "")
    assert (upstream.begun, upstream.executed) == (2, 1)


@pytest.mark.parametrize("second", [Moment.RESET_AFTER_BODY, Moment.CLOSED_WITHIN_ANSWER, Moment.UNAVAILABLE_503])
def test_what_breaks_after_a_dead_bearer_is_not_sent_again(
    bench: StorefrontBench, upstream: BreakingUpstream, second: Moment
) -> None:
    upstream.will(ORDER, Moment.DEAD_BEARER, second, Moment.ANSWERED)
    assert order(bench, Visitor.EMPLOYEE) == (503, "upstream_unavailable")
    assert (upstream.begun, upstream.executed) == (2, 1)


def test_bearer_that_stays_dead_is_not_tried_for_ever(bench: StorefrontBench, upstream: BreakingUpstream) -> None:
    upstream.will(ORDER, Moment.DEAD_BEARER)
    assert order(bench, Visitor.EMPLOYEE) == (502, "upstream_error")
    assert (upstream.begun, upstream.executed) == (2, 0)


@pytest.mark.parametrize("share", [0, pytest.param(1, marks=pytest.mark.more), pytest.param(2, marks=pytest.mark.more)])
def test_no_row_that_changes_anything_is_sent_again(
    bench: StorefrontBench, upstream: BreakingUpstream, share: int
) -> None:
    found = []
    targets = [target for target in targets_of(bench) if target.row.mutates]
    assert len(targets) > 40
    for number, target in enumerate(targets):
        # Another one for each row; all shares together are all of them for all rows.
        moment = (Moment.RESET_AFTER_BODY, Moment.CLOSED_AFTER_BODY, Moment.UNAVAILABLE_503)[(number + share) % 3]
        upstream.will(upstream_path(bench, upstream, target), moment, Moment.ANSWERED, good=target.answer)
        answer = bench.ask(Visitor.EMPLOYEE, target.ask())
        if (upstream.begun, answer.status_code) != (1, 503):
            found.append(f"{target.id}, {moment.name}: {upstream.begun} times, {answer.status_code}")
    assert found == []


def upstream_path(bench: StorefrontBench, upstream: BreakingUpstream, target: Target) -> str:
    """Return where a row's request arrives."""
    upstream.will("/nowhere", Moment.ANSWERED)
    upstream.start_over()
    upstream.answer_unknown(target.answer)
    bench.ask(Visitor.EMPLOYEE, target.ask())
    return upstream.arrived[-1].path


@pytest.fixture(scope="module")
def site(
    upstream: BreakingUpstream, redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    upstream.will("/nowhere", Moment.ANSWERED)
    with served(upstream, redis_server.url, tmp_path_factory.mktemp("site"), BFF_WORKERS="2") as running:
        yield running


def click_of(site: Served, came: list[bytes]) -> threading.Thread:
    """Place an order by the side; what comes back is kept."""
    click = threading.Thread(target=lambda: came.append(site.send(f"POST {OURS} HTTP/1.1".encode(), body=CART)))
    click.start()
    return click


def test_order_of_a_killed_worker_is_not_placed_again(site: Served, upstream: BreakingUpstream) -> None:
    upstream.will(ORDER, Moment.SILENT, Moment.ANSWERED)
    came: list[bytes] = []
    click = click_of(site, came)
    assert upstream.held.wait(60)
    before = site.workers()
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    click.join(60)
    assert came == [b""], "nobody can say what became of it"
    eventually(lambda: not site.workers() & before and site.server.ask(b"GET /healthz HTTP/1.1").status == 200)
    upstream.let_go.set()
    assert (upstream.begun, upstream.executed) == (1, 1)
    # The session lives on, and the next click is one more call.
    (answer,) = site.ask(f"POST {OURS} HTTP/1.1".encode(), body=CART)
    assert answer.status == 200
    assert (upstream.begun, upstream.executed) == (2, 2)


def test_order_of_a_server_that_is_told_to_stop_is_placed_once(site: Served, upstream: BreakingUpstream) -> None:
    # The last one here: there is no server afterwards.
    upstream.will(ORDER, Moment.SLOW, Moment.ANSWERED)
    came: list[bytes] = []
    click = click_of(site, came)
    eventually(lambda: upstream.executed == 1)
    os.kill(site.server.pid, signal.SIGTERM)
    upstream.let_go.set()
    click.join(60)
    assert (upstream.begun, upstream.executed) == (1, 1)
