"""Every shipped row, over the real application and the sandbox: what it answers is what the row says it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, LEGAL_ENTITIES
from bff.sandbox.mint import MARKER
from tests.support.shop import Browser, Shop, ShopMaker
from tests.support.storefront import every_set, written

ADDRESS = {
    "contactName": "Jane Doe",
    "street": "Platz der Republik",
    "zipCode": "11011",
    "city": "Berlin",
    "country": "DE",
}
PAYMENT = [{"provider": "payment-gateway", "method": "invoice"}]
SITE = {"siteCode": "main"}
MONEY = {"amount": 40, "currency": "EUR"}
BUILT_IN = set(OPERATIONS)


class Walker:
    """A visitor who notes the rows that they have been through."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.browser: Browser = shop.browser()
        self.browser.session()
        self.been: set[str] = set()

    def __call__(self, method: str, path: str, expected: int = 200, **request: Any) -> Any:
        recorder = self.shop.sandbox.recorder
        before = len(recorder)
        reply: TestResponse = self.browser.request(method, f"/api{path}", **request)
        assert reply.status_code == expected, (method, path, reply.status_code, reply.get_data(as_text=True)[:300])
        assert MARKER.encode() not in reply.get_data(), (method, path)
        self.been |= {str(one.operation.value) for one in list(recorder)[before:] if one.operation is not None}
        return reply.get_json() if reply.is_json else reply.get_data()

    def filled(self) -> str:
        cart = str(self("POST", "/cart/carts", 201, json={**SITE, "currency": "EUR"})["cartId"])
        self("POST", f"/cart/carts/{cart}/items", 201, query_string=SITE, json=line("cup-blue", 2))
        return cart


def line(product: str, quantity: int = 1) -> dict[str, Any]:
    return {"product": {"id": product}, "quantity": quantity}


def order_body(cart: str, **customer: object) -> dict[str, Any]:
    return {
        "cartId": cart,
        "paymentMethods": PAYMENT,
        "shipping": {"methodId": "standard", "zoneId": "europe", "methodName": "Standard", "amount": 4.9},
        "addresses": [{**ADDRESS, "type": "SHIPPING"}],
        "customer": {"email": B2C_EMAIL, **customer},
    }


@pytest.fixture
def walker(make_shop: ShopMaker, tmp_path: Path) -> Walker:
    shop = make_shop(
        BFF_STOREFRONT=str(written(tmp_path, every_set())),
        EMPORIX_SITE="main",
        EMPORIX_SITES="main,us",
        EMPORIX_CURRENCY="EUR",
        EMPORIX_COUNTRY="DE",
    )
    return Walker(shop)


def browse(walk: Walker) -> None:
    """Read what the catalog, the places and the prices are."""
    for path in (
        "/product/products?q=tasse&pageSize=5",
        "/product/products/mint",
        "/category/categories?showRoots=true",
        "/category/categories/tea",
        "/category/categories/drinks/assignments?withSubcategories=true",
        "/category/categories/tea/parents",
        "/category/categories/drinks/subcategories",
        "/category/assignments/references/mint",
        "/category/category-trees",
        "/category/category-trees/tea",
        "/catalog/catalogs",
        "/catalog/catalogs/assortment",
        "/catalog/catalogs/categories/tea",
        "/brand/brands",
        "/brand/brands/kiln-nine",
        "/label/labels",
        "/label/labels/new",
        "/availability/availability/mint/main",
        "/availability/availability/site/main",
        "/site/sites",
        "/site/sites/main",
        "/country/countries",
        "/country/countries/DE",
        "/country/regions",
        "/currency/currencies",
    ):
        assert walk("GET", path)
    for path, body in (
        ("/product/products/search", {"q": "id:mint"}),
        ("/category/categories/search", {"q": "id:tea"}),
        ("/category/category-trees/search", {"categoryIds": ["tea"]}),
        ("/availability/availability/search?site=main", ["mint"]),
    ):
        assert len(walk("POST", path, json=body)) == 1
    items = [{"itemId": {"itemType": "PRODUCT", "id": "mint"}, "quantity": {"quantity": 1}}]
    (price,) = walk("POST", "/price/match-prices-by-context", json={"items": items})
    assert price["effectiveValue"] > 0


