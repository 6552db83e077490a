"""Carts and the session context: whose they are, what they cost, and what changes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sandbox.sandbox_driver import Driver, error_fields, error_type
from tests.support.sandbox.storefront_driver import (
    ADDRESS,
    EUROPE,
    Shopper,
    company_customer,
    customer,
    guest,
    signed_in,
)

CARTS = "/cart/{tenant}/carts"
CONTEXT = "/session-context/{tenant}/me/context"


def status(shopper: Shopper, method: str, path: str, **request: Any) -> int:
    return shopper.call(method, path, **request).status_code


def total(shopper: Shopper, cart: str) -> float:
    return float(shopper.cart(cart)["totalPrice"]["amount"])


def test_cart_is_found_by_criteria_once_it_is_there(driver: Driver) -> None:
    shopper = guest(driver, **EUROPE)
    assert status(shopper, "GET", CARTS, params={"siteCode": "main"}) == 404
    id = shopper.open_cart(type="wishlist")
    assert status(shopper, "GET", CARTS, params={"siteCode": "main"}) == 404
    assert shopper.get(CARTS, params={"siteCode": "main", "type": "wishlist"})["id"] == id
    assert status(shopper, "GET", CARTS) == 400
    assert status(shopper, "GET", CARTS, params={"siteCode": "nowhere"}) == 400


def test_cart_is_made_by_a_read_that_asks_for_it(driver: Driver) -> None:
    shopper = customer(driver)
    made = shopper.get(CARTS, params={"siteCode": "main", "create": "true"})
    again = shopper.get(CARTS, params={"siteCode": "main", "create": "true"})
    assert (made["id"], made["currency"]) == (again["id"], "EUR")


def test_there_is_one_cart_of_each_site_and_type(driver: Driver) -> None:
    shopper = customer(driver)
    shopper.open_cart()
    for body, expected in (
        ({"siteCode": "main", "currency": "EUR"}, 409),
        ({"siteCode": "main", "currency": "EUR", "type": "wishlist"}, 201),
        ({"siteCode": "us", "currency": "USD"}, 201),
        ({"siteCode": "us", "currency": "EUR", "type": "x"}, 400),
        ({"siteCode": "main"}, 400),
    ):
        assert status(shopper, "POST", CARTS, json=body) == expected
    assert len(shopper.done("POST", f"{CARTS}/search", json={"q": "siteCode:main"})) == 2
    assert len(shopper.done("POST", f"{CARTS}/search", json={})) == 3


def test_guest_has_to_name_the_session_to_make_a_cart(driver: Driver) -> None:
    shopper, other = guest(driver), guest(driver)
    body = {"siteCode": "main", "currency": "EUR"}
    for headers in ({}, {"session-id": other.session_id}):
        reply = shopper.call("POST", CARTS, json=body, headers=headers)
        assert (reply.status_code, error_fields(reply)) == (400, ["session-id"])
    reply = shopper.call("POST", CARTS, json=body, headers={"session-id": shopper.session_id})
    assert (reply.status_code, reply.headers["Version"]) == (201, "1")
    assert reply.headers["Location"].endswith(reply.json()["cartId"])


def test_cart_tells_session_and_customer(driver: Driver) -> None:
    visitor = guest(driver, **EUROPE)
    cart = visitor.cart(visitor.open_cart())
    assert cart["sessionId"] == visitor.session_id
    assert "customerId" not in cart
    shopper = signed_in(visitor)
    cart = shopper.cart(shopper.open_cart())
    assert (cart["sessionId"], cart["customerId"]) == (shopper.session_id, shopper.customer_id)
    company = company_customer(driver)
    assert company.cart(company.open_cart())["legalEntityId"] == "D165356"


def test_foreign_cart_is_unknown_to_every_operation(driver: Driver) -> None:
    owner, stranger, member = guest(driver), guest(driver), customer(driver)
    cart = owner.open_cart()
    item = owner.put_in(cart, "mint")
    one = f"{CARTS}/{cart}"
    for other in (stranger, member):
        for method, path, body in (
            ("GET", one, None),
            ("PUT", one, {}),
            ("DELETE", one, None),
            ("PUT", f"{one}/refresh", None),
            ("POST", f"{one}/changeSite", {"siteCode": "us"}),
            ("POST", f"{one}/changeCurrency", {"currency": "CHF"}),
            ("GET", f"{one}/validate", None),
            ("GET", f"{one}/dtRestrictions", None),
            ("GET", f"{one}/items", None),
            ("POST", f"{one}/items?siteCode=main", {"product": {"id": "mint"}, "quantity": 1}),
            ("DELETE", f"{one}/items", None),
            ("GET", f"{one}/items/{item}", None),
            ("PUT", f"{one}/items/{item}", {"quantity": 2}),
            ("DELETE", f"{one}/items/{item}", None),
            ("POST", f"{one}/itemsBatch", [{"product": {"id": "mint"}, "quantity": 1}]),
            ("PUT", f"{one}/itemsBatch", [{"id": item, "quantity": 2}]),
            ("GET", f"{one}/discounts", None),
            ("POST", f"{one}/discounts", {"code": "WELCOME10"}),
            ("DELETE", f"{one}/discounts", None),
            ("DELETE", f"{one}/discounts/0", None),
            ("GET", f"/shipping/{{tenant}}/actualDeliveryWindows/{cart}", None),
        ):
            assert status(other, method, path, **({} if body is None else {"json": body})) == 404, (method, path)
    assert owner.cart(cart)["metadata"]["version"] == 2
    for name in ("sessionId", "customerId", "legalEntityId"):
        assert status(owner, "GET", CARTS, params={"siteCode": "main", name: "another"}) == 404
    assert owner.get(CARTS, params={"siteCode": "main", "sessionId": owner.session_id})["id"] == cart


def test_totals_follow_from_lines_fees_coupons_and_taxes(driver: Driver) -> None:
    shopper = guest(driver, **EUROPE)
    cart = shopper.open_cart()
    shopper.put_in(cart, "teapot", 2)
    shopper.put_in(cart, "assam", 3)
    shopper.put_in(cart, "assam")
    shown = shopper.cart(cart)
    assert [(one["product"]["id"], one["quantity"]) for one in shown["items"]] == [("teapot", 2), ("assam", 4)]
    assert shown["subTotalPrice"] == {"amount": 145.6, "currency": "EUR"}
    # Packing of two teapots is 3.00.
    assert shown["totalPrice"] == {"amount": 148.6, "currency": "EUR"}
    assert status(shopper, "POST", f"{CARTS}/{cart}/discounts", json={"code": "WELCOME10"}) == 201
    shown = shopper.cart(cart)
    assert shown["totalDiscount"]["amount"] == 14.56
    assert shown["totalPrice"]["amount"] == 134.04
    final = shown["calculatedPrice"]["finalPrice"]
    assert round(final["netValue"] + final["taxValue"], 2) == final["grossValue"] == 134.04
    assert round(sum(one["amount"] for one in shown["taxAggregate"]["lines"]), 2) == final["taxValue"]


def test_tax_comes_on_top_where_prices_are_without(driver: Driver) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart("us", "USD")
    shopper.put_in(cart, "cup-blue", 2, site="us")
    shown = shopper.cart(cart)
    assert (shown["subTotalPrice"]["amount"], shown["totalPrice"]["amount"]) == (31.8, 34.34)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"product": {"id": "nothing"}, "quantity": 1}, 400),
        ({"product": {"id": "mint"}, "quantity": 0}, 400),
        ({"product": {"id": "mint"}}, 400),
        ({"product": {"id": "cup-crate"}, "quantity": 1}, 400),
        ({"product": {"id": "mint"}, "quantity": 1, "price": {"priceId": "made-up", "effectiveAmount": 0.01}}, 400),
        (
            {
                "product": {"id": "mint"},
                "quantity": 1,
                "price": {"priceId": "price-mint-main-eur", "effectiveAmount": 1},
            },
            400,
        ),
        ({"product": {"id": "mint"}, "quantity": 1, "externalFees": []}, 403),
        ({"product": {"id": "mint"}, "quantity": 1, "externalDiscounts": []}, 403),
        ({"product": {"id": "mint"}, "quantity": 1, "itemType": "EXTERNAL"}, 403),
        ([], 400),
    ],
)
def test_odd_item_is_refused_and_changes_nothing(driver: Driver, body: object, expected: int) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart()
    assert status(shopper, "POST", f"{CARTS}/{cart}/items", params={"siteCode": "main"}, json=body) == expected
    assert shopper.cart(cart)["items"] == []


def test_item_needs_the_site_of_its_cart(driver: Driver) -> None:
    shopper = guest(driver)
    path = f"{CARTS}/{shopper.open_cart()}/items"
    body = {"itemYrn": "urn:yaas:saasag:caasproduct:product:demoshop;mint", "quantity": 1}
    assert status(shopper, "POST", path, json=body) == 400
    assert status(shopper, "POST", path, params={"siteCode": "us"}, json=body) == 400
    assert status(shopper, "POST", path, params={"siteCode": "main"}, json=body) == 201


def test_items_are_read_changed_and_removed(driver: Driver) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart()
    mint, teapot = shopper.put_in(cart, "mint"), shopper.put_in(cart, "teapot")
    items = f"{CARTS}/{cart}/items"
    assert status(shopper, "PUT", f"{items}/{mint}", json={"quantity": 5, "mixins": {"note": {"text": "x"}}}) == 204
    shown = shopper.get(f"{items}/{mint}")
    assert (shown["quantity"], shown["mixins"]) == (5, {"note": {"text": "x"}})
    assert status(shopper, "PUT", f"{items}/{mint}", params={"partial": "true"}, json={"mixins": {}}) == 204
    assert status(shopper, "PUT", f"{items}/{mint}", json={"mixins": {}}) == 400
    assert len(shopper.get(items)) == 2
    assert status(shopper, "DELETE", f"{items}/{teapot}") == 204
    assert status(shopper, "GET", f"{items}/{teapot}") == 404
    assert status(shopper, "DELETE", items) == 204
    assert shopper.get(items) == []


def test_batch_tells_what_became_of_each(driver: Driver) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart()
    path = f"{CARTS}/{cart}/itemsBatch"
    reply = shopper.call(
        "POST", path, json=[{"product": {"id": "mint"}, "quantity": 2}, {"product": {"id": "x"}, "quantity": 1}]
    )
    assert (reply.status_code, [one["status"] for one in reply.json()]) == (200, [201, 400])
    mint = reply.json()[0]["id"]
    reply = shopper.call("PUT", path, json=[{"id": mint, "quantity": 7}, {"id": "9", "quantity": 1}, {"id": mint}])
    assert (reply.status_code, [one["code"] for one in reply.json()]) == (207, [204, 404, 400])
    assert shopper.cart(cart)["totalUnitsCount"] == 7
    one = {"product": {"id": "mint"}, "quantity": 1}
    assert status(shopper, "POST", path, json=[one] * 200) == 200
    assert status(shopper, "POST", path, json=[one] * 201) == 400
    assert status(shopper, "PUT", path, json=[{"id": mint, "quantity": 1}] * 51) == 400
    assert status(shopper, "POST", path, json=one) == 400


def test_coupons_are_for_those_they_are_meant_for(driver: Driver) -> None:
    visitor = guest(driver)
    cart = visitor.open_cart()
    visitor.put_in(cart, "teapot")
    path = f"{CARTS}/{cart}/discounts"
    for code, expected in (("NOTHING", 404), ("MEMBERS", 403), ("BYGONE", 400), ("FIVER", 201), ("FIVER", 409)):
        assert status(visitor, "POST", path, json={"code": code}) == expected
    assert status(visitor, "POST", path, json={"code": "WELCOME10"}) == 201
    assert [one["amount"] for one in visitor.get(path)] == [5.0, 5.9]
    assert status(visitor, "DELETE", f"{path}/5") == 404
    assert status(visitor, "DELETE", f"{path}/0") == 204
    assert [one["code"] for one in visitor.get(path)] == ["WELCOME10"]
    assert status(visitor, "DELETE", path, params={"codes": "FIVER"}) == 204
    assert len(visitor.get(path)) == 1
    assert status(visitor, "DELETE", path) == 204
    assert visitor.get(path) == []


def test_coupon_may_need_a_larger_order(driver: Driver) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart()
    shopper.put_in(cart, "mint")
    assert status(shopper, "POST", f"{CARTS}/{cart}/discounts", json={"code": "FIVER"}) == 201
    assert total(shopper, cart) == 4.5
    shopper.put_in(cart, "teapot")
    assert total(shopper, cart) == 4.5 + 59.0 + 1.5 - 5.0


def test_cart_moves_to_another_currency_and_site(driver: Driver) -> None:
    shopper = guest(driver)
    cart = shopper.open_cart()
    shopper.put_in(cart, "cup-blue")
    shopper.put_in(cart, "dripper")
    one = f"{CARTS}/{cart}"
    assert status(shopper, "POST", f"{one}/changeCurrency", json={"currency": "USD"}) == 400
    assert status(shopper, "POST", f"{one}/changeCurrency", json={"currency": "CHF"}) == 200
    assert shopper.cart(cart)["items"][0]["price"]["effectiveAmount"] == 14.16
    assert shopper.get(f"{one}/validate") == {"isValid": True}
    assert status(shopper, "POST", f"{one}/changeSite", json={"siteCode": "nowhere"}) == 400
    assert status(shopper, "POST", f"{one}/changeSite", json={"siteCode": "us"}) == 200
    shown = shopper.cart(cart)
    assert (shown["siteCode"], shown["currency"]) == ("us", "USD")
    verdict = shopper.get(f"{one}/validate")
    assert verdict["isValid"] is False
    assert [(at["id"], at["errors"][0]["errorCode"]) for at in verdict["itemsValidationDetails"]] == [
        ("1", "CART-ITEM-UNIT-PRICE-100001")
    ]
    assert status(shopper, "PUT", f"{one}/refresh") == 204
    assert shopper.get(f"{one}/dtRestrictions") == {"leadTime": 1, "nonDelivery": ["7"]}


def test_cart_is_updated_as_a_whole_and_deleted(driver: Driver) -> None:
    shopper = customer(driver)
    cart = shopper.open_cart()
    one = f"{CARTS}/{cart}"
    body = {"addresses": [{**ADDRESS, "type": "SHIPPING"}], "currency": "CHF", "sessionId": "made-up"}
    assert status(shopper, "PUT", one, json=body) == 204
    shown = shopper.cart(cart)
    assert (shown["currency"], shown["addresses"][0]["city"]) == ("CHF", "Berlin")
    assert shown["sessionId"] == shopper.session_id
    for odd, expected in (
        ({"customerId": "1"}, 403),
        ({"legalEntityId": "D1"}, 403),
        ({"externalDiscounts": []}, 403),
        ({"currency": "USD"}, 400),
    ):
        assert status(shopper, "PUT", one, json=odd) == expected
    assert status(shopper, "DELETE", one) == 204
    assert status(shopper, "GET", one) == 404


def test_guests_cart_is_merged_once_and_into_the_own_cart_only(driver: Driver) -> None:
    visitor = guest(driver, **EUROPE)
    theirs = visitor.open_cart()
    visitor.put_in(theirs, "mint", 2)
    visitor.put_in(theirs, "teapot")
    visitor.done("POST", f"{CARTS}/{theirs}/discounts", json={"code": "WELCOME10"})
    shopper = signed_in(visitor)
    own = shopper.get(CARTS, params={"siteCode": "main", "create": "true"})["id"]
    shopper.put_in(own, "mint")
    stranger = customer(driver)
    merge, body = f"{CARTS}/{own}/merge", {"carts": [theirs]}
    assert status(stranger, "POST", merge, json=body) == 404
    assert status(shopper, "POST", merge, json={"carts": [theirs, "nothing"]}) == 404
    assert status(visitor, "GET", f"{CARTS}/{theirs}") == 200
    assert status(shopper, "POST", merge, json=body) == 200
    shown = shopper.cart(own)
    assert {one["product"]["id"]: one["quantity"] for one in shown["items"]} == {"mint": 3, "teapot": 1}
    assert [one["code"] for one in shown["discounts"]] == ["WELCOME10"]
    assert status(shopper, "POST", merge, json=body) == 404
    assert status(visitor, "GET", f"{CARTS}/{theirs}") == 404
    assert shopper.cart(own)["totalUnitsCount"] == 4


def test_company_has_carts_of_its_own(driver: Driver) -> None:
    first, second = company_customer(driver, 0), company_customer(driver, 1)
    cart = first.open_cart()
    assert status(second, "GET", f"{CARTS}/{cart}") == 404
    assert status(second, "GET", CARTS, params={"siteCode": "main"}) == 404
    first.put_in(cart, "cup-crate")
    assert first.cart(cart)["subTotalPrice"]["amount"] == 449.1


def test_context_begins_with_the_first_cart(driver: Driver) -> None:
    shopper = guest(driver, **EUROPE)
    for method, path, body in (
        ("GET", CONTEXT, None),
        ("PATCH", CONTEXT, {"metadata": {"version": 1}}),
        ("POST", f"{CONTEXT}/attributes", {"key": "a", "value": "b"}),
        ("DELETE", f"{CONTEXT}/attributes/a", None),
    ):
        assert status(shopper, method, path, **({} if body is None else {"json": body})) == 404
    cart = shopper.open_cart()
    context = shopper.get(CONTEXT)
    assert {name: context[name] for name in EUROPE} == EUROPE
    assert (context["sessionId"], context["cartId"]) == (shopper.session_id, cart)
    assert "customerId" not in context
    member = signed_in(shopper)
    assert member.get(CONTEXT)["customerId"] == member.customer_id
    assert status(guest(driver), "GET", CONTEXT) == 404
    shopper.done("DELETE", f"{CARTS}/{cart}")
    assert "cartId" not in shopper.get(CONTEXT)


def test_context_is_changed_by_who_knows_its_version(driver: Driver) -> None:
    shopper = guest(driver, **EUROPE)
    shopper.open_cart()
    assert status(shopper, "PATCH", CONTEXT, json={"currency": "CHF"}) == 400
    assert status(shopper, "PATCH", CONTEXT, json={"currency": "CHF", "metadata": {"version": 7}}) == 409
    assert status(shopper, "PATCH", CONTEXT, json={"currency": "USD", "metadata": {"version": 1}}) == 400
    assert shopper.get(CONTEXT)["metadata"]["version"] == 1
    america = {"siteCode": "us", "targetLocation": "US", "metadata": {"version": 1}, "sessionId": "made-up"}
    assert status(shopper, "PATCH", CONTEXT, json=america) == 204
    context = shopper.get(CONTEXT)
    assert (context["currency"], context["metadata"]["version"]) == ("USD", 2)
    assert context["sessionId"] == shopper.session_id
    reply = shopper.call("PATCH", CONTEXT, json={"language": "de", "metadata": {"version": 1}})
    assert (reply.status_code, error_type(reply)) == (409, "conflict_resource")
    items = [{"itemId": {"itemType": "PRODUCT", "id": "mint"}, "quantity": {"quantity": 1}}]
    (price,) = shopper.done("POST", "/price/{tenant}/match-prices-by-context", json={"items": items})
    assert price["currency"] == "USD"


def test_attribute_answers_a_string(driver: Driver) -> None:
    shopper = guest(driver)
    shopper.open_cart()
    reply = shopper.call("POST", f"{CONTEXT}/attributes", json={"key": "store", "value": {"id": 7}})
    assert (reply.status_code, reply.json()) == (201, "store")
    assert shopper.get(CONTEXT)["context"] == {"store": {"id": 7}}
    assert status(shopper, "DELETE", f"{CONTEXT}/attributes/store") == 204
    assert status(shopper, "DELETE", f"{CONTEXT}/attributes/store") == 404
