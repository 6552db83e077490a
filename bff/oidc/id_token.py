"""Id tokens and logout tokens, believed only after everything about them was checked.

OpenID Connect Core 3.1.3.7 and Back-Channel Logout 2.6. The algorithms are pinned here and never taken from the
token (RFC 8725 3.1); keys come from the issuer's document alone, never from a token's header. Authlib and joserfc judge
the claims that their standards define; what this module demands beyond them is written here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import Key, KeySet

from bff.errors import IdTokenInvalid

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
MAX_TOKEN_CHARACTERS: Final = 16 * 1024
LEEWAY_SECONDS: Final = 60
MAX_LOGOUT_AGE_SECONDS: Final = 300
_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"

_MOST_KEYS: Final = 16
"""That one signature is checked with; a logout token may come from any sender, and each check costs."""

Keys = Callable[[str | None], KeySet]
"""Gives the issuer's keys; they are fetched anew if the one that is named is unknown."""
NewerKeys = Callable[[KeySet], KeySet | None]
"""Gives the issuer's keys as they are by now, after a signature that none of these has made; None: they cannot be had,
or were asked for a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What every token must say."""

    issuer: str
    client_id: str
    now: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """What is kept of an id token: who it is, by `iss` and `sub` together, and in which of the issuer's sessions."""

    issuer: str
    subject: str
    sid: str | None
    auth_time: float | None
    """Unix seconds of the sign-in at the issuer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutToken:
    """What the issuer has ended: the session `sid`, or every session of `subject`."""

    issuer: str
    subject: str | None
    sid: str | None
    jti: str


def read_id_token(
    token: str, keys: Keys, expected: Expected, *, nonce: str, newer: NewerKeys = lambda known: None
) -> IdToken:
    """Verify an id token and return what is kept of it.

    :raises IdTokenInvalid: anything about it is wrong; the text names the claim, or the part of the token
    :raises IdentityProviderUnavailable: there are no keys to check it with
    """
    claims = _claims(CodeIDToken, token, keys, newer, expected, types=("JWT", None), nonce=nonce)
    # Apple and others send the text.
    verified = claims.get("email_verified")
    if "email" in claims and verified is not True and verified != "true":
        # Emporix matches customers by e-mail: an address that was never proved would open another customer's account.
        raise IdTokenInvalid("email_verified")
    sid = claims.get("sid")
    return IdToken(
        issuer=expected.issuer,
        subject=_text(claims, "sub"),
        sid=sid if isinstance(sid, str) else None,
        auth_time=_time(claims.get("auth_time")),
    )


def read_logout_token(
    token: str, keys: Keys, expected: Expected, *, newer: NewerKeys = lambda known: None
) -> LogoutToken:
    """Verify a logout token; whether its `jti` was seen before is the caller's to check.

    :raises IdTokenInvalid: anything about it is wrong; the text names the claim, or the part of the token
    :raises IdentityProviderUnavailable: there are no keys to check it with
    """
    claims = _claims(JWTClaims, token, keys, newer, expected, types=("logout+jwt", None))
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise IdTokenInvalid("events")
    if "nonce" in claims:
        raise IdTokenInvalid("nonce")
    if claims["iat"] < int(expected.now) - MAX_LOGOUT_AGE_SECONDS - LEEWAY_SECONDS:
        raise IdTokenInvalid("iat")
    subject, sid = claims.get("sub"), claims.get("sid")
    if not isinstance(subject, str) and not isinstance(sid, str):
        raise IdTokenInvalid("sub")
    return LogoutToken(
        issuer=expected.issuer,
        subject=subject if isinstance(subject, str) else None,
        sid=sid if isinstance(sid, str) else None,
        jti=_text(claims, "jti"),
    )


def _claims(
    kind: type[JWTClaims],
    token: str,
    keys: Keys,
    newer: NewerKeys,
    expected: Expected,
    *,
    types: tuple[str | None, ...],
    nonce: str | None = None,
) -> dict[str, Any]:
    """Return the claims of a token that the issuer signed for us and that is good now."""
    if not token or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise IdTokenInvalid("size")
    header = _header(token)
    if header.get("alg") not in ALGORITHMS:
        raise IdTokenInvalid("alg")
    if header.get("typ") not in types:
        raise IdTokenInvalid("typ")
    kid = header.get("kid")
    known = keys(kid if isinstance(kid, str) else None)
    decoded = _signed_claims(token, header, known)
    if decoded is None and (changed := newer(known)) is not None:
        # The issuer may have changed a key and kept its name, or names none.
        decoded = _signed_claims(token, header, changed)
    if decoded is None:
        raise IdTokenInvalid("signature")
    values = {"iss": expected.issuer, "aud": expected.client_id, "exp": None, "iat": None}
    # Authlib compares the nonce exactly, but only where one is expected that is not empty.
    values |= {} if nonce is None else {"nonce": nonce}
    options = {name: {"essential": True, "value": value} for name, value in values.items()}
    claims = kind(decoded, header, options, {"client_id": expected.client_id, "nonce": nonce})
    try:
        claims.validate(int(expected.now), LEEWAY_SECONDS)
    except ClaimError as err:
        raise IdTokenInvalid(err.claim) from None
    # Stricter than Authlib (OpenID Connect Core 3.1.3.7, 4 and 5): for logout tokens too, and whatever stands in it.
    if ((isinstance(claims["aud"], list) and len(claims["aud"]) > 1) or "azp" in claims) and (
        claims.get("azp") != expected.client_id
    ):
        raise IdTokenInvalid("azp")
    if _time(claims["exp"]) is None:
        raise IdTokenInvalid("exp")
    return dict(claims)


def _signed_claims(token: str, header: Mapping[str, Any], keys: KeySet) -> dict[str, Any] | None:
    """Return the claims, if one of the keys that may have signed them did."""
    for key in _candidates(header, keys)[:_MOST_KEYS]:
        with suppress(JoseError, ValueError, TypeError, KeyError):
            return jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
    return None


def _candidates(header: Mapping[str, Any], keys: KeySet) -> list[Key]:
    """Return the keys under the token's `kid`; where it has none, all; where none is under it, those without (RFC 7515
    4.1.4 and RFC 7517 4.5: both names are optional).
    """
    fitting = [key for key in keys.keys if key.get("alg") in (None, header["alg"])]
    kid = header.get("kid")
    if kid is None:
        return fitting
    # joserfc names a key without a name by its thumbprint.
    return [k for k in fitting if k.kid == kid] or [k for k in fitting if k.kid == k.thumbprint()]


def _header(token: str) -> Mapping[str, Any]:
    first = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        raise IdTokenInvalid("header") from None
    if not isinstance(header, dict):
        raise IdTokenInvalid("header")
    return header


def _time(value: Any) -> float | None:
    """Return Unix seconds; None for what is no number, and for one that no clock shows (NaN, infinity, 10**400)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
    return float(value) if is_number else None


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or len(value) > 255:
        raise IdTokenInvalid(name)
    return value
