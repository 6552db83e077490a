"""How a record lies in Redis: `format | key number | number of the write | nonce | ciphertext and tag`.

The first 25 bytes are its version. They differ after every write (its number grows by one, the nonce is random),
so comparing versions is comparing contents, without Redis being able to read any.
"""

from __future__ import annotations

from enum import Enum

from bff.crypto import KEY_NUMBER_BYTES, NONCE_BYTES, KeyRing
from bff.sessions.cookie import SessionCookie

_FORMAT = b"\x01"
_WRITE_NUMBER_BYTES = 8
_HEADER_BYTES = len(_FORMAT) + KEY_NUMBER_BYTES + _WRITE_NUMBER_BYTES
VERSION_BYTES = _HEADER_BYTES + NONCE_BYTES
NO_RECORD = b""
"""The version of a record that is not there."""


class RecordKind(Enum):
    """The two compartments of a session; each has a key of its own."""

    WEB = "web"
    TOKENS = "tokens"


class Sealer:
    """Seals records under the newest server key and the browser's cookie; opens under any key of the ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, plain: bytes, kind: RecordKind, cookie: SessionCookie, place: str, after: bytes) -> bytes:
        """Seal `plain` for the Redis key `place`, as the successor of the record whose version is `after`."""
        key = self._ring.newest
        number = int.from_bytes(after[1 + KEY_NUMBER_BYTES : _HEADER_BYTES], "big") + 1
        header = _FORMAT + key.number + number.to_bytes(_WRITE_NUMBER_BYTES, "big")
        return header + key.seal(
            plain, purpose=_purpose(kind), cookie=cookie.key_material, bound_to=place.encode() + header
        )

    def open(self, record: bytes, kind: RecordKind, cookie: SessionCookie, place: str) -> bytes | None:
        """Open a record; None where it was sealed for another place, by a key that has left the ring, or changed."""
        header = record[:_HEADER_BYTES]
        if len(record) < VERSION_BYTES or header[:1] != _FORMAT:
            return None
        key = self._ring.numbered(header[1 : 1 + KEY_NUMBER_BYTES])
        if key is None:
            return None
        return key.open(
            record[_HEADER_BYTES:], purpose=_purpose(kind), cookie=cookie.key_material, bound_to=place.encode() + header
        )


def version_of(record: bytes) -> bytes:
    """Return the version of a sealed record."""
    return record[:VERSION_BYTES]


def _purpose(kind: RecordKind) -> bytes:
    return b"bff/record/" + kind.value.encode()
