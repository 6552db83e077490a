"""The kinds of credential that an operation may ask for, and how one is read off a request (RFC 6750 2.1)."""

from __future__ import annotations

from enum import Enum


class BearerKind(Enum):
    """Whose token it is."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"


def token_of(authorization: str | None) -> str | None:
    """Return the token of an `Authorization` header; None where there is none, or another scheme."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None
