"""Reads Emporix's token replies into token sets. Nothing of a reply goes anywhere else.

snake_case first, the older camelCase as fallback; numbers may come as strings (social login); an anonymous reply
says `sessionId`, a customer's `session_id`, and some say neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bff.errors import UpstreamMalformed
from bff.secret import Secret
from bff.sessions.model import CustomerTokens, TokenSet

_LONGEST_SECONDS = 10 * 365 * 86400.0
"""What a refresh token without a stated end is taken for: upstream will say when it is dead."""


def anonymous_tokens(
    operation: str, reply: Mapping[str, Any], now: float, previous: TokenSet | None = None
) -> TokenSet:
    """Return a guest's tokens; what a refresh leaves out is kept from `previous`.

    :raises UpstreamMalformed: a field that nothing works without is missing
    """
    access, lifetime = _access(operation, reply)
    refresh, refresh_ends = _refresh(reply, now, previous)
    return TokenSet(
        access=access,
        access_expires_at=now + lifetime,
        access_lifetime_seconds=lifetime,
        refresh=refresh,
        refresh_expires_at=refresh_ends,
        session_id=_session_id(reply) or (previous.session_id if previous else None),
    )


def customer_tokens(
    operation: str,
    reply: Mapping[str, Any],
    now: float,
    *,
    session_id: Secret[str] | None,
    legal_entity_id: str | None = None,
    previous: CustomerTokens | None = None,
) -> CustomerTokens:
    """Return a customer's tokens; what a refresh leaves out (the saas token, always) is kept from `previous`.

    :raises UpstreamMalformed: a field that nothing works without is missing
    """
    access, lifetime = _access(operation, reply)
    refresh, refresh_ends = _refresh(reply, now, previous)
    return CustomerTokens(
        access=access,
        access_expires_at=now + lifetime,
        access_lifetime_seconds=lifetime,
        refresh=refresh,
        refresh_expires_at=refresh_ends,
        session_id=_session_id(reply) or session_id,
        saas=_text(reply, "saas_token", "saasToken") or (previous.saas if previous else None),
        legal_entity_id=legal_entity_id,
    )


def access_of(reply: Mapping[str, Any]) -> Secret[str] | None:
    """Return the access token of a reply that is not whole enough to be used."""
    return _text(reply, "access_token", "accessToken")


def is_initial_password(reply: Mapping[str, Any]) -> bool:
    """Tell whether an employee set the password; the schema says string, the examples boolean."""
    value = reply.get("initialPassword")
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _access(operation: str, reply: Mapping[str, Any]) -> tuple[Secret[str], float]:
    access = _text(reply, "access_token", "accessToken")
    lifetime = _seconds(reply, "expires_in", "expiresIn")
    if access is None or lifetime is None:
        raise UpstreamMalformed(operation, "the reply lacks the access token or its lifetime")
    return access, lifetime


def _refresh(reply: Mapping[str, Any], now: float, previous: TokenSet | None) -> tuple[Secret[str] | None, float]:
    refresh = _text(reply, "refresh_token", "refreshToken")
    if refresh is None:
        return (previous.refresh, previous.refresh_expires_at) if previous else (None, 0.0)
    lifetime = _seconds(reply, "refresh_token_expires_in", "refreshTokenExpiresIn")
    return refresh, now + (_LONGEST_SECONDS if lifetime is None else lifetime)


def _session_id(reply: Mapping[str, Any]) -> Secret[str] | None:
    return _text(reply, "session_id", "sessionId")


def _text(reply: Mapping[str, Any], *names: str) -> Secret[str] | None:
    for name in names:
        value = reply.get(name)
        # A header cannot carry other characters, a query value none but these, and no token has them.
        if isinstance(value, str) and value.isascii() and value.isprintable() and value and " " not in value:
            return Secret(value)
    return None


def _seconds(reply: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = reply.get(name)
        if value is None or isinstance(value, bool):
            continue
        try:
            seconds = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
        if math.isfinite(seconds) and seconds > 0:
            return min(seconds, _LONGEST_SECONDS)
    return None
