"""What several journeys through a storefront begin with: a file with every set, a site, and an order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bff.sandbox.demo_customers import B2C_EMAIL
from tests.support.journeys.storefront_expectations import SETS

OF_SITE: Mapping[str, Any] = {"EMPORIX_SITE": "main", "EMPORIX_CURRENCY": "EUR", "EMPORIX_COUNTRY": "DE"}
"""Without these, the sandbox matches no price."""
_HOME = {"contactName": "Jane Doe", "street": "Platz", "zipCode": "11011", "city": "Berlin", "country": "DE"}


def file_with_every_set(file: Path) -> Path:
    """Write a shop's file, and return it."""
    file.write_text(f"format = 1\nsets = {json.dumps(list(SETS))}\n", encoding="utf-8")
    return file


def order_of(cart: str, *, guest: bool) -> dict[str, Any]:
    """Return what the sandbox's checkout takes."""
    customer: dict[str, Any] = {"email": B2C_EMAIL, "firstName": "Jane", "lastName": "Doe"}
    return {
        "cartId": cart,
        "paymentMethods": [{"provider": "payment-gateway", "method": "invoice"}],
        "shipping": {"methodId": "standard", "zoneId": "europe", "methodName": "Standard", "amount": 4.9},
        "addresses": [{**_HOME, "type": "SHIPPING"}, {**_HOME, "type": "BILLING"}],
        "customer": {**customer, "guest": True} if guest else customer,
    }
