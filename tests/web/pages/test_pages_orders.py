"""The pages of orders: whose they are, what they show, and what they say where nothing is known."""

from __future__ import annotations

import html as markup
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.sandbox.recorder import Received
from tests.account.test_orders import deep
from tests.support.fakes.answers import empty, html
from tests.support.orders import DECLARED, FULL, entry, order, ordered
from tests.support.page_recorder import customer_of
from tests.support.pages import Page, PageBrowser, customer, visitor
from tests.support.shop import Shop, ShopMaker
from tests.support.storefront import FILE, written

LIST = "/account/orders"
ONE = f"{LIST}/EON2076"
AWAY = "Your orders cannot be shown right now."
NONE_YET = "No orders yet"
JSON = {"Content-Type": "application/json"}
GERMAN = {"Accept_Language": "de"}
FAULTS: Mapping[str, Fault] = {
    **{str(status): Fault(answer=empty(status)) for status in (400, 403, 404, 429, 500, 503)},
    "html": Fault(answer=html(502)),
    "object": Fault(answer=CannedResponse(status=200, body=b"{}", headers=JSON)),
    "cut": Fault(cut=Cut.BEFORE_EFFECT),
}
TIMES, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e"


@pytest.fixture(scope="module")
def shop(redis_server: EmbeddedRedis) -> Iterator[Shop]:
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        client.flushall()
        yield maker(BFF_RATE_LIMIT_API="off", **DECLARED)


@pytest.fixture
def jane(shop: Shop) -> PageBrowser:
    return customer(shop)


@pytest.fixture(autouse=True)
def _calm(shop: Shop) -> Iterator[None]:
    yield
    shop.sandbox.faults.clear()
    with shop.sandbox.state.lock:
        shop.sandbox.shops.of(shop.sandbox.settings.tenant).orders.clear()


def main_of(page: Page) -> Page:
    return Page(page.text.partition("<main")[2].partition("</main>")[0])


def nav_of(page: Page) -> Page:
    return Page(page.text.partition('<nav class="account-nav"')[2].partition("</nav>")[0])


def has_ordered(shop: Shop, *documents: dict[str, Any]) -> None:
    ordered(shop.sandbox, customer_of(shop), *documents)


def answers(shop: Shop, operation: str, value: Any, headers: Mapping[str, str] | None = None) -> None:
    answer = CannedResponse(status=200, body=json.dumps(value).encode(), headers={**JSON, **(headers or {})})
    shop.sandbox.faults.clear(operation)
    shop.sandbox.faults.add(operation, Fault(answer=answer))


def asked(shop: Shop, operation: str) -> Received[Any]:
    return shop.sandbox.recorder.of(operation)[-1]


def test_without_the_rows_there_is_no_such_page_and_no_word_of_it(make_shop: ShopMaker) -> None:
    plain = make_shop()
    somebody = customer(plain)
    for path in (LIST, ONE):
        somebody.get(path)
        assert (somebody.status, somebody.page.heading) == (404, "This page cannot be found")
        unknown = somebody.get("/account/nothing")
        assert somebody.page.heading == unknown.heading
    home = somebody.get("/")
    assert LIST not in home.links
    assert "orders" not in main_of(home).words.lower()
    assert len(plain.sandbox.recorder.of("orders")) == 0


def test_rows_of_another_kind_make_no_page(make_shop: ShopMaker, tmp_path: Any) -> None:
    row = """
[[route]]
name = "orders"
summary = "List orders"
method = "GET"
upstream = "/order-v2/{tenant}/orders"
bearer = "visitor"
query = { pageNumber = "count", pageSize = "count", sort = "sort" }
answer = "array"
"""
    other = make_shop(BFF_STOREFRONT=str(written(tmp_path, f'{FILE}sets = ["orders"]\n{row}')))
    somebody = customer(other)
    somebody.get(LIST)
    assert somebody.status == 404
    assert LIST not in somebody.get("/account").links


def test_orders_are_for_who_is_signed_in(shop: Shop) -> None:
    for path in (f"{LIST}?page=2", ONE):
        guest = visitor(shop)
        guest.get(path)
        assert (guest.status, guest.location) == (303, f"/login?next={path.replace('?', '%3F').replace('=', '%3D')}")
    assert LIST in visitor(shop).get("/").links


def test_list_shows_each_order_in_words(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, order("EON2079", status="IN_CHECKOUT", entries=[entry("Tea", 1, 5.0)]), order())
    page = jane.get(LIST)
    words = main_of(page).words
    assert (jane.status, page.heading) == (200, "Your orders")
    assert "Order EON2079 €57.52 Jan 30, 2026 1 item Waiting for payment" in words
    assert "Order EON2076 €57.52 Jan 30, 2026 3 items Shipped" in words
    assert main_of(page).links == [f"{LIST}/EON2079", ONE]
    assert '<time datetime="2026-01-30">' in page.text
    assert f'<a href="{LIST}" aria-current="page">' in page.text
    assert asked(shop, "orders").target == "/order-v2/demoshop/orders?pageNumber=1&pageSize=10&sort=created%3Adesc"


