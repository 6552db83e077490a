"""A page sent twice does once what it asks for (a double click, an impatient reload)."""

from __future__ import annotations

from dataclasses import replace

from bff.sessions.model import WebRecord
from bff.web.pages.visit import Visit

_KEY = "sent"
_MOST = 10
_MOST_CHARACTERS = 64
"""Of an id; ours have sixteen, and ten of them are kept."""


def claim(visit: Visit, form_id: str | None) -> bool:
    """Tell whether this is the first time that the page of this id is sent, however close the second one follows.

    :raises SessionEnded: the session has ended
    :raises SessionStoreUnavailable:
    """
    if not form_id or len(form_id) > _MOST_CHARACTERS:
        return True
    first = True

    def note(web: WebRecord) -> WebRecord:
        nonlocal first
        sent = list(web.data.get(_KEY) or [])
        first = form_id not in sent
        return replace(web, data={**web.data, _KEY: [*sent, form_id][-_MOST:]}) if first else web

    visit.session.change_web(note)
    return first


def release(visit: Visit, form_id: str | None) -> None:
    """Take a claim back: what the page asked for was not done, and it may be sent again.

    :raises SessionEnded: the session has ended
    :raises SessionStoreUnavailable:
    """

    def forget(web: WebRecord) -> WebRecord:
        return replace(web, data={**web.data, _KEY: [known for known in web.data.get(_KEY) or [] if known != form_id]})

    visit.session.change_web(forget)
