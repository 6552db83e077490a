"""Reads that hang on no session: who is answered what, what caches may keep of it, and whom it is counted for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import Rate
from bff.operations.declared import NO_LANGUAGE, BodyKind
from bff.operations.model import Credential
from tests.support.declared_shop import DeclaredShop, declared_shop, free, of_path, of_query, row
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.redis_proxy import RedisProxy
from tests.support.fakes.upstream import at_once
from tests.support.journeys.recording_upstream import Canned
from tests.support.shop import PUBLIC_URL, Browser, ShopMaker

PUBLIC: Final = (Credential.CUSTOMER, Credential.SHARED)
SHARED: Final = (Credential.SHARED,)
PAGE = (of_query("pageNumber"), of_query("sort"))
ROWS = (
    row("product", "GET", "/product/{tenant}/products/{productId}", of_path("productId"), *PAGE,
        accepts=PUBLIC, cache_seconds=60),
    row("countries", "GET", "/country/{tenant}/countries", accepts=SHARED, cache_seconds=60, language=NO_LANGUAGE,
        total_from="X-Total-Count"),
    row("stock", "GET", "/availability/{tenant}/stock", accepts=SHARED),
    row("search", "POST", "/product/{tenant}/products/search", accepts=PUBLIC, free_body=free(BodyKind.OBJECT),
        only_asks=True, cache_seconds=60),
    row("lookup", "POST", "/product/{tenant}/lookup", accepts=SHARED, free_body=free(BodyKind.OBJECT), only_asks=True),
)  # fmt: skip
PRODUCT, COUNTRIES, STOCK = "/api/product/products/p-1", "/api/country/countries", "/api/availability/stock"
UPSTREAM_PRODUCT, UPSTREAM_COUNTRIES = "/product/demoshop/products/p-1", "/country/demoshop/countries"
GUEST = "/customerlogin/auth/anonymous/login"
SHARED_BEARER = ["Bearer upstream-anon-access"]
UNKNOWN_COOKIE = "A" * 43


@pytest.fixture
def shop(make_shop: ShopMaker) -> Iterator[DeclaredShop]:
    with declared_shop(make_shop, *ROWS) as shop:
        yield shop


def kept_age(answer: TestResponse) -> tuple[str | None, str | None]:
    return answer.headers.get("Cache-Control"), answer.headers.get("Age")


def is_nobodys(answer: TestResponse) -> bool:
    """Tell whether an answer bears nothing that is one visitor's."""
    return not {"Set-Cookie", "X-CSRF-Token"} & set(answer.headers.keys()) and "Cookie" not in answer.headers.get(
        "Vary", ""
    )


def with_cookie(shop: DeclaredShop, value: str) -> Browser:
    browser = shop.stranger()
    browser.cookie = value
    return browser


def bearers(shop: DeclaredShop, path: str) -> list[list[str]]:
    return [one.values("Authorization") for one in shop.arrived(path)]


def without_redis(patch: pytest.MonkeyPatch, shop: DeclaredShop) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise RedisConnectionError("away")

    patch.setattr(shop.services.redis.connection_pool, "get_connection", away)


# Without a session


def test_visitor_without_a_session_reads_with_the_servers_token_and_gets_nothing_of_their_own(
    shop: DeclaredShop,
) -> None:
    for path, upstream in ((PRODUCT, UPSTREAM_PRODUCT), (COUNTRIES, UPSTREAM_COUNTRIES)):
        browser = shop.stranger()
        answer = browser.get(path)
        assert answer.status_code == 200
        assert answer.get_json()["firstName"] == "Jane"
        assert is_nobodys(answer)
        assert browser.cookie is None
        assert kept_age(answer) == ("public, max-age=60", "0")
        assert bearers(shop, upstream) == [SHARED_BEARER]
    assert len(shop.arrived(GUEST)) == 1


def test_what_is_read_again_is_not_asked_again(shop: DeclaredShop) -> None:
    answers = [shop.stranger().get(PRODUCT) for _ in range(5)]
    assert {answer.get_data() for answer in answers} == {answers[0].get_data()}
    assert {answer.headers["ETag"] for answer in answers} == {answers[0].headers["ETag"]}
    assert all(map(is_nobodys, answers))
    assert len(shop.arrived(UPSTREAM_PRODUCT)) == 1


