"""One upstream operation as a read-only row. A special case is a named field, never code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from bff.config.model import Rate
from bff.events import Event
from bff.operations.declared import (
    BROWSER_LANGUAGE,
    MAX_ANSWER_BYTES,
    MAX_BODY_BYTES,
    MOST_ANSWER_BYTES,
    MOST_BODY_BYTES,
    NO_LANGUAGE,
    Declared,
    FreeBody,
    SaasToken,
    SessionValue,
)

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
"""RFC 7396."""
_TENANT: Final = "/{tenant}"


class Credential(Enum):
    """Which token goes upstream as bearer."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    SHARED = "shared"
    """A guest's, of the server's own, for reads that hang on no session."""


class Place(Enum):
    """Where a parameter stands in the upstream request."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"


class Supplier(Enum):
    """Who gives a parameter its value."""

    CLIENT = "client"
    """Our route's path or query, under the same name."""
    CLIENT_BODY = "client_body"
    """A property of our route's body, because upstream wants a secret in a URL and we do not."""
    SERVER = "server"
    """The settings or the session."""


class Exposure(Enum):
    """How an operation can be reached."""

    JSON = "json"
    """A JSON route that passes request and answer through."""
    SESSION = "session"
    """A JSON route whose answer changes, or tells of, the visitor's session."""
    INTERNAL = "internal"
    """The server calls it by itself."""


class ResponseShape(Enum):
    """Which body a success must have; an answer with another one is malformed."""

    NOTHING = "nothing"
    """The body is discarded; only an HTML page is malformed."""
    OBJECT = "object"
    ARRAY = "array"
    JSON = "json"
    """Any JSON value."""
    PDF = "pdf"
    """A document, as an attachment."""
    TOKENS = "tokens"
    """An object that never leaves the broker."""


class Plain401(Enum):
    """What a 401 means if its fault code says nothing about the bearer."""

    UNDOCUMENTED = "undocumented"
    WRONG_SECRET = "wrong_secret"  # nosec B105 # noqa: S105 - a word, no password
    """The password in the body is wrong (e.g. POST-customer-authenticate-customer; its contract shows faults only)."""
    DEAD_BEARER = "dead_bearer"
    """The bearer is not valid (GET-customer-validate-token, whose 401 has no body)."""


class SideEffect(Enum):
    """What a success changes about the visitor's own session; best effort, since upstream has acted by then."""

    NOTHING = "nothing"
    NEW_PASSWORD = "new password"  # nosec B105 # noqa: S105 - a word, no password
    """The session goes on under a new cookie."""
    PASSWORD_RESET = "password reset"  # nosec B105 # noqa: S105 - a word, no password
    """The session goes on under a new cookie; the next sign-in with a password ends that customer's older sessions."""
    IDENTITY = "who it is"
    """Names or e-mail may have changed: `GET /me` is asked again."""
    SIGN_UP = "sign-up"
    """Where the tenant activates accounts at once, the visitor is signed in, and answers cannot be neutral."""
    ACCOUNT_DELETED = "account deleted"
    """Every session of the customer ends."""


class Performer(Enum):
    """What carries an operation out for a visitor."""

    CALL = "call"
    """One call with the visitor's bearer."""
    PASSWORD_SIGN_IN = "password sign-in"  # nosec B105 # noqa: S105 - a word, no password
    """The answer's tokens are kept, and the visitor is signed in under a new cookie."""
    MAILED_SIGN_IN = "mailed sign-in"
    """The same, by the token of a mailed link."""
    SIGN_OUT = "sign-out"
    """The session always ends here; upstream is told as far as possible."""
    REFRESH = "refresh"
    """The tokens are renewed under the session's lock."""


class Feature(Enum):
    """An operation that an operator may switch off and that a tenant may lack, as the newest contract does."""

    ACCOUNT_DELETION = "accountDeletion"
    ADD_LOGIN = "addLogin"


