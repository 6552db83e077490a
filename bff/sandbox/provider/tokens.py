"""Makes the provider's id and logout tokens, good ones and, when told to, wrong ones.

OpenID Connect Core 1.0 section 2; Back-Channel Logout 1.0 section 2.4. All of them go on the mint's list.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bff.sandbox.mint import Mint, TokenKind
from bff.sandbox.provider.book import Grant
from bff.sandbox.provider.issuer import Issuer
from bff.sandbox.provider.keys import KeyRing, Signing, SigningKey
from bff.sandbox.provider.settings import Person, ProviderSettings

Claims = Mapping[str, object]
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokenShape:
    """How a token differs from what it should be; logout tokens take it too."""

    claims: Mapping[str, object] = field(default_factory=dict)
    """Added or replaced; None leaves one out."""
    moments: Mapping[str, float] = field(default_factory=dict)
    """Claims that are points in time, as seconds from now."""
    headers: Mapping[str, object] = field(default_factory=dict)
    """The same as `claims`, for the JOSE header."""
    signing: Signing = Signing.RS256
    foreign_key: bool = False
    """Whether a key signs that the key set does not name."""
    embed_key: bool = False
    """Whether the header brings the public key along, as `jwk`."""
    borrow_kid: bool = False
    """Whether the header names the current key, whichever key signs."""
    filler_bytes: int = 0
    """Length of a claim without meaning."""


AS_IT_SHOULD_BE = IdTokenShape()


class TokenMaker:
    """Signs with the newest key of the ring; safe between threads."""

    def __init__(
        self,
        *,
        settings: ProviderSettings,
        issuer: Issuer,
        keys: KeyRing,
        mint: Mint,
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._issuer = issuer
        self._keys = keys
        self._mint = mint
        self._now = now
        self._lock = threading.Lock()
        self._planned: list[IdTokenShape] = []

    def shape_next(self, *shapes: IdTokenShape) -> None:
        """Give these shapes to the next id tokens that are issued for a code, one to each."""
        with self._lock:
            self._planned.extend(shapes)

    def id_token(self, grant: Grant) -> str:
        """Make the id token of a redeemed code, in the shape planned for it."""
        with self._lock:
            shape = self._planned.pop(0) if self._planned else AS_IT_SHOULD_BE
        claims = {
            **described(grant.session.person, grant.request.scope),
            "nonce": grant.request.nonce,
            "sid": grant.session.sid,
            "auth_time": int(grant.session.authenticated_at),
        }
        return self.make_id_token(claims, shape)

    def make_id_token(self, claims: Claims, shape: IdTokenShape, key: SigningKey | None = None) -> str:
        """Make any id token: the usual claims, then these, then the shape's."""
        whole = {**self._usual(self._settings.id_token_seconds), **claims}
        return self._made(TokenKind.SOCIAL_ID, {"typ": "JWT"}, whole, shape, key)

    def make_logout_token(self, claims: Claims, shape: IdTokenShape, key: SigningKey | None = None) -> str:
        """Make any logout token, in the same way."""
        usual = {
            **self._usual(self._settings.logout_token_seconds),
            "jti": secrets.token_urlsafe(16),
            "events": {_LOGOUT_EVENT: {}},
        }
        return self._made(TokenKind.LOGOUT, {"typ": "logout+jwt"}, {**usual, **claims}, shape, key)

    def _usual(self, seconds: int) -> dict[str, object]:
        now = int(self._now())
        return {"iss": self._issuer.url, "aud": self._settings.client_id, "iat": now, "exp": now + seconds}

    def _made(
        self, kind: TokenKind, headers: Claims, claims: Claims, shape: IdTokenShape, key: SigningKey | None
    ) -> str:
        now = int(self._now())
        claims = {**claims, **shape.claims, **{name: now + seconds for name, seconds in shape.moments.items()}}
        if shape.filler_bytes:
            claims["filler"] = "x" * shape.filler_bytes
        signer = key or (self._keys.foreign if shape.foreign_key else self._keys.current)
        more: dict[str, object] = {**headers}
        if shape.borrow_kid:
            more["kid"] = self._keys.current.kid
        if shape.embed_key:
            more["jwk"] = signer.public_jwk
        return self._mint.record(kind, signer.jwt({**more, **shape.headers}, claims, shape.signing))


def described(person: Person, scope: tuple[str, ...]) -> dict[str, object]:
    """Return the claims about a person that the scope allows."""
    claims: dict[str, object] = {"sub": person.subject}
    if "profile" in scope:
        claims |= {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    if "email" in scope:
        claims |= {"email": person.email, "email_verified": person.email_verified}
    return claims
