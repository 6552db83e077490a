"""The language that a visitor chooses for the pages: kept with the session, and beyond its sign-out."""

from __future__ import annotations

from dataclasses import replace

from bff.errors import SessionError, TooManyAttempts, outcome_of
from bff.events import Event
from bff.sessions.session import Session, Sessions
from bff.sessions.store import SessionEnded


def choose_language(sessions: Sessions, session: Session, language: str) -> None:
    """Let this browser's session remember a choice; a choice that is there already writes nothing.

    :raises LoginRequired: there is no record, and this request may not make one
    :raises TooManyAttempts: too many newcomers have come from this address
    :raises SessionStoreUnavailable: Redis does not answer
    """
    try:
        session.update(
            lambda web, vault: None if web.language == language else (replace(web, language=language), vault)
        )
    except SessionEnded:
        sessions.log.emit(Event.SESSION_CHANGE_DROPPED, reason="language", outcome=SessionEnded.__name__)


def preserve_language(sessions: Sessions, session: Session, language: str | None) -> None:
    """Remember a choice beyond the end of a session; without one, no record is made."""
    if language is None:
        return
    try:
        choose_language(sessions, session, language)
    except (SessionError, TooManyAttempts) as err:
        # The end is done, and that is what was asked for.
        sessions.log.emit(Event.SESSION_CHANGE_DROPPED, reason="language", outcome=outcome_of(err))
