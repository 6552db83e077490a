"""One visitor's session during one request: read when first needed, changed by compare-and-set, moved to new cookies.

It decides when a record comes into being and under which cookie; the web floor only carries cookies in and out.
A cookie without a record is never adopted: the first write of its owner makes a record under a new value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from bff.config.settings import Rate, SessionSettings
from bff.errors import LoginRequired, SessionExpired, SessionStoreUnavailable
from bff.events import Event
from bff.log import Log
from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord
from bff.sessions.index import SessionIndex
from bff.sessions.model import SignedIn, Vault, WebRecord
from bff.sessions.request_limit import check_request_limit
from bff.sessions.state import SessionState as SessionState
from bff.sessions.store import Found, SessionEnded, SessionStore, VersionConflict, Versions

_TOUCH_SHARE = 1 / 20
"""An idle limit is extended only when this share of it has passed, so most requests write nothing."""
_MAX_TRIES = 5

Records = tuple[WebRecord, Vault]
Change = Callable[[WebRecord, Vault], Records | None]
Write = Callable[[WebRecord, Vault], None]


def without_customer(web: WebRecord, vault: Vault) -> Records:
    """Return the records of a visitor who is a guest again; the cart's session stays."""
    return replace(web, signed_in=None, data={}), vault.with_customer(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """What every session needs; made once a process."""

    store: SessionStore
    index: SessionIndex
    settings: SessionSettings
    limit: Rate | None
    now: Callable[[], float]
    log: Log

    def open(self, cookie: SessionCookie | None, *, may_start: bool, browser: str | None = None) -> Session:
        """Return the session of a request; touches nothing yet."""
        return Session(self, cookie, may_start=may_start, browser=browser)

    def note(self, who: SignedIn | None, sid: str | None) -> None:
        """List a session under every name its customer can be looked up by; a new e-mail adds to the old one.

        :raises SessionStoreUnavailable:
        """
        if who is not None and sid is not None:
            self.index.add_session(who, sid, who.ends_at(self.settings.lifetime_seconds))


class Session:
    """The session of the request at hand; not shared between threads."""

    def __init__(
        self, sessions: Sessions, cookie: SessionCookie | None, *, may_start: bool, browser: str | None
    ) -> None:
        self._all = sessions
        self._store = sessions.store
        self._cookie = cookie
        self._may_start = may_start
        self._state = SessionState.UNREAD
        self._web = WebRecord(created=self._all.now())
        self._vault = Vault()
        self._versions = Versions(web=b"", tokens=b"")
        self._ttl_seconds = 0.0
        self.browser = browser
        """What the request comes from, in words of ours."""
        self.new_cookie: SessionCookie | None = None
        """The value to send to the browser; None where its cookie stays as it is."""
        self.just_ended = False
        """A signed-in session was found over, or was refused, during this request."""

    @property
    def cookie(self) -> SessionCookie | None:
        """The value that counts from here on: the new one, or else the one that came."""
        return self.new_cookie or self._cookie

    @property
    def sid(self) -> str | None:
        """The session's name in Redis, if it has one."""
        return self.cookie.sid if self.cookie is not None and self.state is SessionState.LIVE else None

    @property
    def state(self) -> SessionState:
        """What is known by now, without reading."""
        return self._state

    @property
    def web(self) -> WebRecord:
        """The web record; reads the session if that has not been done."""
        self.load()
        return self._web

    @property
    def vault(self) -> Vault:
        """The token vault; for the broker alone."""
        self.load()
        return self._vault

    @property
    def signed_in(self) -> SignedIn | None:
        """Who is signed in; reads the session if that has not been done."""
        return self.web.signed_in

    @property
    def expires_in_seconds(self) -> int | None:
        """Until the session ends for want of requests; None where there is none."""
        self.load()
        return math.floor(self._ttl_seconds) if self._state is SessionState.LIVE else None

    @property
    def lifetime_ends_at(self) -> float | None:
        """Unix seconds; None while nobody is signed in."""
        who = self.signed_in
        return None if who is None else who.ends_at(self._all.settings.lifetime_seconds)

    def load(self, *, extend: bool = True) -> None:
        """Read the session once (later calls do nothing) and, if due, extend its idle limit.

        :raises SessionStoreUnavailable:
        :raises TooManyAttempts: the limit of requests per session is used up
        """
        if self._state is not SessionState.UNREAD:
            return
        if self._cookie is None or not self._cookie.is_well_formed:
            self._state = SessionState.MISSING
            return
        if self._read(self._cookie) and extend:
            self._extend()

    def reload(self) -> None:
        """Read the session again, to see what others wrote.

        :raises SessionEnded: it has ended
        :raises SessionStoreUnavailable:
        """
        if self._state is SessionState.UNSAVED or self.cookie is None:
            return
        found = self._store.load(self.cookie, count=False)
        if not isinstance(found, Found):
            self._lose()
            raise SessionEnded
        self._take(found)

    def check_may_start(self) -> None:
        """Refuse before anything is asked of upstream on behalf of a request that could not keep the answer.

        :raises LoginRequired: there is no record, and this request may not make one
        """
        self.load()
        if self._state in (SessionState.MISSING, SessionState.RETIRED) and not self._may_start:
            raise LoginRequired

    def allow_start(self) -> None:
        """Let this request make a record although it only reads: it begins something of the visitor's own."""
        self._may_start = True

    def start(self) -> None:
        """Make a record where there is none, under a new cookie; do nothing where there is one.

        :raises LoginRequired: there is no record, and this request may not make one (a GET with a dead cookie)
        :raises SessionStoreUnavailable: Redis does not answer
        """
        self.load()
        if self._state is not SessionState.LIVE:
            self._write(self._web, self._vault)

    def update(self, change: Change, write: Write | None = None) -> Records | None:
        """Apply a change to the newest records, and once more wherever another request has written in between.

        Return the records as they were before it; None where the change has found nothing to do.

        :param change: gets both records and returns both, or None; it may be called several times, so it only computes
        :param write: puts the records where they belong; without it they stay under the cookie they have
        :raises LoginRequired: there is no record, and this request may not make one
        :raises SessionEnded: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        self.load()
        for attempt in range(_MAX_TRIES):
            if attempt:
                self.reload()
            before = self._web, self._vault
            changed = change(*before)
            if changed is None:
                return None
            try:
                (write or self._write)(*changed)
            except VersionConflict:
                continue
            except SessionEnded:
                self._lose()
                raise
            return before
        raise SessionStoreUnavailable("others kept changing the session")

    def change_web(self, change: Callable[[WebRecord], WebRecord]) -> None:
        """Apply a change to the web record; the tokens stay as they are.

        :raises LoginRequired: there is no record, and this request may not make one
        :raises SessionEnded: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        self.update(lambda web, vault: (change(web), vault))

    def end_customer(self) -> None:
        """Make the visitor a guest again, in one transaction over both records; the cart's session stays.

        :raises SessionEnded: another request has ended the session anyway
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        self.update(without_customer)

    def sign_in(self, who: SignedIn, vault: Vault, *, keep_data: bool) -> None:
        """Put a signed-in session in the place of this one, under a new cookie; the old one is dead at once.

        :raises SessionStoreUnavailable: nobody is signed in by this; the old session may stand
        """
        self.load()
        data, logins = (self._web.data, self._web.logins) if keep_data else ({}, ())
        reset_at = self._web.password_reset_at
        web = WebRecord(created=self._all.now(), signed_in=who, data=data, logins=logins, password_reset_at=reset_at)
        self._move(web, vault, None)

    def rotate(self, change: Callable[[WebRecord], WebRecord]) -> None:
        """Move the session to a new cookie, with a change to its web record.

        :raises SessionExpired: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        try:
            self.update(
                lambda web, vault: (change(web), vault), lambda web, vault: self._move(web, vault, self._versions)
            )
        except SessionEnded:
            raise SessionExpired from None

    def abandon(self) -> None:
        """End the session for good; the browser gets a new cookie, without a record.

        :raises SessionStoreUnavailable:
        """
        self.load()
        who = self._web.signed_in
        if self._state is SessionState.LIVE:
            self._store.retire(self._live_cookie())
            self._unlist(who)
        if self._state is not SessionState.RETIRED:
            self.new_cookie = SessionCookie.fresh()
        self._state = SessionState.MISSING
        self._web, self._vault = WebRecord(created=self._all.now()), Vault()

    def _write(self, web: WebRecord, vault: Vault) -> None:
        who = self._web.signed_in if web.signed_in is None else None
        if self._state is SessionState.LIVE:
            ttl = None if who is None else self._idle_seconds(web)
            self._versions = self._store.commit(
                self._live_cookie(),
                self._versions,
                web=None if web is self._web else web,
                vault=None if vault is self._vault else vault,
                ttl_seconds=ttl,
            )
            self._ttl_seconds = self._ttl_seconds if ttl is None else ttl
        else:
            self.check_may_start()
            if self._state is SessionState.MISSING:
                cookie = SessionCookie.fresh()
                self._ttl_seconds = self._idle_seconds(web)
                self._versions = self._store.create(cookie, web, vault, self._ttl_seconds)
                self._state, self.new_cookie = SessionState.LIVE, cookie
            else:
                # The browser has a newer cookie by now; a record under yet another would push it out.
                self._state = SessionState.UNSAVED
        self._web, self._vault = web, vault
        if who is not None:
            self.just_ended = True
            self._unlist(who)

    def _lose(self) -> None:
        """Forget what was read of a session that has ended since; the rest of this request keeps nothing."""
        self.just_ended = self.just_ended or self._web.signed_in is not None
        self._web, self._vault = WebRecord(created=self._all.now()), Vault()
        self._state = SessionState.RETIRED

    def _move(self, web: WebRecord, vault: Vault, read: Versions | None) -> None:
        old, state = self.cookie, self._state
        cookie, ttl = SessionCookie.fresh(), self._idle_seconds(web)
        # The new record first: its cookie is known to nobody until this request is answered, so whatever
        # fails from here on leaves the old session as the only one.
        versions = self._store.create(cookie, web, vault, ttl, self._device(web))
        try:
            self._all.note(web.signed_in, cookie.sid)
            if old is not None and state is SessionState.LIVE:
                self._store.retire(old, read)
        except (VersionConflict, SessionEnded, SessionStoreUnavailable):
            self._undo(cookie)
            raise
        self._web, self._vault, self._versions, self._ttl_seconds = web, vault, versions, ttl
        self._state, self.new_cookie = SessionState.LIVE, cookie

    def _undo(self, cookie: SessionCookie) -> None:
        try:
            self._store.end([cookie.sid])
        except SessionStoreUnavailable:
            self._all.log.emit(Event.SESSION_CHANGE_DROPPED, reason="a session nobody knows waits for its end")

    def _unlist(self, who: SignedIn | None) -> None:
        if who is not None and self.cookie is not None:
            self._all.index.remove_session(who, self.cookie.sid)

    def _read(self, cookie: SessionCookie) -> bool:
        found = self._store.load(cookie)
        if not isinstance(found, Found):
            self._state = SessionState.RETIRED if found.retired else SessionState.MISSING
            return False
        self._take(found)
        check_request_limit(self._all.limit, found, cookie.sid, self._all.log)
        return True

    def _take(self, found: Found) -> None:
        self._web, self._vault, self._versions = found.web, found.vault, found.versions
        self._ttl_seconds = found.ttl_seconds
        self._state = SessionState.LIVE

    def _extend(self) -> None:
        idle = self._idle_seconds(self._web)
        if idle - self._ttl_seconds > idle * _TOUCH_SHARE:
            self._store.touch(self._live_cookie(), idle, self._device(self._web))
            self._ttl_seconds = idle

    def _device(self, web: WebRecord) -> DeviceRecord | None:
        return DeviceRecord.of(web, now=self._all.now(), browser=self.browser)

    def _idle_seconds(self, web: WebRecord) -> float:
        settings = self._all.settings
        return float(settings.anonymous_idle_seconds if web.signed_in is None else settings.idle_seconds)

    def _live_cookie(self) -> SessionCookie:
        if self.cookie is None:
            raise SessionEnded
        return self.cookie
