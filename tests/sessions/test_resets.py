"""A password set by a mailed link: the next sign-in with it ends that customer's older sessions, and only theirs."""

from __future__ import annotations

import logging

import pytest

from bff.errors import InvalidCredentials, TooManyAttempts
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL
from bff.sessions.model import WebRecord, without_customer
from bff.sessions.scripts import RETIRED_BYTES
from bff.sessions.session import Session
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.visits import Visits, credentials
from tests.support.shop import ShopMaker


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock, services=services_with_meddling))


def reset_in(visits: Visits, session: Session) -> Session:
    session = visits.again(session)
    visits.shop.services.login.password_was_reset(session)
    return visits.again(session)


def sign_in(visits: Visits, session: Session, email: str = B2C_EMAIL, **typed: str) -> Session:
    session = visits.again(session)
    visits.shop.services.login.with_password(session, email, credentials(email, **typed))
    return visits.again(session)


def is_signed_in(visits: Visits, session: Session) -> bool:
    return visits.again(session).signed_in is not None


def test_mark_is_part_of_the_web_record_and_not_of_what_pages_keep() -> None:
    web = WebRecord(created=1.0, password_reset_at=2.5)
    assert WebRecord.from_json(web.to_json()) == web
    assert web.data == {}
    assert b"passwordReset" not in WebRecord(created=1.0).to_json()


def test_sign_in_after_a_reset_ends_the_older_sessions_of_that_customer_and_nobody_elses(visits: Visits) -> None:
    older, another = visits.signed_in(), visits.signed_in(B2B_EMAIL, B2B_PASSWORD)
    session = sign_in(visits, reset_in(visits, visits.guest()))
    assert is_signed_in(visits, session)
    assert not is_signed_in(visits, older)
    assert is_signed_in(visits, another)


def test_mark_is_gone_with_the_sign_in_that_it_was_for(visits: Visits) -> None:
    session = sign_in(visits, reset_in(visits, visits.guest()))
    assert session.web.password_reset_at is None
    later = visits.signed_in()
    sign_in(visits, session)
    assert is_signed_in(visits, later)


def test_sign_in_without_a_reset_ends_nothing(visits: Visits) -> None:
    older = visits.signed_in()
    sign_in(visits, visits.guest())
    assert is_signed_in(visits, older)


def test_reset_in_one_browser_says_nothing_of_a_sign_in_in_another(visits: Visits) -> None:
    older = visits.signed_in()
    reset_in(visits, visits.guest())
    sign_in(visits, visits.guest())
    assert is_signed_in(visits, older)


@pytest.mark.parametrize(("seconds", "ends"), [(900, True), (901, False)])
def test_reset_counts_for_a_quarter_of_an_hour(visits: Visits, clock: FakeClock, seconds: int, ends: bool) -> None:
    older = visits.signed_in()
    session = reset_in(visits, visits.guest())
    clock.advance(seconds)
    session = sign_in(visits, session)
    assert is_signed_in(visits, older) is not ends
    assert session.web.password_reset_at is None


def test_wrong_password_leaves_the_mark_for_the_right_one(visits: Visits) -> None:
    older = visits.signed_in()
    session = reset_in(visits, visits.guest())
    with pytest.raises(InvalidCredentials):
        sign_in(visits, session, password="Wrong-Harbour-00")
    assert is_signed_in(visits, older)
    sign_in(visits, session)
    assert not is_signed_in(visits, older)


def test_mark_outlives_a_new_cookie_and_a_session_that_ends_for_its_lifetime(visits: Visits, clock: FakeClock) -> None:
    session = reset_in(visits, visits.signed_in())
    visits.shop.services.login.rotate(session)
    marked = visits.again(session).web.password_reset_at
    assert marked == clock()
    ending = visits.again(session)
    ending.load()
    ending.update(without_customer)
    assert visits.again(ending).web.password_reset_at == marked


def test_mark_outlives_the_sign_out_of_whoever_sets_a_password_while_signed_in(visits: Visits) -> None:
    older, session = visits.signed_in(), reset_in(visits, visits.signed_in())
    visits.shop.services.login.log_out(session)
    assert session.signed_in is None
    sign_in(visits, session)
    assert not is_signed_in(visits, older)


def test_sign_out_without_a_reset_leaves_no_record(visits: Visits) -> None:
    session = visits.signed_in()
    visits.shop.services.login.log_out(session)
    assert [key for key in visits.shop.redis.keys("bff:{*:web") if visits.shop.redis.strlen(key) > RETIRED_BYTES] == []


def test_sign_out_stands_where_too_many_newcomers_have_come(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    session = reset_in(visits, visits.signed_in())

    def refuse(*args: object, **kwargs: object) -> None:
        raise TooManyAttempts(60)

    with monkeypatch.context() as patched:
        patched.setattr(type(visits.shop.services.sessions), "begin", refuse)
        who = visits.shop.services.login.log_out(session)
    assert who is not None
    assert not is_signed_in(visits, session)


def test_sign_out_stands_where_the_mark_cannot_be_kept(visits: Visits) -> None:
    session = reset_in(visits, visits.signed_in())
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    session.load()
    store.fail("create")
    visits.shop.services.login.log_out(session)
    store.before.clear()
    assert session.new_cookie is not None
    assert not is_signed_in(visits, session)


def test_sign_in_stands_where_the_older_sessions_cannot_be_ended_and_the_next_one_ends_them(
    visits: Visits, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    older = visits.signed_in()
    session = reset_in(visits, visits.guest())
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("end")
    session = sign_in(visits, session)
    store.before.clear()
    assert is_signed_in(visits, session)
    assert is_signed_in(visits, older)
    told = [one for one in caplog.records if one.getMessage() == "sessions_not_ended"]
    assert [one.bff_fields["reason"] for one in told] == ["password reset"]  # type: ignore[attr-defined]
    session = sign_in(visits, session)
    assert is_signed_in(visits, session)
    assert not is_signed_in(visits, older)


def test_reset_in_a_session_that_ended_meanwhile_is_no_error(visits: Visits) -> None:
    session = visits.guest()
    session.load()
    assert session.cookie is not None
    visits.shop.services.store.end([session.cookie.sid])
    visits.shop.services.login.password_was_reset(session)
    assert visits.shop.redis.keys("bff:{*:web") == []
