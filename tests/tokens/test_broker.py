"""The broker: which bearer an operation gets, and one refresh however many ask."""

from __future__ import annotations

import pytest
from redis import Redis

from bff.emporix.client import Call, Reply
from bff.errors import (
    LoginRequired,
    SessionExpired,
    UpstreamTimeout,
)
from bff.operations.model import Credential
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.faults import Fault
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import without_customer
from bff.sessions.session import Session, SessionState
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import (
    DUE_SECONDS,
    OVER_SECONDS,
    at_once,
    visits_of,
)
from tests.support.fakes.visits import Visits, anonymous, customer
from tests.support.shop import ShopMaker

REFRESH, ANONYMOUS_REFRESH, ANONYMOUS_LOGIN = "refresh_auth_token", "anonymous_refresh", "anonymous_login"


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    visits = visits_of(make_shop, clock)
    visits.shop.sandbox.recorder.clear()
    return visits


def get_me(visits: Visits, session: Session) -> Reply:
    return visits.shop.services.broker.call(session, visits.shop.services.operations["get_me"], Call())


def later(visits: Visits, clock: FakeClock, session: Session, seconds: float) -> Session:
    clock.advance(seconds)
    visits.shop.sandbox.recorder.clear()
    return visits.again(session)


def signed_in(visits: Visits, *, company: bool = False) -> Session:
    session = visits.signed_in(B2B_EMAIL, B2B_PASSWORD) if company else visits.signed_in()
    visits.shop.sandbox.recorder.clear()
    return session


def sent_bearer(visits: Visits, operation: str) -> str:
    return visits.shop.sandbox.recorder.of(operation)[-1].headers["authorization"].removeprefix("Bearer ")


# Which bearer


def test_guest_and_customer_get_the_bearer_that_the_row_names(visits: Visits) -> None:
    broker, operations = visits.shop.services.broker, visits.shop.services.operations
    guest, buyer = visits.guest(), visits.signed_in()
    assert broker.credential(guest, operations["get_me"]) is Credential.ANONYMOUS
    assert broker.credential(buyer, operations["get_me"]) is Credential.CUSTOMER
    assert broker.credential(buyer, operations["signup"]) is Credential.ANONYMOUS
    with pytest.raises(LoginRequired):
        broker.credential(guest, operations["update_me"])


def test_session_that_has_just_ended_is_told_so_and_not_served_as_a_guest(visits: Visits) -> None:
    session = signed_in(visits)
    session.update(without_customer)
    for name in ("update_me", "get_me"):
        with pytest.raises(SessionExpired):
            visits.shop.services.broker.credential(session, visits.shop.services.operations[name])
    assert visits.asked() == []


def test_fresh_token_costs_no_call_and_no_write(visits: Visits, clock: FakeClock, redis: Redis) -> None:
    session = later(visits, clock, signed_in(visits), 899)
    before = redis.get(f"bff:{{{session.cookie.sid if session.cookie else ''}}}:tokens")
    get_me(visits, session)
    assert visits.asked() == ["get_me"]
    assert sent_bearer(visits, "get_me") == customer(session).access.reveal()
    assert before is not None
    assert redis.get(f"bff:{{{session.sid}}}:tokens") == before


def test_due_token_is_renewed_before_it_is_used(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, signed_in(visits), DUE_SECONDS)
    old = customer(session).access.reveal()
    get_me(visits, session)
    assert visits.asked() == [ANONYMOUS_REFRESH, REFRESH, "get_me"]
    assert sent_bearer(visits, "get_me") == customer(visits.again(session)).access.reveal() != old


def test_first_upstream_call_of_a_guest_makes_the_token(visits: Visits) -> None:
    session = visits.open()
    session.start()
    assert visits.asked() == []
    get_me(visits, session)
    get_me(visits, visits.again(session))
    assert visits.asked() == [ANONYMOUS_LOGIN, "get_me", "get_me"]


def test_newcomer_without_a_record_gets_both_in_one_write(visits: Visits) -> None:
    session = visits.open()
    get_me(visits, session)
    assert session.new_cookie is not None
    assert anonymous(visits.again(session)) == anonymous(session)


