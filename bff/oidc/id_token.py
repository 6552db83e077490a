"""Id tokens and logout tokens, believed only after everything about them was checked.

OpenID Connect Core 3.1.3.7 and Back-Channel Logout 2.6. The algorithms are pinned here and never taken from the
token; keys come from the issuer's document alone, never from a token's header.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bff.errors import IdTokenInvalid

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
MAX_TOKEN_CHARACTERS: Final = 16 * 1024
LEEWAY_SECONDS: Final = 60
MAX_LOGOUT_AGE_SECONDS: Final = 300
_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"

Keys = Callable[[str | None], KeySet]
"""Gives the issuer's keys, fetched anew if the one that is named is unknown."""


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
    """Whose sessions, or which, the issuer has ended."""

    issuer: str
    subject: str | None
    sid: str | None
    jti: str


def read_id_token(token: str, keys: Keys, expected: Expected, *, nonce: str) -> IdToken:
    """Verify an id token and return what is kept of it.

    :raises IdTokenInvalid: anything about it is wrong
    :raises IdentityProviderUnavailable: there are no keys to check it with
    """
    claims = _claims(token, keys, expected, types=("JWT", None))
    if claims.get("nonce") != nonce:
        raise IdTokenInvalid("nonce")
    if "email" in claims and claims.get("email_verified") is not True:
        # Emporix matches customers by e-mail: an address nobody has proved would open somebody else's account.
        raise IdTokenInvalid("email_verified")
    auth_time = claims.get("auth_time")
    return IdToken(
        issuer=expected.issuer,
        subject=_text(claims, "sub"),
        sid=claims.get("sid") if isinstance(claims.get("sid"), str) else None,
        auth_time=float(auth_time) if auth_time is not None and _is_number(auth_time) else None,
    )


def read_logout_token(token: str, keys: Keys, expected: Expected) -> LogoutToken:
    """Verify a logout token; whether its `jti` was seen before is the caller's to check.

    :raises IdTokenInvalid: anything about it is wrong
    :raises IdentityProviderUnavailable: there are no keys to check it with
    """
    claims = _claims(token, keys, expected, types=("logout+jwt", None))
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise IdTokenInvalid("events")
    if "nonce" in claims:
        raise IdTokenInvalid("nonce")
    if expected.now - claims["iat"] > MAX_LOGOUT_AGE_SECONDS + LEEWAY_SECONDS:
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


def _claims(token: str, keys: Keys, expected: Expected, *, types: tuple[str | None, ...]) -> Mapping[str, Any]:
    if not token or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
        raise IdTokenInvalid("size")
    header = _header(token)
    if header.get("alg") not in ALGORITHMS:
        raise IdTokenInvalid("alg")
    if header.get("typ") not in types:
        raise IdTokenInvalid("typ")
    kid = header.get("kid")
    found = keys(kid if isinstance(kid, str) else None)
    try:
        claims: Mapping[str, Any] = jwt.decode(token, found, algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise IdTokenInvalid("signature") from None
    _check_claims(claims, expected)
    return claims


def _header(token: str) -> Mapping[str, Any]:
    first = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        raise IdTokenInvalid("header") from None
    if not isinstance(header, dict):
        raise IdTokenInvalid("header")
    return header


def _check_claims(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise IdTokenInvalid("iss")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or expected.client_id not in audiences:
        raise IdTokenInvalid("aud")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise IdTokenInvalid("azp")
    for name in ("exp", "iat"):
        if not _is_number(claims.get(name)):
            raise IdTokenInvalid(name)
    if expected.now >= claims["exp"] + LEEWAY_SECONDS:
        raise IdTokenInvalid("exp")
    if claims["iat"] > expected.now + LEEWAY_SECONDS:
        raise IdTokenInvalid("iat")
    not_before = claims.get("nbf", 0)
    if not _is_number(not_before) or not_before > expected.now + LEEWAY_SECONDS:
        raise IdTokenInvalid("nbf")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e12


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or len(value) > 255:
        raise IdTokenInvalid(name)
    return value
