"""The application as it is put together: in which order it checks, and what it keeps to itself."""

from __future__ import annotations

import ast
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bff import factory
from bff.factory import Bff, create_app
from bff.operations.declared import MAX_BODY_BYTES
from bff.web.forms.choices import countries, currencies, languages
from bff.web.middleware.forwarded import DeclaredProxies
from tests.support.footprint import lasting_footprint
from tests.support.shop import COOKIE, PUBLIC_URL, Shop, ShopMaker

DEAD_REDIS = {"REDIS_URL": "redis://127.0.0.1:1"}
DEAD_UPSTREAM = {"EMPORIX_API_URL": "http://127.0.0.1:1"}
TOO_LARGE = b"x" * (MAX_BODY_BYTES + 1)
NO_ACCOUNT_DELETION = {"BFF_ACCOUNT_DELETION": "off"}


@dataclass(frozen=True, kw_only=True)
class Faulty:
    """A request with two faults, and the type of the error that has to win."""

    wins: str
    method: str = "POST"
    path: str = "/api/login"
    token: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b"{}"
    media_type: str = "application/json"
    environment: dict[str, Any] = field(default_factory=dict)


PAIRS = {
    "host before route": Faulty(wins="validation_failure", path="/api/x", headers={"Host": "evil.example"}),
    "route before origin": Faulty(wins="resource_not_found", path="/api/x", headers={"Sec-Fetch-Site": "cross-site"}),
    "route before token": Faulty(wins="resource_not_found", path="/api/x", token=False),
    "route before size": Faulty(wins="resource_not_found", path="/api/x", data=TOO_LARGE),
    "method before token": Faulty(wins="method_not_allowed", method="PUT", token=False),
    "method before size": Faulty(wins="method_not_allowed", method="PUT", data=TOO_LARGE),
    "feature before token": Faulty(
        wins="feature_disabled", method="DELETE", path="/api/me", token=False, environment=NO_ACCOUNT_DELETION
    ),
    "origin before size": Faulty(wins="origin_refused", headers={"Sec-Fetch-Site": "cross-site"}, data=TOO_LARGE),
    "token before size": Faulty(wins="csrf_failed", token=False, data=TOO_LARGE),
    "token before media type": Faulty(wins="csrf_failed", token=False, media_type="text/plain"),
    "token before session": Faulty(wins="csrf_failed", token=False, method="DELETE", path="/api/me"),
    "token before Redis": Faulty(wins="csrf_failed", token=False, environment=DEAD_REDIS),
    "token before body": Faulty(wins="csrf_failed", token=False, data=b"{"),
    "another site before session": Faulty(
        wins="forbidden", method="GET", path="/api/me/addresses", headers={"Sec-Fetch-Site": "cross-site"}, data=b""
    ),
    "size before media type": Faulty(wins="payload_too_large", data=TOO_LARGE, media_type="text/plain"),
    "size before session": Faulty(wins="payload_too_large", method="PATCH", path="/api/me", data=TOO_LARGE),
    "size before Redis": Faulty(wins="payload_too_large", data=TOO_LARGE, environment=DEAD_REDIS),
    "media type before session": Faulty(
        wins="unsupported_media_type", method="PATCH", path="/api/me", media_type="text/plain"
    ),
    "media type before Redis": Faulty(wins="unsupported_media_type", media_type="text/plain", environment=DEAD_REDIS),
    "session before body": Faulty(wins="login_required", method="PATCH", path="/api/me", data=b"{"),
    "session before query": Faulty(wins="login_required", method="GET", path="/api/me/addresses?x=1", data=b""),
    "session before path": Faulty(wins="login_required", method="DELETE", path="/api/me/addresses/x%3Fy", data=b""),
    "Redis before body": Faulty(wins="session_store_unavailable", data=b"{", environment=DEAD_REDIS),
    "Redis before upstream": Faulty(
        wins="session_store_unavailable",
        data=b'{"email": "a@example.com", "password": "not the password"}',
        environment={**DEAD_REDIS, **DEAD_UPSTREAM},
    ),
    "body before upstream": Faulty(wins="validation_failure", data=b"{", environment=DEAD_UPSTREAM),
    "query before upstream": Faulty(wins="validation_failure", path="/api/login?x=1", environment=DEAD_UPSTREAM),
    "upstream last": Faulty(
        wins="upstream_unavailable",
        data=b'{"email": "a@example.com", "password": "not the password"}',
        environment=DEAD_UPSTREAM,
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_faults_the_earlier_one_is_told(make_shop: ShopMaker, pair: str) -> None:
    faulty = PAIRS[pair]
    shop = make_shop(**faulty.environment)
    browser = shop.browser()
    if "REDIS_URL" in faulty.environment:
        # Its token needs no record, so it can be had from a shop whose Redis answers.
        well = make_shop().browser()
        well.session()
        browser.cookie, browser.csrf = well.cookie, well.csrf
    else:
        browser.session()
    if not faulty.token:
        browser.csrf = None
    before = lasting_footprint(shop)
    answer = browser.request(
        faulty.method, faulty.path, data=faulty.data, content_type=faulty.media_type, headers=faulty.headers
    )
    assert answer.get_json()["type"] == faulty.wins
    assert answer.headers.getlist("Set-Cookie") == []
    assert lasting_footprint(shop) == before


def test_two_cookies_are_told_before_anything_is_read(shop: Shop) -> None:
    client = shop.app.test_client(use_cookies=False)
    answer = client.post(
        "/api/login", base_url=PUBLIC_URL, headers={"Cookie": f"{COOKIE}=a; {COOKIE}=b"}, data=TOO_LARGE
    )
    assert (answer.status_code, answer.get_json()["details"][0]["field"]) == (400, "Cookie")


@pytest.mark.parametrize(("path", "media_type"), [("/broken", "text/html"), ("/api/broken", "application/json")])
def test_exception_nobody_foresaw_shows_and_logs_no_text(
    shop: Shop, caplog: pytest.LogCaptureFixture, path: str, media_type: str
) -> None:
    def broken() -> str:
        raise RuntimeError("https://upstream/logout?accessToken=hunter2")

    shop.app.add_url_rule(path, view_func=broken)
    caplog.set_level(logging.DEBUG)
    answer = shop.browser().get(path)
    assert (answer.status_code, answer.mimetype) == (500, media_type)
    assert "hunter2" not in answer.get_data(as_text=True)
    (line,) = [record for record in caplog.records if record.getMessage() == "internal_error"]
    fields: dict[str, Any] = line.__dict__["bff_fields"]
    assert fields["exception"] == "RuntimeError"
    assert "hunter2" not in repr([record.__dict__ for record in caplog.records])


def test_exception_outside_of_every_handler_is_logged_without_its_text(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    try:
        raise RuntimeError("hunter2")
    except RuntimeError as err:
        shop.app.log_exception((type(err), err, err.__traceback__))
    (record,) = caplog.records
    assert record.getMessage() == "internal_error"
    assert "hunter2" not in repr(record.__dict__)


def test_flask_itself_answers_no_options_anywhere(shop: Shop) -> None:
    for rule in shop.app.url_map.iter_rules():
        assert "OPTIONS" not in (rule.methods or set()), rule.rule


def test_forwarded_headers_are_read_for_declared_proxies_alone(make_shop: ShopMaker) -> None:
    assert not isinstance(make_shop().app.wsgi_app, DeclaredProxies)
    wrapped = make_shop(BFF_TRUSTED_PROXIES="2").app.wsgi_app
    assert isinstance(wrapped, DeclaredProxies)
    assert wrapped.proxies == 2


def test_each_application_has_services_of_its_own(make_shop: ShopMaker) -> None:
    settings = make_shop().settings
    first, second = create_app(settings), create_app(settings)
    assert isinstance(first, Bff)
    assert first.services is not second.services


def test_choices_of_every_language_are_named_before_the_first_page(make_shop: ShopMaker) -> None:
    for named in (countries, languages, currencies):
        named.cache_clear()
    make_shop()
    made = [named.cache_info().misses for named in (countries, languages, currencies)]
    assert made == [2, 2, 2], "English and German; workers share what the master has made before they start"


def test_nothing_is_built_or_read_at_import() -> None:
    tree = ast.parse(Path(factory.__file__).read_text())
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    docstring, *rest = tree.body
    assert isinstance(docstring, ast.Expr)
    assert [type(node).__name__ for node in rest if not isinstance(node, allowed)] == []


def test_form_of_a_page_is_checked_and_its_token_stands_in_the_body(shop: Shop) -> None:
    shop.app.add_url_rule("/page", view_func=lambda: "", methods=["POST"])
    browser = shop.browser()
    browser.session()
    token, browser.csrf = browser.csrf, None
    assert browser.post("/page", data={"csrf_token": token}).status_code == 200
    for sent in ({}, {"headers": {"X-CSRF-Token": token}}):
        refused = browser.post("/page", **sent)
        assert (refused.status_code, refused.mimetype) == (403, "text/html")
