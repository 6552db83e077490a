"""The session cookie's value: 256 random bits and nothing else (bff/docs/security.md, 'The session cookie').

Redis never sees the value, only its hash. What is derived from it needs no record and no key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from bff.crypto import digest, random_text
from bff.secret import Secret

_SHAPE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""The last character carries four bits; another one would be a second text for the same value."""


@dataclass(frozen=True, kw_only=True)
class SessionCookie:
    """A cookie value as it came or as it will be sent; it may be malformed and still carry a CSRF token."""

    value: Secret[str]

    @classmethod
    def fresh(cls) -> SessionCookie:
        """Make a value that no browser has seen yet."""
        return cls(value=Secret(random_text()))

    @cached_property
    def is_well_formed(self) -> bool:
        """Whether a record may exist for it: 32 bytes in canonical unpadded base64url, so one text per value."""
        return _SHAPE.fullmatch(self.value.reveal()) is not None

    @cached_property
    def sid(self) -> str:
        """The session's name in Redis (hex); tells nothing about the cookie."""
        return digest(b"bff/sid", self.key_material).hex()

    @cached_property
    def csrf_secret(self) -> str:
        """What CSRF tokens of this browser are bound to (hex); needs no record, so it outlives the session."""
        return digest(b"bff/csrf", self.key_material).hex()

    @property
    def key_material(self) -> bytes:
        """The bytes that, joined with a server key, open this session's records."""
        return self.value.reveal().encode("utf-8", "surrogateescape")
