"""Every secret of a run, by kind, as the search for leaks wants them: what was issued, typed, made and configured."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qs, unquote, urlsplit

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mint import MARKER, Issued, TokenKind
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from tests.support.journeys.leak_drives import BODIES, FORMS, NEW_PASSWORD, WRONG_PASSWORD
from tests.support.shop import Shop


class Place(Enum):
    """Where something could come out."""

    STATUS = "status line"
    HEADERS = "response header"
    BODY = "response body"
    LOG = "log"
    EXCEPTIONS = "exception"
    REDIS = "Redis"
    OPENED = "Redis, opened with the server's keys"
    OUTPUT = "output of a process"
    WEB_DATA = "what pages keep in a session"


class Kind(Enum):
    """What sort of secret it is."""

    MARKED = "an opaque value of the sandbox or the provider"
    JWT = "a JWT, its claims or its signature"
    PASSWORD = "a password"
    VERIFIER = "a PKCE verifier"
    STATE = "a state"
    NONCE = "a nonce"
    CHALLENGE = "a PKCE challenge"
    COOKIE = "a session cookie"
    SERVER_KEY = "a key of the server"
    REDIS_PASSWORD = "the password of Redis"
    SESSION_NAME = "a session's name in Redis"
    EMAIL = "an e-mail address"


PUBLIC_IN: dict[Kind, frozenset[Place]] = {
    # It is the key that a record lies under.
    Kind.SESSION_NAME: frozenset({Place.REDIS, Place.OPENED}),
    # Pages and answers tell customers their own.
    Kind.EMAIL: frozenset({Place.BODY, Place.OUTPUT, Place.EXCEPTIONS, Place.WEB_DATA}),
}
"""Kinds that are no secret everywhere. What is missing here may stand nowhere at all."""


@dataclass
class Canaries:
    """Grows with a run; `of` names what must not be found in a place."""

    shop: Shop
    noted: dict[Kind, set[str]] = field(default_factory=dict)
    issued_before: int = 0
    """How many of what was issued belong to an earlier run, in a Redis that has been emptied since."""

    def note(self, kind: Kind, value: str) -> None:
        """Add what was seen of a browser or of its session."""
        if value:
            self.noted.setdefault(kind, set()).add(value)
        if kind is Kind.COOKIE:
            # The other name of the same thing.
            self.note(Kind.SESSION_NAME, _sid(value))

    @property
    def issued(self) -> tuple[Issued, ...]:
        """Everything that the sandbox and the provider have handed out in this run."""
        return self.shop.sandbox.issued[self.issued_before :]

    def by_kind(self) -> dict[Kind, set[bytes]]:
        """Return every value."""
        found: dict[Kind, set[bytes]] = {kind: set() for kind in Kind}
        for kind, values in self.noted.items():
            found[kind] |= {value.encode() for value in values}
        found[Kind.MARKED].add(MARKER.encode())
        unmarked = [issued for issued in self.issued if not issued.value.startswith(MARKER)]
        for issued in unmarked:
            if issued.kind is TokenKind.CODE_VERIFIER:
                found[Kind.VERIFIER].add(issued.value.encode())
            else:
                found[Kind.JWT] |= {part.encode() for part in parts_of(issued.value)}
        passwords = (B2C_PASSWORD, B2B_PASSWORD, NEW_PASSWORD, WRONG_PASSWORD)
        found[Kind.PASSWORD] |= {password.encode() for password in passwords}
        found[Kind.EMAIL] |= {email.encode() for email in {B2C_EMAIL, B2B_EMAIL, *typed_emails()}}
        found[Kind.SERVER_KEY] |= set(self._server_keys())
        found[Kind.REDIS_PASSWORD] |= set(redis_passwords(self.shop.settings.redis.url.reveal()))
        return found

    def of(self, place: Place) -> dict[Kind, set[bytes]]:
        """Return what must not stand in a place."""
        return {kind: values for kind, values in self.by_kind().items() if place not in PUBLIC_IN.get(kind, ())}

    def _server_keys(self) -> Iterator[bytes]:
        for key in self.shop.settings.sessions.keys:
            yield key.reveal()
            yield base64.urlsafe_b64encode(key.reveal()).rstrip(b"=")
        for derived in self.shop.services.ring.csrf_keys_oldest_first:
            yield derived.encode()


def typed_emails() -> Iterator[str]:
    """Return every address that a drive sends."""
    for body in (*BODIES.values(), *FORMS.values()):
        for value in (body or {}).values():
            if isinstance(value, str) and "@" in value:
                yield value


def parts_of(jwt: str) -> list[str]:
    """Return what tells something of a JWT: its claims and, where it has one, its signature."""
    _, claims, signature = jwt.split(".")
    return [part for part in (claims, signature) if part]


def redis_passwords(url: str) -> Iterator[bytes]:
    """Return the password of a Redis URL, wherever it stands there."""
    parts = urlsplit(url)
    for password in (unquote(parts.password or ""), *parse_qs(parts.query).get("password", ())):
        if password:
            yield password.encode()


def _sid(cookie: str) -> str:
    return SessionCookie(value=Secret(cookie)).sid