def fill(walk: Walker) -> str:
    """Do with a cart what may be done with one, and return its id."""
    cart = walk.filled()
    one = f"/cart/carts/{cart}"
    shown = walk("GET", "/cart/carts", query_string=SITE)
    assert (shown["id"], "sessionId" in shown) == (cart, False)
    walk("GET", one)
    walk("PUT", one, 204, json={"zipCode": "11011", "countryCode": "DE"})
    walk("PUT", f"{one}/refresh", 204)
    walk("POST", f"{one}/changeSite", json={"siteCode": "us"})
    walk("POST", f"{one}/changeSite", json={"siteCode": "main"})
    walk("POST", f"{one}/changeCurrency", json={"currency": "CHF"})
    walk("POST", f"{one}/changeCurrency", json={"currency": "EUR"})
    added = walk("POST", f"{one}/itemsBatch", json=[line("mint"), line("assam")])
    walk("PUT", f"{one}/itemsBatch", 207, json=[{"id": added[0]["id"], "quantity": 3}])
    assert len(walk("GET", f"{one}/items")) == 3
    item = f"{one}/items/{added[1]['id']}"
    walk("GET", item)
    walk("PUT", item, 204, json={"quantity": 2})
    walk("DELETE", item, 204)
    for code in ("WELCOME10", "FIVER"):
        walk("POST", f"{one}/discounts", 201, json={"code": code})
    walk("DELETE", f"{one}/discounts/1", 204)
    assert len(walk("GET", f"{one}/discounts")) == 1
    walk("DELETE", f"{one}/discounts", 204)
    walk("GET", f"{one}/dtRestrictions")
    assert walk("GET", f"{one}/validate") == {"isValid": True}
    (window,) = walk("GET", f"/shipping/actualDeliveryWindows/{cart}")
    asked = {"deliveryWindowId": window["id"], "deliveryDate": window["deliveryDate"], "slotId": window["slotId"]}
    assert walk("POST", "/shipping/deliveryWindowValidation", json=asked) is True
    walk("POST", "/shipping/main/quote/slot", json={**asked, "cartTotal": MONEY})
    return cart


def prepare(walk: Walker) -> None:
    """Ask what a page asks before it offers the checkout."""
    to = {"cartTotal": MONEY, "shipToAddress": {"zipCode": "11011", "country": "DE"}}
    assert walk("GET", "/shipping/main/zones")
    assert walk("GET", "/shipping/main/zones/europe/methods")
    assert walk("POST", "/shipping/main/quote", json=to)
    assert walk("POST", "/shipping/main/quote/minimum", json=to)
    assert walk("POST", "/shipping/findSite", json={"postalCode": "11011"})
    assert walk("GET", "/payment-gateway/paymentmodes/frontend")
    (card,) = walk("GET", "/payment-gateway/paymentmodes/frontend/card")
    assert card["scaProviderToken"]
    assert walk("GET", "/fee/fees")
    assert walk("POST", "/fee/itemFees/searchByProductIds", json={"productIds": "teapot", **SITE})
    assert walk("GET", "/reward-points/redeemOptions")
    assert walk("GET", "/indexing/public/configurations")
    assert walk("GET", "/indexing/public/configurations/ALGOLIA")["searchKey"]
    context = walk("GET", "/session-context/me/context")
    assert "sessionId" not in context
    changes = {"language": "de", "metadata": {"version": context["metadata"]["version"]}}
    walk("PATCH", "/session-context/me/context", 204, json=changes)
    attributes = "/session-context/me/context/attributes"
    assert walk("POST", attributes, 201, json={"key": "store", "value": "7"}) == "store"
    walk("DELETE", f"{attributes}/store", 204)


def test_guest_shops(walker: Walker) -> None:
    cart = fill(walker)
    prepare(walker)
    order = walker("POST", "/checkout/checkouts/order", json=order_body(cart, guest=True))["orderId"]
    body = {"order": {"id": order}, "paymentModeId": "wallet"}
    assert walker("POST", "/payment-gateway/payment/frontend/initialize", json=body)["authorizationToken"]
    assert walker("POST", "/payment-gateway/payment/frontend/authorize", json=body)["authorizationToken"]
    emptied = walker.filled()
    walker("DELETE", f"/cart/carts/{emptied}/items", 204)
    walker("DELETE", f"/cart/carts/{emptied}", 204)
    assert walker.shop.sandbox.recorder.executions("checkout_order") == 1


def test_every_row_is_answered_as_it_says(walker: Walker) -> None:
    guests = walker.filled()
    walker.browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    state = walker("POST", "/session/refresh", json={"legalEntityId": LEGAL_ENTITIES[0].id})
    assert state["legalEntityId"] == LEGAL_ENTITIES[0].id
    browse(walker)
    cart = fill(walker)
    walker("POST", f"/cart/carts/{cart}/merge", json={"carts": [guests]})
    assert walker("POST", "/cart/carts/search", json={})
    prepare(walker)
    order = checked_out(walker, cart)
    sent_back(walker, order)
    quoted(walker)
    approved(walker)
    liked(walker)
    managed(walker)
    assert set(walker.been) >= set(walker.shop.services.operations) - BUILT_IN
    assert not [one.target for one in walker.shop.sandbox.recorder if one.operation is None]


def checked_out(walk: Walker, cart: str) -> str:
    """Order a cart, and look at the order in every way."""
    order = str(walk("POST", "/checkout/checkouts/order", json=order_body(cart))["orderId"])
    body = {"order": {"id": order}, "paymentModeId": "invoice"}
    walk("POST", "/payment-gateway/payment/frontend/initialize", json=body)
    walk("POST", "/payment-gateway/payment/frontend/authorize", json=body)
    own = f"/order-v2/orders/{order}"
    for path in ("/order-v2/orders", own, "/order-v2/legal-entity-orders", f"/order-v2/legal-entity-orders/{order}"):
        assert walk("GET", path)
    assert walk("GET", f"{own}/transitions") == [{"status": "DECLINED"}]
    walk("POST", f"{own}/transitions", 204, json={"status": "DECLINED"})
    return order


