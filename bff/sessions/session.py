"""One visitor's session during one request: it is read when first needed, and changed by compare-and-set.

`Session.update` is the only place that applies a change once more where another request wrote in between. A cookie
without a record is never adopted: the first write of its owner makes a record under a new value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bff.config.settings import Rate
from bff.emails import comparable
from bff.errors import LoginRequired, SessionExpired, SessionStoreUnavailable, TooManyAttempts
from bff.events import Event
from bff.sessions.cookie import SessionCookie
from bff.sessions.ended import Ended, EndedNote, from_now_on
from bff.sessions.index import Overtaken
from bff.sessions.lifecycle import Lifecycle
from bff.sessions.model import Records, SignedIn, Vault, WebRecord
from bff.sessions.store import Found, Missing, RowCount, SessionEnded, VersionConflict, Versions

_MAX_TRIES = 5

Change = Callable[[WebRecord, Vault], Records | None]
Write = Callable[[WebRecord, Vault], None]


_UNREAD: Final = Found(
    web=WebRecord(created=0.0), vault=Vault(), versions=Versions(web=b"", tokens=b""), ttl_seconds=0.0
)
"""What a session holds before it is read; it is replaced by the read records."""


class SessionState(Enum):
    """What a request knows of its session."""

    UNREAD = "unread"
    LIVE = "live"
    MISSING = "missing"
    """No cookie came, or one without a record."""
    RETIRED = "retired"
    """The cookie was replaced a moment ago, or during this request, which is a late one."""
    UNSAVED = "unsaved"
    """For this request only: nothing is kept, no cookie is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions(Lifecycle):
    """Opens the sessions of requests; made once a process."""

    limit: Rate | None
    """How often one session may ask; the store counts it in the round trip that reads the session."""
    count_newcomer: Callable[[], None]
    """Counts a record that is made for a visitor of whom nothing is known; raises `TooManyAttempts`."""

    def open(self, cookie: SessionCookie | None, *, may_start: bool, browser: str | None = None) -> Session:
        """Return the session of a request; touches nothing yet."""
        return Session(self, cookie, may_start=may_start, browser=browser)


