"""What is done in a shop to get each line of the audit trail, and the lines that have to come of it, to the letter."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from werkzeug.test import TestResponse

from bff.events import Event
from bff.log import AUDIT_LOGGER, JsonFormatter
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.mails import Purpose
from bff.sandbox.mint import TokenKind
from bff.sandbox.provider.settings import JANE, JOHN
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.settings import SignupMode as SandboxSignup
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.wiring import build_services
from tests.support.declared_shop import free, row
from tests.support.fakes.answers import empty
from tests.support.fakes.carts import MERGE, Carts, answers, services_that_merge
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.upstream import DEAD_BEARER, JSON, refused
from tests.support.oidc.hostile import mint_logout_token
from tests.support.pages import PageBrowser
from tests.support.shop import PUBLIC_URL, Browser, Shop, ShopMaker, SocialShop
from tests.support.social import Traveller

NEW_EMAIL = "new.customer@example.com"
NEW_PASSWORD = "Amber-Window-19"
WRONG_PASSWORD = "Wrong-Password-99"
FORGED = "forged-canary"
"""Stands wherever somebody could try to bring a text into the log."""
ENTITY = LEGAL_ENTITIES[0].id
TYPED = (B2C_EMAIL, B2B_EMAIL, NEW_EMAIL, B2C_PASSWORD, B2B_PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, FORGED, ENTITY)

Line = dict[str, Any]


class Listener(logging.Handler):
    """Keeps what the audit logger writes, as the lines of a production log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def shown(self) -> list[Line]:
        """Return the lines as what they hold."""
        return [json.loads(line) for line in self.lines]


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen to the audit logger, at the level that the server gives it."""
    listener, logger = Listener(), logging.getLogger(AUDIT_LOGGER)
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    try:
        yield listener
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)


def without_redis(scene: Scene, ask: Callable[[], TestResponse]) -> None:
    """Let a request be answered while the store takes no writes; it has to succeed all the same."""
    store = scene.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("create", "commit", "end", "retire")
    assert ask().status_code < 300
    store.before.clear()


@dataclass(kw_only=True)
class Scene:
    """One shop, who is listening, and what must not be written down."""

    maker: ShopMaker
    clock: FakeClock
    listener: Listener
    secrets: list[str] = field(default_factory=list)
    _shop: Shop | None = None

    @property
    def shop(self) -> Shop:
        """The shop; the usual one, unless a drive has asked for another."""
        return self._shop or self.open()

    def open(
        self, sandbox: SandboxSettings | None = None, services: Any = services_with_meddling, **environment: str
    ) -> Shop:
        """Open a shop with other settings."""
        self._shop = self.maker(sandbox, clock=self.clock, services=services, **environment)
        return self._shop

    def open_declared(self) -> Shop:
        """Open a shop with a declared row that is audited, over a path that the sandbox knows."""
        declared = row("profile_change", "PATCH", "/customer/{tenant}/me", free_body=free(), audited=Event.ROUTE_CALLED)
        operations = {**OPERATIONS, declared.name: declared}
        self._shop = self.maker(clock=self.clock, services=partial(build_services, operations=operations))
        return self._shop

    def open_merging(self) -> Carts:
        """Open a shop that merges carts at sign-in."""
        return Carts(self.open(services=services_that_merge).sandbox)

    def guest_with_a_cart(self, carts: Carts) -> Browser:
        """Return a guest who has put something into a cart."""
        browser = self.visitor()
        assert browser.get("/api/me").status_code == 200
        carts.put_for_newest_guest("apples")
        return browser

    def open_social(self) -> SocialShop:
        """Open a shop with an identity provider."""
        social = self.maker.with_provider(clock=self.clock)
        self._shop = social.shop
        return social

    def from_here(self) -> None:
        """Forget the lines of what led here."""
        self.listener.lines.clear()

    def visitor(self) -> Browser:
        """Return a guest who has a session."""
        browser = self.shop.browser()
        browser.session()
        return browser

    def customer(self, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> Browser:
        """Return a customer; how they signed in is not part of what is driven."""
        browser = self.shop.browser()
        browser.sign_in(email, password)
        self.from_here()
        return browser

    def pages(self, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> PageBrowser:
        """Return a customer on the pages."""
        return PageBrowser(self.customer(email, password))

    def sid(self, browser: Browser) -> str:
        """Return what a line shows of a browser's session, and note what it must not show."""
        assert browser.cookie is not None
        sid = SessionCookie(value=Secret(browser.cookie)).sid
        self.secrets += [browser.cookie, sid, *([browser.csrf] if browser.csrf else [])]
        return sid[:16]

    def person(self, email: str = B2C_EMAIL) -> str:
        """Return what a line shows of a customer."""
        found = self.shop.sandbox.state.by_email("demoshop", email)
        assert found is not None
        return self.hashed("person", found.id)

    def hashed(self, kind: str, value: str) -> str:
        """Return what a line shows in place of a value."""
        return self.shop.services.ring.newest.name(b"log-" + kind.encode(), value)[:16]

    def mailed(self, purpose: Purpose) -> str:
        """Return the newest mailed token."""
        token = self.shop.sandbox.mails.last(purpose).token
        self.secrets.append(token)
        return token


