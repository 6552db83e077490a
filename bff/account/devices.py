"""The devices a customer is signed in on: list them, end one, end all others; without Flask and without Redis.

A device is a signed-in session, named by a keyed hash of the session's own name, so that what a page or a client
holds opens and finds nothing by itself. The price of ending one from another browser: its tokens are sealed with that
browser's cookie, which is not at hand here. They go with its records, which is the end of our only copy, but upstream
cannot be told; only a sign-out in that browser does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bff.account.login import Login
from bff.crypto import KeyRing
from bff.errors import LoginRequired, ReauthenticationRequired, SessionExpired
from bff.sessions.device_records import DeviceRecord
from bff.sessions.endings import Ending, end_each, end_sessions
from bff.sessions.index import IndexKind, SessionIndex
from bff.sessions.model import SignedIn
from bff.sessions.session import Session, Sessions
from bff.sessions.store import SessionEnded, SessionStore

_PURPOSE = b"device"
_ID_CHARACTERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One signed-in session of a customer, as it may be shown to them."""

    id: str
    """Opaque, lower-case hex, for a path or a form; another after a new cookie or a new server key."""
    current: bool
    """The browser that asks. It is ended by signing out (`Login.log_out`), never by `Devices.end`."""
    created_at: float
    """Unix seconds of the sign-in."""
    last_seen_at: float
    """Unix seconds, at most a twentieth of the idle limit too early."""
    browser: str | None
    """Browser and system in words, e.g. `Firefox on Windows`; None where neither is known."""


class Devices:
    """Looks into and ends the sessions of the customer who is signed in, and of no other."""

    def __init__(self, sessions: Sessions, login: Login, ring: KeyRing, now: Callable[[], float]) -> None:
        self._sessions = sessions
        self._login = login
        self._ring = ring
        self._now = now

    def list(self, session: Session) -> tuple[Device, ...]:
        """Return where the customer is signed in: this browser first, then whichever was seen last.

        :raises LoginRequired: the visitor is a guest
        :raises SessionExpired: the session has ended in this request
        :raises SessionStoreUnavailable: Redis does not answer
        """
        who, own = _customer(session)
        found = records_of(self._sessions.index, self._sessions.store, IndexKind.CUSTOMER, who.customer.id)
        here = DeviceRecord(created_at=who.since, last_seen_at=self._now(), browser=session.browser)
        others = sorted(
            (shown(self._ring, sid, record) for sid, record in found.items() if sid != own),
            key=lambda device: device.last_seen_at,
            reverse=True,
        )
        return (shown(self._ring, own, here, current=True), *others)

    def is_current(self, session: Session, device_id: str) -> bool:
        """Tell whether a device is the browser that asks.

        :raises LoginRequired: the visitor is a guest
        :raises SessionExpired: the session has ended in this request
        """
        _, own = _customer(session)
        return _is(self._ring, own, device_id)

    def check_may_end(self, session: Session) -> None:
        """Refuse a visitor who may not end other devices, before anything else is looked at.

        :raises LoginRequired: the visitor is a guest
        :raises SessionExpired: the session has ended in this request
        :raises ReauthenticationRequired: the last proof of identity is too old
        """
        _customer(session)
        if not self._login.is_recently_authenticated(session):
            raise ReauthenticationRequired

    def end(self, session: Session, device_id: str) -> bool:
        """End one other device of this customer; tell whether there was such a one.

        A device that moves to another cookie at this moment counts as not there; it is in the list under a new id.

        :raises LoginRequired: the visitor is a guest
        :raises SessionExpired: the customer is no longer signed in, and nothing was ended
        :raises ReauthenticationRequired: the last proof of identity is too old
        :raises SessionStoreUnavailable: Redis does not answer
        """
        who, own = self._proven(session)
        sids = self._sessions.index.sids(IndexKind.CUSTOMER, who.customer.id)
        named = [sid for sid in sids if sid != own and _is(self._ring, sid, device_id)]
        ended = end_each(self._sessions, named, Ending.DEVICE, customer_id=who.customer.id)
        for sid in named:
            self._sessions.index.remove_session(who, sid)
        if named and who.customer.email is not None:
            self._sessions.index.browsers.forget(who.customer.email, *named)
        return ended > 0

    def end_others(self, session: Session) -> int:
        """End every other device of this customer; return how many there were.

        :raises LoginRequired: the visitor is a guest
        :raises SessionExpired: the customer is no longer signed in, and nothing was ended
        :raises ReauthenticationRequired: the last proof of identity is too old
        :raises SessionStoreUnavailable: some of them may have been ended
        """
        who, own = self._proven(session)
        customer_id = who.customer.id
        self._sessions.forget_browsers(who, own)
        return end_sessions(
            self._sessions, IndexKind.CUSTOMER, customer_id, Ending.OTHERS, keep=own, customer_id=customer_id
        )

    def _proven(self, session: Session) -> tuple[SignedIn, str]:
        _customer(session)
        try:
            # Read anew: a request that was under way when its session ended must not end others in return.
            session.reload()
        except SessionEnded:
            raise SessionExpired from None
        self.check_may_end(session)
        return _customer(session)


def records_of(index: SessionIndex, store: SessionStore, kind: IndexKind, value: str) -> Mapping[str, DeviceRecord]:
    """Return the device records of the sessions listed under `value`, and forget those that live no more.

    :raises SessionStoreUnavailable: Redis does not answer
    """
    sids = index.sids(kind, value)
    living = store.devices(sids)
    if dead := [sid for sid in sids if sid not in living]:
        index.remove(kind, value, *dead)
    # One that lives without a record that opens is left in the index, so that ending all of them reaches it too.
    return {sid: record for sid, record in living.items() if record is not None}


def shown(ring: KeyRing, sid: str, record: DeviceRecord, *, current: bool = False) -> Device:
    """Return a session as a device."""
    return Device(
        id=ring.newest.name(_PURPOSE, sid)[:_ID_CHARACTERS],
        current=current,
        created_at=record.created_at,
        last_seen_at=record.last_seen_at,
        browser=record.browser,
    )


def _is(ring: KeyRing, sid: str, device_id: str) -> bool:
    # Under all keys, since a list may have been shown before the newest one came.
    return any(name[:_ID_CHARACTERS] == device_id for name in ring.names(_PURPOSE, sid))


def _customer(session: Session) -> tuple[SignedIn, str]:
    """Return who is signed in, and the name of their session."""
    who, sid = session.signed_in, session.sid
    if who is None or sid is None:
        raise SessionExpired if session.just_ended else LoginRequired
    return who, sid
