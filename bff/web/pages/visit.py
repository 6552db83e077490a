"""One visit to a page: who is there, what upstream is asked on their behalf, and how the page is rendered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from bff.account.calls import AccountCall, Result
from bff.emporix.client import Call
from bff.errors import LoginRequired, SessionStoreUnavailable, TooManyAttempts
from bff.operations.model import JSON
from bff.secret import Secret
from bff.sessions.model import SignedIn
from bff.sessions.session import Session, SessionState
from bff.web.language import accept_language
from bff.web.middleware.second_click import note_asked
from bff.web.session_interface import BrowserSession, browser_session
from bff.wiring import Services

_OWNER: Final = b"form-owner"
_MADE_HERE: Final = b"form-owner-browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page's own code is handed."""

    services: Services
    browser: BrowserSession
    path_values: Mapping[str, str]
    operations: tuple[str, ...] = ()
    """What the page has declared to call."""

    @property
    def session(self) -> Session:
        """The visitor's session, read."""
        return self.browser.resume()

    def look_at_session(self) -> None:
        """Read the session for what the page shows of it, if it can be read; the page does without."""
        with suppress(SessionStoreUnavailable, TooManyAttempts):
            self.browser.resume()

    @property
    def who(self) -> SignedIn:
        """Who is signed in.

        :raises LoginRequired: no customer is signed in
        """
        who = self.session.signed_in
        if who is None:
            raise LoginRequired
        return who

    def perform(
        self,
        operation: str,
        body: Mapping[str, Any] | None = None,
        values: Mapping[str, str | Secret[str]] | None = None,
        *,
        media_type: str = JSON,
    ) -> Result:
        """Carry out an operation of the table on the visitor's behalf.

        :raises LookupError: the page has not declared this operation
        :raises BffError: as `AccountCalls.perform`
        """
        if operation not in self.operations:
            raise LookupError(operation)
        note_asked()
        call = Call(
            values=values or {},
            body=None if body is None else json.dumps(body).encode(),
            media_type=media_type,
            accept_language=accept_language(),
        )
        asked = AccountCall(call=call, content=body)
        try:
            return self.services.calls.perform(self.session, self.services.operations[operation], lambda: asked)
        except SessionStoreUnavailable:
            self.browser.is_store_away = True
            raise

    def is_recently_authenticated(self) -> bool:
        """Tell whether the visitor has proved who they are lately enough for what cannot be undone."""
        return self.services.login.is_recently_authenticated(self.session)


def owner_mark(services: Services) -> str:
    """Return keyed hashes of who is signed in and of the browser, for the forms of a page; empty for a guest."""
    browser = browser_session()
    session = browser.session
    if session.state is not SessionState.LIVE or session.signed_in is None:
        return ""
    mark = services.ring.newest.name(_OWNER, session.signed_in.customer.id)
    return f"{mark}.{services.ring.newest.name(_MADE_HERE, _in_browser(mark, browser))}"


def is_owner(services: Services, mark: str, who: SignedIn) -> bool:
    """Tell whether a form was made for this customer."""
    return mark.partition(".")[0] in services.ring.names(_OWNER, who.customer.id)


def was_made_here(visit: Visit, mark: str) -> bool:
    """Tell whether a form was made for a customer in this very browser, also where nothing else is known of one."""
    whose, _, where = mark.partition(".")
    return where in visit.services.ring.names(_MADE_HERE, _in_browser(whose, visit.browser))


def _in_browser(mark: str, browser: BrowserSession) -> str:
    return f"{mark} {browser.csrf_cookie.csrf_secret}"
