"""Drives the storefront's services of a sandbox over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from tests.support.sandbox.sandbox_driver import Driver

EUROPE = {"siteCode": "main", "currency": "EUR", "targetLocation": "DE"}
AMERICA = {"siteCode": "us", "currency": "USD", "targetLocation": "US"}
ADDRESS = {
    "contactName": "Jane Doe",
    "street": "Platz der Republik",
    "zipCode": "11011",
    "city": "Berlin",
    "country": "DE",
}


@dataclass(frozen=True, kw_only=True)
class Shopper:
    """One guest or customer, with what they hold."""

    driver: Driver
    bearer: str
    session_id: str
    saas: str | None = None
    customer_id: str | None = None

    def call(self, method: str, path: str, **request: Any) -> requests.Response:
        """Call a path; `{tenant}` stands for the tenant."""
        full = path.replace("{tenant}", self.driver.sandbox.settings.tenant)
        return self.driver.call(method, f"/{full}", self.bearer, **request)

    def get(self, path: str, **request: Any) -> Any:
        """Read what has to be there."""
        reply = self.call("GET", path, **request)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def done(self, method: str, path: str, **request: Any) -> Any:
        """Do what has to succeed, and return the answer's JSON, if any."""
        reply = self.call(method, path, **request)
        assert reply.ok, reply.text
        return reply.json() if reply.content else None

    def open_cart(self, site: str = "main", currency: str = "EUR", **more: object) -> str:
        body = {"siteCode": site, "currency": currency, **more}
        reply = self.call("POST", "/cart/{tenant}/carts", json=body, headers={"session-id": self.session_id})
        assert reply.status_code == 201, reply.text
        return str(reply.json()["cartId"])

    def put_in(self, cart: str, product: str, quantity: float = 1, site: str = "main") -> str:
        body = {"product": {"id": product}, "quantity": quantity}
        reply = self.call("POST", f"/cart/{{tenant}}/carts/{cart}/items", params={"siteCode": site}, json=body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["itemId"])

    def cart(self, cart: str) -> dict[str, Any]:
        return dict(self.get(f"/cart/{{tenant}}/carts/{cart}"))

    def check_out(self, cart: str, **more: Any) -> requests.Response:
        """Order a cart, with the saas token where one is held."""
        headers = {} if self.saas is None else {"saas-token": self.saas}
        return self.call(
            "POST", "/checkout/{tenant}/checkouts/order", json=self.order_body(cart, **more), headers=headers
        )

    def order_body(self, cart: str, **more: Any) -> dict[str, Any]:
        customer = {"email": B2C_EMAIL, "firstName": "Jane", "lastName": "Doe"}
        return {
            "cartId": cart,
            "paymentMethods": [{"provider": "payment-gateway", "method": "invoice"}],
            "shipping": {"methodId": "standard", "zoneId": "europe", "methodName": "Standard", "amount": 4.9},
            "addresses": [{**ADDRESS, "type": "SHIPPING"}, {**ADDRESS, "type": "BILLING"}],
            "customer": customer if self.customer_id else {**customer, "guest": True},
            **more,
        }


def guest(driver: Driver, **wishes: str) -> Shopper:
    """Begin a session; without wishes it has no context."""
    reply = driver.anonymous_reply(**wishes)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    return Shopper(driver=driver, bearer=body["access_token"], session_id=body["sessionId"])


def signed_in(shopper: Shopper, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> Shopper:
    """Sign a guest in, in the same session."""
    body = shopper.driver.login(email, password, shopper.bearer)
    return _customer(shopper.driver, body["access_token"], body["saas_token"], body["session_id"])


def customer(driver: Driver) -> Shopper:
    """A customer of the European site."""
    return signed_in(guest(driver, **EUROPE))


def company_customer(driver: Driver, entity: int = 0) -> Shopper:
    """A customer who acts for a company."""
    begun = guest(driver, **EUROPE)
    first = driver.login(B2B_EMAIL, B2B_PASSWORD, begun.bearer)
    reply = driver.refresh(first["refresh_token"], begun.bearer, legalEntityId=LEGAL_ENTITIES[entity].id)
    assert reply.status_code == 200, reply.text
    return _customer(driver, reply.json()["access_token"], first["saas_token"], first["session_id"])


def _customer(driver: Driver, bearer: str, saas: str, session_id: str) -> Shopper:
    me = driver.me(bearer)
    return Shopper(driver=driver, bearer=bearer, session_id=session_id, saas=saas, customer_id=me["id"])
