"""What a JSON route takes: declared parameters once, strict JSON, known properties, allowed sites."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.operations.body import MAX_DETAILS
from bff.sandbox.demo_customers import B2C_EMAIL
from tests.support.driven_routes import READING, UNSAFE, is_page
from tests.support.footprint import lasting_footprint
from tests.support.shop import Shop, ShopMaker


def details(answer: TestResponse) -> list[dict[str, str]]:
    assert (answer.status_code, answer.get_json()["type"]) == (400, "validation_failure")
    found: list[dict[str, str]] = answer.get_json()["details"]
    return found


def test_undeclared_parameter_is_refused_by_name_on_every_json_route(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_API_DOCS="on")
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    drives: list[tuple[str, str, Any]] = [
        (method, drive.path, drive.json) for (method, _), drive in UNSAFE.items() if not is_page(drive)
    ]
    drives += [("GET", path, None) for rule, path in READING.items() if rule.startswith("/api")]
    for method, path, body in drives:
        sent = {} if body is None else {"json": body}
        answer = browser.request(method, f"{path}{'&' if '?' in path else '?'}accessToken=x&callback=x", **sent)
        told = [(d["field"], d["type"]) for d in details(answer)]
        assert told == [("accessToken", "unknown_property"), ("callback", "unknown_property")], path
    assert lasting_footprint(shop) == before


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/me?expand=addresses&expand=addresses", ["expand"]),
        ("/api/me?expand=addresses&expand=mixin:*", ["expand"]),
        ("/api/session?extend=false&extend=false", ["extend"]),
        ("/api/session?extend=no", ["extend"]),
        ("/api/session?extend=", ["extend"]),
        ("/api/session?Extend=false", ["Extend"]),
        ("/api/me?a=1&b=2&a=3", ["a", "b"]),
        ("/api/me?expand", ["expand"]),
        ("/api/me?expand=" + "x" * 257, ["expand"]),
        ("/api/me?expand=%0d%0a", ["expand"]),
        ("/api/me?expand=addresses;x=1", ["expand"]),
        ("/api/me?expand=%ff", ["expand"]),
        ("/api/me?tenant=other", ["tenant"]),
        ("/api/me?client_id=other", ["client_id"]),
        ("/api/me?session-id=other", ["session-id"]),
    ],
)
def test_parameter_that_cannot_be_is_refused_by_name(shop: Shop, path: str, fields: list[str]) -> None:
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    assert [detail.get("field") for detail in details(browser.get(path))] == fields
    assert lasting_footprint(shop) == before


def test_refusal_of_a_query_names_no_more_problems_than_that_of_a_body(shop: Shop) -> None:
    query = "&".join(f"p{number}=" for number in range(500))
    assert len(details(shop.signed_in().get(f"/api/me?{query}"))) == MAX_DETAILS


@pytest.mark.parametrize("name", ["x" * 65, "%00", "%0a"])
def test_odd_name_is_refused_without_being_repeated(shop: Shop, name: str) -> None:
    (detail,) = details(shop.signed_in().get(f"/api/me?{name}=1"))
    assert "field" not in detail


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "tags"), ("?tags=", "tags"), ("?tags=%2C", "tags"), ("?tags=%20%2C+", "tags"), ("?tags=a&tags=b", "tags")],
)
def test_tags_are_required_once_and_not_empty(shop: Shop, query: str, field: str) -> None:
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    answer = browser.post(f"/api/me/addresses/a1/tags{query}")
    assert [detail["field"] for detail in details(answer)] == [field]
    assert lasting_footprint(shop) == before


def test_declared_parameter_goes_upstream_as_it_is(shop: Shop) -> None:
    browser = shop.signed_in()
    assert "addresses" in browser.get("/api/me?expand=addresses").get_json()
    assert "expand=addresses" in shop.sandbox.recorder.of("get_me")[-1].target


@pytest.mark.parametrize(
    "address", ["..", ".", "x?y=1", "x#y", "x\0", "x\r\ny", "x y", "é", "\ufffd", "x" * 65, "x%2fy"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_address_id_is_letters_digits_and_little_else(shop: Shop, address: str, method: str) -> None:
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    path = f"/api/me/addresses/{address}".encode().decode("latin-1")
    answer = browser.request(method, "/x", environ_overrides={"PATH_INFO": path})
    assert [detail["field"] for detail in details(answer)] == ["addressId"]
    assert lasting_footprint(shop) == before


BAD_BODIES = {
    "empty": b"",
    "blank": b" \n ",
    "not JSON": b"{company: 1}",
    "cut off": b'{"company": "One"',
    "two texts": b'{"company": "One"}{"company": "Two"}',
    "a property twice": b'{"company": "One", "company": "Two"}',
    "a property twice, spelt differently": b'{"company": "One", "comp\\u0061ny": "Two"}',
    "too deep": b'{"mixins":' * 40 + b"1" + b"}" * 40,
    "deep enough for a stack": b"[" * 30_000,
    "half a character": b'{"company": "\\ud800"}',
    "not a number": b'{"metadata": {"version": NaN}}',
    "infinite": b'{"metadata": {"version": 1e999}}',
    "a long number": b'{"metadata": {"version": ' + b"1" * 5000 + b"}}",
    "a byte order mark": b'\xef\xbb\xbf{"company": "One"}',
    "UTF-16": '{"company": "One"}'.encode("utf-16"),
    "not UTF-8": b'{"company": "\xff"}',
    "an array": b"[]",
    "a string": b'"company"',
    "null": b"null",
    "a trailing comma": b'{"company": "One",}',
    "a comment": b'{"company": "One"} // hunter2',
}


@pytest.mark.parametrize("body", BAD_BODIES)
def test_body_that_is_no_plain_json_object_is_refused(shop: Shop, body: str) -> None:
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    answer = browser.request("PATCH", "/api/me", data=BAD_BODIES[body], content_type="application/json")
    assert len(details(answer)) == 1
    assert "hunter2" not in answer.get_data(as_text=True)
    assert lasting_footprint(shop) == before


def test_unknown_and_missing_properties_are_named_together(shop: Shop) -> None:
    browser = shop.signed_in()
    answer = browser.post("/api/password/change", json={"currentPassword": "x", "admin": True, "id": "1"})
    assert {(detail["field"], detail["type"]) for detail in details(answer)} == {
        ("newPassword", "missing_value"),
        ("admin", "unknown_property"),
        ("id", "unknown_property"),
    }


def test_value_of_a_secret_property_is_not_repeated(shop: Shop) -> None:
    browser = shop.signed_in()
    answer = browser.post("/api/password/change", json={"currentPassword": ["hunter2"], "newPassword": 7})
    assert {detail["field"] for detail in details(answer)} >= {"newPassword"}
    assert "hunter2" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/api/logout", "/api/me"])
@pytest.mark.parametrize(
    ("body", "admitted"), [(b"{}", True), (b'{"x": 1}', False), (b"[]", False), (b"null", False), (b"{", False)]
)
def test_route_without_a_body_takes_an_empty_object_at_most(shop: Shop, path: str, body: bytes, admitted: bool) -> None:
    browser = shop.signed_in()
    before = lasting_footprint(shop)
    method = "POST" if path == "/api/logout" else "GET"
    answer = browser.request(method, path, data=body, content_type="application/json")
    assert answer.status_code == (200 if admitted else 400)
    assert admitted or lasting_footprint(shop) == before


@pytest.mark.parametrize("token", ["..", ".", "", "a/b", "a?b", "x" * 513, "a b", "é"])
def test_mailed_token_that_cannot_be_one_is_never_sent(shop: Shop, token: str) -> None:
    browser = shop.browser()
    browser.session()
    before = lasting_footprint(shop)
    answer = browser.post("/api/signup/optin", json={"token": token})
    assert [detail["field"] for detail in details(answer)] == ["token"]
    assert lasting_footprint(shop) == before


@pytest.mark.parametrize("languages", ["de-DE,de;q=0.9,*;q=0.5", None, "de\x00", "x" * 201, "<de>", "hunter2\u00e9"])
def test_of_the_browsers_headers_only_its_languages_go_upstream(shop: Shop, languages: str | None) -> None:
    browser = shop.signed_in()
    shop.sandbox.recorder.clear()
    sent = {
        "Authorization": "Bearer hunter2",
        "X-Forwarded-For": "hunter2",
        "User-Agent": "hunter2",
        "session-id": "hunter2",
        "Referer": "hunter2",
        **({} if languages is None else {"Accept-Language": languages}),
    }
    assert browser.get("/api/me", headers=sent).status_code == 200
    (call,) = shop.sandbox.recorder.of("get_me")
    harmless = languages is not None and languages.startswith("de-DE")
    assert call.headers.get("accept-language") == (languages if harmless else None)
    assert "hunter2" not in repr(call)
    assert "cookie" not in call.headers


def asked_for_site(shop: Shop, body: dict[str, Any]) -> tuple[int, Any]:
    browser = shop.browser()
    browser.session()
    answer = browser.post("/api/password/reset", json={"email": B2C_EMAIL, **body})
    calls = shop.sandbox.recorder.of("request_password_reset")
    return answer.status_code, [json.loads(call.body).get("site") for call in calls]


def test_site_is_the_configured_one_where_the_client_names_none(make_shop: ShopMaker) -> None:
    shop = make_shop(EMPORIX_SITE="main", EMPORIX_SITES="de,fr")
    assert asked_for_site(shop, {}) == (204, ["main"])
    assert "siteCode=main" in shop.sandbox.recorder.of("anonymous_login")[0].target


@pytest.mark.parametrize(
    ("site", "status", "sent"),
    [("main", 204, ["main"]), ("de", 204, ["de"]), ("it", 400, []), ("", 400, []), ("DE", 400, []), ("de,fr", 400, [])],
)
def test_client_may_name_a_site_that_is_listed(make_shop: ShopMaker, site: str, status: int, sent: list[str]) -> None:
    shop = make_shop(EMPORIX_SITE="main", EMPORIX_SITES="de,fr")
    assert asked_for_site(shop, {"site": site}) == (status, sent)


def test_without_configuration_no_site_is_sent_and_none_may_be_named(shop: Shop) -> None:
    assert asked_for_site(shop, {}) == (204, [None])
    shop.sandbox.recorder.clear()
    assert asked_for_site(shop, {"site": "main"}) == (400, [])