class Limit(Enum):
    """What may be asked for only so often; the value ends the name of the setting, `BFF_RATE_LIMIT_…`, that says it."""

    LOGIN = "LOGIN"
    """It can be used to guess passwords: a call counts if upstream refuses it."""
    MAIL = "MAIL"
    """It sends a mail: a call counts if it may have sent one, also where a neutral answer hides that."""
    GUEST = "GUEST"
    """It creates a guest: a call counts if it has created one."""
    ROW = "ROW"
    """A declared row's own, which no setting names (`Operation.rate`): every call counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """One limit that an operation counts against."""

    kind: Limit
    email: str | None = None
    """The property of the body that names the e-mail it counts for; None: the one that the customer signs in with."""
    also: tuple[str, ...] = ()
    """Properties of the body, as dotted paths, that may name further e-mails it counts for."""
    unless: str | None = None
    """A parameter with which the operation does something else; such a call does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One upstream parameter."""

    name: str
    place: Place
    pattern: str
    """Regular expression that the whole value must match before it is sent."""
    supplier: Supplier = Supplier.SERVER
    required: bool = True
    secret: bool = False
    """Hidden from every log line and scrubbed from upstream's error texts."""
    description: str = ""
    example: str = ""
    """A value for the API description."""
    source: SessionValue | None = None
    """What of the session it is; None: another value of the server's, or the client's."""
    is_site: bool = False
    """It names a site, and the settings say which; the default one where the client names none."""
    most: int | None = None
    """The largest number that it may be; None: it is no number, or any."""
    most_values: int = 1
    """How often it may be repeated in a query."""

    def admits(self, value: str) -> bool:
        """Tell whether a value may be sent."""
        return re.fullmatch(self.pattern, value) is not None and (self.most is None or int(value) <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One JSON route of ours."""

    method: str
    path: str
    """In Flask's notation, e.g. `/api/me/addresses/<addressId>`."""
    body: type[BaseModel] | None = None
    free_body: FreeBody | None = None
    """What is known of a body without a model."""
    body_required: bool = True
    media_types: tuple[str, ...] = (JSON,)
    client_name: str = ""
    """What JavaScript clients call it by: `operationId` of the API description. Empty: the row's."""
    summary: str = ""
    """Where it differs from the row's."""

    @property
    def takes_body(self) -> bool:
        """Whether there is anything that a body may say."""
        return self.body is not None or self.free_body is not None

    @property
    def needs_body(self) -> bool:
        """Whether it is refused without a body."""
        return self.takes_body and self.body_required

    @property
    def max_body_bytes(self) -> int:
        """How many bytes its body may have."""
        return MAX_BODY_BYTES if self.free_body is None else self.free_body.max_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One upstream operation, and what we make of it."""

    name: str
    contract_id: str
    """`operationId` in the contract."""
    summary: str
    method: str
    path: str
    """Template; `{tenant}` and path parameters in braces."""
    accepts: tuple[Credential, ...]
    """Preferred first; empty: no bearer at all."""
    exposure: Exposure = Exposure.JSON
    service: str = ""
    """Which service of upstream's it hangs on, where that is another one than its path begins with; fixed words."""
    success: frozenset[int] = frozenset({200})
    answer: ResponseShape = ResponseShape.NOTHING
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    media_types: tuple[str, ...] = (JSON,)
    own_routes: tuple[Route, ...] = ()
    """Only where the rule (Emporix's path, our prefix, the same verb) does not hold."""
    plain_401: Plain401 = Plain401.UNDOCUMENTED
    repeatable: bool = False
    """May be sent again after the connection broke while the answer was read."""
    performer: Performer = Performer.CALL
    side_effect: SideEffect = SideEffect.NOTHING
    side_effect_when_mailed: SideEffect | None = None
    """The same, where a mailed token comes along; None: no difference."""
    feature: Feature | None = None
    guests: bool | None = None
    """Whether a guest may call it; None: wherever upstream takes a guest's token."""
    needs_reauthentication: bool = False
    """Needs a sign-in of the last ten minutes, because it cannot be undone or adds a way to sign in."""
    versioned: bool = False
    """A write that `If-Match` may guard, against `metadata.version` of what a GET on the same path answers."""
    representation: str | None = None
    """The row that reads what a write leaves behind, for a client that prefers to see it; where a creation's path lacks
    that resource's id, it is the `id` of the answer. None: there is no GET for it."""
    limits: tuple[Limited, ...] = ()
    """What each call counts against, in the order in which that is tried."""
    takes_site: bool = False
    """The body may name a site, and the settings say which."""
    takes_preferences: bool = False
    """The body may hold a profile's currency and an address's country; the settings name them where it does not."""
    emails: tuple[str, ...] = ()
    """Properties of the body, as dotted paths, that name an e-mail which may exist already; sent in its one form."""
    new_emails: tuple[str, ...] = ()
    """The same, of e-mails that the account gets; each has to look like one."""
    new_passwords: tuple[str, ...] = ()
    """Properties of the body, as dotted paths, that set a password; each has to be a good one."""
    dead_link: frozenset[int] = frozenset()
    """Statuses that refuse the mailed token of a call (sources: `_DEAD_LINK` in the table). A 400 whose `details` name
    a new password refuses that password instead (POST-customer-reset-password, whose 400 is an `ErrorMessage`)."""
    shows: tuple[str, ...] = ()
    """The only properties of the answer that are passed on; empty: all of them."""
    hides: frozenset[int] = frozenset()
    """Refusals that tell of known addresses (409: POST-customer-create-customer-account); neutral answers hide them."""
    neutral_status: int | None = None
    """What a neutral answer says instead of success and of every hidden refusal; None: the success's own."""
    audited: Event | None = None
    """The event that a call writes to the audit log, whatever its outcome."""
    audited_when_mailed: Event | None = None
    """The same, where a mailed token comes along; None: no difference."""
    topic: str = "Further operations"
    """The heading that it is described under."""
    client_name: str = ""
    """What JavaScript clients call its route by; empty: the row's name in camel case."""
    notes: str = ""
    """What else a client has to know; other fields of the row speak for themselves."""
    shown_as: type[BaseModel] | None = None
    """The model of a success's body, or of each entry of a list; for the API description, nothing is held against it.
    None: there is no body, or it is the session's state."""
    refusals: frozenset[int] = frozenset({400, 403})
    """Statuses with which upstream may refuse, as its contract lists them, less those that stand for a bad bearer."""
    declared: Declared | None = None
    """Set on a row that a file declares; None: one of the contract's."""
    saas_token: SaasToken = SaasToken.NEVER
    free_body: FreeBody | None = None
    """What a declared row says of its body, in place of a model."""
    only_asks: bool = False
    """It changes nothing, whatever its verb is."""
    language: str = BROWSER_LANGUAGE
    """`Accept-Language`: `browser`, `none`, `*` or one tag; it decides the shape of localized properties."""
    content_language: str = NO_LANGUAGE
    """`Content-Language`, in the same words."""
    total_from: str | None = None
    """The header field in which upstream answers how many there are in all, if asked; None: it is not asked."""
    hidden: frozenset[str] = frozenset()
    """Names of properties that are taken out of the answer at any depth."""
    max_answer_bytes: int = MAX_ANSWER_BYTES
    read_timeout_seconds: float | None = None
    """Where it may take longer than other calls; None: as the settings say."""
    rate: Rate | None = None
    """How often one session may ask for it, or one address where there is no session; None: as for any route."""
    cache_seconds: int = 0
    """How long an answer that was got with the server's own token may be kept, here and by caches outside."""

    def __post_init__(self) -> None:
        if self.returns_tokens and self.performer is Performer.CALL and self.exposure is not Exposure.INTERNAL:
            raise ValueError(f"{self.name}: its answer holds tokens, and would be passed on")
        largest_body = 0 if self.free_body is None else self.free_body.max_bytes
        if largest_body > MOST_BODY_BYTES or self.max_answer_bytes > MOST_ANSWER_BYTES:
            raise ValueError(f"{self.name}: its body or answer may be larger than any")

    @property
    def upstream_service(self) -> str:
        """The service of upstream's that answers it: those of one service fail together."""
        return self.service or self.path.split("/", 2)[1]

    @property
    def is_for_guests(self) -> bool:
        """Whether a guest may call it."""
        if self.guests is not None:
            return self.guests
        return Credential.ANONYMOUS in self.accepts or Credential.SHARED in self.accepts

    @property
    def takes_body(self) -> bool:
        """Whether a body goes upstream."""
        return self.body is not None or self.free_body is not None

    @property
    def mutates(self) -> bool:
        """Whether it changes anything upstream, by a verb that says so or by a GET that does not."""
        return not self.only_asks and (self.method != "GET" or any(route.method != "GET" for route in self.routes))

    @property
    def routes(self) -> tuple[Route, ...]:
        """The JSON routes that lead here; none for an internal operation."""
        if self.exposure is Exposure.INTERNAL:
            return ()
        if self.own_routes:
            return self.own_routes
        return (
            Route(
                method=self.method,
                path="/api" + self._own_path(),
                body=self.body,
                free_body=self.free_body,
                body_required=self.free_body is None or self.free_body.required,
                media_types=self.media_types,
                client_name=self.client_name or to_camel(self.name),
                summary=self.summary,
            ),
        )

    def _own_path(self) -> str:
        """Return upstream's path without the tenant, and without what only the session may supply."""
        if self.declared is None:
            path = self.path.removeprefix(f"/customer{_TENANT}")
        else:
            path = self.path.replace(_TENANT, "", 1)
        for parameter in self.parameters:
            if parameter.place is Place.PATH:
                name = parameter.name
                path = path.replace(f"/{{{name}}}", "" if parameter.source is not None else f"/<{name}>")
        return path

    @property
    def returns_tokens(self) -> bool:
        """Whether the answer holds tokens, so that only the broker may read it."""
        return self.answer is ResponseShape.TOKENS

    def audit_event(self, *, mailed: bool) -> Event | None:
        """Return the event that a call writes to the audit log; `mailed`: a mailed token comes along."""
        return self.audited_when_mailed if mailed and self.audited_when_mailed is not None else self.audited

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of this name.

        :raises KeyError: the row has no parameter of this name
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)
