"""A page sent twice does once what it asks for (a double click, an impatient reload)."""

from __future__ import annotations

from dataclasses import replace

from bff.sessions.model import WebRecord
from bff.web.pages.visit import Visit

_KEY = "sent"
_MOST = 10


def claim(visit: Visit, form_id: str | None) -> bool:
    """Tell whether this is the first time that the page of this id is sent, however close the second one follows.

    :raises Gone: the session has ended
    :raises SessionStoreUnavailable:
    """
    if not form_id:
        return True
    first = True

    def note(web: WebRecord) -> WebRecord:
        nonlocal first
        sent = list(web.data.get(_KEY) or [])
        first = form_id not in sent
        return replace(web, data={**web.data, _KEY: [*sent, form_id][-_MOST:]}) if first else web

    visit.session.change_web(note)
    return first