def test_crawler_costs_one_guest(shop: DeclaredShop) -> None:
    for number in range(100):
        assert shop.stranger().get(f"/api/product/products/p-{number}").status_code == 200
    assert len(shop.arrived(GUEST)) == 1


def test_row_that_says_for_how_long_nothing_is_asked_each_time(shop: DeclaredShop) -> None:
    for _ in range(2):
        answer = shop.stranger().get(STOCK)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert len(shop.arrived("/availability/demoshop/stock")) == 2


# What caches may keep


@pytest.mark.parametrize("spelled", ['"{}"', 'W/"{}"', '"another", "{}"', '"{}-gzip"', "*"])
def test_client_that_has_the_content_gets_no_body(shop: DeclaredShop, spelled: str) -> None:
    browser = shop.stranger()
    first = browser.get(PRODUCT)
    tag = first.headers["ETag"].strip('"')
    again = browser.get(PRODUCT, headers={"If-None-Match": spelled.format(tag)})
    assert (again.status_code, again.get_data()) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Type" not in again.headers
    assert is_nobodys(again)


def test_client_that_has_another_content_gets_the_body(shop: DeclaredShop) -> None:
    for sent in ('"another"', '"A0A0A0A0A0A0A0A0A0A0A0"', "", ","):
        answer = shop.stranger().get(PRODUCT, headers={"If-None-Match": sent})
        assert answer.status_code == 200
        assert answer.get_json()["firstName"] == "Jane"


def test_tag_goes_by_the_content(make_shop: ShopMaker, clock: FakeClock) -> None:
    with declared_shop(make_shop, *ROWS, clock=clock) as shop:
        tags = []
        for content in ({"a": 1}, {"a": 2}, {"a": 1}):
            shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=200, content=content))
            tags.append(shop.stranger().get(PRODUCT).headers["ETag"])
            clock.advance(60)
    assert tags[0] == tags[2] != tags[1]


def test_head_is_the_same_without_a_body(shop: DeclaredShop) -> None:
    for _ in range(2):
        answer = shop.stranger().request("HEAD", PRODUCT)
        assert (answer.status_code, answer.get_data()) == (200, b"")
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    got = shop.stranger().get(PRODUCT)
    assert got.headers["Content-Length"] == answer.headers["Content-Length"]
    assert got.headers["ETag"] == answer.headers["ETag"]
    assert len(shop.arrived(UPSTREAM_PRODUCT)) == 1


def test_age_is_told_and_what_is_old_is_asked_for_anew(make_shop: ShopMaker, clock: FakeClock) -> None:
    with declared_shop(make_shop, *ROWS, clock=clock) as shop:
        seen = []
        for seconds in (0, 59.5, 0.5):
            clock.advance(seconds)
            seen.append(kept_age(shop.stranger().get(PRODUCT)))
        assert seen == [("public, max-age=60", age) for age in ("0", "59", "0")]
        assert len(shop.arrived(UPSTREAM_PRODUCT)) == 2


def test_total_is_kept_with_the_answer(shop: DeclaredShop) -> None:
    shop.answers("GET", UPSTREAM_COUNTRIES, Canned(status=200, content={}, headers=(("X-Total-Count", "7"),)))
    answers = [shop.stranger().get(COUNTRIES) for _ in range(2)]
    assert [answer.headers["X-Total-Count"] for answer in answers] == ["7", "7"]
    known = shop.stranger().get(COUNTRIES, headers={"If-None-Match": answers[0].headers["ETag"]})
    assert (known.status_code, known.headers["X-Total-Count"]) == (304, "7")
    assert len(shop.arrived(UPSTREAM_COUNTRIES)) == 1


# What an answer hangs on


def test_each_language_has_its_own_answer_and_caches_are_told(shop: DeclaredShop) -> None:
    for language in ("de", "en", "de", None):
        headers = {} if language is None else {"Accept-Language": language}
        shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=200, content={"language": language}))
        answer = shop.stranger().get(PRODUCT, headers=headers)
        assert answer.get_json() == {"language": language}
        assert answer.headers["Vary"] == "Accept-Language"
    assert [one.values("Accept-Language") for one in shop.arrived(UPSTREAM_PRODUCT)] == [["de"], ["en"], []]


