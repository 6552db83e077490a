"""Which browsers have been signed in with an e-mail: for how long, how many, and under which key."""

from __future__ import annotations

import pytest
from redis import Redis

from bff.crypto import KeyRing
from bff.secret import Secret
from bff.sessions.known_browsers import KNOWN_SECONDS, MOST_BROWSERS, KnownBrowsers
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.visits import Visits, everything_in
from tests.support.shop import Shop

OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
EMAIL = "jane@müller.example"


def browsers(redis: Redis, clock: FakeClock, *keys: Secret[bytes]) -> KnownBrowsers:
    return KnownBrowsers(redis, KeyRing(keys or (NEW,)), clock)


@pytest.mark.parametrize("spelling", [EMAIL, "JANE@XN--MLLER-KVA.example", f"\x00 {EMAIL} "])
def test_browser_is_known_by_every_spelling_of_its_email(redis: Redis, clock: FakeClock, spelling: str) -> None:
    known = browsers(redis, clock)
    known.remember(EMAIL, "sid")
    assert known.knows(spelling, "sid")
    assert not known.knows(spelling, "another")


@pytest.mark.parametrize("email", ["jané@müller.example", "jane@muller.example", "jane@example.com"])
def test_browser_is_not_known_by_an_address_that_only_looks_alike(redis: Redis, clock: FakeClock, email: str) -> None:
    known = browsers(redis, clock)
    known.remember(EMAIL, "sid")
    assert not known.knows(email, "sid")


def test_browser_is_known_for_thirty_days_and_not_a_second_more(redis: Redis, clock: FakeClock) -> None:
    known = browsers(redis, clock)
    known.remember(EMAIL, "first")
    clock.advance(KNOWN_SECONDS - 1)
    assert known.knows(EMAIL, "first")
    known.remember(EMAIL, "second")
    clock.advance(1)
    assert not known.knows(EMAIL, "first")
    assert known.knows(EMAIL, "second")
    (name,) = redis.keys("*")
    assert redis.ttl(name) == KNOWN_SECONDS == 30 * 86400


def test_newest_browsers_are_known(redis: Redis, clock: FakeClock) -> None:
    known = browsers(redis, clock)
    for number in range(MOST_BROWSERS + 1):
        known.remember(EMAIL, f"sid-{number}")
        clock.advance(1)
    assert [known.knows(EMAIL, f"sid-{number}") for number in range(MOST_BROWSERS + 1)] == [False] + [True] * 20


def test_browser_stays_known_when_the_server_key_is_replaced(redis: Redis, clock: FakeClock) -> None:
    browsers(redis, clock, OLD).remember(EMAIL, "sid")
    assert browsers(redis, clock, NEW, OLD).knows(EMAIL, "sid")
    assert not browsers(redis, clock, NEW).knows(EMAIL, "sid")
    assert b"jane" not in everything_in(redis)


def test_guest_takes_the_name_of_the_former_cookie_along_and_a_customer_does_not(shop: Shop) -> None:
    visits = Visits(shop=shop)
    session = visits.signed_in()
    shop.services.login.log_out(session)
    named = session.cookie
    assert named is not None
    guest = visits.again(session)
    guest.start()
    assert guest.web.former_sid == named.sid
    shop.services.login.rotate(guest)
    assert visits.again(guest).web.former_sid == named.sid
    assert visits.again(guest).is_known_as("jane.doe@example.com")
    assert not visits.again(guest).is_known_as("john.doe@example.com")
    assert visits.signed_in().web.former_sid is None
