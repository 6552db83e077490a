"""Ends sessions without their cookies, by whom they belong to, and notes each of them for the reviewer.

Each leaves its mark in the index first, so that a sign-in which is under way meanwhile does not slip through: it is in
no list yet. The end of one device leaves none: what it means is one session that is listed, and a sign-in over it goes
on only while that session lives.

The tokens of such a session are sealed with a cookie that is not at hand: they are deleted unread, and upstream
cannot be told of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from bff.errors import SessionStoreUnavailable
from bff.events import Event
from bff.sessions.index import IndexKind
from bff.sessions.session import Sessions

_MAX_ROUNDS = 10


class Ending(Enum):
    """Why sessions were ended without their cookies, in the audit log's words."""

    DEVICE = "device ended"
    OTHERS = "others ended"
    PASSWORD_RESET = "password reset"  # nosec B105 # noqa: S105 - a word, no password
    ACCOUNT_DELETED = "account deleted"
    IDENTITY_PROVIDER = "identity provider"
    OPERATOR = "operator"


def end_sessions(
    sessions: Sessions,
    kind: IndexKind,
    value: str,
    reason: Ending,
    *,
    keep: str | None = None,
    customer_id: str | None = None,
) -> int:
    """End all sessions that are listed under `value`, but for the one named `keep`; return how many there were.

    What signs in at this moment is not counted, and does not come to be.

    :param customer_id: whose they are, for the log
    :raises SessionStoreUnavailable: some of them may have been ended
    """
    sessions.index.mark(kind, value)
    ended = 0
    for number in range(_MAX_ROUNDS):
        listed = sessions.index.sids(kind, value)
        if not number and keep is not None and keep not in listed and sessions.store.devices([keep]):
            # It lives, so Redis has dropped the list. Who else was in it is found once it is listed again.
            sessions.log.audit(Event.SESSIONS_NOT_ENDED, sid=keep, customer_id=customer_id, reason=reason.value)
        sids = [sid for sid in listed if sid != keep]
        if not sids:
            return ended
        ended += end_each(sessions, sids, reason, customer_id=customer_id)
        # Looked for again, because a session that moves to a new cookie lists that one before its old one is dead:
        # whichever of the two was not ended above is in the index now.
        sessions.index.remove(kind, value, *sids)
    raise SessionStoreUnavailable("others kept changing the sessions")


def end_each(sessions: Sessions, sids: Iterable[str], reason: Ending, *, customer_id: str | None = None) -> int:
    """End sessions by their names, and note the end of each that lived; return how many did.

    :raises SessionStoreUnavailable: some of them may have been ended
    """
    ended = 0
    for sid in sids:
        if sessions.store.end([sid]):
            sessions.log.audit(Event.SESSION_ENDED, sid=sid, customer_id=customer_id, reason=reason.value)
            ended += 1
    return ended
