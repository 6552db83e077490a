"""The provider's RSA keys, and compact JWTs signed with them or, on purpose, wrongly (RFC 7515, 7517, 7518).

Written out instead of left to a JOSE library, because such a library refuses to make most of the forgeries here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KEY_BITS = 2048


class Signing(Enum):
    """What a JWT is signed with."""

    RS256 = "RS256"
    """The key, as it should be."""
    NONE = "none"
    """Nothing: the last part is empty."""
    HS256_OF_PUBLIC_KEY = "HS256"
    """The public key's PEM, taken for a shared secret."""
    DAMAGED = "damaged"
    """The key, but one bit of the signature is turned."""


class SigningKey:
    """One RSA key pair with its `kid`."""

    def __init__(self, kid: str | None = None) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        self.kid = kid or secrets.token_urlsafe(12)

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half, as an entry of a key set."""
        numbers = self._private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": _base64url(numbers.e.to_bytes(3, "big")),
        }

    @property
    def public_pem(self) -> bytes:
        """The public half, as a PEM file has it."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwt(self, headers: Mapping[str, object], claims: Mapping[str, object], signing: Signing) -> str:
        """Make a JWT; `alg` and `kid` give way to what the headers say. None leaves a header or claim out."""
        algorithm = "RS256" if signing is Signing.DAMAGED else signing.value
        headers = {"alg": algorithm, "kid": self.kid, **headers}
        signed = f"{_encoded(headers)}.{_encoded(claims)}"
        return f"{signed}.{_base64url(self._signature(signed.encode(), signing))}"

    def verified(self, token: str) -> dict[str, object] | None:
        """Return the claims of a JWT that this key has signed with RS256; None for any other text."""
        signed, _, signature = token.rpartition(".")
        try:
            self._private.public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), SHA256())
            claims = json.loads(_decoded(signed.partition(".")[2]))
        except (InvalidSignature, ValueError):
            return None
        return claims if isinstance(claims, dict) else None

    def _signature(self, signed: bytes, signing: Signing) -> bytes:
        if signing is Signing.NONE:
            return b""
        if signing is Signing.HS256_OF_PUBLIC_KEY:
            return hmac.new(self.public_pem, signed, hashlib.sha256).digest()
        signature = self._private.sign(signed, padding.PKCS1v15(), SHA256())
        if signing is Signing.DAMAGED:
            return bytes([signature[0] ^ 1]) + signature[1:]
        return signature


class KeyRing:
    """The keys in force, newest first, and one that never was; safe between threads."""

    def __init__(self, first: SigningKey | None = None) -> None:
        self._lock = threading.Lock()
        self._keys = [first or SigningKey()]
        self._foreign: SigningKey | None = None
        self.names_keys = True
        """Whether the key set gives each key its `kid`, as it may (RFC 7517 4.5)."""

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        with self._lock:
            return self._keys[0]

    @property
    def foreign(self) -> SigningKey:
        """A key that the key set never names, as a forger has it."""
        with self._lock:
            if self._foreign is None:
                self._foreign = SigningKey()
            return self._foreign

    @property
    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """The public key set."""
        with self._lock:
            whole = [key.public_jwk for key in self._keys]
        left_out = () if self.names_keys else ("kid",)
        return {"keys": [{name: value for name, value in key.items() if name not in left_out} for key in whole]}

    def rotate(self, *, keep_old: bool, keep_kid: bool = False) -> None:
        """Sign with a new key from now on.

        :param keep_old: the key set still names the others
        :param keep_kid: the new key has the name of the last one
        """
        new = SigningKey(self.current.kid if keep_kid else None)
        with self._lock:
            self._keys = [new, *(self._keys if keep_old else [])]

    def verified(self, token: str) -> dict[str, object] | None:
        """Return the claims of a JWT that any key in force has signed; None for any other text."""
        with self._lock:
            keys = tuple(self._keys)
        return next((claims for key in keys if (claims := key.verified(token)) is not None), None)


def _encoded(part: Mapping[str, object]) -> str:
    left = {name: value for name, value in part.items() if value is not None}
    return _base64url(json.dumps(left, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
