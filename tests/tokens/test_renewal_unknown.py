"""A refresh whose outcome is not known throws nothing away; a guest's set neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bff.errors import SessionExpired, UpstreamMalformed, UpstreamUnavailable
from bff.operations.model import Credential
from bff.sandbox.faults import Fault
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import (
    BAD_API_KEY,
    DUE_SECONDS,
    LIFE_SECONDS,
    OVER_SECONDS,
    UNKNOWN,
    at_once,
    refused,
    visits_of,
)
from tests.support.fakes.visits import Visits, anonymous, customer
from tests.support.shop import ShopMaker

REFRESH, ANONYMOUS_REFRESH, ANONYMOUS_LOGIN = "refresh_auth_token", "anonymous_refresh", "anonymous_login"


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return visits_of(make_shop, clock, read_seconds=3)


def bearer(visits: Visits, session: Session) -> str:
    return visits.shop.services.broker.bearer(session, Credential.CUSTOMER).reveal()


def later(visits: Visits, clock: FakeClock, seconds: float, *, who: Session | None = None) -> Session:
    """Return the next request of somebody who signed in so long ago; upstream's records start anew."""
    session = who or visits.signed_in()
    clock.advance(seconds)
    visits.shop.sandbox.recorder.clear()
    return visits.again(session)


# Not known


@pytest.mark.parametrize("outcome", UNKNOWN)
def test_unknown_outcome_throws_nothing_away_and_the_old_token_serves(
    visits: Visits, clock: FakeClock, outcome: str
) -> None:
    session = later(visits, clock, DUE_SECONDS)
    before = session.vault
    visits.shop.sandbox.faults.add(REFRESH, UNKNOWN[outcome][0])
    assert bearer(visits, session) == customer(session).access.reveal()
    after = visits.again(session)
    assert after.signed_in is not None
    kept = after.vault.with_customer(replace(customer(after), retry_at=0.0))
    # The guest's set was due as well, and was renewed on the way.
    assert kept.with_anonymous(None) == before.with_anonymous(None)
    assert visits.shop.sandbox.recorder.count(REFRESH) == 1


@pytest.mark.parametrize("outcome", UNKNOWN)
def test_unknown_outcome_with_a_dead_token_is_an_error_that_ends_nothing(
    visits: Visits, clock: FakeClock, outcome: str
) -> None:
    session = later(visits, clock, OVER_SECONDS)
    before = customer(session)
    fault, error = UNKNOWN[outcome]
    visits.shop.sandbox.faults.add(REFRESH, fault)
    with pytest.raises(error):
        bearer(visits, session)
    after = visits.again(session)
    assert after.signed_in is not None
    assert replace(customer(after), retry_at=0.0) == before
    visits.shop.sandbox.faults.clear()
    clock.advance(6)
    assert bearer(visits, visits.again(session)) != before.access.reveal()


def test_after_an_unknown_outcome_requests_do_not_ask_again_at_once(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS)
    visits.shop.sandbox.faults.add(REFRESH, UNKNOWN["502"][0], times=1)
    bearer(visits, session)
    clock.advance(4.9)
    bearer(visits, visits.again(session))
    assert visits.shop.sandbox.recorder.count(REFRESH) == 1
    clock.advance(0.1)
    assert bearer(visits, visits.again(session)) != customer(session).access.reveal()
    assert visits.shop.sandbox.recorder.count(REFRESH) == 2


