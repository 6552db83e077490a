"""Nobody but our own page changes anything: every route that could, and every way a forged request may look."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from werkzeug.test import TestResponse

from tests.support.driven_routes import (
    FORMS_FOR_ANYBODY,
    NOT_BY_A_BROWSER,
    READING,
    UNSAFE,
    Drive,
    body_of,
    is_page,
    readable_rules,
    unsafe_routes,
)
from tests.support.footprint import footprint, lasting_footprint
from tests.support.shop import PUBLIC_URL, Browser, Shop, ShopMaker

Forgery = Callable[[Shop, Browser], Mapping[str, str]]


def ask(browser: Browser, method: str, drive: Drive, headers: Mapping[str, str]) -> TestResponse:
    sent = dict(headers)
    # What a page takes from its body, a JSON route takes from a header.
    token = sent.pop("X-CSRF-Token", None) if is_page(drive) else None
    return browser.client.open(
        drive.path, method=method, base_url=browser.base_url, headers=sent, **body_of(drive, token)
    )


def right(shop: Shop, browser: Browser) -> str:
    return str(browser.csrf)


def foreign(shop: Shop, browser: Browser) -> str:
    return str(shop.browser().session()["csrfToken"])


def stale(shop: Shop, browser: Browser) -> str:
    before = str(browser.csrf)
    browser.sign_in()
    assert browser.csrf != before
    return before


FORGERIES: dict[str, Forgery] = {
    "no token": lambda shop, browser: {},
    "an empty token": lambda shop, browser: {"X-CSRF-Token": ""},
    "another browser's token": lambda shop, browser: {"X-CSRF-Token": foreign(shop, browser)},
    "the token before a rotation": lambda shop, browser: {"X-CSRF-Token": stale(shop, browser)},
    "the cookie as token": lambda shop, browser: {"X-CSRF-Token": str(browser.cookie)},
    "a token with its signature cut": lambda shop, browser: {"X-CSRF-Token": right(shop, browser)[:-1]},
    "a foreign Origin": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Origin": "https://evil.example",
    },
    "another port": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Origin": "http://127.0.0.1:8001"},
    "another scheme": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Origin": "https://127.0.0.1:8000"},
    "our origin as a prefix": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Origin": PUBLIC_URL + ".evil.example",
    },
    "cross-site": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Sec-Fetch-Site": "cross-site"},
    "same-site": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Sec-Fetch-Site": "same-site"},
    "cross-site with our Origin": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Sec-Fetch-Site": "cross-site",
        "Origin": PUBLIC_URL,
    },
    "a sandboxed frame": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Sec-Fetch-Site": "cross-site",
        "Origin": "null",
    },
    "a sandboxed frame of an old browser": lambda shop, browser: {"Origin": "null"},
    "a quiet form, redirected, in Firefox": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Sec-Fetch-Site": "none",
        "Origin": "null",
    },
    "a foreign Origin behind the address bar": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Sec-Fetch-Site": "none",
        "Origin": "https://evil.example",
    },
    "two sites at once": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Sec-Fetch-Site": "same-origin,cross-site",
    },
    "two origins at once": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Origin": f"{PUBLIC_URL},https://evil.example",
    },
    "a path behind our origin": lambda shop, browser: {
        "X-CSRF-Token": right(shop, browser),
        "Origin": PUBLIC_URL + "/",
    },
    "no Origin but our Referer": lambda shop, browser: {"Referer": PUBLIC_URL + "/login"},
    "an empty Origin": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Origin": ""},
    "an empty site": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Sec-Fetch-Site": ""},
    "a word that is no site": lambda shop, browser: {"X-CSRF-Token": right(shop, browser), "Sec-Fetch-Site": "odd"},
    "the other header that Flask-WTF reads": lambda shop, browser: {"X-CSRFToken": right(shop, browser)},
}


def refused_for(headers: Mapping[str, str]) -> str | None:
    """Return the header that says it is another site's request; None: the token alone is wrong."""
    site = headers.get("Sec-Fetch-Site")
    if site not in (None, "none"):
        return "Sec-Fetch-Site"
    if site == "none":
        return "Origin" if "Origin" in headers else None
    return "Origin" if headers.get("Origin", "null") != "null" else None


