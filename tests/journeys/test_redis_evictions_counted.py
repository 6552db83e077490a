"""A Redis that is short of memory drops what is counted for all processes, and the tokens that they share."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bff.commands.checks.redis_uses import REDIS_USES
from bff.config.model import Rate
from bff.operations.model import Credential
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import Fault
from tests.support.declared_shop import DeclaredShop, declared_shop, row
from tests.support.documents import document, section
from tests.support.fakes.shared_tokens import Process
from tests.support.journeys.evictions import BROWSERS, DROPPED, LIMIT, READS, ROW_COUNT, SHARED, SHARED_LOCK, drop
from tests.support.patience import eventually
from tests.support.shop import Browser, Shop, ShopMaker

CROWD = 4
WRONG = "Wrong-Harbour-00"
RATE = Rate(count=3, window_seconds=60)
ROWS = (
    row("ask", "GET", "/asked/{tenant}/things", rate=RATE),
    row("stock", "GET", "/availability/{tenant}/stock", accepts=(Credential.SHARED,)),
)


# Whom a limit is for


def test_browser_that_is_no_longer_known_is_limited_like_any_other_until_it_signs_in(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="99/minute;99/minute;2/hour")
    browser, stranger = shop.signed_in(), shop.browser()
    assert browser.post("/api/logout").status_code == 200
    stranger.session()

    def tried(by: Browser, password: str) -> int:
        return by.post("/api/login", json={"email": B2C_EMAIL, "password": password}).status_code

    assert [tried(stranger, WRONG) for _ in range(3)] == [401, 401, 429]
    drop(shop.redis, BROWSERS)
    assert tried(browser, B2C_PASSWORD) == 429
    drop(shop.redis, LIMIT)
    assert [tried(stranger, WRONG) for _ in range(2)] == [401, 401], "a dropped count begins anew"
    drop(shop.redis, LIMIT)
    assert tried(browser, B2C_PASSWORD) == 200
    assert [tried(stranger, WRONG) for _ in range(3)] == [401, 401, 429]
    assert tried(browser, B2C_PASSWORD) == 200


@pytest.fixture
def declared(make_shop: ShopMaker) -> Iterator[DeclaredShop]:
    with declared_shop(make_shop, *ROWS, BFF_RATE_LIMIT_API="5/minute") as shop:
        yield shop


@pytest.mark.parametrize(
    ("kind", "path", "most"), [(ROW_COUNT, "/api/asked/things", 3), (READS, "/api/availability/stock", 5)]
)
def test_count_that_is_dropped_begins_anew(declared: DeclaredShop, kind: str, path: str, most: int) -> None:
    browser = declared.browser() if kind is ROW_COUNT else declared.stranger()
    assert [browser.get(path).status_code for _ in range(most + 1)][most - 1 :] == [200, 429]
    drop(declared.services.redis, kind)
    assert browser.get(path).status_code == 200


# The server's own guest


def test_servers_own_token_that_is_dropped_is_got_anew_by_who_does_not_hold_it(shop: Shop) -> None:
    one, two = Process(shop), Process(shop)
    shop.sandbox.recorder.clear()
    one.read()
    drop(shop.redis, SHARED)
    one.read()
    assert shop.sandbox.recorder.count("anonymous_login") == 1
    two.read()
    assert shop.sandbox.recorder.count("anonymous_login") == 2
    assert one.held.access != two.held.access
    one.read()


def test_servers_own_token_whose_lock_is_dropped_is_got_once_more_at_most(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    processes = [Process(shop) for _ in range(CROWD)]
    shop.sandbox.recorder.clear()
    hold = threading.Event()
    shop.sandbox.faults.add("anonymous_login", Fault(hold_before=hold), times=1)
    with ThreadPoolExecutor(CROWD) as pool:
        try:
            first = pool.submit(processes[0].read)
            eventually(lambda: shop.sandbox.recorder.count("anonymous_login"))
            drop(shop.redis, SHARED_LOCK)
            for read in [pool.submit(one.read) for one in processes[1:]]:
                assert read.result().status == 200
        finally:
            hold.set()
        assert first.result().status == 200
    assert shop.sandbox.recorder.count("anonymous_login") == 2
    assert [one.getMessage() for one in caplog.records].count("lock_not_released") == 1


# All there is


def test_whatever_is_kept_is_dropped_by_a_test_that_the_operator_is_told_of() -> None:
    records = {f"bff:{{<sid>}}:{record}" for record in ("web", "tokens", "device", "ended", "rate")}
    never_seen = {"bff:ready"}
    assert DROPPED | records | never_seen == {kept.key for use in REDIS_USES for kept in use.kept}
    told = section(document("operating.md"), "When something fails")
    for file in (Path(__file__).with_name("test_redis_evictions.py"), Path(__file__)):
        names = re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert names
        untold = {name for name in names if f"`tests/journeys/{file.name}::{name}`" not in told}
        assert untold <= {"test_whatever_is_kept_is_dropped_by_a_test_that_the_operator_is_told_of"}
