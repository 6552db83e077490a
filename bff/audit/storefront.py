"""What is doubtful about the declared rows: each a finding, with the requirement that it breaks.

The file itself was checked when it was read; nothing here looks at it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bff.storefront.model import Aspect, Doubt, Storefront, StorefrontWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSet:
    """A shipped set that is served."""

    name: str
    rows: int
    source: str
    """The document that it was written from, with its commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulRow:
    """One way in which what a file declares is weaker than it should be."""

    name: str
    """Stable, for programs: `coupons-without-limit`."""
    row: str | None
    """None: it is about the file as a whole."""
    wrong: str
    """With file and line."""
    breaks: str
    """The requirement, as its standard numbers it."""


_NAMES: Final[Mapping[Doubt, str]] = MappingProxyType(
    {
        Doubt.UNLIMITED_COUPONS: "coupons-without-limit",
        Doubt.UNAUDITED_CHECKOUT: "checkout-without-audit",
        Doubt.WORLD_WRITABLE: "file-world-writable",
        Doubt.WEAKER: "weaker-than-shipped",
    }
)
_BREAKS: Final[Mapping[Doubt | Aspect, str]] = MappingProxyType(
    {
        Doubt.UNLIMITED_COUPONS: "ASVS 5.0 2.4.1",
        Doubt.UNAUDITED_CHECKOUT: "ASVS 5.0 16.3.3",
        # Whoever can write there decides what is forwarded.
        Doubt.WORLD_WRITABLE: "OAuth 2.0 for Browser-Based Applications 6.1.3.6",
        Aspect.CALLER: "ASVS 5.0 8.2.1",
        Aspect.TOKENS: "RFC 9700 2.3",
        Aspect.PROOF: "ASVS 5.0 7.5.3",
        Aspect.AUDIT: "ASVS 5.0 16.3.3",
        Aspect.LIMIT: "ASVS 5.0 2.4.1",
        # What is ordered once must not be booked twice.
        Aspect.REPEATS: "ASVS 5.0 2.3.4",
        Aspect.VERB: "ASVS 5.0 3.5.3",
        Aspect.VERSION: "ASVS 5.0 15.4.2",
        Aspect.CACHE: "ASVS 5.0 14.2.2",
        Aspect.INPUT: "ASVS 5.0 2.2.1",
        Aspect.WHOSE: "ASVS 5.0 8.2.2",
        Aspect.ERRORS: "ASVS 5.0 16.5.1",
        Aspect.SIZE: "ASVS 5.0 15.2.2",
        Aspect.ANSWER: "ASVS 5.0 15.3.1",
    }
)


def doubtful(storefront: Storefront) -> tuple[DoubtfulRow, ...]:
    """Return what is doubtful about a storefront's rows, in the order in which it was found."""
    return tuple(map(_doubtful, storefront.warnings))


def declared_sets(storefront: Storefront) -> tuple[DeclaredSet, ...]:
    """Return the shipped sets that a storefront's file names."""
    names = [row.declared.set_name for row in storefront.operations.values() if row.declared is not None]
    return tuple(
        DeclaredSet(name=name, rows=names.count(name), source=source) for name, source in storefront.sources.items()
    )


def _doubtful(warning: StorefrontWarning) -> DoubtfulRow:
    return DoubtfulRow(
        name=_NAMES[warning.doubt], row=warning.row, wrong=str(warning), breaks=_BREAKS[warning.aspect or warning.doubt]
    )
