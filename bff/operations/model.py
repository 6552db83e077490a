"""What there is to say of one upstream operation, as a read-only row. A special case is a named field, never code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
"""RFC 7396."""


class Credential(Enum):
    """Which token goes upstream as bearer."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"


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


class Answer(Enum):
    """What a success must look like to be believed."""

    NOTHING = "nothing"
    """Any body is thrown away."""
    OBJECT = "object"
    ARRAY = "array"
    TOKENS = "tokens"
    """An object that never leaves the broker."""


class Plain401(Enum):
    """What a 401 means whose fault says nothing about the bearer."""

    UNDOCUMENTED = "undocumented"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a word, no password
    """The password in the body is not the customer's."""
    DEAD_BEARER = "dead_bearer"
    """The operation exists to say so, and says it without a body."""


class Aftermath(Enum):
    """What a success changes about the visitor's own session."""

    NOTHING = "nothing"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a word, no password
    """The session goes on under a new cookie."""
    IDENTITY = "identity"
    """Names or e-mail may have changed: ask again who it is."""


class Feature(Enum):
    """An operation that an operator may switch off, and a tenant may not offer (the newest contract lacks it)."""

    ACCOUNT_DELETION = "accountDeletion"
    ADD_LOGIN = "addLogin"


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

    def admits(self, value: str) -> bool:
        """Tell whether a value may be sent."""
        return re.fullmatch(self.pattern, value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One JSON route of ours."""

    method: str
    path: str
    """In Flask's notation, e.g. `/api/me/addresses/<addressId>`."""
    body: type[BaseModel] | None = None
    body_required: bool = True
    media_types: tuple[str, ...] = (JSON,)


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
    exposure: Exposure
    success: frozenset[int]
    answer: Answer = Answer.NOTHING
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    media_types: tuple[str, ...] = (JSON,)
    own_routes: tuple[Route, ...] = ()
    """Only where the rule (Emporix's path, our prefix, the same verb) does not hold."""
    plain_401: Plain401 = Plain401.UNDOCUMENTED
    repeatable: bool = False
    """May be sent again after the connection broke while the answer was read."""
    aftermath: Aftermath = Aftermath.NOTHING
    feature: Feature | None = None
    needs_recent_proof: bool = False
    """Only for somebody who has proved who they are in the last minutes: it cannot be undone, or opens a way in."""
    versioned: bool = False
    """A write that `If-Match` may guard, against `metadata.version` of what a GET on the same path answers."""
    takes_site: bool = False
    """The body may name a site, and the settings say which."""
    hides: frozenset[int] = frozenset()
    """Upstream refusals that would tell whether an address is known; neutral answers hide them."""
    neutral_status: int | None = None
    """What a neutral answer says instead of success and of every hidden refusal; None: the success's own."""

    @property
    def mutates(self) -> bool:
        """Whether it changes anything upstream, by a verb that says so or by a GET that does not."""
        return self.method != "GET" or any(
            route.method != "GET" for route in self.routes if self.exposure is not Exposure.INTERNAL
        )

    @property
    def routes(self) -> tuple[Route, ...]:
        """The JSON routes that lead here; none for an internal operation."""
        if self.exposure is Exposure.INTERNAL:
            return ()
        if self.own_routes:
            return self.own_routes
        path = self.path.removeprefix("/customer/{tenant}")
        for parameter in self.parameters:
            if parameter.place is Place.PATH:
                path = path.replace("{" + parameter.name + "}", f"<{parameter.name}>")
        return (Route(method=self.method, path="/api" + path, body=self.body, media_types=self.media_types),)

    @property
    def returns_tokens(self) -> bool:
        """Whether the answer may reach nobody but the broker."""
        return self.answer is Answer.TOKENS

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of this name.

        :raises KeyError: there is none
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)
