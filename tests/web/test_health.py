"""The probes: to anybody, at no cost, and truthful about Redis."""

from __future__ import annotations

import pytest

from tests.support.footprint import footprint
from tests.support.shop import COOKIE, Shop, ShopMaker


def test_both_answer(shop: Shop) -> None:
    client = shop.app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ok", "parts": {"redis": "ok"}}


def test_without_redis_the_process_lives_and_is_not_ready(make_shop: ShopMaker) -> None:
    client = make_shop(REDIS_URL="redis://127.0.0.1:1").app.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["parts"]) == (503, {"redis": "unavailable"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=x", f"{COOKIE}=x; {COOKIE}=y"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_probe_leaves_nothing_behind(shop: Shop, path: str, cookie: str, method: str) -> None:
    before = footprint(shop)
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}
    answer = shop.app.test_client(use_cookies=False).open(path, method=method, headers=headers)
    assert answer.status_code == 200
    assert answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_can_only_be_read(shop: Shop, path: str) -> None:
    assert shop.app.test_client().post(path).status_code == 405
