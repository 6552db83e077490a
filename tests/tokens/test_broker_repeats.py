"""One repeat at most after a token that upstream disowned, and refreshes that somebody asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bff.emporix.client import Call, Reply
from bff.errors import (
    InvalidCredentials,
    LoginRequired,
    ReauthenticationRequired,
    SessionExpired,
    UpstreamError,
    UpstreamMalformed,
    UpstreamRejected,
)
from bff.operations.model import Credential
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, LEGAL_ENTITIES
from bff.sandbox.faults import Fault
from bff.secret import Secret
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import (
    DEAD_BEARER,
    DEAD_REFRESH_TOKEN,
    OVER_SECONDS,
    UNKNOWN,
    at_once,
    visits_of,
)
from tests.support.fakes.visits import Visits, credentials, customer
from tests.support.shop import ShopMaker

REFRESH, ANONYMOUS_REFRESH, ANONYMOUS_LOGIN = "refresh_auth_token", "anonymous_refresh", "anonymous_login"
ENTITY = LEGAL_ENTITIES[0].id


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


# Upstream disowns a token


def test_dead_customer_token_is_renewed_once_and_the_call_repeated_once(visits: Visits) -> None:
    session = signed_in(visits)
    visits.kill_access(session)
    assert get_me(visits, session).status == 200
    assert visits.asked() == ["get_me", REFRESH, "get_me"]


def test_dead_token_that_many_notice_at_once_is_renewed_once(visits: Visits) -> None:
    session = signed_in(visits)
    visits.kill_access(session)
    assert at_once(5, lambda: get_me(visits, visits.again(session)).status) == [200] * 5
    assert visits.shop.sandbox.recorder.count(REFRESH) == 1


def test_upstream_that_disowns_the_new_token_too_is_not_asked_a_third_time(visits: Visits) -> None:
    session = signed_in(visits)
    visits.shop.sandbox.faults.add("get_me", DEAD_BEARER)
    with pytest.raises(UpstreamMalformed):
        get_me(visits, session)
    assert visits.asked() == ["get_me", REFRESH, "get_me"]
    assert visits.again(session).signed_in is not None


def test_dead_token_that_cannot_be_renewed_signs_out(visits: Visits) -> None:
    session = signed_in(visits)
    visits.kill_access(session)
    visits.shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    with pytest.raises(SessionExpired):
        get_me(visits, session)
    assert visits.again(session).signed_in is None
    assert visits.shop.sandbox.recorder.count("get_me") == 1


def test_dead_token_whose_renewal_is_unknown_ends_nothing(visits: Visits) -> None:
    session = signed_in(visits)
    visits.kill_access(session)
    visits.shop.sandbox.faults.add(REFRESH, UNKNOWN["502"][0])
    with pytest.raises(UpstreamError):
        get_me(visits, session)
    assert visits.again(session).signed_in is not None
    assert visits.shop.sandbox.recorder.count("get_me") == 1


def test_dead_guest_token_is_renewed_once(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, revoke_old_access_on_refresh=True)
    session = visits.guest()
    visits.spend_anonymous(session)
    get_me(visits, session)
    assert visits.asked() == ["get_me", ANONYMOUS_REFRESH, ANONYMOUS_LOGIN, "get_me"]


def test_wrong_password_is_never_repeated(visits: Visits) -> None:
    session = signed_in(visits)
    broker, operations = visits.shop.services.broker, visits.shop.services.operations
    with pytest.raises(InvalidCredentials):
        broker.call(visits.guest(), operations["login"], credentials(B2C_EMAIL, "Wrong-Password-99"))
    assert visits.shop.sandbox.recorder.count("login") == 1
    wrong = Call(body=b'{"currentPassword": "Wrong-Password-99", "newPassword": "Amber-Window-19"}')
    with pytest.raises(UpstreamRejected):
        broker.call(session, operations["change_password"], wrong)
    assert visits.shop.sandbox.recorder.count("change_password") == 1
    assert visits.shop.sandbox.recorder.count(REFRESH) == 0


# Asked for


def test_refresh_asked_for_happens_although_nothing_is_due(visits: Visits) -> None:
    session = signed_in(visits)
    old = customer(session).access
    visits.shop.services.broker.refresh(session)
    assert visits.asked() == [REFRESH]
    assert customer(visits.again(session)).access != old


def test_refreshes_asked_for_at_once_are_one(visits: Visits) -> None:
    session = signed_in(visits)
    seen = [visits.again(session) for _ in range(4)]
    for one in seen:
        one.load()
    visits.shop.sandbox.faults.add(REFRESH, Fault(delay_before_seconds=0.1))
    assert at_once(4, lambda: visits.shop.services.broker.refresh(seen.pop())) == [None] * 4
    assert visits.shop.sandbox.recorder.count(REFRESH) == 1


def test_guest_has_nothing_to_refresh(visits: Visits) -> None:
    with pytest.raises(LoginRequired):
        visits.shop.services.broker.refresh(visits.guest())


def test_legal_entity_is_switched_kept_and_dropped(visits: Visits) -> None:
    session, broker = signed_in(visits, company=True), visits.shop.services.broker
    broker.refresh(session, ENTITY)
    assert customer(visits.again(session)).legal_entity_id == ENTITY
    broker.refresh(visits.again(session))
    assert customer(visits.again(session)).legal_entity_id == ENTITY
    broker.refresh(visits.again(session), None)
    assert customer(visits.again(session)).legal_entity_id is None


def test_refused_legal_entity_changes_nothing(visits: Visits) -> None:
    session, broker = signed_in(visits, company=True), visits.shop.services.broker
    broker.refresh(session, ENTITY)
    before = customer(visits.again(session))
    with pytest.raises(UpstreamRejected) as refused:
        broker.refresh(visits.again(session), "D000000")
    assert refused.value.status == 403
    assert customer(visits.again(session)) == before
    assert visits.again(session).signed_in is not None


def test_unknown_outcome_of_a_refresh_asked_for_changes_nothing(visits: Visits) -> None:
    session = signed_in(visits)
    before = customer(session)
    fault, error = UNKNOWN["503"]
    visits.shop.sandbox.faults.add(REFRESH, fault)
    with pytest.raises(error):
        visits.shop.services.broker.refresh(session)
    assert customer(visits.again(session)) == before


def test_refused_refresh_asked_for_leaves_the_living_token(visits: Visits) -> None:
    session = signed_in(visits)
    visits.shop.sandbox.faults.add(REFRESH, DEAD_REFRESH_TOKEN)
    visits.shop.services.broker.refresh(session)
    after = customer(visits.again(session))
    assert (after.access, after.refresh) == (customer(session).access, None)


@pytest.mark.parametrize(
    ("passed", "ask", "error"),
    [
        (600, lambda broker, session: broker.refresh(session), None),
        (600, lambda broker, session: broker.refresh(session, ENTITY), ReauthenticationRequired),
        (600, lambda broker, session: broker.refresh(session, None), None),
        (OVER_SECONDS, lambda broker, session: broker.refresh(session), SessionExpired),
        (OVER_SECONDS, lambda broker, session: broker.refresh(session, ENTITY), SessionExpired),
    ],
)
def test_without_a_refresh_token_upstream_is_not_asked(
    make_shop: ShopMaker,
    clock: FakeClock,
    passed: float,
    ask: Callable[..., None],
    error: type[Exception] | None,
) -> None:
    visits = visits_of(make_shop, clock, customer_refresh_seconds=500)
    session = later(visits, clock, signed_in(visits, company=True), passed)
    if error is None:
        ask(visits.shop.services.broker, session)
    else:
        with pytest.raises(error):
            ask(visits.shop.services.broker, session)
    assert visits.asked() == []


def test_bearer_that_upstream_disowned_is_not_handed_out_again(visits: Visits) -> None:
    session = signed_in(visits)
    dead = customer(session).access
    fresh = visits.shop.services.broker.bearer(session, Credential.CUSTOMER, rejected_token=dead)
    assert fresh != dead
    # Somebody else's dead token is no reason to renew this one.
    assert visits.shop.services.broker.bearer(session, Credential.CUSTOMER, rejected_token=Secret("other")) == fresh
    assert visits.shop.sandbox.recorder.count(REFRESH) == 1