def sent_back(walk: Walker, order: str) -> None:
    """Send something back, and think again."""
    body = {"orders": [{"id": order, "items": [{"id": "0", "quantity": 1}]}], "reason": {"details": "Too blue."}}
    own = f"/return/returns/{walk('POST', '/return/returns', 201, json=body)['id']}"
    assert walk("GET", "/return/returns")
    walk("PUT", own, 204, json={**body, "metadata": {"version": walk("GET", own)["metadata"]["version"]}})
    walk("PATCH", own, 204, json=[{"op": "replace", "path": "/reason/details", "value": "Not blue."}])
    walk("DELETE", own, 204)


def quoted(walk: Walker) -> None:
    """Ask for a quote, read it, accept it."""
    cart = walk.filled()
    own = f"/quote/quotes/{walk('POST', '/quote/quotes', 201, json={'cartId': cart})['id']}"
    assert walk("GET", "/quote/quotes")
    assert walk("GET", own)
    walk("PATCH", own, 204, json=[{"op": "replace", "path": "/status", "value": {"value": "ACCEPTED"}}])
    assert walk("POST", f"{own}/pdf").startswith(b"%PDF-")
    assert walk("GET", "/quote/quote-reasons")
    assert walk("GET", "/quote/quote-reasons/too-dear")
    walk("DELETE", f"/cart/carts/{cart}", 204)


def approved(walk: Walker) -> None:
    """Ask a colleague for an approval."""
    cart = walk.filled()
    asked = {"resourceType": "CART", "resourceId": cart, "action": "CHECKOUT"}
    (approver,) = walk("POST", "/approval/search/users", json=asked)
    body = {**asked, "approver": {"userId": approver["userId"]}}
    own = f"/approval/approvals/{walk('POST', '/approval/approvals', 201, json=body)['id']}"
    assert walk("GET", "/approval/approvals")
    assert walk("GET", own)
    walk("PATCH", own, 204, json=[{"op": "replace", "path": "/status", "value": "APPROVED"}])
    assert walk("POST", "/approval/approval/permitted", json=asked)["permitted"] is True
    walk("DELETE", own, 204)
    walk("DELETE", f"/cart/carts/{cart}/items", 204)


def liked(walk: Walker) -> None:
    """Use what is for customers who come back."""
    lists = "/shoppinglist/shopping-lists"
    walk("POST", lists, 201, json={"name": "sunday"})
    assert walk("GET", lists)
    walk("PUT", lists, 204, json={"name": "sunday", "items": []})
    walk("DELETE", f"{lists}?name=sunday", 204)
    assert isinstance(walk("GET", "/reward-points/public/customer"), int)
    walk("GET", "/reward-points/public/customer/summary")
    code = walk("POST", "/reward-points/public/customer/redeem", json={"id": "five-off"})["code"]
    assert walk("GET", f"/coupon/coupons/{code}")
    spent = {"orderTotal": MONEY, "discount": {"amount": 5, "currency": "EUR"}}
    walk("POST", f"/coupon/coupons/{code}/validation", json=spent)
    walk("POST", f"/coupon/coupons/{code}/redemptions", 201, json=spent)
    walk("GET", "/coupon/referral-coupons", 204)
    body = {"agentId": "helper", "message": "Hello"}
    assert walk("POST", "/ai-service/agentic/chat", json=body)
    assert walk("POST", "/ai-service/agentic/chat-async", 201, json=body)
    for path in ("", "/companies", "/items", "/items/category-trees", "/companies/items"):
        assert walk("GET", f"/customer-segment/segments{path}")
    assert walk("GET", "/customer-segment/segments/companies/items/PRODUCT/cup-crate")
    assert walk("POST", "/customer-segment/segments/search", json={})
    assert walk("POST", "/customer-segment/segments/companies/items/search", json={})


def managed(walk: Walker) -> None:
    """Do what the administrator of a company does."""
    entities = "/customer-management/legal-entities"
    assert walk("GET", entities)
    assert walk("POST", f"{entities}/search", json={})
    me = walk("GET", "/iam/users/me")["id"]
    walk("GET", "/iam/users/me/scopes")
    assert walk("GET", "/iam/groups")
    made = walk("POST", "/customer/customers", 201, json={"contactEmail": "new.colleague@example.com"})["id"]
    assert made != me
    assert len(walk("GET", "/customer/customers")) == 2
    assert len(walk("POST", "/customer/customers/search", json={})) == 2
    own = f"/customer/customers/{made}"
    assert walk("GET", own)
    walk("PUT", own, 204, json={"firstName": "Ada"})
    walk("PATCH", own, json={"lastName": "Roe"})
    users = "/iam/groups/buyers-D165356/users"
    walk("POST", users, 201, json={"userId": made})
    assert walk("GET", users)
    walk("DELETE", f"{users}/{made}", 204)
    walk("DELETE", own, 202, json={})
