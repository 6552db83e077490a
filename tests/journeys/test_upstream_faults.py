"""Every operation, built in and declared, with everything that can go wrong on the way to upstream.

Each time: the documented answer, nothing sent again that must not be, and nobody signed out. The requests to the
declared rows are those of the walk through all of them, the others those of the contract's expectations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bff.config.settings import Settings
from bff.emporix import circuits
from bff.emporix.client import Call
from bff.errors import BffError
from bff.factory import create_app
from bff.operations.model import Operation, Performer
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES
from bff.secret import Secret
from bff.web.errors import fault_of
from bff.wiring import build_services
from tests.journeys import test_storefront_walk as walk
from tests.support.fakes.fault_proxy import FaultProxy, Way
from tests.support.journeys.contract_bench import ORIGIN, Bench, go
from tests.support.journeys.contract_expectations import EXPECTATIONS
from tests.support.journeys.contract_shapes import Handed, Use, Visitor
from tests.support.journeys.recording_upstream import RecordingUpstream
from tests.support.journeys.upstream_faults import FAULTS, PAGE, SLOW, outcome
from tests.support.shop import Browser, Shop, ShopMaker
from tests.support.storefront import every_set, written

SHARE = 4
"""One cell of so many is tried in each run, so that each operation and each fault has its turn; the rest in `more`."""
FAST = [name for name in FAULTS if name not in SLOW]
ENVIRONMENT = {
    "EMPORIX_SITE": "main",
    "EMPORIX_SITES": "main,us",
    "EMPORIX_CURRENCY": "EUR",
    "EMPORIX_COUNTRY": "DE",
    "BFF_RATE_LIMIT_API": "off",
    "BFF_RATE_LIMIT_GUEST": "off",
    "BFF_RATE_LIMIT_MAIL": "off",
}
Told = tuple[int, str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One request, and the row of the call that goes wrong in it."""

    operation: Operation
    send: Callable[[], tuple[Told, str, bytes]]
    """Returns what was answered, what the session is after it, and all that was said."""
    state: str = "authenticated"


@pytest.fixture(autouse=True)
def _no_circuit_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuits, "MOST_FAILURES", 10**9)


def is_of(operation: Operation) -> Callable[[bytes], bool]:
    """Return what knows the first line of an operation's requests."""
    path = re.sub(r"\\{[^}]*\\}", "[^/?]+", re.escape(operation.path))
    pattern = re.compile(rf"{operation.method} {path}(\?\S*)? HTTP/1\.1".encode())
    return lambda line: pattern.fullmatch(line) is not None


def differences(cell: Cell, proxy: FaultProxy, fault: str) -> list[str]:
    """Make one thing go wrong, and return what is not as documented."""
    expected = outcome(cell.operation, fault)
    seen = proxy.upset(FAULTS[fault], is_of(cell.operation))
    try:
        told, state, said = cell.send()
    finally:
        proxy.calm()
    found = []
    if told not in expected.answers:
        found.append(f"answered {told}, expected one of {sorted(map(str, expected.answers))}")
    if FAULTS[fault].way is not Way.REFUSED and seen.came == 0:
        found.append("upstream was not asked")
    if seen.came > expected.most_sent or seen.passed > expected.most_passed:
        found.append(f"sent {seen.came} times, and passed on {seen.passed} times")
    if state != cell.state:
        found.append(f"{state} afterwards")
    if PAGE in said or b"canary" in said:
        found.append("the answer shows what upstream said")
    return [f"{cell.operation.name}, {fault}: {one}" for one in found]


def tried(cells: list[Cell], proxy: FaultProxy, faults: list[str], share: int) -> list[str]:
    found = []
    for number, cell in enumerate(cells):
        for turn, fault in enumerate(faults):
            if (number + turn) % share == 0:
                found += differences(cell, proxy, fault)
    return found