def test_get_with_a_dead_cookie_asks_upstream_for_nothing(visits: Visits, redis: Redis) -> None:
    session = visits.open(SessionCookie.fresh(), may_start=False)
    with pytest.raises(LoginRequired):
        get_me(visits, session)
    with pytest.raises(LoginRequired):
        visits.shop.services.broker.anonymous(session)
    assert visits.asked() == []
    assert redis.keys() == []


def test_late_request_with_a_retired_cookie_is_served_without_being_kept(visits: Visits) -> None:
    session = visits.guest()
    old = session.cookie
    session.rotate(lambda web: web)
    late = visits.open(old)
    get_me(visits, late)
    assert (late.state, late.new_cookie) == (SessionState.UNSAVED, None)


# One refresh, however many ask


def test_one_lock_covers_the_chain_and_each_refresh_token_is_spent_once(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, signed_in(visits), OVER_SECONDS)
    visits.shop.sandbox.faults.add(REFRESH, Fault(delay_before_seconds=0.1))
    replies = at_once(8, lambda: get_me(visits, visits.again(session)).status)
    assert replies == [200] * 8
    recorder = visits.shop.sandbox.recorder
    assert (recorder.count(ANONYMOUS_REFRESH), recorder.count(REFRESH), recorder.count(ANONYMOUS_LOGIN)) == (1, 1, 0)
    assert {call.headers["authorization"] for call in recorder.of("get_me")} == {
        f"Bearer {customer(visits.again(session)).access.reveal()}"
    }
    first = recorder.of(REFRESH)[0].target
    session = later(visits, clock, visits.again(session), OVER_SECONDS)
    assert get_me(visits, session).status == 200
    assert [call.target == first for call in recorder.of(REFRESH)] == [False]


def test_guests_that_ask_at_once_share_one_refresh(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, visits.guest(), OVER_SECONDS)
    assert at_once(5, lambda: get_me(visits, visits.again(session)).status) == [200] * 5
    assert visits.shop.sandbox.recorder.count(ANONYMOUS_REFRESH) == 1


def test_first_calls_of_a_new_guest_at_once_share_one_token(visits: Visits) -> None:
    session = visits.open()
    session.start()
    assert at_once(5, lambda: get_me(visits, visits.again(session)).status) == [200] * 5
    assert visits.shop.sandbox.recorder.count(ANONYMOUS_LOGIN) == 1


def test_lock_that_somebody_keeps_lets_a_living_token_serve(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, signed_in(visits), DUE_SECONDS)
    assert session.cookie is not None
    with visits.shop.services.store.lock(session.cookie, lease_seconds=30, wait_seconds=0):
        get_me(visits, session)
    assert visits.asked() == ["get_me"]
    assert sent_bearer(visits, "get_me") == customer(session).access.reveal()


def test_lock_that_somebody_keeps_is_a_timeout_for_a_dead_token(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, signed_in(visits), OVER_SECONDS)
    assert session.cookie is not None
    with visits.shop.services.store.lock(session.cookie, lease_seconds=30, wait_seconds=0):
        with pytest.raises(UpstreamTimeout):
            get_me(visits, session)
        with pytest.raises(UpstreamTimeout):
            visits.shop.services.broker.refresh(session)
    assert visits.asked() == []
    assert visits.again(session).signed_in is not None


def test_lock_of_a_killed_process_is_waited_for_no_longer_than_its_lease(
    visits: Visits, clock: FakeClock, redis: Redis
) -> None:
    session = later(visits, clock, signed_in(visits), OVER_SECONDS)
    redis.set(f"bff:{{{session.cookie.sid if session.cookie else ''}}}:lock", "of a killed process", px=200)
    get_me(visits, session)
    assert visits.asked() == [ANONYMOUS_REFRESH, REFRESH, "get_me"]


def test_guest_whose_session_ends_while_waiting_is_nobody_who_expired(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, visits.guest(), OVER_SECONDS)
    session.load()
    visits.again(session).abandon()
    with pytest.raises(LoginRequired):
        visits.shop.services.broker.anonymous(session)


def test_customer_whose_session_ends_while_waiting_has_expired(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, signed_in(visits), OVER_SECONDS)
    session.load()
    visits.again(session).abandon()
    with pytest.raises(SessionExpired):
        get_me(visits, session)
    assert visits.asked() == []
