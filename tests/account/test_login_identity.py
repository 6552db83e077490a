"""Who it is, asked again after a change; and signing in by a mailed token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bff.emporix.client import Call
from bff.errors import (
    UpstreamRejected,
)
from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.settings import SandboxSettings
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import JSON, UNKNOWN, refused
from tests.support.fakes.visits import Visits, anonymous, customer
from tests.support.shop import ShopMaker


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock))


def profile(**changes: Any) -> Fault:
    body = {"id": "4711", "firstName": "Jane", "accounts": [{"id": B2C_EMAIL}], **changes}
    return Fault(answer=CannedResponse(status=200, body=json.dumps(body).encode(), headers=JSON))


def logged_out(visits: Visits) -> list[str]:
    """Return the tokens that upstream was told of, oldest first."""
    calls = visits.shop.sandbox.recorder.of("logout")
    return [call.headers["authorization"].removeprefix("Bearer ") for call in calls]


# Who it is, later


def test_names_follow_a_change(visits: Visits) -> None:
    session = visits.signed_in()
    who = session.signed_in
    assert who is not None
    visits.shop.sandbox.faults.add("get_me", profile(id=who.customer.id, firstName="Janet"), times=1)
    visits.shop.services.login.ask_again_who_it_is(session)
    after = visits.again(session).signed_in
    assert after is not None
    assert after.customer.first_name == "Janet"
    assert (after.since, after.authenticated_at) == (who.since, who.authenticated_at)


@pytest.mark.parametrize("fault", [profile(id="00000000"), profile(id="4712"), UNKNOWN["502"][0], refused(403)])
def test_failure_to_ask_who_it_is_leaves_everything_as_it_was(visits: Visits, fault: Fault) -> None:
    session = visits.signed_in()
    before = session.signed_in
    visits.shop.sandbox.faults.add("get_me", fault)
    visits.shop.services.login.ask_again_who_it_is(session)
    assert visits.again(session).signed_in == before


def test_guest_is_not_asked_who_it_is(visits: Visits) -> None:
    session = visits.guest()
    visits.shop.sandbox.recorder.clear()
    visits.shop.services.login.ask_again_who_it_is(session)
    assert visits.asked() == []


# By a mailed token


def mailed(visits: Visits, email: str = "new@example.com") -> Call:
    body = json.dumps({"email": email, "password": "Quiet-Meadow-52", "customerDetails": {"firstName": "Jane"}})
    operations = visits.shop.services.operations
    visits.shop.services.broker.call(visits.guest(), operations["signup"], Call(body=body.encode()))
    token = visits.shop.sandbox.app.test_client().get("/mails.json").get_json()[0]["token"]
    visits.shop.sandbox.recorder.clear()
    return Call(values={"token": token})


def test_mailed_token_signs_in_with_the_guests_own_cart(visits: Visits) -> None:
    call, session = mailed(visits), visits.guest()
    cart = anonymous(session).session_id
    visits.shop.services.login.with_mailed_token(session, call)
    assert session.new_cookie is not None
    assert customer(visits.again(session)).session_id == cart


def test_mailed_token_does_not_get_the_cart_of_who_is_signed_in(visits: Visits) -> None:
    call, session = mailed(visits), visits.signed_in()
    cart, jane = anonymous(session).session_id, customer(session).access.reveal()
    visits.shop.services.login.with_mailed_token(session, call)
    after = visits.again(session)
    assert customer(after).session_id == anonymous(after).session_id != cart
    assert logged_out(visits) == [jane]


def test_spent_mailed_token_is_refused_and_changes_nothing(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = Visits(shop=make_shop(SandboxSettings(), clock=clock))
    call = mailed(visits)
    visits.shop.services.login.with_mailed_token(visits.guest(), call)
    session = visits.guest()
    with pytest.raises(UpstreamRejected) as rejected:
        visits.shop.services.login.with_mailed_token(session, call)
    assert rejected.value.status == 400
    assert session.new_cookie is None
