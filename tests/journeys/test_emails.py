"""One form of an e-mail from end to end: whatever a browser sends, by JSON and by the pages, is one person."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bff.commands.sessions import list_sessions, revoke_sessions
from bff.operations.model import Operation
from bff.operations.table import OPERATIONS
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.settings import SandboxSettings, SignupMode
from bff.sessions.index import IndexKind
from tests.support.pages import customer, visitor
from tests.support.shop import Shop, ShopMaker

UNICODE, A_LABELS = "jane@Müller.example", "jane@xn--mller-kva.example"
PASSWORD, WRONG = "Amber-Window-19", "Wrong-Harbour-00"
SPELLINGS = [UNICODE, A_LABELS, "jane@XN--MLLER-KVA.EXAMPLE", "\x00 jane@müller.example\x1f"]

Sent = Callable[[Shop, str], int]


def by_json(path: str, name: str, content: dict[str, Any], *, signed_in: bool = False) -> Sent:
    def send(shop: Shop, email: str) -> int:
        browser = shop.signed_in() if signed_in else shop.browser()
        if not signed_in:
            browser.session()
        return browser.post(path, json={**content, name: email}).status_code

    return send


def by_page(path: str, name: str, content: dict[str, str], *, signed_in: bool = False) -> Sent:
    def send(shop: Shop, email: str) -> int:
        somebody = customer(shop) if signed_in else visitor(shop)
        somebody.get(path)
        somebody.send(path, **{**content, name: email})
        assert somebody.status is not None
        return somebody.status

    return send


CHANGE = {"email": B2C_EMAIL, "password": B2C_PASSWORD}
SIGN_UP_PAGE = {"firstName": "Jane", "lastName": "Doe", "password": PASSWORD}
KNOWN: dict[str, tuple[str, Sent]] = {
    "sign-in, JSON": ("login", by_json("/api/login", "email", {"password": WRONG})),
    "sign-in, page": ("login", by_page("/login", "email", {"password": WRONG})),
    "reset, JSON": ("request_password_reset", by_json("/api/password/reset", "email", {})),
    "reset, page": ("request_password_reset", by_page("/password/forgot", "email", {})),
    "resend, JSON": ("resend_optin", by_json("/api/signup/optin/refresh_token", "email", {})),
    "resend, page": ("resend_optin", by_page("/signup/resend", "email", {})),
}
NEW: dict[str, tuple[str, Sent]] = {
    "sign-up, JSON": ("signup", by_json("/api/signup", "email", {"password": PASSWORD})),
    "sign-up, page": ("signup", by_page("/signup", "email", SIGN_UP_PAGE)),
    "change, JSON": (
        "change_email",
        by_json("/api/me/accounts/internal/email/change", "newEmail", CHANGE, signed_in=True),
    ),
    "change, page": (
        "change_email",
        by_page("/account/email", "newEmail", {"password": B2C_PASSWORD}, signed_in=True),
    ),
    "login, JSON": (
        "add_login",
        by_json("/api/me/accounts/internal", "email", {"password": PASSWORD}, signed_in=True),
    ),
    "login, page": ("add_login", by_page("/account/logins", "email", {"password": PASSWORD}, signed_in=True)),
}
EVERY = {**KNOWN, **NEW}


def sent_upstream(shop: Shop, operation: str) -> list[str]:
    bodies = [json.loads(call.body) for call in shop.sandbox.recorder.of(operation)]
    return [body.get("newEmail", body.get("email")) for body in bodies]


@pytest.fixture
def open_shop(make_shop: ShopMaker) -> Shop:
    return make_shop(BFF_RATE_LIMIT_MAIL="off", BFF_RATE_LIMIT_LOGIN="off")


@pytest.mark.parametrize("way", EVERY)
def test_every_spelling_goes_to_upstream_in_one_form(open_shop: Shop, way: str) -> None:
    operation, send = EVERY[way]
    for email in SPELLINGS:
        open_shop.sandbox.recorder.clear()
        send(open_shop, email)
        assert sent_upstream(open_shop, operation)[-1:] == [A_LABELS], email


@pytest.mark.parametrize("way", NEW)
def test_new_address_has_to_look_like_one_by_either_face(open_shop: Shop, way: str) -> None:
    operation, send = NEW[way]
    for email in ("not-an-address", "jane@example", "jane@exa_mple.com", "a@b@example.com"):
        assert send(open_shop, email) == (422 if way.endswith("page") else 400), email
    assert sent_upstream(open_shop, operation) == []


@pytest.mark.parametrize("way", EVERY)
def test_blanks_controls_and_excess_are_refused_by_either_face(open_shop: Shop, way: str) -> None:
    operation, send = EVERY[way]
    for email in ("ja\x00ne@example.com", "ja ne@example.com", "x" * 243 + "@example.com", "\x00"):
        assert send(open_shop, email) == (422 if way.endswith("page") else 400), email
    assert sent_upstream(open_shop, operation) == []


@pytest.mark.parametrize("way", KNOWN)
def test_odd_address_is_asked_about_by_either_face(open_shop: Shop, way: str) -> None:
    operation, send = KNOWN[way]
    odd = ["jane", "jane@localhost", "a@b@example.com", "x" * 242 + "@example.com"]
    for email in odd:
        send(open_shop, email)
    assert sent_upstream(open_shop, operation) == odd


def test_refusal_names_the_property_and_no_value(open_shop: Shop) -> None:
    browser = open_shop.browser()
    browser.session()
    wanted = {"email": "not-an-address", "password": PASSWORD, "signup": {"email": "nor-this", "password": PASSWORD}}
    answer = browser.post("/api/signup", json=wanted)
    told = answer.get_json()
    assert (answer.status_code, told["type"]) == (400, "validation_failure")
    assert [(detail["field"], detail["type"]) for detail in told["details"]] == [
        ("email", "invalid_value"),
        ("signup.email", "invalid_value"),
    ]
    assert "not-an" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("first", "second"), [(UNICODE, A_LABELS), (A_LABELS, UNICODE)])
def test_account_made_in_one_spelling_is_signed_in_to_in_the_other(
    make_shop: ShopMaker, first: str, second: str
) -> None:
    shop = make_shop(SandboxSettings(signup=SignupMode.IMMEDIATE), EMPORIX_SIGNUP="immediate")
    maker, other = shop.browser(), shop.browser()
    maker.session()
    wish = {"email": first, "password": PASSWORD, "customerDetails": {"contactEmail": second}}
    assert maker.post("/api/signup", json=wish).status_code == 201
    assert maker.session()["customer"]["email"] == A_LABELS
    assert other.sign_in(second, PASSWORD)["customer"]["email"] == A_LABELS
    # The same person again: a re-authentication, whose cart goes along.
    guests = shop.sandbox.recorder.count("anonymous_login")
    assert other.sign_in(first, PASSWORD)["state"] == "authenticated"
    assert shop.sandbox.recorder.count("anonymous_login") == guests


@pytest.mark.parametrize("way", ["sign-in, JSON", "sign-in, page"])
def test_every_spelling_is_one_count_of_guesses(make_shop: ShopMaker, way: str) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="3/minute;100/minute;100/hour")
    _, send = KNOWN[way]
    assert [send(shop, email) for email in SPELLINGS][-1] == 429
    assert shop.sandbox.recorder.count("login") == 3


def test_controls_around_an_email_leave_its_count_to_no_one(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_LOGIN="2/minute;100/minute;100/hour")
    browser = shop.browser()
    browser.session()
    tries = [
        browser.post("/api/login", json={"email": f"{edge}{B2C_EMAIL}{edge}", "password": WRONG}).status_code
        for edge in ("", "\x00", "\x01", "\x08", "\x0e", "\x1b", "\x7f", "\x80", "\x85", "\u2028", "\x00 \x00")
    ]
    assert tries == [401, 401] + [429] * 9


def test_contact_email_is_sent_in_one_form_and_an_untouched_body_as_it_came(open_shop: Shop) -> None:
    jane = open_shop.signed_in()
    open_shop.sandbox.recorder.clear()
    as_it_came = b'{ "company" :"A",  "contactEmail": "jane@example.com"}'
    for body in (as_it_came, json.dumps({"contactEmail": UNICODE}).encode()):
        assert jane.patch("/api/me", data=body, content_type="application/json").status_code == 200
    first, second = open_shop.sandbox.recorder.of("update_me")
    assert first.body == as_it_came
    assert json.loads(second.body) == {"contactEmail": A_LABELS}
    assert jane.patch("/api/me", json={"contactEmail": "ja\x00ne@example.com"}).status_code == 400


@pytest.mark.parametrize("asked_by", [UNICODE, A_LABELS, UNICODE.upper()])
@pytest.mark.parametrize("noted_by", [UNICODE, A_LABELS])
def test_operator_finds_sessions_in_any_spelling_also_those_from_before(
    make_shop: ShopMaker, monkeypatch: pytest.MonkeyPatch, noted_by: str, asked_by: str
) -> None:
    shop = make_shop()
    jane, index = shop.signed_in(), shop.services.sessions.index
    (sid,) = index.sids(IndexKind.EMAIL, B2C_EMAIL)
    with monkeypatch.context() as before:
        # As entries were written before there was one form.
        before.setattr("bff.sessions.index.spellings", lambda email: (email.lower(),))
        index.add(IndexKind.EMAIL, noted_by, sid, time.time() + 3600)
    out = io.StringIO()
    assert list_sessions(shop.settings, asked_by, out, out) == 0
    assert "1 session signed in with this e-mail." in out.getvalue()
    assert revoke_sessions(shop.settings, asked_by, out, out) == 0
    assert "1 session ended." in out.getvalue()
    assert jane.session()["state"] == "guest"
    assert index.sids(IndexKind.EMAIL, noted_by) == ()


def test_every_email_of_every_body_is_in_its_row() -> None:
    named = {row.name: set(_emails_in(row)) for row in OPERATIONS.values()}
    assert named == {row.name: {*row.emails, *row.new_emails} for row in OPERATIONS.values()}
    assert sum(len(names) for names in named.values()) == 10


def _emails_in(row: Operation) -> list[str]:
    return [] if row.body is None else list(_paths(row.body.model_json_schema()))


def _paths(schema: dict[str, Any]) -> Iterator[str]:
    shapes = schema.get("$defs", {})

    def walk(part: dict[str, Any], before: str) -> Iterator[str]:
        for name, shape in part.get("properties", {}).items():
            if "email" in name.lower() and shape.get("type") == "string":
                yield before + name
            if "$ref" in shape:
                yield from walk(shapes[shape["$ref"].rpartition("/")[2]], f"{before}{name}.")

    yield from walk(schema, "")
