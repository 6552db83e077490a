"""Every exception has one look from outside: Emporix's error shape under `/api`, a page elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug import exceptions as http

from bff import errors
from bff.errors import BffError, Detail
from bff.log import REQUEST_ID
from bff.web.errors import FAULTS, fault_body, fault_of
from tests.support.shop import Browser, Shop

BY_THEIR_OWN_FACTS = {errors.UpstreamRejected}
NEVER_ANSWERED = {errors.ConfigurationError}
"""It stops the start, so no request can meet it."""


def every_kind(root: type[BffError] = BffError) -> Iterator[type[BffError]]:
    for kind in root.__subclasses__():
        if kind.__module__ == "bff.errors":
            yield kind
            yield from every_kind(kind)


LEAVES = [kind for kind in every_kind() if not any(True for _ in every_kind(kind))]


def test_every_exception_has_a_status() -> None:
    # A call that was not made is one of a service that is away, which is raised too.
    assert set(FAULTS) | BY_THEIR_OWN_FACTS | NEVER_ANSWERED == {*LEAVES, errors.UpstreamUnavailable}


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_status_goes_with_its_type(kind: type[BffError]) -> None:
    fault = FAULTS[kind]
    documented = {
        "csrf_failed": 403, "origin_refused": 403, "forbidden": 403, "login_required": 401, "session_expired": 401,
        "invalid_credentials": 401,
        "reauthentication_required": 401, "validation_failure": 400, "unsupported_media_type": 415,
        "payload_too_large": 413, "feature_disabled": 404, "version_conflict": 412, "rate_limited": 429,
        "upstream_error": 502, "upstream_unavailable": 503, "upstream_timeout": 504, "session_store_unavailable": 503,
    }  # fmt: skip
    assert fault.status == documented[fault.type]
    assert (fault.retry_after_seconds is not None) == (fault.status == 503)


def test_wait_is_the_exceptions_own() -> None:
    assert fault_of(errors.TooManyAttempts(7)).retry_after_seconds == 7
    assert fault_of(errors.UpstreamRateLimited("login", 9)).retry_after_seconds == 9
    assert fault_of(errors.UpstreamRateLimited("login", None)).retry_after_seconds is None


def test_refusal_of_upstream_passes_through() -> None:
    detail = Detail(message="Needed", field="a", type="missing_value", more_info="x")
    error = errors.UpstreamRejected(
        "login", status=409, type="t", message="m", more_info="i", details=(detail, Detail(message="d"))
    )
    token = REQUEST_ID.set("0123456789abcdef")
    try:
        body = fault_body(fault_of(error))
    finally:
        REQUEST_ID.reset(token)
    assert list(body) == ["status", "type", "message", "moreInfo", "details", "requestId"]
    assert body == {
        "status": 409,
        "type": "t",
        "message": "m",
        "moreInfo": "i",
        "details": [{"field": "a", "type": "missing_value", "message": "Needed", "moreInfo": "x"}, {"message": "d"}],
        "requestId": "0123456789abcdef",
    }


def test_whatever_nobody_thought_of_is_an_internal_error() -> None:
    for error in (ValueError("secret-canary"), http.NotImplemented(), BffError("secret-canary")):
        fault = fault_of(error)
        assert (fault.status, fault.type) == (500, "internal_error")
        assert "canary" not in fault.message


def with_crashes(app: Flask) -> None:
    """Add routes that fail, beside and under `/api`."""

    def crash() -> str:
        raise RuntimeError("secret-canary")

    def unavailable() -> str:
        raise errors.UpstreamUnavailable("get_me", "secret-canary")

    for prefix in ("", "/api"):
        app.add_url_rule(f"{prefix}/crash", f"crash{prefix}", crash, methods=["GET", "POST"])
        app.add_url_rule(f"{prefix}/away", f"away{prefix}", unavailable)


@pytest.mark.parametrize(("path", "status"), [("crash", 500), ("away", 503), ("nothing", 404)])
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_error_is_json_under_api_and_a_page_elsewhere(shop: Shop, prefix: str, path: str, status: int) -> None:
    with_crashes(shop.app)
    answer = shop.browser().get(f"{prefix}/{path}")
    assert answer.status_code == status
    assert answer.mimetype == ("application/json" if prefix else "text/html")
    text = answer.get_data(as_text=True)
    assert "canary" not in text
    assert answer.headers["X-Request-ID"] in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer.headers) == (status == 503)
    if prefix:
        assert set(answer.get_json()) == {"status", "type", "message", "details", "requestId"}
        assert answer.get_json()["status"] == status


def test_crash_is_logged_without_its_text(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with_crashes(shop.app)
    assert shop.browser().get("/api/crash").status_code == 500
    records = [record for record in caplog.records if record.getMessage() == "internal_error"]
    assert len(records) == 1
    assert records[0].bff_fields["exception"] == "RuntimeError"  # type: ignore[attr-defined]  # set by Log
    assert "canary" not in caplog.text + str([vars(record) for record in caplog.records])


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/api/me/nothing", "/api", "/api/", "/nothing", "/apix", "/api/me/"])
def test_unknown_path_is_404_whatever_the_method(shop: Shop, method: str, path: str) -> None:
    answer = shop.browser().request(method, path)
    assert answer.status_code == 404
    in_api = path == "/api" or path.startswith("/api/")
    assert answer.mimetype == ("application/json" if in_api else "text/html")
    if method == "HEAD":
        assert answer.data == b""
    elif in_api:
        assert answer.get_json()["type"] == "resource_not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/me", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("OPTIONS", "/api/me", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("HEAD", "/api/login", {"POST"}),
        ("GET", "/api/login", {"POST"}),
        ("DELETE", "/api/session", {"GET", "HEAD"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
    ],
)
def test_wrong_method_is_405_and_names_the_right_ones(shop: Shop, method: str, path: str, allowed: set[str]) -> None:
    answer = shop.browser().request(method, path)
    assert answer.status_code == 405
    assert {word.strip() for word in answer.headers["Allow"].split(",")} == allowed
    assert answer.mimetype == ("application/json" if path.startswith("/api") else "text/html")
    if method == "HEAD":
        assert answer.data == b""
    elif path.startswith("/api"):
        assert answer.get_json()["type"] == "method_not_allowed"


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    browser = shop.browser()
    browser.session()
    return browser


def test_large_body_is_413(visitor: Browser) -> None:
    answer = visitor.post("/api/login", data=b" " * (64 * 1024 + 1), content_type="application/json")
    assert (answer.status_code, answer.get_json()["type"]) == (413, "payload_too_large")
    at_the_limit = visitor.post("/api/login", data=b" " * (64 * 1024), content_type="application/json")
    assert at_the_limit.status_code == 400


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_body_of_another_type_is_415(visitor: Browser, media_type: str) -> None:
    answer = visitor.post("/api/login", data=b"{}", content_type=media_type)
    assert (answer.status_code, answer.get_json()["type"]) == (415, "unsupported_media_type")


def test_every_detail_of_a_bad_body_is_named(visitor: Browser) -> None:
    answer = visitor.post("/api/login", json={"email": 7})
    body = answer.get_json()
    assert (answer.status_code, body["type"]) == (400, "validation_failure")
    assert {detail["field"] for detail in body["details"]} == {"email", "password"}
    assert body["requestId"] == answer.headers["X-Request-ID"]


def test_foreign_host_is_refused_in_the_shape_of_the_place(shop: Shop) -> None:
    browser = Browser(shop.app.test_client(), base_url="http://evil.example")
    assert browser.get("/api/session").get_json()["type"] == "validation_failure"
    page = browser.get("/")
    assert (page.status_code, page.mimetype) == (400, "text/html")


def test_refusal_of_http_keeps_its_status() -> None:
    assert fault_of(http.RequestedRangeNotSatisfiable()).status == 416
