"""Drafts: what a customer typed is kept for a sign-in in between, fifteen minutes at most, and shown to them once."""

from __future__ import annotations

import json
import re
from typing import Any

from bff.errors import SessionError, TooManyAttempts
from bff.sessions.session import SessionState
from bff.web.forms.fields import PageForm
from bff.web.pages.visit import Visit, is_owner, was_made_here

_KEY = "drafts"
_SECONDS = 15 * 60
_MOST = 3
_MOST_BYTES = 16 * 1024
_MOST_PATH_CHARACTERS = 256
_OWNER = re.compile(r"[0-9a-f]{64}(?:\.[0-9a-f]{64})?")


def keep_draft(visit: Visit, path: str, form: PageForm) -> bool:
    """Keep a form's entries for the path it belongs to; nothing secret is among them, and nothing without a bound.

    False: they come from a customer's page, and there is no place for them. Only a browser in which a customer is, or
    was, signed in keeps any.

    :raises SessionStoreUnavailable: when the session is saved
    """
    owner = form.owner.data or ""
    fields = form.typed()
    if not _OWNER.fullmatch(owner) or len(json.dumps(fields)) > _MOST_BYTES or len(path) > _MOST_PATH_CHARACTERS:
        return True
    session = visit.session
    if not (session.had_customer or was_made_here(visit, owner)):
        return False
    try:
        session.start()
    except (SessionError, TooManyAttempts):
        return False
    if session.state is not SessionState.LIVE:
        return False
    drafts: dict[str, Any] = dict(visit.browser.get(_KEY) or {})
    earlier = drafts.pop(path, None)
    if earlier is not None and earlier["owner"] == owner and earlier["until"] >= visit.services.now():
        beside = form.typed_beside(earlier["fields"])
        fields = beside if len(json.dumps(beside)) <= _MOST_BYTES else fields
    drafts[path] = {"owner": owner, "until": visit.services.now() + _SECONDS, "fields": fields}
    visit.browser[_KEY] = dict(list(drafts.items())[-_MOST:])
    return True


def take_draft(visit: Visit, path: str) -> dict[str, Any] | None:
    """Return the entries kept for a path, and forget them; another customer's are forgotten unseen."""
    drafts: dict[str, Any] = dict(visit.browser.get(_KEY) or {})
    draft = drafts.pop(path, None)
    if draft is None:
        return None
    if drafts:
        visit.browser[_KEY] = drafts
    else:
        del visit.browser[_KEY]
    if draft["until"] < visit.services.now() or not is_owner(visit.services, draft["owner"], visit.who):
        return None
    fields: dict[str, Any] = draft["fields"]
    return fields
