"""Every operation of a storefront beside the Customer Service's; a test makes sure that none is missing."""

from __future__ import annotations

from bff.sandbox.gateway import Served
from bff.sandbox.storefront import (
    availability,
    cart_items,
    carts,
    catalog,
    categories,
    checkout,
    contexts,
    coupons,
    fees,
    orders,
    payment,
    places,
    prices,
    quotes,
    rewards,
    shipping,
)

SERVED: tuple[Served, ...] = (
    *catalog.SERVED,
    *categories.SERVED,
    *availability.SERVED,
    *prices.SERVED,
    *places.SERVED,
    *contexts.SERVED,
    *carts.SERVED,
    *cart_items.SERVED,
    *checkout.SERVED,
    *orders.SERVED,
    *payment.SERVED,
    *shipping.SERVED,
    *coupons.SERVED,
    *rewards.SERVED,
    *fees.SERVED,
    *quotes.SERVED,
)
