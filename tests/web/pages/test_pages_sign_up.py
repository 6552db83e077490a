"""Signing up, activating and having the link mailed again, in the three ways a tenant may activate accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import Fault
from bff.sandbox.mails import Purpose
from bff.sandbox.settings import SandboxSettings, SignupMode
from bff.sandbox.state import AccountStatus
from tests.support.pages import Page, PageBrowser, customer, less_what_is_random, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker

ASKS_ALL: dict[str, Any] = {"BFF_SIGNUP_FIELDS": "phone,company,other-email,address"}
NEW = "new@example.com"
PASSWORD = "Quiet-Meadow-52"
PERSON = {"firstName": "Jane", "lastName": "Doe", "email": NEW, "password": PASSWORD}


def shop_of(make_shop: ShopMaker, mode: SignupMode, **environment: Any) -> Shop:
    return make_shop(SandboxSettings(signup=mode), EMPORIX_SIGNUP=mode.value, **environment)


def sign_up(shop: Shop, **entries: str | bool | None) -> PageBrowser:
    somebody = visitor(shop)
    somebody.get("/signup")
    somebody.send("/signup", **{**PERSON, **entries})
    return somebody


def sent(shop: Shop) -> dict[str, Any]:
    (call,) = shop.sandbox.recorder.of("signup")
    body: dict[str, Any] = json.loads(call.body)
    return body


def neutral(page: Page, *own: str) -> str:
    """Return the page less what belongs to the request."""
    text = less_what_is_random(page)
    for value in own:
        text = text.replace(value, "") if value else text
    return text


def test_opt_in_mails_a_link_and_the_page_behind_it_signs_in(shop: Shop) -> None:
    somebody = sign_up(shop)
    assert (somebody.status, somebody.location) == (303, "/signup?sent=1")
    page = somebody.follow()
    assert page.heading == "Check your e-mail"
    assert NEW in page.words
    assert NEW in somebody.get("/signup?sent=1").words, "a reload shows it again"
    link = shop.sandbox.mails.last(Purpose.OPTIN, to=NEW).link.removeprefix("http://127.0.0.1:8000")

    shop.sandbox.recorder.clear()
    page = somebody.get(link)
    assert page.heading == "Activate your account"
    assert len(shop.sandbox.recorder) == 0, "opening the link changes nothing"
    somebody.send("/signup/optin")
    assert (somebody.status, somebody.location) == (303, "/account")
    assert shop.sandbox.recorder.count("signup_optin") == 1
    assert NEW in somebody.follow().words


def test_link_works_in_another_browser(shop: Shop) -> None:
    sign_up(shop)
    other = visitor(shop)
    other.get(f"/signup/optin?token={shop.sandbox.mails.last(Purpose.OPTIN).token}")
    other.send("/signup/optin")
    assert (other.status, other.location) == (303, "/account")


def test_link_opened_by_somebody_else_tells_who_is_signed_in(shop: Shop) -> None:
    sign_up(shop)
    jane = customer(shop)
    page = jane.get(f"/signup/optin?token={shop.sandbox.mails.last(Purpose.OPTIN).token}")
    assert B2C_EMAIL in page.words
    jane.send("/signup/optin")
    assert NEW in jane.follow().words


@pytest.mark.parametrize("token", ["", "unknown", "..", "a/b", "ä", "x" * 600])
def test_link_that_does_not_work_says_so(shop: Shop, token: str) -> None:
    somebody = visitor(shop)
    somebody.get("/signup/optin", query_string={"token": token})
    page = somebody.send("/signup/optin")
    assert somebody.status == 422
    if len(token) <= 512:
        assert page.heading == "This link no longer works"
        assert "/signup/resend" in page.links


def test_used_link_says_so(shop: Shop) -> None:
    sign_up(shop)
    link = f"/signup/optin?token={shop.sandbox.mails.last(Purpose.OPTIN).token}"
    for expected in (303, 422):
        somebody = visitor(shop)
        somebody.get(link)
        somebody.send("/signup/optin")
        assert somebody.status == expected
    assert somebody.page.heading == "This link no longer works"


def test_immediate_signs_in(make_shop: ShopMaker) -> None:
    somebody = sign_up(shop_of(make_shop, SignupMode.IMMEDIATE))
    assert (somebody.status, somebody.location) == (303, "/account")
    page = somebody.follow()
    assert "Welcome! Your account is ready." in page.words
    assert NEW in page.words


def test_immediate_says_that_an_address_is_taken(make_shop: ShopMaker) -> None:
    somebody = sign_up(shop_of(make_shop, SignupMode.IMMEDIATE), email=B2C_EMAIL)
    assert somebody.status == 422
    assert "There is an account with this address already." in str(somebody.page.error("email"))
    assert somebody.page.form("/signup").values["firstName"] == "Jane"


def test_immediate_whose_sign_in_fails_leads_to_the_sign_in(make_shop: ShopMaker) -> None:
    shop = shop_of(make_shop, SignupMode.IMMEDIATE)
    shop.sandbox.faults.add("login", Fault(answer=None, drop_fields=("access_token", "accessToken")))
    somebody = sign_up(shop)
    assert (somebody.status, somebody.location) == (303, "/login?notice=activated")
    assert "Your account is active. You can sign in now." in somebody.follow().words


def test_approval_says_that_somebody_looks_at_it(make_shop: ShopMaker) -> None:
    shop = shop_of(make_shop, SignupMode.APPROVAL)
    page = sign_up(shop).follow()
    assert "the shop is now checking your sign-up" in page.words
    assert len(shop.sandbox.mails) == 0
    (waiting,) = shop.sandbox.state.awaiting_approval()
    assert (waiting.account_email, waiting.status) == (NEW, AccountStatus.AWAITS_APPROVAL)


@pytest.mark.parametrize("mode", [SignupMode.OPTIN, SignupMode.APPROVAL])
def test_taken_address_is_answered_like_a_new_one(make_shop: ShopMaker, mode: SignupMode) -> None:
    shop = shop_of(make_shop, mode)
    answers = []
    for email in (NEW, B2C_EMAIL):
        somebody = sign_up(shop, email=email)
        answers.append((somebody.status, somebody.location, neutral(somebody.follow(), email)))
    assert answers[0] == answers[1]
    assert B2C_EMAIL not in {mail.to for mail in shop.sandbox.mails}


def test_who_is_signed_in_is_not_welcomed_to_somebody_elses_new_account(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/signup")
    somebody.send("/signup", **PERSON)
    page = somebody.follow()
    assert (page.heading, NEW in page.words) == ("Check your e-mail", True)


def test_neutrality_can_be_switched_off(make_shop: ShopMaker) -> None:
    shop = shop_of(make_shop, SignupMode.OPTIN, BFF_NEUTRAL_ANSWERS="off")
    assert sign_up(shop, email=B2C_EMAIL).status == 422
    assert sign_up(shop).status == 303


def test_only_what_was_entered_is_sent(shop: Shop) -> None:
    sign_up(shop)
    assert sent(shop) == {
        "email": NEW,
        "password": PASSWORD,
        "customerDetails": {"firstName": "Jane", "lastName": "Doe", "contactEmail": NEW, "preferredLanguage": "en"},
    }


BESIDES: dict[str, str] = {
    "phone": "123",
    "company": "Example",
    "companyRegistrationId": "1-2-3",
    "signInEmail": "sign.in@example.com",
    "contactName": "Jane Doe",
    "street": "Rynek",
    "zipCode": "31-042",
    "city": "Krakow",
    "country": "PL",
}


def test_what_the_shop_does_not_ask_for_is_neither_shown_nor_sent(shop: Shop) -> None:
    somebody = visitor(shop)
    form = somebody.get("/signup").form("/signup")
    assert set(form.values) == {"csrf_token", "formKey", "owner", *PERSON}
    token = {name: str(form.values[name]) for name in ("csrf_token", "formKey")}
    somebody.post("/signup", {**token, **PERSON, **BESIDES, "changeCountry": "y", "anyway": "y"})
    assert (somebody.status, somebody.location) == (303, "/signup?sent=1")
    assert sent(shop) == {
        "email": NEW,
        "password": PASSWORD,
        "customerDetails": {"firstName": "Jane", "lastName": "Doe", "contactEmail": NEW, "preferredLanguage": "en"},
    }


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("phone", {"phone"}),
        ("company", {"company", "companyRegistrationId"}),
        ("other-email", {"signInEmail"}),
        ("address", {"contactName", "street", "zipCode", "city", "country"}),
    ],
)
def test_each_part_that_the_shop_asks_for_is_offered_and_sent_alone(
    make_shop: ShopMaker, asked: str, names: set[str]
) -> None:
    shop = make_shop(BFF_SIGNUP_FIELDS=asked)
    somebody = visitor(shop)
    offered = somebody.get("/signup").form("/signup").values.keys() & BESIDES.keys()
    assert offered
    assert offered <= names
    somebody.send("/signup", **PERSON, **{name: BESIDES[name] for name in names})
    body = sent(shop)
    assert ("contactPhone" in body["customerDetails"]) == (asked == "phone")
    assert ("company" in body["customerDetails"]) == ("b2b" in body["customerDetails"]) == (asked == "company")
    assert ("signup" in body) == (asked == "other-email")
    assert ("customerAddress" in body) == (asked == "address")


@pytest.mark.parametrize(
    ("browser", "country", "language", "currency"),
    [
        ("de", "DE", "de_DE", "EUR"),
        ("de", "CH", "de_CH", "CHF"),
        ("de", "PL", "de", "PLN"),
        ("de-AT", None, "de", None),
        ("en", "US", "en", "USD"),
        ("en", "GB", "en_GB", "GBP"),
    ],
)
def test_account_is_in_the_pages_language_and_the_countrys_currency(
    make_shop: ShopMaker, browser: str, country: str | None, language: str, currency: str | None
) -> None:
    environment: dict[str, Any] = {} if country is None else {"EMPORIX_COUNTRY": country}
    shop = make_shop(**environment)
    somebody = visitor(shop, Accept_Language=browser)
    somebody.get("/signup")
    somebody.send("/signup", **PERSON)
    details = sent(shop)["customerDetails"]
    assert (details["preferredLanguage"], details.get("preferredCurrency")) == (language, currency)


def test_ways_in_of_the_provider_stand_above_the_form(make_shop: ShopMaker) -> None:
    shop = make_shop.with_provider().shop
    page = visitor(shop).get("/signup").text
    places = [page.index(text) for text in ("Continue with Google", ">or<", 'name="firstName"')]
    assert places == sorted(places)
    login = visitor(shop).get("/login").text
    places = [login.index(text) for text in ('name="password"', ">or<", "Continue with Google")]
    assert places == sorted(places)


def test_company_other_sign_in_address_and_first_address_are_sent(make_shop: ShopMaker) -> None:
    shop = make_shop(**ASKS_ALL)
    somebody = sign_up(shop, **BESIDES)
    assert somebody.status == 303
    assert sent(shop) == {
        "email": NEW,
        "password": PASSWORD,
        "customerDetails": {
            "firstName": "Jane",
            "lastName": "Doe",
            "contactEmail": NEW,
            "preferredLanguage": "en",
            "contactPhone": "123",
            "company": "Example",
            "b2b": {"companyRegistrationId": "1-2-3"},
        },
        "signup": {"email": "sign.in@example.com", "password": PASSWORD},
        "customerAddress": {
            "contactName": "Jane Doe",
            "street": "Rynek",
            "zipCode": "31-042",
            "city": "Krakow",
            "country": "PL",
            "tags": ["BILLING", "SHIPPING"],
        },
    }
    somebody.get(f"/signup/optin?token={shop.sandbox.mails.last(Purpose.OPTIN).token}")
    somebody.send("/signup/optin")
    assert "Krakow" in somebody.get("/account/addresses").words
    assert "sign.in@example.com" in somebody.get("/account").words


def test_errors_keep_everything_but_the_password(make_shop: ShopMaker) -> None:
    shop = make_shop(**ASKS_ALL)
    entries = {"firstName": "", "company": "Example", "street": "Rynek", "country": "PL", "password": "short"}
    somebody = sign_up(shop, **entries)
    assert somebody.status == 422
    values = somebody.page.form("/signup").values
    assert {name: values[name] for name in ("lastName", "email", "company", "street", "country", "password")} == {
        "lastName": "Doe",
        "email": NEW,
        "company": "Example",
        "street": "Rynek",
        "country": "PL",
        "password": "",
    }
    assert somebody.page.error("firstName") == "Error: Enter your first name"
    assert somebody.page.error("contactName") == "Error: Enter the name of the person at this address"
    assert somebody.page.error("password") == "Error: Use at least 8 characters"
    reveal_nothing_of(somebody.page, 'value="short"')
    assert len(shop.sandbox.recorder) == 0


def test_resend_mails_a_new_link_and_looks_alike_for_everybody(shop: Shop) -> None:
    sign_up(shop)
    shop.sandbox.recorder.clear()
    answers = []
    for email in (NEW, B2C_EMAIL, "nobody@example.com"):
        somebody = visitor(shop)
        somebody.get("/signup/resend")
        somebody.send("/signup/resend", email=email)
        answers.append((somebody.status, somebody.location, neutral(somebody.follow(), email)))
    assert set(answers) == {(303, "/signup/resend?sent=1", answers[0][2])}
    assert [mail.to for mail in shop.sandbox.mails] == [NEW, NEW]


def test_mail_can_be_asked_for_again_from_the_page_that_says_so(shop: Shop) -> None:
    somebody = sign_up(shop)
    somebody.follow()
    somebody.send("/signup/resend")
    assert (somebody.status, NEW in somebody.follow().words) == (303, True)
    assert len(shop.sandbox.mails) == 2


def test_nobody_is_told_of_a_mail_that_was_not_sent(shop: Shop) -> None:
    for path in ("/signup", "/signup/resend", "/password/forgot"):
        assert visitor(shop).get(f"{path}?sent=1").form(path)
    somebody = sign_up(shop)
    assert somebody.get("/password/forgot?sent=1").form("/password/forgot"), "the mail was another page's"
