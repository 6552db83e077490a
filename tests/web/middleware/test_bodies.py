"""Size and type of a body, told before anything looks into it."""

from __future__ import annotations

import io

import pytest
from flask import Request
from gunicorn.http.errors import InvalidChunkSize
from werkzeug.test import TestResponse

from bff.operations.declared import MAX_BODY_BYTES
from bff.web.middleware.bodies import body_of
from tests.support.footprint import footprint
from tests.support.shop import Browser, Shop


def of_size(size_bytes: int) -> bytes:
    return b'{"company": "One"'.ljust(size_bytes - 1) + b"}"


def send(browser: Browser, body: bytes, *, chunked: bool, media_type: str = "application/json") -> TestResponse:
    if not chunked:
        return browser.request("PATCH", "/api/me", data=body, content_type=media_type)
    return browser.request(
        "PATCH",
        "/api/me",
        input_stream=io.BytesIO(body),
        content_type=media_type,
        # As gunicorn does.
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )


@pytest.mark.parametrize("chunked", [False, True])
def test_body_of_exactly_the_limit_is_read(shop: Shop, chunked: bool) -> None:
    browser = shop.signed_in()
    assert send(browser, of_size(MAX_BODY_BYTES), chunked=chunked).status_code == 200
    assert browser.get("/api/me").get_json()["company"] == "One"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size_bytes", [MAX_BODY_BYTES + 1, MAX_BODY_BYTES + 2, 2 * MAX_BODY_BYTES, 1_000_000])
def test_larger_body_is_refused_however_it_is_sent(shop: Shop, chunked: bool, size_bytes: int) -> None:
    browser = shop.signed_in()
    before = footprint(shop)
    # What is beyond the limit is blank: cut there, the body would still be good JSON.
    for body in (of_size(size_bytes), of_size(100).ljust(size_bytes)):
        answer = send(browser, body, chunked=chunked)
        assert (answer.status_code, answer.get_json()["type"]) == (413, "payload_too_large")
    assert footprint(shop) == before


def test_larger_body_is_refused_on_pages_and_on_routes_without_a_body(shop: Shop) -> None:
    shop.app.add_url_rule("/page", view_func=lambda: "", methods=["POST"])
    browser = shop.signed_in()
    page = browser.post("/page", data=b"x" * (MAX_BODY_BYTES + 1))
    assert (page.status_code, page.mimetype) == (413, "text/html")
    assert browser.post("/api/logout", data=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413


def test_body_that_breaks_off_is_refused(shop: Shop) -> None:
    browser = shop.signed_in()
    before = footprint(shop)
    answer = browser.request(
        "PATCH",
        "/api/me",
        input_stream=io.BytesIO(b'{"company": "One"}'),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "40", "wsgi.input_terminated": True},
    )
    assert (answer.status_code, answer.get_json()["type"]) == (400, "validation_failure")
    assert footprint(shop) == before


def test_chunks_that_are_none_are_the_clients_fault(shop: Shop) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise InvalidChunkSize(b"zz")

    browser = shop.signed_in()
    answer = browser.request(
        "PATCH",
        "/api/me",
        content_type="application/json",
        environ_overrides={"wsgi.input": Broken(), "wsgi.input_terminated": True},
    )
    assert (answer.status_code, answer.get_json()["type"]) == (400, "validation_failure")
    assert "zz" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("APPLICATION/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json; charset="UTF-8"', 200),
        ("application/json; charset=UTF8", 200),
        ("application/merge-patch+json", 200),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=latin-1", 415),
        ("application/json, text/plain", 415),
        ("text/plain; application/json", 415),
        ("application/jsonp", 415),
        ("application/json-patch+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_media_type_decides(shop: Shop, media_type: str, status: int) -> None:
    browser = shop.signed_in()
    answer = send(browser, b'{"company": "One"}', chunked=False, media_type=media_type)
    assert answer.status_code == status


def test_merge_patch_is_for_profile_and_address_alone(shop: Shop) -> None:
    browser = shop.signed_in()
    answer = browser.request(
        "POST", "/api/me/addresses", data=b'{"city": "Ulm"}', content_type="application/merge-patch+json"
    )
    assert answer.status_code == 415


def test_route_that_needs_a_body_says_so_by_its_type(shop: Shop) -> None:
    assert shop.signed_in().post("/api/me/addresses").status_code == 415


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/json"])
def test_where_no_body_is_sent_and_none_required_any_type_will_do(shop: Shop, media_type: str) -> None:
    browser = shop.signed_in()
    assert browser.request("POST", "/api/session/refresh", content_type=media_type).status_code == 200


@pytest.mark.parametrize("path", ["/api/session", "/api/me", "/api/session/validate"])
def test_body_of_a_read_is_json_too(shop: Shop, path: str) -> None:
    browser = shop.signed_in()
    assert browser.get(path, data=b"a=b", content_type="application/x-www-form-urlencoded").status_code == 415


@pytest.mark.parametrize(
    ("framing", "body"),
    [({}, b""), ({"CONTENT_LENGTH": "5"}, b"typed"), ({"HTTP_TRANSFER_ENCODING": "chunked"}, b"typed")],
)
def test_body_is_read_where_the_headers_tell_of_one(framing: dict[str, str], body: bytes) -> None:
    stream = io.BytesIO(b"typed")
    request = Request({"REQUEST_METHOD": "GET", "wsgi.input": stream, "wsgi.input_terminated": True, **framing})
    assert body_of(request) == body
    assert body_of(request) == body
    assert stream.tell() == len(body)
