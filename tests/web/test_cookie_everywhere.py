"""The cookie, on every route: whatever is asked for and however it ends, no answer sets it otherwise or shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.driven_routes import READING, UNSAFE, body_of
from tests.support.pages import PageBrowser
from tests.support.shop import Browser, Shop, ShopMaker

HTTPS = "https://shop.example.com"
MOST_BYTES = 4096
"""What a browser keeps at least of one cookie, name and value together (RFC 6265 6.1)."""


@pytest.fixture
def shop(make_shop: ShopMaker) -> Shop:
    limits: dict[str, Any] = {f"BFF_RATE_LIMIT_{name}": "off" for name in ("LOGIN", "MAIL", "GUEST", "API")}
    return make_shop(BFF_PUBLIC_URL=HTTPS, **limits)


def answers_of(shop: Shop) -> Iterator[tuple[str, Browser, TestResponse]]:
    """Ask for everything, rightly and wrongly, as a newcomer, as a guest and as a customer."""
    for path in [*READING.values(), "/nothing", "/api/nothing"]:
        for browser in (shop.browser(), shop.signed_in()):
            for method in ("GET", "HEAD", "POST"):
                yield f"{method} {path}", browser, browser.request(method, path)
    # All of them beforehand: some of what follows changes the password.
    customers = [shop.signed_in() for _ in UNSAFE]
    for customer, ((method, _), drive) in zip(customers, UNSAFE.items(), strict=True):
        for browser in (shop.browser(), customer):
            browser.session()
            token = PageBrowser(browser).get("/logout").form("/logout").values["csrf_token"]
            yield f"{method} {drive.path}", browser, browser.request(method, drive.path, **body_of(drive, token))
            yield (
                f"forged {drive.path}",
                browser,
                browser.client.open(drive.path, method=method, base_url=browser.base_url, buffered=True),
            )


def test_no_answer_sets_another_cookie_or_sets_it_otherwise(shop: Shop) -> None:
    seen = 0
    for asked, _, answer in answers_of(shop):
        for cookie in answer.headers.getlist("Set-Cookie"):
            pair, *attributes = cookie.split("; ")
            assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}, asked
            assert pair.startswith("__Host-session="), asked
            assert len(pair) <= MOST_BYTES, asked
            seen += 1
    assert seen > 10


def test_value_of_the_cookie_travels_nowhere_else(shop: Shop) -> None:
    looked_at = 0
    for asked, browser, answer in answers_of(shop):
        value = browser.cookie
        if value is None:
            continue
        others = [(name, text) for name, text in answer.headers if name != "Set-Cookie"]
        assert value not in str(others), asked
        assert value.encode() not in answer.get_data(), asked
        looked_at += 1
    assert looked_at > 100
