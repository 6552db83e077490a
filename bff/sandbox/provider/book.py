"""The provider's sessions, and the codes and access tokens that it has issued. Knows no HTTP.

A code is good for one use, by a client that shows what it was bound to (RFC 6749 4.1.3, RFC 7636 4.6); a second use
takes back what the first one got.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bff.sandbox.mint import Mint, TokenKind
from bff.sandbox.provider.settings import Person, ProviderSettings

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSession:
    """One browser's sign-in at the provider."""

    sid: str
    """What tokens call it; the cookie has another value."""
    person: Person
    authenticated_at: float
    """Unix seconds; moves when the person is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """What a code is bound to, and what its tokens have to say."""

    redirect_uri: str
    code_challenge: str
    nonce: str
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code, or an access token got for it, stands for."""

    request: CodeRequest
    session: ProviderSession
    """As it was when the code was issued."""


@dataclass(slots=True, kw_only=True)
class _Code:
    grant: Grant
    ends_at: float
    spent: bool = False
    access_token: str | None = None


class Book:
    """Everything the provider remembers; safe between threads."""

    def __init__(self, *, settings: ProviderSettings, mint: Mint, now: Callable[[], float]) -> None:
        self._settings = settings
        self._mint = mint
        self._now = now
        self._lock = threading.Lock()
        self._sessions: dict[str, ProviderSession] = {}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Grant, float]] = {}

    @property
    def sessions(self) -> tuple[ProviderSession, ...]:
        """Every live session, oldest first."""
        with self._lock:
            return tuple(self._sessions.values())

    def session(self, cookie: str | None) -> ProviderSession | None:
        """Return the session of a cookie."""
        with self._lock:
            return self._sessions.get(cookie or "")

    def sign_in(self, person: Person, *, cookie: str | None) -> tuple[str, ProviderSession]:
        """Sign a browser in, and return its new cookie too; the same person again keeps the `sid`.

        :param cookie: what the browser had so far; good for nothing from now on
        """
        with self._lock:
            before = self._sessions.pop(cookie or "", None)
            same = before is not None and before.person == person
            session = ProviderSession(
                sid=before.sid if before and same else self._mint.opaque(TokenKind.PROVIDER_SESSION_ID),
                person=person,
                authenticated_at=self._now(),
            )
            value = self._mint.opaque(TokenKind.PROVIDER_COOKIE)
            self._sessions[value] = session
            return value, session

    def sign_out(self, cookie: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(cookie, None)

    def issue_code(self, request: CodeRequest, session: ProviderSession) -> str:
        """Make a code."""
        code = self._mint.opaque(TokenKind.SOCIAL_CODE)
        grant = Grant(request=request, session=session)
        with self._lock:
            self._codes[code] = _Code(grant=grant, ends_at=self._now() + self._settings.code_seconds)
        return code

    def spend_code(self, code: str, *, redirect_uri: str, code_verifier: str) -> tuple[str, Grant] | None:
        """Trade a code for an access token; None if it is refused. It is spent whatever comes out."""
        with self._lock:
            entry = self._codes.get(code)
            if entry is None:
                return None
            if entry.spent:
                self._access.pop(entry.access_token or "", None)
                return None
            entry.spent = True
            bound_to = entry.grant.request
            if (
                self._now() >= entry.ends_at
                or redirect_uri != bound_to.redirect_uri
                or not _opens(bound_to.code_challenge, code_verifier)
            ):
                return None
            self._mint.record(TokenKind.CODE_VERIFIER, code_verifier)
            token = self._mint.opaque(TokenKind.SOCIAL_ACCESS)
            entry.access_token = token
            self._access[token] = entry.grant, self._now() + self._settings.access_token_seconds
            return token, entry.grant

    def granted(self, access_token: str | None) -> Grant | None:
        """Return what an access token stands for; None if it is unknown, expired or taken back."""
        with self._lock:
            grant, ends_at = self._access.get(access_token or "", (None, 0.0))
            return grant if self._now() < ends_at else None


def _opens(challenge: str, verifier: str) -> bool:
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())
