"""What is kept of a signed-in session for readers without its cookie: `bff:{sid}:device`, and never a token.

Sealed under the server's key alone and bound to its place, since the device list, and the operator, look into it
without the browser's cookie. It is written, extended and deleted together with the session's own records, so it never
outlives them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bff.crypto import KeyRing
from bff.sessions.model import WebRecord

_PURPOSE = b"bff/record/device"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRecord:
    """When a customer signed in with a browser, and when that browser was here last."""

    created_at: float
    """Unix seconds of the sign-in; a new cookie does not move it."""
    last_seen_at: float
    """Unix seconds, written only when the idle limit is."""
    browser: str | None
    """In words of ours; nothing that a browser sent."""

    @classmethod
    def of(cls, web: WebRecord, *, now: float, browser: str | None) -> DeviceRecord | None:
        """Return the record that belongs to a session; None for a guest's: a device has a customer."""
        if web.signed_in is None:
            return None
        return cls(created_at=web.signed_in.since, last_seen_at=now, browser=browser)


class DeviceSealer:
    """Turns device records into what lies in Redis, and back."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, record: DeviceRecord, place: str) -> bytes:
        """Seal a record for the Redis key `place`, under the newest server key."""
        # Every byte lies there once for each session.
        body = json.dumps([record.created_at, record.last_seen_at, record.browser], separators=(",", ":"))
        return self._ring.seal(body.encode(), purpose=_PURPOSE, bound_to=place.encode())

    def open(self, sealed: bytes, place: str) -> DeviceRecord | None:
        """Open a record; None where it was sealed for another place, by a key that has left the ring, or changed."""
        plain = self._ring.open(sealed, purpose=_PURPOSE, bound_to=place.encode())
        if plain is None:
            return self._opened_as_text(sealed, place)
        created_at, last_seen_at, browser = json.loads(plain)
        return DeviceRecord(created_at=created_at, last_seen_at=last_seen_at, browser=browser)

    def _opened_as_text(self, sealed: bytes, place: str) -> DeviceRecord | None:
        """Open what 0.1.0 sealed; its sessions are over as soon as the longest of them is."""
        text = self._ring.open_text(sealed.decode("ascii", "replace"), purpose=_PURPOSE, bound_to=place.encode())
        if text is None:
            return None
        body = json.loads(text)
        return DeviceRecord(created_at=body["created"], last_seen_at=body["seen"], browser=body["browser"])
