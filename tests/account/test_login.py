"""Signing in, down to what upstream is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bff.emporix.client import Call
from bff.errors import (
    InvalidCredentials,
    UpstreamError,
    UpstreamMalformed,
    UpstreamUnavailable,
)
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, LEGAL_ENTITIES
from bff.sandbox.faults import CannedResponse, Cut, Fault
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import LegalEntity
from bff.sessions.scripts import RETIRED_BYTES
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import DEAD_BEARER, JSON, UNKNOWN, refused, visits_of
from tests.support.fakes.visits import Visits, anonymous, credentials, customer
from tests.support.shop import ShopMaker

ENTITY = LEGAL_ENTITIES[0].id
WRONG = "Wrong-Password-99"


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock))


def sign_in(visits: Visits, session: Session, email: str = B2C_EMAIL, call: Call | None = None) -> None:
    visits.shop.services.login.with_password(session, email, call or credentials())


def profile(**changes: Any) -> Fault:
    body = {"id": "4711", "firstName": "Jane", "accounts": [{"id": B2C_EMAIL}], **changes}
    return Fault(answer=CannedResponse(status=200, body=json.dumps(body).encode(), headers=JSON))


def logged_out(visits: Visits) -> list[str]:
    """Return the tokens that upstream was told of, oldest first."""
    calls = visits.shop.sandbox.recorder.of("logout")
    return [call.headers["authorization"].removeprefix("Bearer ") for call in calls]


def issued_to_customers(visits: Visits) -> list[str]:
    return [one.value for one in visits.shop.sandbox.issued if one.kind.name == "CUSTOMER_ACCESS"]


def living(redis: Redis) -> list[bytes]:
    return [key for key in redis.scan_iter("bff:{*:web") if redis.strlen(key) > RETIRED_BYTES]


def test_guests_token_and_cart_go_along(visits: Visits) -> None:
    session = visits.guest()
    cart, old = anonymous(session).session_id, session.cookie
    sign_in(visits, session)
    assert visits.asked() == ["anonymous_login", "login", "get_me"]
    after = visits.again(session)
    assert customer(after).session_id == anonymous(after).session_id == cart
    assert customer(after).saas is not None
    assert after.signed_in is not None
    assert (after.signed_in.customer.email, after.signed_in.initial_password) == (B2C_EMAIL, False)
    assert visits.open(old).signed_in is None


def test_sign_in_over_a_dead_cookie_works_under_a_new_value(visits: Visits) -> None:
    planted = SessionCookie.fresh()
    session = visits.open(planted)
    sign_in(visits, session)
    assert session.new_cookie not in (None, planted)
    assert visits.again(session).signed_in is not None
    assert visits.open(planted).signed_in is None
    assert visits.asked() == ["anonymous_login", "login", "get_me"]


NOT_IDENTIFIED = {
    "guest": profile(id="00000000"),
    "no id": profile(id=None),
    "empty id": profile(id=""),
    "number": profile(id=7),
    "refused": refused(403),
    "dead bearer": DEAD_BEARER,
    **{name: fault for name, (fault, _) in UNKNOWN.items() if name != "timeout"},
}


@pytest.mark.parametrize("answer", NOT_IDENTIFIED)
def test_nobody_is_signed_in_before_upstream_says_who_it_is(visits: Visits, redis: Redis, answer: str) -> None:
    session = visits.guest()
    before = session.vault
    visits.shop.sandbox.faults.add("get_me", NOT_IDENTIFIED[answer])
    with pytest.raises(UpstreamError):
        sign_in(visits, session)
    assert session.new_cookie is None
    assert (visits.again(session).signed_in, visits.again(session).vault) == (None, before)
    assert logged_out(visits) == issued_to_customers(visits) != []
    assert len(living(redis)) == 1


def test_wrong_password_is_asked_once_and_tells_nothing_more(visits: Visits) -> None:
    session = visits.guest()
    for email, password in ((B2C_EMAIL, WRONG), ("nobody@example.com", WRONG)):
        with pytest.raises(InvalidCredentials):
            sign_in(visits, session, email, credentials(email, password))
    assert visits.shop.sandbox.recorder.count("login") == 2
    assert (session.new_cookie, logged_out(visits)) == (None, [])


@pytest.mark.parametrize("status", [400, 404])
def test_refusal_that_tells_unknown_addresses_apart_looks_like_a_wrong_password(visits: Visits, status: int) -> None:
    visits.shop.sandbox.faults.add("login", refused(status))
    with pytest.raises(InvalidCredentials):
        sign_in(visits, visits.guest())


def test_refused_guest_token_is_not_taken_for_a_wrong_password(visits: Visits) -> None:
    visits.shop.sandbox.faults.add("anonymous_login", refused(400))
    with pytest.raises(UpstreamMalformed):
        sign_in(visits, visits.open(SessionCookie.fresh()))


def test_dead_guest_token_is_renewed_and_the_sign_in_repeated_once(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, revoke_old_access_on_refresh=True)
    session = visits.guest()
    visits.spend_anonymous(session)
    sign_in(visits, session)
    assert visits.asked() == ["login", "anonymous_refresh", "anonymous_login", "login", "get_me"]
    assert visits.again(session).signed_in is not None


def test_upstream_that_refuses_every_guest_token_is_not_asked_forever(visits: Visits) -> None:
    visits.shop.sandbox.faults.add("login", DEAD_BEARER)
    with pytest.raises(UpstreamMalformed):
        sign_in(visits, visits.guest())
    assert visits.shop.sandbox.recorder.count("login") == 2


def test_sign_in_is_not_repeated_after_a_byte_was_sent(visits: Visits) -> None:
    visits.shop.sandbox.faults.add("login", Fault(cut=Cut.AFTER_EFFECT))
    with pytest.raises(UpstreamUnavailable):
        sign_in(visits, visits.guest())
    assert visits.shop.sandbox.recorder.count("login") == 1


def test_password_that_an_employee_set_is_remembered(visits: Visits) -> None:
    found = visits.shop.sandbox.state.by_login("demoshop", B2C_EMAIL)
    assert found is not None
    found[1].initial_password = True
    who = visits.signed_in().signed_in
    assert who is not None
    assert who.initial_password


def test_who_it_is_is_read_from_the_profile_and_not_from_what_was_typed(visits: Visits) -> None:
    accounts = [{"id": "social@example.com", "providerId": "auth0|1"}, "odd", {"id": "signin@example.com"}]
    entities = {"legalEntities": [{"id": "D1", "name": "One"}, {"id": "D2"}, {"name": "none"}, 7]}
    visits.shop.sandbox.faults.add(
        "get_me", profile(contactEmail="contact@example.com", accounts=accounts, b2b=entities, preferredLanguage="de")
    )
    who = visits.signed_in().signed_in
    assert who is not None
    assert (who.customer.id, who.customer.email, who.customer.language) == ("4711", "signin@example.com", "de")
    assert who.customer.legal_entities == (LegalEntity(id="D1", name="One"), LegalEntity(id="D2", name="D2"))


# Again, and as somebody else


def test_same_person_again_keeps_lifetime_and_company_and_gets_a_new_cookie(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    visits.shop.services.broker.refresh(session, ENTITY)
    session.change_web(lambda web: replace(web, data={"draft": True}))
    before, old = session.signed_in, session.cookie
    clock.advance(1000)
    session = visits.again(session)
    visits.shop.sandbox.recorder.clear()
    sign_in(visits, session, f"  {B2B_EMAIL.upper()} ", credentials(B2B_EMAIL, B2B_PASSWORD))
    after = visits.again(session)
    assert before is not None
    assert after.signed_in == replace(before, authenticated_at=clock())
    assert after.web.data == {"draft": True}
    assert customer(after).legal_entity_id == ENTITY
    assert session.cookie != old
    assert visits.open(old).signed_in is None
    # The session upstream is shared by both tokens, the cart included: nothing is logged out.
    assert visits.asked() == ["login", "get_me", "refresh_auth_token"]


def test_company_that_cannot_be_kept_does_not_undo_the_sign_in(visits: Visits) -> None:
    session = visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    visits.shop.services.broker.refresh(session, ENTITY)
    visits.shop.sandbox.faults.add("refresh_auth_token", UNKNOWN["502"][0])
    session = visits.again(session)
    sign_in(visits, session, B2B_EMAIL, credentials(B2B_EMAIL, B2B_PASSWORD))
    assert customer(visits.again(session)).legal_entity_id is None
    assert visits.again(session).signed_in is not None


def test_another_person_gets_nothing_of_the_session_before(visits: Visits, redis: Redis) -> None:
    session = visits.signed_in()
    session.change_web(lambda web: replace(web, data={"draft": True}))
    jane, cart, old = customer(session), anonymous(session).session_id, session.cookie
    session = visits.again(session)
    visits.shop.sandbox.recorder.clear()
    sign_in(visits, session, B2B_EMAIL, credentials(B2B_EMAIL, B2B_PASSWORD))
    after = visits.again(session)
    assert visits.asked() == ["anonymous_login", "login", "get_me", "logout"]
    assert logged_out(visits) == [jane.access.reveal()]
    assert after.signed_in is not None
    assert after.signed_in.customer.email == B2B_EMAIL
    assert customer(after).session_id == anonymous(after).session_id != cart
    assert after.web.data == {}
    assert visits.open(old).signed_in is None
    assert len(living(redis)) == 1


def test_failing_sign_in_as_another_leaves_the_session_untouched(visits: Visits) -> None:
    session = visits.signed_in()
    before = (session.web, session.vault)
    visits.shop.sandbox.recorder.clear()
    for fault in (None, UNKNOWN["502"][0]):
        if fault is not None:
            visits.shop.sandbox.faults.add("login", fault)
        trying = visits.again(session)
        with pytest.raises((InvalidCredentials, UpstreamUnavailable)):
            sign_in(visits, trying, B2B_EMAIL, credentials(B2B_EMAIL, WRONG))
        assert trying.new_cookie is None
    after = visits.again(session)
    assert (after.web, after.vault) == before
    assert logged_out(visits) == []


def test_typed_address_only_chooses_whose_guest_token_goes_along(visits: Visits) -> None:
    """Whoever signs in under this person's address, and turns out to be another, does not get this person's cart."""
    session = visits.signed_in()
    jane, cart = customer(session), anonymous(session).session_id
    session = visits.again(session)
    visits.shop.sandbox.recorder.clear()
    sign_in(visits, session, B2C_EMAIL, credentials(B2B_EMAIL, B2B_PASSWORD))
    after = visits.again(session)
    assert visits.asked() == ["login", "get_me", "logout", "anonymous_login", "login", "get_me", "logout"]
    assert after.signed_in is not None
    assert after.signed_in.customer.email == B2B_EMAIL
    assert customer(after).session_id == anonymous(after).session_id != cart
    assert set(logged_out(visits)) == set(issued_to_customers(visits)) - {customer(after).access.reveal()}
    assert jane.access.reveal() in logged_out(visits)
