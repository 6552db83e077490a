"""Payment modes, shipping, fees, search, shopping lists, coupons and points."""

from __future__ import annotations

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.mint import MARKER
from bff.sandbox.storefront.payment import SCA_PROVIDER_TOKEN
from bff.sandbox.storefront.rewards import WELCOME_POINTS
from bff.sandbox.storefront.search import SEARCH_KEY
from tests.support.sandbox.sandbox_driver import Driver
from tests.support.sandbox.storefront_driver import EUROPE, Shopper, customer, guest, signed_in

LISTS = "/shoppinglist/{tenant}/shopping-lists"
POINTS = "/reward-points/public/customer"


def other_customer(driver: Driver) -> Shopper:
    return signed_in(guest(driver, **EUROPE), B2B_EMAIL, B2B_PASSWORD)


def test_values_that_pages_need_are_no_secrets_of_the_sandbox(driver: Driver) -> None:
    shopper = guest(driver)
    modes = shopper.get("/payment-gateway/{tenant}/paymentmodes/frontend")
    assert [one["id"] for one in modes] == ["invoice", "card", "wallet"]
    (card,) = shopper.get("/payment-gateway/{tenant}/paymentmodes/frontend/card")
    assert card["scaProviderToken"] == SCA_PROVIDER_TOKEN
    assert shopper.call("GET", "/payment-gateway/{tenant}/paymentmodes/frontend/x").status_code == 404
    configurations = shopper.get("/indexing/{tenant}/public/configurations")
    assert [one.get("searchKey") for one in configurations] == [SEARCH_KEY, None]
    assert shopper.get("/indexing/{tenant}/public/configurations/ALGOLIA") == configurations[0]
    assert shopper.call("GET", "/indexing/{tenant}/public/configurations/x").status_code == 404
    assert not (SCA_PROVIDER_TOKEN + SEARCH_KEY).count(MARKER)


def test_shipping_costs_by_method_and_value(driver: Driver) -> None:
    shopper, own = guest(driver), "/shipping/{tenant}/main"
    (zone,) = shopper.get(f"{own}/zones", headers={"Accept-Language": "de"})
    assert (zone["id"], zone["name"]) == ("europe", "Europa")
    methods = shopper.get(f"{own}/zones/europe/methods")
    assert [one["id"] for one in methods] == ["standard", "express"]
    body: dict[str, dict[str, object]] = {
        "cartTotal": {"amount": 20, "currency": "EUR"},
        "shipToAddress": {"zipCode": "11011", "country": "DE"},
    }
    (quote,) = shopper.done("POST", f"{own}/quote", json=body)
    assert [one["fee"]["amount"] for one in quote["methods"]] == [4.9, 9.9]
    body["cartTotal"]["amount"] = 50
    assert shopper.done("POST", f"{own}/quote/minimum", json=body) == {"fee": {"amount": 0.0, "currency": "EUR"}}
    body["shipToAddress"]["country"] = "US"
    assert shopper.call("POST", f"{own}/quote", json=body).status_code == 404
    for path in ("/shipping/{tenant}/x/zones", f"{own}/zones/x/methods"):
        assert shopper.call("GET", path).status_code == 404


def test_parcels_come_in_windows(driver: Driver) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart()
    (window,) = shopper.get(f"/shipping/{{tenant}}/actualDeliveryWindows/{cart}")
    asked = {
        "deliveryWindowId": window["id"],
        "deliveryDate": window["deliveryDate"],
        "slotId": window["slotId"],
    }
    check = "/shipping/{tenant}/deliveryWindowValidation"
    assert shopper.done("POST", check, json=asked) is True
    assert shopper.done("POST", check, json={**asked, "deliveryWindowId": "x"}) is False
    body = {**asked, "cartTotal": {"amount": 20, "currency": "EUR"}}
    assert shopper.done("POST", "/shipping/{tenant}/main/quote/slot", json=body)["fee"]["amount"] == 9.9
    body["slotId"] = "x"
    assert shopper.call("POST", "/shipping/{tenant}/main/quote/slot", json=body).status_code == 404
    sites = shopper.done("POST", "/shipping/{tenant}/findSite", json={"postalCode": "11011", "country": "DE"})
    assert [one["id"] for one in sites] == ["main"]


def test_fees_are_by_site_and_product(driver: Driver) -> None:
    shopper = guest(driver)
    assert len(shopper.get("/fee/{tenant}/fees")) == 2
    (fee,) = shopper.get("/fee/{tenant}/fees", params={"siteCode": "us"})
    assert fee["feeAbsolute"] == {"amount": 1.5, "currency": "USD"}
    found = shopper.done(
        "POST",
        "/fee/{tenant}/itemFees/searchByProductIds",
        json={"productIds": "teapot,mint", "siteCode": "main"},
    )
    assert [one["itemYrn"].rpartition(";")[2] for one in found] == ["teapot"]


