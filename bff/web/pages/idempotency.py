"""Idempotency keys: a page that is sent twice does once what it asks for (a double click, an impatient reload)."""

from __future__ import annotations

from dataclasses import replace

from bff.sessions.model import WebRecord
from bff.web.pages.visit import Visit

_USED = "sent"
_MOST_KEYS = 10
_MOST_CHARACTERS = 64
"""Of a key; those that pages are given have 22, and ten of them are kept."""


def use_key(visit: Visit, key: str | None) -> bool:
    """Tell whether a page's key is used for the first time, however close the second use follows.

    :raises SessionEnded: the session has ended since it was read
    :raises SessionStoreUnavailable: Redis does not answer
    """
    if not key or len(key) > _MOST_CHARACTERS:
        return True
    first = True

    def note(web: WebRecord) -> WebRecord:
        nonlocal first
        used = list(web.data.get(_USED) or [])
        first = key not in used
        return replace(web, data={**web.data, _USED: [*used, key][-_MOST_KEYS:]}) if first else web

    visit.session.change_web(note)
    return first


def release_key(visit: Visit, key: str | None) -> None:
    """Let a key be used again: what its page asked for was not done.

    :raises SessionEnded: the session has ended since it was read
    :raises SessionStoreUnavailable: Redis does not answer
    """

    def forget(web: WebRecord) -> WebRecord:
        return replace(web, data={**web.data, _USED: [used for used in web.data.get(_USED) or [] if used != key]})

    visit.session.change_web(forget)
