"""Which bearer authorises a refresh, and what becomes of one that comes too late."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from bff.emporix.client import Call
from bff.errors import SessionExpired
from bff.operations.model import Credential
from bff.sandbox.faults import Fault
from bff.sessions.model import Vault, without_customer
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.upstream import (
    BEARER_KINDS,
    DUE_SECONDS,
    OVER_SECONDS,
    UNKNOWN,
    visits_of,
)
from tests.support.fakes.visits import Visits, anonymous, customer, revealed
from tests.support.shop import ShopMaker

REFRESH, ANONYMOUS_REFRESH, ANONYMOUS_LOGIN = "refresh_auth_token", "anonymous_refresh", "anonymous_login"
HOW_IT_ENDS = ("abandoned", "ended elsewhere", "guest again")


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


# Which bearer authorises a refresh


@pytest.mark.parametrize("wanted", BEARER_KINDS)
@pytest.mark.parametrize("configured", BEARER_KINDS)
def test_either_bearer_setting_works_with_either_upstream(
    make_shop: ShopMaker, clock: FakeClock, configured: str, wanted: str
) -> None:
    visits = visits_of(
        make_shop,
        clock,
        bearer=configured,
        refresh_bearer=BEARER_KINDS[wanted],
        anonymous_access_seconds=3599,
    )
    session = later(visits, clock, DUE_SECONDS)
    guest, old = anonymous(session).access.reveal(), customer(session).access.reveal()
    assert bearer(visits, session) != old
    sent = [call.headers["authorization"].removeprefix("Bearer ") for call in visits.shop.sandbox.recorder.of(REFRESH)]
    expected = {"anonymous": guest, "customer": old}
    assert sent == [expected[kind] for kind in dict.fromkeys((configured, wanted))]


def test_over_customer_token_is_not_sent_to_authorise_its_own_refresh(make_shop: ShopMaker, clock: FakeClock) -> None:
    visits = visits_of(make_shop, clock, bearer="customer", anonymous_access_seconds=3599)
    session = later(visits, clock, OVER_SECONDS)
    bearer(visits, session)
    (asked,) = visits.shop.sandbox.recorder.of(REFRESH)
    assert asked.headers["authorization"] == f"Bearer {anonymous(session).access.reveal()}"


# Writes that come too late


def ended_during_the_refresh(visits: Visits, session: Session, fault: Fault, how: str) -> tuple[Session, object]:
    """Let a session end while upstream is asked for new tokens; return who asked, and what came of it."""
    session.load()
    go_on = threading.Event()
    visits.shop.sandbox.faults.add(REFRESH, replace(fault, hold_after=go_on), times=1)
    slow = visits.again(session)
    results: list[object] = []

    def refresh() -> None:
        try:
            results.append(bearer(visits, slow))
        except SessionExpired as err:
            results.append(err)

    thread = threading.Thread(target=refresh)
    thread.start()
    while visits.shop.sandbox.recorder.count(REFRESH) == 0:
        thread.join(0.01)
    if how == "abandoned":
        visits.again(session).abandon()
    elif how == "ended elsewhere":
        assert session.sid is not None
        visits.shop.services.store.end([session.sid])
    else:
        visits.again(session).update(without_customer)
    go_on.set()
    thread.join()
    (result,) = results
    return slow, result


@pytest.mark.parametrize("how", HOW_IT_ENDS)
def test_new_token_of_a_session_that_ended_meanwhile_is_logged_out(visits: Visits, clock: FakeClock, how: str) -> None:
    session = later(visits, clock, OVER_SECONDS)
    slow, result = ended_during_the_refresh(visits, session, Fault(), how)
    assert isinstance(result, SessionExpired)
    assert visits.shop.sandbox.recorder.count("logout") == 1
    assert slow.new_cookie is None
    assert visits.again(session).vault.customer is None


@pytest.mark.parametrize("how", HOW_IT_ENDS)
def test_old_token_of_a_session_that_ended_during_an_unknown_refresh_serves_nobody(
    visits: Visits, clock: FakeClock, how: str
) -> None:
    session = later(visits, clock, DUE_SECONDS)
    slow, result = ended_during_the_refresh(visits, session, UNKNOWN["503"][0], how)
    assert isinstance(result, SessionExpired)
    assert slow.new_cookie is None
    assert visits.again(session).vault.customer is None


def test_refresh_that_meets_another_tabs_change_keeps_both(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    session.load()
    visits.again(session).change_web(lambda web: replace(web, data={"theirs": True}))
    fresh = bearer(visits, session)
    assert visits.again(session).web.data == {"theirs": True}
    assert customer(visits.again(session)).access.reveal() == fresh


def test_log_out_of_a_dead_or_unsendable_token_asks_nothing_and_stops_nothing(visits: Visits, clock: FakeClock) -> None:
    tokens, broker = customer(visits.signed_in()), visits.shop.services.broker
    visits.shop.sandbox.recorder.clear()
    broker.log_out(replace(tokens, access=type(tokens.access)("x" * 9000)), "test")
    broker.log_out(replace(tokens, access_expires_at=clock()), "test")
    assert visits.asked() == []
    broker.log_out(tokens, "test")
    assert visits.asked() == ["logout"]


def test_no_vault_is_ever_half_written(visits: Visits, clock: FakeClock) -> None:
    session = later(visits, clock, OVER_SECONDS)
    call = visits.shop.services.broker.call(session, visits.shop.services.operations["get_me"], Call())
    assert call.status == 200
    vault = visits.again(session).vault
    assert Vault.from_json(vault.to_json()) == vault
    assert revealed(anonymous(session).refresh) != revealed(customer(session).refresh)
