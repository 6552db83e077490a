"""What is not wrong with a file, and may not be meant; the audit makes findings of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bff.operations.model import Operation
from bff.storefront.document import Document
from bff.storefront.model import Aspect, Doubt, StorefrontWarning
from bff.storefront.weaker import ways_in_which

_COUPONS: Final = frozenset({"coupons", "discounts", "redemptions", "referral-coupons"})
_CHECKOUT: Final = "checkout"


def of_file(document: Document) -> Iterator[StorefrontWarning]:
    """Yield what is doubtful about the file as a whole."""
    if document.is_world_writable:
        yield StorefrontWarning(
            doubt=Doubt.WORLD_WRITABLE,
            row=None,
            file=document.file,
            line=None,
            what="every user of this machine may write to it, and so declare operations",
        )


def of_row(
    operation: Operation, replaced: Operation | None, document: Document, line: int | None
) -> Iterator[StorefrontWarning]:
    """Yield what is doubtful about a row.

    :param replaced: the shipped row of the same name
    """

    def doubt(doubt: Doubt, what: str, aspect: Aspect | None = None) -> StorefrontWarning:
        return StorefrontWarning(
            doubt=doubt, row=operation.name, file=document.file, line=line, what=what, aspect=aspect
        )

    parts = operation.path.lower().split("/")
    if not _COUPONS.isdisjoint(parts) and operation.rate is None and not _only_shows(operation):
        yield doubt(Doubt.UNLIMITED_COUPONS, f"{operation.name} takes coupon codes, and has no limit")
    if parts[1] == _CHECKOUT and operation.mutates and operation.audited is None:
        yield doubt(Doubt.UNAUDITED_CHECKOUT, f"{operation.name} places orders, and is not audited")
    if replaced is not None:
        for way in ways_in_which(operation, replaced):
            yield doubt(Doubt.WEAKER, f"{operation.name} replaces a shipped row, and {way.what}", way.aspect)


def _only_shows(operation: Operation) -> bool:
    """Tell whether it takes no code: it lists, or takes away, what a cart has."""
    is_cart = operation.path.lower().startswith("/cart/")
    return is_cart and operation.method in ("GET", "DELETE")
