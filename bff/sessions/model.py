"""What a session holds, as values: the web record that pages may see, and the token vault that they may not.

Both are plain data with a JSON form. They are separate records, so that saving the one can never overwrite
fresher tokens in the other, and so that nothing templates can read holds a token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from bff.secret import Secret

DUE_AT_MOST_SECONDS = 300.0
DUE_SHARE_OF_LIFETIME = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntity:
    """A company that a B2B customer may act for."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who is signed in, as `GET /me` told at sign-in; never as it was typed or claimed."""

    id: str
    email: str | None
    """The sign-in e-mail (`accounts[].id`), not the contact e-mail."""
    first_name: str | None
    last_name: str | None
    language: str | None
    legal_entities: tuple[LegalEntity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialIdentity:
    """Whom an identity provider names: the issuer and its subject together, never an e-mail."""

    issuer: str
    subject: str
    sid: str | None
    """The provider's own session; it hints at which one to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Which customer is signed in, and since when."""

    customer: Customer
    since: float
    """Unix seconds; the lifetime counts from here and nothing moves it."""
    authenticated_at: float
    """Unix seconds of the last proof of identity; a re-authentication moves it."""
    until: float | None = None
    """Unix seconds at which the lifetime ends, as it was configured at the sign-in; a shorter one of today counts too.

    A longer one must not: the index of whose session this is has forgotten it by then.
    """
    initial_password: bool = False
    """An employee set the password: the customer should choose one."""
    social: SocialIdentity | None = None
    """None: signed in with a password."""

    def ends_at(self, lifetime_seconds: int) -> float:
        """Return when the lifetime ends, in Unix seconds, with what is configured now."""
        end = self.since + lifetime_seconds
        return end if self.until is None else min(end, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRecord:
    """What pages and `flask.session` see."""

    created: float
    """Unix seconds."""
    signed_in: SignedIn | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """JSON values that pages keep between two requests; no token ever."""
    logins: tuple[Mapping[str, Any], ...] = ()
    """Social sign-ins under way; out of `flask.session`'s reach, since a verifier is among them."""
    password_reset_at: float | None = None
    """Unix seconds. This browser set a password with a mailed link, which does not tell whose it was; the next sign-in
    with a password does."""
    former_sid: str | None = None
    """Name of the cookie that this browser had before, while it is a guest's: it may be known by that one."""
    language: str | None = None
    """Code of the language that the visitor has chosen for our pages, if any; it stays through sign-in and sign-out."""

    def with_customer(self, customer: Customer) -> WebRecord:
        """Return the record with what is newly known of who is signed in."""
        return self if self.signed_in is None else replace(self, signed_in=replace(self.signed_in, customer=customer))

    def with_own_password(self, now: float) -> WebRecord:
        """Return the record of who has chosen a password, and has given the one until then."""
        if self.signed_in is None:
            return self
        return replace(self, signed_in=replace(self.signed_in, initial_password=False, authenticated_at=now))

    def to_json(self) -> bytes:
        """Return the record's stored form."""
        body: dict[str, Any] = {"created": self.created, "data": dict(self.data)}
        if self.logins:
            body["logins"] = [dict(login) for login in self.logins]
        if self.password_reset_at is not None:
            body["passwordResetAt"] = self.password_reset_at
        if self.former_sid is not None:
            body["formerSid"] = self.former_sid
        if self.language is not None:
            body["language"] = self.language
        if self.signed_in is not None:
            who = self.signed_in
            body["signedIn"] = {
                "id": who.customer.id,
                "email": who.customer.email,
                "firstName": who.customer.first_name,
                "lastName": who.customer.last_name,
                "language": who.customer.language,
                "legalEntities": [[entity.id, entity.name] for entity in who.customer.legal_entities],
                "since": who.since,
                "authenticatedAt": who.authenticated_at,
                "until": who.until,
                "initialPassword": who.initial_password,
            }
            if who.social is not None:
                body["signedIn"]["social"] = [who.social.issuer, who.social.subject, who.social.sid]
        return json.dumps(body, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> WebRecord:
        """Read the stored form back."""
        body = json.loads(text.decode())
        stored = body.get("signedIn")
        signed_in = None
        if stored is not None:
            customer = Customer(
                id=stored["id"],
                email=stored["email"],
                first_name=stored["firstName"],
                last_name=stored["lastName"],
                language=stored["language"],
                legal_entities=tuple(LegalEntity(id=i, name=n) for i, n in stored["legalEntities"]),
            )
            signed_in = SignedIn(
                customer=customer,
                since=stored["since"],
                authenticated_at=stored["authenticatedAt"],
                until=stored.get("until"),
                initial_password=stored["initialPassword"],
                social=_social(stored.get("social")),
            )
        return cls(
            created=body["created"],
            signed_in=signed_in,
            data=body["data"],
            logins=tuple(body.get("logins", ())),
            password_reset_at=body.get("passwordResetAt"),
            former_sid=body.get("formerSid"),
            language=body.get("language"),
        )


class HeldKind(Enum):
    """What of the vault must not leave the server, in the audit log's words."""

    ACCESS = "access"
    REFRESH = "refresh"
    SAAS = "saas"
    SESSION_ID = "session id"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """An access token and what renews it; all times are Unix seconds."""

    access: Secret[str]
    access_expires_at: float
    access_lifetime_seconds: float
    """As issued; decides how long before its end the token is due."""
    refresh: Secret[str] | None
    """None: there is none, or upstream has refused it."""
    refresh_expires_at: float
    session_id: Secret[str] | None
    """Emporix's session: the guest's cart hangs on it."""
    retry_at: float = 0.0
    """Until then no further refresh is tried: the last one's outcome is not known."""

    def alive(self, now: float) -> bool:
        """Tell whether the access token has not reached its end."""
        return now < self.access_expires_at

    def due(self, now: float) -> bool:
        """Tell whether it is time to renew, while the token still serves if renewing brings no answer."""
        if now < self.retry_at and self.alive(now):
            return False
        ahead = min(DUE_AT_MOST_SECONDS, self.access_lifetime_seconds * DUE_SHARE_OF_LIFETIME)
        return now >= self.access_expires_at - ahead

    def renewable(self, now: float) -> bool:
        """Tell whether there is a refresh token that is worth sending."""
        return self.refresh is not None and now < self.refresh_expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTokens(TokenSet):
    """A signed-in customer's tokens."""

    saas: Secret[str] | None
    """The JWT for checkout; kept through refreshes, which do not bring a new one."""
    legal_entity_id: str | None
    """The company the access token is bound to; resent on every refresh, or the binding is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCart:
    """A guest's cart that has to go into the cart of the customer who has signed in; all times are Unix seconds."""

    until: float
    """From then on it is left where it is."""
    id: str | None = None
    """None: not known yet; the guest's token finds it."""
    retry_at: float = 0.0
    """Until then no request tries: one is at it, or has just failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """All tokens of one session, and what is still to do with them; only those who hand them out look inside."""

    anonymous: TokenSet | None = None
    customer: CustomerTokens | None = None
    cart: PendingCart | None = None
    """None: there is no guest's cart that waits, as in nearly every session."""

    def with_anonymous(self, tokens: TokenSet | None) -> Vault:
        """Return the vault with another anonymous set."""
        return replace(self, anonymous=tokens)

    def with_customer(self, tokens: CustomerTokens | None) -> Vault:
        """Return the vault with another customer set; without one, no cart waits for its customer."""
        return replace(self, customer=tokens, cart=None if tokens is None else self.cart)

    def with_cart(self, cart: PendingCart | None) -> Vault:
        """Return the vault with another cart that waits, or none."""
        return replace(self, cart=cart)

    def held(self) -> Iterator[tuple[HeldKind, Secret[str]]]:
        """Give everything in it that must not leave the server."""
        for tokens in (self.customer, self.anonymous):
            if tokens is None:
                continue
            yield HeldKind.ACCESS, tokens.access
            if tokens.refresh is not None:
                yield HeldKind.REFRESH, tokens.refresh
            if tokens.session_id is not None:
                yield HeldKind.SESSION_ID, tokens.session_id
        if self.customer is not None and self.customer.saas is not None:
            yield HeldKind.SAAS, self.customer.saas

    def to_json(self) -> bytes:
        """Return the vault's stored form; it is sealed before it leaves the process."""
        body: dict[str, Any] = {}
        if self.anonymous is not None:
            body["anonymous"] = _token_set_body(self.anonymous)
        if self.customer is not None:
            body["customer"] = _token_set_body(self.customer) | {
                "saas": _shown(self.customer.saas),
                "legalEntityId": self.customer.legal_entity_id,
            }
        if self.cart is not None:
            body["cart"] = [self.cart.until, self.cart.id, self.cart.retry_at]
        return json.dumps(body, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Vault:
        """Read the stored form back."""
        body = json.loads(text.decode())
        anonymous, customer = body.get("anonymous"), body.get("customer")
        return cls(
            anonymous=TokenSet(**_token_set_fields(anonymous)) if anonymous else None,
            customer=CustomerTokens(
                **_token_set_fields(customer), saas=_hidden(customer["saas"]), legal_entity_id=customer["legalEntityId"]
            )
            if customer
            else None,
            cart=_cart(body.get("cart")),
        )


Records = tuple[WebRecord, Vault]
"""All that a session holds."""


def without_customer(web: WebRecord, vault: Vault) -> Records:
    """Return the records of a visitor who is a guest again; the cart's session stays."""
    return replace(web, signed_in=None, data={}), vault.with_customer(None)


def _social(stored: list[Any] | None) -> SocialIdentity | None:
    if stored is None:
        return None
    issuer, subject, sid = stored
    return SocialIdentity(issuer=issuer, subject=subject, sid=sid)


def _cart(stored: list[Any] | None) -> PendingCart | None:
    if stored is None:
        return None
    until, id, retry_at = stored
    return PendingCart(until=until, id=id, retry_at=retry_at)


def _token_set_body(tokens: TokenSet) -> dict[str, Any]:
    return {
        "access": tokens.access.reveal(),
        "accessExpiresAt": tokens.access_expires_at,
        "accessLifetime": tokens.access_lifetime_seconds,
        "refresh": _shown(tokens.refresh),
        "refreshExpiresAt": tokens.refresh_expires_at,
        "sessionId": _shown(tokens.session_id),
        "retryAt": tokens.retry_at,
    }


def _token_set_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "access": Secret(body["access"]),
        "access_expires_at": body["accessExpiresAt"],
        "access_lifetime_seconds": body["accessLifetime"],
        "refresh": _hidden(body["refresh"]),
        "refresh_expires_at": body["refreshExpiresAt"],
        "session_id": _hidden(body["sessionId"]),
        "retry_at": body["retryAt"],
    }


def _shown(value: Secret[str] | None) -> str | None:
    return None if value is None else value.reveal()


def _hidden(value: str | None) -> Secret[str] | None:
    return None if value is None else Secret(value)
