"""Checkout and orders: who may order, that it happens once, and who sees it afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.faults import Cut, Fault
from tests.support.sandbox.sandbox_driver import Driver, FakeClock, error_fields
from tests.support.sandbox.storefront_driver import EUROPE, Shopper, company_customer, customer, guest, signed_in

ORDERS = "/order-v2/{tenant}/orders"
CHECKOUT = "/checkout/{tenant}/checkouts/order"


def filled(shopper: Shopper) -> str:
    cart = shopper.open_cart()
    shopper.put_in(cart, "cup-blue", 2)
    return cart


def ordered(shopper: Shopper, **more: Any) -> str:
    reply = shopper.check_out(filled(shopper), **more)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["orderId"])


def checked_out(driver: Driver) -> int:
    return len(driver.sandbox.shops.of("demoshop").orders)


def test_customer_orders_a_cart_once(driver: Driver) -> None:
    shopper = customer(driver)
    cart = filled(shopper)
    reply = shopper.check_out(cart)
    assert reply.status_code == 200
    assert reply.json() == {"orderId": "KK1001", "paymentDetails": None, "checkoutId": ""}
    assert shopper.check_out(cart).status_code == 404
    assert shopper.call("GET", f"/cart/{{tenant}}/carts/{cart}").status_code == 404
    order = shopper.get(f"{ORDERS}/KK1001")
    # Two cups at 14.90, and 4.90 for the parcel.
    assert (order["status"], order["totalPrice"], order["currency"]) == ("CREATED", 34.7, "EUR")
    assert order["customer"]["id"] == shopper.customer_id
    assert [(one["product"]["id"], one["amount"]) for one in order["entries"]] == [("cup-blue", 2)]
    assert driver.sandbox.recorder.executions("checkout_order") == checked_out(driver) == 1


def test_order_says_in_parts_what_it_comes_to(driver: Driver) -> None:
    shopper = customer(driver)
    cart = shopper.open_cart()
    shopper.put_in(cart, "teapot", 1)
    shopper.done("POST", f"/cart/{{tenant}}/carts/{cart}/discounts", json={"code": "WELCOME10"})
    order = shopper.get(f"{ORDERS}/{shopper.check_out(cart).json()['orderId']}")
    parts = order["calculatedPrice"]
    whole = parts["price"]["grossValue"] - parts["totalDiscount"]["price"]["grossValue"]
    whole += parts.get("totalFee", {"grossValue": 0})["grossValue"] + parts["totalShipping"]["grossValue"]
    assert parts["totalDiscount"]["value"] > 0
    assert parts["finalPrice"]["grossValue"] == pytest.approx(whole, abs=0.001) == order["totalPrice"]
    (line,) = order["entries"]
    assert line["calculatedUnitPrice"]["grossValue"] == line["calculatedPrice"]["price"]["grossValue"] == 59.0


def test_order_takes_from_the_shelf_and_gives_points(driver: Driver) -> None:
    shopper = customer(driver)
    before = shopper.get("/reward-points/public/customer")
    ordered(shopper)
    assert shopper.get("/availability/{tenant}/availability/cup-blue/main")["stockLevel"] == 23
    assert shopper.get("/reward-points/public/customer") == before + 29


def test_customer_needs_the_own_living_saas_token(driver: Driver, clock: FakeClock) -> None:
    shopper = customer(driver)
    other = signed_in(guest(driver), B2B_EMAIL, B2B_PASSWORD)
    cart = filled(shopper)
    body = shopper.order_body(cart)
    assert shopper.call("POST", CHECKOUT, json=body).status_code == 400
    for wrong in (other.saas, shopper.bearer, "a.b.c", ""):
        reply = shopper.call("POST", CHECKOUT, json=body, headers={"saas-token": str(wrong)})
        assert reply.status_code in {400, 403}
    assert checked_out(driver) == driver.sandbox.recorder.executions("checkout_order") == 0
    assert shopper.check_out(cart).status_code == 200
    later = customer(driver)
    clock.pass_seconds(2591998)
    alive = later.check_out(filled(later)).status_code
    clock.pass_seconds(1)
    assert (alive, later.check_out("x").status_code) == (200, 401)


def test_guest_orders_without_a_saas_token(driver: Driver) -> None:
    visitor = guest(driver, **EUROPE)
    cart = filled(visitor)
    body, saas = visitor.order_body(cart), customer(driver).saas
    reply = visitor.call("POST", CHECKOUT, json=body, headers={"saas-token": str(saas)})
    assert (reply.status_code, error_fields(reply)) == (400, ["saas-token"])
    assert visitor.check_out(cart).status_code == 200
    assert visitor.call("GET", ORDERS).status_code == 401


def test_guest_says_so_and_nobody_else_does(driver: Driver) -> None:
    visitor, shopper = guest(driver), customer(driver)
    for one, claims in ((visitor, False), (visitor, None), (shopper, True)):
        sent = {"email": "a@example.com"} if claims is None else {"email": "a@example.com", "guest": claims}
        reply = one.check_out(filled(one) if one is shopper or claims is False else "x", customer=sent)
        assert (reply.status_code, error_fields(reply)) == (400, ["customer.guest"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"paymentMethods": []}, "paymentMethods"),
        ({"paymentMethods": [{"method": "invoice"}]}, "paymentMethods"),
        ({"addresses": []}, "addresses"),
        ({"addresses": [{"type": "SHIPPING"}]}, "addresses[0].contactName"),
        ({"shipping": {}}, "shipping.methodId"),
        ({"shipping": {"methodId": "x", "zoneId": "y", "methodName": "z", "amount": 1}}, "shipping.methodId"),
        ({"customer": {"firstName": "Jane"}}, "customer.email"),
        ({"currency": "USD"}, "currency"),
    ],
)
def test_incomplete_checkout_is_refused_and_may_be_mended(driver: Driver, change: dict[str, Any], field: str) -> None:
    shopper = customer(driver)
    cart = filled(shopper)
    reply = shopper.check_out(cart, **change)
    assert reply.status_code == 400
    assert field in error_fields(reply)
    assert shopper.check_out(cart).status_code == 200


def test_foreign_empty_and_stale_carts_are_not_ordered(driver: Driver) -> None:
    shopper, stranger = customer(driver), guest(driver)
    assert shopper.check_out(filled(stranger)).status_code == 404
    empty = shopper.open_cart()
    assert shopper.check_out(empty).status_code == 400
    shopper.put_in(empty, "dripper")
    shopper.done("POST", f"/cart/{{tenant}}/carts/{empty}/changeSite", json={"siteCode": "us"})
    assert shopper.check_out(empty).status_code == 409


def test_more_than_there_is_cannot_be_ordered(driver: Driver) -> None:
    shopper = customer(driver)
    cart = shopper.open_cart()
    shopper.put_in(cart, "kettle", 5)
    assert shopper.check_out(cart).status_code == 409


@pytest.mark.parametrize(("cut", "orders"), [(Cut.BEFORE_EFFECT, 0), (Cut.AFTER_EFFECT, 1)])
def test_broken_connection_leaves_the_executions_countable(driver: Driver, cut: Cut, orders: int) -> None:
    shopper = customer(driver)
    cart = filled(shopper)
    driver.sandbox.faults.add("checkout_order", Fault(cut=cut), times=1)
    with pytest.raises(OSError, match="Connection aborted"):
        shopper.check_out(cart)
    recorder = driver.sandbox.recorder
    assert (recorder.count("checkout_order"), recorder.executions("checkout_order")) == (1, orders)
    assert checked_out(driver) == orders


def test_coupon_counts_and_one_for_a_customer_is_good_once(driver: Driver) -> None:
    shopper = customer(driver)
    code = shopper.done("POST", "/reward-points/public/customer/redeem", json={"id": "five-off"})["code"]
    cart = filled(shopper)
    shopper.done("POST", f"/cart/{{tenant}}/carts/{cart}/discounts", json={"code": code})
    order = shopper.check_out(cart).json()["orderId"]
    assert shopper.get(f"{ORDERS}/{order}")["discounts"] == [{"code": code, "amount": 5.0, "currency": "EUR"}]
    cart = filled(shopper)
    again = shopper.call("POST", f"/cart/{{tenant}}/carts/{cart}/discounts", json={"code": code})
    assert again.status_code == 400
    assert shopper.get(f"/coupon/{{tenant}}/coupons/{code}")["redemptionCount"] == 1


def test_orders_are_their_owners(driver: Driver) -> None:
    shopper, other = customer(driver), signed_in(guest(driver), B2B_EMAIL, B2B_PASSWORD)
    order = ordered(shopper)
    assert [one["id"] for one in shopper.get(ORDERS)] == [order]
    assert other.get(ORDERS) == []
    for path in (f"{ORDERS}/{order}", f"{ORDERS}/{order}/transitions"):
        assert other.call("GET", path).status_code == 404
    assert other.call("POST", f"{ORDERS}/{order}/transitions", json={"status": "DECLINED"}).status_code == 404
    assert shopper.get(f"{ORDERS}/{order}", headers={"saas-token": str(shopper.saas)})["id"] == order
    assert shopper.call("GET", ORDERS, headers={"saas-token": str(other.saas)}).status_code == 403


def test_orders_are_paged_sorted_and_counted(driver: Driver, clock: FakeClock) -> None:
    shopper = customer(driver)
    for _ in range(3):
        ordered(shopper)
        clock.pass_seconds(1)
    assert [one["id"] for one in shopper.get(ORDERS)] == ["KK1003", "KK1002", "KK1001"]
    params = {"sort": "created:asc", "pageSize": "2", "pageNumber": "2"}
    reply = shopper.call("GET", ORDERS, params=params, headers={"X-Total-Count": "true"})
    assert ([one["id"] for one in reply.json()], reply.headers["X-Total-Count"]) == (["KK1003"], "3")
    assert "X-Total-Count" not in shopper.call("GET", ORDERS).headers
    assert len(shopper.get(ORDERS, params={"q": "id:KK1002"})) == 1


def test_customer_may_only_decline_what_is_new(driver: Driver) -> None:
    shopper = customer(driver)
    transitions = f"{ORDERS}/{ordered(shopper)}/transitions"
    assert shopper.get(transitions) == [{"status": "DECLINED"}]
    for wanted in ("CONFIRMED", "CREATED", "SHIPPED"):
        assert shopper.call("POST", transitions, json={"status": wanted}).status_code == 400
    assert shopper.call("POST", transitions, json={"status": "DECLINED"}).status_code == 204
    assert shopper.get(transitions) == []
    assert shopper.call("POST", transitions, json={"status": "DECLINED"}).status_code == 400
    assert shopper.get("/availability/{tenant}/availability/cup-blue/main")["stockLevel"] == 25


def test_company_orders_are_seen_for_the_company_only(driver: Driver) -> None:
    first, second = company_customer(driver, 0), company_customer(driver, 1)
    order = ordered(first)
    own = "/order-v2/{tenant}/legal-entity-orders"
    assert [one["id"] for one in first.get(f"{own}/D165356")] == [order]
    assert first.get(f"{own}/D165356/{order}")["legalEntityId"] == "D165356"
    assert first.call("GET", f"{own}/D165357").status_code == 403
    assert second.get(f"{own}/D165357") == []
    assert second.call("GET", f"{own}/D165357/{order}").status_code == 404
    assert customer(driver).call("GET", f"{own}/D165356").status_code == 403


def test_order_is_paid_by_its_owner(driver: Driver) -> None:
    visitor, stranger = guest(driver, **EUROPE), guest(driver, **EUROPE)
    methods = [{"provider": "payment-gateway", "method": "card", "customAttributes": {"modeId": "card"}}]
    reply = visitor.check_out(filled(visitor), paymentMethods=methods)
    order = reply.json()["orderId"]
    assert order in reply.json()["paymentDetails"]["externalPaymentRedirectURL"]
    own, body = "/payment-gateway/{tenant}/payment/frontend", {"order": {"id": order}, "paymentModeId": "card"}
    for step in ("initialize", "authorize"):
        assert stranger.call("POST", f"{own}/{step}", json=body).status_code == 404
        assert visitor.call("POST", f"{own}/{step}", json=body).status_code == 422
        answer = visitor.done("POST", f"{own}/{step}", json={**body, "creditCardToken": "t"})
        assert answer["authorizationToken"]
    assert "AUTHORIZED" in str(driver.sandbox.shops.of("demoshop").orders[order].document["payments"])
