"""A whole visit to the shop: look, fill a cart, sign in, find both carts as one, order, and see the order.

The file and the site are the demo's own. The browser never holds a token, the saas token never leaves the server, and
nothing is asked of Emporix that no row declares.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from werkzeug.test import TestResponse

from bff.commands.demo import DEFAULTS, DEMO_SITE
from bff.operations.model import Operation, Place
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL
from bff.sandbox.mint import MARKER, TokenKind
from bff.sandbox.recorder import Received
from tests.support.journeys.leak_canaries import parts_of
from tests.support.journeys.storefront_expectations import SETS
from tests.support.journeys.storefront_parts import order_of
from tests.support.leaks import hits_in
from tests.support.shop import Browser, Shop, ShopMaker

CARTS = "/api/cart/carts"
ORDERS = "/api/order-v2/orders"


@dataclass
class Visit:
    """One visitor, and everything that they were sent."""

    browser: Browser
    seen: list[bytes] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, status: int, **more: Any) -> TestResponse:
        """Send a request, which has to be answered like this."""
        answer = self.browser.request(method, path, **more)
        self.seen += [answer.get_data(), str(answer.headers).encode()]
        self.cookies += [cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")]
        assert answer.status_code == status, (method, path, answer.get_data(as_text=True))
        return answer

    def read(self, path: str) -> Any:
        """Read what has to be there."""
        return self.ask("GET", path, 200).get_json()

    def begin(self) -> None:
        """Get a session, and the token against forged requests."""
        self.browser.csrf = self.read("/api/session")["csrfToken"]

    def sign_in(self, email: str = B2C_EMAIL, password: str | None = None) -> None:
        """Become a customer."""
        if password is None:
            self.browser.sign_in(email)
        else:
            self.browser.sign_in(email, password)

    def open_cart(self) -> str:
        """Make a cart."""
        made = self.ask("POST", CARTS, 201, json={"siteCode": "main", "currency": "EUR"})
        return str(made.get_json()["cartId"])

    def put_in(self, cart: str, product: str, quantity: int = 1) -> None:
        """Put something into it."""
        item = {"product": {"id": product}, "quantity": quantity}
        self.ask("POST", f"{CARTS}/{cart}/items?siteCode=main", 201, json=item)

    def quantities(self, cart: str) -> dict[str, int]:
        """Return what lies in a cart, and how much of it."""
        return {item["product"]["id"]: item["quantity"] for item in self.read(f"{CARTS}/{cart}/items")}


@pytest.fixture
def shop(make_shop: ShopMaker) -> Shop:
    of_demo: dict[str, Any] = {**DEMO_SITE, "BFF_STOREFRONT": DEFAULTS["BFF_STOREFRONT"]}
    shop = make_shop(**of_demo)
    declared = [row for row in shop.services.operations.values() if row.declared is not None]
    assert {row.declared.set_name for row in declared if row.declared is not None} == set(SETS)
    return shop


def visit(shop: Shop) -> Visit:
    return Visit(browser=shop.browser())


def secrets_of(shop: Shop) -> list[bytes]:
    """Return everything that upstream has handed out to the server."""
    jwts = [issued.value for issued in shop.sandbox.issued if issued.kind is TokenKind.SAAS]
    assert jwts
    return [MARKER.encode(), *(part.encode() for jwt in jwts for part in parts_of(jwt))]


def shape_of(operation: Operation, tenant: str) -> re.Pattern[str]:
    parts = operation.path.replace("{tenant}", tenant).split("/")
    return re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


def undeclared(shop: Shop) -> Iterator[str]:
    """Yield what was asked of upstream and stands in no row."""
    rows = [(row, shape_of(row, shop.settings.emporix.tenant)) for row in shop.services.operations.values()]
    for request in shop.sandbox.recorder:
        path, _, query = request.target.partition("?")
        found = [row for row, shape in rows if row.method == request.method and shape.fullmatch(path)]
        names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        if not any(names <= _names(row) and _may_have_saas(row, request) for row in found):
            yield f"{request.method} {request.target}"


def _names(row: Operation) -> set[str]:
    asks_in_query = {"totalCount"} if row.total_from == "X-Count" else set()
    return {one.name for one in row.parameters if one.place is Place.QUERY} | asks_in_query


def _may_have_saas(row: Operation, request: Received[Any]) -> bool:
    return "saas-token" not in request.headers or row.saas_token.value != "never"


def test_guest_becomes_a_customer_with_one_cart_and_orders(shop: Shop) -> None:
    elsewhere = visit(shop)
    elsewhere.begin()
    elsewhere.sign_in()
    earlier = elsewhere.open_cart()
    elsewhere.put_in(earlier, "mint", 2)

    here = visit(shop)
    # Who only looks needs no session, and gets none.
    listed = here.ask("GET", "/api/product/products?pageSize=5", 200)
    assert len(listed.get_json()) == 5
    assert int(listed.headers["X-Total-Count"]) >= 12
    assert here.read("/api/product/products/teapot")["id"] == "teapot"
    assert here.read("/api/category/categories?showRoots=true")
    assert here.read("/api/site/sites")
    assert here.cookies == []

    here.begin()
    query = {"items": [{"itemId": {"itemType": "PRODUCT", "id": one}} for one in ("teapot", "sencha")]}
    prices = here.ask("POST", "/api/price/match-prices-by-context", 200, json=query).get_json()
    assert {price["itemRef"]["id"]: price["currency"] for price in prices} == {"teapot": "EUR", "sencha": "EUR"}
    found = here.ask("POST", "/api/product/products/search", 200, json={"q": "id:teapot"}).get_json()
    assert [product["id"] for product in found] == ["teapot"]

    cart = here.open_cart()
    here.put_in(cart, "teapot")
    here.put_in(cart, "sencha", 3)
    shown = here.read(f"{CARTS}/{cart}")
    assert shown["id"] == cart
    assert "sessionId" not in json.dumps(shown)
    assert "sessionId" not in json.dumps(here.read("/api/session-context/me/context"))
    elsewhere.ask("GET", f"{CARTS}/{cart}", 404)

    here.sign_in()
    mine = here.read(f"{CARTS}?siteCode=main")
    assert mine["id"] == earlier
    assert here.quantities(earlier) == {"mint": 2, "teapot": 1, "sencha": 3}
    assert here.read("/api/shipping/main/zones")
    assert here.read("/api/payment-gateway/paymentmodes/frontend")
    here.ask("POST", f"{CARTS}/{earlier}/discounts", 201, json={"code": "WELCOME10"})

    placed = here.ask("POST", "/api/checkout/checkouts/order", 200, json=order_of(earlier, guest=False)).get_json()
    order = placed["orderId"]
    assert shop.sandbox.recorder.executions("checkout_order") == 1
    orders = here.ask("GET", ORDERS, 200)
    assert [one["id"] for one in orders.get_json()] == [order]
    assert orders.headers["X-Total-Count"] == "1"
    assert {entry["product"]["id"] for entry in here.read(f"{ORDERS}/{order}")["entries"]} == {
        "mint",
        "teapot",
        "sencha",
    }
    assert [one["id"] for one in elsewhere.read(ORDERS)] == [order], "the same customer, on another device"

    stranger = visit(shop)
    stranger.begin()
    stranger.ask("GET", ORDERS, 401)
    stranger.sign_in(B2B_EMAIL, B2B_PASSWORD)
    stranger.ask("GET", f"{ORDERS}/{order}", 404)

    cookie = shop.settings.cookie.name
    for one in (here, elsewhere, stranger):
        assert set(one.cookies) <= {cookie}
        assert hits_in(one.seen, secrets_of(shop)) == set()
    assert list(undeclared(shop)) == []
    _saas_tokens_went_with_their_customer(shop)


def _saas_tokens_went_with_their_customer(shop: Shop) -> None:
    issued = {one.value: one.kind for one in shop.sandbox.issued}
    sent = [request for request in shop.sandbox.recorder if "saas-token" in request.headers]
    assert sent
    for request in sent:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        assert issued[request.headers["saas-token"]] is TokenKind.SAAS
        assert issued[bearer] is TokenKind.CUSTOMER_ACCESS
    for request in shop.sandbox.recorder:
        assert not any(value in request.target for value, kind in issued.items() if kind is TokenKind.SAAS)


def test_guest_orders_without_an_account(shop: Shop) -> None:
    here = visit(shop)
    here.begin()
    cart = here.open_cart()
    here.put_in(cart, "cup-blue")
    placed = here.ask("POST", "/api/checkout/checkouts/order", 200, json=order_of(cart, guest=True)).get_json()
    assert placed["orderId"]
    (request,) = shop.sandbox.recorder.of("checkout_order")
    assert "saas-token" not in request.headers
    assert list(undeclared(shop)) == []


@pytest.mark.parametrize("times", [2, 5])
def test_clicks_at_once_place_one_order(shop: Shop, times: int) -> None:
    here = visit(shop)
    here.begin()
    here.sign_in()
    cart = here.open_cart()
    here.put_in(cart, "teapot")
    statuses: list[int] = []
    ready = threading.Barrier(times)
    headers = {"X-CSRF-Token": here.browser.csrf or ""}
    name, value = shop.settings.cookie.name, here.browser.cookie

    def click() -> None:
        browser = shop.app.test_client(use_cookies=False)
        ready.wait()
        answer = browser.post(
            "/api/checkout/checkouts/order",
            base_url=here.browser.base_url,
            headers={**headers, "Cookie": f"{name}={value}"},
            json=order_of(cart, guest=False),
        )
        statuses.append(answer.status_code)

    clicks = [threading.Thread(target=click) for _ in range(times)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(statuses)[0] == 200
    assert [status for status in sorted(statuses)[1:] if not 400 <= status < 500] == []
    assert shop.sandbox.recorder.executions("checkout_order") == 1
    assert len(here.read(ORDERS)) == 1
