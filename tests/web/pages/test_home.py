"""The page at `/`: what a stranger comes for, and a customer's account at a glance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Cut, Fault
from tests.support.fakes.answers import empty, html
from tests.support.footprint import footprint
from tests.support.page_recorder import customer_of
from tests.support.pages import Page, customer, visitor
from tests.support.shop import COOKIE, PUBLIC_URL, Shop, ShopMaker

NOT_NOW = "Not available just now."
JSON = {"Content-Type": "application/json"}
LINKS: Mapping[str, Any] = {
    "BFF_SHOP_URL": "https://www.example.com/",
    "BFF_ORDERS_URL": "/shop/orders",
    "BFF_HELP_URL": "https://help.example.com/",
    "BFF_IMPRINT_URL": "/imprint",
    "BFF_PRIVACY_URL": "/privacy",
    "BFF_TERMS_URL": "/terms",
}
INVALID_TOKEN = CannedResponse(
    status=401,
    body=b'{"fault":{"faultstring":"x","detail":{"errorcode":"keymanagement.service.invalid_access_token"}}}',
    headers=JSON,
)
INVALID_REFRESH = CannedResponse(
    status=401,
    body=b'{"fault":{"faultstring":"x","detail":{"errorcode":"keymanagement.service.invalid_refresh_token"}}}',
    headers=JSON,
)


def main_of(page: Page) -> Page:
    return Page(page.text.partition("<main")[2].partition("</main>")[0])


def me(shop: Shop, **changes: Any) -> None:
    """Let upstream tell a profile with changes."""
    profile = {"id": "c1", "customerNumber": "13869000", "addresses": [], **changes}
    answer = CannedResponse(status=200, body=json.dumps(profile).encode(), headers=JSON)
    shop.sandbox.faults.clear("get_me")
    shop.sandbox.faults.add("get_me", Fault(answer=answer))


def test_visitor_who_only_looks_costs_nothing(shop: Shop) -> None:
    before = footprint(shop)
    page = shop.browser().get("/")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "You are not signed in" in page.get_data(as_text=True)
    assert page.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


def test_stranger_is_offered_what_they_came_for(make_shop: ShopMaker) -> None:
    plain = main_of(visitor(make_shop()).get("/"))
    assert plain.links == ["/login", "/signup"]
    shop = make_shop(**LINKS)
    before = footprint(shop)
    guest = visitor(shop)
    page = guest.get("/")
    assert main_of(page).links == [
        *("/login", "/signup"),
        *(LINKS[name] for name in ("BFF_SHOP_URL", "BFF_ORDERS_URL", "BFF_HELP_URL")),
    ]
    assert set(LINKS.values()) <= set(page.links)
    assert guest.answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop) == before


def test_guest_with_a_session_costs_no_call(shop: Shop) -> None:
    guest = visitor(shop)
    guest.browser.session()
    guest.browser.get("/api/me")
    before = footprint(shop).calls
    page = guest.get("/")
    assert (guest.status, main_of(page).links) == (200, ["/login", "/signup"])
    assert guest.answer.headers.getlist("Set-Cookie") == []
    assert footprint(shop).calls == before


def test_customer_is_greeted_by_first_name(shop: Shop) -> None:
    assert customer(shop).get("/").heading == "Hello, Jane"


def test_customer_without_a_first_name_is_greeted_by_e_mail(shop: Shop) -> None:
    del customer_of(shop).document["firstName"]
    assert customer(shop).get("/").heading == f"Hello, {B2C_EMAIL}"


def test_name_is_shown_as_text(shop: Shop) -> None:
    browser = shop.signed_in()
    assert browser.patch("/api/me", json={"firstName": "<script>alert(1)</script>"}).status_code == 200
    page = browser.get("/").get_data(as_text=True)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_account_is_shown_at_a_glance_and_leads_to_its_parts(shop: Shop) -> None:
    customer(shop)
    page = main_of(customer(shop).get("/"))
    assert f"Customer number {customer_of(shop).id}" in page.words
    assert "Jane Doe Platz der Republik 1 11011 Berlin Germany" in page.words
    assert "Krakow" not in page.words
    assert f"Sign-in e-mail {B2C_EMAIL}" in page.words
    assert "Signed in on 2 devices" in page.words
    assert "Last sign-in" in page.words
    assert page.text.count("<time datetime=") == 1
    assert page.links == ["/account", "/account/addresses", "/account/security"]
    assert NOT_NOW not in page.words


def test_it_asks_upstream_once(shop: Shop) -> None:
    somebody = customer(shop)
    before = len(shop.sandbox.recorder)
    somebody.get("/")
    assert len(shop.sandbox.recorder) == before + 1
    assert shop.sandbox.recorder.of("get_me")[-1].target.endswith("/me?expand=addresses")


def test_customer_is_led_to_the_shop_and_its_pages_where_they_are_set(make_shop: ShopMaker) -> None:
    page = customer(make_shop(**LINKS)).get("/")
    assert set(LINKS.values()) <= set(page.links)
    for name in ("BFF_SHOP_URL", "BFF_ORDERS_URL", "BFF_HELP_URL"):
        assert LINKS[name] in main_of(page).links


def test_number_that_the_profile_does_not_have_is_not_spoken_of(shop: Shop) -> None:
    somebody = customer(shop)
    for number in (None, "", 5, ["1"]):
        me(shop, customerNumber=number)
        page = somebody.get("/")
        assert somebody.status == 200
        assert "Customer number" not in page.words
        assert NOT_NOW not in page.words


@pytest.mark.parametrize(
    "book",
    [None, [], [{"id": "a1", "contactName": "Jane Doe", "city": "Ulm", "isDefault": False}], [7]],
    ids=repr,
)
def test_without_a_default_address_it_says_so(shop: Shop, book: Any) -> None:
    somebody = customer(shop)
    me(shop, addresses=book)
    page = main_of(somebody.get("/"))
    assert "You have not chosen a default address." in page.words
    assert "Ulm" not in page.words


def test_default_address_that_is_odd_in_part_is_said_to_be(shop: Shop) -> None:
    somebody = customer(shop)
    me(shop, addresses=[7, {"id": "a1", "contactName": "Jane Doe", "street": 5, "city": "Ulm", "isDefault": True}])
    page = main_of(somebody.get("/"))
    assert "Ulm" in page.words
    assert "Part of this address cannot be shown here." in page.words


def test_what_is_no_address_book_hides_nothing_else(shop: Shop) -> None:
    somebody = customer(shop)
    me(shop, addresses={"a1": {}})
    page = main_of(somebody.get("/"))
    assert somebody.status == 200
    assert page.words.count(NOT_NOW) == 1
    assert "Customer number 13869000" in page.words


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(answer=empty(status)) for status in (400, 403, 404, 429, 500, 503)),
        Fault(answer=INVALID_TOKEN),
        Fault(answer=html(502)),
        Fault(answer=CannedResponse(status=200, body=b"[]", headers=JSON)),
        Fault(cut=Cut.BEFORE_EFFECT),
    ],
    ids=["400", "403", "404", "429", "500", "503", "token", "html", "list", "cut"],
)
def test_what_upstream_does_not_give_is_not_available_and_the_rest_stays(shop: Shop, fault: Fault) -> None:
    somebody = customer(shop)
    cookie = somebody.browser.cookie
    shop.sandbox.faults.add("get_me", fault)
    page = somebody.get("/")
    main = main_of(page)
    assert somebody.status == 200
    assert page.heading == "Hello, Jane"
    assert main.words.count(NOT_NOW) == 2
    assert "You have not chosen a default address." not in main.words
    assert f"Sign-in e-mail {B2C_EMAIL}" in main.words
    assert "Signed in on 1 device" in main.words
    assert main.links == ["/account", "/account/addresses", "/account/security"]
    shop.sandbox.faults.clear()
    assert "Customer number" in somebody.get("/").words
    assert somebody.browser.cookie == cookie


def test_who_was_signed_out_upstream_is_led_to_the_sign_in_and_back(shop: Shop) -> None:
    somebody = customer(shop)
    shop.sandbox.faults.add("get_me", Fault(answer=INVALID_TOKEN))
    shop.sandbox.faults.add("refresh_auth_token", Fault(answer=INVALID_REFRESH))
    somebody.get("/")
    assert (somebody.status, somebody.location) == (303, "/login?next=/&notice=session-ended")


def test_without_redis_it_opens_for_who_has_no_cookie(make_shop: ShopMaker) -> None:
    shop = make_shop(REDIS_URL="redis://127.0.0.1:1")
    assert shop.browser().get("/").status_code == 200
    headers = {"Cookie": f"{COOKIE}={'A' * 43}"}
    page = shop.app.test_client(use_cookies=False).get("/", base_url=PUBLIC_URL, headers=headers)
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert page.headers.getlist("Set-Cookie") == []
    assert page.headers["Retry-After"] == "5"


def test_navigation_leads_to_the_overview_unless_its_path_is_the_shops(shop: Shop, make_shop: ShopMaker) -> None:
    assert "Overview" in customer(shop).get("/account").words
    assert "Overview" not in customer(make_shop(BFF_SHOP_URL="/")).get("/account").words
