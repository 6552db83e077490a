"""Flask's session on top of ours: carries the cookie in and out, lazily, and shows templates nothing but web data.

This module alone decides when the cookie is set: at sign-in, sign-out and rotation, or on a GET that came without one
and that no other site asked for. A refused request and a dead cookie set and clear nothing, so that a forged or a late
request cannot push a signed-in cookie out of the browser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from flask import Flask, Request, Response, current_app, g, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import TimestampSigner
from itsdangerous.encoding import base64_encode

from bff.errors import SessionStoreUnavailable, TooManyAttempts, outcome_of
from bff.events import Event
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import SignedIn, WebRecord
from bff.sessions.session import Session, SessionState
from bff.sessions.store import SessionEnded
from bff.web.at_hand import noted
from bff.web.navigation import may_hide_cookie
from bff.web.paths import is_api
from bff.web.user_agent import browser_in_words
from bff.wiring import Services

CSRF_FIELD = "csrf_token"
"""Where Flask-WTF looks for the secret that its tokens are bound to."""
CSRF_SIGNER = "csrf_signer"
"""Where the application has what signs them."""
_FLASHES = "_flashes"
"""Where Flask keeps what `flash` says."""
_MOST_FLASHES = 5
"""Unread; a program that never looks must not make the record grow."""
_BANNERS = frozenset({_FLASHES, "mailed", "pending_email"})
"""The same, and where pages keep where a mail has gone."""

Banners = tuple[tuple[str, str], ...]
"""Category and text of each."""


class BrowserSession(SessionMixin):
    """What `flask.session` is: a mapping over the web record's data. Tokens are out of its reach."""

    def __init__(self, services: Services, request: Request) -> None:
        self._services = services
        self.modified = False
        cookies = session_cookies(request, services.settings.cookie.name)
        self.several_cookies = len(cookies) > 1
        """More than one session cookie came: another site may have planted one."""
        cookie = SessionCookie(value=Secret(cookies[0])) if len(cookies) == 1 else None
        self._may_set_cookie = not cookies and request.method == "GET" and _is_ours_to_answer(request, services)
        may_start = self._may_set_cookie or (cookie is not None and request.method not in ("GET", "HEAD"))
        self._newcomer: SessionCookie | None = None
        self._changes: dict[str, Any] = {}
        self._removals: set[str] = set()
        self.is_store_away = False
        """Redis has not answered during this request: asked once more, it would make the visitor wait once more."""
        self.session: Session = services.sessions.open(
            cookie, may_start=may_start, browser=browser_in_words(request.headers.get("User-Agent"))
        )
        """The session proper; for services that take one."""

    def resume(self, *, extend: bool = True) -> Session:
        """Return the visitor's session, read, and ended if its lifetime is over.

        :raises SessionStoreUnavailable: Redis does not answer
        :raises TooManyAttempts: the limit of requests per session is used up
        """
        if self.is_store_away and self.session.state is SessionState.UNREAD:
            raise SessionStoreUnavailable("asked before in this request")
        try:
            self._services.login.resume(self.session, extend=extend)
        except SessionStoreUnavailable:
            self.is_store_away = True
            raise
        return self.session

    @property
    def signed_in(self) -> SignedIn | None:
        """Who is signed in; for templates."""
        return self.resume().signed_in

    @property
    def csrf_cookie(self) -> SessionCookie:
        """The cookie that CSRF tokens are bound to; a newcomer's is made up now and costs no record."""
        cookie = self.session.cookie
        if cookie is not None:
            return cookie
        if self._newcomer is None:
            self._newcomer = SessionCookie.fresh()
        return self._newcomer

    @property
    def cookie_to_set(self) -> SessionCookie | None:
        """The cookie that the response shall carry, if any."""
        if self.session.new_cookie is not None:
            return self.session.new_cookie
        return self._newcomer if self._may_set_cookie else None

    @property
    def banners(self) -> Banners:
        """What waits for the next page to show it."""
        return tuple((category, text) for category, text in self._data().get(_FLASHES, ()))

    @property
    def new_banners(self) -> Banners:
        """The same, if this request has said anything; reads nothing."""
        return tuple((category, text) for category, text in self._changes.get(_FLASHES, ()))

    def move_to(self, cookie: SessionCookie) -> bool:
        """Go on with the session of a newer cookie, and send it; tell whether there is such a session (any more).

        :raises SessionStoreUnavailable: Redis does not answer
        :raises TooManyAttempts: the limit of requests per session is used up
        """
        newer = self._services.sessions.open(cookie, may_start=False, browser=self.session.browser)
        self._services.login.resume(newer)
        if newer.state is not SessionState.LIVE:
            return False
        newer.new_cookie = cookie
        self.session = newer
        return True

    def __getitem__(self, key: str) -> Any:
        if key == CSRF_FIELD:
            return self.csrf_cookie.csrf_secret
        value = self._data()[key]
        # `flash` appends to the list that it gets; the record as it was read stays what it was.
        return list(value) if isinstance(value, list) else value

    def __setitem__(self, key: str, value: Any) -> None:
        data = self._data()
        if key == _FLASHES:
            value = _newest(value)
            if value == [tuple(flash) for flash in data.get(_FLASHES, ())]:
                # All of it waits to be read already.
                return
        self._changes[key] = value
        self._removals.discard(key)
        self.modified = True

    def __delitem__(self, key: str) -> None:
        if key not in self._data():
            raise KeyError(key)
        self._changes.pop(key, None)
        self._removals.add(key)
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._data())

    def __len__(self) -> int:
        return len(self._data())

    def __contains__(self, key: object) -> bool:
        return key == CSRF_FIELD or key in self._data()

    def keep(self) -> None:
        """Write the changes, applied to the newest state; changes to a session that has ended are dropped.

        :raises SessionStoreUnavailable: Redis does not answer, and the changes hold more than a banner
        :raises TooManyAttempts: too many newcomers have come from this address, and the changes hold more than a banner
        """
        changes, removals = self._changes, self._removals
        self._changes, self._removals, self.modified = {}, set(), False
        try:
            self.session.change_web(lambda web: replace(web, data=_applied(web, changes, removals)))
        except SessionEnded:
            self._services.log.emit(Event.SESSION_CHANGE_DROPPED, reason="the session ended in between")
        except (SessionStoreUnavailable, TooManyAttempts) as err:
            if not {*changes, *removals} <= _BANNERS:
                raise
            # A banner reports what has been done; an error would make that look undone.
            self._services.log.emit(Event.SESSION_CHANGE_DROPPED, reason="banner", outcome=outcome_of(err))

    def _data(self) -> dict[str, Any]:
        return _applied(self.resume().web, self._changes, self._removals)