def test_row_of_no_language_has_one_answer_for_all(shop: DeclaredShop) -> None:
    for language in ("de", "en"):
        answer = shop.stranger().get(COUNTRIES, headers={"Accept-Language": language})
        assert "Vary" not in answer.headers
    assert [one.values("Accept-Language") for one in shop.arrived(UPSTREAM_COUNTRIES)] == [[]]


def test_order_of_a_query_and_a_cache_buster_make_no_other_answer(shop: DeclaredShop) -> None:
    same = (
        "pageNumber=1&sort=name",
        "sort=name&pageNumber=1",
        "_=1&pageNumber=1&sort=name",
        "sort=name&_=2&pageNumber=1",
    )
    for query in same:
        assert shop.stranger().get(f"{PRODUCT}?{query}").status_code == 200
    assert len(shop.arrived(UPSTREAM_PRODUCT)) == 1
    for query in ("pageNumber=2&sort=name", "pageNumber=1", "sort=name", "sort=1&pageNumber=name", ""):
        assert shop.stranger().get(f"{PRODUCT}?{query}").status_code == 200
    assert len(shop.arrived(UPSTREAM_PRODUCT)) == 6


def test_errors_are_told_and_not_kept(shop: DeclaredShop) -> None:
    for status, shown in ((404, 404), (400, 400), (500, 502), (503, 503)):
        shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=status, content={"status": status, "message": "No."}))
        answer = shop.stranger().get(PRODUCT)
        assert answer.status_code == shown
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
    shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=200, content={"a": 1}))
    assert shop.stranger().get(PRODUCT).get_json() == {"a": 1}


def test_what_is_hidden_and_what_echoes_the_token_is_not_kept(shop: DeclaredShop) -> None:
    shop.stranger().get(COUNTRIES)
    content = {"name": "Lamp", "sessionId": "hidden", "echo": ["Bearer upstream-anon-access", "upstream-anon-session"]}
    shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=200, content=content))
    for _ in range(2):
        assert shop.stranger().get(PRODUCT).get_json() == {"name": "Lamp", "echo": []}


# With a session


def test_customer_reads_with_their_own_token_and_nobody_else_gets_it(shop: DeclaredShop) -> None:
    customer = shop.signed_in()
    shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=200, content={"price": "theirs"}))
    for _ in range(2):
        answer = customer.get(PRODUCT)
        assert answer.get_json() == {"price": "theirs"}
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Age" not in answer.headers
    shop.answers("GET", UPSTREAM_PRODUCT, Canned(status=200, content={"price": "everybody's"}))
    assert shop.stranger().get(PRODUCT).get_json() == {"price": "everybody's"}
    assert customer.get(PRODUCT, headers={"If-None-Match": "*"}).get_json() == {"price": "everybody's"}
    theirs = ["Bearer upstream-login-access"]
    assert bearers(shop, UPSTREAM_PRODUCT) == [theirs, theirs, SHARED_BEARER, theirs]


def test_guest_with_a_session_reads_what_everybody_reads(shop: DeclaredShop) -> None:
    guest = shop.browser()
    for browser in (guest, shop.stranger()):
        answer = browser.get(PRODUCT)
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert is_nobodys(answer)
    assert bearers(shop, UPSTREAM_PRODUCT) == [SHARED_BEARER]


def test_row_of_the_servers_token_alone_takes_it_for_customers_too(shop: DeclaredShop) -> None:
    customer = shop.signed_in()
    assert is_nobodys(customer.get(COUNTRIES))
    assert bearers(shop, UPSTREAM_COUNTRIES) == [SHARED_BEARER]


@pytest.mark.parametrize("cookie", [UNKNOWN_COOKIE, "malformed", "x" * 3000, "", "a b"])
def test_cookie_without_a_session_is_none(shop: DeclaredShop, cookie: str) -> None:
    for path in (PRODUCT, COUNTRIES, STOCK):
        answer = with_cookie(shop, cookie).get(path)
        assert answer.status_code == 200
        assert not {"Set-Cookie", "X-CSRF-Token"} & set(answer.headers.keys())