def test_who_waited_shares_the_failure_of_who_asked(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    visits.shop.sandbox.faults.add(REFRESH, replace(UNKNOWN["502"][0], delay_before_seconds=0.2))
    results = at_once(5, lambda: bearer(visits, visits.again(session)))
    assert [type(result) for result in results] == [UpstreamUnavailable] * 5
    assert visits.shop.sandbox.recorder.count(REFRESH) == 1


def test_refresh_that_took_effect_unheard_ends_with_the_old_access_token(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS)
    old = customer(session).access.reveal()
    visits.shop.sandbox.faults.add(REFRESH, Fault(effect_first=True, answer=UNKNOWN["502"][0].answer), times=1)
    assert bearer(visits, session) == old
    clock.advance(6)
    assert bearer(visits, visits.again(session)) == old
    clock.advance(LIFE_SECONDS)
    with pytest.raises(SessionExpired):
        bearer(visits, visits.again(session))


# The guest's set


def test_anonymous_refresh_keeps_the_cart_session(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, DUE_SECONDS, who=visits.guest())
    before = anonymous(session)
    fresh = visits.shop.services.broker.anonymous(session)
    assert visits.asked() == [ANONYMOUS_REFRESH]
    assert fresh.access != before.access
    assert fresh.session_id == before.session_id
    assert anonymous(visits.again(session)) == fresh


def test_dead_anonymous_set_is_replaced_by_a_new_sign_in(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, anonymous_refresh_seconds=500)
    session = later(visits, clock, OVER_SECONDS, who=visits.guest())
    before = anonymous(session)
    fresh = visits.shop.services.broker.anonymous(session)
    assert visits.asked() == [ANONYMOUS_LOGIN]
    assert fresh.session_id != before.session_id


def test_refused_anonymous_refresh_is_followed_by_a_new_sign_in(visits: Visits, clock: FakeClock) -> None:
    session = visits.guest()
    visits.spend_anonymous(session)
    session = later(visits, clock, OVER_SECONDS, who=session)
    visits.shop.services.broker.anonymous(session)
    assert visits.asked() == [ANONYMOUS_REFRESH, ANONYMOUS_LOGIN]


@pytest.mark.parametrize("outcome", UNKNOWN)
def test_unknown_outcome_keeps_the_guests_set_too(visits: Visits, clock: FakeClock, outcome: str) -> None:
    session = later(visits, clock, DUE_SECONDS, who=visits.guest())
    before = anonymous(session)
    fault, error = UNKNOWN[outcome]
    visits.shop.sandbox.faults.add(ANONYMOUS_REFRESH, fault)
    assert visits.shop.services.broker.anonymous(session).access == before.access
    clock.advance(OVER_SECONDS - DUE_SECONDS)
    with pytest.raises(error):
        visits.shop.services.broker.anonymous(visits.again(session))
    assert replace(anonymous(visits.again(session)), retry_at=0.0) == before
    assert ANONYMOUS_LOGIN not in visits.asked()


def test_guests_set_that_cannot_be_had_does_not_sign_the_customer_out(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    visits.shop.sandbox.faults.add(ANONYMOUS_REFRESH, BAD_API_KEY)
    with pytest.raises(UpstreamMalformed):
        bearer(visits, session)
    assert REFRESH not in visits.asked()
    assert visits.again(session).signed_in is not None


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refused_anonymous_login_says_nothing_about_the_customer(
    make_shop: ShopMaker, clock: FakeClock, status: int
) -> None:
    visits = visits_of(make_shop, clock, anonymous_refresh_seconds=500)
    session = later(visits, clock, OVER_SECONDS)
    visits.shop.sandbox.faults.add(ANONYMOUS_LOGIN, refused(status))
    with pytest.raises(UpstreamMalformed):
        bearer(visits, session)
    assert visits.again(session).signed_in is not None
    assert customer(visits.again(session)).refresh is not None


def test_anonymous_token_that_died_unnoticed_does_not_sign_the_customer_out(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    visits = visits_of(make_shop, clock, revoke_old_access_on_refresh=True, anonymous_access_seconds=3599)
    session = visits.signed_in()
    visits.spend_anonymous(session)
    session = later(visits, clock, OVER_SECONDS, who=session)
    bearer(visits, session)
    assert visits.asked() == [REFRESH, ANONYMOUS_REFRESH, ANONYMOUS_LOGIN, REFRESH]
    assert visits.again(session).signed_in is not None
