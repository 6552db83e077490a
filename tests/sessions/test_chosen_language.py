"""The chosen language in a session's record: written once, kept over a sign-out, and never in the way of one."""

from __future__ import annotations

import pytest

from bff.errors import SessionStoreUnavailable
from bff.sessions.chosen_language import choose_language
from bff.sessions.session import Session, SessionState
from bff.sessions.store import Found, Versions
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.visits import Visits
from tests.support.shop import ShopMaker


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock))


def chosen(visits: Visits, session: Session, language: str = "de") -> Session:
    choose_language(visits.shop.services.sessions, session, language)
    return visits.again(session)


def test_choice_of_a_stranger_begins_a_record(visits: Visits) -> None:
    assert chosen(visits, visits.open()).web.language == "de"


def test_choice_that_is_there_already_writes_nothing(visits: Visits) -> None:
    session = chosen(visits, visits.guest())
    before = versions(visits, session)
    assert versions(visits, chosen(visits, session)) == before
    assert versions(visits, chosen(visits, session, "en")) != before


def versions(visits: Visits, session: Session) -> Versions:
    assert session.cookie is not None
    found = visits.shop.services.store.load(session.cookie)
    assert isinstance(found, Found)
    return found.versions


def test_choice_stays_through_sign_in_and_its_lifetime(visits: Visits, clock: FakeClock) -> None:
    services = visits.shop.services
    session = chosen(visits, visits.signed_in())
    clock.advance(services.settings.sessions.lifetime_seconds - 1)
    session = visits.again(session)
    clock.advance(2)
    services.login.resume(session)
    assert (session.signed_in, session.web.language) == (None, "de")


def test_sign_out_keeps_a_choice_and_nothing_else(visits: Visits) -> None:
    session = chosen(visits, visits.signed_in())
    visits.shop.services.login.log_out(session)
    session = visits.again(session)
    assert (session.web.language, session.signed_in, dict(session.web.data)) == ("de", None, {})
    assert (session.vault.customer, session.vault.anonymous) == (None, None)


def test_sign_out_without_a_choice_leaves_no_record(visits: Visits) -> None:
    session = visits.signed_in()
    visits.shop.services.login.log_out(session)
    session = visits.again(session)
    session.load()
    assert session.state is SessionState.MISSING


def test_choice_that_cannot_be_kept_does_not_undo_a_sign_out(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    session = chosen(visits, visits.signed_in())

    def away(*args: object, **kwargs: object) -> None:
        raise SessionStoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(type(visits.shop.services.sessions), "begin", away)
        who = visits.shop.services.login.log_out(session)
    assert who is not None
    after = visits.again(session)
    after.load()
    assert (after.state, after.signed_in) == (SessionState.MISSING, None)
