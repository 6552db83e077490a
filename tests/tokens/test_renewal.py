"""A refresh that is done, and one that upstream refuses."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from bff.errors import LoginRequired, SessionExpired
from bff.operations.model import Credential
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.faults import CannedResponse, Fault
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import (
    DEAD_REFRESH_TOKEN,
    DUE_SECONDS,
    JSON,
    LIFE_SECONDS,
    OVER_SECONDS,
    visits_of,
)
from tests.support.fakes.visits import Visits, anonymous, customer
from tests.support.shop import ShopMaker

REFRESH, ANONYMOUS_REFRESH, ANONYMOUS_LOGIN = "refresh_auth_token", "anonymous_refresh", "anonymous_login"


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return visits_of(make_shop, clock)


def bearer(visits: Visits, session: Session) -> str:
    return visits.shop.services.broker.bearer(session, Credential.CUSTOMER).reveal()


def later(visits: Visits, clock: FakeClock, seconds: float, *, who: Session | None = None) -> Session:
    """Return the next request of somebody who signed in so long ago; upstream's records start anew."""
    session = who or visits.signed_in()
    clock.advance(seconds)
    visits.shop.sandbox.recorder.clear()
    return visits.again(session)


def test_refresh_keeps_what_upstream_does_not_bring(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS)
    before = customer(session)
    assert bearer(visits, session) != before.access.reveal()
    after = customer(visits.again(session))
    assert (after.saas, after.session_id) == (before.saas, before.session_id)
    assert after.saas is not None
    assert after.refresh != before.refresh
    assert after.access_expires_at == clock() + LIFE_SECONDS


def test_refresh_resends_the_legal_entity(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    visits.shop.services.broker.refresh(session, LEGAL_ENTITIES[0].id)
    session = later(visits, clock, DUE_SECONDS, who=session)
    bearer(visits, session)
    assert customer(visits.again(session)).legal_entity_id == LEGAL_ENTITIES[0].id
    (asked,) = visits.shop.sandbox.recorder.of(REFRESH)
    assert f"legalEntityId={LEGAL_ENTITIES[0].id}" in asked.target


def test_company_that_let_the_customer_go_ends_the_binding_and_not_the_session(
    visits: Visits, clock: FakeClock
) -> None:
    session = visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    visits.shop.services.broker.refresh(session, LEGAL_ENTITIES[0].id)
    found = visits.shop.sandbox.state.by_login("demoshop", B2B_EMAIL)
    assert found is not None
    found[0].legal_entities = ()
    session = later(visits, clock, OVER_SECONDS, who=session)
    bearer(visits, session)
    assert ["legalEntityId" in call.target for call in visits.shop.sandbox.recorder.of(REFRESH)] == [True, False]
    assert customer(visits.again(session)).legal_entity_id is None
    assert visits.again(session).signed_in is not None


def test_reply_without_refresh_token_keeps_the_old_one(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS)
    before = customer(session)
    fault = Fault(drop_fields=("refresh_token", "refresh_token_expires_in"))
    visits.shop.sandbox.faults.add(REFRESH, fault, times=1)
    bearer(visits, session)
    after = customer(visits.again(session))
    assert after.access != before.access
    assert (after.refresh, after.refresh_expires_at) == (before.refresh, before.refresh_expires_at)


def test_lifetimes_may_come_as_strings(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS)
    body = {"access_token": "a", "expires_in": "700", "refresh_token": "r", "refresh_token_expires_in": "900"}
    answer = CannedResponse(status=200, body=json.dumps(body).encode(), headers=JSON)
    visits.shop.sandbox.faults.add(REFRESH, Fault(answer=answer), times=1)
    assert bearer(visits, session) == "a"
    assert customer(visits.again(session)).access_expires_at == clock() + 700


def test_upstream_of_the_older_spelling_works(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, camel_case_only=True)
    session = later(visits, clock, OVER_SECONDS)
    before = customer(session)
    assert bearer(visits, session) != before.access.reveal()
    assert customer(visits.again(session)).saas == before.saas


# Refused


def test_refused_customer_is_a_guest_again_with_the_same_cart(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    cart = anonymous(session).session_id
    visits.shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    with pytest.raises(SessionExpired):
        bearer(visits, session)
    assert session.just_ended
    assert session.new_cookie is None
    guest = visits.again(session)
    assert (guest.signed_in, guest.vault.customer) == (None, None)
    assert anonymous(guest).session_id == cart
    with pytest.raises(LoginRequired):
        bearer(visits, guest)
    assert visits.shop.services.broker.bearer(guest, Credential.ANONYMOUS)


def test_refused_refresh_says_session_expired_once_and_then_guest(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = visits_of(make_shop, clock).shop
    browser = shop.signed_in()
    clock.advance(OVER_SECONDS)
    shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    before = browser.cookie
    refused_call = browser.patch("/api/me", json={"firstName": "Janet"})
    assert (refused_call.status_code, refused_call.get_json()["type"]) == (401, "session_expired")
    assert browser.cookie == before
    assert browser.session()["state"] == "guest"
    assert browser.patch("/api/me", json={"firstName": "Janet"}).get_json()["type"] == "login_required"


def test_customer_and_who_is_signed_in_go_in_one_write(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    session.load()
    visits.shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    # Another tab writes the web record while upstream is asked: neither its change nor the end may be lost.
    other = visits.again(session)
    other.change_web(lambda web: replace(web, data={"theirs": True}))
    with pytest.raises(SessionExpired):
        bearer(visits, session)
    guest = visits.again(session)
    assert (guest.signed_in, guest.vault.customer) == (None, None)


def test_refused_while_the_access_token_lives_serves_until_its_end(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS)
    before = customer(session).access.reveal()
    visits.shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    assert bearer(visits, session) == before
    visits.shop.sandbox.recorder.clear()
    assert bearer(visits, visits.again(session)) == before
    assert visits.asked() == []
    clock.advance(OVER_SECONDS - DUE_SECONDS)
    with pytest.raises(SessionExpired):
        bearer(visits, visits.again(session))
    assert visits.shop.sandbox.recorder.count(REFRESH) == 0


def test_dead_refresh_token_is_not_sent_while_the_access_token_lives(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, customer_refresh_seconds=500)
    session = later(visits, clock, DUE_SECONDS)
    assert bearer(visits, session) == customer(session).access.reveal()
    assert visits.asked() == []


def test_both_tokens_dead_is_refused_without_a_call(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, customer_refresh_seconds=500)
    session = later(visits, clock, OVER_SECONDS)
    with pytest.raises(SessionExpired):
        bearer(visits, session)
    assert visits.asked() == []
    assert visits.again(session).signed_in is None


def test_refusal_that_meets_newer_tokens_uses_them(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    old = customer(session)
    go_on = threading.Event()
    visits.shop.sandbox.faults.add(REFRESH, replace(DEAD_REFRESH_TOKEN, hold_before=go_on), times=1)
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(bearer(visits, visits.again(session))))
    thread.start()
    while visits.shop.sandbox.recorder.count(REFRESH) == 0:
        thread.join(0.01)
    newer = replace(old, access=type(old.access)("newer"), access_expires_at=clock() + LIFE_SECONDS)
    meanwhile = visits.again(session)
    meanwhile.update(lambda web, vault: (web, vault.with_customer(newer)))
    go_on.set()
    thread.join()
    assert results == ["newer"]
    assert visits.again(session).signed_in is not None