def test_every_route_that_may_change_something_is_driven(shop: Shop) -> None:
    assert unsafe_routes(shop) == set(UNSAFE) | NOT_BY_A_BROWSER


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_request_is_refused_on_every_route_and_changes_nothing(shop: Shop, forgery: str) -> None:
    browser = shop.signed_in()
    headers = FORGERIES[forgery](shop, browser)
    cookie, before = browser.cookie, footprint(shop)
    for (method, _), drive in UNSAFE.items():
        if is_page(drive):
            continue
        answer = ask(browser, method, drive, headers)
        body, told = answer.get_json(), refused_for(headers)
        assert (answer.status_code, body["type"]) == (403, "origin_refused" if told else "csrf_failed"), drive.path
        assert [detail["field"] for detail in body["details"]] == ([told] if told else []), (method, drive.path)
        assert answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_form_of_a_page_is_checked_like_a_json_route(shop: Shop, forgery: str) -> None:
    browser = shop.signed_in()
    headers = FORGERIES[forgery](shop, browser)
    # The page that comes back says who is signed in, so it may count as a request of that session.
    cookie, before = browser.cookie, lasting_footprint(shop)
    for (method, _), drive in UNSAFE.items():
        if not is_page(drive):
            continue
        answer = ask(browser, method, drive, headers)
        assert (answer.status_code, answer.mimetype) == (403, "text/html"), (method, drive.path)
        is_told = "Go to your account and try from there." in answer.get_data(as_text=True)
        assert is_told == bool(refused_for(headers)), drive.path
        assert answer.headers.getlist("Set-Cookie") == []
    assert lasting_footprint(shop) == before
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": PUBLIC_URL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "none", "Origin": PUBLIC_URL},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
)
def test_request_of_our_own_page_gets_through(shop: Shop, headers: dict[str, str]) -> None:
    browser = shop.signed_in()
    for (method, _), drive in UNSAFE.items():
        if drive.path.removeprefix("/api") in ("/login", "/logout", "/password/change", "/account/password"):
            continue
        answer = ask(browser, method, drive, {"X-CSRF-Token": str(browser.csrf), **headers})
        assert answer.status_code != 403, (method, drive.path, answer.get_data(as_text=True))


def test_token_counts_in_the_header_and_nowhere_else(shop: Shop) -> None:
    browser = shop.signed_in()
    token, before = str(browser.csrf), footprint(shop)
    for path, body in (
        (f"/api/me/addresses?X-CSRF-Token={token}", {"json": {"city": "Ulm"}}),
        (f"/api/me/addresses?csrf_token={token}", {"json": {"city": "Ulm"}}),
        ("/api/me/addresses", {"json": {"csrf_token": token, "X-CSRF-Token": token}}),
        ("/api/me/addresses", {"data": {"csrf_token": token}}),
    ):
        answer = browser.client.post(path, base_url=browser.base_url, **body)
        assert (answer.status_code, answer.get_json()["type"]) == (403, "csrf_failed")
    assert footprint(shop) == before


