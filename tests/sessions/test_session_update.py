"""The one loop that applies a change once more where another request wrote in between."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis import Redis

from bff.errors import LoginRequired, SessionStoreUnavailable
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Records, Vault, WebRecord
from bff.sessions.session import Session, SessionState
from bff.sessions.store import SessionEnded, VersionConflict
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.fakes.visits import Visits
from tests.support.shop import ShopMaker


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock, services=services_with_meddling))


@pytest.fixture
def session(visits: Visits) -> Session:
    started = visits.open()
    started.start()
    # Its cookie has come back once, as most requests find it.
    visits.again(started).load()
    return visits.again(started)


def noted(word: str, web: WebRecord) -> WebRecord:
    return replace(web, data={**web.data, word: True})


def test_change_gets_both_records_and_its_caller_what_they_were(visits: Visits) -> None:
    session = visits.guest()
    before = session.web, session.vault
    assert session.update(lambda web, vault: (noted("mine", web), Vault())) == before
    after = visits.again(session)
    assert (dict(after.web.data), after.vault) == ({"mine": True}, Vault())
    assert (session.web, session.vault) == (after.web, after.vault)


def test_change_with_nothing_to_do_writes_nothing(visits: Visits, session: Session) -> None:
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    store.fail("commit", "create", "touch")
    assert session.update(lambda web, vault: None) is None


def test_newcomer_for_whom_there_is_nothing_to_do_gets_no_record(visits: Visits, redis: Redis) -> None:
    newcomer = visits.open()
    assert newcomer.update(lambda web, vault: None) is None
    assert (newcomer.new_cookie, redis.keys()) == (None, [])


def test_newcomers_change_is_in_the_record_that_is_made_for_it(visits: Visits) -> None:
    store, newcomer = visits.shop.services.store, visits.open()
    assert isinstance(store, MeddlingStore)
    store.fail("commit")
    newcomer.update(lambda web, vault: (noted("mine", web), vault))
    assert newcomer.state is SessionState.LIVE
    assert visits.again(newcomer).web.data == {"mine": True}


def test_request_that_may_not_make_a_record_is_refused_only_where_there_is_something_to_do(visits: Visits) -> None:
    late = visits.open(SessionCookie.fresh(), may_start=False)
    assert late.update(lambda web, vault: None) is None
    with pytest.raises(LoginRequired):
        late.update(lambda web, vault: (noted("mine", web), vault))


def test_change_is_asked_once_more_about_what_was_written_in_between(visits: Visits, session: Session) -> None:
    met: list[dict[str, bool]] = []

    def change(web: WebRecord, vault: Vault) -> Records | None:
        met.append(dict(web.data))
        if len(met) == 1:
            visits.again(session).change_web(lambda theirs: noted("theirs", theirs))
        return noted("mine", web), vault

    session.update(change)
    assert met == [{}, {"theirs": True}]
    assert visits.again(session).web.data == {"theirs": True, "mine": True}


def test_change_that_finds_its_work_done_by_another_request_does_not_repeat_it(
    visits: Visits, session: Session
) -> None:
    session.load()
    visits.again(session).change_web(lambda web: noted("done", web))
    assert session.update(lambda web, vault: None if "done" in web.data else (noted("done", web), vault)) is None
    assert session.web.data == {"done": True}


def test_other_places_to_write_to_are_tried_as_often(session: Session) -> None:
    tries: list[Records] = []

    def never(web: WebRecord, vault: Vault) -> None:
        tries.append((web, vault))
        raise VersionConflict

    with pytest.raises(SessionStoreUnavailable, match="others kept changing the session"):
        session.update(lambda web, vault: (web, vault), never)
    assert len(tries) == 5


def test_session_that_ends_between_two_tries_is_not_brought_back(visits: Visits, session: Session) -> None:
    session.load()
    visits.again(session).change_web(lambda web: noted("theirs", web))
    store = visits.shop.services.store
    assert isinstance(store, MeddlingStore)
    assert session.cookie is not None
    sid = session.cookie.sid

    def end(*args: object, **kwargs: object) -> None:
        store.store.end([sid])

    store.before["load"] = end
    with pytest.raises(SessionEnded):
        session.update(lambda web, vault: (noted("mine", web), vault))
    assert session.state is SessionState.RETIRED
    assert list(store.sids()) == []
