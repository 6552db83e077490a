"""Visitors of each role who ask for every route there is, in calm and in trouble, and whom a watch looks at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from werkzeug.test import TestResponse

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.provider.factory import Provider
from bff.sandbox.provider.settings import JANE, RICHARD
from bff.sandbox.replies import Refused
from bff.sandbox.state import new_login
from tests.support.fakes.sso_browser import SsoBrowser
from tests.support.journeys.leak_drives import ADDRESS, BODIES, FORMS, LAST, MAIL_OF, PAGES_OF_A_MAIL, QUERIES
from tests.support.journeys.leak_troubles import Trouble, none_at_all
from tests.support.journeys.leak_watch import Watch
from tests.support.oidc.hostile import mint_logout_token
from tests.support.pages import Form, Page
from tests.support.shop import Browser, Shop
from tests.support.social import CLICK, FROM_ELSEWHERE, LINK

Route = tuple[str, str]
"""Method and rule."""
_NOTHING = "nosuchthing"


class Role(Enum):
    """Who visits."""

    # In this order, since the customer's own sign-in has to be as it was set up.
    CUSTOMER = "customer"
    GUEST = "guest"
    SOCIAL = "social customer"


@dataclass
class Visitor:
    """One browser, which is in its role again before each route."""

    watch: Watch
    provider: Provider
    role: Role
    trouble: Trouble = none_at_all
    """What is wrong while a route is driven, and only then."""
    login: tuple[str, str] = B2B_EMAIL, B2B_PASSWORD
    """With what the customer signs in, as long as that works."""
    may_return: bool = True
    """Whether a session can be had again once it has ended."""

    def __post_init__(self) -> None:
        self.shop: Shop = self.watch.shop
        self.browser: Browser = self.shop.browser()
        self._address_id = _NOTHING
        self._csrf: dict[str | None, str] = {}
        self.get_ready()

    def drive_all(self, routes: Collection[Route] | None = None) -> None:
        """Ask for every route of the application, or for some."""
        for route in in_turn(routes_of(self.shop) if routes is None else routes):
            self.drive(*route)

    def drive(self, method: str, rule: str) -> TestResponse:
        """Ask for one route with all that it takes."""
        if self.may_return:
            self.get_ready()
        if (method, rule) == ("GET", "/login/callback"):
            return self._come_back()
        body = FORMS[method, rule] if (method, rule) in FORMS else BODIES[method, rule]
        mailed = self._mailed(rule) if rule in MAIL_OF else None
        if body and "token" in body:
            body = {**body, "token": mailed or "none"}
        query = f"?token={mailed}" if mailed and method == "GET" else QUERIES.get((method, rule), "")
        path = self._path(rule)
        kwargs: dict[str, Any] = {} if body is None else {"json": body}
        if rule == "/login/backchannel-logout":
            # Of somebody who is not here: else nobody would stay signed in for what comes next.
            kwargs = {"data": {"logout_token": mint_logout_token(self.provider, claims={"sub": RICHARD.subject})}}
        elif (method, rule) in FORMS and body is not None:
            form = self._form(path, mailed if rule in PAGES_OF_A_MAIL else None)
            kwargs = {"data": {**form.values, **body}}
        with self.trouble(self.browser):
            return self.send(method, path + query, rule, mailed=mailed, **kwargs)

    def send(self, method: str, path: str, rule: str, *, mailed: str | None = None, **kwargs: Any) -> TestResponse:
        """Send any request, and look at the answer."""
        answer = self.browser.request(method, path, **kwargs)
        self.watch.see(answer, method, rule, mailed=mailed)
        self.watch.found(self.browser.cookie)
        return answer

    def get_ready(self) -> None:
        """Be who the role says, with a token for JSON and with what the paths name."""
        found = self.watch.found(self.browser.cookie)
        is_signed_in = found is not None and found.web.signed_in is not None
        if is_signed_in != (self.role is not Role.GUEST):
            self._come_in()
        if self.browser.csrf is None or self.browser.cookie not in self._csrf:
            self._renew_csrf()
        if self.role is not Role.GUEST and self._address_id not in self._addresses():
            made = self._make_address()
            if made.status_code != 201:
                # The account is gone, and nobody has told this session yet.
                self._come_in()
                made = self._make_address()
            self._address_id = made.get_json()["id"]

    def _come_in(self) -> None:
        self.browser = self.shop.browser()
        self._renew_csrf()
        if self.role is Role.CUSTOMER:
            self._sign_in()
        elif self.role is Role.SOCIAL:
            self.arrive(self.leave())

    def _make_address(self) -> TestResponse:
        return self.send("POST", "/api/me/addresses", "/api/me/addresses", json=ADDRESS)

    def leave(self, link: str = LINK) -> str:
        """Start a sign-in at the provider, and return the path with which the provider sends one back."""
        started = self.send("GET", link, "/login/social/<connection>", headers=CLICK)
        sso = SsoBrowser()
        url = sso.choose(started.headers["Location"], JANE.subject)
        sso.close()
        return url.removeprefix(self.browser.base_url)

    def arrive(self, path: str) -> TestResponse:
        """Come back with such a path."""
        answer = self.send("GET", path, "/login/callback", headers=FROM_ELSEWHERE)
        self._renew_csrf()
        return answer

    def _come_back(self) -> TestResponse:
        if not self.may_return:
            with self.trouble(self.browser):
                return self.send("GET", "/login/callback?code=x&state=x", "/login/callback", headers=FROM_ELSEWHERE)
        path = self.leave()
        with self.trouble(self.browser):
            return self.send("GET", path, "/login/callback", headers=FROM_ELSEWHERE)

    def _sign_in(self) -> None:
        """Sign in, as a new customer where what was driven has cost the old one account, e-mail or password."""
        candidates: tuple[Callable[[], tuple[str, str]], ...] = (lambda: self.login, self._new_customer)
        for candidate in candidates:
            email, password = candidate()
            answer = self.send("POST", "/api/login", "/api/login", json={"email": email, "password": password})
            if answer.status_code == 200:
                self.login = email, password
                self._renew_csrf()
                return
        raise AssertionError("nobody can sign in any more")

    def _new_customer(self) -> tuple[str, str]:
        state, email = self.shop.sandbox.state, f"customer{len(self.watch.entries)}@example.com"
        with state.lock:
            state.add_customer(
                tenant=self.shop.settings.emporix.tenant,
                email=email,
                document={"firstName": "Jane", "lastName": "Doe", "contactEmail": email},
                logins=[new_login(email, password=B2B_PASSWORD)],
                legal_entities=LEGAL_ENTITIES,
            )
        return email, B2B_PASSWORD

    def _addresses(self) -> set[str]:
        with self.shop.sandbox.state.lock:
            return {one for customer in self.shop.sandbox.state.customers.values() for one in customer.addresses}

    def _renew_csrf(self) -> None:
        answer = self.send("GET", "/api/session", "/api/session")
        if answer.status_code == 200:
            self.browser.csrf = answer.get_json()["csrfToken"]
            self._csrf[self.browser.cookie] = str(self.browser.csrf)

    def _form(self, path: str, mailed: str | None) -> Form:
        """Open the page and take its form, as it is before anything goes wrong."""
        answer = self.send("GET", path + (f"?token={mailed}" if mailed else ""), path, mailed=mailed)
        forms = [form for form in Page(answer.get_data(as_text=True)).forms if form.action.partition("?")[0] == path]
        if forms:
            return forms[0]
        # Both kinds of token are the same one.
        return Form(action=path, method="post", values={"csrf_token": self.browser.csrf or "none"})

    def _mailed(self, rule: str) -> str | None:
        """Return the newest token that is still good; where none is, one that was."""
        sandbox, purpose = self.shop.sandbox, MAIL_OF[rule]
        tokens = [mail.token for mail in sandbox.mails.newest_first if mail.purpose is purpose]
        with sandbox.state.lock:
            for token in tokens:
                with suppress(Refused):
                    sandbox.mails.find(purpose, token)
                    return token
        return tokens[0] if tokens else None

    def _another_device(self) -> str:
        """Sign in once more elsewhere, and return what the list of devices calls that."""
        if self.role is Role.GUEST or not self.may_return:
            return _NOTHING
        Visitor(self.watch, self.provider, self.role, login=self.login)
        listed = self.send("GET", "/api/sessions", "/api/sessions").get_json()
        return str(next((device["id"] for device in listed if not device["current"]), _NOTHING))

    def _path(self, rule: str) -> str:
        known = {
            "<addressId>": self._address_id,
            "<path:filename>": "site.css",
            "<connection>": "google-oauth2",
        }
        for name, value in known.items():
            rule = rule.replace(name, value)
        if "<id>" in rule:
            rule = rule.replace("<id>", self._another_device())
        assert "<" not in rule, f"the drive does not know what stands in {rule}"
        return rule


def routes_of(shop: Shop) -> set[Route]:
    """Return every route that the application has."""
    return {
        (method, rule.rule)
        for rule in shop.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def in_turn(routes: Collection[Route]) -> list[Route]:
    """Sort routes so that each finds what it needs."""
    return sorted(routes, key=_turn)


def _turn(route: Route) -> tuple[int, bool, bool, str]:
    """What is read first, what deletes after all else that changes something, what ends the session last."""
    return LAST.index(route) if route in LAST else -1, route[0] != "GET", route[0] == "DELETE", route[1]
