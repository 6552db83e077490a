"""What a line of the audit trail says of a session and of an outcome; decides nothing, reads and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TypedDict

from bff.errors import (
    BffError,
    SessionStoreUnavailable,
    TooManyAttempts,
    UpstreamMalformed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.events import Event
from bff.log import Log
from bff.sessions.session import Session, SessionState


class AuditSubject(TypedDict):
    """Whom a line is about; `Log.audit` hashes it."""

    sid: str | None
    customer_id: str | None


class Outcome(Enum):
    """What came of something that was asked of upstream."""

    DONE = "done"
    REFUSED = "refused"
    LIMITED = "limited"
    """Not asked of upstream: too many went before."""
    UNKNOWN = "unknown"
    """No answer, or none that makes sense: it may have happened."""


class AuditOutcome(TypedDict):
    """An outcome as a line shows it; no wording of upstream's."""

    outcome: str
    status: int | None


def audit_subject(session: Session) -> AuditSubject:
    """Return whom a line is about, as far as this request has read by now.

    A browser without a record is named too: what it tries again and again can then be told from what others try.
    """
    cookie = session.cookie
    known = session.state is not SessionState.UNREAD
    who = session.signed_in if known else None
    return AuditSubject(
        sid=cookie.sid if cookie is not None and cookie.is_well_formed else None,
        customer_id=None if who is None else who.customer.id,
    )


def audit_outcome(err: BffError | None = None) -> AuditOutcome:
    """Return what an exception, or none, says of the outcome."""
    if err is None:
        return AuditOutcome(outcome=Outcome.DONE.value, status=None)
    match err:
        case TooManyAttempts():
            outcome = Outcome.LIMITED
        case SessionStoreUnavailable() | UpstreamMalformed() | UpstreamTimeout() | UpstreamUnavailable():
            outcome = Outcome.UNKNOWN
        case _:
            outcome = Outcome.REFUSED
    return AuditOutcome(outcome=outcome.value, status=err.status if isinstance(err, UpstreamRejected) else None)


@contextmanager
def audited(
    log: Log,
    event: Event,
    session: Session,
    *,
    email: str | None = None,
    entity_id: str | None = None,
    operation: str | None = None,
) -> Iterator[None]:
    """Report an event once what it stands for is over, as done, refused or not known.

    :param operation: the row's name, where the event stands for several
    """
    # Before, because the session may end in the middle.
    about = audit_subject(session)
    try:
        yield
    except BffError as err:
        log.audit(event, email=email, entity_id=entity_id, operation=operation, **audit_outcome(err), **about)
        raise
    log.audit(event, email=email, entity_id=entity_id, operation=operation, **audit_outcome(), **about)


def email_in(body: bytes | None) -> str | None:
    """Return the address that a request body of ours names, for its hash."""
    content = {} if body is None else json.loads(body)
    named = (content.get("signup") or content).get("email")
    return named if isinstance(named, str) else None