def test_list_is_in_the_visitors_language(shop: Shop) -> None:
    has_ordered(shop, order(entries=[entry("Tea", 1234, 5.0)]))
    del customer_of(shop).document["preferredLanguage"]
    somebody = customer(shop, **GERMAN)
    page = main_of(somebody.get(LIST))
    assert page.heading == "Ihre Bestellungen"
    assert "Bestellung EON2076 57,52\xa0€ 30.01.2026 1234 Artikel Versandt" in markup.unescape(
        re.sub(r"[ \n]+", " ", page.words.replace("57,52 €", "57,52\xa0€"))
    )
    one = main_of(somebody.get(ONE)).words
    for german in (
        "Sendungsverfolgung",
        "Sendungsnummer 00340434",
        "Tea (de)",
        f"1.234 {TIMES} 5,00 €",
        "Zwischensumme 56,80 €",
        f"Rabatte {MINUS}5,68 €",
        "Versandkosten 4,90 €",
        "Enthaltene Steuern 7,68 €",
        "Lieferadresse",
        "Rechnungsadresse",
        "Normalversand",
        "Rechnung",
        "Deutschland",
    ):
        assert german in one, german
    customer_of(shop).document["preferredLanguage"] = "en_US"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("IN_CHECKOUT", "Waiting for payment"),
        ("CREATED", "Placed"),
        ("CONFIRMED", "Confirmed"),
        ("SHIPPED", "Shipped"),
        ("COMPLETED", "Completed"),
        ("DECLINED", "Cancelled"),
        ("AT_CUSTOMS", "AT_CUSTOMS"),
    ],
)
def test_state_is_told_in_words_and_an_unknown_one_as_it_comes(
    shop: Shop, jane: PageBrowser, status: str, words: str
) -> None:
    has_ordered(shop, order(status=status))
    for path in (LIST, ONE, "/"):
        assert words in main_of(jane.get(path)).words


def test_list_is_paged_without_a_script(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, *(order(f"EON{number}") for number in range(100, 125)))
    first = main_of(jane.get(LIST))
    assert [link for link in first.links if "page" in link] == [f"{LIST}?page=2"]
    assert "Page 1 of 3" in first.words
    assert first.links[0] == f"{LIST}/EON100"
    second = main_of(jane.get(f"{LIST}?page=2"))
    assert [link for link in second.links if "page" in link or link == LIST] == [LIST, f"{LIST}?page=3"]
    assert second.links[0] == f"{LIST}/EON110"
    assert jane.page.title.startswith("Your orders, Page 2")
    third = main_of(jane.get(f"{LIST}?page=3"))
    assert [link for link in third.links if "page" in link] == [f"{LIST}?page=2"]
    assert len([link for link in third.links if "EON" in link]) == 5


def test_without_a_total_a_full_page_may_have_another_behind_it(shop: Shop, jane: PageBrowser) -> None:
    for count, links in ((10, [f"{LIST}?page=2"]), (9, [])):
        answers(shop, "orders", [order(f"EON{number}") for number in range(100, 100 + count)])
        page = main_of(jane.get(LIST))
        assert [link for link in page.links if "page" in link] == links
    answers(shop, "orders", [order(f"EON{number}") for number in range(100, 200)])
    assert len([link for link in main_of(jane.get(LIST)).links if "EON" in link]) == 10


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "99999999999", "\N{ARABIC-INDIC DIGIT ONE}", "1&page=7"])
def test_what_is_no_page_is_the_first(shop: Shop, jane: PageBrowser, page: str) -> None:
    has_ordered(shop, order())
    jane.get(f"{LIST}?page={page}")
    assert jane.status == 200
    assert "pageNumber=1&" in asked(shop, "orders").target


def test_page_behind_the_last_leads_back_and_says_not_that_there_are_none(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, order())
    page = main_of(jane.get(f"{LIST}?page=9"))
    assert "There are no orders on this page." in page.words
    assert NONE_YET not in page.words
    assert LIST in page.links


def test_no_orders_yet_leads_to_the_shop(make_shop: ShopMaker, shop: Shop, jane: PageBrowser) -> None:
    for path in (LIST, "/"):
        page = main_of(jane.get(path))
        assert NONE_YET in page.words
        assert AWAY not in page.words
        assert "https://www.example.com/" not in page.links
    linked = customer(make_shop(BFF_SHOP_URL="https://www.example.com/", **DECLARED))
    for path in (LIST, "/"):
        page = main_of(linked.get(path))
        assert NONE_YET in page.words
        assert "https://www.example.com/" in page.links


