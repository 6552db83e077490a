"""REFUSED: what a storefront might expect among the sets and does not find there, with the reason.

No row of a shop's own file may ask for it either; the documents print the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bff.storefront.paths import parameter_in, segments_of

_FOR_SERVICES: Final = "needs a service's token, and a storefront has none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One operation of upstream's that no row may be."""

    method: str
    upstream: str
    reason: str
    """To be read after 'upstream'."""


REFUSED: Final = (
    Refused(
        method="POST",
        upstream="/ai-service/{tenant}/agentic/chat-stream",
        reason="answers with a stream of events, which would hold a thread for as long as it lasts: agentic/chat "
        "answers the same as JSON",
    ),
    Refused(
        method="POST",
        upstream="/ai-service/{tenant}/agentic/{agentId}/attachments",
        reason="takes a file as multipart/form-data, and a body here is JSON",
    ),
    Refused(
        method="POST",
        upstream="/price/{tenant}/match-prices",
        reason=f"{_FOR_SERVICES}: match-prices-by-context answers with the visitor's own prices",
    ),
    Refused(
        method="GET",
        upstream="/shoppinglist/{tenant}/shopping-lists/{customerId}",
        reason="is for employees: shopping-lists without an id answers with the customer's own",
    ),
    Refused(
        method="GET",
        upstream="/quote/{tenant}/quotes/{quoteId}/history",
        reason=_FOR_SERVICES,
    ),
)


def refused(upstream: str, method: str) -> str | None:
    """Return why no row may ask this; None: it is not refused by name.

    :param upstream: a row's path; a parameter in it may stand for whatever is refused there
    """
    asked = segments_of(upstream)
    return next(
        (one.reason for one in REFUSED if one.method == method and _meet(asked, segments_of(one.upstream))), None
    )


def _meet(one: list[str], other: list[str]) -> bool:
    """Tell whether one path fits both."""
    return len(one) == len(other) and all(
        parameter_in(a) is not None or parameter_in(b) is not None or a.lower() == b.lower()
        for a, b in zip(one, other, strict=True)
    )
