"""What a request knows of its session, without asking again."""

from __future__ import annotations

from enum import Enum


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
