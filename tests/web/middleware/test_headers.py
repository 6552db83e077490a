"""The headers that every answer carries: one table, over everything there is to ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import abort, redirect
from werkzeug.test import TestResponse

from bff.web.middleware.headers import ResponseHeaders
from tests.support.driven_routes import NOT_BY_A_BROWSER, READING, UNSAFE, body_of, readable_rules, unsafe_routes
from tests.support.pages import PageBrowser
from tests.support.shop import Browser, Shop, ShopMaker

HTTPS = "https://shop.example.com"
SAME_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin",
}
BY_STATUS = {"Location": {302, 303}, "Retry-After": {429, 503}, "Allow": {405}}
"""Names that appear with these, and with nothing else."""
OTHERS = {
    *SAME_EVERYWHERE,
    *BY_STATUS,
    "Content-Security-Policy",
    "Permissions-Policy",
    "Strict-Transport-Security",
    "X-Request-ID",
    "Cache-Control",
    "Vary",
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Content-Language",
    "Content-Range",
    "Accept-Ranges",
    "ETag",
    "Date",
    "Set-Cookie",
    "X-CSRF-Token",
}
"""All that may appear: neither a CORS header is among them, nor what tells of the software and its version."""
TWO_YEARS = 63072000
PREFLIGHT = {
    "Origin": "https://evil.example",
    "Access-Control-Request-Method": "DELETE",
    "Access-Control-Request-Headers": "x-csrf-token, content-type",
    "Access-Control-Request-Private-Network": "true",
}
SETTINGS: dict[str, Any] = {"BFF_SECURITY_CONTACT": "security@example.com"}
DEAD_REDIS: dict[str, Any] = {"REDIS_URL": "redis://127.0.0.1:1"}
NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture(params=["http", "https"])
def site(request: pytest.FixtureRequest, make_shop: ShopMaker) -> Shop:
    shop = make_shop(**SETTINGS) if request.param == "http" else make_shop(BFF_PUBLIC_URL=HTTPS, **SETTINGS)
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
            for method in ("GET", "HEAD", "POST", "OPTIONS", "TRACE", "PROPFIND"):
                yield f"{method} {path}", browser.request(method, path)
            yield f"preflight {path}", browser.request("OPTIONS", path, headers=PREFLIGHT)
            yield f"malformed cookie {path}", with_cookie(shop, path, "x")
            yield f"two cookies {path}", with_cookie(shop, path, f"x; {shop.settings.cookie.name}=y")
        for (method, _), drive in UNSAFE.items():
            if drive.path not in ("/api/logout", "/logout"):
                body = body_of(drive, _page_token(browser))
                yield f"{method} {drive.path}", browser.request(method, drive.path, **body)
                yield f"preflight {drive.path}", browser.request("OPTIONS", drive.path, headers=PREFLIGHT)
                yield f"another page's {drive.path}", browser.request(method, drive.path, headers=PREFLIGHT, **body)
                yield f"forged {drive.path}", browser.client.open(drive.path, method=method, base_url=browser.base_url)
        for path in ("/nothing", "/api", "/api/nothing", "/static/nothing", "/broken", "/api/broken", "/teapot"):
            yield path, browser.get(path)
        yield "redirect", browser.get("/moved")
        yield "foreign host", browser.client.get("/", base_url="http://evil.example")
        yield "foreign host, JSON", browser.client.get("/api/me", base_url="http://evil.example")
        yield "another site", browser.get("/api/me", headers={"Sec-Fetch-Site": "cross-site"})
        yield "too large", browser.post("/api/logout", data=b"x" * 70_000)
        yield "too large, page", browser.post("/login", data=b"x" * 70_000)
        yield "no JSON", browser.post("/api/signup/optin", data=b"{}", content_type="text/plain")
        yield "not JSON after all", browser.post("/api/signup/optin", data=b"{", content_type="application/json")
        yield "form with errors", browser.post("/signup", data={"csrf_token": _page_token(browser)})
        yield "another spelling", browser.client.get("//api/me", base_url=browser.base_url)
        yield "part", browser.get("/static/site.css", headers={"Range": "bytes=0-3"})
        yield "no such part", browser.get("/static/site.css", headers={"Range": "bytes=99999999-"})
        tag = browser.get("/static/site.css").headers["ETag"]
        yield "unchanged", browser.get("/static/site.css", headers={"If-None-Match": tag})


def trouble(make_shop: ShopMaker) -> Iterator[tuple[str, TestResponse]]:
    """Ask where something is away, too much or hidden."""
    unreachable = make_shop(**DEAD_REDIS)
    for path in READING.values():
        yield f"without Redis {path}", with_cookie(unreachable, path, "A" * 43)
    limited = make_shop(BFF_RATE_LIMIT_API="1/minute").signed_in()
    for path in ("/api/session", "/account", "/api/me"):
        yield f"too often {path}", limited.get(path)
    strict = make_shop(BFF_COOKIE_SAMESITE="Strict").browser()
    for path in ("/account", "/signup/optin?token=x"):
        bounce = strict.get(path, headers=NAVIGATION)
        assert b"onward=" in bounce.data
        yield f"bounce {path}", bounce
    cut_off = make_shop(EMPORIX_API_URL="http://127.0.0.1:1").browser()
    yield "without upstream", cut_off.get("/api/me")
    hidden = make_shop(BFF_ACCOUNT_DELETION="off").signed_in()
    yield "hidden", hidden.delete("/api/me")


def with_cookie(shop: Shop, path: str, value: str) -> TestResponse:
    client = shop.app.test_client(use_cookies=False)
    cookie = {"Cookie": f"{shop.settings.cookie.name}={value}"}
    return client.get(path, base_url=shop.settings.serving.public_url, headers=cookie, buffered=True)


def _page_token(browser: Browser) -> str:
    return PageBrowser(browser).get("/logout").form("/logout").values["csrf_token"]


def test_table_has_every_route(shop: Shop) -> None:
    assert readable_rules(shop) == set(READING)
    assert unsafe_routes(shop) == set(UNSAFE) | NOT_BY_A_BROWSER


def test_every_answer_carries_them(site: Shop) -> None:
    answers = list(everything(site))
    for asked, answer in answers:
        check(site, asked, answer)
    assert {answer.status_code for _, answer in answers} >= {
        200, 204, 206, 303, 304, 400, 401, 403, 404, 405, 413, 415, 416, 422, 500
    }  # fmt: skip


def test_so_does_every_answer_in_trouble(make_shop: ShopMaker, shop: Shop) -> None:
    answers = list(trouble(make_shop))
    for asked, answer in answers:
        check(shop, asked, answer)
    kinds = {(answer.status_code, answer.mimetype) for _, answer in answers}
    assert kinds >= {(status, kind) for status in (429, 503) for kind in ("text/html", "application/json")}
    assert {status for status, _ in kinds} == {200, 303, 404, 429, 503}


def check(site: Shop, asked: str, answer: TestResponse) -> None:
    """See that an answer has each header once, with its value, and no header that nobody has thought of."""
    headers = answer.headers
    for name, value in SAME_EVERYWHERE.items():
        assert headers.getlist(name) == [value], (asked, name)
    assert {name for name, _ in headers} <= OTHERS, asked
    for name, statuses in BY_STATUS.items():
        assert name not in headers or answer.status_code in statuses, (asked, name)
    assert answer.status_code != 405 or headers["Allow"], asked
    assert answer.status_code != 429 or int(headers["Retry-After"]) > 0, asked
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-ID"]), asked
    _check_transport(asked, answer, secure=site.settings.serving.public_url.startswith("https"))
    _check_policy(asked, answer)
    _check_cache(asked, answer)
    assert "hunter2" not in answer.get_data(as_text=True)
    assert answer.status_code < 400 or "Set-Cookie" not in headers, asked
    # Where it leads is here, and no browser can take it for another host.
    assert re.fullmatch(r"|/|(/[A-Za-z0-9._-]+)+(\?[A-Za-z0-9=&/%._+-]+)?", headers.get("Location", "")), asked


def _check_transport(asked: str, answer: TestResponse, *, secure: bool) -> None:
    promised = answer.headers.getlist("Strict-Transport-Security")
    assert promised == ([f"max-age={TWO_YEARS}; includeSubDomains"] if secure else []), asked


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
    # What is no page may do nothing, should somebody open it as a document.
    assert ("sandbox" in rules) == (not page), asked
    assert not page or rules["object-src"] == ["'none'"], asked
    permissions = answer.headers["Permissions-Policy"].split(", ")
    assert all(permission.endswith("=()") for permission in permissions), asked
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()"} <= set(permissions), asked


def _check_cache(asked: str, answer: TestResponse) -> None:
    cached = answer.headers.getlist("Cache-Control")
    if (asked.endswith(" /static/site.css") and answer.status_code == 200) or asked in ("part", "unchanged"):
        assert cached == ["public, max-age=3600"], asked
        assert "Cookie" not in answer.vary, asked
        assert "Set-Cookie" not in answer.headers, asked
    else:
        assert cached == ["no-store"], asked
        assert "Cookie" in answer.vary, asked


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD"),
        ("/login", "GET, HEAD, POST"),
        ("/api/login", "POST"),
        ("/api/me", "DELETE, GET, HEAD, PATCH"),
        ("/healthz", "GET, HEAD"),
        ("/static/site.css", "GET, HEAD"),
    ],
)
def test_method_that_is_not_allowed_is_told_which_are(shop: Shop, path: str, allowed: str) -> None:
    for method in ("OPTIONS", "PUT", "TRACE"):
        answer = shop.browser().request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_form_may_lead_to_the_identity_provider_and_nowhere_else(make_shop: ShopMaker) -> None:
    social = make_shop(AUTH0_ISSUER="https://auth.example/tenant/", AUTH0_CLIENT_ID="x").browser()
    page = social.get("/login").headers["Content-Security-Policy"]
    assert "form-action 'self' https://auth.example;" in page
    assert page.count("auth.example") == 1
    assert "auth.example" not in social.get("/api/session").headers["Content-Security-Policy"]


def test_json_and_pages_have_their_own_type(shop: Shop) -> None:
    browser = shop.browser()
    assert browser.get("/api/nothing").content_type == "application/json"
    assert browser.get("/nothing").content_type == "text/html; charset=utf-8"
    assert "Content-Type" not in shop.signed_in().delete("/api/me").headers


def answered(shop: Shop, status: str, *headers: tuple[str, str]) -> dict[str, str]:
    """Return the header fields with which an answer leaves the application."""
    sent: dict[str, str] = {}

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> None:
        sent.update({name: ", ".join(value for one, value in headers if one == name) for name, _ in headers})

    ResponseHeaders(shop.settings).added_to(start, "/api/product/products")(status, list(headers))
    return sent


def test_answer_that_is_everybodys_leaves_as_it_says_of_itself(shop: Shop) -> None:
    for status in ("200 OK", "304 NOT MODIFIED"):
        sent = answered(shop, status, ("Cache-Control", "public, max-age=60"), ("Vary", "Accept-Language"))
        assert (sent["Cache-Control"], sent["Vary"]) == ("public, max-age=60", "Accept-Language")
        assert SAME_EVERYWHERE.items() <= sent.items()


def test_answer_with_something_of_one_visitors_is_for_no_cache(shop: Shop) -> None:
    public = ("Cache-Control", "public, max-age=60")
    for status in ("200 OK", "304 NOT MODIFIED", "404 NOT FOUND", "503 SERVICE UNAVAILABLE"):
        for field in ("Set-Cookie", "X-CSRF-Token"):
            sent = answered(shop, status, public, (field, "canary"))
            assert (sent["Cache-Control"], sent["Vary"]) == ("no-store", "Cookie"), (status, field)
    for status in ("404 NOT FOUND", "503 SERVICE UNAVAILABLE"):
        assert answered(shop, status, public)["Cache-Control"] == "no-store"
    for said in ("private, max-age=60", "max-age=60", "no-cache", "s-maxage=60, public"):
        assert answered(shop, "200 OK", ("Cache-Control", said))["Cache-Control"] == "no-store"
