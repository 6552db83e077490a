"""A sign-in in two steps: what is redeemed upstream and not established is logged out there."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from bff.account.login import SignInAttempt
from bff.emporix.client import Call
from bff.errors import AnotherPerson, IdTokenInvalid, InvalidCredentials, SessionStoreUnavailable
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.visits import Visits, anonymous, credentials, customer
from tests.support.shop import ShopMaker


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock, services=services_with_meddling))


def attempt_of(
    visits: Visits, session: Session, call: Call | None = None, *, with_own_guest: bool = True
) -> SignInAttempt:
    operation = visits.shop.services.operations["login"]
    return SignInAttempt(
        session=session, operation=operation, call=call or credentials(), with_own_guest=with_own_guest
    )


def logged_out(visits: Visits) -> list[str]:
    calls = visits.shop.sandbox.recorder.of("logout")
    return [call.headers["authorization"].removeprefix("Bearer ") for call in calls]


def test_attempt_does_not_change_under_way(visits: Visits) -> None:
    attempt = attempt_of(visits, visits.guest())
    with pytest.raises(FrozenInstanceError):
        attempt.with_own_guest = False  # type: ignore[misc]  # that it cannot be assigned is what is tested


def test_grant_is_not_in_the_session_before_it_is_established(visits: Visits) -> None:
    session = visits.guest()
    with visits.shop.services.login.redeem(attempt_of(visits, session)) as grant:
        assert (session.signed_in, session.vault.customer, session.new_cookie) == (None, None, None)
        visits.shop.services.login.establish(session, grant)
    assert customer(visits.again(session)).access == grant.tokens.access
    assert logged_out(visits) == []


def test_grant_that_is_left_lying_is_logged_out(visits: Visits) -> None:
    session = visits.guest()
    with visits.shop.services.login.redeem(attempt_of(visits, session)) as grant:
        pass
    assert logged_out(visits) == [grant.tokens.access.reveal()]
    assert visits.again(session).signed_in is None


@pytest.mark.parametrize("error", [IdTokenInvalid("nonce"), ZeroDivisionError()], ids=["foreseen", "a mistake"])
def test_grant_is_logged_out_whatever_goes_wrong_with_it(visits: Visits, error: Exception) -> None:
    session = visits.guest()
    with (
        pytest.raises(type(error)),
        visits.shop.services.login.redeem(attempt_of(visits, session)) as grant,
    ):
        raise error
    assert logged_out(visits) == [grant.tokens.access.reveal()]


def test_what_goes_wrong_after_it_is_established_does_not_undo_it(visits: Visits) -> None:
    session, login = visits.guest(), visits.shop.services.login

    def establish_and_stumble() -> None:
        with login.redeem(attempt_of(visits, session)) as grant:
            login.establish(session, grant)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        establish_and_stumble()
    assert logged_out(visits) == []
    assert visits.again(session).signed_in is not None


def test_grant_that_the_store_does_not_take_is_logged_out(visits: Visits) -> None:
    session = visits.guest()
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("create")
    with (
        pytest.raises(SessionStoreUnavailable),
        visits.shop.services.login.redeem(attempt_of(visits, session)) as grant,
    ):
        visits.shop.services.login.establish(session, grant)
    assert logged_out(visits) == [grant.tokens.access.reveal()]


def test_what_upstream_refuses_brings_no_grant(visits: Visits) -> None:
    wrong = attempt_of(visits, visits.guest(), credentials(B2C_EMAIL, "Wrong-Harbour-00"))
    with pytest.raises(InvalidCredentials), visits.shop.services.login.redeem(wrong):
        raise AssertionError("nothing was redeemed")
    assert logged_out(visits) == []


def test_cart_of_who_is_signed_in_is_for_nobody_else(visits: Visits) -> None:
    session = visits.signed_in()
    before = session.signed_in
    as_another = attempt_of(visits, session, credentials(B2B_EMAIL, B2B_PASSWORD))
    with pytest.raises(AnotherPerson), visits.shop.services.login.redeem(as_another) as grant:
        visits.shop.services.login.establish(session, grant)
    assert logged_out(visits) == [grant.tokens.access.reveal()]
    assert visits.again(session).signed_in == before


def test_grant_without_the_own_guest_is_for_anybody_and_has_another_cart(visits: Visits) -> None:
    session = visits.signed_in()
    cart = anonymous(session).session_id
    as_another = attempt_of(visits, session, credentials(B2B_EMAIL, B2B_PASSWORD), with_own_guest=False)
    with visits.shop.services.login.redeem(as_another) as grant:
        visits.shop.services.login.establish(session, grant)
    after = visits.again(session)
    assert after.signed_in is not None
    assert after.signed_in.customer.email == B2B_EMAIL
    assert customer(after).session_id == anonymous(after).session_id != cart
