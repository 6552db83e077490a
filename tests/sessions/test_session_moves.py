"""A session that moves to a new cookie, changes under two requests, or ends during one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.errors import SessionExpired, SessionStoreUnavailable
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Customer, SignedIn, Vault, WebRecord, without_customer
from bff.sessions.scripts import RETIRED_BYTES
from bff.sessions.session import Session, SessionState
from bff.sessions.store import SessionEnded, Versions
from bff.wiring import build_services
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.counting_redis import CountingRedis
from tests.support.fakes.visits import Visits
from tests.support.shop import ShopMaker

IDLE_SECONDS = 1000


@pytest.fixture
def counting(redis_server: EmbeddedRedis) -> Iterator[CountingRedis]:
    with CountingRedis(redis_server.url) as counting:
        yield counting


@pytest.fixture
def visits(make_shop: ShopMaker, counting: CountingRedis, clock: FakeClock) -> Visits:
    shop = make_shop(
        clock=clock,
        services=partial(build_services, redis=counting.client),
        BFF_SESSION_IDLE=str(IDLE_SECONDS),
        BFF_ANONYMOUS_IDLE=str(IDLE_SECONDS * 2),
        BFF_RATE_LIMIT_API="1000/minute",
    )
    for cookie in (SessionCookie.fresh(), SessionCookie.fresh()):
        # Teaches this server the scripts, so that round trips can be counted.
        shop.services.store.load(cookie)
        shop.services.store.touch(cookie, 1)
    return Visits(shop=shop)


def living(redis: Redis) -> list[bytes]:
    """Return the keys of records; a retired cookie's mark is none, nor is the word that tells of an end."""
    return [
        key for key in redis.scan_iter("bff:{*") if redis.strlen(key) > RETIRED_BYTES and not key.endswith(b":ended")
    ]


def started(visits: Visits) -> Session:
    session = visits.open()
    session.start()
    return session


def person(clock: FakeClock, number: str = "42") -> SignedIn:
    customer = Customer(id=number, email=f"{number}@example.com", first_name=None, last_name=None, language=None)
    return SignedIn(customer=customer, since=clock(), authenticated_at=clock())


def signed_in(visits: Visits, clock: FakeClock) -> Session:
    session = started(visits)
    session.sign_in(person(clock), Vault(), keep_data=True)
    return session


def noted(word: str, web: WebRecord) -> WebRecord:
    return replace(web, data={**web.data, word: True})


def key(session: Session, name: str = "web") -> str:
    assert session.cookie is not None
    return f"bff:{{{session.cookie.sid}}}:{name}"


def test_rotation_moves_everything_and_kills_the_old_cookie(visits: Visits, clock: FakeClock, redis: Redis) -> None:
    session = signed_in(visits, clock)
    session.change_web(partial(noted, "note"))
    before = visits.again(session)
    old = before.cookie
    before.rotate(lambda web: web)
    assert before.new_cookie is not None
    late = visits.open(old)
    assert (late.signed_in, late.state) == (None, SessionState.RETIRED)
    moved = visits.again(before)
    assert moved.web.data == {"note": True}
    assert moved.signed_in == person(clock)
    assert visits.shop.services.sessions.store.load(before.new_cookie)
    redis.delete(f"bff:{{{old.sid if old else ''}}}:web")
    assert visits.open(old).state is SessionState.UNREAD
    assert visits.open(old).signed_in is None


def test_change_that_meets_a_rotation_is_not_lost(visits: Visits) -> None:
    rotating = visits.again(started(visits))
    rotating.load()
    changing = visits.again(rotating)
    changing.change_web(partial(noted, "theirs"))
    rotating.rotate(lambda web: web)
    assert visits.again(rotating).web.data == {"theirs": True}


def test_tokens_that_meet_a_rotation_are_not_lost(visits: Visits) -> None:
    session = visits.guest()
    rotating, refreshing = visits.again(session), visits.again(session)
    rotating.load()
    assert session.vault.anonymous is not None
    kept = replace(session.vault.anonymous, access=Secret("fresher"))
    refreshing.update(lambda web, _: (web, Vault(anonymous=kept)))
    rotating.rotate(lambda web: web)
    assert visits.again(rotating).vault.anonymous == kept


def test_two_tabs_that_change_at_once_both_count(visits: Visits) -> None:
    session = started(visits)
    one, other = visits.again(session), visits.again(session)
    one.load()
    other.load()
    one.change_web(partial(noted, "one"))
    other.change_web(partial(noted, "other"))
    assert visits.again(session).web.data == {"one": True, "other": True}


def test_vault_that_somebody_else_wrote_is_not_overwritten(visits: Visits) -> None:
    session = visits.guest()
    one, other = visits.again(session), visits.again(session)
    one.load()
    before = other.vault
    one.update(lambda web, _: (web, Vault()))
    seen: list[Vault] = []

    def note_what_it_meets(web: WebRecord, vault: Vault) -> tuple[WebRecord, Vault] | None:
        seen.append(vault)
        return None if vault == Vault() else (web, replace(vault))

    assert other.update(note_what_it_meets) is None
    assert seen == [before, Vault()]
    assert visits.again(session).vault == Vault()


