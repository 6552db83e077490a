"""What bounds a session, for every way of signing in: the old record is gone, and each limit holds to the second.

The limits stand here as numbers, because a test that takes them from the program agrees with whatever it says.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

import pytest
from redis import Redis

from bff.oidc.login_state import LoginState
from bff.sandbox.provider.settings import JANE
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from tests.support.fakes.clock import FakeClock
from tests.support.redis_keys import keys_of
from tests.support.shop import Browser, ShopMaker, SocialShop
from tests.support.social import LINK, Traveller

IDLE_SECONDS: Final = 1800
LIFETIME_SECONDS: Final = 43_200
STATE_SECONDS: Final = 600
RETIRED: Final = 9
"""Length of the mark that a replaced cookie leaves, which tells nothing."""


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock, BFF_RATE_LIMIT_API="off")


@pytest.fixture
def traveller(social: SocialShop) -> Traveller:
    return Traveller(social)


def by_password(traveller: Traveller) -> None:
    traveller.browser.sign_in()


def socially(traveller: Traveller) -> None:
    traveller.sign_in()


def again_by_password(traveller: Traveller) -> None:
    traveller.browser.sign_in()


def again_socially(traveller: Traveller) -> None:
    traveller.sign_in(link=f"{LINK}?again=1")


WAYS = pytest.mark.parametrize("sign_in", [by_password, socially])
WAYS_AGAIN = pytest.mark.parametrize(
    ("sign_in", "again"), [(by_password, again_by_password), (socially, again_socially)]
)


def records_of(browser: Browser, redis: Redis, cookie: str | None = None) -> list[bytes]:
    """Return the keys of what is kept under a cookie; the mark of a replaced one is nothing."""
    value = cookie or browser.cookie
    assert value is not None
    sid = SessionCookie(value=Secret(value)).sid
    return [key for key in keys_of(redis, f"bff:{{{sid}}}:*") if int(redis.strlen(key)) > RETIRED]


def is_signed_in(browser: Browser) -> bool:
    state: str = browser.get("/api/session?extend=false").get_json()["state"]
    return state == "authenticated"


def with_cookie(traveller: Traveller, cookie: str) -> Browser:
    other = traveller.shop.browser()
    other.cookie = cookie
    return other


@WAYS
def test_sign_in_leaves_nothing_of_the_guest_under_the_old_cookie(
    traveller: Traveller, redis: Redis, sign_in: Callable[[Traveller], None]
) -> None:
    traveller.browser.session()
    before = traveller.browser.cookie
    assert before is not None
    assert records_of(traveller.browser, redis)
    sign_in(traveller)
    assert traveller.browser.cookie != before
    assert records_of(traveller.browser, redis, before) == []
    assert not is_signed_in(with_cookie(traveller, before))
    assert is_signed_in(traveller.browser)


@WAYS_AGAIN
def test_proving_it_again_leaves_nothing_under_the_old_cookie(
    traveller: Traveller, redis: Redis, sign_in: Callable[[Traveller], None], again: Callable[[Traveller], None]
) -> None:
    sign_in(traveller)
    before = traveller.browser.cookie
    assert before is not None
    again(traveller)
    assert traveller.browser.cookie != before
    assert records_of(traveller.browser, redis, before) == []
    old = with_cookie(traveller, before)
    assert not is_signed_in(old)
    assert old.get("/api/me").status_code == 401
    assert is_signed_in(traveller.browser)


@WAYS
def test_lifetime_ends_at_the_stated_second_and_not_before(
    traveller: Traveller, clock: FakeClock, sign_in: Callable[[Traveller], None]
) -> None:
    sign_in(traveller)
    clock.advance(LIFETIME_SECONDS - 1)
    assert is_signed_in(traveller.browser)
    clock.advance(1)
    assert not is_signed_in(traveller.browser)


@WAYS_AGAIN
def test_proving_it_again_does_not_move_the_end_of_the_lifetime(
    traveller: Traveller, clock: FakeClock, sign_in: Callable[[Traveller], None], again: Callable[[Traveller], None]
) -> None:
    sign_in(traveller)
    clock.advance(LIFETIME_SECONDS - 60)
    again(traveller)
    clock.advance(59)
    assert is_signed_in(traveller.browser)
    clock.advance(1)
    assert not is_signed_in(traveller.browser)


@WAYS
def test_every_record_of_a_signed_in_session_lives_for_the_idle_limit(
    traveller: Traveller, redis: Redis, sign_in: Callable[[Traveller], None]
) -> None:
    sign_in(traveller)
    records = records_of(traveller.browser, redis)
    assert {key.rpartition(b":")[2] for key in records} >= {b"web", b"tokens", b"device"}
    for key in records:
        # A minute for a busy machine; twice the limit would not pass, nor half of it.
        left = int(redis.pttl(key)) / 1000
        if not key.endswith(b":ended"):
            assert IDLE_SECONDS - 60 < left <= IDLE_SECONDS, key


@WAYS
def test_session_without_a_request_for_the_idle_limit_is_gone(
    traveller: Traveller, redis: Redis, sign_in: Callable[[Traveller], None]
) -> None:
    sign_in(traveller)
    for key in records_of(traveller.browser, redis):
        # What is left of the limit passes at once: Redis keeps its own time.
        if not key.endswith(b":ended"):
            redis.pexpire(key, 1)
    while any(not key.endswith(b":ended") for key in records_of(traveller.browser, redis)):
        pass
    assert not is_signed_in(traveller.browser)
    assert traveller.browser.get("/api/me").status_code == 401


@pytest.mark.parametrize(("seconds", "signs_in"), [(STATE_SECONDS - 1, True), (STATE_SECONDS, False)])
def test_state_is_good_until_the_stated_second(
    traveller: Traveller, clock: FakeClock, seconds: int, signs_in: bool
) -> None:
    path = traveller.choose(traveller.start(), JANE.subject)
    # The code at the provider lives shorter than the state; so the state ages alone.
    traveller.change_login(startedAt=clock() - seconds)
    traveller.arrive(path)
    assert is_signed_in(traveller.browser) is signs_in


def test_randomness_is_asked_of_the_system_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = secrets.token_bytes

    def counted(size: int | None = None) -> bytes:
        assert size is not None
        asked.append(size)
        return ask(size)

    monkeypatch.setattr(secrets, "token_bytes", counted)
    SessionCookie.fresh()
    assert asked == [32]
    asked.clear()
    LoginState.fresh(return_path="/", issuer="https://x", prefix=None, now=0, is_reauthentication=False)
    # State and nonce of 256 bits, a verifier of 384.
    assert asked == [32, 32, 48]


def test_what_csrf_tokens_are_bound_to_has_256_bits() -> None:
    values = {SessionCookie.fresh().csrf_secret for _ in range(1000)}
    assert len(values) == 1000
    assert {len(bytes.fromhex(value)) for value in values} == {32}