class Session:
    """The session of the request at hand; not shared between threads."""

    def __init__(
        self, sessions: Sessions, cookie: SessionCookie | None, *, may_start: bool, browser: str | None
    ) -> None:
        self._all = sessions
        self._cookie = cookie
        self._may_start = may_start
        self._state = SessionState.UNREAD
        self._found = _UNREAD
        self._row: tuple[str, Rate] | None = None
        self._counted_row: str | None = None
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
        return None if self._live_cookie is None else self._live_cookie.sid

    @property
    def _live_cookie(self) -> SessionCookie | None:
        return self.cookie if self._state is SessionState.LIVE else None

    @property
    def state(self) -> SessionState:
        """What is known by now, without reading."""
        return self._state

    @property
    def web(self) -> WebRecord:
        """The web record; reads the session if that has not been done."""
        self.load()
        return self._found.web

    @property
    def vault(self) -> Vault:
        """The token vault; for the broker alone."""
        self.load()
        return self._found.vault

    @property
    def signed_in(self) -> SignedIn | None:
        """Who is signed in; reads the session if that has not been done."""
        return self.web.signed_in

    def is_known_as(self, email: str) -> bool:
        """Tell whether this browser is, or lately was, signed in with an e-mail; False where Redis does not say."""
        who, cookie = self.signed_in, self.cookie
        if who is not None and who.customer.email is not None and comparable(who.customer.email) == comparable(email):
            return True
        if cookie is None or not cookie.is_well_formed:
            return False
        sids = (cookie.sid, self.web.former_sid)
        try:
            return any(self._all.index.browsers.knows(email, sid) for sid in sids if sid is not None)
        except SessionStoreUnavailable:
            # Then it is limited like any other.
            return False

    @property
    def ended(self) -> Ended | None:
        """Why the last signed-in session of this cookie is over, for an hour, without reading; None while one lives."""
        return None if self._found.ended is None else self._found.ended.why

    @property
    def had_customer(self) -> bool:
        """Whether a customer is signed in, or was of late, as far as this request has read."""
        return self._found.web.signed_in is not None or self.ended is not None or self.just_ended

    @property
    def expires_in_seconds(self) -> int | None:
        """Until the session ends for want of requests; None where there is none."""
        self.load()
        return math.floor(self._found.ttl_seconds) if self._state is SessionState.LIVE else None

    @property
    def lifetime_ends_at(self) -> float | None:
        """Unix seconds; None for a guest."""
        who = self.signed_in
        return None if who is None else who.ends_at(self._all.settings.lifetime_seconds)

    def count_as(self, row: str, rate: Rate) -> None:
        """Have this request counted as a call of a declared row, in the round trip that reads the session."""
        self._row = row, rate

    def has_counted(self, row: str) -> bool:
        """Tell whether this request was counted as a call of a declared row."""
        return self._counted_row == row

    def load(self, *, extend: bool = True) -> None:
        """Read the session once (later calls do nothing) and, if due, extend its idle limit.

        :raises SessionStoreUnavailable: Redis does not answer
        :raises TooManyAttempts: the limit of requests per session is used up, or the one of calls of a row
        """
        if self._state is not SessionState.UNREAD:
            return
        if self._cookie is None or not self._cookie.is_well_formed:
            self._state, self._found = SessionState.MISSING, self._nothing()
            return
        row = None if self._row is None else RowCount(name=self._row[0], window_seconds=self._row[1].window_seconds)
        found = self._all.store.load(self._cookie, row=row)
        if not isinstance(found, Found):
            self._state = SessionState.RETIRED if found.retired else SessionState.MISSING
            self._found = replace(self._nothing(), ended=found.ended)
            return
        self._found, self._state = found, SessionState.LIVE
        self._counted_row = None if row is None else row.name
        self._check_request_limit()
        if extend:
            self._found = self._all.extend(self._cookie, found, self.browser)

    def reload(self) -> None:
        """Read the session again, to see what other requests have written.

        :raises SessionEnded: another request has ended it
        :raises SessionStoreUnavailable: Redis does not answer
        """
        if self._state is SessionState.UNSAVED or self.cookie is None:
            return
        found = self._all.store.load(self.cookie, count=False)
        if not isinstance(found, Found):
            self._lose(found.ended)
            raise SessionEnded
        self._found, self._state = found, SessionState.LIVE

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
        :raises TooManyAttempts: too many newcomers have come from this address
        :raises SessionStoreUnavailable: Redis does not answer
        """
        self.load()
        if self._state is not SessionState.LIVE:
            self._write(self._found.web, self._found.vault)

    def update(self, change: Change, write: Write | None = None) -> Records | None:
        """Apply a change to the newest records, and once more wherever another request has written in between.

        Return the records as they were before it; None where the change has found nothing to do.

        :param change: gets both records and returns both, or None; it may be called several times, so it only computes
        :param write: puts the records where they belong; without it they stay under the cookie they have
        :raises LoginRequired: there is no record, and this request may not make one
        :raises TooManyAttempts: the same, because too many newcomers have come from this address
        :raises SessionEnded: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        self.load()
        for attempt in range(_MAX_TRIES):
            if attempt:
                self.reload()
            before = self._found.web, self._found.vault
            changed = change(*before)
            if changed is None:
                return None
            try:
                (write or self._write)(*changed)
            except VersionConflict:
                continue
            except SessionEnded as err:
                self._lose(None if err.why is None else from_now_on(err.why))
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

    def sign_in(
        self, who: SignedIn, vault: Vault, *, keep_data: bool, goes_on: bool = False, began: int | None = None
    ) -> Records:
        """Put a signed-in session in the place of this one, under a new cookie; the old one is dead at once.

        Return what the old one held in the end.

        :param goes_on: the same customer's session goes on in it, unless another request has ended that
        :param began: when the sign-in began (`SessionIndex.time`); None: now
        :raises SessionExpired: the customer's sessions, or this one where it was to go on, were ended since
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session; the old one stands
        """
        since = self._all.index.time() if began is None else began
        held = self.web, self.vault

        def change(web: WebRecord, kept: Vault) -> Records:
            before = web if keep_data else replace(web, data={}, logins=())
            # What waited for this customer goes on waiting, as far as another request has not done it by now.
            left = vault.with_cart(kept.cart) if goes_on else vault
            return replace(before, created=self._all.now(), signed_in=who, former_sid=None), left

        try:
            if self._live_cookie is None:
                self._rotate(*change(*held), None, since)
                return held
            return self.update(change, lambda web, left: self._rotate(web, left, self._found.versions, since)) or held
        except Overtaken:
            self._lose(None)
            raise SessionExpired from None
        except SessionEnded:
            if goes_on:
                raise SessionExpired from None
        # Another sign-in from the same guest's session was first, say. It has the guest's tokens, which renew once.
        web, left = change(*held)
        try:
            self._rotate(web, left.with_anonymous(None).with_cart(None), None, since)
        except Overtaken:
            raise SessionExpired from None
        return held

    def rotate(self, change: Callable[[WebRecord], WebRecord]) -> None:
        """Move the session to a new cookie, with a change to its web record.

        :raises SessionExpired: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        try:
            self.update(
                lambda web, vault: (change(web), vault),
                lambda web, vault: self._rotate(web, vault, self._found.versions),
            )
        except SessionEnded:
            raise SessionExpired from None

    def abandon(self) -> Records:
        """End the session for good, whatever others write to it; the browser gets a new cookie, without a record.

        Return what it held in the end.

        :raises SessionExpired: another request has moved it to a new cookie, under which it goes on
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        held, cookie = (self.web, self.vault), self._live_cookie
        if cookie is not None:
            try:
                held = self.update(lambda web, vault: (web, vault), self._end) or held
            except SessionEnded:
                left = self._all.store.load(cookie, count=False)
                if isinstance(left, Missing) and left.mark:
                    raise SessionExpired from None
        if cookie is not None or self._state is not SessionState.RETIRED:
            self.new_cookie = SessionCookie.fresh()
        self._state, self._found = SessionState.MISSING, self._nothing()
        return held

    def _end(self, web: WebRecord, vault: Vault) -> None:
        if (cookie := self._live_cookie) is not None:
            self._all.end(cookie, self._found.versions, web.signed_in)

    def _write(self, web: WebRecord, vault: Vault) -> None:
        if (cookie := self._live_cookie) is not None:
            who = self._found.web.signed_in
            self._found = self._all.commit(cookie, self._found, web, vault)
            if who is not None and web.signed_in is None:
                self.just_ended = True
                self._all.unlist(who, cookie.sid)
            return
        self.check_may_start()
        if self._state is SessionState.MISSING:
            web = self._with_former_sid(web)
            ended = self._found.ended
            if (dead := self._dead_cookie) is not None:
                # Once for each session of a customer, so it need not be counted.
                self._all.store.retire(dead)
            elif vault.anonymous is None:
                # Else the visitor was counted with the guest's tokens.
                self._all.count_newcomer()
            self.new_cookie, self._found = self._all.begin(web, vault, self.browser, is_newcomer=True, ended=ended)
            self._state = SessionState.LIVE
        else:
            # The browser has a newer cookie by now; a record under yet another would push it out.
            self._state, self._found = SessionState.UNSAVED, replace(self._found, web=web, vault=vault)

    def _rotate(self, web: WebRecord, vault: Vault, read: Versions | None, began: int | None = None) -> None:
        web = self._with_former_sid(web)
        old = self._live_cookie or self._dead_cookie
        self.new_cookie, self._found = self._all.rotate(old, read, web, vault, self.browser, began)
        self._state = SessionState.LIVE

    def _with_former_sid(self, web: WebRecord) -> WebRecord:
        cookie = self.cookie
        if web.signed_in is not None or web.former_sid is not None or cookie is None or not cookie.is_well_formed:
            return web
        return replace(web, former_sid=cookie.sid)

    @property
    def _dead_cookie(self) -> SessionCookie | None:
        """The cookie of a session that is over, while that is told under it: the next cookie takes that along."""
        return self.cookie if self._state is SessionState.MISSING and self._found.ended is not None else None

    def _lose(self, ended: EndedNote | None) -> None:
        """Drop what was read of a session that has ended since; the rest of this request keeps nothing."""
        self.just_ended = self.just_ended or self._found.web.signed_in is not None
        self._state, self._found = SessionState.RETIRED, replace(self._nothing(), ended=ended)

    def _nothing(self) -> Found:
        web = WebRecord(created=self._all.now())
        return Found(web=web, vault=Vault(), versions=Versions(web=b"", tokens=b""), ttl_seconds=0.0)

    def _check_request_limit(self) -> None:
        found = self._found
        if self._all.limit is not None:
            self._check_limit(self._all.limit, found.requests, found.window_ends_in_seconds, "api", None)
        if self._row is not None:
            name, rate = self._row
            self._check_limit(rate, found.row_calls, found.row_window_ends_in_seconds, "row", name)

    def _check_limit(self, rate: Rate, used: int, ends_in_seconds: float, limit: str, row: str | None) -> None:
        if used <= rate.count:
            return
        self._all.log.emit(Event.LIMIT_REACHED, limit=limit, per="session")
        if used == rate.count + 1:
            # The first one only: a flood must not fill the log.
            customer_id = None if self.signed_in is None else self.signed_in.customer.id
            self._all.log.audit(
                Event.RATE_LIMITED, sid=self.sid, customer_id=customer_id, limit=limit, per="session", operation=row
            )
        raise TooManyAttempts(max(1, math.ceil(ends_in_seconds)))
