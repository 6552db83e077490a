"""The page at `/`."""

from __future__ import annotations

from tests.support.footprint import footprint
from tests.support.shop import COOKIE, PUBLIC_URL, Shop, ShopMaker


def test_visitor_who_only_looks_costs_nothing(shop: Shop) -> None:
    before = footprint(shop)
    page = shop.browser().get("/")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "You are not signed in" in page.get_data(as_text=True)
    assert page.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


def test_customer_is_greeted_by_name(shop: Shop) -> None:
    assert "<strong>Jane Doe</strong>" in shop.signed_in().get("/").get_data(as_text=True)


def test_name_is_shown_as_text(shop: Shop) -> None:
    browser = shop.signed_in()
    assert browser.patch("/api/me", json={"firstName": "<script>alert(1)</script>"}).status_code == 200
    page = browser.get("/").get_data(as_text=True)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_without_redis_it_opens_for_who_has_no_cookie(make_shop: ShopMaker) -> None:
    shop = make_shop(REDIS_URL="redis://127.0.0.1:1")
    assert shop.browser().get("/").status_code == 200
    headers = {"Cookie": f"{COOKIE}={'A' * 43}"}
    page = shop.app.test_client(use_cookies=False).get("/", base_url=PUBLIC_URL, headers=headers)
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert page.headers.getlist("Set-Cookie") == []
    assert page.headers["Retry-After"] == "5"
