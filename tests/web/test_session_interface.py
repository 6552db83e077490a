"""The session cookie, seen from the web floor: its looks, when it is set, and how it is read out of the header."""

from __future__ import annotations

import base64

import pytest
from flask import session
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from tests.support.footprint import footprint
from tests.support.shop import COOKIE, PUBLIC_URL, Browser, Shop, ShopMaker

HTTPS = "https://shop.example.com"
WELL_FORMED = base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def with_form(shop: Shop) -> Shop:
    """Add a page with a form, one that writes to the session, and one that reads it."""

    def write() -> str:
        session["note"] = "kept"
        return ""

    shop.app.add_url_rule("/form", view_func=generate_csrf, endpoint="form")
    shop.app.add_url_rule("/write", view_func=write, methods=["POST"])
    shop.app.add_url_rule("/read", view_func=lambda: str(session.get("note")), endpoint="read")
    return shop


def cookies_of(answer: TestResponse) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def with_cookie_header(shop: Shop, header: str, *, path: str = "/api/session", method: str = "GET") -> TestResponse:
    client = shop.app.test_client(use_cookies=False)
    return client.open(path, method=method, base_url=PUBLIC_URL, headers={"Cookie": header})


def attributes(answer: TestResponse) -> tuple[str, set[str]]:
    (cookie,) = cookies_of(answer)
    pair, *rest = cookie.split("; ")
    return pair.partition("=")[0], set(rest)


def test_cookie_on_http_has_no_secure_and_no_prefix(shop: Shop) -> None:
    name, rest = attributes(shop.browser().get("/api/session"))
    assert (name, rest) == ("bff-session", {"HttpOnly", "Path=/", "SameSite=Lax"})


@pytest.mark.parametrize("same_site", ["Lax", "Strict"])
def test_cookie_on_https_is_a_host_cookie(make_shop: ShopMaker, same_site: str) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS, BFF_COOKIE_SAMESITE=same_site)
    name, rest = attributes(shop.browser().get("/api/session"))
    assert (name, rest) == ("__Host-session", {"Secure", "HttpOnly", "Path=/", f"SameSite={same_site}"})


def test_value_is_256_bits_and_never_the_same(shop: Shop) -> None:
    values = set()
    for _ in range(50):
        browser = shop.browser()
        browser.session()
        values.add(str(browser.cookie))
    assert len(values) == 50
    for value in values:
        assert len(base64.urlsafe_b64decode(value + "=")) == 32


def test_form_page_costs_a_cookie_and_no_record(shop: Shop) -> None:
    before = footprint(shop)
    answer = with_form(shop).browser().get("/form")
    assert len(cookies_of(answer)) == 1
    assert "X-CSRF-Token" not in answer.headers
    assert footprint(shop) == before


def test_first_write_after_a_form_makes_the_record_under_a_new_value(shop: Shop) -> None:
    browser = with_form(shop).browser()
    browser.csrf = browser.get("/form").get_data(as_text=True)
    shown = browser.cookie
    written = browser.post("/write", data={"csrf_token": browser.csrf})
    assert written.status_code == 200
    assert len(cookies_of(written)) == 1
    assert browser.cookie != shown
    assert browser.get("/read").get_data(as_text=True) == "kept"
    browser.cookie = shown
    assert browser.get("/read").get_data(as_text=True) == "None"


@pytest.mark.parametrize(
    ("same_site", "headers", "sets"),
    [
        ("Lax", {}, True),
        ("Lax", {"Sec-Fetch-Site": "same-origin"}, True),
        ("Lax", {"Sec-Fetch-Site": "none"}, True),
        ("Lax", {"Sec-Fetch-Site": "cross-site", **NAVIGATION}, True),
        ("Lax", {"Sec-Fetch-Site": "same-site", **NAVIGATION}, True),
        ("Lax", {"Sec-Fetch-Site": "cross-site", **NAVIGATION, "Sec-Fetch-Dest": "iframe"}, False),
        ("Lax", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, False),
        ("Lax", {"Sec-Fetch-Site": "cross-site"}, False),
        ("Lax", {"Sec-Fetch-Site": "odd"}, False),
        ("Strict", {}, False),
        ("Strict", {"Sec-Fetch-Site": "same-origin", **NAVIGATION}, True),
        ("Strict", {"Sec-Fetch-Site": "none", **NAVIGATION}, False),
        ("Strict", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "no-cors"}, False),
        ("Strict", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, False),
        ("Strict", {"Sec-Fetch-Site": "none", **NAVIGATION, "Referer": f"{PUBLIC_URL}/"}, False),
        # A click of ours may have been redirected by another site, and then lacks the cookie.
        ("Strict", {"Referer": f"{PUBLIC_URL}/"}, False),
        ("Strict", {"Sec-Fetch-Site": "cross-site", **NAVIGATION}, False),
        ("Strict", {"Sec-Fetch-Site": "same-site", **NAVIGATION}, False),
    ],
)
def test_form_page_sets_a_cookie_only_where_none_can_be_pushed_out(
    make_shop: ShopMaker, same_site: str, headers: dict[str, str], sets: bool
) -> None:
    shop = with_form(make_shop(BFF_COOKIE_SAMESITE=same_site))
    answer = shop.browser().get("/form", headers=headers)
    assert answer.status_code == 200
    assert len(cookies_of(answer)) == int(sets)


def test_head_of_a_form_page_sets_nothing(shop: Shop) -> None:
    answer = with_form(shop).browser().request("HEAD", "/form")
    assert (answer.status_code, cookies_of(answer)) == (200, [])


