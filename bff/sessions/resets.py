"""What follows a password that was set by a mailed link: the next sign-in with it ends that customer's older sessions.

The link's token does not tell whose password it was. The browser's session remembers that it was set here, for a
quarter of an hour, and the next sign-in with a password in that browser tells who it was.
"""

from __future__ import annotations

from dataclasses import replace

from bff.errors import SessionError, TooManyAttempts, outcome_of
from bff.events import Event
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind
from bff.sessions.model import SignedIn
from bff.sessions.session import Session, Sessions
from bff.sessions.store import SessionEnded

RESET_COUNTS_SECONDS = 900


def note_reset(sessions: Sessions, session: Session, reset_at: float | None = None) -> None:
    """Let this browser's session remember a reset, of now or of `reset_at` (Unix seconds).

    :raises LoginRequired: there is no record, and this request may not make one
    :raises SessionStoreUnavailable: Redis does not answer
    """
    at = sessions.now() if reset_at is None else reset_at
    try:
        session.change_web(lambda web: replace(web, password_reset_at=at))
    except SessionEnded:
        sessions.log.emit(Event.SESSION_CHANGE_DROPPED, reason="password reset", outcome=SessionEnded.__name__)


def preserve_pending_reset(sessions: Sessions, session: Session, reset_at: float | None) -> None:
    """Remember a reset beyond a sign-out: who has set a password signs out to sign in with it."""
    if reset_at is None or not _counts(sessions, reset_at):
        return
    try:
        note_reset(sessions, session, reset_at)
    except (SessionError, TooManyAttempts) as err:
        # The sign-out is done, and that is what was asked for.
        sessions.log.emit(Event.SESSION_CHANGE_DROPPED, reason="password reset", outcome=outcome_of(err))


def end_older_sessions(sessions: Sessions, session: Session) -> None:
    """After a sign-in with a password: if a reset goes before it, end that customer's other sessions, and forget it.

    Where that cannot be done the sign-in stands, and so does the reset's mark, for the next one; the audit log says so.
    """
    reset_at, who, own = session.web.password_reset_at, session.signed_in, session.sid
    if reset_at is None or who is None or own is None:
        return
    try:
        if _counts(sessions, reset_at):
            _end_others(sessions, who, own)
        session.change_web(lambda web: replace(web, password_reset_at=None))
    except (SessionError, SessionEnded) as err:
        sessions.log.emit(Event.SESSION_CHANGE_DROPPED, reason="password reset", outcome=outcome_of(err))


def _end_others(sessions: Sessions, who: SignedIn, own: str) -> None:
    customer_id, reason = who.customer.id, Ending.PASSWORD_RESET
    try:
        sessions.forget_browsers(who, own)
        end_sessions(sessions, IndexKind.CUSTOMER, customer_id, reason, keep=own, customer_id=customer_id)
    except SessionError:
        sessions.log.audit(Event.SESSIONS_NOT_ENDED, sid=own, customer_id=customer_id, reason=reason.value)
        raise


def _counts(sessions: Sessions, reset_at: float) -> bool:
    return sessions.now() - reset_at <= RESET_COUNTS_SECONDS