def test_orders_that_are_said_to_be_there_and_not_given_are_not_none(shop: Shop, jane: PageBrowser) -> None:
    answers(shop, "orders", [], {"X-Total-Count": "7"})
    for path in (LIST, "/"):
        page = main_of(jane.get(path))
        assert AWAY in page.words
        assert NONE_YET not in page.words
        assert path in page.links
    answers(shop, "orders", [7, None])
    page = main_of(jane.get(LIST))
    assert "2 orders cannot be shown here." in page.words
    assert NONE_YET not in page.words
    assert AWAY in main_of(jane.get("/")).words


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_overview_stays_where_orders_cannot_be_had(shop: Shop, jane: PageBrowser, fault: Fault) -> None:
    has_ordered(shop, order())
    shop.sandbox.faults.add("orders", fault)
    page = main_of(jane.get("/"))
    assert (jane.status, page.heading) == (200, "Hello, Jane")
    assert AWAY in page.words
    assert NONE_YET not in page.words
    assert "/" in page.links
    assert "Customer number" in page.words
    assert "Not available just now." not in page.words
    jane.get(LIST)
    assert jane.status >= 400
    assert NONE_YET not in jane.page.words
    shop.sandbox.faults.clear()
    assert "Order EON2076" in jane.get("/").words


def test_orders_are_shown_where_the_profile_cannot_be_had(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, order())
    shop.sandbox.faults.add("get_me", Fault(answer=empty(503)))
    assert "Order EON2076" in main_of(jane.get("/")).words


def test_overview_asks_upstream_twice_and_the_profile_as_often_as_before(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, *(order(f"EON{number}") for number in range(100, 105)))
    before = len(shop.sandbox.recorder)
    page = main_of(jane.get("/"))
    calls = [received.target for received in list(shop.sandbox.recorder)[before:]]
    assert calls == [
        "/customer/demoshop/me?expand=addresses",
        "/order-v2/demoshop/orders?pageNumber=1&pageSize=3&sort=created%3Adesc",
    ]
    assert [link for link in page.links if link.startswith(LIST)] == [
        *(LIST, f"{LIST}/EON100", f"{LIST}/EON101", f"{LIST}/EON102")
    ]
    before = len(shop.sandbox.recorder)
    assert LIST in nav_of(jane.get("/account")).links
    assert len(shop.sandbox.recorder) == before + 1


def test_order_shows_all_that_upstream_has(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, order())
    page = jane.get(ONE)
    words = main_of(page).words
    assert (jane.status, page.heading) == (200, "Order EON2076")
    for told in (
        "Ordered on Jan 30, 2026",
        "Expected on Feb 3, 2026 Shipped on Feb 1, 2026 Carrier Example Post Tracking number 00340434",
        f"Sencha €17.80 2 {TIMES} €8.90",
        f"Teapot €39.00 1 {TIMES} €39.00",
        f"Subtotal €56.80 Discounts {MINUS}€5.68 Fees €1.50 Delivery costs €4.90 Total €57.52 Tax included €7.68",
        "Delivery address Jane Doe Platz der Republik 1 11011 Berlin Germany",
        "Billing address Accounts Example Trading Rynek 1 31-042 Krakow Poland",
        "Delivery Standard",
        "Payment Invoice",
    ):
        assert told in words, told
    assert main_of(page).links == ["https://post.example.com/track?id=00340434", LIST]
    assert 'href="https://post.example.com/track?id=00340434" rel="noreferrer noopener"' in page.text
    assert f'<a href="{LIST}" aria-current="true">' in page.text
    assert asked(shop, "order").target == "/order-v2/demoshop/orders/EON2076"


def test_of_a_payment_the_name_alone_is_told(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, order())
    page = jane.get(ONE).text
    for secret in ("fcc2bf50", "handled externally", "pay.example.com", "payment-gateway"):
        assert secret not in page


def test_one_address_for_both_is_shown_once(shop: Shop, jane: PageBrowser) -> None:
    has_ordered(shop, order(billingAddress=dict(FULL["shippingAddress"])))
    words = main_of(jane.get(ONE)).words
    assert words.count("Platz der Republik 1") == 1
    assert "Delivery and billing address Jane Doe" in words


def test_order_for_a_company_says_so_to_who_is_with_it(shop: Shop, jane: PageBrowser) -> None:
    company = LEGAL_ENTITIES[0]
    john = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    ordered(shop.sandbox, customer_of(shop, B2B_EMAIL), order("EON1", legalEntityId=company.id))
    has_ordered(shop, order(legalEntityId=company.id))
    assert f"Ordered for {company.name}" in main_of(john.get(f"{LIST}/EON1")).words
    assert "Ordered for" not in jane.get(ONE).words


