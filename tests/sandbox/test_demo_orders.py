"""The orders that the demo begins with: the customer's own, readable by the pages, and adding up."""

from __future__ import annotations

from decimal import Decimal

from bff.account.orders import Order
from bff.sandbox.demo_customers import B2B_EMAIL, B2C_EMAIL
from bff.sandbox.demo_orders import add_demo_orders
from bff.sandbox.factory import create_sandbox
from bff.sandbox.settings import SandboxSettings


def test_customer_of_the_demo_has_ordered_before() -> None:
    sandbox = create_sandbox(SandboxSettings())
    add_demo_orders(sandbox)
    jane, john = (sandbox.state.by_email("demoshop", email) for email in (B2C_EMAIL, B2B_EMAIL))
    assert jane is not None
    assert john is not None
    stored = list(sandbox.shops.of("demoshop").orders.values())
    assert {one.customer_id for one in stored} == {jane.id}
    orders = [Order.of(one.document, language="de") for one in stored]
    assert {order.status for order in orders} == {"COMPLETED", "DECLINED", "SHIPPED", "IN_CHECKOUT"}
    assert sorted(orders, key=lambda order: str(order.created)) == orders
    for order in orders:
        totals = order.totals
        parts = (totals.subtotal, totals.shipping, totals.total)
        assert None not in parts
        subtotal, shipping, total = (part or Decimal(0) for part in parts)
        assert subtotal - (totals.discounts or 0) + shipping == total
        assert subtotal == sum(line.total or 0 for line in order.lines)
        assert order.delivery == order.billing is not None
        assert bool(order.shipments) is (order.status in {"COMPLETED", "SHIPPED"})


def test_without_the_demos_customers_there_are_none() -> None:
    sandbox = create_sandbox(SandboxSettings(demo_customers=False))
    add_demo_orders(sandbox)
    assert sandbox.shops.of("demoshop").orders == {}