def test_token_in_the_address_counts_on_no_page(shop: Shop) -> None:
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    for (method, _), drive in UNSAFE.items():
        if is_page(drive):
            path = f"{drive.path}?csrf_token={browser.csrf}&X-CSRF-Token={browser.csrf}"
            answer = browser.client.open(path, method=method, base_url=PUBLIC_URL, **body_of(drive))
            assert answer.status_code == 403, path
    assert lasting_footprint(shop) == before


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""],
)
def test_body_of_a_type_that_any_page_may_send_is_refused(shop: Shop, media_type: str) -> None:
    browser = shop.signed_in()
    before = footprint(shop)
    for (method, _), drive in UNSAFE.items():
        if is_page(drive):
            continue
        answer = browser.request(method, drive.path, data=b'{"token": "x"}', content_type=media_type)
        assert (answer.status_code, answer.get_json()["type"]) == (415, "unsupported_media_type"), drive.path
    assert footprint(shop) == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_other_site_reads_no_json(shop: Shop, method: str, site: str) -> None:
    newcomer, browser = shop.browser(), shop.signed_in()
    before = footprint(shop)
    for rule, path in READING.items():
        if not rule.startswith("/api"):
            continue
        for visitor in (newcomer, browser):
            answer = visitor.request(method, path, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 403, path
            assert method == "HEAD" or answer.get_json()["type"] == "forbidden"
            assert answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_own_page_reads_json(shop: Shop, site: str | None) -> None:
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    assert shop.signed_in().get("/api/me", headers=headers).status_code == 200


def test_gets_that_start_something_are_these(shop: Shop) -> None:
    assert readable_rules(shop) == set(READING)
    starting, given_a_cookie = set(), set()
    for path in READING.values():
        before = footprint(shop)
        answer = shop.browser().get(path)
        if footprint(shop) != before:
            starting.add(f"GET {path}")
        if answer.headers.getlist("Set-Cookie"):
            given_a_cookie.add(f"GET {path}")
    print("\n".join(sorted(starting)))
    assert starting == {"GET /api/session", "GET /api/me"}
    # The token of a form is bound to the cookie, which costs nothing here.
    assert given_a_cookie == starting | {f"GET {path}" for path in FORMS_FOR_ANYBODY}


def test_head_starts_nothing_anywhere(shop: Shop) -> None:
    before = footprint(shop)
    for path in READING.values():
        answer = shop.browser().request("HEAD", path)
        assert answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


def test_head_of_a_customer_changes_nothing_either(shop: Shop) -> None:
    browser = shop.signed_in()
    cookie = browser.cookie
    shop.sandbox.recorder.clear()
    records = set(lasting_footprint(shop).keys)
    for path in (*READING.values(), *(drive.path for drive in UNSAFE.values())):
        answer = browser.request("HEAD", path)
        assert answer.headers.getlist("Set-Cookie") == []
        assert answer.get_data() == b"", path
    assert {call.method for call in shop.sandbox.recorder} == {"GET"}
    assert not {"logout", "refresh_auth_token"} & {call.operation for call in shop.sandbox.recorder}
    assert set(lasting_footprint(shop).keys) == records
    assert browser.cookie == cookie
    assert browser.session()["state"] == "authenticated"


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method")


@pytest.mark.parametrize("override", OVERRIDES)
def test_header_does_not_turn_a_get_into_something_else(shop: Shop, override: str) -> None:
    browser = shop.signed_in()
    shop.sandbox.recorder.clear()
    for path in READING.values():
        for wanted in ("POST", "PATCH", "DELETE"):
            assert browser.get(path, headers={override: wanted}).status_code == browser.get(path).status_code, path
    assert {call.method for call in shop.sandbox.recorder} == {"GET"}
    assert browser.session()["state"] == "authenticated"


def test_neither_header_nor_field_turns_a_post_into_something_else(shop: Shop) -> None:
    browser = shop.signed_in()
    token = str(browser.csrf)
    shop.sandbox.recorder.clear()
    for override in OVERRIDES:
        assert browser.post("/api/me", headers={override: "DELETE"}).status_code == 405
        assert browser.post("/api/me/addresses/a1", headers={override: "DELETE"}).status_code == 405
    form = {"csrf_token": token, "_method": "DELETE", "X-HTTP-Method-Override": "DELETE"}
    browser.client.post("/account/addresses/a1", base_url=PUBLIC_URL, data=form)
    browser.client.post("/account", base_url=PUBLIC_URL, data=form)
    for query in ("_method=DELETE", "_method=PATCH", "method=DELETE"):
        assert browser.get(f"/api/me?{query}").status_code == 400
    assert {call.method for call in shop.sandbox.recorder} <= {"GET", "PATCH"}


def test_gets_that_start_something_of_the_visitors_own_are_these_where_there_is_social_login(
    make_shop: ShopMaker,
) -> None:
    shop = make_shop.with_provider().shop
    starting = set()
    for path in READING.values():
        before = lasting_footprint(shop)
        shop.browser().get(path, headers={"Sec-Fetch-Site": "same-origin"})
        if lasting_footprint(shop) != before:
            starting.add(f"GET {path}")
    print("\n".join(sorted(starting)))
    # The callback is not among them: it changes what a browser has begun, and this one has begun nothing.
    social = {"GET /login/social/google-oauth2", "GET /login/social"}
    assert starting == {"GET /api/session", "GET /api/me", *social}


def test_no_page_of_another_origin_is_ever_let_in(shop: Shop) -> None:
    browser = shop.signed_in()
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    drives = [(method, drive.path) for (method, _), drive in UNSAFE.items()]
    for method, path in [*drives, *(("GET", path) for path in READING.values())]:
        for verb in (method, "OPTIONS"):
            answer = browser.client.open(path, method=verb, base_url=PUBLIC_URL, headers=asked, buffered=True)
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
            assert verb != "OPTIONS" or answer.status_code == 405, path
