"""What becomes of a session after its sign-in: it moves to a new cookie, or it ends, here and upstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from bff.errors import SessionExpired
from bff.events import Event
from bff.log import Log
from bff.operations.model import Operation
from bff.sessions.audit_fields import audit_subject
from bff.sessions.chosen_language import preserve_language
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind
from bff.sessions.model import Records, SignedIn, Vault, WebRecord, without_customer
from bff.sessions.resets import note_reset, preserve_pending_reset
from bff.sessions.session import Session, Sessions, SessionState
from bff.sessions.store import SessionEnded
from bff.tokens.broker import TokenBroker

RECENT_SECONDS = 600
"""For how long a proof of identity is recent."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class LoginEnds:
    """The half of `Login` that needs no credentials."""

    _broker: TokenBroker
    _operations: Mapping[str, Operation]
    _sessions: Sessions
    _now: Callable[[], float]
    _log: Log

    def resume(self, session: Session, *, extend: bool = True) -> None:
        """Read the session, and end it if its lifetime is over; upstream is told.

        :raises SessionStoreUnavailable: Redis does not answer
        :raises TooManyAttempts: the limit of requests per session is used up
        """
        if session.state is not SessionState.UNREAD:
            return
        session.load(extend=extend)
        about, seen = audit_subject(session), (session.web, session.vault)

        def end_if_over(web: WebRecord, vault: Vault) -> Records | None:
            ends_at = None if web.signed_in is None else web.signed_in.ends_at(self._sessions.settings.lifetime_seconds)
            return None if ends_at is None or self._now() < ends_at else without_customer(web, vault)

        try:
            ended = session.update(end_if_over)
        except SessionEnded:
            # Another request has ended it without its cookie, maybe: upstream is told all the same.
            ended = seen
        if ended is None:
            return
        self._log.audit(Event.SESSION_ENDED, reason="lifetime over", **about)
        if (tokens := ended[1].customer) is not None:
            self._broker.log_out(tokens, "lifetime over")

    def is_recently_authenticated(self, session: Session) -> bool:
        """Tell whether who is signed in has proved it lately enough for what cannot be undone."""
        who = session.signed_in
        return who is not None and self._now() - who.authenticated_at <= RECENT_SECONDS

    def password_changed(self, session: Session) -> None:
        """Move the session to a new cookie: who had the old one may have had the old password too.

        The current password was asked for, so this is a proof of identity as well. A sign-in with the old one that is
        still under way does not come to be.

        :raises SessionExpired: it has ended in between
        :raises SessionStoreUnavailable: Redis does not answer
        """
        if (who := session.signed_in) is not None:
            self._sessions.index.mark(IndexKind.CUSTOMER, who.customer.id)
        now = self._now()
        self.rotate(session, lambda web: web.with_own_password(now))

    def password_was_reset(self, session: Session) -> None:
        """Let the next sign-in with a password in this browser, if it is soon, end that customer's older sessions.

        A session that exists moves to a new cookie in the same step, which also makes a browser drop its copy of the
        page with the password in its field.

        :raises LoginRequired: there is no record, and this request may not make one
        :raises SessionStoreUnavailable: Redis does not answer
        """
        if session.sid is None:
            note_reset(self._sessions, session)
            return
        now = self._now()
        try:
            self.rotate(session, lambda web: replace(web, password_reset_at=now))
        except SessionExpired as err:
            self._log.emit(Event.SESSION_CHANGE_DROPPED, reason="password reset", outcome=type(err).__name__)

    def rotate(self, session: Session, change: Callable[[WebRecord], WebRecord] = lambda web: web) -> None:
        """Move the session to a new cookie, with a change to its web record.

        :raises SessionExpired: it has ended in between
        :raises SessionStoreUnavailable: Redis does not answer
        """
        before = session.sid
        session.rotate(change)
        self._log.audit(Event.SESSION_MOVED, before_sid=before, **audit_subject(session))

    def log_out(self, session: Session) -> SignedIn | None:
        """End the session: upstream as well as it goes, here always. The browser gets a new cookie.

        Return who was signed in, since an identity provider may have a session of theirs to end too.

        :raises SessionExpired: another request has moved the session meanwhile; it goes on under a new cookie
        :raises SessionStoreUnavailable: the session could not be ended; the cookie stays as it is
        """
        who, tokens, about = session.signed_in, session.vault.customer, audit_subject(session)
        if tokens is not None:
            self._broker.log_out(tokens, "sign-out")
        web, vault = session.abandon()
        if tokens is not None and vault.customer is not None and vault.customer.access != tokens.access:
            # Another request has renewed them meanwhile.
            self._broker.log_out(vault.customer, "sign-out")
        preserve_pending_reset(self._sessions, session, web.password_reset_at)
        preserve_language(self._sessions, session, web.language)
        self._sessions.remember_signed_out(who, session.cookie)
        if who is not None:
            self._log.audit(Event.SIGNED_OUT, **about)
        return who

    def end_all_for_deleted_account(self, session: Session) -> None:
        """End every session of the customer whose account is gone, this one included.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        try:
            if (who := session.signed_in) is not None:
                # This one is among them.
                id = who.customer.id
                self._sessions.forget_browsers(who, None)
                end_sessions(self._sessions, IndexKind.CUSTOMER, id, Ending.ACCOUNT_DELETED, customer_id=id)
        finally:
            with suppress(SessionExpired):
                web, _ = session.abandon()
                preserve_language(self._sessions, session, web.language)
