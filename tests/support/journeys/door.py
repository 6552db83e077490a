"""Every operation that has a page, driven by either face: as a JavaScript client does, and as a page's visitor does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from bff.audit.page_calls import BROUGHT_ALONG
from bff.operations.model import Limit, SideEffect
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.mails import Purpose
from bff.web.session_interface import browser_session
from tests.support.journeys.audit_drives import Listener
from tests.support.pages import PageBrowser
from tests.support.shop import Browser, Shop

GOOD_PASSWORD = "Amber-Window-19"
PASSWORDS = {B2C_EMAIL: B2C_PASSWORD, B2B_EMAIL: B2B_PASSWORD}
NEW_EMAIL = "new.customer@example.com"
ONE_FACE = "ONE_FACE"
"""The environment variable by which a run of the tests is held to one face; see `faces`."""
Values = Mapping[str, str]


def nothing_prepared(shop: Shop, browser: Browser) -> dict[str, str]:
    """Prepare nothing."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Act:
    """One operation, by both faces; texts in braces are filled in from what was prepared."""

    operation: str
    who: str | None = B2C_EMAIL
    """E-mail of who is signed in; None: a guest."""
    prepare: Callable[[Shop, Browser], dict[str, str]] = nothing_prepared
    """What has to be there first, by the browser that goes on to act: a mailed token, an address's id."""
    method: str = "POST"
    path: str
    body: Any = None
    page: str
    form: Mapping[str, str | bool] | None = None
    """None: the page is only opened."""
    action: str | None = None
    """Where its form is sent to; None: to its own path."""
    password: str | None = None
    """The property, and field, of a new password."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For a test's id."""
        at_once = ", at once" if self.is_immediate else ""
        return f"{self.operation} at {self.page.partition('?')[0]}{at_once}"

    @property
    def is_mailed(self) -> bool:
        """Whether it brings the token of a mailed link along."""
        return "{token}" in self.page

    @property
    def is_immediate(self) -> bool:
        """Whether accounts can be used as soon as they are made."""
        return self.environment.get("EMPORIX_SIGNUP") == "immediate"

    @property
    def mails(self) -> bool:
        """Whether it has a mail sent, and leaves the session as it is."""
        kinds = [limited.kind for limited in OPERATIONS[self.operation].limits]
        return Limit.MAIL in kinds and not self.is_mailed and self.side_effect is SideEffect.NOTHING

    @property
    def side_effect(self) -> SideEffect:
        """What a success changes about the session."""
        row = OPERATIONS[self.operation]
        if self.is_mailed and row.side_effect_when_mailed is not None:
            return row.side_effect_when_mailed
        if row.side_effect is SideEffect.SIGN_UP and not self.is_immediate:
            return SideEffect.NOTHING
        return row.side_effect

    @property
    def signed_in_after(self) -> str | None:
        """E-mail of who is signed in after a success."""
        if self.operation == "logout" or self.side_effect is SideEffect.ACCOUNT_DELETED:
            return None
        return {"login": B2C_EMAIL, "signup_optin": NEW_EMAIL, "confirm_email": NEW_EMAIL}.get(
            self.operation, NEW_EMAIL if self.side_effect is SideEffect.SIGN_UP else self.who
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an act."""

    kind: str
    """`done`, `unknown`, or the word for a refusal."""
    calls: tuple[str, ...]
    """Operations that upstream was asked for, but for tokens."""
    audit: tuple[tuple[str, str | None], ...]
    """Events of the audit log, with their outcome."""
    signed_in: str | None
    """Whose e-mail is signed in afterwards."""
    new_cookie: bool
    reset_pending: bool
    """Whether the next sign-in with a password would end older sessions."""


def mailed(purpose: Purpose, ask: Callable[[Shop, Browser], TestResponse]) -> Callable[[Shop, Browser], dict[str, str]]:
    """Return a preparation that has a mail sent and takes its token."""

    def prepare(shop: Shop, browser: Browser) -> dict[str, str]:
        answer = ask(shop, browser)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return {"token": shop.sandbox.mails.last(purpose).token or ""}

    return prepare


def _address(shop: Shop, browser: Browser) -> dict[str, str]:
    customer = shop.sandbox.state.by_email("demoshop", B2C_EMAIL)
    assert customer is not None
    return {"addressId": next(iter(customer.addresses))}


def _signed_up(shop: Shop, browser: Browser) -> TestResponse:
    return browser.post("/api/signup", json={"email": NEW_EMAIL, "password": GOOD_PASSWORD})


def _reset_asked(shop: Shop, browser: Browser) -> TestResponse:
    return browser.post("/api/password/reset", json={"email": B2C_EMAIL})


def _email_change_asked(shop: Shop, browser: Browser) -> TestResponse:
    body = {"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": NEW_EMAIL}
    return browser.post("/api/me/accounts/internal/email/change", json=body)


def _deletion_asked(shop: Shop, browser: Browser) -> TestResponse:
    return browser.delete("/api/me")


_ADDRESS = {
    "contactName": "Jane Doe",
    "street": "Münsterplatz 1",
    "zipCode": "89073",
    "city": "Ulm",
    "country": "DE",
}
_AT = "/account/addresses/{addressId}"
_API_AT = "/api/me/addresses/{addressId}"
_SIGN_UP = {"email": NEW_EMAIL, "password": GOOD_PASSWORD}
ACTS = (
    Act(
        operation="login",
        who=None,
        path="/api/login",
        body={"email": B2C_EMAIL, "password": B2C_PASSWORD},
        page="/login",
        form={"email": B2C_EMAIL, "password": B2C_PASSWORD},
    ),
    Act(operation="logout", path="/api/logout", page="/logout", form={}),
    Act(
        operation="refresh_auth_token",
        who=B2B_EMAIL,
        path="/api/session/refresh",
        body={"legalEntityId": LEGAL_ENTITIES[0].id},
        page="/account/company",
        form={"legalEntityId": LEGAL_ENTITIES[0].id},
    ),
    Act(
        operation="signup",
        who=None,
        path="/api/signup",
        body={**_SIGN_UP, "customerDetails": {"firstName": "Jane", "lastName": "Doe", "contactEmail": NEW_EMAIL}},
        page="/signup",
        form={**_SIGN_UP, "firstName": "Jane", "lastName": "Doe"},
        password="password",
    ),
    Act(
        operation="signup",
        who=None,
        path="/api/signup",
        body={**_SIGN_UP, "customerDetails": {"firstName": "Jane", "lastName": "Doe", "contactEmail": NEW_EMAIL}},
        page="/signup?at-once",
        action="/signup",
        form={**_SIGN_UP, "firstName": "Jane", "lastName": "Doe"},
        environment={"EMPORIX_SIGNUP": "immediate"},
    ),
    Act(
        operation="signup_optin",
        who=None,
        prepare=mailed(Purpose.OPTIN, _signed_up),
        path="/api/signup/optin",
        body={"token": "{token}"},
        page="/signup/optin?token={token}",
        form={},
    ),
    Act(
        operation="resend_optin",
        who=None,
        prepare=mailed(Purpose.OPTIN, _signed_up),
        path="/api/signup/optin/refresh_token",
        body={"email": NEW_EMAIL},
        page="/signup/resend",
        form={"email": NEW_EMAIL},
    ),
    Act(operation="get_me", method="GET", path="/api/me", page="/account"),
    Act(
        operation="update_me",
        method="PATCH",
        path="/api/me",
        body={"company": "One"},
        page="/account?change=company",
        form={"company": "One"},
    ),
    Act(operation="delete_me", method="DELETE", path="/api/me", page="/account/delete", form={"understood": True}),
    Act(
        operation="delete_me",
        prepare=mailed(Purpose.ACCOUNT_DELETION, _deletion_asked),
        path="/api/me/delete/confirm",
        body={"token": "{token}"},
        page="/account/delete/confirm?token={token}",
        form={},
    ),
    Act(
        operation="add_login",
        path="/api/me/accounts/internal",
        body={"email": NEW_EMAIL, "password": GOOD_PASSWORD},
        page="/account/logins",
        form={"email": NEW_EMAIL, "password": GOOD_PASSWORD},
        password="password",
    ),
    Act(operation="list_addresses", method="GET", path="/api/me/addresses", page="/account/addresses"),
    Act(operation="add_address", path="/api/me/addresses", body=_ADDRESS, page="/account/addresses/new", form=_ADDRESS),
    Act(operation="get_address", prepare=_address, method="GET", path=_API_AT, page=_AT),
    Act(
        operation="update_address",
        prepare=_address,
        method="PATCH",
        path=_API_AT,
        body={"city": "Ulm"},
        page=_AT,
        form={"city": "Ulm"},
    ),
    Act(operation="delete_address", prepare=_address, method="DELETE", path=_API_AT, page=f"{_AT}/delete", form={}),
    Act(
        operation="add_address_tags",
        prepare=_address,
        path=f"{_API_AT}/tags?tags=gift",
        page=f"{_AT}/tags",
        form={"tags": "gift"},
    ),
    Act(
        operation="remove_address_tags",
        prepare=_address,
        method="DELETE",
        path=f"{_API_AT}/tags?tags=BILLING",
        page=f"{_AT}/tags",
        form={"billing": False},
    ),
    Act(
        operation="change_email",
        path="/api/me/accounts/internal/email/change",
        body={"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": NEW_EMAIL, "syncContactEmail": False},
        page="/account/email",
        form={"newEmail": NEW_EMAIL, "password": B2C_PASSWORD},
    ),
    Act(
        operation="confirm_email",
        prepare=mailed(Purpose.EMAIL_CHANGE, _email_change_asked),
        path="/api/me/accounts/internal/email/change/confirm",
        body={"token": "{token}"},
        page="/email/confirm?token={token}",
        form={},
    ),
    Act(
        operation="request_password_reset",
        who=None,
        path="/api/password/reset",
        body={"email": B2C_EMAIL},
        page="/password/forgot",
        form={"email": B2C_EMAIL},
        environment={"EMPORIX_SITE": "main"},
    ),
    Act(
        operation="reset_password",
        who=None,
        prepare=mailed(Purpose.PASSWORD_RESET, _reset_asked),
        path="/api/password/reset/update",
        body={"token": "{token}", "password": GOOD_PASSWORD},
        page="/password/reset?token={token}",
        form={"password": GOOD_PASSWORD},
        password="password",
    ),
    Act(
        operation="change_password",
        path="/api/password/change",
        body={"currentPassword": B2C_PASSWORD, "newPassword": GOOD_PASSWORD},
        page="/account/password",
        form={"currentPassword": B2C_PASSWORD, "newPassword": GOOD_PASSWORD, "endOthers": False},
        password="newPassword",
    ),
)

WITHOUT_A_PAGE = {
    "anonymous_login": "the server asks by itself",
    "anonymous_refresh": "the server asks by itself",
    "social_login": "the way back from the identity provider asks, within a redirect",
    "validate_auth_token": "nothing for a person to read",
}


class Face:
    """A visitor who acts by one face."""

    def __init__(self, shop: Shop, listener: Listener, act: Act) -> None:
        self.shop = shop
        self.act = act
        self._listener = listener
        self.browser = shop.browser()
        self.browser.session()
        if act.who is not None:
            self.browser.sign_in(act.who, PASSWORDS[act.who])
        self.prepared = act.prepare(shop, self.browser)

    def filled(self, text: str) -> str:
        """Return a text with what was prepared."""
        for name, value in self.prepared.items():
            text = text.replace("{" + name + "}", value)
        return text

    def outcome(self, interfere: Callable[[Face], None] = lambda face: None) -> Outcome:
        """Act, with something that happens right before the request, and return what came of it."""
        before = self.begin()
        self._listener.lines.clear()
        self.shop.sandbox.recorder.clear()
        interfere(self)
        kind = self.go()
        names = [one.operation.value for one in self.shop.sandbox.recorder if one.operation is not None]
        self.shop.sandbox.faults.clear()
        lines = [json.loads(line) for line in self._listener.lines]
        signed_in, reset_pending = self._session()
        return Outcome(
            kind=kind,
            calls=tuple(name for name in names if name not in BROUGHT_ALONG or name == self.act.operation),
            audit=tuple((line["event"], line.get("outcome")) for line in lines),
            signed_in=signed_in,
            new_cookie=self.browser.cookie != before,
            reset_pending=reset_pending,
        )

    def begin(self) -> str | None:
        """Get to where the act is one request away; return the cookie."""
        return self.browser.cookie

    def go(self) -> str:
        """Make the one request, and read its outcome off the answer."""
        raise NotImplementedError

    def says_dead_link(self) -> bool | None:
        """Tell whether the answer blames the mailed link; None where this face cannot tell."""
        return None

    def _session(self) -> tuple[str | None, bool]:
        with self.shop.app.test_request_context("/", headers={"Cookie": f"bff-session={self.browser.cookie}"}):
            session = browser_session().session
            who = session.signed_in
            return None if who is None else who.customer.email, session.web.password_reset_at is not None


class JsonFace(Face):
    """Acts by a JSON route."""

    def go(self) -> str:
        body = json.loads(self.filled(json.dumps(self.act.body)))
        answer = self.browser.request(self.act.method, self.filled(self.act.path), json=body)
        return json_kind(answer)


class PageFace(Face):
    """Acts by a page's form, or by opening it."""

    def begin(self) -> str | None:
        self.pages = PageBrowser(self.browser)
        if self.act.form is not None:
            self.pages.get(self.filled(self.act.page))
            self.opened = self.pages.page
        return self.browser.cookie

    def go(self) -> str:
        path = self.filled(self.act.page)
        if self.act.form is None:
            self.pages.get(path)
        else:
            self.pages.page = self.opened
            self.pages.send(self.act.action or path.partition("?")[0], **self.act.form)
        return page_kind(self.pages, is_sign_in=self.act.operation == "login")

    def says_dead_link(self) -> bool | None:
        return self.pages.page.heading == DEAD_LINK


FACES: Mapping[str, type[Face]] = {"JSON": JsonFace, "pages": PageFace}


def faces() -> tuple[type[Face], ...]:
    """Return both faces, or the one that the environment names: a rule's removal has to be noticed by each alone."""
    wanted = os.environ.get(ONE_FACE)
    return tuple(FACES.values()) if wanted is None else (FACES[wanted],)


DEAD_LINK = "This link no longer works"
REFUSED = {
    DEAD_LINK: "refused",
    "Your account cannot be deleted here": "feature_disabled",
    "A password cannot be added here": "feature_disabled",
    "Sign in": "login_required",
    "Confirm it's you to continue": "reauthentication_required",
}
"""What a page that is answered with 422 means, by its heading; with any other it is the form again."""


def json_kind(answer: TestResponse) -> str:
    """Return the word for what a JSON answer says."""
    if answer.status_code < 300:
        return "done"
    if answer.status_code in (502, 503, 504):
        return "unknown"
    kind = {"session_expired": "login_required"}.get(answer.get_json()["type"], answer.get_json()["type"])
    return kind if kind in {*REFUSED.values(), "rate_limited"} else "refused"


def page_kind(pages: PageBrowser, *, is_sign_in: bool) -> str:
    """Return the word for what a page says; `is_sign_in`: it is the sign-in page's own form that was sent."""
    location, heading = pages.location or "", pages.page.heading
    match pages.status:
        case 303 if "again=1" in location:
            return "reauthentication_required"
        case 303 if location.startswith("/login?next="):
            return "login_required"
        case 303 | 200:
            return "done"
        case 503 if heading == "Your password has been changed":
            return "done"
        case 502 | 503 | 504:
            return "unknown"
        case 403 | 404:
            return "refused"
        case 429:
            return "rate_limited"
        case 422:
            return "refused" if is_sign_in else REFUSED.get(heading, "refused")
    raise AssertionError(f"{pages.status} {heading}")