def test_rotation_of_an_ended_session_leaves_no_orphan(visits: Visits, clock: FakeClock, redis: Redis) -> None:
    session = visits.again(signed_in(visits, clock))
    session.load()
    visits.again(session).abandon()
    with pytest.raises(SessionExpired):
        session.rotate(lambda web: web)
    assert living(redis) == []
    assert session.new_cookie is None
    assert session.signed_in is None


def test_session_that_changes_and_then_ends_while_rotating_has_expired(
    visits: Visits, clock: FakeClock, redis: Redis
) -> None:
    started_before = signed_in(visits, clock)
    sessions = visits.shop.services.sessions
    store = sessions.store

    class EndsMeanwhile:
        """The store, in which somebody ends the session between this request's write and its reload."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def retire(self, cookie: SessionCookie, read: Versions | None = None, *, mark: bytes = b"") -> None:
            try:
                store.retire(cookie, read, mark=mark)
            finally:
                store.end([cookie.sid])

    store_that_ends: Any = EndsMeanwhile()
    session = replace(sessions, store=store_that_ends).open(started_before.cookie, may_start=True)
    session.load()
    visits.again(session).change_web(partial(noted, "theirs"))
    with pytest.raises(SessionExpired):
        session.rotate(lambda web: web)
    assert living(redis) == []


def test_late_write_with_a_retired_cookie_is_not_kept_and_sets_no_cookie(visits: Visits, redis: Redis) -> None:
    session = started(visits)
    old = session.cookie
    visits.again(session).rotate(lambda web: web)
    keys = set(redis.keys())
    late = visits.open(old)
    late.change_web(partial(noted, "note"))
    late.update(lambda web, _: (web, Vault()))
    assert late.state is SessionState.UNSAVED
    assert late.web.data == {"note": True}
    assert (late.new_cookie, late.sid) == (None, None)
    assert set(redis.keys()) == keys


def test_late_sign_out_with_a_retired_cookie_sets_no_cookie(visits: Visits) -> None:
    session = started(visits)
    old = session.cookie
    visits.again(session).rotate(lambda web: web)
    late = visits.open(old)
    late.abandon()
    assert late.new_cookie is None


def test_write_that_finds_its_session_ended_says_so_and_forgets_it(visits: Visits, clock: FakeClock) -> None:
    session = visits.again(signed_in(visits, clock))
    writes: tuple[Callable[[Session], object], ...] = (
        lambda late: late.change_web(partial(noted, "note")),
        lambda late: late.update(lambda web, _: (web, Vault())),
        lambda late: late.update(without_customer),
        lambda late: late.reload(),
    )
    late = [visits.again(session) for _ in writes]
    for one in late:
        assert one.signed_in is not None
    visits.again(session).abandon()
    for one, write in zip(late, writes, strict=True):
        with pytest.raises(SessionEnded):
            write(one)
        assert one.just_ended
        assert (one.signed_in, one.vault, one.new_cookie) == (None, Vault(), None)


def test_ending_the_customer_leaves_a_guest_with_the_same_cookie(visits: Visits, clock: FakeClock) -> None:
    session = signed_in(visits, clock)
    session.change_web(partial(noted, "draft"))
    session = visits.again(session)
    session.update(without_customer)
    assert session.just_ended
    assert session.new_cookie is None
    later = visits.again(session)
    assert (later.signed_in, dict(later.web.data), later.just_ended) == (None, {}, False)
    assert later.expires_in_seconds is not None
    assert later.expires_in_seconds > IDLE_SECONDS


def test_signing_in_moves_to_a_new_cookie_and_kills_the_old_one(visits: Visits, clock: FakeClock) -> None:
    session = started(visits)
    old = session.cookie
    session = visits.again(session)
    session.change_web(partial(noted, "note"))
    session.sign_in(person(clock), Vault(), keep_data=True)
    assert visits.open(old).signed_in is None
    assert visits.again(session).signed_in == person(clock)
    assert visits.again(session).web.data == {"note": True}
    session.sign_in(person(clock, "43"), Vault(), keep_data=False)
    assert visits.again(session).web.data == {}


def test_abandoned_session_is_gone_and_the_new_cookie_has_no_record(
    visits: Visits, clock: FakeClock, redis: Redis
) -> None:
    session = visits.again(signed_in(visits, clock))
    old = session.cookie
    session.abandon()
    assert session.new_cookie is not None
    assert session.new_cookie != old
    assert redis.exists(f"bff:{{{session.new_cookie.sid}}}:web") == 0
    assert visits.open(old).signed_in is None


def test_changes_that_never_meet_a_quiet_moment_end_as_unavailable(visits: Visits, clock: FakeClock) -> None:
    session = visits.again(signed_in(visits, clock))
    meddling = iter(range(1000))

    def change(web: WebRecord) -> WebRecord:
        visits.again(session).change_web(partial(noted, f"theirs{next(meddling)}"))
        return noted("mine", web)

    with pytest.raises(SessionStoreUnavailable):
        session.change_web(change)
    assert "mine" not in visits.again(session).web.data