def test_help_is_offered_where_there_is_some(make_shop: ShopMaker) -> None:
    helped = make_shop(BFF_HELP_URL="https://help.example.com/", **DECLARED)
    has_ordered(helped, order())
    somebody = customer(helped)
    page = somebody.get(ONE)
    assert "Help with this order" in main_of(page).words
    assert "https://help.example.com/" in main_of(page).links
    assert "https://help.example.com/" in main_of(somebody.get(f"{LIST}/EON1")).links


def test_order_of_another_is_as_unknown_as_one_that_is_not_there(shop: Shop, jane: PageBrowser) -> None:
    ordered(shop.sandbox, customer_of(shop, B2B_EMAIL), order("EON1"))
    for id in ("EON1", "EON999"):
        page = jane.get(f"{LIST}/{id}")
        assert (jane.status, page.heading) == (404, "We have no such order")
        assert LIST in main_of(page).links
    assert "EON1" not in jane.get(LIST).words


@pytest.mark.parametrize("id", ["a.b", "x" * 65, "a%2Fb", "%00", "a%20b", "ä", "..", "%2e%2e"])
def test_id_that_no_order_can_have_is_asked_of_nobody(shop: Shop, jane: PageBrowser, id: str) -> None:
    before = len(shop.sandbox.recorder)
    page = jane.get(f"{LIST}/{id}")
    assert (jane.status, page.heading) == (404, "This page cannot be found")
    assert len(shop.sandbox.recorder) == before


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_only_404_means_that_there_is_no_such_order(shop: Shop, jane: PageBrowser, status: int) -> None:
    shop.sandbox.faults.add("order", Fault(answer=empty(status)))
    page = jane.get(ONE)
    assert jane.status >= 400
    assert page.heading != "We have no such order"


def test_orders_elsewhere_keep_their_link_under_a_name_of_its_own(make_shop: ShopMaker) -> None:
    elsewhere = "https://www.example.com/orders"
    both = make_shop(BFF_ORDERS_URL=elsewhere, **DECLARED)
    for somebody in (visitor(both), customer(both)):
        page = somebody.get("/")
        assert f'<a href="{elsewhere}">Orders in the shop</a>' in page.text
        assert LIST in page.links
        assert f'<a href="{elsewhere}">Your orders</a>' not in page.text


def test_who_was_signed_out_upstream_is_led_to_the_sign_in_and_back(make_shop: ShopMaker) -> None:
    other = make_shop(**DECLARED)
    somebody = customer(other)
    fault = b'{"fault":{"faultstring":"x","detail":{"errorcode":"keymanagement.service.%s"}}}'
    for operation, code in (("orders", b"invalid_access_token"), ("refresh_auth_token", b"invalid_refresh_token")):
        answer = CannedResponse(status=401, body=fault % code, headers=JSON)
        other.sandbox.faults.add(operation, Fault(answer=answer))
    somebody.get(f"{LIST}?page=2")
    assert (somebody.status, somebody.location) == (
        303,
        "/login?next=/account/orders%3Fpage%3D2&notice=session-ended",
    )


def test_hostile_order_is_shown_as_text(shop: Shop, jane: PageBrowser) -> None:
    evil = order(
        status=EVIL,
        currency=EVIL,
        entries=[entry(EVIL, 2, 5.0), {"product": EVIL, "amount": EVIL, "id": EVIL}],
        shippingAddress={"contactName": EVIL, "country": EVIL},
        shipments=[{"carrier": EVIL, "trackingNumber": EVIL, "trackingUrl": "javascript:alert(1)"}],
        payments=[{"method": EVIL}],
        shipping={"lines": [{"name": EVIL}]},
    )
    answers(shop, "orders", [evil, {**evil, "id": EVIL}, {**evil, "id": "../x"}])
    answers(shop, "order", evil)
    for path in (LIST, "/", ONE):
        page = jane.get(path)
        assert jane.status == 200, path
        main = page.text.partition("<main")[2].partition("</main>")[0]
        assert "<script" not in main
        assert "<img" not in main
        assert "javascript:" not in main
        assert "&lt;script&gt;alert(1)" in main
        assert not [link for link in page.links if EVIL in markup.unescape(link) or ".." in link]
    assert [link for link in main_of(jane.get(LIST)).links if link.startswith(f"{LIST}/")] == [ONE]


ORDERS = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@ORDERS
@given(deep(), deep())
def test_whatever_upstream_says_no_page_fails(shop: Shop, jane: PageBrowser, one: Any, other: Any) -> None:
    content = {**FULL, **(one if isinstance(one, dict) else {"entries": one})}
    answers(shop, "orders", [content, other])
    answers(shop, "order", content)
    for path in (LIST, "/", ONE):
        jane.get(path)
        assert jane.status == 200, (path, content)