class BffSessionInterface(SessionInterface):
    """Opens a session without reading anything, and sets the cookie where the rules say so."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """Return the request's session; Redis is asked only when code reads it."""
        return BrowserSession(self._services, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what was changed, and set the cookie if it is new."""
        browser = cast("BrowserSession", session)
        if browser.modified:
            browser.keep()
        cookie = browser.cookie_to_set
        if cookie is None:
            return
        settings = self._services.settings.cookie
        response.set_cookie(
            settings.name,
            cookie.value.reveal(),
            secure=settings.secure,
            httponly=True,
            samesite=settings.same_site.value,
            path="/",
        )
        if is_api(g.get("path", "/")):
            response.headers["X-CSRF-Token"] = fresh_csrf_token()


def browser_session() -> BrowserSession:
    """Return the session of the request at hand, with its own type."""
    return cast("BrowserSession", session._get_current_object())  # type: ignore[attr-defined]  # werkzeug's proxies hide it from mypy


def fresh_csrf_token() -> str:
    """Return a CSRF token for the cookie that counts from here on, also after a rotation in this request.

    It is one that Flask-WTF takes for its own, made without the detours of making it: Flask-WTF sets up its signer for
    every token, and has zlib look in vain for what a random text repeats.
    """
    signer: TimestampSigner = current_app.extensions[CSRF_SIGNER]
    secret = json.dumps(browser_session().csrf_cookie.csrf_secret)
    token = signer.sign(base64_encode(secret)).decode("ascii")
    setattr(noted(), CSRF_FIELD, token)
    return token


def session_cookies(request: Request, name: str) -> list[str]:
    """Return every value that came under the cookie's name.

    Read off the header with no more than RFC 6265 5.4 puts into it (pairs between semicolons): Werkzeug also reads
    RFC 2109's quoted strings, in which another cookie's quotes can swallow this one.
    """
    header: str = request.environ.get("HTTP_COOKIE", "")
    if name not in header:
        return []
    pairs = (pair.partition("=") for pair in header.split(";"))
    # Two `Cookie` headers come joined by a comma, which no value of ours has.
    found = [value for key, _, value in pairs if key.strip(" \t") == name]
    if "," in header:
        another = re.compile(rf",[ \t]*{re.escape(name)}=")
        found = [part for value in found for part in another.split(value)]
    return [value.strip(" \t") for value in found]


def _is_ours_to_answer(request: Request, services: Services) -> bool:
    if may_hide_cookie(request, services):
        # Setting another would replace it.
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is None or site in ("same-origin", "none"):
        return True
    return request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"


def _newest(flashes: list[Any]) -> list[tuple[str, str]]:
    """Return what waits to be read, each once, in the order it first came, and no more than may wait."""
    return list(dict.fromkeys((category, message) for category, message in flashes))[-_MOST_FLASHES:]


def _applied(web: WebRecord, changes: dict[str, Any], removals: set[str]) -> dict[str, Any]:
    return {key: value for key, value in web.data.items() if key not in removals} | changes