def test_shopping_lists_are_their_owners(driver: Driver) -> None:
    shopper, other = customer(driver), other_customer(driver)
    assert shopper.get(LISTS) == []
    body = {"name": "sunday", "items": [{"productId": "mint", "quantity": 1}]}
    assert shopper.done("POST", LISTS, json=body) == {"id": shopper.customer_id}
    assert shopper.call("POST", LISTS, json=body).status_code == 409
    assert shopper.call("POST", LISTS, json={**body, "name": "x", "customerId": "1"}).status_code == 403
    assert shopper.call("POST", LISTS, json={"name": "x", "items": [{"productId": "mint"}]}).status_code == 400
    own = f"{LISTS}/{shopper.customer_id}"
    changed = {**body, "items": [], "metadata": {"version": 1}}
    assert shopper.call("PUT", own, json=changed).status_code == 204
    assert shopper.call("PUT", own, json=changed).status_code == 409
    assert shopper.call("PUT", own, json={"name": "nothing"}).status_code == 404
    (shown,) = shopper.get(LISTS, params={"name": "sunday"})
    assert (shown["customerId"], shown["sunday"]["items"]) == (shopper.customer_id, [])
    assert other.get(LISTS) == []
    for method in ("PUT", "DELETE"):
        assert other.call(method, own, json=body).status_code == 403
    assert shopper.call("DELETE", own, params={"name": "nothing"}).status_code == 404
    assert shopper.call("DELETE", own, params={"name": "sunday"}).status_code == 204
    assert shopper.get(LISTS) == []


def test_points_are_a_bare_number_and_buy_coupons(driver: Driver) -> None:
    shopper, other = customer(driver), other_customer(driver)
    assert shopper.get(POINTS) == WELCOME_POINTS
    options = guest(driver).get("/reward-points/{tenant}/redeemOptions")
    assert [(one["id"], one["points"]) for one in options] == [("five-off", 100), ("ten-off", 180)]
    code = shopper.done("POST", f"{POINTS}/redeem", json={"id": "ten-off"})["code"]
    assert shopper.call("POST", f"{POINTS}/redeem", json={"id": "ten-off"}).status_code == 400
    assert shopper.call("POST", f"{POINTS}/redeem", json={"id": "x"}).status_code == 404
    summary = shopper.get(f"{POINTS}/summary")
    assert (summary["customerId"], summary["activePoints"]) == (shopper.customer_id, 70)
    assert len(summary["summary"]["redeemedPointsList"]) == 1
    assert shopper.get(f"/coupon/{{tenant}}/coupons/{code}")["issuedTo"] == shopper.customer_id
    assert other.call("GET", f"/coupon/{{tenant}}/coupons/{code}").status_code == 404
    assert other.get(POINTS) == WELCOME_POINTS


@pytest.mark.parametrize(
    ("code", "total", "expected"),
    [("WELCOME10", 10, 200), ("FIVER", 10, 400), ("FIVER", 20, 200), ("BYGONE", 20, 400), ("NOTHING", 20, 404)],
)
def test_coupon_is_checked_before_it_is_spent(driver: Driver, code: str, total: int, expected: int) -> None:
    shopper, one = customer(driver), f"/coupon/{{tenant}}/coupons/{code}"
    body = {"orderTotal": {"amount": total, "currency": "EUR"}, "discount": {"amount": 1, "currency": "EUR"}}
    assert shopper.call("POST", f"{one}/validation", json=body).status_code == expected
    redeemed = shopper.call("POST", f"{one}/redemptions", json=body)
    assert redeemed.status_code == (201 if expected == 200 else expected)
    if expected == 200:
        assert shopper.get(one)["redemptionCount"] == 1
    assert shopper.call("POST", f"{one}/validation", json={**body, "customerNumber": "1"}).status_code == 403


def test_referral_is_the_customers_own(driver: Driver) -> None:
    shopper, other = customer(driver), other_customer(driver)
    own = "/coupon/{tenant}/referral-coupons"
    assert shopper.get(f"{own}/{shopper.customer_id}")["referralCoupon"] is True
    assert shopper.call("GET", f"{own}/{other.customer_id}").status_code == 403
    reply = other.call("GET", f"{own}/{other.customer_id}")
    assert (reply.status_code, reply.content) == (204, b"")