def test_two_session_cookies_are_refused(shop: DeclaredShop) -> None:
    for path in (PRODUCT, COUNTRIES):
        sent = {"Cookie": f"bff-session={UNKNOWN_COOKIE}; bff-session=another"}
        answer = shop.app.test_client(use_cookies=False).get(path, base_url=PUBLIC_URL, headers=sent)
        assert answer.status_code == 400
        assert answer.headers["Cache-Control"] == "no-store"


def test_session_that_has_no_say_is_not_read(make_shop: ShopMaker, redis_server: EmbeddedRedis) -> None:
    with RedisProxy(redis_server.url) as proxy, declared_shop(make_shop, *ROWS, REDIS_URL=proxy.url) as shop:
        customer, stranger = shop.signed_in(), shop.stranger()
        for browser in (customer, stranger):
            browser.get(COUNTRIES)
            browser.get(PRODUCT)
        proxy.clear()
        customer.get(COUNTRIES)
        stranger.get(COUNTRIES)
        stranger.get(PRODUCT)
        with_cookie(shop, "malformed").get(PRODUCT)
        assert proxy.round_trips == 0
        customer.get(PRODUCT)
        assert proxy.round_trips == 1
        # Asked of upstream: counted, and no more.
        stranger.get("/api/product/products/p-2")
        assert proxy.round_trips == 2


def test_customer_whose_session_ends_reads_as_everybody_does(make_shop: ShopMaker, clock: FakeClock) -> None:
    with declared_shop(make_shop, *ROWS, clock=clock) as shop:
        customer = shop.signed_in()
        clock.advance(12 * 3600 + 1)
        answer = customer.get(PRODUCT)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60")
        assert bearers(shop, UPSTREAM_PRODUCT) == [SHARED_BEARER]


# Without Redis


def test_without_redis_everybody_is_served_of_whom_nothing_has_to_be_known(shop: DeclaredShop) -> None:
    customer = shop.signed_in()
    for path in (PRODUCT, COUNTRIES):
        shop.stranger().get(path)
    with pytest.MonkeyPatch.context() as patch:
        without_redis(patch, shop)
        for browser in (shop.stranger(), customer):
            assert browser.get(COUNTRIES).status_code == 200
            assert browser.get(STOCK).status_code == 200
        assert shop.stranger().get(PRODUCT).status_code == 200
        assert shop.stranger().get("/api/product/products/p-3").status_code == 200
        assert with_cookie(shop, "malformed").get(PRODUCT).status_code == 200
        # It may be a customer's, who sees other products and prices than everybody.
        refused = customer.get(PRODUCT)
        assert (refused.status_code, refused.get_json()["type"]) == (503, "session_store_unavailable")
    assert customer.get(PRODUCT).status_code == 200


# From elsewhere, and by POST


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_read_from_another_site_is_refused_also_where_it_is_kept(shop: DeclaredShop, site: str) -> None:
    for path in (PRODUCT, COUNTRIES, STOCK):
        shop.stranger().get(path)
        answer = shop.stranger().get(path, headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.get_json()["type"]) == (403, "forbidden")
        assert answer.headers["Cache-Control"] == "no-store"


def test_question_by_post_needs_a_csrf_token_costs_no_guest_and_is_not_kept(shop: DeclaredShop) -> None:
    for path, upstream in (
        ("/api/product/products/search", "/product/demoshop/products/search"),
        ("/api/product/lookup", "/product/demoshop/lookup"),
    ):
        shop.upstream.start_over()
        assert shop.stranger().post(path, json={"q": "lamp"}).status_code == 403
        browser = shop.stranger()
        browser.session()
        for _ in range(2):
            answer = browser.post(path, json={"q": "lamp"})
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
        assert bearers(shop, upstream) == [SHARED_BEARER] * 2
        assert (
            browser.post(path, json={"q": "lamp"}, headers={"Origin": "https://elsewhere.example"}).status_code == 403
        )
        assert len(shop.arrived(upstream)) == 2
        # Of both rows together.
        assert len(shop.arrived(GUEST)) <= 1


# Limits


