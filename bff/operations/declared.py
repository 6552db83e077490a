"""What a row can say that a file declares, beyond what the contract's own rows need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_BODY_BYTES: Final = 64 * 1024
"""Of a request, unless its row says more."""
MOST_BODY_BYTES: Final = 1024 * 1024
"""What a row may say at most."""
MAX_ANSWER_BYTES: Final = 2 * 1024 * 1024
"""Of upstream's answer, unless its row says otherwise."""
MOST_ANSWER_BYTES: Final = 10 * 1024 * 1024
"""What a row may say at most."""
BROWSER_LANGUAGE: Final = "browser"
"""The language that the browser asks for."""
NO_LANGUAGE: Final = "none"


class SaasToken(Enum):
    """Whether a call carries the customer's `saas-token`; it goes with the customer's bearer alone."""

    NEVER = "never"
    IF_HELD = "if-held"
    REQUIRED = "required"
    """A customer without one has to sign in again; a guest's call goes without."""


class SessionValue(Enum):
    """A value that only the session may supply."""

    SESSION_ID = "session.id"
    """The id of the Emporix session that the bearer belongs to; a secret."""
    CUSTOMER_ID = "customer.id"
    LEGAL_ENTITY = "legal_entity"
    SITE = "site"
    """The default site."""


class BodyKind(Enum):
    """Which JSON value a body is, where no model says more."""

    OBJECT = "object"
    ARRAY = "array"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeBody:
    """A body whose properties no model knows."""

    kind: BodyKind
    max_bytes: int = MAX_BODY_BYTES
    required: bool = True
    forbids: frozenset[str] = frozenset()
    """Names of properties that are refused at any depth."""
    secrets: frozenset[str] = frozenset()
    """Names of properties whose values are scrubbed from upstream's error texts, whatever is inside of them."""
    site: str | None = None
    """The property whose value has to be a site that may be named here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Where a row comes from that is not one of the contract's."""

    set_name: str | None
    """The shipped set; None: the shop's own file."""
    source: str = ""
    """The document it was written from, with its commit."""