@pytest.mark.parametrize(
    "value", [WELL_FORMED, "short", "", '"quoted"', WELL_FORMED[:-1] + "5", WELL_FORMED + "=", "é"]
)
def test_dead_or_malformed_cookie_is_neither_replaced_nor_cleared(shop: Shop, value: str) -> None:
    with_form(shop)
    before = footprint(shop)
    for path in ("/form", "/read", "/", "/api/session"):
        answer = with_cookie_header(shop, f"{COOKIE}={value}", path=path)
        assert (answer.status_code, cookies_of(answer)) == (200, []), path
    assert footprint(shop) == before


def test_session_is_a_mapping_over_what_was_written(shop: Shop) -> None:
    def use() -> str:
        session["a"] = 1
        session["b"] = 2
        del session["a"]
        with pytest.raises(KeyError):
            del session["a"]
        return f"{sorted(session)} {len(session)} {'b' in session} {'csrf_token' in session} {'a' in session}"

    shop.app.add_url_rule("/use", view_func=use, methods=["POST"])
    browser = shop.browser()
    browser.session()
    assert browser.post("/use", data={"csrf_token": browser.csrf}).get_data(as_text=True) == "['b'] 1 True True False"


def test_session_shows_no_token(shop: Shop) -> None:
    shop.app.add_url_rule("/all", view_func=lambda: repr(dict(session)), endpoint="all")
    browser = shop.signed_in()
    assert browser.get("/all").get_data(as_text=True) == "{}"


def test_write_to_a_session_that_ended_meanwhile_is_dropped(shop: Shop) -> None:
    browser, other = shop.browser(), shop.browser()

    def late() -> str:
        session["note"] = "late"
        other.cookie, other.csrf = browser.cookie, browser.csrf
        assert other.post("/api/logout").status_code == 200
        return ""

    shop.app.add_url_rule("/late", view_func=late, methods=["POST"])
    browser.sign_in()
    answer = browser.post("/late", data={"csrf_token": browser.csrf})
    assert (answer.status_code, cookies_of(answer)) == (200, [])
    assert browser.session()["state"] == "guest"


def test_write_without_redis_is_told_and_sets_no_cookie(make_shop: ShopMaker) -> None:
    shop = with_form(make_shop(REDIS_URL="redis://127.0.0.1:1"))
    browser = shop.browser()
    browser.csrf = browser.get("/form").get_data(as_text=True)
    answer = browser.post("/write", data={"csrf_token": browser.csrf})
    assert (answer.status_code, cookies_of(answer)) == (503, [])


@pytest.mark.parametrize(
    "header",
    [
        "{name}={signed_in}; {name}={other}",
        "{name}={other}; {name}={signed_in}",
        "{name}={signed_in};{name}={signed_in}",
        '{name}={signed_in}; {name}="{other}"',
        "{name}={signed_in}; a=b;\t{name}\t=",
        "{name}={signed_in}; {name}",
        "{name}={signed_in},{name}={other}",
        "{name}={signed_in}, {name}={other}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_two_session_cookies_are_refused(shop: Shop, browser: Browser, header: str, method: str) -> None:
    browser.sign_in()
    sent = header.format(name=COOKIE, signed_in=browser.cookie, other=WELL_FORMED)
    before = footprint(shop)
    path = "/api/logout" if method == "POST" else "/api/me"
    answer = with_cookie_header(shop, sent, path=path, method=method)
    assert (answer.status_code, cookies_of(answer)) == (400, [])
    if method != "HEAD":
        assert [detail["field"] for detail in answer.get_json()["details"]] == ["Cookie"]
        assert str(browser.cookie) not in answer.get_data(as_text=True)
    assert footprint(shop) == before


@pytest.mark.parametrize(
    "header",
    [
        'x="; {name}={value}; y="',
        'x="a; {name}={value}',
        "x=1; {name}={value} ; y",
        "\t{name}\t=\t{value}\t",
        "$Version=1; {name}={value}; $Path=/",
        "=; {name}={value}",
    ],
)
def test_quotes_of_another_cookie_do_not_hide_the_session(shop: Shop, browser: Browser, header: str) -> None:
    browser.sign_in()
    answer = with_cookie_header(shop, header.format(name=COOKIE, value=browser.cookie))
    assert answer.get_json()["state"] == "authenticated"
    assert str(browser.cookie) not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "header",
    [
        '{name}="{value}"',
        "$Version=1, {name}={value}",
        "x=1, {name}={value}",
        "={name}={value}",
        "\xa0{name}={value}",
        "\x0b{name}={value}",
        "\x85{name}={value}",
        "{name}\x00={value}",
        "%62ff-session={value}",
        "BFF-SESSION={value}",
        "x{name}={value}",
        "__Host-{name}={value}",
    ],
)
def test_what_is_not_quite_our_cookie_signs_nobody_in(shop: Shop, browser: Browser, header: str) -> None:
    browser.sign_in()
    answer = with_cookie_header(shop, header.format(name=COOKIE, value=browser.cookie))
    assert (answer.status_code, answer.get_json()["state"]) == (200, "guest")


def test_plain_name_does_not_count_where_the_prefix_is_due(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS)
    browser = shop.signed_in()
    client = shop.app.test_client(use_cookies=False)
    for name, state in (("__Host-session", "authenticated"), ("bff-session", "guest"), ("__host-session", "guest")):
        answer = client.get("/api/session", base_url=HTTPS, headers={"Cookie": f"{name}={browser.cookie}"})
        assert answer.get_json()["state"] == state
