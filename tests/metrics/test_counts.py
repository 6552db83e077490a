"""What is counted is what happened, and no label holds what a client chose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from bff.errors import BffError
from bff.events import Event
from bff.log import Log
from bff.metrics.catalogue import METRICS, SIGN_INS, TOLD_EVENTS, Kind
from bff.metrics.counts import _UNKNOWN, METHODS, Counts
from bff.metrics.exposition import exposition
from bff.metrics.sheet import Sheet
from bff.metrics.spent import Spent
from bff.metrics.totals import Totals
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.sandbox.settings import SandboxSettings
from bff.wiring import build_services
from tests.support.declared_rows import DECLARED_ROWS
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.audit_drives import DRIVES, TYPED, Listener, Scene, listening
from tests.support.leaks import hits
from tests.support.shop import Shop, ShopMaker


class Counted:
    """Numbers of one process, as a scrape brings them."""

    def __init__(self) -> None:
        self.totals = Totals()
        self.counts = Counts(self.totals.sheet_for(1))

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        """Return what is not 0, by its labels; of a histogram how many there are."""
        found = {}
        for (series, *labels), values in self.totals.now().items():
            if series == name:
                found[tuple(labels)] = values[-1] if len(values) <= 2 else sum(values[:-1])
        return {labels: value for labels, value in found.items() if value}

    @property
    def text(self) -> str:
        return exposition(self.totals, "1.2.3").decode()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Whatever is built in the test counts here."""
    one = Counted()
    monkeypatch.setattr("bff.wiring.Log", lambda logger, pseudonym, counts: Log(logger, pseudonym, one.counts))
    return one


@pytest.fixture
def shop(make_shop: ShopMaker, clock: FakeClock, counted: Counted) -> Shop:
    return make_shop(clock=clock)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as one:
        yield one


@pytest.mark.parametrize("name", DRIVES)
def test_every_line_of_the_audit_log_is_counted_and_no_number_tells_of_whom(
    name: str, make_shop: ShopMaker, clock: FakeClock, listener: Listener, counted: Counted
) -> None:
    scene = Scene(maker=make_shop, clock=clock, listener=listener)
    # The scene's own listener forgets the lines of what led there.
    with listening() as heard:
        DRIVES[name](scene)
    audited = {event.label for event in Event if event.when is not None}
    told = {labels[0]: value for labels, value in counted.of("bff_events_total").items() if labels[0] in audited}
    assert told == Counter(line.partition('"event": "')[2].partition('"')[0] for line in heard.lines)
    issued = [one.value for one in scene.shop.sandbox.issued]
    mailed = [mail.token for mail in scene.shop.sandbox.mails if mail.token]
    secrets = {secret.encode() for secret in (*issued, *mailed, *scene.secrets, *TYPED) if secret}
    assert hits(counted.text.encode(), secrets) == set()
    assert "127.0.0.1" not in counted.text


def test_sign_ins_are_counted_by_operation_and_outcome(shop: Shop, counted: Counted) -> None:
    browser = shop.browser()
    browser.session()
    assert browser.post("/api/login", {"email": B2C_EMAIL, "password": "wrong"}).status_code == 401
    shop.sandbox.faults.add("login", Fault(cut=Cut.BEFORE_EFFECT), times=1)
    assert browser.post("/api/login", {"email": B2C_EMAIL, "password": B2C_PASSWORD}).status_code == 503
    browser.sign_in()
    for _ in range(20):
        answer = shop.browser()
        answer.session()
        status = answer.post("/api/login", {"email": B2C_EMAIL, "password": "wrong"}).status_code
    assert status == 429
    found = counted.of("bff_sign_ins_total")
    assert found["login", "done"] == 1
    assert found["login", "unknown"] == 1
    assert found["login", "refused"] + found["login", "limited"] == 21
    assert counted.of("bff_limited_total")["login", "email_and_address"] == found["login", "limited"] > 1


