"""Random values, key derivation, authenticated encryption; only the audit imports a cryptography library besides.

Standards: AES-256-GCM (NIST SP 800-38D), HKDF-SHA-256 (RFC 5869), HMAC-SHA-256 (RFC 2104).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bff.secret import Secret

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_NUMBER_BYTES = 4
_NO_SALT = bytes(hashlib.sha256().digest_size)
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))
_FILL = bytes(hashlib.sha256().block_size - hashlib.sha256().digest_size)
"""Makes a block of a key that is as long as a digest."""


def random_text(size_bytes: int = KEY_BYTES) -> str:
    """Return `size_bytes` of randomness from the operating system as unpadded base64url."""
    return encode(secrets.token_bytes(size_bytes))


def encode(data: bytes) -> str:
    """Encode as base64url without padding (RFC 4648 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def digest(purpose: bytes, data: bytes) -> bytes:
    """Return SHA-256 of `data` under a fixed label, so that no two uses ever share a value."""
    return hashlib.sha256(purpose + data).digest()


def _mac(key: bytes, data: bytes) -> bytes:
    """Return the HMAC-SHA-256 of `data` under a key of 32 bytes; `hmac.digest` looks its algorithm up at each call."""
    block = key + _FILL
    inner = hashlib.sha256(block.translate(_INNER_PAD) + data).digest()
    return hashlib.sha256(block.translate(_OUTER_PAD) + inner).digest()


class ServerKey:
    """One key of the ring: everything that is sealed, signed or looked up under it is derived from it."""

    def __init__(self, key: Secret[bytes]) -> None:
        self._key = key
        self.number = digest(b"bff/key-number", key.reveal())[:KEY_NUMBER_BYTES]
        self._index_key = self._derive(b"bff/index", b"")
        self.csrf_key = encode(self._derive(b"bff/csrf-signing", b""))

    def seal(self, plain: bytes, *, purpose: bytes, cookie: bytes, bound_to: bytes) -> bytes:
        """Encrypt under this key and the browser's cookie together; return nonce and ciphertext.

        `bound_to` is authenticated but not stored: a record moved to another place does not open there.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._derive(purpose, cookie)).encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, *, purpose: bytes, cookie: bytes, bound_to: bytes) -> bytes | None:
        """Decrypt what `seal` made; None where key, cookie, place or bytes are not the same."""
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self._derive(purpose, cookie)).decrypt(nonce, text, bound_to)
        except (InvalidTag, ValueError):
            return None

    def name(self, kind: bytes, value: str) -> str:
        """Return the keyed hash (hex) under which something may be looked up without being stored."""
        return _mac(self._index_key, kind + b"\0" + value.encode()).hex()

    def _derive(self, purpose: bytes, cookie: bytes) -> bytes:
        # RFC 5869 without a salt, and with as much output as one block has: a tenth of what an object for it costs.
        return _mac(_mac(_NO_SALT, self._key.reveal() + cookie), purpose + b"\x01")


class KeyRing:
    """The server's keys, newest first: the newest seals, any opens."""

    def __init__(self, keys: Sequence[Secret[bytes]]) -> None:
        """Take the keys of the ring.

        :raises ValueError: there is no key
        """
        self._keys = tuple(ServerKey(key) for key in keys)
        if not self._keys:
            raise ValueError("a key ring needs at least one key")
        self._by_number = {key.number: key for key in reversed(self._keys)}

    @property
    def newest(self) -> ServerKey:
        """The key that seals and under which names are written."""
        return self._keys[0]

    def numbered(self, number: bytes) -> ServerKey | None:
        """Return the key with this number; None once it has left the ring."""
        return self._by_number.get(number)

    def names(self, kind: bytes, value: str) -> tuple[str, ...]:
        """Return the name of one thing under every key, newest first, for looking it up."""
        return tuple(key.name(kind, value) for key in self._keys)

    def seal(self, plain: bytes, *, purpose: bytes, bound_to: bytes) -> bytes:
        """Seal what is opened without a cookie, under the newest key alone."""
        key = self.newest
        return key.number + key.seal(plain, purpose=purpose, cookie=b"", bound_to=bound_to)

    def open(self, sealed: bytes, *, purpose: bytes, bound_to: bytes) -> bytes | None:
        """Open what `seal` made under any key of the ring; None for anything else."""
        key = self.numbered(sealed[:KEY_NUMBER_BYTES])
        if key is None:
            return None
        return key.open(sealed[KEY_NUMBER_BYTES:], purpose=purpose, cookie=b"", bound_to=bound_to)

    def seal_text(self, text: str, *, purpose: bytes, bound_to: bytes) -> str:
        """Seal what a page carries out and brings back, as `seal` does; URL-safe."""
        return encode(self.seal(text.encode(), purpose=purpose, bound_to=bound_to))

    def open_text(self, sealed: str, *, purpose: bytes, bound_to: bytes) -> str | None:
        """Open what `seal_text` made under any key of the ring; None for anything else."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except ValueError:
            return None
        plain = self.open(raw, purpose=purpose, bound_to=bound_to)
        return None if plain is None else plain.decode()

    @property
    def csrf_keys_oldest_first(self) -> list[str]:
        """Return signing keys in the order itsdangerous expects: the last one signs, any verifies."""
        return [key.csrf_key for key in reversed(self._keys)]
