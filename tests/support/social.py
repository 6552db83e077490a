"""A visitor of a shop with an identity provider: goes from the shop's link to the provider and back, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from bff.sandbox.provider.settings import JANE
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Vault, WebRecord
from bff.sessions.store import Found
from tests.support.fakes.sso_browser import SsoBrowser, query_of
from tests.support.pages import PageBrowser
from tests.support.shop import SocialShop

LINK = "/login/social/google-oauth2"
CLICK = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""What a browser says of a click on our own page."""
FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Traveller:
    """One browser, at the shop and at the provider."""

    def __init__(self, social: SocialShop) -> None:
        self.shop = social.shop
        self.provider = social.provider
        self.browser = social.shop.browser()
        self.pages = PageBrowser(self.browser)
        self._sso = SsoBrowser()

    def start(self, link: str = LINK) -> str:
        """Click a link of our page; return where at the provider it leads."""
        self.pages.get(link, headers=CLICK)
        assert self.pages.status == 302, (self.pages.status, self.pages.location, self.pages.page.words)
        assert self.pages.location is not None
        return self.pages.location

    def choose(self, authorize_url: str, subject: str = JANE.subject) -> str:
        """Sign somebody in at the provider; return the path with which the browser comes back."""
        return self._path(self._sso.choose(authorize_url, subject))

    def cancel(self, authorize_url: str) -> str:
        """Refuse at the provider; return the path with which the browser comes back."""
        return self._path(self._sso.cancel(authorize_url))

    def pass_through(self, authorize_url: str) -> str:
        """Go where the provider, which knows this browser by now, asks nothing; return the path to come back with."""
        status, location = self.open_at_provider(authorize_url)
        assert status == 302
        assert location is not None
        return self._path(location)

    def open_at_provider(self, url: str) -> tuple[int, str | None]:
        """Open any URL of the provider; return status and `Location`."""
        reply = self._sso.get(url)
        self._sso.close()
        return reply.status_code, reply.headers.get("Location")

    def _path(self, url: str) -> str:
        self._sso.close()
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == self.browser.base_url
        return f"{parts.path}?{parts.query}"

    def arrive(self, path: str) -> str:
        """Come back from the provider; return where the shop sends one on to."""
        self.pages.get(path, headers=FROM_ELSEWHERE)
        assert self.pages.status == 303, (self.pages.status, self.pages.page.words)
        assert self.pages.location is not None
        return self.pages.location

    def sign_in(self, subject: str = JANE.subject, link: str = LINK) -> str:
        """Go all the way; return where it ends."""
        return self.arrive(self.choose(self.start(link), subject))

    def state(self) -> dict[str, Any]:
        """Ask the shop who and what one is."""
        return self.browser.session()

    @property
    def who(self) -> str | None:
        """The e-mail of who is signed in."""
        customer = self.state()["customer"]
        return None if customer is None else customer["email"]

    @property
    def found(self) -> Found:
        """Both records of this browser's session, opened with its cookie."""
        cookie = self.browser.cookie
        assert cookie is not None
        found = self.shop.services.store.load(SessionCookie(value=Secret(cookie)), count=False)
        assert isinstance(found, Found)
        return found

    @property
    def web(self) -> WebRecord:
        """The web record."""
        return self.found.web

    @property
    def open_logins(self) -> tuple[Mapping[str, Any], ...]:
        """The sign-ins under way in this browser; none where it has no record."""
        cookie = self.browser.cookie
        if cookie is None:
            return ()
        found = self.shop.services.store.load(SessionCookie(value=Secret(cookie)), count=False)
        return found.web.logins if isinstance(found, Found) else ()

    @property
    def vault(self) -> Vault:
        """The tokens."""
        return self.found.vault

    def change_login(self, **changes: Any) -> None:
        """Tamper with the sign-in that is under way, as it is stored."""
        cookie = self.browser.cookie
        assert cookie is not None
        session = self.shop.services.sessions.open(SessionCookie(value=Secret(cookie)), may_start=False)
        web = session.web
        assert len(web.logins) == 1
        assert set(changes) <= set(web.logins[0])
        session.change_web(lambda _: WebRecord(created=web.created, logins=({**web.logins[0], **changes},)))

    def opened_records(self) -> str:
        """Return what Redis holds of this browser's session, in clear."""
        return self.web.to_json().decode() + self.vault.to_json().decode()


def with_query(path: str, **changes: str | None) -> str:
    """Return a callback's path with other parameters; None leaves one out."""
    query = {**query_of(path), **changes}
    return path.partition("?")[0] + "?" + urlencode({name: v for name, v in query.items() if v is not None})


def logged_out_upstream(social: SocialShop) -> list[str]:
    """Return the customer tokens that upstream was told to end, oldest first."""
    calls = social.shop.sandbox.recorder.of("logout")
    return [call.headers["authorization"].removeprefix("Bearer ") for call in calls]
