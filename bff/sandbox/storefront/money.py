"""Amounts are whole cents within, and decimal numbers in documents; a tax is in the price or comes on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bff.sandbox.replies import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """An amount before tax, and the tax."""

    net_cents: int
    tax_cents: int

    @property
    def gross_cents(self) -> int:
        """What is paid."""
        return self.net_cents + self.tax_cents

    def spelled(self) -> JsonObject:
        """Return it as documents have it."""
        return {
            "netValue": amount(self.net_cents),
            "grossValue": amount(self.gross_cents),
            "taxValue": amount(self.tax_cents),
        }

    def __add__(self, other: Split) -> Split:
        return Split(net_cents=self.net_cents + other.net_cents, tax_cents=self.tax_cents + other.tax_cents)

    def __sub__(self, other: Split) -> Split:
        return Split(net_cents=self.net_cents - other.net_cents, tax_cents=self.tax_cents - other.tax_cents)


NOTHING = Split(net_cents=0, tax_cents=0)


def split(cents: int, rate: float, *, includes_tax: bool) -> Split:
    """Tell the tax from the rest.

    :param rate: in percent
    """
    tax = round(cents * rate / (100 + rate)) if includes_tax else round(cents * rate / 100)
    return Split(net_cents=cents - tax if includes_tax else cents, tax_cents=tax)


def amount(cents: int) -> float:
    """Return cents as documents have them."""
    return round(cents / 100, 2)


def price(cents: int, currency: str) -> JsonObject:
    """Return an amount with its currency."""
    return {"amount": amount(cents), "currency": currency}


def shares(cents: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount so that nothing is lost to rounding."""
    total, given, done = sum(weights), [], 0
    so_far = 0
    for weight in weights:
        so_far += weight
        until = round(cents * so_far / total) if total else 0
        given.append(until - done)
        done = until
    return given


def quantity_of(value: object) -> float | None:
    """Return what is a quantity; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value if value > 0 else None
