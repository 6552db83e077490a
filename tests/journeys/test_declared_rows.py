"""Declared rows over the whole application: what goes upstream, what comes back, and what never does either."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from bff.operations.declared import BodyKind, SaasToken, SessionValue
from bff.operations.model import Parameter, Place, ResponseShape, Supplier
from tests.support.declared_shop import (
    CUSTOMER,
    GUEST,
    SAAS,
    DeclaredShop,
    declared_shop,
    free,
    of_path,
    of_query,
    row,
)
from tests.support.fakes.upstream import DEAD_BEARER
from tests.support.journeys.recording_upstream import PROFILE, Canned
from tests.support.shop import ShopMaker


def from_session(name: str, source: SessionValue, place: Place = Place.QUERY, *, required: bool = True) -> Parameter:
    return Parameter(name=name, place=place, pattern=r"[A-Za-z0-9_-]{1,64}", source=source, required=required)


SITE = of_query("siteCode", "[A-Za-z0-9_-]{1,64}", required=True, is_site=True)
ROWS = (
    row("cart", "GET", "/cart/{tenant}/carts/{cartId}", of_path("cartId"), of_query("siteCode", is_site=True)),
    row("carts", "GET", "/cart/{tenant}/carts", SITE),
    row(
        "cart_item_add",
        "POST",
        "/cart/{tenant}/carts/{cartId}/items",
        of_path("cartId"),
        SITE,
        free_body=free(forbids=frozenset({"sessionId", "customerId"}), secrets=frozenset({"secretOf"})),
        success=frozenset({201}),
    ),
    row(
        "cart_change_site",
        "POST",
        "/cart/{tenant}/carts/{cartId}/changeSite",
        of_path("cartId"),
        free_body=free(site="siteCode"),
        answer=ResponseShape.NOTHING,
        success=frozenset({204}),
    ),
    row(
        "return_update",
        "PATCH",
        "/return/{tenant}/returns/{returnId}",
        of_path("returnId"),
        accepts=CUSTOMER,
        free_body=free(
            BodyKind.ARRAY,
            forbids=frozenset({"customerId", "requestor", "/~"}),
            secrets=frozenset({"payment"}),
        ),
        answer=ResponseShape.NOTHING,
        success=frozenset({204}),
    ),
    row("cart_of_guest", "GET", "/cart/{tenant}/guests/{cartId}", of_path("cartId"), accepts=GUEST),
    row(
        "checkout_order",
        "POST",
        "/checkout/{tenant}/checkouts/order",
        free_body=free(),
        saas_token=SaasToken.REQUIRED,
    ),
    row("guests_checkout", "GET", "/checkout/{tenant}/guests", accepts=GUEST, saas_token=SaasToken.IF_HELD),
    row(
        "orders",
        "GET",
        "/order-v2/{tenant}/orders",
        of_query("pageSize", "[0-9]{1,9}", most=100),
        of_query("tag", "[a-z]{1,9}", most_values=3),
        accepts=CUSTOMER,
        saas_token=SaasToken.IF_HELD,
        answer=ResponseShape.ARRAY,
        total_from="X-Total-Count",
        language="none",
        content_language="de",
    ),
    row("sites", "GET", "/site/{tenant}/sites", answer=ResponseShape.ARRAY, total_from="X-Count", language="*"),
    row(
        "order_of_company",
        "GET",
        "/order-v2/{tenant}/companies/{entity}/orders/{orderId}",
        from_session("entity", SessionValue.LEGAL_ENTITY, Place.PATH),
        of_path("orderId"),
    ),
    row("points", "GET", "/reward-points/{tenant}/points", answer=ResponseShape.JSON),
    row(
        "mine",
        "GET",
        "/mine/{tenant}/things",
        from_session("customerId", SessionValue.CUSTOMER_ID, required=False),
        from_session("sessionId", SessionValue.SESSION_ID),
        from_session("session-id", SessionValue.SESSION_ID, Place.HEADER),
        from_session("site", SessionValue.SITE, required=False),
        answer=ResponseShape.JSON,
    ),
    row("customers_own", "GET", "/own/{tenant}/things", from_session("customerId", SessionValue.CUSTOMER_ID)),
    row("quote_pdf", "GET", "/quote/{tenant}/quotes/{quoteId}/pdf", of_path("quoteId"), answer=ResponseShape.PDF),
    row(
        "items_batch",
        "PUT",
        "/cart/{tenant}/carts/{cartId}/itemsBatch",
        of_path("cartId"),
        free_body=free(BodyKind.ARRAY),
        answer=ResponseShape.ARRAY,
        success=frozenset({200, 207}),
    ),
    row(
        "chat",
        "POST",
        "/ai/{tenant}/chat",
        Parameter(
            name="session-id", place=Place.HEADER, pattern="[a-z]{1,9}", supplier=Supplier.CLIENT, required=False
        ),
        free_body=free(BodyKind.ANY, required=False),
    ),
    row("context", "GET", "/session-context/{tenant}/me/context"),
    row(
        "context_update",
        "PATCH",
        "/session-context/{tenant}/me/context",
        free_body=free(),
        versioned=True,
        answer=ResponseShape.NOTHING,
        success=frozenset({204}),
    ),
    row("small", "GET", "/small/{tenant}/answers", max_answer_bytes=100),
)


@pytest.fixture
def shop(make_shop: ShopMaker) -> Iterator[DeclaredShop]:
    with declared_shop(make_shop, *ROWS, EMPORIX_SITE="main", EMPORIX_SITES="main,other") as shop:
        yield shop


@pytest.fixture
def shop_without_site(make_shop: ShopMaker) -> Iterator[DeclaredShop]:
    with declared_shop(make_shop, *ROWS) as shop:
        yield shop


def problems(answer: Any) -> set[tuple[str | None, str]]:
    assert answer.status_code == 400, answer.get_data(as_text=True)
    return {(detail.get("field"), detail["type"]) for detail in answer.get_json()["details"]}


# Bearers


@pytest.mark.parametrize(
    ("path", "upstream", "guest", "customer"),
    [
        ("/api/cart/carts/c1", "/cart/demoshop/carts/c1", "upstream-anon-access", "upstream-login-access"),
        ("/api/cart/guests/c1", "/cart/demoshop/guests/c1", "upstream-anon-access", "upstream-anon-access"),
    ],
)
def test_bearer_is_the_rows(shop: DeclaredShop, path: str, upstream: str, guest: str, customer: str) -> None:
    for browser, token in ((shop.browser(), guest), (shop.signed_in(), customer)):
        assert browser.get(path).status_code == 200
        assert shop.arrived(upstream)[-1].values("Authorization") == [f"Bearer {token}"]


def test_guest_gets_no_customers_row(shop: DeclaredShop) -> None:
    answer = shop.browser().get("/api/order-v2/orders")
    assert (answer.status_code, answer.get_json()["type"]) == (401, "login_required")
    assert shop.upstream.arrived == ()


def test_saas_token_goes_with_the_customers_bearer_alone(shop: DeclaredShop) -> None:
    assert shop.browser().post("/api/checkout/checkouts/order", json={}).status_code == 200
    assert shop.arrived("/checkout/demoshop/checkouts/order")[-1].values("saas-token") == []
    assert shop.signed_in().post("/api/checkout/checkouts/order", json={}).status_code == 200
    assert shop.arrived("/checkout/demoshop/checkouts/order")[-1].values("saas-token") == [SAAS]


def test_saas_token_never_goes_with_a_guests_bearer(shop: DeclaredShop) -> None:
    # The tokens of a guest who has signed in stay in the vault beside the customer's, and some rows go by them.
    assert shop.signed_in().get("/api/checkout/guests").status_code == 200
    (arrived,) = shop.arrived("/checkout/demoshop/guests")
    assert arrived.values("Authorization") == ["Bearer upstream-anon-access"]
    assert arrived.values("saas-token") == []


def test_saas_token_goes_with_no_row_that_does_not_say_so(shop: DeclaredShop) -> None:
    assert shop.signed_in().get("/api/cart/carts/c1").status_code == 200
    assert shop.arrived("/cart/demoshop/carts/c1")[-1].values("saas-token") == []


def jwt(exp: Any) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": exp}).encode()).rstrip(b"=").decode()
    return f"e30.{claims}.c2ln"


def signed_in_with(shop: DeclaredShop, saas: str | None) -> Any:
    tokens = {
        "access_token": "upstream-login-access",
        "expires_in": 2591999,
        "refresh_token": "upstream-login-refresh",
        "refresh_token_expires_in": 86399,
        "session_id": "upstream-login-session",
    }
    path = "/customer/demoshop/login"
    shop.answers("POST", path, Canned(status=200, content=tokens if saas is None else tokens | {"saas_token": saas}))
    return shop.signed_in()


@pytest.mark.parametrize("saas", [None, jwt(1_000_000_000)])
def test_customer_without_a_good_saas_token_signs_in_again_where_one_is_needed(
    shop: DeclaredShop, saas: str | None
) -> None:
    browser = signed_in_with(shop, saas)
    answer = browser.post("/api/checkout/checkouts/order", json={})
    assert (answer.status_code, answer.get_json()["type"]) == (401, "reauthentication_required")
    assert shop.upstream.arrived == ()
    assert browser.get("/api/order-v2/orders").status_code in (200, 502)
    assert shop.arrived("/order-v2/demoshop/orders")[-1].values("saas-token") == []


@pytest.mark.parametrize("saas", ["opaque-token", jwt(9_999_999_999), jwt("soon"), jwt(True), "a.!!.c"])
def test_saas_token_that_says_no_past_end_is_good(shop: DeclaredShop, saas: str) -> None:
    assert signed_in_with(shop, saas).post("/api/checkout/checkouts/order", json={}).status_code == 200
    assert shop.arrived("/checkout/demoshop/checkouts/order")[-1].values("saas-token") == [saas]


def test_dead_bearer_is_replaced_and_the_call_goes_out_once_more(shop: DeclaredShop) -> None:
    browser = shop.browser()
    path = "/checkout/demoshop/checkouts/order"
    fault = DEAD_BEARER.answer
    assert fault is not None
    shop.answers("POST", path, Canned(status=401, raw=fault.body), Canned(status=200, content={"orderId": "o1"}))
    assert browser.post("/api/checkout/checkouts/order", json={}).get_json() == {"orderId": "o1"}
    assert len(shop.arrived(path)) == 2


@pytest.mark.parametrize("status", [401, 400, 409, 500, 503])
def test_nothing_goes_out_again_after_any_other_answer(shop: DeclaredShop, status: int) -> None:
    browser = shop.signed_in()
    path = "/checkout/demoshop/checkouts/order"
    shop.answers("POST", path, Canned(status=status, content={"message": "No."}))
    assert browser.post("/api/checkout/checkouts/order", json={}).status_code >= 400
    assert len(shop.arrived(path)) == 1


@pytest.mark.parametrize("break_at", ["begin", "middle"])
def test_what_may_have_been_done_is_not_asked_for_again(
    shop: DeclaredShop, break_at: Literal["begin", "middle"]
) -> None:
    browser = shop.signed_in()
    path = "/checkout/demoshop/checkouts/order"
    shop.answers("POST", path, Canned(status=200, content={"orderId": "o1"}, breaks_at=break_at))
    assert browser.post("/api/checkout/checkouts/order", json={}).status_code == 503
    assert len(shop.arrived(path)) == 1
    shop.answers("GET", "/cart/demoshop/carts/c1", Canned(status=200, content={"a": 1}, breaks_at=break_at))
    assert browser.get("/api/cart/carts/c1").status_code == 503
    assert len(shop.arrived("/cart/demoshop/carts/c1")) == 2


def test_services_own_401_is_an_ordinary_refusal_and_signs_nobody_out(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    shop.answers("GET", "/cart/demoshop/carts/c1", Canned(status=401, content={"type": "unauthorized", "message": "x"}))
    answer = browser.get("/api/cart/carts/c1")
    assert (answer.status_code, answer.get_json()["type"]) == (403, "forbidden")
    assert browser.session()["state"] == "authenticated"


def test_refusal_repeats_nothing_that_the_session_holds(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    held = [f"upstream-{name}" for name in ("anon-access", "anon-refresh", "anon-session", "login-access")]
    held += [f"upstream-{name}" for name in ("login-refresh", "login-session", "login-saas")]
    said = Canned(status=400, content={"message": " ".join(held), "details": [{"message": one} for one in held]})
    shop.answers("GET", "/cart/demoshop/carts/c1", said)
    text = browser.get("/api/cart/carts/c1").get_data(as_text=True)
    assert not [one for one in held if one in text]
    assert "***" in text


def test_refusal_repeats_nothing_of_a_secret_property(shop: DeclaredShop) -> None:
    browser, path = shop.browser(), "/cart/demoshop/carts/c1/items"
    shop.answers("POST", path, Canned(status=400, content={"message": "Bad: Velvet-1, 4711471147 and Plain-2"}))
    body = {"a": [{"secretOf": {"b": ["Velvet-1"], "c": 4711471147}}], "d": "Plain-2"}
    answer = browser.post("/api/cart/carts/c1/items", json=body)
    assert answer.get_json()["message"] == "Bad: ***, *** and Plain-2"
    many = {"secretOf": [f"Velvet-{number}" for number in range(101)]}
    assert browser.post("/api/cart/carts/c1/items", json=many).get_json()["message"] == "***"


@pytest.mark.parametrize(
    ("status", "shown"),
    [(402, 402), (404, 404), (410, 410), (422, 422), (405, 502), (408, 502), (302, 502), (429, 429)],
)
def test_refusals_come_in_our_shape(shop: DeclaredShop, status: int, shown: int) -> None:
    browser = shop.browser()
    shop.answers("GET", "/cart/demoshop/carts/c1", Canned(status=status, content={"message": "No."}))
    answer = browser.get("/api/cart/carts/c1")
    assert answer.status_code == shown
    assert set(answer.get_json()) >= {"status", "type", "message", "details", "requestId"}


# What the browser may give


def test_declared_query_names_go_on_and_no_others(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    assert browser.get("/api/order-v2/orders?pageSize=100&tag=a&tag=b&_=1").status_code == 502
    assert shop.arrived("/order-v2/demoshop/orders")[-1].query == "pageSize=100&tag=a&tag=b"
    assert problems(browser.get("/api/order-v2/orders?pageSize=101&tag=a&tag=b&tag=c&tag=d&q=x")) == {
        ("pageSize", "invalid_value"),
        ("tag", "invalid_value"),
        ("q", "unknown_property"),
    }
    assert len(shop.arrived("/order-v2/demoshop/orders")) == 1


def test_number_that_is_too_large_is_told_how_large_it_may_be(shop: DeclaredShop) -> None:
    (detail,) = shop.signed_in().get("/api/order-v2/orders?pageSize=101").get_json()["details"]
    assert detail["message"] == "This number may be 100 at most."
    (detail,) = shop.signed_in().get("/api/order-v2/orders?pageSize=a").get_json()["details"]
    assert detail["message"] == "This value has characters, or a length, that cannot be."


@pytest.mark.parametrize("name", ["customerId", "sessionId", "session-id", "site", "tenant"])
def test_query_that_names_what_only_the_session_may_supply_is_refused(shop: DeclaredShop, name: str) -> None:
    assert problems(shop.signed_in().get(f"/api/mine/things?{name}=x")) == {(name, "unknown_property")}
    assert shop.upstream.arrived == ()


def test_session_supplies_its_values(shop: DeclaredShop) -> None:
    shop.answers("GET", "/mine/demoshop/things", Canned(status=200, content=1))
    assert shop.browser().get("/api/mine/things").status_code == 200
    (guests,) = shop.arrived("/mine/demoshop/things")
    assert guests.query == "sessionId=upstream-anon-session&site=main"
    assert guests.values("session-id") == ["upstream-anon-session"]
    assert shop.signed_in().get("/api/mine/things").status_code == 200
    (customers,) = shop.arrived("/mine/demoshop/things")
    assert customers.query == f"customerId={PROFILE['id']}&sessionId=upstream-login-session&site=main"
    assert customers.values("session-id") == ["upstream-login-session"]


def test_guest_is_asked_to_sign_in_for_a_value_that_only_a_customer_has(shop: DeclaredShop) -> None:
    answer = shop.browser().get("/api/own/things")
    assert (answer.status_code, answer.get_json()["type"]) == (401, "login_required")
    assert shop.upstream.arrived == ()


def test_company_of_the_session_stands_in_no_path_of_ours(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    # Who acts for none is not asked for an id that no browser may give.
    answer = browser.get("/api/order-v2/companies/orders/o1")
    assert (answer.status_code, answer.get_json()["type"]) == (403, "forbidden")
    assert shop.upstream.arrived == ()
    assert browser.post("/api/session/refresh", json={"legalEntityId": "company-1"}).status_code == 200
    assert browser.get("/api/order-v2/companies/orders/o1").status_code == 200
    assert len(shop.arrived("/order-v2/demoshop/companies/company-1/orders/o1")) == 1


@pytest.mark.parametrize(
    ("query", "sent"), [("", "siteCode=main"), ("?siteCode=other", "siteCode=other"), ("?siteCode=evil", None)]
)
def test_site_is_one_that_may_be_named(shop: DeclaredShop, query: str, sent: str | None) -> None:
    answer = shop.browser().get(f"/api/cart/carts{query}")
    if sent is None:
        assert problems(answer) == {("siteCode", "invalid_value")}
        assert shop.upstream.arrived == ()
    else:
        assert shop.arrived("/cart/demoshop/carts")[-1].query == sent


def test_site_that_is_needed_and_not_known_is_missing(shop_without_site: DeclaredShop) -> None:
    browser = shop_without_site.browser()
    assert problems(browser.get("/api/cart/carts")) == {("siteCode", "missing_value")}
    assert problems(browser.get("/api/cart/carts?siteCode=main")) == {("siteCode", "invalid_value")}
    assert shop_without_site.arrived("/cart/demoshop/carts") == []


@pytest.mark.parametrize("body", [{"siteCode": "evil"}, {"siteCode": None}, {"siteCode": ["main"]}])
def test_body_names_a_site_that_may_be_named(shop: DeclaredShop, body: Any) -> None:
    browser = shop.browser()
    assert problems(browser.post("/api/cart/carts/c1/changeSite", json=body)) == {("siteCode", "invalid_value")}
    assert shop.upstream.arrived == ()
    shop.answers("POST", "/cart/demoshop/carts/c1/changeSite", Canned(status=204))
    assert browser.post("/api/cart/carts/c1/changeSite", json={"siteCode": "other"}).status_code == 204


@pytest.mark.parametrize(
    "body", [{"customerId": "c"}, {"items": [{"price": {"sessionId": None}}]}, {"a": [[{"customerId": 1}]]}]
)
def test_forbidden_property_is_refused_at_any_depth(shop: DeclaredShop, body: Any) -> None:
    found = problems(shop.browser().post("/api/cart/carts/c1/items", json=body))
    assert found <= {("customerId", "unknown_property"), ("sessionId", "unknown_property")}
    assert shop.upstream.arrived == ()


PATCHED = "/api/return/returns/r1"


@pytest.mark.parametrize(
    "entry",
    [
        {"op": "replace", "path": "/customerId", "value": "c"},
        {"op": "ADD", "path": "/a/0/requestor/name", "value": "c"},
        {"op": "add", "path": "/~1~0", "value": "c"},
        {"op": "move", "from": "/customerId", "path": "/a"},
        {"op": "copy", "from": "/a", "path": "/requestor"},
        {"op": "replace", "path": "requestor", "value": "c"},
        {"op": "replace", "path": "/a", "value": {"requestor": "c"}},
    ],
)
def test_json_patch_points_at_no_forbidden_property(shop: DeclaredShop, entry: Any) -> None:
    answer = shop.signed_in().request("PATCH", PATCHED, json=[{"op": "test", "path": "/a", "value": 1}, entry])
    assert {type for _, type in problems(answer)} == {"unknown_property"}
    assert shop.arrived("/return/demoshop/returns/r1") == []


def test_json_patch_that_points_elsewhere_goes_on(shop: DeclaredShop) -> None:
    patch = [{"op": "replace", "path": "/a/requestorName", "value": "customerId"}, {"path": ["requestor"], "from": 1}]
    browser = shop.signed_in()
    shop.answers("PATCH", "/return/demoshop/returns/r1", Canned(status=204))
    assert browser.request("PATCH", PATCHED, json=patch).status_code == 204


def test_refusal_repeats_nothing_of_what_a_json_patch_puts_into_a_secret_property(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    shop.answers("PATCH", "/return/demoshop/returns/r1", Canned(status=400, content={"message": "Velvet-1, Plain-2"}))
    patch = [
        {"op": "add", "path": "/payment/0", "value": {"card": "Velvet-1"}},
        {"op": "add", "path": "/a", "value": "Plain-2"},
    ]
    answer = browser.request("PATCH", PATCHED, json=patch)
    assert answer.get_json()["message"] == "***, Plain-2"


def test_body_goes_on_as_it_came(shop: DeclaredShop) -> None:
    raw = b'{"quantity": 1.50, "mixins": {"x": [1, null]}}'
    browser = shop.browser()
    shop.answers("POST", "/cart/demoshop/carts/c1/items", Canned(status=201, content={"itemId": "0"}))
    answer = browser.post("/api/cart/carts/c1/items", data=raw, content_type="application/json")
    assert (answer.status_code, answer.get_json()) == (201, {"itemId": "0"})
    (arrived,) = shop.arrived("/cart/demoshop/carts/c1/items")
    assert (arrived.body, arrived.values("Content-Type")) == (raw, ["application/json"])


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"", b'{"a":1,"a":2}', b"{", b'{"a":NaN}'])
def test_body_is_the_kind_of_json_that_the_row_says(shop: DeclaredShop, body: bytes) -> None:
    answer = shop.browser().post("/api/cart/carts/c1/items", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert shop.upstream.arrived == ()


def test_lists_and_any_value_are_bodies_where_the_row_says_so(shop: DeclaredShop) -> None:
    browser = shop.browser()
    shop.answers("PUT", "/cart/demoshop/carts/c1/itemsBatch", Canned(status=207, content=[{"status": 400}]))
    answer = browser.request("PUT", "/api/cart/carts/c1/itemsBatch", json=[{"id": "1"}])
    assert (answer.status_code, answer.get_json()) == (207, [{"status": 400}])
    assert browser.request("PUT", "/api/cart/carts/c1/itemsBatch", json={}).status_code == 400
    for raw in (b"[1]", b"null", b'"x"', b""):
        kind = {"content_type": "application/json"} if raw else {}
        assert browser.post("/api/ai/chat", data=raw, **kind).status_code == 200
        assert shop.arrived("/ai/demoshop/chat")[-1].body == raw


def test_header_of_a_row_comes_in_our_query_and_never_as_a_header(shop: DeclaredShop) -> None:
    browser = shop.browser()
    assert browser.post("/api/ai/chat?session-id=mychat", headers={"session-id": "evil"}).status_code == 200
    assert shop.arrived("/ai/demoshop/chat")[-1].values("session-id") == ["mychat"]
    assert shop.arrived("/ai/demoshop/chat")[-1].query == ""
    assert browser.post("/api/ai/chat", headers={"session-id": "evil"}).status_code == 200
    assert shop.arrived("/ai/demoshop/chat")[-1].values("session-id") == []


def test_languages_are_the_rows(shop: DeclaredShop) -> None:
    browser, sent = shop.signed_in(), {"Accept-Language": "fr;q=0.5, en-GB"}
    browser.get("/api/cart/carts/c1", headers=sent)
    browser.get("/api/order-v2/orders", headers=sent)
    browser.get("/api/site/sites", headers=sent)
    assert shop.arrived("/cart/demoshop/carts/c1")[-1].values("Accept-Language") == ["fr;q=0.5, en-GB"]
    assert shop.arrived("/cart/demoshop/carts/c1")[-1].values("Content-Language") == []
    assert shop.arrived("/order-v2/demoshop/orders")[-1].values("Accept-Language") == []
    assert shop.arrived("/order-v2/demoshop/orders")[-1].values("Content-Language") == ["de"]
    assert shop.arrived("/site/demoshop/sites")[-1].values("Accept-Language") == ["*"]


# What comes back


def test_total_is_asked_for_and_given_back(shop: DeclaredShop) -> None:
    browser = shop.signed_in()
    counted = Canned(status=200, content=[], headers=(("X-Total-Count", "42"),))
    shop.answers("GET", "/order-v2/demoshop/orders", counted)
    assert browser.get("/api/order-v2/orders").headers["X-Total-Count"] == "42"
    assert shop.arrived("/order-v2/demoshop/orders")[-1].values("X-Total-Count") == ["true"]
    shop.answers("GET", "/site/demoshop/sites", Canned(status=200, content=[], headers=(("X-Count", "3"),)))
    assert browser.get("/api/site/sites").headers["X-Total-Count"] == "3"
    assert shop.arrived("/site/demoshop/sites")[-1].query == "totalCount=true"
    assert shop.arrived("/site/demoshop/sites")[-1].values("X-Total-Count") == []


@pytest.mark.parametrize("told", ["many", "-1", "1, 2", "9" * 16])
def test_total_that_is_no_number_is_not_given_back(shop: DeclaredShop, told: str) -> None:
    shop.answers("GET", "/order-v2/demoshop/orders", Canned(status=200, content=[], headers=(("X-Total-Count", told),)))
    assert "X-Total-Count" not in shop.signed_in().get("/api/order-v2/orders").headers


@pytest.mark.parametrize("raw", [b"42", b'"text"', b"true", b"null", b"[1]", b'{"a": 1}'])
def test_any_json_is_an_answer_where_the_row_says_so(shop: DeclaredShop, raw: bytes) -> None:
    browser = shop.browser()
    shop.answers("GET", "/reward-points/demoshop/points", Canned(status=200, raw=raw))
    answer = browser.get("/api/reward-points/points")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, raw, "application/json")


@pytest.mark.parametrize("raw", [b"", b"<p>", b"NaN", b"forty", b"1 2"])
def test_what_is_no_json_is_not_passed_on(shop: DeclaredShop, raw: bytes) -> None:
    browser = shop.browser()
    shop.answers("GET", "/reward-points/demoshop/points", Canned(status=200, raw=raw))
    assert browser.get("/api/reward-points/points").status_code == 502


PDF = (("Content-Type", "application/pdf"),)


def test_document_is_an_attachment(shop: DeclaredShop) -> None:
    browser = shop.browser()
    shop.answers("GET", "/quote/demoshop/quotes/q1/pdf", Canned(status=200, raw=b"%PDF-1.7 \x00\xff", headers=PDF))
    answer = browser.get("/api/quote/quotes/q1/pdf")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"%PDF-1.7 \x00\xff", "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="quote_pdf.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert shop.arrived("/quote/demoshop/quotes/q1/pdf")[-1].values("Accept") == ["application/pdf"]


@pytest.mark.parametrize(
    "answer",
    [
        Canned(status=200, raw=b"%PDF-1.7", headers=(("Content-Type", "text/html"),)),
        Canned(status=200, raw=b"<html>", headers=PDF),
        Canned(status=200, content={"a": 1}),
        Canned(status=200, raw=b"%PDF-1.7 upstream-anon-access", headers=PDF),
    ],
)
def test_what_is_no_document_is_not_passed_on(shop: DeclaredShop, answer: Canned) -> None:
    browser = shop.browser()
    shop.answers("GET", "/quote/demoshop/quotes/q1/pdf", answer)
    assert browser.get("/api/quote/quotes/q1/pdf").status_code == 502


def test_answer_over_the_rows_size_is_not_passed_on(shop: DeclaredShop) -> None:
    browser = shop.browser()
    for length, status in ((91, 200), (92, 502)):
        shop.answers("GET", "/small/demoshop/answers", Canned(status=200, content={"a": "x" * length}))
        assert browser.get("/api/small/answers").status_code == status


def test_hidden_properties_are_taken_out_at_any_depth(shop: DeclaredShop) -> None:
    browser = shop.browser()
    content = {"sessionId": "s", "items": [{"sessionId": {"a": 1}, "b": 1.5}], "siteCode": "sessionId"}
    shop.answers("GET", "/cart/demoshop/carts/c1", Canned(status=200, content=content))
    assert browser.get("/api/cart/carts/c1").get_json() == {"items": [{"b": 1.5}], "siteCode": "sessionId"}


def test_answer_with_nothing_to_take_out_goes_on_byte_for_byte(shop: DeclaredShop) -> None:
    browser = shop.browser()
    raw = b'{ "price": 1.50,\n"name": "a \\"quoted\\" n\\u00e4me \\/ \\\\", "e": 1e3 }'
    shop.answers("GET", "/cart/demoshop/carts/c1", Canned(status=200, raw=raw))
    assert browser.get("/api/cart/carts/c1").data == raw


def test_version_is_no_tag_where_no_write_looks_at_it(shop: DeclaredShop) -> None:
    browser = shop.browser()
    shop.answers("GET", "/cart/demoshop/carts/c1", Canned(status=200, content={"metadata": {"version": 3}}))
    answer = browser.get("/api/cart/carts/c1")
    assert (answer.status_code, "ETag" in answer.headers) == (200, False)


def test_version_of_a_context_guards_its_change(shop: DeclaredShop) -> None:
    browser, path = shop.browser(), "/session-context/demoshop/me/context"
    shop.answers("GET", path, Canned(status=200, content={"siteCode": "main", "metadata": {"version": 3}}))
    shop.answers("PATCH", path, Canned(status=204))
    assert browser.get("/api/session-context/me/context").headers["ETag"] == '"3"'
    stale = browser.patch("/api/session-context/me/context", json={"a": 1}, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.get_json()["type"]) == (412, "version_conflict")
    fresh = browser.patch("/api/session-context/me/context", json={"a": 1}, headers={"If-Match": '"3"'})
    assert fresh.status_code == 204
    (sent,) = [one for one in shop.arrived(path) if one.method == "PATCH"]
    assert json.loads(sent.body) == {"a": 1, "metadata": {"version": 3}}
