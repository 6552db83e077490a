"""How a session's records begin, move, are extended and end, and what is listed of them meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bff.errors import SessionStoreUnavailable
from bff.sessions.cookie import SessionCookie
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind, Overtaken
from bff.sessions.model import Customer, SignedIn, TokenSet, Vault, WebRecord, without_customer
from bff.sessions.session import Sessions
from bff.sessions.store import Found, Missing, SessionEnded, VersionConflict
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.redis_keys import keys_of
from tests.support.shop import Shop, ShopMaker

IDLE_SECONDS, GUEST_IDLE_SECONDS = 1000, 2000
FIREFOX = "Firefox on Windows"


@pytest.fixture
def shop(make_shop: ShopMaker, clock: FakeClock) -> Shop:
    return make_shop(
        clock=clock,
        services=services_with_meddling,
        BFF_SESSION_IDLE=str(IDLE_SECONDS),
        BFF_ANONYMOUS_IDLE=str(GUEST_IDLE_SECONDS),
    )


@pytest.fixture
def sessions(shop: Shop) -> Sessions:
    return shop.services.sessions


@pytest.fixture
def signed_in(clock: FakeClock) -> WebRecord:
    customer = Customer(id="42", email=None, first_name=None, last_name=None, language=None)
    who = SignedIn(customer=customer, since=clock(), authenticated_at=clock())
    return WebRecord(created=clock(), signed_in=who, data={"draft": True})


def listed(sessions: Sessions) -> tuple[str, ...]:
    return sessions.index.sids(IndexKind.CUSTOMER, "42")


def found(sessions: Sessions, cookie: SessionCookie) -> Found:
    answer = sessions.store.load(cookie, count=False)
    assert isinstance(answer, Found)
    return answer


def test_guest_begins_without_device_and_index(sessions: Sessions, clock: FakeClock) -> None:
    web = WebRecord(created=clock())
    cookie, begun = sessions.begin(web, Vault(), FIREFOX)
    assert (begun.web, begun.ttl_seconds) == (web, GUEST_IDLE_SECONDS)
    assert found(sessions, cookie).versions == begun.versions
    assert sessions.store.devices([cookie.sid]) == {cookie.sid: None}
    assert listed(sessions) == ()


def test_every_session_begins_under_a_cookie_of_its_own(sessions: Sessions, clock: FakeClock) -> None:
    web = WebRecord(created=clock())
    assert sessions.begin(web, Vault(), None)[0].value != sessions.begin(web, Vault(), None)[0].value


def test_move_lists_the_new_cookie_with_its_device_and_ends_the_old_one(
    sessions: Sessions, signed_in: WebRecord
) -> None:
    old, begun = sessions.begin(signed_in, Vault(), FIREFOX)
    cookie, moved = sessions.rotate(old, begun.versions, signed_in, Vault(), FIREFOX)
    assert listed(sessions) == (cookie.sid,)
    device = sessions.store.devices([cookie.sid])[cookie.sid]
    assert device is not None
    assert device.browser == FIREFOX
    assert sessions.store.load(old) == Missing(retired=True)
    assert moved.ttl_seconds == IDLE_SECONDS


@pytest.mark.parametrize("meddling", ["written", "ended", "store away"])
def test_move_that_cannot_end_the_old_one_leaves_the_new_one_nowhere(
    sessions: Sessions, signed_in: WebRecord, meddling: str
) -> None:
    old, begun = sessions.begin(signed_in, Vault(), None)
    store = sessions.store
    assert isinstance(store, MeddlingStore)
    error: type[Exception] = SessionStoreUnavailable
    if meddling == "written":
        sessions.commit(old, begun, WebRecord(created=1.0, signed_in=signed_in.signed_in), Vault())
        error = VersionConflict
    elif meddling == "ended":
        store.end([old.sid])
        error = SessionEnded
    else:
        store.fail("retire")
    with pytest.raises(error):
        sessions.rotate(old, begun.versions, signed_in, Vault(), None)
    store.before.clear()
    assert list(store.sids()) == ([] if meddling == "ended" else [old.sid])


def losing_the_answer(of: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that is carried out, and whose answer is lost on the way."""

    def lost(*arguments: Any, **named: Any) -> Any:
        of(*arguments, **named)
        raise SessionStoreUnavailable("the answer is lost")

    return lost


