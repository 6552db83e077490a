"""The seam between a session and where it is kept: what a store must do, and the words for what can come of it.

Every write to a session that exists is a compare-and-set: `VersionConflict` says that another request wrote in between
(load again, apply the change again), `SessionEnded` that the session has ended; a slow request must not bring it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord
from bff.sessions.ended import Ended, EndedNote
from bff.sessions.model import Vault, WebRecord
from bff.sessions.redis_errors import RedisFault
from bff.sessions.script_calls import ScriptCall


class VersionConflict(Exception):
    """Another request has changed the session since it was read."""


class SessionEnded(Exception):
    """The session has ended since it was read.

    :param why: None where no customer was signed in, or where the browser has another session by now
    """

    def __init__(self, why: Ended | None = None) -> None:
        super().__init__("the session has ended")
        self.why = why


class LockBusy(Exception):
    """Another request held the session's lock for as long as one could wait, or took it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What was read, so that a write can tell whether it is still so; the versions of both records."""

    web: bytes
    tokens: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount:
    """What a session's calls of one declared row are counted in."""

    name: str
    """The row's."""
    window_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A session that lives."""

    web: WebRecord
    vault: Vault
    versions: Versions
    ttl_seconds: float
    """Until it ends for want of requests."""
    requests: int = 0
    """How many there were in this window of the limit per session, this one included; 0: not counted."""
    window_ends_in_seconds: float = 0.0
    """How long that window still lasts."""
    row_calls: int = 0
    """How many there were of the row, this one included; 0: not counted."""
    row_window_ends_in_seconds: float = 0.0
    ended: EndedNote | None = None
    """Why the customer is a guest again; None while one is signed in, and where none was of late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A cookie without a session."""

    retired: bool = False
    """The cookie was replaced a moment ago: a late request of a browser whose new cookie must stand."""
    mark: bytes = field(default=b"", compare=False)
    """By whom it was replaced, where that is told."""
    ended: EndedNote | None = None
    """Why a signed-in session under this cookie is over; None where there was none of late."""


class Lease(Protocol):
    """A session's lock while it is held."""

    def renew(self) -> None:
        """Hold it for a full term from now.

        :raises LockBusy: it has run out, and another request may hold it
        :raises SessionStoreUnavailable: Redis does not answer
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What became of a session that was to live on."""

    is_as_read: bool
    """No other request has ended it since it was read, or written to its web record."""
    in_the_way: RedisFault | None = None
    """Of what was run beside."""


class SessionStore(Protocol):
    """Where sessions are kept. Every method costs one round trip, but `lock`, `end` (one a session) and `sids`.

    Each raises `SessionStoreUnavailable` where the store does not answer in time.
    """

    def load(self, cookie: SessionCookie, *, count: bool = True, row: RowCount | None = None) -> Found | Missing:
        """Read both records and, where `count`, count the request against the limit per session; and the row's call.

        A session of a customer, of which a record is missing, is ended: it is `Missing`.
        """

    def touch(
        self,
        cookie: SessionCookie,
        ttl_seconds: float,
        device: DeviceRecord | None = None,
        *,
        read: Versions | None = None,
        ended: EndedNote | None = None,
        beside: Sequence[ScriptCall] = (),
    ) -> Touched:
        """Let a session that exists live for so long from now; `device` takes its device record's place, if any.

        :param read: where the web record is still as it was read, a missing device record is made anew
        :param ended: what to say if no further request comes; kept under the same condition
        :param beside: what is run in the same round trip
        """

    def create(
        self,
        cookie: SessionCookie,
        web: WebRecord,
        vault: Vault,
        ttl_seconds: float,
        device: DeviceRecord | None = None,
        *,
        ended: EndedNote | None = None,
    ) -> Versions:
        """Write a session that did not exist; `device` belongs to a signed-in one, and ends with it.

        :param ended: what to say if no further request comes; a guest's: why they are not signed in any more
        """

    def commit(
        self,
        cookie: SessionCookie,
        read: Versions,
        *,
        web: WebRecord | None = None,
        vault: Vault | None = None,
        ttl_seconds: float | None = None,
        ended: EndedNote | None = None,
    ) -> Versions:
        """Write one record or both, if what is written (both, where both are) is still as it was read.

        A guest's web record takes the device record away in the same step; `ended` says why, where a customer was.

        :raises VersionConflict: another request has written to what is written here
        :raises SessionEnded: the session has ended
        """

    def retire(self, cookie: SessionCookie, read: Versions | None = None, *, mark: bytes = b"") -> None:
        """End a session for good; with `read`, only if it is still as it was read. Nothing is told of its end.

        :param mark: left for `load` to find; at most 8 bytes
        :raises VersionConflict: only with `read`
        :raises SessionEnded: only with `read`
        """

    def end(self, sids: Iterable[str], why: Ended | None = Ended.ELSEWHERE) -> tuple[str, ...]:
        """End sessions by their names, without their cookies (another device's, say); return which of them lived.

        :param why: what their browsers are told, where a customer was signed in; None: nothing
        """

    def devices(self, sids: Iterable[str]) -> Mapping[str, DeviceRecord | None]:
        """Return the device record of each session that lives.

        None: the session has none (a guest's), or it cannot be opened.
        """

    def sids(self) -> Iterator[str]:
        """Name every session there is, guests' too; those that begin meanwhile may be left out."""

    def lock(
        self, cookie: SessionCookie, *, lease_seconds: float, wait_seconds: float
    ) -> AbstractContextManager[Lease]:
        """Hold the session's lock, across processes.

        :raises LockBusy: not to be had within `wait_seconds`
        """
