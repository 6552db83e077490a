"""The headers that every answer carries: one table, over everything there is to ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from driven_routes import NOT_BY_A_BROWSER, READING, UNSAFE, body_of, readable_rules, unsafe_routes
from flask import abort, redirect
from pages import PageBrowser
from shop import Browser, Shop, ShopMaker
from werkzeug.test import TestResponse

HTTPS = "https://shop.example.com"
SAME_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin",
}
NEVER = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Location", "X-Powered-By", "Refresh")


@pytest.fixture(params=["http", "https"])
def site(request: pytest.FixtureRequest, make_shop: ShopMaker) -> Shop:
    shop = make_shop() if request.param == "http" else make_shop(BFF_PUBLIC_URL=HTTPS)
    shop.app.add_url_rule("/broken", view_func=_break)
    shop.app.add_url_rule("/api/broken", view_func=_break, endpoint="api_broken")
    shop.app.add_url_rule("/teapot", view_func=lambda: abort(418), endpoint="teapot")
    shop.app.add_url_rule("/moved", view_func=lambda: redirect("/", 303), endpoint="moved")
    return shop


def _break() -> str:
    raise RuntimeError("hunter2")


def everything(shop: Shop) -> Iterator[tuple[str, TestResponse]]:
    """Ask for all of it: each route right and wrong, each kind of error, each kind of static answer."""
    for browser in (shop.browser(), shop.signed_in()):
        for path in READING.values():
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                yield f"{method} {path}", browser.request(method, path)
        for (method, _), drive in UNSAFE.items():
            if drive.path not in ("/api/logout", "/logout"):
                body = body_of(drive, _page_token(browser))
                yield f"{method} {drive.path}", browser.request(method, drive.path, **body)
                yield f"forged {drive.path}", browser.client.open(drive.path, method=method, base_url=browser.base_url)
        for path in ("/nothing", "/api", "/api/nothing", "/static/nothing", "/broken", "/api/broken", "/teapot"):
            yield path, browser.get(path)
        yield "redirect", browser.get("/moved")
        yield "foreign host", browser.client.get("/", base_url="http://evil.example")
        yield "foreign host, JSON", browser.client.get("/api/me", base_url="http://evil.example")
        yield "another site", browser.get("/api/me", headers={"Sec-Fetch-Site": "cross-site"})
        yield "too large", browser.post("/api/logout", data=b"x" * 70_000)
        yield "part", browser.get("/static/site.css", headers={"Range": "bytes=0-3"})
        yield "no such part", browser.get("/static/site.css", headers={"Range": "bytes=99999999-"})
        tag = browser.get("/static/site.css").headers["ETag"]
        yield "unchanged", browser.get("/static/site.css", headers={"If-None-Match": tag})


def _page_token(browser: Browser) -> str:
    return PageBrowser(browser).get("/logout").form("/logout").values["csrf_token"]


def test_table_has_every_route(shop: Shop) -> None:
    assert readable_rules(shop) == set(READING)
    assert unsafe_routes(shop) == set(UNSAFE) | NOT_BY_A_BROWSER


def test_every_answer_carries_them(site: Shop) -> None:
    statuses = set()
    for asked, answer in everything(site):
        statuses.add(answer.status_code)
        headers = answer.headers
        for name, value in SAME_EVERYWHERE.items():
            assert headers.getlist(name) == [value], (asked, name)
        for name in NEVER:
            leads_on = name == "Location" and answer.status_code == 303
            assert name not in headers or leads_on, (asked, name)
        assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-ID"]), asked
        secure = site.settings.serving.public_url.startswith("https")
        assert headers.getlist("Strict-Transport-Security") == (
            ["max-age=63072000; includeSubDomains"] if secure else []
        ), asked
        _check_policy(asked, answer)
        _check_cache(asked, answer)
        assert "hunter2" not in answer.get_data(as_text=True)
    assert statuses >= {200, 204, 206, 303, 304, 400, 401, 403, 404, 405, 413, 500}


def _check_policy(asked: str, answer: TestResponse) -> None:
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    rules = {name: sources for name, *sources in (rule.split() for rule in policy.split(";"))}
    assert rules["default-src"] == ["'none'"], asked
    assert rules["frame-ancestors"] == ["'none'"], asked
    assert rules["base-uri"] == ["'none'"], asked
    # Nothing inline, nothing evaluated, nothing of anybody else's.
    assert {source for sources in rules.values() for source in sources} <= {"'none'", "'self'"}, asked
    page = answer.mimetype == "text/html"
    assert rules["form-action"] == (["'self'"] if page else ["'none'"]), asked
    assert ("script-src" in rules) == page, asked
    permissions = answer.headers["Permissions-Policy"].split(", ")
    assert all(permission.endswith("=()") for permission in permissions), asked
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()"} <= set(permissions), asked


def _check_cache(asked: str, answer: TestResponse) -> None:
    cached = answer.headers.getlist("Cache-Control")
    if asked in ("GET /static/site.css", "HEAD /static/site.css", "part", "unchanged"):
        assert cached == ["public, max-age=3600"], asked
        assert "Cookie" not in answer.vary, asked
        assert "Set-Cookie" not in answer.headers, asked
    else:
        assert cached == ["no-store"], asked
        assert "Cookie" in answer.vary, asked


def test_json_and_pages_have_their_own_type(shop: Shop) -> None:
    browser = shop.browser()
    assert browser.get("/api/nothing").content_type == "application/json"
    assert browser.get("/nothing").content_type == "text/html; charset=utf-8"
    assert "Content-Type" not in shop.signed_in().delete("/api/me").headers
