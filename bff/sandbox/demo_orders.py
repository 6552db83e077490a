"""What the demo's customer has ordered before: a parcel that is on its way, one that has come, an order that was
cancelled, and one that waits for its payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.factory import Sandbox
from bff.sandbox.replies import JsonObject
from bff.sandbox.state import Customer
from bff.sandbox.storefront.goods import PRODUCTS, item_yrn
from bff.sandbox.storefront.money import NOTHING, Split, amount, price, split
from bff.sandbox.storefront.places import SITES
from bff.sandbox.storefront.state import Owned, Shop

_SITE: Final = SITES["main"]
_CURRENCY: Final = "EUR"
_SHIPPING_CENTS: Final = 490
_HOME: Final = {
    "contactName": "Jane Doe",
    "street": "Platz der Republik",
    "streetNumber": "1",
    "zipCode": "11011",
    "city": "Berlin",
    "country": "DE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Former:
    """One order of before, in short."""

    days_ago: int
    status: str
    things: Sequence[tuple[str, int]]
    """Products, and how many of each."""
    percent_off: int = 0
    is_shipped: bool = False


_FORMER: Final = (
    _Former(days_ago=210, status="COMPLETED", things=(("cup-blue", 4),), is_shipped=True),
    _Former(days_ago=96, status="DECLINED", things=(("teapot", 1),)),
    _Former(days_ago=40, status="COMPLETED", things=(("sencha", 3),), is_shipped=True),
    _Former(days_ago=3, status="SHIPPED", things=(("sencha", 2), ("teapot", 1)), percent_off=10, is_shipped=True),
    _Former(days_ago=1, status="IN_CHECKOUT", things=(("cup-blue", 2),)),
)
"""The oldest first."""


def add_demo_orders(sandbox: Sandbox) -> None:
    """Store them; the demo's customers are there by then."""
    tenant = sandbox.settings.tenant
    with sandbox.state.lock:
        jane, shop = sandbox.state.by_email(tenant, B2C_EMAIL), sandbox.shops.of(tenant)
        if jane is None:
            return
        for former in _FORMER:
            document = _document(shop, jane, former, tenant)
            shop.orders[str(document["id"])] = Owned(
                document=document, customer_id=jane.id, session_id="", legal_entity_id=None
            )


def _document(shop: Shop, customer: Customer, former: _Former, tenant: str) -> JsonObject:
    def time(days_later: int = 0) -> str:
        when = datetime.fromtimestamp(shop.now(), UTC) - timedelta(days=former.days_ago - days_later)
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    before, after, entries = NOTHING, NOTHING, []
    for id, count in former.things:
        product = PRODUCTS[id]
        rate = _SITE.tax_rates[product.tax_class]
        cents = product.eur_cents * count
        whole = split(cents, rate, includes_tax=True)
        reduced = split(cents - round(cents * former.percent_off / 100), rate, includes_tax=True)
        before, after = before + whole, after + reduced
        entries.append(
            {
                "id": f"{id}-entry",
                "itemYrn": item_yrn(tenant, id),
                "amount": count,
                "orderedAmount": count,
                "unitPrice": amount(product.eur_cents),
                "calculatedUnitPrice": split(product.eur_cents, rate, includes_tax=True).spelled(),
                "totalPrice": amount(cents),
                "product": {
                    "id": id,
                    "name": product.name.in_language("en"),
                    "localizedName": dict(product.name.by_language),
                },
                "calculatedPrice": {"price": whole.spelled(), "finalPrice": reduced.spelled()},
            }
        )
    carried = split(_SHIPPING_CENTS, 0, includes_tax=True)
    final = after + carried
    return {
        "id": f"KK{next(shop.order_numbers)}",
        "status": former.status,
        "created": time(),
        "lastStatusChange": time(),
        "siteCode": "main",
        "countryCode": "DE",
        "currency": _CURRENCY,
        "customer": {"id": customer.id, "email": B2C_EMAIL, "firstName": "Jane", "lastName": "Doe"},
        "entries": list[object](entries),
        "shippingAddress": dict(_HOME),
        "billingAddress": dict(_HOME),
        "payments": [
            {"status": "PENDING", "provider": "none", "method": "invoice", "paidAmount": 0, "currency": _CURRENCY}
        ],
        "shipping": {
            "total": price(_SHIPPING_CENTS, _CURRENCY),
            "lines": [{"code": "standard", "name": "Standard", **price(_SHIPPING_CENTS, _CURRENCY)}],
        },
        "shipments": [_shipment(time(1), time(3))] if former.is_shipped else [],
        "subTotalPrice": amount(before.gross_cents),
        "totalPrice": amount(final.gross_cents),
        "calculatedPrice": {
            "price": before.spelled(),
            **_discount(before - after),
            "totalShipping": carried.spelled(),
            "finalPrice": final.spelled(),
        },
        "metadata": {"version": 1, "createdAt": time(), "modifiedAt": time(), "mixins": {}},
    }


def _discount(off: Split) -> JsonObject:
    if not off.gross_cents:
        return {}
    return {"totalDiscount": {"value": amount(off.gross_cents), "price": off.spelled()}}


def _shipment(shipped: str, expected: str) -> JsonObject:
    return {
        "carrier": "Example Post",
        "trackingNumber": "00340434161094042557",
        "shippedDate": shipped,
        "expectDeliveryOn": expected,
    }
