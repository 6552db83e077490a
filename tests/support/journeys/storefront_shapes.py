"""The words in which expectations of a storefront's operations are written; values only, nothing is done here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Holder(Enum):
    """Whose token goes upstream."""

    CUSTOMER = "the customer's; a guest is refused"
    VISITOR = "the customer's where one is signed in, else the guest's of this session"
    PUBLIC = "the customer's where one is signed in, else the server's own guest's"


class Saas(Enum):
    """Whether `saas-token` goes along; with the customer's token alone, whatever is said here."""

    NEVER = "never"
    IF_HELD = "if-held"
    REQUIRED = "required"


class Given(Enum):
    """A value that the session gives, and nobody else may."""

    SESSION_ID = "the id of the Emporix session that the token belongs to"
    CUSTOMER_ID = "the customer's id"
    LEGAL_ENTITY = "the company that the customer acts for"


class Body(Enum):
    """What a request holds."""

    NONE = "none"
    OBJECT = "object"
    ARRAY = "array"
    ANY = "an object or an array"


class Answer(Enum):
    """What a success holds."""

    NOTHING = "nothing"
    OBJECT = "object"
    ARRAY = "array"
    TEXT = "a JSON string"
    NUMBER = "an integer"
    TRUTH = "a boolean"
    PDF = "a document"


class Sharing(Enum):
    """What a value of the session's does that upstream knows as an optional parameter."""

    SENT = "goes upstream"
    MAY_BE_SENT = "goes upstream or is left out, as the server likes; the browser has no say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One parameter that the session fills in."""

    name: str
    given: Given
    sharing: Sharing = Sharing.SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation of a storefront."""

    verb: str
    upstream: str
    """Template, with the tenant where upstream has it."""
    ours: str
    """Template of our path."""
    in_set: str
    holder: Holder
    saas: Saas = Saas.NEVER
    query: Mapping[str, str] = field(default_factory=dict)
    """Every name that a browser may give, with a value that has to pass; all others are refused."""
    needed: frozenset[str] = frozenset()
    """Names that upstream demands. The one that names a site is filled in with the default one."""
    repeated: frozenset[str] = frozenset()
    """Names that may come several times."""
    refused: frozenset[str] = frozenset()
    """Names that upstream knows and that no browser may give."""
    filled_path: tuple[Filled, ...] = ()
    filled_query: tuple[Filled, ...] = ()
    filled_headers: tuple[Filled, ...] = ()
    query_as_header: frozenset[str] = frozenset()
    """Names of our query that go upstream as a header."""
    body: Body = Body.NONE
    example: Any = None
    """A body that has to pass as it is."""
    body_refuses: frozenset[str] = frozenset()
    """Names of properties that are refused at any depth."""
    body_bytes: int = 60 * 1024
    """A body of that size has to pass."""
    answers: Mapping[int, Answer] = field(default_factory=dict)
    """Each documented success, and what it holds."""
    shape_is_open: bool = False
    """Documents contradict each other on what a success holds."""
    also: Answer | None = None
    """What else a success may hold."""
    tells_session: bool = False
    """Upstream's answer names the session, which must not reach the browser."""
    language: bool = False
    """Upstream documents `Accept-Language`. Where it does not, ours may be sent or not."""
    total: str | None = None
    """The header in which upstream answers how many there are in all."""
    changes: bool = False
    may_only_ask: bool = False
    """No document says whether it changes anything."""
    rate: tuple[int, int] | None = None
    """So many within so many seconds."""
    limited: bool = False
    """It has a limit of its own, whatever that is."""
    audited: bool = False
    recent_proof: bool = False
    mails: bool = False
    """A call may send a mail, and counts as one."""
    versioned: bool = False

    @property
    def id(self) -> str:
        """A label."""
        return f"{self.verb} {self.upstream}"

    @property
    def shown(self) -> Mapping[str, str]:
        """The names of our path's parameters, with a value for each."""
        return {name: value_of(name) for name in names_in(self.ours)}

    @property
    def asked_path(self) -> str:
        """Our path, as a browser asks for it."""
        return put(self.ours, self.shown)


EXAMPLES: Mapping[str, str] = {
    "active": "true",
    "activeMethods": "true",
    "assignmentType": "PRODUCT",
    "attributeName": "colour",
    "code": "SUMMER-10",
    "codes": "SUMMER-10,WINTER-5",
    "countryCode": "DE",
    "depth": "2",
    "discountIndex": "0",
    "ecn": "123",
    "expand": "methods,fees",
    "expandCalculation": "true",
    "expandSupercategoriesIds": "true",
    "fields": "id,name",
    "hideUnpublishedProducts": "true",
    "justOverlay": "true",
    "onlyActive": "true",
    "pageNumber": "2",
    "pageSize": "20",
    "partial": "true",
    "provider": "ALGOLIA",
    "publishedSite": "main",
    "postalCode": "70173",
    "q": "name:Milk & \u00e4gg",
    "rawValue": "true",
    "regions": "EU",
    "sendPasswordResetNotifications": "true",
    "showRoots": "true",
    "showUnpublished": "true",
    "site": "main",
    "siteCode": "main",
    "siteFallback": "true",
    "sort": "name:asc",
    "type": "PRODUCT",
    "userType": "CUSTOMER",
    "validityFrom": "2026-01-31T00:00:00.000Z",
    "validityTo": "2026-12-31T00:00:00.000Z",
    "visibilityFrom": "2026-01-31T00:00:00.000Z",
    "visibilityTo": "2026-12-31T00:00:00.000Z",
    "metadataModifiedAt": "2026-01-31T00:00:00.000Z",
    "metadataUpdatedAt": "2026-01-31T00:00:00.000Z",
    "legalInfo.registrationDate": "2026-01-31T00:00:00.000Z",
    "legalInfo.countryOfRegistration": "DE",
    "windowsLimit": "5",
    "withSubcategories": "true",
    "zipCode": "70173",
}
"""A value for each parameter whose kind is plain; every other one is a word."""


def value_of(name: str) -> str:
    """Return a value that a parameter of this name has to admit."""
    return EXAMPLES.get(name, "one-" + name.lower().replace(".", "-"))


def names_in(template: str) -> list[str]:
    """Return the names in braces, but for the tenant's."""
    return [part[1:-1] for part in template.split("/") if part.startswith("{") and part != "{tenant}"]


def put(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its values."""
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template
