"""The words in which expectations of the upstream contract are written; values only, nothing is done here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

TENANT = "shop"
CLIENT_ID = "storefront-key"

GUEST_ACCESS = "seeded-anonymous-access"
GUEST_REFRESH = "seeded-anonymous-refresh"
GUEST_SESSION = "seeded-anonymous-session"
CUSTOMER_ACCESS = "seeded-customer-access"
CUSTOMER_REFRESH = "seeded-customer-refresh"
CUSTOMER_SESSION = "seeded-customer-session"
CUSTOMER_SAAS = "seeded-customer-saas"

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

Query = tuple[tuple[str, str], ...]


class Bearer(Enum):
    """Which token goes upstream."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    NONE = "none"


class Visitor(Enum):
    """Whose session it is. Everybody but the last two holds an anonymous token that lives."""

    CUSTOMER = "signed in, with tokens of both kinds"
    GUEST = "not signed in"
    NEWCOMER = "not signed in, without any token"
    LAPSED_GUEST = "not signed in, whose access token is over and whose refresh token lives"


class Shown(Enum):
    """What our answer to a success holds."""

    NOTHING = "no body"
    UPSTREAM = "what upstream answered, unchanged"
    SESSION = "what GET /api/session answers"
    OTHER = "the answer of whatever route needed the call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a browser asks of us."""

    method: str
    path: str
    query: Query = ()
    body: Mapping[str, Any] | None = None
    media_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What the server hands to the client by itself, for an operation that has no route yet."""

    values: Mapping[str, str]
    bearer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What must arrive upstream."""

    method: str
    path: str
    """Exactly, percent-encoding included."""
    query: Query = ()
    """Every name and value, decoded, in any order; nothing else may come."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside those that every request has."""
    body: Mapping[str, Any] | None = None
    """None: no body, and no Content-Type."""
    media_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One way to an operation."""

    by: Visitor = Visitor.CUSTOMER
    through: tuple[Asked, ...] | Handed
    """Several: any of them leads there, so that a fault of one route does not count against this operation."""
    sent: Sent
    bearer: Bearer
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables beside the usual ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One operation of the contract."""

    operation: str
    """Its name in the table, as a label."""
    contract_id: str
    """`operationId` in the contract."""
    accepts: tuple[Bearer, ...]
    """Every kind of bearer the contract allows, preferred first; empty: no bearer at all."""
    uses: tuple[Use, ...]
    answers: Mapping[int, int]
    """Each documented success status, and ours."""
    shows: Shown | Mapping[str, Any] = Shown.NOTHING
    undocumented: int = 502
    """Our status where upstream answers a success that is not documented."""
    on_behalf: bool = True
    """The browser's own request passes through, its languages with it; else the server calls by itself."""

    @property
    def bearer_is_picked_by_row(self) -> bool:
        """Whether the row alone decides the bearer; in journeys of the session, the journey hands it over."""
        return self.operation not in ("login", "signup_optin", "logout", "refresh_auth_token", "social_login")
