"""What the services of a storefront keep of each tenant. Knows neither tokens nor HTTP.

The lock of the sandbox's state guards all of it.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bff.sandbox.replies import JsonObject

_FIRST_ORDER_NUMBER = 1001


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One line of a cart."""

    id: str
    product_id: str
    quantity: float
    price_id: str
    unit_cents: int
    """What the line was priced at; stale where the cart's site or currency has changed since."""
    extras: JsonObject = field(default_factory=dict)
    """What was sent with it and comes back unread: metadata and mixins."""


@dataclass(slots=True, kw_only=True, eq=False)
class Cart:
    """One open cart. There is one of each site, type, legal entity and owner."""

    id: str
    session_id: str
    """A guest's cart belongs to it; a customer's carries the session that was last there."""
    customer_id: str | None
    legal_entity_id: str | None
    site: str
    currency: str
    type: str | None
    items: dict[str, Item] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    """Coupons, in the order in which they came."""
    extras: JsonObject = field(default_factory=dict)
    """What a whole-cart update has set and comes back unread: addresses, channel, mixins and the like."""
    created: str
    modified: str
    version: int = 1
    next_item: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Owned:
    """A document of one customer's, or of the company that they acted for."""

    document: JsonObject
    customer_id: str | None
    """None: a guest's."""
    session_id: str
    """Of the one who made it."""
    legal_entity_id: str | None


@dataclass(slots=True, kw_only=True, eq=False)
class Shop:
    """The state of one tenant."""

    now: Callable[[], float]
    """Unix seconds."""
    wishes: dict[str, JsonObject] = field(default_factory=dict)
    """What an anonymous login has asked for, by session: site, currency, country and language."""
    contexts: dict[str, JsonObject] = field(default_factory=dict)
    """Session-context documents by session; there is none before the first cart."""
    carts: dict[str, Cart] = field(default_factory=dict)
    orders: dict[str, Owned] = field(default_factory=dict)
    returns: dict[str, Owned] = field(default_factory=dict)
    quotes: dict[str, Owned] = field(default_factory=dict)
    quoted: dict[str, Cart] = field(default_factory=dict)
    """What was in the cart when a quote was asked for, by quote."""
    approvals: dict[str, Owned] = field(default_factory=dict)
    shopping_lists: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    """By customer and name."""
    points_added: dict[str, list[JsonObject]] = field(default_factory=dict)
    points_redeemed: dict[str, list[JsonObject]] = field(default_factory=dict)
    coupons: dict[str, JsonObject] = field(default_factory=dict)
    """Those made for one customer, beside the shop's own; by code."""
    redemptions: dict[str, int] = field(default_factory=dict)
    """How often a code was redeemed."""
    members: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    """Users of each group, by group and user."""
    chats: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many messages were sent, by customer and chat."""
    sold: dict[tuple[str, str], float] = field(default_factory=dict)
    """By product and site."""
    order_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(_FIRST_ORDER_NUMBER))

    def time(self) -> str:
        """Return the time as documents spell it."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Shops:
    """The shops of all tenants; each begins when it is first asked for."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._shops: dict[str, Shop] = {}

    def of(self, tenant: str) -> Shop:
        """Return the state of a tenant."""
        return self._shops.get(tenant) or self._shops.setdefault(tenant, Shop(now=self._now))


def new_id() -> str:
    """Make an id of the look that most services give theirs."""
    return secrets.token_hex(12)
