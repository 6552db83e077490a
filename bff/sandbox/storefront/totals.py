"""What a cart costs: lines, fees, coupons and taxes."""

from __future__ import annotations

from dataclasses import dataclass

from bff.sandbox.bodies import nested
from bff.sandbox.replies import JsonObject, Refused
from bff.sandbox.storefront.coupons import usable_coupon
from bff.sandbox.storefront.fees import item_fee_cents
from bff.sandbox.storefront.goods import PRODUCTS, Product
from bff.sandbox.storefront.money import NOTHING, Split, amount, price, shares, split
from bff.sandbox.storefront.places import SITES, Site
from bff.sandbox.storefront.prices import price_id, unit_cents
from bff.sandbox.storefront.state import Cart, Item, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, calculated."""

    item: Item
    product: Product
    rate: float
    cents: int
    """Before any discount."""
    discount_cents: int
    fee_cents: int
    before: Split
    final: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """One coupon that is in a cart."""

    code: str
    coupon: JsonObject | None
    """None: it may not be used any more."""
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A cart, calculated."""

    site: Site
    currency: str
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...]

    @property
    def subtotal_cents(self) -> int:
        """Of all lines, before any discount."""
        return sum(line.cents for line in self.lines)

    @property
    def discount_cents(self) -> int:
        """Of all coupons."""
        return sum(one.cents for one in self.discounts)

    @property
    def fee_cents(self) -> int:
        """Of all lines."""
        return sum(line.fee_cents for line in self.lines)

    @property
    def before(self) -> Split:
        """Of all lines, before discounts and fees."""
        return sum((line.before for line in self.lines), NOTHING)

    @property
    def discounted(self) -> Split:
        """Of all lines, after discounts and before fees."""
        return sum(
            (
                split(line.cents - line.discount_cents, line.rate, includes_tax=self.site.includes_tax)
                for line in self.lines
            ),
            NOTHING,
        )

    @property
    def final(self) -> Split:
        """What is to be paid for the goods."""
        return sum((line.final for line in self.lines), NOTHING)

    def spelled(self) -> JsonObject:
        """Return those properties of a cart that follow from its lines."""
        rates = sorted({(line.product.tax_class, line.rate) for line in self.lines})
        taxes: list[JsonObject] = []
        for tax_class, rate in rates:
            of_it = sum((line.final for line in self.lines if line.product.tax_class == tax_class), NOTHING)
            taxes.append({"name": tax_class, "rate": rate, **_taxed(of_it)})
        return {
            "subTotalPrice": price(self.subtotal_cents, self.currency),
            "totalDiscount": price(self.discount_cents, self.currency),
            "totalTax": price(self.final.tax_cents, self.currency),
            "totalPrice": price(self.final.gross_cents, self.currency),
            "itemFeesTotal": {"subTotal": amount(self.fee_cents), "total": amount(self.fee_cents)},
            "subtotalAggregate": {"currency": self.currency, **self.before.spelled()},
            "taxAggregate": {"lines": taxes},
            "totalUnitsCount": sum(line.item.quantity for line in self.lines),
            "calculatedPrice": {"price": self.before.spelled(), "finalPrice": self.final.spelled()},
        }


def _taxed(of_it: Split) -> JsonObject:
    return {"amount": amount(of_it.tax_cents), "taxable": amount(of_it.net_cents)}


def totals(shop: Shop, cart: Cart) -> Totals:
    """Calculate a cart."""
    site = SITES[cart.site]
    items = list(cart.items.values())
    line_cents = [round(item.unit_cents * item.quantity) for item in items]
    subtotal, discounts = sum(line_cents), []
    left = subtotal
    for code in cart.codes:
        found = _usable(shop, code, cart.customer_id)
        cents = min(left, _worth(found, subtotal)) if found is not None else 0
        left -= cents
        discounts.append(Discount(code=code, coupon=found, cents=cents))
    by_line = shares(subtotal - left, line_cents)
    lines = []
    for item, cents, discount in zip(items, line_cents, by_line, strict=True):
        product = PRODUCTS[item.product_id]
        rate, fee = site.tax_rates[product.tax_class], item_fee_cents(product.id, item.quantity)
        lines.append(
            Line(
                item=item,
                product=product,
                rate=rate,
                cents=cents,
                discount_cents=discount,
                fee_cents=fee,
                before=split(cents, rate, includes_tax=site.includes_tax),
                final=split(cents - discount + fee, rate, includes_tax=site.includes_tax),
            )
        )
    return Totals(site=site, currency=cart.currency, lines=tuple(lines), discounts=tuple(discounts))


def _usable(shop: Shop, code: str, customer_id: str | None) -> JsonObject | None:
    try:
        return usable_coupon(shop, code, customer_id)
    except Refused:
        return None


def _worth(coupon: JsonObject, subtotal: int) -> int:
    least = nested(nested(coupon, "restrictions"), "minOrderValue").get("amount")
    if isinstance(least, float) and subtotal < round(least * 100):
        return 0
    if isinstance(percent := coupon.get("discountPercentage"), int):
        return round(subtotal * percent / 100)
    off = nested(coupon, "discountAbsolute").get("amount")
    return round(off * 100) if isinstance(off, float) else 0


def current_cents(cart: Cart, item: Item) -> int | None:
    """Return what one of a line's product costs where the cart is now; None: it is not sold there."""
    return unit_cents(PRODUCTS[item.product_id], SITES[cart.site], cart.currency, cart.legal_entity_id)


def is_priced(cart: Cart, item: Item) -> bool:
    """Say whether the price of a line is still that of its product."""
    fitting = price_id(PRODUCTS[item.product_id], SITES[cart.site], cart.currency)
    return item.price_id == fitting and item.unit_cents == current_cents(cart, item)


def reprice(cart: Cart) -> None:
    """Give each line the price of today; a line that is not sold any more keeps what it has."""
    for item in cart.items.values():
        cents = current_cents(cart, item)
        if cents is not None:
            item.unit_cents = cents
            item.price_id = price_id(PRODUCTS[item.product_id], SITES[cart.site], cart.currency)