class Noted(walk.Walker):
    """A walker who notes how each row was first asked for."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.asked: dict[str, tuple[str, str, dict[str, Any]]] = {}

    def __call__(self, method: str, path: str, expected: int = 200, **request: Any) -> Any:
        answer = super().__call__(method, path, expected, **request)
        last = list(self.shop.sandbox.recorder)[-1].operation
        if last is not None and str(last.value) not in OPERATIONS:
            self.asked.setdefault(str(last.value), (method, f"/api{path}", request))
        return answer


@dataclass(frozen=True, kw_only=True)
class DeclaredBench:
    """A customer of a company in a shop with every shipped row, behind the proxy."""

    shop: Shop
    proxy: FaultProxy
    browser: Browser
    asked: dict[str, tuple[str, str, dict[str, Any]]]

    def cells(self) -> list[Cell]:
        rows = self.shop.services.operations
        return [Cell(operation=rows[name], send=lambda name=name: self.send(name)) for name in sorted(self.asked)]  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def send(self, name: str) -> tuple[Told, str, bytes]:
        for key in self.shop.redis.scan_iter("bff:*rate:*"):
            # The rows' own limits are another test's.
            self.shop.redis.delete(key)
        method, path, request = self.asked[name]
        answer = self.browser.request(method, path, **request)
        body = answer.get_json() if answer.is_json and answer.status_code >= 400 else {}
        told = answer.status_code, body.get("type"), answer.headers.get("Retry-After")
        return told, self.browser.session()["state"], answer.get_data()


def declared_bench(make_shop: ShopMaker, folder: Path, proxy: FaultProxy, shop: Shop) -> DeclaredBench:
    noted = Noted(shop)
    guests = noted.filled()
    noted.browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    noted("POST", "/session/refresh", json={"legalEntityId": LEGAL_ENTITIES[0].id})
    walk.browse(noted)
    cart = walk.fill(noted)
    noted("POST", f"/cart/carts/{cart}/merge", json={"carts": [guests]})
    noted("POST", "/cart/carts/search", json={})
    walk.prepare(noted)
    walk.sent_back(noted, walk.checked_out(noted, cart))
    for step in (walk.quoted, walk.approved, walk.liked, walk.managed):
        step(noted)
    # Another application, which keeps no answers yet.
    services = build_services(shop.settings)
    noted.browser.client.application = create_app(shop.settings, services)
    return DeclaredBench(shop=replace(shop, services=services), proxy=proxy, browser=noted.browser, asked=noted.asked)


@pytest.fixture
def declared(make_shop: ShopMaker, tmp_path: Path) -> Iterator[DeclaredBench]:
    sandbox, url = make_shop.sandbox()
    with FaultProxy(url) as proxy:
        environment = {**ENVIRONMENT, "BFF_STOREFRONT": str(written(tmp_path, every_set()))}
        settings = Settings.from_env(make_shop.environment(proxy.url, **environment))
        services = build_services(settings)
        app = create_app(settings, services)
        redis = services.redis
        shop = Shop(app=app, services=services, settings=settings, sandbox=sandbox, redis=redis, clock=None)
        yield declared_bench(make_shop, tmp_path, proxy, shop)


BuiltIn = tuple[FaultProxy, list[Cell], list[Cell]]
"""The proxy, all operations, and all of them where upstream is not waited for long."""


class Behind(RecordingUpstream):
    """An upstream that is reached through a proxy."""

    proxy: FaultProxy | None = None

    @property
    def url(self) -> str:
        return super().url if self.proxy is None else self.proxy.url


QUICK = {"EMPORIX_CONNECT_TIMEOUT": "1", "EMPORIX_READ_TIMEOUT": "1"}
"""For what never answers."""


@pytest.fixture
def built_in(redis: Redis, make_shop: ShopMaker) -> Iterator[BuiltIn]:
    with Behind() as upstream, FaultProxy(upstream.url) as proxy:
        upstream.proxy = proxy
        bench = Bench(upstream, redis, make_shop.environment("")["REDIS_URL"])
        uses = [(expected.operation, expected.uses[0]) for expected in EXPECTATIONS]
        hurried = [(name, replace(use, settings={**use.settings, **QUICK})) for name, use in uses]
        yield proxy, [_cell(bench, *one) for one in uses], [_cell(bench, *one) for one in hurried]


def _cell(bench: Bench, name: str, use: Use) -> Cell:
    operation = bench.table[name]
    signed_in = use.by is Visitor.CUSTOMER and operation.performer is not Performer.SIGN_OUT
    state = "authenticated" if signed_in else "guest"
    way = use.through if isinstance(use.through, Handed) else use.through[0]
    services, app = bench.app(use.settings).services, bench.app(use.settings)

    def handed(way: Handed) -> Told:
        try:
            reply = services.client.call(operation, Call(values=way.values), Secret(way.bearer))
        except BffError as err:
            fault = fault_of(err)
            again = fault.retry_after_seconds
            return fault.status, fault.type, None if again is None else str(again)
        return reply.status, None, None

    def send() -> tuple[Told, str, bytes]:
        if isinstance(way, Handed):
            return handed(way), state, b""
        answered = go(bench, name, use, way)
        assert answered.cookie is not None
        cookie = f"{services.settings.cookie.name}={answered.cookie.value.reveal()}"
        after = app.test_client(use_cookies=False).get("/api/session", base_url=ORIGIN, headers={"Cookie": cookie})
        kind = re.search(rb'"type": ?"([a-z_]+)"', answered.body) if answered.status >= 400 else None
        again = re.search(r"Retry-After: (\d+)", answered.headers)
        told = answered.status, kind and kind[1].decode(), again and again[1]
        return told, after.get_json()["state"], answered.body

    return Cell(operation=operation, send=send, state=state)


def test_built_in_operations_in_trouble(built_in: BuiltIn) -> None:
    proxy, cells, _ = built_in
    assert len(cells) == len(OPERATIONS)
    found = tried(cells, proxy, FAST, SHARE)
    assert not found, "\n".join(found)


def test_declared_operations_in_trouble(declared: DeclaredBench) -> None:
    cells = declared.cells()
    assert {cell.operation.name for cell in cells} >= set(declared.shop.services.operations) - set(OPERATIONS)
    found = tried(cells, declared.proxy, FAST, SHARE)
    assert not found, "\n".join(found)


@pytest.mark.more
def test_built_in_operations_in_every_trouble(built_in: BuiltIn) -> None:
    proxy, cells, hurried = built_in
    found = tried(cells, proxy, FAST, 1) + tried(hurried, proxy, list(SLOW), 1)
    assert not found, "\n".join(found)


@pytest.mark.more
def test_declared_operations_in_every_trouble(declared: DeclaredBench) -> None:
    found = tried(declared.cells(), declared.proxy, FAST, 1)
    assert not found, "\n".join(found)


@pytest.mark.more
@pytest.mark.parametrize("fault", SLOW)
def test_declared_operations_that_upstream_takes_too_long_for(declared: DeclaredBench, fault: str) -> None:
    shop, recorder = declared.shop, declared.shop.sandbox.recorder
    emporix = replace(shop.settings.emporix, connect_timeout_seconds=1.0, read_timeout_seconds=1.0)
    settings = replace(shop.settings, emporix=emporix)
    rows = {name: replace(one, read_timeout_seconds=None) for name, one in shop.services.operations.items()}
    app = create_app(settings, build_services(settings, operations=rows))
    before = {name: recorder.count(name) for name in declared.asked}
    declared.proxy.upset(FAULTS[fault], lambda line: b" /customerlogin/" not in line)

    def ask(cell: Cell) -> list[str]:
        visitor = Browser(app.test_client(), base_url=declared.browser.base_url)
        visitor.cookie, visitor.csrf = declared.browser.cookie, declared.browser.csrf
        told, state, _ = replace(declared, browser=visitor).send(cell.operation.name)
        is_fine = told in outcome(cell.operation, fault).answers and state == "authenticated"
        return [] if is_fine else [f"{cell.operation.name}: {told}, {state}"]

    with ThreadPoolExecutor(8) as crowd:
        found = [one for wrong in crowd.map(ask, declared.cells()) for one in wrong]
    declared.proxy.calm()
    found += [f"{name}: sent again" for name, count in before.items() if recorder.count(name) - count > 1]
    assert not found, "\n".join(found)
