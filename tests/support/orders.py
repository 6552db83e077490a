"""Orders as the Order Service writes them, put into the sandbox without a checkout."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bff.commands.demo import DEMO_SITE
from bff.sandbox.factory import Sandbox
from bff.sandbox.state import Customer
from bff.sandbox.storefront.state import Owned
from bff.storefront.file import DEMO

DECLARED: Mapping[str, Any] = {"BFF_STOREFRONT": str(DEMO), **DEMO_SITE}
"""What a shop is configured with that has pages of orders."""
HOME = {
    "contactName": "Jane Doe", "street": "Platz der Republik", "streetNumber": "1", "zipCode": "11011",
    "city": "Berlin", "country": "DE",
}  # fmt: skip
WORK = {**HOME, "contactName": "Accounts", "companyName": "Example Trading", "street": "Rynek", "city": "Krakow",
        "zipCode": "31-042", "country": "PL"}  # fmt: skip


def taxed(gross: float, tax: float) -> dict[str, float]:
    """Return a price with the tax in it."""
    return {"netValue": round(gross - tax, 2), "grossValue": gross, "taxValue": tax}


def entry(name: str, amount: float, unit: float, **changes: Any) -> dict[str, Any]:
    """Return a line of an order."""
    return {
        "id": f"entry-{name}",
        "amount": amount,
        "calculatedUnitPrice": taxed(unit, 0.1),
        "unitPrice": unit,
        "totalPrice": round(unit * amount, 2),
        "product": {"id": name.lower(), "name": name, "localizedName": {"en": name, "de": f"{name} (de)"}},
        "calculatedPrice": {"price": taxed(round(unit * amount, 2), 0.2), "finalPrice": taxed(1.0, 0.1)},
        **changes,
    }


FULL: dict[str, Any] = {
    "id": "EON2076",
    "status": "SHIPPED",
    "created": "2026-01-30T13:45:34.406Z",
    "currency": "EUR",
    "entries": [entry("Sencha", 2, 8.9), entry("Teapot", 1, 39.0)],
    "shippingAddress": HOME,
    "billingAddress": WORK,
    "payments": [
        {
            "method": "invoice",
            "provider": "payment-gateway",
            "transactionId": "fcc2bf50-f064-4dc3-833f-0909a7857387",
            "paymentResponse": "handled externally",
            "redirectUrl": "https://pay.example.com/secret",
        }
    ],
    "shipping": {
        "total": {"amount": 4.9, "currency": "EUR"},
        "lines": [{"name": "Standard", "localizedName": {"en": "Standard", "de": "Normalversand"}}],
    },
    "shipments": [
        {
            "shippedDate": "2026-02-01T00:00:00.000Z",
            "carrier": "Example Post",
            "trackingNumber": "00340434",
            "expectDeliveryOn": "2026-02-03T00:00:00.000Z",
            "trackingUrl": "https://post.example.com/track?id=00340434",
        }
    ],
    # Those beside `calculatedPrice` are deprecated, and do not add up.
    "subTotalPrice": 1.0,
    "totalPrice": 2.0,
    "calculatedPrice": {
        "price": taxed(56.8, 7.4),
        "totalDiscount": {"value": 5.68, "price": taxed(5.68, 0.74)},
        "totalFee": taxed(1.5, 0.24),
        "totalShipping": taxed(4.9, 0.78),
        "finalPrice": taxed(57.52, 7.68),
    },
}


def order(id: str = "EON2076", **changes: Any) -> dict[str, Any]:
    """Return an order; a change that is None leaves the property out."""
    made = {**copy.deepcopy(FULL), "id": id, **changes}
    return {name: value for name, value in made.items() if value is not None}


def ordered(sandbox: Sandbox, customer: Customer, *documents: dict[str, Any]) -> None:
    """Let a customer have ordered these, the newest first."""
    orders = sandbox.shops.of(sandbox.settings.tenant).orders
    with sandbox.state.lock:
        for one in reversed(documents):
            orders[one["id"]] = Owned(document=one, customer_id=customer.id, session_id="", legal_entity_id=None)
