"""The flow that every form shares: tokens that are stale or foreign, what a page costs, who is sent to the sign-in."""

from __future__ import annotations

import io

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.footprint import footprint, lasting_footprint
from tests.support.pages import PageBrowser, customer, reveal_nothing_of, visitor
from tests.support.shop import PUBLIC_URL, Shop
from tests.support.typed_forms import EVERY, NEW, OF_ANYBODY, SECRET, TYPED, jane, kept, opened


def csrf_of_another(shop: Shop) -> str:
    return visitor(shop).get("/login").form("/login").values["csrf_token"]


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("token", ["missing", "foreign", "stale", "nonsense"])
def test_form_with_a_wrong_token_comes_back_filled_in_and_can_be_sent_again(shop: Shop, path: str, token: str) -> None:
    entries = EVERY[path]
    somebody, real = opened(shop, path)
    if token == "stale":
        # Another tab signed in (again), so the cookie is another one by now.
        tab = PageBrowser(somebody.browser)
        tab.get("/login?again=1")
        tab.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
        assert tab.status == 303
    csrf = {"missing": None, "foreign": csrf_of_another(shop), "nonsense": "x"}
    cookie, before = somebody.browser.cookie, lasting_footprint(shop)
    page = somebody.send(real, **entries, **({"csrf_token": csrf[token]} if token in csrf else {}))
    assert somebody.status == 403
    assert "Check your entries and send them again." in page.words
    assert page.title.startswith("Error:")
    kept(page, real, entries)
    assert lasting_footprint(shop) == before
    assert somebody.browser.cookie == cookie
    assert somebody.answer.headers.getlist("Set-Cookie") == []
    secrets = {name: value for name, value in entries.items() if value.startswith(SECRET)}
    somebody.send(real, **secrets)
    assert somebody.status in (303, 422)


def test_browser_without_a_cookie_is_told_so(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/signup")
    somebody.browser.cookie = None
    page = somebody.send("/signup", **OF_ANYBODY["/signup"])
    assert somebody.status == 403
    assert "Allow cookies for this site" in page.words
    kept(page, "/signup", OF_ANYBODY["/signup"])
    assert somebody.answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": PUBLIC_URL},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_what_another_site_sends_is_not_echoed(shop: Shop, path: str, headers: dict[str, str]) -> None:
    somebody, real = opened(shop, path)
    before = lasting_footprint(shop)
    values = somebody.page.form(real).filled(EVERY[path]) | {"csrf_token": "x"}
    page = somebody.post(real, values, headers)
    assert somebody.status == 403
    reveal_nothing_of(page, TYPED, "typed-canary", SECRET)
    assert lasting_footprint(shop) == before


def test_refusal_of_a_forged_form_is_no_internal_error(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    somebody = visitor(shop)
    somebody.post("/login", {"email": TYPED}, {"Origin": "https://evil.example"})
    assert somebody.status == 403
    messages = [record.getMessage() for record in caplog.records]
    assert "csrf_refused" in messages
    assert "internal_error" not in messages


def test_form_sent_as_something_else_is_refused_and_nothing_breaks(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/login")
    client, base = somebody.browser.client, somebody.browser.base_url
    token = somebody.page.form("/login").values["csrf_token"]
    for sent in (
        {"data": b"[1]", "content_type": "application/json"},
        {"data": b"{", "content_type": "application/json"},
        {"json": {"csrf_token": token, "email": B2C_EMAIL, "password": B2C_PASSWORD}},
        {"data": b"\xff\xfe=%zz&&==", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data"},
    ):
        assert client.post("/login", base_url=base, **sent).status_code == 403
    files = {"csrf_token": token, "email": (io.BytesIO(b"x"), "x.txt"), "password": "x"}
    assert client.post("/login", base_url=base, data=files).status_code == 422


@pytest.mark.parametrize("path", ["/login", NEW])
def test_form_over_the_limit_is_refused_before_its_token_is_looked_at(shop: Shop, path: str) -> None:
    somebody, real = opened(shop, path)
    before = footprint(shop)
    page = somebody.post(real, {"csrf_token": "x", "email": "x" * 70_000})
    assert (somebody.status, page.heading) == (413, "That was too much at once")
    assert footprint(shop) == before


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/account", 1),
        ("/account?change=name", 1),
        ("/account/addresses", 1),
        (NEW, 0),
        ("ADDRESS", 1),
        ("ADDRESS/delete", 1),
        ("ADDRESS/default", 1),
        ("ADDRESS/tags", 1),
        ("/account/password", 0),
        ("/account/email", 0),
        ("/account/company", 0),
        ("/account/delete", 0),
        ("/account/delete/confirm?token=x", 0),
        ("/login?again=1", 0),
        ("/login", 0),
        ("/logout", 0),
        ("/signup", 0),
        ("/password/forgot", 0),
    ],
)
def test_page_costs_no_more_than_one_call(shop: Shop, path: str, calls: int) -> None:
    somebody = customer(shop)
    shop.sandbox.recorder.clear()
    somebody.get(path.replace("ADDRESS", f"/account/addresses/{next(iter(jane(shop).addresses))}"))
    assert (somebody.status, len(shop.sandbox.recorder)) == (200, calls)


@pytest.mark.parametrize("path", ["/account", NEW, "/account/password", "/account/email", "/account/company"])
def test_guest_is_sent_to_the_sign_in_and_no_cookie_is_set_on_the_way(shop: Shop, path: str) -> None:
    somebody = visitor(shop)
    somebody.get(path)
    assert (somebody.status, somebody.location) == (303, f"/login?next={path}")
    assert somebody.answer.headers.getlist("Set-Cookie") == []


def test_head_is_answered_like_get_and_changes_nothing(shop: Shop) -> None:
    somebody = customer(shop)
    before = lasting_footprint(shop).keys
    for path in ("/account", NEW, "/logout"):
        assert somebody.browser.request("HEAD", path).status_code == 200
    assert lasting_footprint(shop).keys == before
