"""What is kept of a signed-in session for whoever has not its cookie: when it comes, changes and goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from redis import Redis

from bff.crypto import KeyRing
from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord, DeviceSealer
from bff.sessions.model import Customer, SignedIn, WebRecord, without_customer
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.session import Session
from bff.sessions.store import Found, SessionEnded
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.visits import Visits, everything_in
from tests.support.sessions.store_parts import IDLE_SECONDS, NEW, OLD, VAULT, WEB, store_on
from tests.support.shop import ShopMaker

RECORD = DeviceRecord(created_at=1.0, last_seen_at=2.5, browser="Firefox on Windows")
PLACE = "bff:{sid}:device"
WHO = SignedIn(
    customer=Customer(id="42", email=None, first_name=None, last_name=None, language=None),
    since=1.0,
    authenticated_at=1.0,
)
SIGNED_IN = replace(WEB, signed_in=WHO)


@pytest.fixture
def store(redis: Redis) -> RedisSessionStore:
    return store_on(redis)


@pytest.fixture
def visits(make_shop: ShopMaker, clock: FakeClock) -> Visits:
    return Visits(shop=make_shop(clock=clock))


def key(sid: str, name: str = "device") -> str:
    return f"bff:{{{sid}}}:{name}"


def written(store: RedisSessionStore, web: WebRecord = SIGNED_IN) -> SessionCookie:
    cookie = SessionCookie.fresh()
    store.create(cookie, web, VAULT, IDLE_SECONDS, RECORD)
    return cookie


def record(visits: Visits, session: Session) -> DeviceRecord | None:
    assert session.sid is not None
    return visits.shop.services.store.devices([session.sid]).get(session.sid)


def half_the_idle_limit_passes(visits: Visits, session: Session) -> None:
    for name in ("web", "tokens", "device"):
        visits.shop.redis.expire(key(session.sid or "", name), visits.shop.settings.sessions.idle_seconds // 2)


def test_record_opens_only_where_it_was_sealed_and_under_a_key_of_the_ring() -> None:
    old, both, new = (DeviceSealer(KeyRing(keys)) for keys in ((OLD,), (NEW, OLD), (NEW,)))
    sealed = old.seal(RECORD, PLACE)
    assert both.open(sealed, PLACE) == RECORD
    assert new.open(sealed, PLACE) is None
    assert old.open(sealed, PLACE + "x") is None
    assert new.open(both.seal(RECORD, PLACE), PLACE) == RECORD
    flipped = bytearray(sealed)
    flipped[20] ^= 1
    for other in (bytes(flipped), b"", b"\xff\xfe", b"R", sealed[:10]):
        assert old.open(other, PLACE) is None


def test_record_of_the_version_before_opens_in_its_place() -> None:
    body = json.dumps({"created": 1.0, "seen": 2.5, "browser": "Firefox on Windows"})
    text = KeyRing((OLD,)).seal_text(body, purpose=b"bff/record/device", bound_to=PLACE.encode()).encode()
    assert DeviceSealer(KeyRing((NEW, OLD))).open(text, PLACE) == RECORD
    assert DeviceSealer(KeyRing((NEW, OLD))).open(text, PLACE + "x") is None
    assert DeviceSealer(KeyRing((NEW,))).open(text, PLACE) is None


def test_redis_holds_neither_the_words_nor_the_times_in_the_clear(store: RedisSessionStore, redis: Redis) -> None:
    written(store)
    assert b"Firefox" not in everything_in(redis)


def test_guest_has_no_device_record_and_a_customer_has_one_from_the_sign_in_on(
    visits: Visits, clock: FakeClock
) -> None:
    guest = visits.guest()
    guest.load()
    assert record(visits, guest) is None
    assert visits.shop.redis.keys("bff:*:device") == []
    session = visits.signed_in()
    session.load()
    assert record(visits, session) == DeviceRecord(created_at=clock(), last_seen_at=clock(), browser=None)


def test_last_seen_and_browser_are_written_when_the_idle_limit_is_and_not_before(
    visits: Visits, clock: FakeClock
) -> None:
    session = visits.signed_in()
    began = clock()
    clock.advance(10)
    again = visits.shop.services.sessions.open(session.cookie, may_start=False, browser="Chrome on macOS")
    again.load()
    assert record(visits, again) == DeviceRecord(created_at=began, last_seen_at=began, browser=None)
    half_the_idle_limit_passes(visits, again)
    again = visits.shop.services.sessions.open(session.cookie, may_start=False, browser="Chrome on macOS")
    again.load()
    assert record(visits, again) == DeviceRecord(created_at=began, last_seen_at=clock(), browser="Chrome on macOS")


def test_a_poll_that_does_not_extend_is_not_seen(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in()
    began = clock()
    session.load()
    half_the_idle_limit_passes(visits, session)
    clock.advance(10)
    again = visits.again(session)
    again.load(extend=False)
    found = record(visits, again)
    assert found is not None
    assert found.last_seen_at == began


def test_device_moves_along_to_a_new_cookie_and_keeps_when_it_signed_in(visits: Visits, clock: FakeClock) -> None:
    session = visits.signed_in()
    session.load()
    began, before = clock(), session.sid
    clock.advance(10)
    visits.shop.services.login.password_changed(session)
    assert visits.shop.redis.keys("bff:*:device") == [key(session.sid or "").encode()]
    assert session.sid != before
    assert record(visits, session) == DeviceRecord(created_at=began, last_seen_at=clock(), browser=None)


@pytest.mark.parametrize(
    "end",
    [
        lambda visits, session: visits.shop.services.login.log_out(session),
        lambda visits, session: visits.shop.services.store.retire(session.cookie),
        lambda visits, session: visits.shop.services.store.end([session.sid]),
        lambda visits, session: session.update(without_customer),
    ],
    ids=["sign-out", "replaced cookie", "ended from elsewhere", "a guest again"],
)
def test_device_goes_in_the_same_step_as_the_signed_in_session(
    visits: Visits, end: Callable[[Visits, Session], None]
) -> None:
    session = visits.signed_in()
    session.load()
    assert len(visits.shop.redis.keys("bff:*:device")) == 1
    end(visits, session)
    assert visits.shop.redis.keys("bff:*:device") == []


def test_late_request_does_not_write_the_record_of_who_became_a_guest(visits: Visits) -> None:
    late = visits.signed_in()
    late.load()
    half_the_idle_limit_passes(visits, late)
    slow = visits.again(late)
    store = visits.shop.services.store
    assert slow.cookie is not None
    assert isinstance(store.load(slow.cookie), Found)
    late.update(without_customer)
    store.touch(slow.cookie, 100, RECORD)
    assert visits.shop.redis.keys("bff:*:device") == []


def test_late_request_does_not_bring_an_ended_session_or_its_device_back(
    store: RedisSessionStore, redis: Redis
) -> None:
    cookie = written(store)
    found = store.load(cookie)
    assert isinstance(found, Found)
    assert store.end([cookie.sid]) == (cookie.sid,)
    store.touch(cookie, IDLE_SECONDS, RECORD)
    with pytest.raises(SessionEnded):
        store.commit(cookie, found.versions, web=SIGNED_IN)
    with pytest.raises(SessionEnded):
        store.retire(cookie, found.versions)
    assert redis.keys() == []


def test_record_never_outlives_its_session(store: RedisSessionStore, redis: Redis) -> None:
    def ends() -> dict[str, int]:
        return {name: redis.pexpiretime(key(cookie.sid, name)) for name in ("web", "tokens", "device")}

    cookie = written(store)
    first = ends()
    assert first["device"] <= min(first.values())
    store.touch(cookie, 2 * IDLE_SECONDS, RECORD)
    assert len(set(ends().values())) == 1
    store.touch(cookie, IDLE_SECONDS)
    assert len(set(ends().values())) == 1
    found = store.load(cookie)
    assert isinstance(found, Found)
    store.commit(cookie, found.versions, web=SIGNED_IN, vault=VAULT)
    last = ends()
    assert last["device"] <= min(last.values())


def test_ended_sessions_are_told_from_those_that_were_dead_already(store: RedisSessionStore, redis: Redis) -> None:
    alive, retired = written(store), written(store)
    store.retire(retired)
    assert store.end([alive.sid, retired.sid, SessionCookie.fresh().sid]) == (alive.sid,)
    # Its browser has a newer cookie, which a late request with this one must not push out.
    assert redis.get(key(retired.sid, "web")) == b"R"


def test_only_what_lives_has_a_device(store: RedisSessionStore, redis: Redis) -> None:
    alive, guest, retired, damaged = written(store), SessionCookie.fresh(), written(store), written(store)
    store.create(guest, WEB, VAULT, IDLE_SECONDS)
    store.retire(retired)
    redis.set(key(retired.sid), redis.get(key(alive.sid)) or b"")
    redis.set(key(damaged.sid), redis.get(key(alive.sid)) or b"")
    asked = [cookie.sid for cookie in (alive, guest, retired, damaged)]
    assert store.devices(asked) == {alive.sid: RECORD, guest.sid: None, damaged.sid: None}
    assert store.devices([]) == {}


def test_every_session_is_named_once_and_nothing_else_is(store: RedisSessionStore, redis: Redis) -> None:
    cookies = [written(store) for _ in range(3)]
    redis.set("bff:index:customer:x", "1")
    redis.set(f"bff:{{{'0' * 63}}}:web", "1")
    redis.set("bff:{x}:web", "1")
    assert sorted(store.sids()) == sorted(cookie.sid for cookie in cookies)
