"""Forms and pages while Redis or Emporix is away, or refuses: nothing typed is lost, no text of upstream's is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.faults import CannedResponse, Cut, Fault
from tests.support.fakes.answers import html
from tests.support.pages import customer, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker
from tests.support.typed_forms import EVERY, NEW, SECRET, TYPED, jane, kept, opened

EVERY_OPERATION = (
    "get_me",
    "login",
    "signup",
    "signup_optin",
    "resend_optin",
    "update_me",
    "delete_me",
    "list_addresses",
    "add_address",
    "get_address",
    "update_address",
    "delete_address",
    "add_address_tags",
    "remove_address_tags",
    "change_email",
    "confirm_email",
    "request_password_reset",
    "reset_password",
    "change_password",
    "add_login",
)


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that a test may hurt."""
    with EmbeddedRedis() as server:
        yield server


def test_forms_come_back_filled_in_while_redis_is_away(make_shop: ShopMaker, own_redis: EmbeddedRedis) -> None:
    shop = make_shop(REDIS_URL=own_redis.url)
    before_them = {path: opened(shop, path) for path in EVERY}
    companies = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    companies.get("/account/company")
    own_redis.kill()
    for path, (somebody, real) in before_them.items():
        cookie = somebody.browser.cookie
        page = somebody.send(real, **EVERY[path])
        assert (somebody.status, "Nothing you entered is lost" in page.words) == (503, True), path
        assert int(somebody.answer.headers["Retry-After"]) > 0
        kept(page, real, EVERY[path])
        assert somebody.answer.headers.getlist("Set-Cookie") == []
        assert somebody.browser.cookie == cookie
    companies.send("/account/company")
    assert companies.status == 503


def test_pages_say_that_they_cannot_be_shown_while_redis_is_away(
    make_shop: ShopMaker, own_redis: EmbeddedRedis
) -> None:
    shop = make_shop(REDIS_URL=own_redis.url)
    somebody = customer(shop)
    own_redis.kill()
    for path in ("/account", NEW, "/account/password", "/account/delete", "/account/addresses"):
        page = somebody.get(path)
        assert (somebody.status, page.heading) == (503, "Your account can't be shown right now")
        assert int(somebody.answer.headers["Retry-After"]) > 0
        assert somebody.answer.headers.getlist("Set-Cookie") == []
    assert visitor(shop).get("/signup").form("/signup"), "what needs no session goes on"


AWAY = {
    "cut": (Fault(cut=Cut.BEFORE_EFFECT), 503),
    "gateway": (Fault(answer=html(503)), 503),
    "slow": (Fault(delay_before_seconds=20, answer=html(200)), 504),
    "broken": (Fault(answer=html(500)), 502),
}


def patience(trouble: str) -> str:
    """Return the seconds to wait for Emporix: few only where all of them are waited."""
    return "1" if trouble == "slow" else "30"


@pytest.mark.parametrize("trouble", AWAY)
def test_page_says_that_it_cannot_be_shown_while_emporix_is_away(make_shop: ShopMaker, trouble: str) -> None:
    shop = make_shop(EMPORIX_READ_TIMEOUT=patience(trouble))
    somebody = customer(shop)
    address = f"/account/addresses/{next(iter(jane(shop).addresses))}"
    cookie = somebody.browser.cookie
    fault, status = AWAY[trouble]
    for operation in ("get_me", "list_addresses", "get_address"):
        shop.sandbox.faults.add(operation, fault)
    for path in ("/account", "/account/addresses", address):
        page = somebody.get(path)
        assert somebody.status == status
        assert "Sign in" not in page.heading
        assert "Something went wrong" not in page.text
        assert ("Retry-After" in somebody.answer.headers) == (status == 503)
    assert somebody.browser.cookie == cookie
    shop.sandbox.faults.clear()
    # A busy machine may be slow once more, which is not signed out.
    headings = [somebody.get("/account").heading for _ in range(3)]
    assert "Your profile" in headings, "nobody was signed out"


@pytest.mark.parametrize("trouble", AWAY)
@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/account", "update_me"),
        (NEW, "add_address"),
        ("ADDRESS", "update_address"),
        ("ADDRESS/tags", "add_address_tags"),
        ("/account/email", "change_email"),
        ("/account/password", "change_password"),
        ("/login", "login"),
        ("/signup", "signup"),
        ("/signup/resend", "resend_optin"),
        ("/password/forgot", "request_password_reset"),
    ],
)
def test_form_comes_back_filled_in_while_emporix_is_away(
    make_shop: ShopMaker, path: str, operation: str, trouble: str
) -> None:
    shop = make_shop(EMPORIX_READ_TIMEOUT=patience(trouble))
    fault, status = AWAY[trouble]
    somebody, real = opened(shop, path)
    shop.sandbox.faults.add(operation, fault)
    page = somebody.send(real, **EVERY[path])
    assert (somebody.status, page.title[:6]) == (status, "Error:")
    kept(page, real, EVERY[path])


def test_too_many_requests_keep_the_form_too(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_API="5/minute")
    somebody = customer(shop)
    somebody.get(NEW)
    for _ in range(5):
        somebody.browser.get("/account/password")
    page = somebody.send(NEW, contactName=TYPED)
    assert somebody.status == 429
    assert int(somebody.answer.headers["Retry-After"]) > 0
    kept(page, NEW, {"contactName": TYPED})


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 422, 429, 500, 503])
def test_no_text_of_upstreams_is_ever_shown(shop: Shop, status: int) -> None:
    body = {
        "status": status,
        "type": "canary_type",
        "message": "canary message",
        "moreInfo": "canary info",
        "details": [{"field": "firstName", "message": "canary detail"}, {"field": "canary", "message": "c"}, "canary"],
    }
    answer = CannedResponse(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    tabs = [opened(shop, path) for path in EVERY]
    somebody = customer(shop)
    address = f"/account/addresses/{next(iter(jane(shop).addresses))}"
    for operation in EVERY_OPERATION:
        shop.sandbox.faults.add(operation, Fault(answer=answer))
    for path in ("/account", "/account/addresses", address, f"{address}/delete", f"{address}/tags"):
        reveal_nothing_of(somebody.get(path), "canary")
        assert somebody.status >= 400
    for (tab, real), (_, entries) in zip(tabs, EVERY.items(), strict=True):
        entries = {name: value.replace("canary", "").replace("-@", "@") for name, value in entries.items()}
        reveal_nothing_of(tab.send(real, **entries), "canary")
    for path in ("/signup/optin", "/password/reset", "/email/confirm", "/account/delete/confirm"):
        somebody.get(f"{path}?token=x")
        entry = {"password": SECRET} if path == "/password/reset" else {}
        reveal_nothing_of(somebody.send(path, **entry), "canary")
    somebody.get("/account/delete")
    reveal_nothing_of(somebody.send("/account/delete", understood=True), "canary")
