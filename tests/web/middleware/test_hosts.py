"""Which host names are answered, and whom the application believes about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from flask import request
from werkzeug.test import Client

from tests.support.fakes.clock import FakeClock
from tests.support.footprint import footprint
from tests.support.shop import Shop, ShopMaker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HTTPS = "https://shop.example.com"
FORWARDED = {
    "X-Forwarded-Host": "shop.example.com",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example;proto=https;for=203.0.113.9",
    "X-Original-URL": "/api/me",
    "X-Rewrite-URL": "/api/me",
    "X-HTTP-Method-Override": "DELETE",
}

FOREIGN = [
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.example:8000",
    "localhost:8000",
    "127.0.0.1.",
    "127.0.0.2",
    "x@127.0.0.1",
    "127.0.0.1:8000@evil.example",
    "127.0.0.1:port",
    "127.0.0.1:99999",
    "127.0.0.1/x",
    "127.0.0.1?x",
    "127.0.0.1#x",
    "127.0.0.1, evil.example",
    "127.0.0.1 evil.example",
    "[::1",
    "[::1]",
    "2130706433",
    "",
]


@pytest.mark.parametrize("host", FOREIGN)
def test_foreign_host_is_refused_in_the_shape_of_the_path(shop: Shop, host: str) -> None:
    client = shop.app.test_client()
    before = footprint(shop)
    api = client.get("/api/session", headers={"Host": host})
    assert (api.status_code, api.get_json()["type"]) == (400, "validation_failure")
    assert [detail["field"] for detail in api.get_json()["details"]] == ["Host"]
    for path in ("/", "/static/site.css", "/nothing"):
        page = client.get(path, headers={"Host": host})
        assert (page.status_code, page.mimetype) == (400, "text/html"), path
        assert "evil" not in page.get_data(as_text=True)
        assert page.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "127.0.0.1:9", "127.0.0.1:80"])
def test_port_does_not_count(shop: Shop, host: str) -> None:
    assert shop.app.test_client().get("/api/session", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/", "http://127.0.0.1:8000/"),
        ("/account/addresses?page=2", "http://127.0.0.1:8000/account/addresses"),
        ("/password/reset?token=hunter2", "http://127.0.0.1:8000/password/reset"),
        ("/nothing", "http://127.0.0.1:8000/nothing"),
    ],
)
def test_page_of_another_host_names_and_links_the_public_url(shop: Shop, asked: str, told: str) -> None:
    answer = shop.app.test_client().get(asked, headers={"Host": "localhost:8000"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert f'<a href="{told}">{told}</a>' in text
    assert "localhost" not in text
    assert "hunter2" not in text


def test_page_of_www_names_the_public_url(make_shop: ShopMaker) -> None:
    client = make_shop(BFF_PUBLIC_URL=HTTPS).app.test_client()
    answer = client.get("/account", headers={"Host": "www.shop.example.com"})
    assert answer.status_code == 400
    assert f'<a href="{HTTPS}/account">' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/%2f%2fevil.example", "/%22%3E%3Cscript%3Ex", "/%0d%0aevil", "/a/..//evil", "/%2fevil", "/@evil.example"]
)
def test_page_of_another_host_links_no_odd_path(shop: Shop, path: str) -> None:
    text = shop.app.test_client().get(path, headers={"Host": "localhost:8000"}).get_data(as_text=True)
    assert '<a href="http://127.0.0.1:8000/">' in text
    assert "evil" not in text
    assert "<script>x" not in text


def test_json_route_of_another_host_says_which_one_is_expected(shop: Shop) -> None:
    body = shop.app.test_client().get("/api/me?a=b", headers={"Host": "localhost:8000"}).get_json()
    assert (body["status"], body["type"], body["details"][0]["field"]) == (400, "validation_failure", "Host")
    assert "127.0.0.1:8000" in body["details"][0]["message"]


def test_other_host_is_logged_once_a_minute_without_its_name(
    make_shop: ShopMaker, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_shop(clock=clock).app.test_client()

    def lines() -> list[dict[str, str]]:
        return [record.__dict__["bff_fields"] for record in caplog.records if record.getMessage() == "host_refused"]

    for host in ("evil.example", "localhost:8000"):
        client.get("/", headers={"Host": host})
    client.get("/api/me", headers={"Host": "evil.example"})
    assert lines() == [{"expected": "http://127.0.0.1:8000"}]
    clock.advance(59)
    client.get("/", headers={"Host": "evil.example"})
    assert len(lines()) == 1
    clock.advance(1)
    client.get("/", headers={"Host": "evil.example"})
    assert len(lines()) == 2
    client.get("/healthz", headers={"Host": "evil.example"})
    client.get("/")
    assert len(lines()) == 2


def test_letters_of_a_host_have_no_case(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS)
    client = shop.app.test_client()
    assert client.get("/", headers={"Host": "SHOP.example.COM"}).status_code == 200
    assert client.get("/", headers={"Host": "example.com"}).status_code == 400


def test_request_without_host_is_refused(shop: Shop) -> None:
    def without_host(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        del environ["HTTP_HOST"]
        environ["SERVER_NAME"] = "127.0.0.1"
        return shop.app(environ, start_response)

    client = Client(without_host)
    assert client.get("/api/session").status_code == 400
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_answers_to_any_host(shop: Shop, host: str, path: str) -> None:
    assert shop.app.test_client().get(path, headers={"Host": host}).status_code == 200


def seen(shop: Shop, host: str, headers: dict[str, str]) -> dict[str, str]:
    def view() -> dict[str, str]:
        return {
            "host": request.host,
            "scheme": request.scheme,
            "address": str(request.remote_addr),
            "method": request.method,
            "root": request.root_path,
        }

    shop.app.add_url_rule("/seen", view_func=view)
    answer = shop.app.test_client().get("/seen", headers={"Host": host, **headers})
    assert answer.status_code == 200
    found: dict[str, str] = answer.get_json()
    return found


def test_forwarded_headers_are_not_believed_by_default(shop: Shop) -> None:
    plain = {"scheme": "http", "address": "127.0.0.1", "method": "GET", "root": ""}
    assert seen(shop, "127.0.0.1:8000", FORWARDED) == {"host": "127.0.0.1:8000", **plain}


def test_forwarded_host_does_not_make_a_foreign_host_ours(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS)
    assert shop.app.test_client().get("/", headers={"Host": "10.0.0.7:8000", **FORWARDED}).status_code == 400


def test_declared_proxy_is_believed_about_host_scheme_and_address(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS, BFF_TRUSTED_PROXIES="1")
    assert seen(shop, "10.0.0.7:8000", FORWARDED) == {
        "host": "shop.example.com",
        "scheme": "https",
        "address": "203.0.113.9",
        "method": "GET",
        "root": "",
    }


def test_of_several_addresses_only_the_declared_proxies_are_believed(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS, BFF_TRUSTED_PROXIES="1")
    forged = {**FORWARDED, "X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    assert seen(shop, "10.0.0.7", forged)["address"] == "203.0.113.9"


def test_host_that_a_declared_proxy_names_is_checked_too(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_PUBLIC_URL=HTTPS, BFF_TRUSTED_PROXIES="1")
    client = shop.app.test_client()
    for forwarded in ("evil.example", "shop.example.com, evil.example"):
        headers = {"Host": "shop.example.com", "X-Forwarded-Host": forwarded}
        assert client.get("/", headers=headers).status_code == 400


@pytest.mark.parametrize(("target", "status"), [("http://evil.example/api/session", 400), ("*", 400), ("a:1", 400)])
def test_whole_url_as_target_is_for_our_host_or_refused(shop: Shop, target: str, status: int) -> None:
    client = shop.app.test_client()
    host = {"Host": "127.0.0.1:8000"}
    assert client.get("/api/session", headers=host, environ_overrides={"RAW_URI": target}).status_code == status
    own = {"RAW_URI": "http://127.0.0.1:8000/api/session"}
    assert client.get("/api/session", headers=host, environ_overrides=own).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/session", "/static/site.css", "/nowhere"])
def test_host_that_is_no_name_at_all_is_refused_like_a_foreign_one(shop: Shop, path: str) -> None:
    for host in ("x" * 64, "x" * 200 + ".example", "a b", "[::1", "é.example", "127.0.0.1:99999", "a:b", "..", " "):
        answer = shop.browser().get(path, headers={"Host": host})
        assert answer.status_code == 400, host
        assert shop.browser().get("/healthz", headers={"Host": host}).status_code == 200


DEVELOPED: dict[str, Any] = {"BFF_PUBLIC_URL": "http://localhost:5173", "BFF_BIND": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:5173", 200),
        ("127.0.0.1:8000", 200),
        ("127.0.0.1:5173", 400),
        ("127.0.0.1", 400),
        ("127.0.0.2:8000", 400),
        ("evil.example:8000", 400),
    ],
)
def test_dev_server_may_name_the_address_it_passes_on_to(make_shop: ShopMaker, host: str, status: int) -> None:
    client = make_shop(**DEVELOPED).app.test_client()
    for path in ("/api/session", "/login", "/static/site.css"):
        assert client.get(path, headers={"Host": host}).status_code == status, path


@pytest.mark.parametrize(
    "settings",
    [
        {"BFF_PUBLIC_URL": HTTPS, "BFF_BIND": "127.0.0.1:8000"},
        {"BFF_PUBLIC_URL": "http://localhost:5173", "BFF_BIND": "10.0.0.7:8000"},
        {"BFF_PUBLIC_URL": "http://localhost:5173", "BFF_BIND": "unix:/run/bff.sock"},
    ],
)
def test_address_it_listens_on_is_no_name_of_a_shop_for_others(make_shop: ShopMaker, settings: dict[str, Any]) -> None:
    client = make_shop(**settings).app.test_client()
    for host in ("127.0.0.1:8000", "10.0.0.7:8000", "unix:/run/bff.sock"):
        assert client.get("/api/session", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("public", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize(
    "told", [{"Referer": "http://{other}:5173/"}, {"Origin": "http://{other}:5173", "Referer": "http://{public}:5173/"}]
)
def test_page_by_the_other_name_is_told_behind_a_dev_server_that_hides_it(
    make_shop: ShopMaker, public: str, told: dict[str, str]
) -> None:
    other = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}[public]
    client = make_shop(**{**DEVELOPED, "BFF_PUBLIC_URL": f"http://{public}:5173"}).app.test_client()
    headers = {name: value.format(public=public, other=other) for name, value in told.items()}
    headers |= {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    answer = client.get("/api/session", headers=headers)
    assert answer.status_code == 400
    (detail,) = answer.get_json()["details"]
    assert detail["field"] == next(iter(told))
    assert detail["message"] == f"Expected http://{public}:5173."
    assert "Set-Cookie" not in answer.headers
    page = client.get("/login", headers=headers)
    assert (page.status_code, f'<a href="http://{public}:5173/login">' in page.get_data(as_text=True)) == (400, True)
    assert client.get("/static/site.css", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost:5173/"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:5173"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        # The way back from the identity provider, and a link in a mail.
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://127.0.0.1:9000/", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_page_by_the_right_name_is_served_behind_a_dev_server(make_shop: ShopMaker, headers: dict[str, str]) -> None:
    client = make_shop(**DEVELOPED).app.test_client()
    assert client.get("/login", headers={"Host": "127.0.0.1:8000", **headers}).status_code == 200


def test_shop_behind_its_proxy_looks_at_no_referrer(make_shop: ShopMaker) -> None:
    client = make_shop(BFF_PUBLIC_URL=HTTPS).app.test_client()
    elsewhere = {
        "Sec-Fetch-Site": "same-origin",
        "Referer": "https://elsewhere.example/",
        "Host": "shop.example.com:443",
    }
    assert client.get("/login", headers=elsewhere).status_code == 200
