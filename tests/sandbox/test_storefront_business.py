"""Returns, quotes, approvals, segments, the people of a company, and the assistant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL
from bff.sandbox.mails import Purpose
from tests.support.sandbox.sandbox_driver import Driver
from tests.support.sandbox.storefront_driver import Shopper, company_customer, customer

RETURNS = "/return/{tenant}/returns"
QUOTES = "/quote/{tenant}/quotes"
APPROVALS = "/approval/{tenant}/approvals"
SEGMENTS = "/customer-segment/{tenant}/segments"
CUSTOMERS = "/customer/{tenant}/customers"
GROUPS = "/iam/{tenant}/groups"


def status(shopper: Shopper, method: str, path: str, **request: Any) -> int:
    return shopper.call(method, path, **request).status_code


def filled(shopper: Shopper) -> str:
    cart = shopper.open_cart()
    shopper.put_in(cart, "cup-blue", 2)
    return cart


def step(path: str, value: object, op: str = "replace") -> list[dict[str, object]]:
    return [{"op": op, "path": path, "value": value}]


def saas(shopper: Shopper) -> dict[str, str]:
    return {"saas-token": str(shopper.saas)}


def sent_back(order: str, quantity: float = 1) -> dict[str, Any]:
    return {"orders": [{"id": order, "items": [{"id": "0", "quantity": quantity}]}], "reason": {"details": "Too blue."}}


def test_return_is_of_what_the_customer_has_ordered(driver: Driver) -> None:
    shopper, other = customer(driver), company_customer(driver)
    order = shopper.check_out(filled(shopper)).json()["orderId"]
    body = sent_back(order)
    assert status(shopper, "POST", RETURNS, json=body) == 400
    assert status(other, "POST", RETURNS, json=body, headers=saas(other)) == 404
    assert status(shopper, "POST", RETURNS, json=sent_back(order, 3), headers=saas(shopper)) == 400
    assert status(shopper, "POST", RETURNS, json={**body, "orders": []}, headers=saas(shopper)) == 400
    one = f"{RETURNS}/{shopper.done('POST', RETURNS, json=body, headers=saas(shopper))['id']}"
    listed = shopper.call("GET", RETURNS, headers={"X-Total-Count": "true"})
    assert ([entry["approvalStatus"] for entry in listed.json()], listed.headers["X-Total-Count"]) == (["PENDING"], "1")
    assert other.get(RETURNS) == []
    assert status(other, "GET", one) == 404
    replaced = {**sent_back(order, 2), "metadata": {"version": 1}}
    for method, sent in (("PUT", replaced), ("PATCH", step("/reason", {})), ("DELETE", None)):
        assert status(shopper, method, one, json=sent) == 400
    assert status(shopper, "PUT", one, json=replaced, headers=saas(shopper)) == 204
    assert status(shopper, "PUT", one, json=replaced, headers=saas(shopper)) == 409
    assert status(shopper, "PATCH", one, json=step("/reason/details", "Not blue."), headers=saas(shopper)) == 204
    assert status(shopper, "PATCH", one, json=step("/approvalStatus", "APPROVED"), headers=saas(shopper)) == 403
    shown = shopper.get(one)
    assert (shown["orders"][0]["items"][0]["quantity"], shown["reason"]["details"]) == (2, "Not blue.")
    assert status(shopper, "DELETE", one, headers=saas(shopper)) == 204
    assert shopper.get(one)["approvalStatus"] == "CLOSED"
    assert status(shopper, "PATCH", one, json=step("/reason", {}), headers=saas(shopper)) == 400


def test_quote_is_accepted_and_ordered_once(driver: Driver) -> None:
    shopper, other = company_customer(driver), customer(driver)
    cart = filled(shopper)
    quote = shopper.done("POST", QUOTES, json={"cartId": cart})["id"]
    one = f"{QUOTES}/{quote}"
    assert [entry["status"] for entry in shopper.get(QUOTES)] == [{"value": "OPEN"}]
    assert status(other, "GET", one) == 404
    assert other.get(QUOTES) == []
    body = {"quoteId": quote, "paymentMethods": [{"provider": "payment-gateway", "method": "invoice"}]}
    checkout = "/checkout/{tenant}/checkouts/order"
    assert status(shopper, "POST", checkout, json=body, headers=saas(shopper)) == 400
    assert status(shopper, "PATCH", one, json=step("/totalPrice", 1)) == 403
    assert status(shopper, "PATCH", one, json=step("/status", {"value": "ACCEPTED"}, "REPLACE")) == 204
    assert status(shopper, "POST", checkout, json=body) == 400
    assert status(other, "POST", checkout, json=body, headers=saas(other)) == 404
    order = shopper.done("POST", checkout, json=body, headers=saas(shopper))["orderId"]
    assert status(shopper, "POST", checkout, json=body, headers=saas(shopper)) == 400
    assert shopper.get(one)["orderId"] == order
    assert shopper.get(f"/order-v2/{{tenant}}/orders/{order}")["entries"][0]["product"]["id"] == "cup-blue"


def test_quote_comes_as_a_pdf(driver: Driver) -> None:
    shopper, other = customer(driver), company_customer(driver)
    quote = shopper.done("POST", QUOTES, json={"cartId": filled(shopper)})["id"]
    reply = shopper.call("POST", f"{QUOTES}/{quote}/pdf")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/pdf")
    assert reply.content.startswith(b"%PDF-")
    assert reply.content.endswith(b"%%EOF\n")
    assert quote.encode() in reply.content
    start = int(reply.content.split(b"startxref\n")[1].split(b"\n")[0])
    assert reply.content[start:].startswith(b"xref\n")
    assert status(other, "POST", f"{QUOTES}/{quote}/pdf") == 404


def test_quote_reasons_are_in_the_language_that_is_asked_for(driver: Driver) -> None:
    shopper = customer(driver)
    reasons = shopper.get("/quote/{tenant}/quote-reasons", headers={"Accept-Language": "de"})
    assert reasons[0]["message"] == "Der Preis ist zu hoch"
    assert shopper.get("/quote/{tenant}/quote-reasons/too-dear")["message"]["en"] == "The price is too high"
    assert status(shopper, "GET", "/quote/{tenant}/quote-reasons/x") == 404


def test_empty_cart_makes_no_quote(driver: Driver) -> None:
    shopper = customer(driver)
    assert status(shopper, "POST", QUOTES, json={"cartId": shopper.open_cart()}) == 400
    assert status(shopper, "POST", QUOTES, json={"cartId": "x"}) == 404


def test_approval_is_asked_for_and_given(driver: Driver) -> None:
    shopper, private = company_customer(driver), customer(driver)
    cart = filled(shopper)
    asked = {"resourceType": "CART", "resourceId": cart, "action": "CHECKOUT"}
    permitted = "/approval/{tenant}/approval/permitted"
    assert shopper.done("POST", permitted, json=asked) == {"action": "CHECKOUT", "permitted": False}
    (approver,) = shopper.done("POST", "/approval/{tenant}/search/users", json=asked)
    body = {**asked, "approver": {"userId": approver["userId"]}, "details": {"paymentMethods": []}}
    assert status(shopper, "POST", APPROVALS, json={**body, "approver": {"userId": "1"}}) == 400
    assert status(shopper, "POST", APPROVALS, json={**body, "resourceId": "x"}) == 404
    assert status(shopper, "POST", APPROVALS, json={**body, "resourceType": "x"}) == 400
    assert status(private, "POST", APPROVALS, json={**body, "resourceId": filled(private)}) == 403
    one = f"{APPROVALS}/{shopper.done('POST', APPROVALS, json=body, headers=saas(shopper))['id']}"
    assert status(shopper, "POST", APPROVALS, json=body) == 409
    assert shopper.get(one)["requestor"]["userId"] == shopper.customer_id
    assert (status(private, "GET", one), private.get(APPROVALS)) == (404, [])
    assert status(shopper, "PATCH", one, json=step("/status", "APPROVED", "REPLACE")) == 400
    assert status(shopper, "PATCH", one, json=step("/requestor", {})) == 403
    assert status(shopper, "PATCH", one, json=step("/status", "APPROVED")) == 204
    assert shopper.done("POST", permitted, json=asked)["permitted"] is True
    assert status(shopper, "DELETE", one) == 204
    assert shopper.get(APPROVALS) == []


@pytest.mark.parametrize("body", [[], {}, [1], [{"op": "test"}], [{"op": "add", "path": "/comment"}], [{"path": "/x"}]])
def test_odd_patch_is_refused(driver: Driver, body: object) -> None:
    shopper = customer(driver)
    quote = shopper.done("POST", QUOTES, json={"cartId": filled(shopper)})["id"]
    assert status(shopper, "PATCH", f"{QUOTES}/{quote}", json=body) == 400
    assert shopper.get(f"{QUOTES}/{quote}")["metadata"]["version"] == 1


def test_segments_are_the_customers_own(driver: Driver) -> None:
    private, company = customer(driver), company_customer(driver)
    assert [one["id"] for one in private.get(SEGMENTS)] == ["regulars"]
    assert [one["id"] for one in company.get(SEGMENTS, params={"legalEntityId": "D165356"})] == [
        "regulars",
        "companies",
    ]
    for params in ({"legalEntityId": "D165357"}, {"customerId": "1"}):
        assert status(company, "GET", SEGMENTS, params=params) == 403
    assert status(private, "GET", f"{SEGMENTS}/companies") == 404
    assert company.get(f"{SEGMENTS}/companies", headers={"Accept-Language": "de"})["name"] == "Firmen"
    assert len(company.done("POST", f"{SEGMENTS}/search", json={"q": "id:companies"})) == 1
    assert len(private.get(f"{SEGMENTS}/items")) == len(private.get(f"{SEGMENTS}/regulars/items")) == 3
    assert len(company.get(f"{SEGMENTS}/items")) == 5
    assert company.get(f"{SEGMENTS}/items", params={"siteCode": "us"}) == []
    assert len(private.done("POST", f"{SEGMENTS}/regulars/items/search", json={"q": "type:CATEGORY"})) == 1
    item = private.get(f"{SEGMENTS}/regulars/items/PRODUCT/mint")
    assert item["item"]["name"] == {"en": "Mint, 40 g", "de": "Minze, 40 g"}
    assert status(private, "GET", f"{SEGMENTS}/regulars/items/CATEGORY/mint") == 404
    assert [one["id"] for one in company.get(f"{SEGMENTS}/items/category-trees")] == ["tea", "cups"]


def test_company_is_what_the_token_is_for(driver: Driver) -> None:
    private, company = customer(driver), company_customer(driver, 1)
    entities = "/customer-management/{tenant}/legal-entities"
    assert private.get(entities) == []
    assert [one["id"] for one in company.get(entities)] == ["D165357"]
    assert company.done("POST", f"{entities}/search", json={"q": "type:SUBSIDIARY"}) == []
    assert company.get("/iam/{tenant}/users/me")["groupIds"] == ["admins-D165357"]
    assert company.get("/iam/{tenant}/users/me/scopes")["userId"] == company.customer_id
    assert private.get(GROUPS) == []
    counted = company.call("GET", GROUPS, headers={"X-Total-Count": "true"})
    assert ([one["id"] for one in counted.json()], counted.headers["X-Total-Count"]) == (
        ["admins-D165357", "buyers-D165357"],
        "2",
    )


def test_colleagues_are_added_grouped_changed_and_removed(driver: Driver) -> None:
    company, private = company_customer(driver), customer(driver)
    reply = company.call("GET", CUSTOMERS)
    assert ([one["contactEmail"] for one in reply.json()], reply.headers["Count"]) == ([B2B_EMAIL], "1")
    body = {"contactEmail": "new.colleague@example.com", "firstName": "Ada", "lastName": "Roe"}
    assert status(private, "POST", CUSTOMERS, json=body) == 403
    made = company.done("POST", CUSTOMERS, params={"sendPasswordResetNotifications": "true"}, json=body)["id"]
    assert driver.mailed(Purpose.PASSWORD_RESET)
    assert status(company, "POST", CUSTOMERS, json=body) == 409
    one = f"{CUSTOMERS}/{made}"
    assert status(private, "GET", one) == 404
    assert [at["id"] for at in company.done("POST", f"{CUSTOMERS}/search", json={"q": "firstName:Ada"})] == [made]
    merge = {"Content-Type": "application/merge-patch+json"}
    assert status(company, "PATCH", one, data=json.dumps({"lastName": None}), headers=merge) == 200
    assert "lastName" not in company.get(one)
    assert status(company, "PUT", one, json={"lastName": "Doe", "metadata": {"version": 1}}) == 409
    assert status(company, "PUT", one, json={"lastName": "Doe"}) == 204
    for method in ("PUT", "PATCH"):
        assert status(company, method, one, json={"contactEmail": "other@example.com"}) == 400
        assert status(private, method, one, json={"lastName": "X"}) == 404
    users = f"{GROUPS}/buyers-D165356/users"
    assert status(company, "POST", users, json={"userId": "1"}) == 404
    assert status(company, "POST", users, json={"userId": made, "userType": "CUSTOMER"}) == 201
    assert [at["userId"] for at in company.get(users)] == [made]
    assert status(private, "GET", users) == 404
    assert status(company, "DELETE", f"{users}/{made}") == 204
    assert status(company, "DELETE", f"{users}/{made}") == 404
    assert status(private, "DELETE", one, json={}) == 404
    assert status(company, "DELETE", f"{CUSTOMERS}/{company.customer_id}", json={}) == 403
    assert status(company, "DELETE", one, json={}) == 202
    assert status(company, "GET", one) == 404


def test_chat_goes_on_under_its_own_id(driver: Driver) -> None:
    shopper, chat = customer(driver), "/ai-service/{tenant}/agentic/chat"
    body = {"agentId": "helper", "message": "Hello"}
    (first,) = shopper.done("POST", chat, json=body)
    assert first["message"] == "Message 1: Hello"
    assert first["sessionId"] != shopper.session_id
    headers = {"session-id": first["sessionId"]}
    (second,) = shopper.done("POST", chat, json=body, headers=headers)
    assert (second["message"], second["sessionId"]) == ("Message 2: Hello", first["sessionId"])
    (third,) = company_customer(driver).done("POST", chat, json=body, headers=headers)
    assert third["message"] == "Message 1: Hello"
    assert shopper.done("POST", f"{chat}-async", json=body)["jobId"]
    assert status(shopper, "POST", chat, json={"agentId": "helper"}) == 400