def test_sessions_are_counted_as_they_begin_and_as_they_end(shop: Shop, counted: Counted) -> None:
    browser = shop.signed_in()
    assert counted.of("bff_sessions_made_total") == {("guest",): 1, ("customer",): 1}
    assert browser.post("/api/logout").status_code == 200
    assert counted.of("bff_sessions_ended_total") == {("signed out",): 1}


def test_calls_to_emporix_are_counted_by_operation_and_by_what_came(shop: Shop, counted: Counted) -> None:
    browser = shop.signed_in()
    shop.sandbox.faults.add("get_me", Fault(answer=CannedResponse(status=500)), times=1)
    browser.get("/api/me")
    shop.sandbox.faults.add("get_me", Fault(answer=CannedResponse(status=404)), times=1)
    browser.get("/api/me")
    shop.sandbox.faults.add("get_me", Fault(cut=Cut.BEFORE_EFFECT), times=4)
    browser.get("/api/me")
    calls = counted.of("bff_upstream_calls_total")
    assert calls["login", "2xx"] == calls["get_me", "2xx"] == calls["get_me", "5xx"] == calls["get_me", "4xx"] == 1
    assert calls["get_me", "broken"] == 1
    assert counted.of("bff_upstream_call_seconds")[("get_me",)] == 4
    assert {labels[0] for labels in calls} <= set(OPERATIONS)


def test_refreshes_are_counted_by_whose_and_by_outcome(
    make_shop: ShopMaker, clock: FakeClock, counted: Counted
) -> None:
    shop = make_shop(SandboxSettings(customer_access_seconds=600), clock=clock)
    browser = shop.signed_in()
    clock.advance(599)
    browser.get("/api/me")
    found = counted.of("bff_token_refreshes_total")
    assert found["customer", "done"] == 1
    shop.sandbox.faults.add("refresh_auth_token", Fault(answer=CannedResponse(status=500)))
    clock.advance(599)
    browser.get("/api/me")
    assert counted.of("bff_token_refreshes_total")["customer", "unknown"] == 1


def test_refusal_of_another_sites_request_is_counted_by_its_reason(shop: Shop, counted: Counted) -> None:
    browser = shop.signed_in()
    browser.post("/api/logout", headers={"Sec-Fetch-Site": "cross-site"})
    browser.get("/api/me", headers={"Sec-Fetch-Site": "same-site"})
    browser.post("/api/logout", headers={"X-CSRF-Token": "forged"})
    found = counted.of("bff_csrf_refusals_total")
    assert found["another origin",] == found["a read from another site",] == 1
    assert sum(found.values()) == 3


def test_each_request_over_the_limit_is_counted_though_the_first_alone_is_logged(
    make_shop: ShopMaker, counted: Counted
) -> None:
    browser = make_shop(BFF_RATE_LIMIT_API="3/minute").browser()
    for _ in range(8):
        browser.get("/api/session")
    assert counted.of("bff_limited_total")["api", "session"] > 3
    assert counted.of("bff_events_total")[("rate_limited",)] == 1


def test_readiness_follows_redis(shop: Shop, counted: Counted) -> None:
    shop.services.readiness.check()
    assert counted.of("bff_ready") == {(): 1}


def test_whatever_is_asked_makes_so_many_series_and_no_more() -> None:
    counted = Counted()
    for number in range(2000):
        counted.counts.request(f"METHOD{number}", None, 404, 0.1, Spent())
    assert counted.of("bff_requests_total") == {("other", "unknown", "404"): 2000}


def test_unknown_paths_and_methods_are_one_label_over_http(make_shop: ShopMaker) -> None:
    counted = Counted()
    shop = make_shop(services=partial(build_services, counts=counted.counts))
    browser = shop.browser()
    for number in range(30):
        browser.get(f"/{number}/nothing?{number}")
        browser.get(f"/api/me/addresses/id-{number}")
        browser.request(f"BREW{number}", "/login")
        browser.get("/", headers={"Host": f"host-{number}.example"})
    series = set(counted.of("bff_requests_total"))
    assert len(series) < 10
    assert {method for method, _, _ in series} <= METHODS | {"other"}
    assert {route for _, route, _ in series} <= {rule.rule for rule in shop.app.url_map.iter_rules()} | {"unknown"}
    assert ("GET", "/api/me/addresses/<addressId>", "401") in series
    assert "id-1" not in counted.text
    assert "host-1" not in counted.text


