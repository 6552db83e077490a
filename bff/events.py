"""Every event that the program reports, with its level and the only fields that its line may hold."""

from __future__ import annotations

import logging
from enum import Enum

_WHO = ("session", "person")
_DONE = ("outcome", "status")
_LIMIT = ("email", "address", "limit", "per", "operation")


class Event(Enum):
    """Everything this package reports, and how loud. What says when it happens goes to `Log.audit`, the rest to `emit`.

    To add one to the audit log: name its fields here, put its row into the table of bff/docs/operating.md, and drive it
    in `tests/journeys/test_audit_trail.py`.
    """

    REQUEST = ("request", logging.INFO)
    UPSTREAM_CALL = ("upstream_call", logging.DEBUG)
    UPSTREAM_FAILED = ("upstream_failed", logging.WARNING)
    STORE_UNAVAILABLE = ("store_unavailable", logging.ERROR)
    LOCK_NOT_RELEASED = ("lock_not_released", logging.WARNING)
    TOKENS_REFRESHED = ("tokens_refreshed", logging.INFO)
    REFRESH_UNKNOWN = ("refresh_unknown", logging.WARNING)
    UPSTREAM_LOGOUT_FAILED = ("upstream_logout_failed", logging.WARNING)
    SESSION_CHANGE_DROPPED = ("session_change_dropped", logging.INFO)
    IDENTITY_PROVIDER_FAILED = ("identity_provider_failed", logging.WARNING)
    LIMITS_NOT_SHARED = ("limits_not_shared", logging.WARNING)
    INTERNAL_ERROR = ("internal_error", logging.ERROR)

    SIGNED_IN = (
        "signed_in",
        logging.INFO,
        "a customer signed in; `again`: the same customer anew",
        *_WHO,
        "operation",
        "again",
        "before",
    )
    SIGN_IN_FAILED = (
        "sign_in_failed",
        logging.WARNING,
        "an attempt to sign in by password or activation link failed",
        *_WHO,
        "email",
        "operation",
        *_DONE,
    )
    SOCIAL_LOGIN_FAILED = (
        "social_login_failed",
        logging.WARNING,
        "a return from the identity provider did not sign in",
        *_WHO,
        "reason",
    )
    SIGNED_OUT = ("signed_out", logging.INFO, "a customer signed out", *_WHO)
    SESSION_ENDED = ("session_ended", logging.INFO, "a signed-in session ended otherwise", *_WHO, "reason")
    SESSION_MOVED = (
        "session_moved",
        logging.INFO,
        "a session goes on under a new cookie, after a new password",
        *_WHO,
        "before",
    )
    REFRESH_REFUSED = (
        "refresh_refused",
        logging.WARNING,
        "upstream renewed no tokens, of a customer or a guest",
        *_WHO,
        "kind",
        "status",
    )
    LEGAL_ENTITY_SWITCHED = (
        "legal_entity_switched",
        logging.INFO,
        "a customer asked to act for a company, or for none",
        *_WHO,
        "entity",
        *_DONE,
    )
    SIGNUP_ASKED = ("signup_asked", logging.INFO, "an account was asked for", *_WHO, "email", *_DONE)
    ACTIVATION_MAIL_ASKED = (
        "activation_mail_asked",
        logging.INFO,
        "an activation mail was asked for again",
        *_WHO,
        "email",
        *_DONE,
    )
    PASSWORD_RESET_ASKED = (
        "password_reset_asked",
        logging.INFO,
        "a mail to reset a password was asked for",
        *_WHO,
        "email",
        *_DONE,
    )
    PASSWORD_RESET = ("password_reset", logging.INFO, "a mailed link set a password", *_WHO, *_DONE)
    PASSWORD_CHANGED = ("password_changed", logging.INFO, "a password was changed", *_WHO, *_DONE)
    EMAIL_CHANGE_ASKED = (
        "email_change_asked",
        logging.INFO,
        "another sign-in e-mail was asked for; `email`: the old one",
        *_WHO,
        "email",
        *_DONE,
    )
    EMAIL_CHANGED = ("email_changed", logging.INFO, "a mailed link confirmed the new sign-in e-mail", *_WHO, *_DONE)
    LOGIN_ADDED = ("login_added", logging.INFO, "an account got an e-mail and a password", *_WHO, "email", *_DONE)
    DELETION_ASKED = ("deletion_asked", logging.INFO, "an account's deletion was asked for", *_WHO, *_DONE)
    DELETION_CONFIRMED = (
        "deletion_confirmed",
        logging.INFO,
        "a mailed link confirmed an account's deletion",
        *_WHO,
        *_DONE,
    )
    BACKCHANNEL_LOGOUT = ("backchannel_logout", logging.INFO, "the identity provider ended sessions", "sessions")
    BACKCHANNEL_LOGOUT_REFUSED = (
        "backchannel_logout_refused",
        logging.WARNING,
        "a logout token was not to be believed",
        "reason",
    )
    CSRF_REFUSED = ("csrf_refused", logging.WARNING, "a request did not come from our own page", "session", "reason")
    COOKIE_REFUSED = ("cookie_refused", logging.WARNING, "two session cookies, or one never made here", "reason")
    RECORD_UNREADABLE = (
        "record_unreadable",
        logging.WARNING,
        "a stored session did not open: tampered with, or its key is gone",
        "session",
    )
    RATE_LIMITED = ("rate_limited", logging.WARNING, "a limit was reached; once in each window", *_WHO, *_LIMIT)

    def __init__(self, label: str, level: int, when: str | None = None, *fields: str) -> None:
        self.label = label
        """Its name in the log."""
        self.level = level
        """The logging level."""
        self.when = when
        """What has happened, for who reads the audit trail. None: operational; `BFF_LOG_LEVEL` may silence it."""
        self.fields = fields
        """All that an audit line may hold beside time, level, event, `audit` and request id: fixed words, numbers and
        hashes. Whoever can provoke an event must not be able to choose a text for the log."""
