"""Where a session's records lie in its life: they begin under a new cookie, move to another, are extended, and end.

A signed-in session also has a device record and is listed in the index of its customer; both come and go here. All of
it works on values: what a request knows of its session is kept in `bff.sessions.session`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bff.config.settings import SessionSettings
from bff.crypto import random_text
from bff.errors import SessionStoreUnavailable, outcome_of
from bff.events import Event
from bff.log import Log
from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord
from bff.sessions.ended import Ended, EndedNote, from_now_on, if_not_seen_again
from bff.sessions.index import Overtaken, SessionIndex
from bff.sessions.model import SignedIn, Vault, WebRecord
from bff.sessions.redis_errors import FAULT
from bff.sessions.store import Found, Missing, SessionEnded, SessionStore, VersionConflict, Versions

FIRST_SECONDS = 900
"""How long a guest's record lives whose cookie has not come back: many newcomers are programs that never return; and a
draft waits as long as that."""
_MARK_BYTES = 6
"""Eight characters."""
_TOUCH_SHARE = 1 / 20
"""An idle limit is extended only when this share of it has passed, so most requests write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """Begins, moves, extends and ends sessions; holds what that needs, and no session."""

    store: SessionStore
    index: SessionIndex
    settings: SessionSettings
    now: Callable[[], float]
    log: Log

    def begin(
        self,
        web: WebRecord,
        vault: Vault,
        browser: str | None,
        *,
        is_newcomer: bool = False,
        ended: EndedNote | None = None,
    ) -> tuple[SessionCookie, Found]:
        """Write records that did not exist, under a cookie that no browser has yet.

        :param browser: what the request comes from, in words of ours
        :param is_newcomer: whether the browser keeps cookies is not known, so a guest's records live `FIRST_SECONDS`
        :param ended: why a guest is not signed in any more
        :raises SessionStoreUnavailable: Redis does not answer
        """
        cookie, ttl = SessionCookie.fresh(), self.idle_seconds(web)
        if web.signed_in is not None:
            ended = if_not_seen_again(ttl)
        elif is_newcomer:
            ttl = min(ttl, FIRST_SECONDS)
        device = DeviceRecord.of(web, now=self.now(), browser=browser)
        try:
            versions = self.store.create(cookie, web, vault, ttl, device, ended=ended)
        except SessionStoreUnavailable:
            # They may be there all the same, and their cookie will be in no browser.
            self._undo(cookie, None)
            raise
        self.log.emit(Event.SESSION_MADE, kind="guest" if web.signed_in is None else "customer")
        told = ended if web.signed_in is None else None
        return cookie, Found(web=web, vault=vault, versions=versions, ttl_seconds=ttl, ended=told)

    def rotate(
        self,
        old: SessionCookie | None,
        read: Versions | None,
        web: WebRecord,
        vault: Vault,
        browser: str | None,
        began: int | None = None,
    ) -> tuple[SessionCookie, Found]:
        """Write records under a new cookie and end those of the old one; where that fails, the old ones stand alone.

        :param old: None where no records lie under a cookie yet
        :param read: the old ones are ended only if they are still as they were read; None: however they are by now
        :param began: when the sign-in began that this comes from (`SessionIndex.time`); None: a session only moves
        :raises Overtaken: the customer's sessions, or all there are, were ended since
        :raises VersionConflict: another request has written to the old ones since they were read
        :raises SessionEnded: another request has ended the old ones since they were read
        :raises SessionStoreUnavailable: Redis does not answer
        """
        # The new record first: no browser knows its cookie until this request is answered, so whatever fails from
        # here on leaves the old session as the only one.
        cookie, begun = self.begin(web, vault, browser)
        try:
            # A session that only moves is in the lists already, under its old cookie or this one, and may be the one
            # that an ending keeps: no mark is for it.
            self.enlist(web.signed_in, cookie.sid, began)
            if began is not None:
                self.index.check_not_all_ended(began)
            if old is not None:
                self._retire(old, read)
        except (Overtaken, VersionConflict, SessionEnded, SessionStoreUnavailable):
            self._undo(cookie, web.signed_in)
            raise
        return cookie, begun

    def commit(self, cookie: SessionCookie, found: Found, web: WebRecord, vault: Vault) -> Found:
        """Write what differs from what was found, in one transaction; who is a guest again gets a guest's idle limit.

        :raises VersionConflict: another request has written in between
        :raises SessionEnded: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer
        """
        who, ended = found.web.signed_in, None
        ttl = None
        if who is not None and web.signed_in is None:
            ttl = self.idle_seconds(web)
            is_over = self.now() >= who.ends_at(self.settings.lifetime_seconds)
            ended = from_now_on(Ended.LIFETIME if is_over else Ended.ELSEWHERE)
        versions = self.store.commit(
            cookie,
            found.versions,
            web=None if web is found.web else web,
            vault=None if vault is found.vault else vault,
            ttl_seconds=ttl,
            ended=ended,
        )
        ttl = ttl or found.ttl_seconds
        return replace(found, web=web, vault=vault, versions=versions, ttl_seconds=ttl, ended=ended or found.ended)

    def extend(self, cookie: SessionCookie, found: Found, browser: str | None) -> Found:
        """Let a session live for a whole idle limit from now, if that is due; return what is known of it then.

        A customer's is listed in the index again with it: whatever was dropped there comes back with the next request.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        idle = self.idle_seconds(found.web)
        if idle - found.ttl_seconds <= idle * _TOUCH_SHARE:
            return found
        device = DeviceRecord.of(found.web, now=self.now(), browser=browser)
        ended = None if device is None else if_not_seen_again(idle)
        who = found.web.signed_in
        ends_at = 0.0 if who is None else who.ends_at(self.settings.lifetime_seconds)
        listing = () if who is None else self.index.adding_again(who, cookie.sid, ends_at)
        touched = self.store.touch(cookie, idle, device, read=found.versions, ended=ended, beside=listing)
        if (fault := touched.in_the_way) is not None:
            # It goes on all the same: most likely it is listed.
            FAULT.set(fault)
            self.log.emit(Event.SESSION_CHANGE_DROPPED, reason="index", outcome=str(fault))
        if who is not None and not touched.is_as_read:
            self._unlist_unless_theirs(cookie, who)
        return replace(found, ttl_seconds=idle)

    def _unlist_unless_theirs(self, cookie: SessionCookie, who: SignedIn) -> None:
        """Take a session out of the index that was listed there as a customer's, and is none of theirs by now."""
        now = self.store.load(cookie, count=False)
        signed_in = now.web.signed_in if isinstance(now, Found) else None
        if signed_in is None or signed_in.customer.id != who.customer.id:
            self.unlist(who, cookie.sid)

    def end(self, cookie: SessionCookie, read: Versions, who: SignedIn | None) -> None:
        """End a session for good; its cookie is told from one that never had records.

        :param read: what the session was read as: what another request has written since must not go unseen
        :raises VersionConflict: another request has written to it since
        :raises SessionEnded: another request has ended or moved it since
        :raises SessionStoreUnavailable: Redis does not answer
        """
        self.store.retire(cookie, read)
        self.unlist(who, cookie.sid)

    def enlist(self, who: SignedIn | None, sid: str | None, began: int | None = None) -> None:
        """List a session under every name its customer can be looked up by; a new e-mail adds to the old one.

        :raises Overtaken: only with `began`: the sessions under one of these names were ended since
        :raises SessionStoreUnavailable: Redis does not answer
        """
        if who is not None and sid is not None:
            self.index.add_session(who, sid, who.ends_at(self.settings.lifetime_seconds), began)
            if who.customer.email is not None:
                self.index.browsers.remember(who.customer.email, sid)

    def remember_signed_out(self, who: SignedIn | None, cookie: SessionCookie | None) -> None:
        """Note that the browser with this cookie was signed in until now; a failure leaves it a stranger."""
        if who is None or who.customer.email is None or cookie is None:
            return
        try:
            self.index.browsers.remember(who.customer.email, cookie.sid)
        except SessionStoreUnavailable as err:
            self.log.emit(Event.SESSION_CHANGE_DROPPED, reason="known browser", outcome=outcome_of(err))

    def forget_browsers(self, who: SignedIn, keep: str | None) -> None:
        """Make strangers of all browsers of who is signed in, but for the one whose cookie has the name `keep`.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        if who.customer.email is not None:
            self.index.browsers.forget_all(who.customer.email, keep=keep)

    def unlist(self, who: SignedIn | None, sid: str) -> None:
        """Take a session out of the index again.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        if who is not None:
            self.index.remove_session(who, sid)

    def idle_seconds(self, web: WebRecord) -> float:
        """Return how long a session lives without a request."""
        return float(self.settings.anonymous_idle_seconds if web.signed_in is None else self.settings.idle_seconds)

    def _retire(self, old: SessionCookie, read: Versions | None) -> None:
        """End what a move leaves behind; whether it is done is looked up where the answer was lost: then no undoing."""
        mark = random_text(_MARK_BYTES).encode()
        try:
            self.store.retire(old, read, mark=mark)
        except SessionStoreUnavailable:
            left = self.store.load(old, count=False)
            # Another request may have ended it instead: what this one has begun must not outlive that.
            if not isinstance(left, Missing) or left.mark != mark:
                raise

    def _undo(self, cookie: SessionCookie, who: SignedIn | None) -> None:
        try:
            self.store.end([cookie.sid], None)
            self.unlist(who, cookie.sid)
        except SessionStoreUnavailable:
            self.log.emit(Event.SESSION_CHANGE_DROPPED, reason="a session without a cookie waits for its end")