def test_declared_rows_are_counted_by_name_and_template_whatever_is_asked_for(make_shop: ShopMaker) -> None:
    counted, table = Counted(), {**OPERATIONS, **DECLARED_ROWS}
    shop = make_shop(services=partial(build_services, operations=table, counts=counted.counts))
    customer = shop.signed_in()
    before = set(counted.of("bff_upstream_calls_total"))
    for number in range(20):
        customer.get(f"/api/order-v2/orders/of/order-{number}")
        customer.get(f"/api/order-v2/orders?pageNumber={number + 1}")
        customer.delete(f"/api/cart/carts/cart-{number}")
    names = {name for name, _ in set(counted.of("bff_upstream_calls_total")) - before}
    assert {"orders", "cart_delete"} <= names <= set(DECLARED_ROWS)
    routes = {(method, route) for method, route, _ in counted.of("bff_requests_total")}
    assert {("GET", "/api/order-v2/orders"), ("DELETE", "/api/cart/carts/<cartId>")} <= routes
    assert "order-1" not in counted.text
    assert "cart-1" not in counted.text


def test_largest_table_that_a_file_may_declare_finds_room() -> None:
    sheet = Sheet()
    counts, spent = Counts(sheet), Spent(redis_seconds=0.1, upstream_seconds=0.1)
    statuses = (200, 201, 204, 207, 304, 400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 500, 502, 503, 504)
    for number in range(1_000):
        route = f"/api/a-service-of-emporix/things/<thingId>/parts/<partId>/some-more-words/{number}"
        # Half of them are reads, which HEAD can ask for too.
        for method in ("GET", "HEAD") if number % 2 else ("POST",):
            for status in statuses:
                counts.request(method, route, status, 0.1, spent)
        for came in (200, 302, 400, 500, "not connected", "connect timeout", "read timeout", "too large", "cut off"):
            outcome = {
                "status": came if isinstance(came, int) else None,
                "reason": came if isinstance(came, str) else None,
            }
            fields = {"operation": f"a_row_with_a_long_name_{number}", "ms": 5.0, **outcome}
            counts.event(Event.UPSTREAM_CALL, fields)
    assert sheet.left_out == 0


def test_time_of_a_request_is_told_by_its_parts() -> None:
    counted = Counted()
    counted.counts.request("GET", "/a", 200, 0.5, Spent(redis_seconds=0.125, upstream_seconds=0.25))
    counted.counts.request("GET", "/a", 200, 0.5, Spent())
    assert counted.of("bff_request_seconds") == {("GET", "/a"): 2}
    assert counted.of("bff_redis_seconds") == {(): 1}
    waiting = counted.of("bff_request_waiting_seconds_total")
    assert waiting == {("GET", "/a", "redis"): 0.125, ("GET", "/a", "upstream"): 0.25}


def test_names_that_stand_for_classes_and_operations_are_theirs() -> None:
    def below(kind: type[BaseException]) -> set[str]:
        return {kind.__name__}.union(*map(below, kind.__subclasses__()))

    assert below(BffError) >= _UNKNOWN
    assert set(OPERATIONS) >= set(SIGN_INS)
    assert Event.REQUEST not in TOLD_EVENTS


def test_names_are_what_prometheus_expects() -> None:
    for metric in METRICS:
        assert metric.name.startswith("bff_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.name.endswith("_seconds") or metric.kind is not Kind.HISTOGRAM
        assert all(len(known) == len(metric.labels) for known in metric.known)
    assert len({metric.name for metric in METRICS}) == len(METRICS)
