"""The words of a row, what each stands for, and how those are read that are more than a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bff.config.environment import UnacceptableError
from bff.operations.model import Credential, ResponseShape
from bff.storefront import readers
from bff.storefront.problems import listed

KIB: Final = 1024
MOST_BODY_KIB: Final = 1024
MOST_ANSWER_KIB: Final = 10 * 1024
MOST_CACHE_SECONDS: Final = 86_400
NO_BODY: Final = "none"
BEARERS: Final[Mapping[str, tuple[Credential, ...]]] = {
    "visitor": (Credential.CUSTOMER, Credential.ANONYMOUS),
    "customer": (Credential.CUSTOMER,),
    "guest": (Credential.ANONYMOUS,),
    "shared": (Credential.SHARED,),
    "public": (Credential.CUSTOMER, Credential.SHARED),
}
ANSWERS: Final[Mapping[str, ResponseShape]] = {
    "none": ResponseShape.NOTHING,
    "object": ResponseShape.OBJECT,
    "array": ResponseShape.ARRAY,
    "json": ResponseShape.JSON,
    "pdf": ResponseShape.PDF,
}
TOTALS: Final = ("Count", "X-Count")
"""Header fields in which some services answer how many there are, beside the usual one."""
USUAL_TOTAL: Final = "X-Total-Count"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROPERTY: Final = r"[A-Za-z_$][A-Za-z0-9_$-]{0,63}"
PROPERTIES: Final = readers.names(PROPERTY, "a property's name of at most 64 characters")


def bearer(value: Any) -> str:
    """Read whose token goes upstream."""
    if value == "":
        # As `bff routes import` leaves it.
        raise UnacceptableError(f"is empty: say whose token goes upstream, {listed(BEARERS)}")
    return readers.word(BEARERS)(value)


def total(value: Any) -> str | None:
    """Read where upstream says how many there are."""
    if isinstance(value, bool):
        return USUAL_TOTAL if value else None
    if not isinstance(value, str) or value not in TOTALS:
        raise UnacceptableError(f"must be true, false, {listed(TOTALS)}")
    return value


def success(value: Any) -> frozenset[int]:
    """Read the statuses of a success."""
    one = readers.whole(200, 299)
    if not isinstance(value, list) or not 0 < len(value) <= 10:
        raise UnacceptableError("must be an array of at least one status from 200 to 299")
    return frozenset(map(one, value))