def test_move_whose_last_answer_is_lost_is_made(
    sessions: Sessions, signed_in: WebRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, begun = sessions.begin(signed_in, Vault(), None)
    monkeypatch.setattr(sessions.store, "retire", losing_the_answer(sessions.store.retire))
    cookie, _ = sessions.rotate(old, begun.versions, signed_in, Vault(), None)
    assert isinstance(sessions.store.load(cookie), Found)
    assert sessions.store.load(old) == Missing(retired=True)
    assert listed(sessions) == (cookie.sid,)


@pytest.mark.parametrize("another", ["sign-out", "move"])
def test_move_whose_last_step_never_came_does_not_stand_on_what_another_request_did(
    sessions: Sessions, signed_in: WebRecord, monkeypatch: pytest.MonkeyPatch, another: str
) -> None:
    old, begun = sessions.begin(signed_in, Vault(), None)
    moved: list[str] = []

    def overtaken(*arguments: Any, **named: Any) -> None:
        monkeypatch.undo()
        if another == "sign-out":
            sessions.end(old, arguments[1], signed_in.signed_in)
        else:
            moved.append(sessions.rotate(old, begun.versions, signed_in, Vault(), None)[0].sid)
        raise SessionStoreUnavailable("it never came")

    monkeypatch.setattr(sessions.store, "retire", overtaken)
    with pytest.raises(SessionStoreUnavailable):
        sessions.rotate(old, begun.versions, signed_in, Vault(), None)
    living = [sid for sid, device in sessions.store.devices(list(sessions.store.sids())).items()]
    assert living == moved
    assert list(listed(sessions)) == moved


def test_record_whose_making_was_not_heard_of_is_not_left_behind(
    sessions: Sessions, signed_in: WebRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, begun = sessions.begin(signed_in, Vault(), None)
    monkeypatch.setattr(sessions.store, "create", losing_the_answer(sessions.store.create))
    with pytest.raises(SessionStoreUnavailable):
        sessions.rotate(old, begun.versions, signed_in, Vault(), None)
    assert list(sessions.store.sids()) == [old.sid]


def test_move_that_does_not_say_what_was_read_ends_the_old_one_however_it_is(
    sessions: Sessions, signed_in: WebRecord
) -> None:
    old, begun = sessions.begin(signed_in, Vault(), None)
    sessions.commit(old, begun, WebRecord(created=1.0), Vault())
    sessions.rotate(old, None, signed_in, Vault(), None)
    assert sessions.store.load(old) == Missing(retired=True)


def test_commit_writes_only_the_record_that_differs(sessions: Sessions, signed_in: WebRecord, clock: FakeClock) -> None:
    cookie, begun = sessions.begin(signed_in, Vault(), None)
    tokens = TokenSet(
        access=cookie.value,
        access_expires_at=clock() + 60,
        access_lifetime_seconds=60,
        refresh=None,
        refresh_expires_at=0.0,
        session_id=None,
    )
    after = sessions.commit(cookie, begun, begun.web, Vault(anonymous=tokens))
    assert after.versions.web == begun.versions.web
    assert after.versions.tokens != begun.versions.tokens
    assert found(sessions, cookie).vault == Vault(anonymous=tokens)
    # The other record may have been written meanwhile: what is not written is not compared either.
    sessions.commit(cookie, begun, WebRecord(created=1.0, signed_in=signed_in.signed_in), begun.vault)


def test_guest_again_has_a_guests_idle_limit_in_the_same_write(sessions: Sessions, signed_in: WebRecord) -> None:
    cookie, begun = sessions.begin(signed_in, Vault(), None)
    after = sessions.commit(cookie, begun, *without_customer(begun.web, begun.vault))
    assert after.ttl_seconds == GUEST_IDLE_SECONDS
    assert found(sessions, cookie).ttl_seconds > IDLE_SECONDS


def test_only_what_is_due_is_extended(sessions: Sessions, signed_in: WebRecord, shop: Shop) -> None:
    cookie, _ = sessions.begin(signed_in, Vault(), None)
    assert isinstance(sessions.store, MeddlingStore)
    sessions.store.fail("touch")
    fresh = found(sessions, cookie)
    assert sessions.extend(cookie, fresh, None) is fresh
    sessions.store.before.clear()
    shop.redis.pexpire(f"bff:{{{cookie.sid}}}:web", IDLE_SECONDS * 1000 // 2)
    assert sessions.extend(cookie, found(sessions, cookie), None).ttl_seconds == IDLE_SECONDS
    assert found(sessions, cookie).ttl_seconds > IDLE_SECONDS / 2


def due(sessions: Sessions, cookie: SessionCookie, shop: Shop) -> Found:
    shop.redis.pexpire(f"bff:{{{cookie.sid}}}:web", IDLE_SECONDS * 1000 // 2)
    return found(sessions, cookie)


def test_session_is_listed_again_with_what_extends_it_until_its_lifetime_ends(
    sessions: Sessions, signed_in: WebRecord, shop: Shop, clock: FakeClock
) -> None:
    cookie, _ = sessions.rotate(None, None, signed_in, Vault(), None)
    (index,) = keys_of(shop.redis, "bff:index:customer:*")
    ends_at = shop.redis.zscore(index, cookie.sid)
    shop.redis.delete(index)
    clock.advance(10)
    sessions.extend(cookie, found(sessions, cookie), None)
    assert listed(sessions) == (), "nothing is due"
    sessions.extend(cookie, due(sessions, cookie, shop), None)
    assert listed(sessions) == (cookie.sid,)
    assert shop.redis.zscore(index, cookie.sid) == ends_at
    assert 0 < int(shop.redis.ttl(index)) <= shop.settings.sessions.lifetime_seconds + 1


def test_session_that_is_a_guests_or_has_ended_meanwhile_is_not_listed_again(
    sessions: Sessions, signed_in: WebRecord, shop: Shop
) -> None:
    cookie, _ = sessions.rotate(None, None, signed_in, Vault(), None)
    read = due(sessions, cookie, shop)
    web, vault = without_customer(read.web, read.vault)
    other = sessions.commit(cookie, read, web, vault)
    sessions.unlist(signed_in.signed_in, cookie.sid)
    sessions.extend(cookie, read, None)
    assert isinstance(sessions.store.load(cookie), Found)
    assert listed(sessions) == ()
    sessions.end(cookie, other.versions, None)
    sessions.extend(cookie, read, None)
    assert listed(sessions) == ()


def test_session_that_was_written_to_meanwhile_is_listed_again(
    sessions: Sessions, signed_in: WebRecord, shop: Shop
) -> None:
    cookie, _ = sessions.rotate(None, None, signed_in, Vault(), None)
    read = due(sessions, cookie, shop)
    sessions.commit(cookie, read, replace(read.web, data={"draft": 1}), read.vault)
    sessions.unlist(signed_in.signed_in, cookie.sid)
    sessions.extend(cookie, read, None)
    assert listed(sessions) == (cookie.sid,)


@pytest.mark.parametrize("lives", [True, False])
def test_ending_is_told_not_to_reach_all_where_who_is_kept_lives_and_is_not_listed(
    sessions: Sessions, signed_in: WebRecord, shop: Shop, caplog: pytest.LogCaptureFixture, lives: bool
) -> None:
    caplog.set_level(logging.INFO)
    cookie, _ = sessions.rotate(None, None, signed_in, Vault(), None)
    who = signed_in.signed_in
    assert who is not None
    if not lives:
        # The one that others are ended for was ended itself by one of them.
        sessions.store.end([cookie.sid])
    sessions.unlist(who, cookie.sid)
    end_sessions(sessions, IndexKind.CUSTOMER, who.customer.id, Ending.OTHERS, keep=cookie.sid)
    told = [one for one in caplog.records if one.getMessage() == "sessions_not_ended"]
    assert len(told) == lives


def test_guest_is_listed_nowhere_when_extended(sessions: Sessions, clock: FakeClock, shop: Shop) -> None:
    cookie, _ = sessions.begin(WebRecord(created=clock()), Vault(), None)
    sessions.extend(cookie, due(sessions, cookie, shop), None)
    assert keys_of(shop.redis, "bff:index:*") == []


def test_session_goes_on_where_it_cannot_be_listed_and_the_operator_is_told(
    sessions: Sessions,
    signed_in: WebRecord,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    cookie, _ = sessions.begin(signed_in, Vault(), None)
    refused = shop.redis.register_script("return redis.error_reply('NOPERM the zadd command')")
    monkeypatch.setattr(sessions.index, "_add_script", refused)
    assert sessions.extend(cookie, due(sessions, cookie, shop), None).ttl_seconds == IDLE_SECONDS
    assert found(sessions, cookie).ttl_seconds > IDLE_SECONDS / 2
    (line,) = [one for one in caplog.records if one.getMessage() == "session_change_dropped"]
    assert line.__dict__["bff_fields"] == {"reason": "index", "outcome": "NOPERM"}


def test_ended_session_is_gone_and_no_longer_listed(sessions: Sessions, signed_in: WebRecord) -> None:
    cookie, found = sessions.rotate(None, None, signed_in, Vault(), None)
    assert listed(sessions) == (cookie.sid,)
    sessions.end(cookie, found.versions, signed_in.signed_in)
    assert sessions.store.load(cookie) == Missing(retired=True)
    assert listed(sessions) == ()


@pytest.mark.parametrize("ended", [IndexKind.CUSTOMER, IndexKind.EMAIL, IndexKind.ALL])
def test_refusal_by_any_name_undoes_the_others_and_the_record(
    sessions: Sessions, signed_in: WebRecord, ended: IndexKind
) -> None:
    guest = WebRecord(created=1.0)
    old, _ = sessions.begin(guest, Vault(), None)
    who = signed_in.signed_in
    assert who is not None
    with_email = replace(signed_in, signed_in=replace(who, customer=replace(who.customer, email="jane@example.com")))
    began = sessions.index.time()
    sessions.index.mark(ended, {"customer": "42", "email": "jane@example.com", "all": ""}[ended.value])
    with pytest.raises(Overtaken):
        sessions.rotate(old, None, with_email, Vault(), None, began)
    assert listed(sessions) == ()
    assert sessions.index.sids(IndexKind.EMAIL, "jane@example.com") == ()
    assert list(sessions.store.sids()) == [old.sid]
    assert found(sessions, old).web == guest


def test_session_that_only_moves_is_refused_by_no_mark(sessions: Sessions, signed_in: WebRecord) -> None:
    old, begun = sessions.begin(signed_in, Vault(), None)
    sessions.index.mark(IndexKind.CUSTOMER, "42")
    cookie, _ = sessions.rotate(old, begun.versions, signed_in, Vault(), None)
    assert listed(sessions) == (cookie.sid,)
