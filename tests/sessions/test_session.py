"""One visitor's session during one request: when it is read, made, extended and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.errors import LoginRequired, TooManyAttempts
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Customer, SignedIn, Vault, WebRecord
from bff.sessions.session import Session, SessionState
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


def come_back(visits: Visits) -> Session:
    """Return the session of a guest whose cookie has come back once, as most requests find it."""
    session = visits.again(started(visits))
    session.load()
    return session


def test_nothing_is_asked_until_somebody_looks(visits: Visits, counting: CountingRedis) -> None:
    cookie = come_back(visits).cookie
    counting.round_trips = 0
    session = visits.open(cookie)
    assert (session.state, session.sid, session.new_cookie) == (SessionState.UNREAD, None, None)
    assert counting.round_trips == 0
    assert session.signed_in is None
    assert counting.round_trips == 1
    assert session.web.data == {}
    assert session.vault == Vault()
    session.load()
    assert counting.round_trips == 1


@pytest.mark.parametrize("value", [None, "", "x", "A" * 42 + "B"])
def test_no_cookie_and_a_malformed_one_ask_nothing(visits: Visits, counting: CountingRedis, value: str | None) -> None:
    counting.round_trips = 0
    session = visits.open(None if value is None else SessionCookie(value=Secret(value)))
    assert session.signed_in is None
    assert session.state is SessionState.MISSING
    assert counting.round_trips == 0


def test_newcomer_gets_a_record_under_a_new_cookie_at_the_first_write(visits: Visits, redis: Redis) -> None:
    session = visits.open()
    assert session.web.data == {}
    assert redis.keys() == []
    session.change_web(partial(noted, "note"))
    assert session.new_cookie is not None
    assert session.state is SessionState.LIVE
    assert visits.again(session).web.data == {"note": True}


def test_dead_cookie_is_never_adopted(visits: Visits) -> None:
    planted = SessionCookie.fresh()
    session = visits.open(planted)
    session.change_web(partial(noted, "note"))
    assert session.new_cookie is not None
    assert session.new_cookie.value != planted.value
    assert visits.open(planted).web.data == {}
    assert visits.again(session).web.data == {"note": True}


def test_get_with_a_dead_cookie_makes_nothing(visits: Visits, redis: Redis) -> None:
    session = visits.open(SessionCookie.fresh(), may_start=False)
    writes: tuple[Callable[[], object], ...] = (
        session.start,
        session.check_may_start,
        lambda: session.change_web(partial(noted, "note")),
        lambda: session.update(lambda web, _: (web, Vault())),
    )
    for write in writes:
        with pytest.raises(LoginRequired):
            write()
    assert session.new_cookie is None
    assert redis.keys() == []


@pytest.mark.parametrize(("passed", "extended"), [(0.04, False), (0.06, True)])
def test_idle_limit_is_extended_only_when_a_twentieth_of_it_has_passed(
    visits: Visits, clock: FakeClock, redis: Redis, counting: CountingRedis, passed: float, extended: bool
) -> None:
    session = signed_in(visits, clock)
    visits.again(session).load()
    left = int(IDLE_SECONDS * (1 - passed) * 1000)
    redis.pexpire(key(session), left)
    redis.pexpire(key(session, "tokens"), left)
    counting.round_trips = 0
    later = visits.again(session)
    later.load()
    assert counting.round_trips == (2 if extended else 1)
    for name in ("web", "tokens"):
        assert (redis.pttl(key(session, name)) > left) is extended
    assert later.expires_in_seconds is not None
    assert (later.expires_in_seconds == IDLE_SECONDS) is extended


def test_reading_without_extending_leaves_the_idle_limit(visits: Visits, clock: FakeClock, redis: Redis) -> None:
    session = signed_in(visits, clock)
    redis.pexpire(key(session), 5000)
    visits.again(session).load(extend=False)
    assert redis.pttl(key(session)) <= 5000


def test_guests_and_customers_have_idle_limits_of_their_own(visits: Visits, clock: FakeClock) -> None:
    assert come_back(visits).expires_in_seconds == IDLE_SECONDS * 2
    assert signed_in(visits, clock).expires_in_seconds == IDLE_SECONDS
    assert visits.open().expires_in_seconds is None


def test_nothing_extends_the_lifetime(visits: Visits, clock: FakeClock, redis: Redis) -> None:
    session = signed_in(visits, clock)
    ends_at = session.lifetime_ends_at
    assert ends_at == clock() + visits.shop.settings.sessions.lifetime_seconds
    clock.advance(500)
    redis.pexpire(key(session), 5000)
    session = visits.again(session)
    session.load()
    session.change_web(partial(noted, "note"))
    session.update(lambda web, _: (web, Vault()))
    session.rotate(lambda web: web)
    assert visits.again(session).lifetime_ends_at == ends_at
    assert started(visits).lifetime_ends_at is None


def test_request_limit_is_refused_with_the_time_to_wait(
    make_shop: ShopMaker, clock: FakeClock, counting: CountingRedis
) -> None:
    visits = Visits(shop=make_shop(clock=clock, BFF_RATE_LIMIT_API="2/minute"))
    session = started(visits)
    visits.again(session).load()
    visits.again(session).load()
    with pytest.raises(TooManyAttempts) as refused:
        visits.again(session).load()
    assert 1 <= refused.value.retry_after_seconds <= 60


def test_limit_that_is_off_counts_nothing(make_shop: ShopMaker, redis: Redis) -> None:
    visits = Visits(shop=make_shop(BFF_RATE_LIMIT_API="off"))
    session = started(visits)
    for _ in range(3):
        visits.again(session).load()
    assert redis.keys("*:rate") == []