def from_address(browser: Browser, path: str, address: str, **kwargs: Any) -> TestResponse:
    return browser.get(path, environ_overrides={"REMOTE_ADDR": address}, **kwargs)


def test_who_has_no_session_is_counted_by_address(make_shop: ShopMaker) -> None:
    with declared_shop(make_shop, *ROWS, BFF_RATE_LIMIT_API="3/minute") as shop:
        for number in range(3):
            assert from_address(shop.stranger(), f"/api/product/products/n-{number}", "2001:db8::1").status_code == 200
        for cookie in ("", UNKNOWN_COOKIE, "malformed"):
            refused = from_address(with_cookie(shop, cookie), "/api/product/products/n-4", "2001:db8::2")
            assert (refused.status_code, refused.get_json()["type"]) == (429, "rate_limited")
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            assert refused.headers["Cache-Control"] == "no-store"
        assert from_address(shop.stranger(), STOCK, "2001:db8::3").status_code == 429
        assert from_address(shop.stranger(), "/api/product/products/n-4", "2001:db8:1::1").status_code == 200
        assert shop.arrived("/product/demoshop/products/n-4") != []


def test_rows_own_limit_counts_by_address_what_upstream_is_asked_for(make_shop: ShopMaker) -> None:
    limited = [replace(one, rate=Rate(count=2, window_seconds=60)) for one in ROWS]
    with declared_shop(make_shop, *limited) as shop:
        assert [shop.stranger().get(STOCK).status_code for _ in range(3)] == [200, 200, 429]
        assert from_address(shop.stranger(), STOCK, "192.0.2.8").status_code == 200
        assert [shop.stranger().get(COUNTRIES).status_code for _ in range(3)] == [200] * 3


def test_what_is_kept_is_counted_too(make_shop: ShopMaker) -> None:
    with declared_shop(make_shop, *ROWS, BFF_RATE_LIMIT_API="3/minute") as shop:
        statuses = [shop.stranger().get(PRODUCT).status_code for _ in range(6)]
        assert statuses == [200] * 4 + [429] * 2
        assert from_address(shop.stranger(), PRODUCT, "192.0.2.7").status_code == 200


def test_who_has_a_session_is_counted_by_it_where_it_is_read(make_shop: ShopMaker) -> None:
    with declared_shop(make_shop, *ROWS, BFF_RATE_LIMIT_API="5/minute") as shop:
        guests = [shop.browser() for _ in range(2)]
        for number in range(5):
            for guest in guests:
                assert guest.get(f"/api/product/products/n-{number}").status_code == 200
        assert guests[0].get(PRODUCT).status_code == 429


def test_only_a_quarter_of_the_threads_asks_upstream(make_shop: ShopMaker) -> None:
    with declared_shop(make_shop, *ROWS, BFF_THREADS="8") as shop:
        shop.stranger().get(COUNTRIES)
        entered, leave = threading.Semaphore(0), threading.Event()
        taken = shop.upstream.take

        def take(request: Any) -> Canned:
            if "/products/" in request.path:
                entered.release()
                assert leave.wait(60)
            return taken(request)

        shop.upstream.take = take  # type: ignore[method-assign]  # the fault that is tested
        results: list[Any] = []
        slow = [
            threading.Thread(
                target=lambda number=number: results.extend(
                    at_once(1, lambda: shop.stranger().get(f"/api/product/products/n-{number}").status_code)
                )
            )
            for number in range(2)
        ]
        for one in slow:
            one.start()
        for _ in slow:
            assert entered.acquire(timeout=60)
        for path in ("/api/product/products/n-9", STOCK):
            refused = shop.stranger().get(path)
            assert (refused.status_code, refused.get_json()["type"]) == (503, "upstream_unavailable")
            assert "Retry-After" in refused.headers
            assert refused.headers["Cache-Control"] == "no-store"
        # What is kept needs nobody.
        assert shop.stranger().get(COUNTRIES).status_code == 200
        # For a moment one may wait for a place.
        third = threading.Thread(target=lambda: results.append(shop.stranger().get(STOCK).status_code))
        third.start()
        leave.set()
        for one in (*slow, third):
            one.join()
        assert results == [200, 200, 200]
        assert shop.stranger().get("/api/product/products/n-9").status_code == 200
