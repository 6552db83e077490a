"""Signing up, in the three ways of a tenant: what is told, and who is signed in by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bff.account.calls import AccountCall, Result
from bff.emporix.client import Call
from bff.errors import UpstreamRejected, UpstreamUnavailable
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL
from bff.sandbox.settings import SandboxSettings, SignupMode
from bff.sessions.session import Session
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.upstream import UNKNOWN, refused
from tests.support.fakes.visits import Visits
from tests.support.shop import ShopMaker

NEW: dict[str, Any] = {
    "email": "new.customer@example.com",
    "password": "Quiet-Meadow-52",
    "customerDetails": {"firstName": "Jane", "lastName": "Doe"},
}
TAKEN = {**NEW, "email": B2C_EMAIL}
NEUTRAL = Result(status=202, body=b"{}")


def visits_in(make_shop: ShopMaker, mode: str, **environment: Any) -> Visits:
    return Visits(shop=make_shop(SandboxSettings(signup=SignupMode(mode)), EMPORIX_SIGNUP=mode, **environment))


def sign_up(visits: Visits, session: Session, wanted: dict[str, Any]) -> Result:
    asked = AccountCall(call=Call(body=json.dumps(wanted).encode()), content=wanted)
    services = visits.shop.services
    return services.calls.perform(session, services.operations["signup"], lambda: asked)


@pytest.mark.parametrize("mode", ["optin", "approval"])
def test_new_and_taken_address_are_told_alike(make_shop: ShopMaker, mode: str) -> None:
    visits = visits_in(make_shop, mode)
    session = visits.guest()
    assert sign_up(visits, session, NEW) == NEUTRAL
    assert sign_up(visits, visits.again(session), TAKEN) == NEUTRAL
    assert visits.again(session).signed_in is None
    assert (session.new_cookie, visits.shop.sandbox.recorder.count("login")) == (None, 0)
    assert visits.shop.sandbox.state.by_email("demoshop", NEW["email"]) is not None


@pytest.mark.parametrize("mode", ["optin", "approval"])
def test_switched_off_neutrality_passes_upstreams_answers(make_shop: ShopMaker, mode: str) -> None:
    visits = visits_in(make_shop, mode, BFF_NEUTRAL_ANSWERS="off")
    session = visits.guest()
    made = sign_up(visits, session, NEW)
    assert made.status == 201
    assert json.loads(made.body)["id"]
    with pytest.raises(UpstreamRejected) as taken:
        sign_up(visits, visits.again(session), TAKEN)
    assert taken.value.status == 409


@pytest.mark.parametrize("status", [400, 403])
def test_refusal_that_says_nothing_of_the_address_is_passed_on(make_shop: ShopMaker, status: int) -> None:
    visits = visits_in(make_shop, "optin")
    visits.shop.sandbox.faults.add("signup", refused(status))
    with pytest.raises(UpstreamRejected) as rejected:
        sign_up(visits, visits.guest(), NEW)
    assert rejected.value.status == status


def test_unknown_outcome_is_no_success(make_shop: ShopMaker) -> None:
    visits = visits_in(make_shop, "optin")
    visits.shop.sandbox.faults.add("signup", UNKNOWN["reset"][0])
    with pytest.raises(UpstreamUnavailable):
        sign_up(visits, visits.guest(), NEW)
    assert visits.shop.sandbox.recorder.count("signup") == 1


@pytest.mark.parametrize(
    ("wanted", "email"),
    [
        (NEW, NEW["email"]),
        (
            {**NEW, "signup": {"email": "sign.in@example.com", "password": "Narrow-Bridge-77"}},
            "sign.in@example.com",
        ),
    ],
)
def test_immediate_mode_signs_in_with_the_credentials_that_count(
    make_shop: ShopMaker, wanted: dict[str, Any], email: str
) -> None:
    visits = visits_in(make_shop, "immediate")
    session = visits.guest()
    old = session.cookie
    assert sign_up(visits, session, wanted).status == 201
    who = visits.again(session).signed_in
    assert who is not None
    assert who.customer.email == email
    assert session.cookie != old


def test_immediate_mode_tells_of_a_taken_address_since_signing_in_tells_it_anyway(make_shop: ShopMaker) -> None:
    visits = visits_in(make_shop, "immediate")
    session = visits.guest()
    with pytest.raises(UpstreamRejected) as taken:
        sign_up(visits, session, TAKEN)
    assert taken.value.status == 409
    assert visits.shop.sandbox.recorder.count("login") == 0
    assert visits.again(session).signed_in is None


@pytest.mark.parametrize("operation", ["login", "get_me"])
def test_account_is_made_although_the_sign_in_after_it_fails(make_shop: ShopMaker, operation: str) -> None:
    visits = visits_in(make_shop, "immediate")
    session = visits.guest()
    visits.shop.sandbox.faults.add(operation, UNKNOWN["502"][0])
    assert sign_up(visits, session, NEW).status == 201
    assert (session.new_cookie, visits.again(session).signed_in) == (None, None)


def test_account_is_made_although_the_store_fails_in_the_sign_in(make_shop: ShopMaker) -> None:
    visits = visits_in(make_shop, "immediate", services=services_with_meddling)
    session = visits.guest()
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("retire")
    assert sign_up(visits, session, NEW).status == 201
    store.before.clear()
    assert (session.new_cookie, visits.again(session).signed_in) == (None, None)
    assert visits.shop.sandbox.recorder.count("logout") == 1


def test_customer_who_makes_another_account_becomes_its_owner_without_the_first_ones_cart(
    make_shop: ShopMaker,
) -> None:
    visits = visits_in(make_shop, "immediate")
    session = visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    cart = session.vault.anonymous.session_id if session.vault.anonymous else None
    assert sign_up(visits, session, NEW).status == 201
    after = visits.again(session)
    assert after.signed_in is not None
    assert after.signed_in.customer.email == NEW["email"]
    assert after.vault.customer is not None
    assert after.vault.customer.session_id != cart


HOME = {"contactName": "Jane Doe", "city": "Paris"}
OF_THE_SHOP = {"EMPORIX_CURRENCY": "PLN", "EMPORIX_COUNTRY": "PL"}


def sent_of(visits: Visits, wanted: dict[str, Any]) -> Any:
    sign_up(visits, visits.guest(), wanted)
    (call,) = visits.shop.sandbox.recorder.of("signup")
    return json.loads(call.body)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (
            {**NEW, "customerAddress": HOME},
            {
                **NEW,
                "customerDetails": {**NEW["customerDetails"], "preferredCurrency": "PLN"},
                "customerAddress": {**HOME, "country": "PL"},
            },
        ),
        (
            {"email": NEW["email"], "password": NEW["password"]},
            {"email": NEW["email"], "password": NEW["password"], "customerDetails": {"preferredCurrency": "PLN"}},
        ),
    ],
)
def test_new_account_has_the_shops_currency_and_its_address_the_shops_country(
    make_shop: ShopMaker, wanted: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert sent_of(visits_in(make_shop, "optin", **OF_THE_SHOP), wanted) == sent


def test_what_a_new_customer_says_goes_before_what_the_settings_say(make_shop: ShopMaker) -> None:
    wanted = {**NEW, "customerDetails": {"preferredCurrency": "EUR"}, "customerAddress": {**HOME, "country": "FR"}}
    assert sent_of(visits_in(make_shop, "optin", **OF_THE_SHOP), wanted) == wanted


def test_without_settings_a_sign_up_goes_as_it_came(make_shop: ShopMaker) -> None:
    wanted = {**NEW, "customerAddress": HOME}
    assert sent_of(visits_in(make_shop, "optin"), wanted) == wanted


@pytest.mark.parametrize(("country", "currency"), [("DE", "EUR"), ("CH", "CHF"), ("XX", None)])
def test_country_says_the_currency_where_the_settings_name_none(
    make_shop: ShopMaker, country: str, currency: str | None
) -> None:
    details = sent_of(visits_in(make_shop, "optin", EMPORIX_COUNTRY=country), NEW)["customerDetails"]
    assert details.get("preferredCurrency") == currency
