"""Every event that the program reports, with its level and the only fields that its line may hold."""

from __future__ import annotations

import logging
from enum import Enum

_DEBUG, _INFO, _WARNING, _ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR
_WHO = ("session", "person")
_DONE = ("outcome", "status")
_LIMIT = ("email", "address", "limit", "per", "operation")


class Event(Enum):
    """Everything this package reports, and how loud. What says when it happens goes to `Log.audit`, the rest to `emit`.

    To add one to the audit log: name its fields here, put its row into the table of bff/docs/operating.md, and drive it
    in `tests/journeys/test_audit_trail.py`.
    """

    SERVING = (_INFO,)
    REQUEST = (_INFO,)
    UPSTREAM_CALL = (_DEBUG,)
    UPSTREAM_REFUSED = (_INFO,)
    UPSTREAM_FAILED = (_DEBUG,)
    UPSTREAM_READY = (_INFO,)
    UPSTREAM_NOT_READY = (_WARNING,)
    UPSTREAM_NOT_ASKED = (_DEBUG,)
    CIRCUIT_OPENED = (_WARNING,)
    CIRCUIT_CLOSED = (_INFO,)
    STORE_UNAVAILABLE = (_DEBUG,)
    STORE_READY = (_INFO,)
    STORE_NOT_READY = (_WARNING,)
    LOCK_NOT_RELEASED = (_WARNING,)
    TOKENS_REFRESHED = (_INFO,)
    REFRESH_UNKNOWN = (_INFO,)
    UPSTREAM_LOGOUT_FAILED = (_INFO,)
    SESSION_CHANGE_DROPPED = (_INFO,)
    IDENTITY_PROVIDER_READY = (_INFO,)
    IDENTITY_PROVIDER_NOT_READY = (_WARNING,)
    LIMITS_SHARED = (_INFO,)
    LIMITS_NOT_SHARED = (_INFO,)
    HOST_REFUSED = (_WARNING,)
    REPRESENTATION_NOT_READ = (_INFO,)
    INTERNAL_ERROR = (_ERROR,)
    SESSION_MADE = (_DEBUG,)
    REFRESH_WAITED = (_DEBUG,)
    LIMIT_REACHED = (_DEBUG,)
    STORE_LOOKED_AT = (_DEBUG,)
    SHARED_READ = (_DEBUG,)

    SIGNED_IN = _INFO, "a customer signed in; `again`: the same customer anew", *_WHO, "operation", "again", "before"
    SIGN_IN_FAILED = (
        _INFO,
        "an attempt to sign in by password or activation link failed",
        *_WHO,
        "email",
        "operation",
        *_DONE,
    )
    SOCIAL_LOGIN_FAILED = _WARNING, "a return from the identity provider did not sign in", *_WHO, "reason"
    CARTS_MERGED = _INFO, "a guest's cart went into the customer's, at sign-in or soon after", *_WHO
    CARTS_NOT_MERGED = _INFO, "a guest's cart did not go into the customer's", *_WHO, *_DONE
    SIGNED_OUT = _INFO, "a customer signed out", *_WHO
    SESSION_ENDED = _INFO, "a signed-in session ended otherwise", *_WHO, "reason"
    SESSIONS_NOT_ENDED = (
        _WARNING,
        "sessions were to end, and Redis failed, or had dropped the list of them",
        *_WHO,
        "reason",
    )
    SESSION_MOVED = _INFO, "a session goes on under a new cookie, after a new password", *_WHO, "before"
    ANSWER_REPEATED = _INFO, "a form came twice; the second time got the first one's new cookie", *_WHO, "before"
    REFRESH_REFUSED = _WARNING, "upstream renewed no tokens, of a customer or a guest", *_WHO, "kind", "status"
    LEGAL_ENTITY_SWITCHED = _INFO, "a customer asked to act for a company, or for none", *_WHO, "entity", *_DONE
    SIGNUP_ASKED = _INFO, "an account was asked for", *_WHO, "email", *_DONE
    ACTIVATION_MAIL_ASKED = _INFO, "an activation mail was asked for again", *_WHO, "email", *_DONE
    PASSWORD_RESET_ASKED = _INFO, "a mail to reset a password was asked for", *_WHO, "email", *_DONE
    PASSWORD_RESET = _INFO, "a mailed link set a password", *_WHO, *_DONE
    PASSWORD_CHANGED = _INFO, "a password was changed", *_WHO, *_DONE
    EMAIL_CHANGE_ASKED = _INFO, "another sign-in e-mail was asked for; `email`: the old one", *_WHO, "email", *_DONE
    EMAIL_CHANGED = _INFO, "a mailed link confirmed the new sign-in e-mail", *_WHO, *_DONE
    LOGIN_ADDED = _INFO, "an account got an e-mail and a password", *_WHO, "email", *_DONE
    DELETION_ASKED = _INFO, "an account's deletion was asked for", *_WHO, *_DONE
    DELETION_CONFIRMED = _INFO, "a mailed link confirmed an account's deletion", *_WHO, *_DONE
    ROUTE_CALLED = _INFO, "a declared row was called that is to be audited", *_WHO, "operation", *_DONE
    TOKEN_IN_ANSWER = (
        _WARNING,
        "an answer of upstream's held a token of the session, or its id there, which was taken out",
        *_WHO,
        "operation",
        "kind",
    )
    BACKCHANNEL_LOGOUT = _INFO, "the identity provider ended sessions", "sessions"
    BACKCHANNEL_LOGOUT_REFUSED = _WARNING, "a logout token was not to be believed", "reason"
    CSRF_REFUSED = _WARNING, "a request did not come from our own page", "session", "reason"
    COOKIE_REFUSED = _WARNING, "two session cookies, or one never made here", "reason"
    RECORD_UNREADABLE = _WARNING, "a stored session did not open: tampered with, or its key is gone", "session"
    RATE_LIMITED = _WARNING, "a limit was reached; once in each window", *_WHO, *_LIMIT

    def __new__(cls, *described: object) -> Event:
        """Number the events: two that are described alike are two all the same."""
        event = object.__new__(cls)
        event._value_ = len(cls.__members__)
        return event

    def __init__(self, level: int, when: str | None = None, *fields: str) -> None:
        self.label = self.name.lower()
        """Its name in the log."""
        self.level = level
        """The logging level."""
        self.when = when
        """What has happened, for who reads the audit trail. None: operational; `BFF_LOG_LEVEL` may silence it."""
        self.fields = fields
        """All that an audit line may hold beside time, level, event, `audit` and request id: fixed words, numbers and
        hashes. A client that can provoke an event must not choose a text for the log."""