def line(event: Event, **fields: Any) -> Line:
    """Return a line as it is to be."""
    return {"event": event.label, **{name: value for name, value in fields.items() if value is not None}}


Drive = Callable[[Scene], list[Line]]
DRIVES: dict[str, Drive] = {}


def drive(run: Drive) -> Drive:
    """Put a drive on the list."""
    DRIVES[run.__name__] = run
    return run


# Signing in


@drive
def sign_in_by_json(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    before = scene.sid(browser)
    browser.sign_in()
    who = {"session": scene.sid(browser), "person": scene.person()}
    return [line(Event.SIGNED_IN, **who, operation="login", again=False, before=before)]


@drive
def sign_in_by_page(scene: Scene) -> list[Line]:
    somebody = PageBrowser(scene.shop.browser())
    somebody.sign_in()
    who = {"session": scene.sid(somebody.browser), "person": scene.person()}
    return [line(Event.SIGNED_IN, **who, operation="login", again=False)]


@drive
def sign_in_once_more(scene: Scene) -> list[Line]:
    browser = scene.customer()
    before = scene.sid(browser)
    browser.sign_in()
    who = {"session": scene.sid(browser), "person": scene.person()}
    return [line(Event.SIGNED_IN, **who, operation="login", again=True, before=before)]


@drive
def sign_in_as_another(scene: Scene) -> list[Line]:
    browser = scene.customer()
    before = scene.sid(browser)
    browser.sign_in(B2B_EMAIL, B2B_PASSWORD)
    john = {"session": scene.sid(browser), "person": scene.person(B2B_EMAIL)}
    jane = {"session": before, "person": scene.person()}
    return [
        line(Event.SIGNED_IN, **john, operation="login", again=False, before=before),
        line(Event.SESSION_ENDED, **jane, reason="superseded by another sign-in"),
    ]


@drive
def sign_in_with_a_cart(scene: Scene) -> list[Line]:
    browser = scene.guest_with_a_cart(scene.open_merging())
    before = scene.sid(browser)
    browser.sign_in()
    who = {"session": scene.sid(browser), "person": scene.person()}
    return [
        line(Event.SIGNED_IN, **who, operation="login", again=False, before=before),
        line(Event.CARTS_MERGED, **who),
    ]


@drive
def sign_in_with_a_cart_that_is_refused(scene: Scene) -> list[Line]:
    carts = scene.open_merging()
    browser = scene.guest_with_a_cart(carts)
    carts.fail(MERGE, answers(409))
    before = scene.sid(browser)
    browser.sign_in()
    who = {"session": scene.sid(browser), "person": scene.person()}
    return [
        line(Event.SIGNED_IN, **who, operation="login", again=False, before=before),
        line(Event.CARTS_NOT_MERGED, **who, outcome="refused", status=409),
    ]


@drive
def wrong_password_by_json(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    assert browser.post("/api/login", {"email": "Jane.Doe@Example.com", "password": WRONG_PASSWORD}).status_code == 401
    return [
        line(
            Event.SIGN_IN_FAILED,
            session=scene.sid(browser),
            email=scene.hashed("email", B2C_EMAIL),
            operation="login",
            outcome="refused",
        )
    ]


@drive
def wrong_password_by_page_of_who_is_signed_in(scene: Scene) -> list[Line]:
    somebody = scene.pages()
    somebody.get("/login?again=1&next=/account/delete")
    somebody.send("/login", password=WRONG_PASSWORD)
    assert somebody.status == 422
    who = {"session": scene.sid(somebody.browser), "person": scene.person()}
    email = scene.hashed("email", B2C_EMAIL)
    return [line(Event.SIGN_IN_FAILED, **who, email=email, operation="login", outcome="refused")]


@drive
def sign_in_while_upstream_is_away(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    scene.shop.sandbox.faults.add("login", Fault(answer=empty(503)))
    assert browser.post("/api/login", {"email": B2C_EMAIL, "password": B2C_PASSWORD}).status_code == 503
    who = {"session": scene.sid(browser), "email": scene.hashed("email", B2C_EMAIL)}
    return [line(Event.SIGN_IN_FAILED, **who, operation="login", outcome="unknown")]


@drive
def sign_out_by_json(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    assert browser.post("/api/logout").status_code == 200
    browser.session()
    assert browser.post("/api/logout").status_code == 200, "a guest's is no event"
    return [line(Event.SIGNED_OUT, **who)]


@drive
def sign_out_by_page(scene: Scene) -> list[Line]:
    somebody = scene.pages()
    who = {"session": scene.sid(somebody.browser), "person": scene.person()}
    somebody.get("/account")
    somebody.send("/logout")
    return [line(Event.SIGNED_OUT, **who)]


# Signing up


def _signing_up(scene: Scene) -> Browser:
    browser = scene.visitor()
    body = {"email": NEW_EMAIL, "password": NEW_PASSWORD, "customerDetails": {"firstName": "Jane", "lastName": "Doe"}}
    assert browser.post("/api/signup", body).status_code in (201, 202)
    return browser


@drive
def sign_up_by_json_and_activation(scene: Scene) -> list[Line]:
    browser = _signing_up(scene)
    guest, email = scene.sid(browser), scene.hashed("email", NEW_EMAIL)
    assert browser.post("/api/signup/optin/refresh_token", {"email": NEW_EMAIL}).status_code == 202
    assert browser.post("/api/signup/optin", {"token": FORGED}).status_code == 400
    assert browser.post("/api/signup/optin", {"token": scene.mailed(Purpose.OPTIN)}).status_code == 200
    who = {"session": scene.sid(browser), "person": scene.person(NEW_EMAIL)}
    return [
        line(Event.SIGNUP_ASKED, session=guest, email=email, outcome="done"),
        line(Event.ACTIVATION_MAIL_ASKED, session=guest, email=email, outcome="done"),
        line(Event.SIGN_IN_FAILED, session=guest, operation="signup_optin", outcome="refused", status=400),
        line(Event.SIGNED_IN, **who, operation="signup_optin", again=False, before=guest),
    ]


@drive
def sign_up_by_page_and_activation(scene: Scene) -> list[Line]:
    somebody = PageBrowser(scene.visitor())
    guest, email = scene.sid(somebody.browser), scene.hashed("email", NEW_EMAIL)
    somebody.get("/signup")
    somebody.send("/signup", firstName="Jane", lastName="Doe", email=NEW_EMAIL, password=NEW_PASSWORD)
    somebody.get("/signup/resend")
    somebody.send("/signup/resend", email=NEW_EMAIL)
    somebody.get(f"/signup/optin?token={scene.mailed(Purpose.OPTIN)}")
    somebody.send("/signup/optin")
    who = {"session": scene.sid(somebody.browser), "person": scene.person(NEW_EMAIL)}
    return [
        line(Event.SIGNUP_ASKED, session=guest, email=email, outcome="done"),
        line(Event.ACTIVATION_MAIL_ASKED, session=guest, email=email, outcome="done"),
        line(Event.SIGNED_IN, **who, operation="signup_optin", again=False, before=guest),
    ]


@drive
def sign_up_that_signs_in_at_once(scene: Scene) -> list[Line]:
    scene.open(SandboxSettings(signup=SandboxSignup.IMMEDIATE), EMPORIX_SIGNUP="immediate")
    browser = scene.visitor()
    guest, email = scene.sid(browser), scene.hashed("email", NEW_EMAIL)
    body = {"email": NEW_EMAIL, "password": NEW_PASSWORD, "customerDetails": {"firstName": "Jane", "lastName": "Doe"}}
    assert browser.post("/api/signup", body).status_code == 201
    who = {"session": scene.sid(browser), "person": scene.person(NEW_EMAIL)}
    return [
        line(Event.SIGNUP_ASKED, session=guest, email=email, outcome="done"),
        line(Event.SIGNED_IN, **who, operation="signup", again=False, before=guest),
    ]


@drive
def sign_up_with_an_address_that_is_taken(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    body = {"email": B2C_EMAIL, "password": NEW_PASSWORD, "customerDetails": {}}
    assert browser.post("/api/signup", body).status_code == 202, "the visitor does not learn of it"
    email = scene.hashed("email", B2C_EMAIL)
    return [line(Event.SIGNUP_ASKED, session=scene.sid(browser), email=email, outcome="refused", status=409)]


# Social sign-in


@drive
def social_sign_in_and_once_more(scene: Scene) -> list[Line]:
    traveller = Traveller(scene.open_social())
    url = traveller.start()
    guest = scene.sid(traveller.browser)
    traveller.arrive(traveller.choose(url, JANE.subject))
    first = scene.sid(traveller.browser)
    traveller.sign_in(link="/login/social/google-oauth2?again=1")
    second, person = scene.sid(traveller.browser), scene.person()
    return [
        line(Event.SIGNED_IN, session=first, person=person, operation="social_login", again=False, before=guest),
        line(Event.SIGNED_IN, session=second, person=person, operation="social_login", again=True, before=first),
    ]


@drive
def social_sign_in_that_is_refused(scene: Scene) -> list[Line]:
    traveller = Traveller(scene.open_social())
    traveller.arrive(traveller.cancel(traveller.start()))
    guest = scene.sid(traveller.browser)
    traveller.arrive(f"/login/callback?code={FORGED}&state={FORGED}&error={FORGED}")
    return [
        line(Event.SOCIAL_LOGIN_FAILED, session=guest, reason="SocialLoginRefused: error"),
        line(Event.SOCIAL_LOGIN_FAILED, session=guest, reason="StateMismatch: state"),
    ]


@drive
def social_sign_in_of_somebody_else(scene: Scene) -> list[Line]:
    social = scene.open_social()
    traveller = Traveller(social)
    traveller.sign_in(JANE.subject)
    scene.from_here()
    traveller.arrive(traveller.choose(traveller.start("/login/social/google-oauth2?again=1"), JOHN.subject))
    who = {"session": scene.sid(traveller.browser), "person": scene.person()}
    return [line(Event.SOCIAL_LOGIN_FAILED, **who, reason="AnotherPerson")]


@drive
def provider_ends_a_session(scene: Scene) -> list[Line]:
    social = scene.open_social()
    traveller = Traveller(social)
    traveller.sign_in(JANE.subject)
    session = scene.sid(traveller.browser)
    scene.from_here()
    client = social.shop.app.test_client(use_cookies=False)
    token = mint_logout_token(social.provider, claims={"sub": JANE.subject})
    answers = [
        client.post("/login/backchannel-logout", data={"logout_token": sent}, base_url=PUBLIC_URL).status_code
        for sent in (token, token, FORGED)
    ]
    assert answers == [200, 400, 400]
    return [
        line(Event.SESSION_ENDED, session=session, reason="identity provider"),
        line(Event.BACKCHANNEL_LOGOUT, sessions=1),
        line(Event.BACKCHANNEL_LOGOUT_REFUSED, reason="jti"),
        line(Event.BACKCHANNEL_LOGOUT_REFUSED, reason="header"),
    ]


# Declared rows


def answered(content: Any) -> Fault:
    return Fault(answer=CannedResponse(status=200, body=json.dumps(content).encode(), headers=JSON))


@drive
def declared_row_that_is_called(scene: Scene) -> list[Line]:
    faults = scene.open_declared().sandbox.faults
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person(), "operation": "profile_change"}
    for fault in (answered({}), refused(409), Fault(answer=empty(500))):
        faults.clear()
        faults.add("update_me", fault)
        browser.patch("/api/customer/me", {"a": FORGED})
    return [
        line(Event.ROUTE_CALLED, **who, outcome="done"),
        line(Event.ROUTE_CALLED, **who, outcome="refused", status=409),
        line(Event.ROUTE_CALLED, **who, outcome="unknown"),
    ]


@drive
def answer_with_a_token_in_it(scene: Scene) -> list[Line]:
    shop = scene.open_declared()
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person(), "operation": "profile_change"}
    access = next(one.value for one in reversed(shop.sandbox.issued) if one.kind is TokenKind.CUSTOMER_ACCESS)
    shop.sandbox.faults.add("update_me", answered({"a": [f"?{access}"], "b": 1}))
    assert browser.patch("/api/customer/me", {}).get_json() == {"a": [], "b": 1}
    shop.sandbox.faults.clear()
    body = json.dumps({"message": f"{access} is not good"}).encode()
    shop.sandbox.faults.add("update_me", Fault(answer=CannedResponse(status=409, body=body, headers=JSON)))
    assert browser.patch("/api/customer/me", {}).get_json()["message"] == "*** is not good"
    return [
        line(Event.TOKEN_IN_ANSWER, **who, kind="access"),
        line(Event.ROUTE_CALLED, **who, outcome="done"),
        line(Event.TOKEN_IN_ANSWER, **who, kind="access"),
        line(Event.ROUTE_CALLED, **who, outcome="refused", status=409),
    ]


# Sessions that end


@drive
def lifetime_that_is_over(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    scene.clock.advance(scene.shop.settings.sessions.lifetime_seconds)
    assert [browser.session()["state"], browser.session()["state"]] == ["guest", "guest"]
    return [line(Event.SESSION_ENDED, **who, reason="lifetime over")]


@drive
def refresh_that_is_refused(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    scene.shop.sandbox.faults.add("get_me", DEAD_BEARER)
    scene.shop.sandbox.faults.add("refresh_auth_token", refused(400))
    assert browser.get("/api/me").status_code == 401
    return [
        line(Event.REFRESH_REFUSED, **who, kind="customer", status=400),
        line(Event.SESSION_ENDED, **who, reason="upstream refused the refresh"),
    ]


@drive
def refresh_of_a_guest_that_is_refused(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    assert browser.post("/api/password/reset", {"email": NEW_EMAIL}).status_code == 204
    scene.from_here()
    scene.clock.advance(SandboxSettings().anonymous_access_seconds)
    scene.shop.sandbox.faults.add("anonymous_refresh", refused(400))
    assert browser.get("/api/me").status_code == 200
    return [line(Event.REFRESH_REFUSED, session=scene.sid(browser), kind="anonymous", status=400)]


# Passwords, e-mail, logins, company


@drive
def password_is_changed_by_json(scene: Scene) -> list[Line]:
    browser, person = scene.customer(), scene.person()
    before = scene.sid(browser)
    for current, status in ((WRONG_PASSWORD, 400), (B2C_PASSWORD, 204)):
        body = {"currentPassword": current, "newPassword": NEW_PASSWORD}
        assert browser.post("/api/password/change", body).status_code == status
    return [
        line(Event.PASSWORD_CHANGED, session=before, person=person, outcome="refused", status=400),
        line(Event.PASSWORD_CHANGED, session=before, person=person, outcome="done"),
        line(Event.SESSION_MOVED, session=scene.sid(browser), person=person, before=before),
    ]


@drive
def password_is_changed_by_two_clicks(scene: Scene) -> list[Line]:
    somebody, person = scene.pages(), scene.person()
    before = scene.sid(somebody.browser)
    entries = {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD}
    values = somebody.get("/account/password").form("/account/password").filled(entries)
    again = somebody.fork(scene.shop)
    for one in (somebody, again):
        one.post("/account/password", values)
        assert one.status == 303
    who = {"session": scene.sid(again.browser), "person": person}
    return [
        line(Event.PASSWORD_CHANGED, session=before, person=person, outcome="done"),
        line(Event.SESSION_MOVED, **who, before=before),
        line(Event.ANSWER_REPEATED, **who, before=before),
    ]


@drive
def password_is_changed_by_page(scene: Scene) -> list[Line]:
    somebody, person = scene.pages(), scene.person()
    before = scene.sid(somebody.browser)
    somebody.get("/account/password")
    somebody.send("/account/password", currentPassword=B2C_PASSWORD, newPassword=NEW_PASSWORD)
    assert somebody.status == 303
    return [
        line(Event.PASSWORD_CHANGED, session=before, person=person, outcome="done"),
        line(Event.SESSION_MOVED, session=scene.sid(somebody.browser), person=person, before=before),
    ]


@drive
def password_change_that_nobody_answers(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    scene.shop.sandbox.faults.add("change_password", Fault(answer=empty(503)))
    body = {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD}
    assert browser.post("/api/password/change", body).status_code == 503
    return [line(Event.PASSWORD_CHANGED, **who, outcome="unknown")]


@drive
def password_is_reset_by_json(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    guest = scene.sid(browser)
    for email in (B2C_EMAIL, NEW_EMAIL):
        assert browser.post("/api/password/reset", {"email": email}).status_code == 204
    for token, status in ((FORGED, 400), (scene.mailed(Purpose.PASSWORD_RESET), 204)):
        body = {"token": token, "password": NEW_PASSWORD}
        assert browser.post("/api/password/reset/update", body).status_code == status
    jane, nobody = scene.hashed("email", B2C_EMAIL), scene.hashed("email", NEW_EMAIL)
    return [
        line(Event.PASSWORD_RESET_ASKED, session=guest, email=jane, outcome="done"),
        line(Event.PASSWORD_RESET_ASKED, session=guest, email=nobody, outcome="done"),
        line(Event.PASSWORD_RESET, session=guest, outcome="refused", status=400),
        line(Event.PASSWORD_RESET, session=guest, outcome="done"),
        line(Event.SESSION_MOVED, session=scene.sid(browser), before=guest),
    ]


@drive
def password_is_reset_by_page_of_who_is_signed_in(scene: Scene) -> list[Line]:
    somebody, person, email = scene.pages(), scene.person(), scene.hashed("email", B2C_EMAIL)
    before = scene.sid(somebody.browser)
    somebody.get("/password/forgot")
    somebody.send("/password/forgot", email=B2C_EMAIL)
    somebody.get(f"/password/reset?token={scene.mailed(Purpose.PASSWORD_RESET)}")
    somebody.send("/password/reset", password=NEW_PASSWORD)
    assert somebody.status == 303
    return [
        line(Event.PASSWORD_RESET_ASKED, session=before, person=person, email=email, outcome="done"),
        line(Event.PASSWORD_RESET, session=before, person=person, outcome="done"),
        line(Event.SESSION_MOVED, session=scene.sid(somebody.browser), person=person, before=before),
    ]


@drive
def email_is_changed_by_json(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    email, path = scene.hashed("email", B2C_EMAIL), "/api/me/accounts/internal/email/change"
    body = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": NEW_EMAIL}
    assert browser.post(path, {**body, "password": WRONG_PASSWORD}).status_code == 400
    assert browser.post(path, body).status_code == 204
    assert browser.post(f"{path}/confirm", {"token": scene.mailed(Purpose.EMAIL_CHANGE)}).status_code == 204
    return [
        line(Event.EMAIL_CHANGE_ASKED, **who, email=email, outcome="refused", status=400),
        line(Event.EMAIL_CHANGE_ASKED, **who, email=email, outcome="done"),
        line(Event.EMAIL_CHANGED, **who, outcome="done"),
    ]


@drive
def email_is_changed_by_page(scene: Scene) -> list[Line]:
    somebody = scene.pages()
    who = {"session": scene.sid(somebody.browser), "person": scene.person()}
    somebody.get("/account/email")
    somebody.send("/account/email", newEmail=NEW_EMAIL, password=B2C_PASSWORD)
    somebody.get(f"/email/confirm?token={scene.mailed(Purpose.EMAIL_CHANGE)}")
    somebody.send("/email/confirm")
    assert somebody.status == 303
    return [
        line(Event.EMAIL_CHANGE_ASKED, **who, email=scene.hashed("email", B2C_EMAIL), outcome="done"),
        line(Event.EMAIL_CHANGED, **who, outcome="done"),
    ]


@drive
def login_is_added_by_page(scene: Scene) -> list[Line]:
    traveller = Traveller(scene.open_social())
    traveller.sign_in(JOHN.subject)
    customer_id = str(traveller.state()["customer"]["id"])
    who = {"session": scene.sid(traveller.browser), "person": scene.hashed("person", customer_id)}
    scene.from_here()
    traveller.pages.get("/account/logins")
    traveller.pages.send("/account/logins", email=NEW_EMAIL, password=NEW_PASSWORD)
    assert traveller.pages.status == 303
    return [line(Event.LOGIN_ADDED, **who, email=scene.hashed("email", NEW_EMAIL), outcome="done")]


@drive
def login_that_is_taken_by_json(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    body = {"email": B2B_EMAIL, "password": NEW_PASSWORD}
    assert browser.post("/api/me/accounts/internal", body).status_code == 409
    return [line(Event.LOGIN_ADDED, **who, email=scene.hashed("email", B2B_EMAIL), outcome="refused", status=409)]


@drive
def company_is_switched(scene: Scene) -> list[Line]:
    browser = scene.customer(B2B_EMAIL, B2B_PASSWORD)
    somebody = PageBrowser(browser)
    who = {"session": scene.sid(browser), "person": scene.person(B2B_EMAIL)}
    for entity, status in ((ENTITY, 200), (FORGED, 403), (None, 200)):
        assert browser.post("/api/session/refresh", {"legalEntityId": entity}).status_code == status
    assert browser.post("/api/session/refresh").status_code == 200, "which keeps the company and is no event"
    somebody.get("/account/company")
    somebody.send("/account/company", legalEntityId=ENTITY)
    switched = line(Event.LEGAL_ENTITY_SWITCHED, **who, entity=scene.hashed("entity", ENTITY), outcome="done")
    forged = {"entity": scene.hashed("entity", FORGED), "outcome": "refused", "status": 403}
    return [
        switched,
        line(Event.LEGAL_ENTITY_SWITCHED, **who, **forged),
        line(Event.LEGAL_ENTITY_SWITCHED, **who, outcome="done"),
        switched,
    ]


@drive
def account_is_deleted_by_json(scene: Scene) -> list[Line]:
    other = scene.customer()
    browser, person = scene.customer(), scene.person()
    here, there = scene.sid(browser), scene.sid(other)
    assert browser.delete("/api/me").status_code in (202, 204)
    assert browser.post("/api/me/delete/confirm", {"token": FORGED}).status_code == 400
    token = scene.mailed(Purpose.ACCOUNT_DELETION)
    assert browser.post("/api/me/delete/confirm", {"token": token}).status_code in (202, 204)
    who = {"session": here, "person": person}
    ended = [{"session": session, "person": person} for session in (there, here)]
    return [
        line(Event.DELETION_ASKED, **who, outcome="done"),
        line(Event.DELETION_CONFIRMED, **who, outcome="refused", status=400),
        line(Event.DELETION_CONFIRMED, **who, outcome="done"),
        *_in_the_order_of_names([line(Event.SESSION_ENDED, **one, reason="account deleted") for one in ended]),
    ]


@drive
def account_is_deleted_by_page(scene: Scene) -> list[Line]:
    somebody = scene.pages()
    who = {"session": scene.sid(somebody.browser), "person": scene.person()}
    somebody.get("/account/delete")
    somebody.send("/account/delete", understood=True)
    somebody.get(f"/account/delete/confirm?token={scene.mailed(Purpose.ACCOUNT_DELETION)}")
    somebody.send("/account/delete/confirm")
    assert somebody.location == "/login?notice=account-deleted"
    return [
        line(Event.DELETION_ASKED, **who, outcome="done"),
        line(Event.DELETION_CONFIRMED, **who, outcome="done"),
        line(Event.SESSION_ENDED, **who, reason="account deleted"),
    ]


def _in_the_order_of_names(lines: list[Line]) -> list[Line]:
    # Redis sorts what ends at the same moment by name.
    return sorted(lines, key=lambda one: str(one["session"]))


# Attacks


@drive
def forged_requests(scene: Scene) -> list[Line]:
    browser = scene.visitor()
    session, good = scene.sid(browser), str(browser.csrf)
    headers: list[dict[str, str]] = [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": FORGED},
        {"X-CSRF-Token": str(scene.visitor().csrf)},
        {"X-CSRF-Token": good, "Origin": f"https://{FORGED}.example"},
        {"X-CSRF-Token": good, "Sec-Fetch-Site": "cross-site"},
    ]
    for sent in headers:
        sent = {**sent, "User-Agent": FORGED, "Referer": f"https://{FORGED}.example/"}
        assert browser.post(f"/api/logout?{FORGED}", headers=sent).status_code == 403
    assert browser.get("/api/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    page = PageBrowser(browser)
    page.post("/login", {"csrf_token": FORGED, "email": FORGED})
    assert page.status == 403
    reasons = [
        "The CSRF token is missing.",
        "The CSRF token is invalid.",
        "The CSRF tokens do not match.",
        "another origin",
        "another origin",
        "a read from another site",
        "The CSRF token is invalid.",
    ]
    return [line(Event.CSRF_REFUSED, session=session, reason=reason) for reason in reasons]


@drive
def planted_cookies(scene: Scene) -> list[Line]:
    client = scene.shop.app.test_client(use_cookies=False)
    name = scene.shop.settings.cookie.name
    for value, status in ((f"{name}={FORGED}", 200), (f"{name}={FORGED}; {name}={FORGED}-too", 400)):
        answer = client.get("/api/session", base_url=PUBLIC_URL, headers={"Cookie": value})
        assert answer.status_code == status
    return [line(Event.COOKIE_REFUSED, reason="malformed"), line(Event.COOKIE_REFUSED, reason="several")]


@drive
def record_that_was_tampered_with(scene: Scene) -> list[Line]:
    browser = scene.customer()
    session = scene.sid(browser)
    sid = SessionCookie(value=Secret(str(browser.cookie))).sid
    key = f"bff:{{{sid}}}:web"
    record = bytearray(scene.shop.redis.get(key) or b"")  # type: ignore[arg-type]  # the client is not asynchronous
    record[-1] ^= 1
    scene.shop.redis.set(key, bytes(record), keepttl=True)
    assert browser.session()["state"] == "guest"
    return [line(Event.RECORD_UNREADABLE, session=session)]


@drive
def account_is_deleted_while_redis_fails(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    assert browser.delete("/api/me").status_code < 300
    body = {"token": scene.mailed(Purpose.ACCOUNT_DELETION)}
    without_redis(scene, lambda: browser.post("/api/me/delete/confirm", body))
    return [
        line(Event.DELETION_ASKED, **who, outcome="done"),
        line(Event.DELETION_CONFIRMED, **who, outcome="done"),
        line(Event.SESSIONS_NOT_ENDED, **who, reason="account deleted"),
    ]


@drive
def password_is_changed_while_redis_fails(scene: Scene) -> list[Line]:
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    body = {"currentPassword": B2C_PASSWORD, "newPassword": NEW_PASSWORD}
    without_redis(scene, lambda: browser.post("/api/password/change", body))
    return [
        line(Event.PASSWORD_CHANGED, **who, outcome="done"),
        line(Event.SESSIONS_NOT_ENDED, **who, reason="new password"),
    ]


@drive
def sign_in_after_a_reset_while_redis_fails(scene: Scene) -> list[Line]:
    scene.customer()
    browser = scene.visitor()
    assert browser.post("/api/password/reset", {"email": B2C_EMAIL}).status_code == 204
    body = {"token": scene.mailed(Purpose.PASSWORD_RESET), "password": NEW_PASSWORD}
    assert browser.post("/api/password/reset/update", body).status_code == 204
    before = scene.sid(browser)
    scene.from_here()
    store = scene.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("end")
    assert browser.post("/api/login", {"email": B2C_EMAIL, "password": NEW_PASSWORD}).status_code == 200
    store.before.clear()
    who = {"session": scene.sid(browser), "person": scene.person()}
    return [
        line(Event.SIGNED_IN, **who, operation="login", again=False, before=before),
        line(Event.SESSIONS_NOT_ENDED, **who, reason="password reset"),
    ]


@drive
def session_that_asks_too_often(scene: Scene) -> list[Line]:
    scene.open(BFF_RATE_LIMIT_API="5/minute")
    browser = scene.customer()
    who = {"session": scene.sid(browser), "person": scene.person()}
    answers = [browser.get("/api/session").status_code for _ in range(8)]
    assert answers[-2:] == [429, 429]
    return [line(Event.RATE_LIMITED, **who, limit="api", per="session")]


@drive
def guesses_at_one_password(scene: Scene) -> list[Line]:
    browser, email = scene.visitor(), scene.hashed("email", B2C_EMAIL)
    while browser.post("/api/login", {"email": B2C_EMAIL, "password": WRONG_PASSWORD}).status_code != 429:
        assert len(scene.listener.lines) < 100
    who = {"session": scene.sid(browser), "email": email, "operation": "login"}
    # Of the guesses that upstream has refused there is a line each, as of any other.
    del scene.listener.lines[:-2]
    address = scene.shop.services.ring.newest.name(b"limit-address", '["127.0.0.1"]')[:16]
    return [
        line(Event.RATE_LIMITED, **who, limit="login", per="email_and_address", address=address),
        line(Event.SIGN_IN_FAILED, **who, outcome="limited"),
    ]
