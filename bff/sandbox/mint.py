"""Where every secret of the sandbox is made, so that a test can search for each of them anywhere.

Opaque values start with a marker that no other text has. JWTs cannot; they are on the list of what was
issued, as the opaque ones are. JWTs are signed with HS256 (RFC 7519, RFC 7518 3.2) under a key of no use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

MARKER = "emxsbx"
_ALPHABET = string.ascii_letters + string.digits
_RANDOM_CHARACTERS = 32


class TokenKind(Enum):
    """What a value is good for."""

    ANONYMOUS_ACCESS = "anonymous_access"
    ANONYMOUS_REFRESH = "anonymous_refresh"
    CUSTOMER_ACCESS = "customer_access"
    CUSTOMER_REFRESH = "customer_refresh"
    SAAS = "saas"
    SESSION_ID = "session_id"
    MAILED = "mailed"
    SOCIAL_ACCESS = "social_access"
    SOCIAL_ID = "social_id"
    SOCIAL_CODE = "social_code"
    CODE_VERIFIER = "code_verifier"
    """Made by the client that asked for the code; listed once it has redeemed the code."""
    PROVIDER_COOKIE = "provider_cookie"
    PROVIDER_SESSION_ID = "provider_session_id"
    """`sid` of the id and logout tokens."""
    LOGOUT = "logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One value that was handed out."""

    kind: TokenKind
    value: str


class Mint:
    """Makes secrets and remembers each; safe to share between threads and between stand-ins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._issued: list[Issued] = []
        self._key = secrets.token_bytes(32)

    @property
    def issued(self) -> tuple[Issued, ...]:
        """Everything made so far, oldest first."""
        with self._lock:
            return tuple(self._issued)

    def opaque(self, kind: TokenKind) -> str:
        """Make a value that means nothing to its holder."""
        return self.record(kind, MARKER + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS)))

    def jwt(self, kind: TokenKind, claims: Mapping[str, object]) -> str:
        """Make a signed JWT of these claims."""
        signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        signature = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        return self.record(kind, f"{signed}.{_base64url(signature)}")

    def record(self, kind: TokenKind, value: str) -> str:
        """Put a value that was not made here on the list, and return it."""
        with self._lock:
            self._issued.append(Issued(kind=kind, value=value))
        return value


def _encoded(part: Mapping[str, object]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
