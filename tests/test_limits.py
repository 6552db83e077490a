"""The counting itself: what counts, what is given back, whose count it is, and where it is kept."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import LimitSettings, LoginRates, MailRates, Rate
from bff.crypto import KeyRing
from bff.errors import (
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    LoginRequired,
    SessionStoreUnavailable,
    TooManyAttempts,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.limits import CLIENT_ADDRESS, KEY_PREFIX, Asker, Limits
from bff.log import AUDIT_LOGGER
from bff.operations.model import Limit, Operation, Plain401
from bff.operations.table import OPERATIONS
from bff.secret import Secret
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.logs import log_to
from tests.support.redis_keys import keys_of

LOGIN, RESET, SIGNUP, GUEST = (
    OPERATIONS[name] for name in ("login", "request_password_reset", "signup", "anonymous_login")
)
EMAIL, OTHER = "jane.doe@example.com", "other@example.com"
HERE, THERE = "192.0.2.1", "198.51.100.7"
WINDOW_SECONDS = 60
PLENTY = Rate(count=1000, window_seconds=WINDOW_SECONDS)
RING = KeyRing([Secret(b"k" * 32)])


def rate(count: int) -> Rate:
    return Rate(count=count, window_seconds=WINDOW_SECONDS)


def settings(
    *,
    pair: Rate = PLENTY,
    address: Rate = PLENTY,
    email: Rate = PLENTY,
    mail: Rate = PLENTY,
    mails: Rate | None = None,
    guest: Rate = PLENTY,
) -> LimitSettings:
    login = LoginRates(per_email_and_address=pair, per_address=address, per_email=email)
    return LimitSettings(login=login, mail=MailRates(per_email=mail, per_address=mails), guest=guest, api=None)


def limits_of(redis: Redis, chosen: LimitSettings, *, ring: KeyRing = RING, clock: FakeClock | None = None) -> Limits:
    return Limits(chosen, redis, ring, log_to(), **({} if clock is None else {"monotonic": clock}))


def body(email: str) -> bytes:
    return json.dumps({"email": email, "password": "secret-canary"}).encode()


@contextmanager
def coming_from(address: str | None) -> Iterator[None]:
    token = CLIENT_ADDRESS.set(address)
    try:
        yield
    finally:
        CLIENT_ADDRESS.reset(token)


def tried(
    limits: Limits,
    outcome: BaseException | None,
    *,
    operation: Operation = LOGIN,
    email: str = EMAIL,
    address: str | None = HERE,
) -> bool:
    """Make one attempt that ends like this; return whether it was admitted."""
    admitted = False
    expected = () if outcome is None else (type(outcome),)
    with coming_from(address), suppress(TooManyAttempts, *expected), limits.attempt(operation, body=body(email)):
        admitted = True
        if outcome is not None:
            raise outcome
    return admitted


def failed(limits: Limits, *, email: str = EMAIL, address: str | None = HERE) -> bool:
    return tried(limits, InvalidCredentials(), email=email, address=address)


def admitted_of(limits: Limits, tries: int, outcome: BaseException | None, operation: Operation = LOGIN) -> int:
    return sum(tried(limits, outcome, operation=operation) for _ in range(tries))


def wait_of(limits: Limits) -> int:
    with coming_from(HERE), pytest.raises(TooManyAttempts) as refused, limits.attempt(LOGIN, body=body(EMAIL)):
        pass
    return refused.value.retry_after_seconds


def counts(redis: Redis) -> list[bytes]:
    """Return the keys of what is counted, without those that say that a refusal has been reported."""
    return [key for key in keys_of(redis, f"{KEY_PREFIX}:*") if b":told/" not in key]


def let_pass(redis: Redis, seconds: float) -> None:
    """Let what was counted have been counted that much earlier."""
    for key in redis.keys(f"{KEY_PREFIX}:*"):
        times, left = redis.lrange(key, 0, -1), redis.ttl(key)
        redis.delete(key)
        if left > seconds:
            redis.rpush(key, *[float(when) - seconds for when in times])
            redis.expire(key, int(left - seconds))


def rejected(status: int, operation: Operation) -> UpstreamRejected:
    return UpstreamRejected(operation.name, status=status, type="x", message="x")


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that a test may hurt."""
    with EmbeddedRedis() as server:
        yield server


# What counts


def test_failures_are_admitted_up_to_the_limit_and_not_one_more(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(3)))
    assert [failed(limits) for _ in range(5)] == [True, True, True, False, False]


def unknown(operation: Operation) -> list[BaseException]:
    return [
        UpstreamUnavailable(operation.name, "x"),
        UpstreamTimeout(operation.name, "x"),
        UpstreamMalformed(operation.name, "x"),
    ]


NOT_ASKED: list[BaseException] = [
    UpstreamRateLimited("login", 5),
    InvalidToken("login"),
    InvalidInput(),
    LoginRequired(),
    SessionStoreUnavailable(),
    RuntimeError(),
]


@pytest.mark.parametrize("outcome", [InvalidCredentials(), *(rejected(status, LOGIN) for status in (400, 403, 404))])
def test_what_upstream_refuses_counts_as_a_guess(redis: Redis, outcome: BaseException) -> None:
    assert admitted_of(limits_of(redis, settings(pair=rate(2))), 4, outcome) == 2


@pytest.mark.parametrize("outcome", [None, *unknown(LOGIN), *NOT_ASKED])
def test_success_and_what_is_not_known_are_given_back(redis: Redis, outcome: BaseException | None) -> None:
    limits = limits_of(redis, settings(pair=rate(2), address=rate(2), email=rate(2)))
    assert admitted_of(limits, 6, outcome) == 6
    assert counts(redis) == []


def test_success_gives_back_its_own_attempt_and_no_failure(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(2)))
    assert failed(limits)
    assert tried(limits, None)
    assert failed(limits)
    assert not failed(limits)


@pytest.mark.parametrize("outcome", [None, *(rejected(status, RESET) for status in (400, 403, 404)), *unknown(RESET)])
def test_mail_that_may_have_been_sent_counts_and_one_to_nobody_counts_alike(
    redis: Redis, outcome: BaseException | None
) -> None:
    assert admitted_of(limits_of(redis, settings(mail=rate(2))), 4, outcome, RESET) == 2


@pytest.mark.parametrize("outcome", [rejected(422, RESET), UpstreamTimeout("anonymous_login", "x"), *NOT_ASKED])
def test_mail_that_was_surely_not_sent_does_not_count(redis: Redis, outcome: BaseException) -> None:
    assert admitted_of(limits_of(redis, settings(mail=rate(2))), 4, outcome, RESET) == 4


def test_sign_up_with_a_taken_address_counts_like_any_other_and_a_bad_one_does_not(redis: Redis) -> None:
    limits = limits_of(redis, settings(mail=rate(2)))
    assert admitted_of(limits, 4, rejected(400, SIGNUP), SIGNUP) == 4
    assert admitted_of(limits, 4, rejected(409, SIGNUP), SIGNUP) == 2


@pytest.mark.parametrize(("outcome", "admitted"), [(None, 2), (UpstreamUnavailable("anonymous_login", "x"), 4)])
def test_guest_counts_once_it_has_been_made(redis: Redis, outcome: BaseException | None, admitted: int) -> None:
    assert admitted_of(limits_of(redis, settings(guest=rate(2))), 4, outcome, GUEST) == admitted


def test_deletion_counts_when_it_is_asked_for_and_not_when_it_is_confirmed(redis: Redis) -> None:
    limits, operation = limits_of(redis, settings(mail=rate(1))), OPERATIONS["delete_me"]
    asker = Asker(email=EMAIL)
    with limits.attempt(operation, asker=asker):
        pass
    with pytest.raises(TooManyAttempts), limits.attempt(operation, asker=asker):
        pass
    with limits.attempt(operation, given={"token": "x"}, asker=asker):
        pass


def test_refused_attempt_counts_against_no_other_limit(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(1), address=rate(3), email=rate(3)))
    assert [failed(limits) for _ in range(6)] == [True, *[False] * 5]
    assert failed(limits, email=OTHER)
    assert failed(limits, address=THERE)
    limits = limits_of(redis, settings(address=rate(2), email=rate(1)))
    assert failed(limits, email="third@example.com", address="203.0.113.9")
    # The last of the three refuses; the first two take back what they had.
    assert not failed(limits, email="third@example.com", address="203.0.113.8")
    assert failed(limits, email="fourth@example.com", address="203.0.113.8")
    assert failed(limits, email="fifth@example.com", address="203.0.113.8")


@pytest.mark.parametrize("operation", [LOGIN, RESET, GUEST])
def test_limit_that_is_off_counts_nothing(redis: Redis, operation: Operation) -> None:
    limits = limits_of(redis, LimitSettings(login=None, mail=None, guest=None, api=None))
    outcome = rejected(404, operation) if operation is not GUEST else None
    assert admitted_of(limits, 20, outcome, operation) == 20
    assert redis.keys("*") == []


def test_parallel_attempts_never_pass_the_limit(redis: Redis) -> None:
    limits, threads, most = limits_of(redis, settings(pair=rate(5), address=rate(7), email=rate(6))), 24, 5
    start, lock, under_way, seen = threading.Barrier(threads), threading.Lock(), 0, []

    def guess() -> None:
        nonlocal under_way
        start.wait()
        with suppress(TooManyAttempts, InvalidCredentials), limits.attempt(LOGIN, body=body(EMAIL)):
            with lock:
                under_way += 1
                seen.append(under_way)
            raise InvalidCredentials

    def from_here() -> None:
        with coming_from(HERE):
            guess()

    together = [threading.Thread(target=from_here) for _ in range(threads)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert 1 <= under_way <= most


# The window


def test_wait_counts_down_to_the_end_of_the_window_and_then_it_is_open(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(2)))
    assert failed(limits)
    let_pass(redis, 20)
    assert failed(limits)
    assert 39 <= wait_of(limits) <= 40
    let_pass(redis, 15)
    assert 24 <= wait_of(limits) <= 25
    let_pass(redis, 26)
    assert failed(limits)
    # The second failure is still within the window: no twice the limit around its edge.
    assert not failed(limits)


def test_refusals_do_not_prolong_the_wait(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(1)))
    assert failed(limits)
    let_pass(redis, 50)
    assert [failed(limits) for _ in range(5)] == [False] * 5
    assert wait_of(limits) <= 10


def test_late_success_takes_no_attempt_of_a_later_window(redis: Redis, clock: FakeClock) -> None:
    limits = limits_of(redis, settings(pair=rate(1)), clock=clock)
    with coming_from(HERE), limits.attempt(LOGIN, body=body(EMAIL)):
        clock.advance(WINDOW_SECONDS)
        let_pass(redis, WINDOW_SECONDS)
        assert failed(limits)
    assert not failed(limits)


def test_every_key_ends_by_itself_within_the_window(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(3), address=rate(2)))
    for _ in range(2):
        assert failed(limits)
        assert tried(limits, None, email=OTHER, address=THERE)
    assert not failed(limits)
    keys = redis.keys("*")
    assert len(keys) == 4
    assert all(0 < redis.ttl(key) <= WINDOW_SECONDS for key in keys)


def test_what_is_given_back_to_a_count_that_is_gone_makes_no_key(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(1)))
    with coming_from(HERE), limits.attempt(LOGIN, body=body(EMAIL)):
        redis.flushall()
    assert redis.keys("*") == []
    assert failed(limits)
    assert not failed(limits)


# Whose count it is


def test_pair_address_and_email_are_counted_apart(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(1), address=rate(2), email=rate(3)))
    assert failed(limits)
    assert not failed(limits)
    assert failed(limits, email=OTHER)
    assert not failed(limits, email="third@example.com")
    assert failed(limits, address=THERE)
    assert failed(limits, address="203.0.113.9")
    assert not failed(limits, address="203.0.113.10")


def test_email_is_the_same_in_capitals_and_with_blanks(redis: Redis) -> None:
    limits = limits_of(redis, settings(email=rate(1)))
    assert failed(limits, email=EMAIL)
    assert not failed(limits, email=f"  {EMAIL.upper()} ", address=THERE)


@pytest.mark.parametrize(
    "spelling",
    [
        "mi\u017fs.stra\u00dfe@example.com",
        "mis\u017f.strasse@example.com",
        "MISS.STRA\u1e9eE@EXAMPLE.COM",
        "m\u0131ss.strasse@example.com",
        "m\u0130ss.strasse@example.com",
        "\uff4d\uff49\uff53\uff53.strasse@example.com",
        "miss.strass\u00e9@example.com",
        "mi\u00adss\u200b.strasse@example.com\u200b ",
    ],
)
def test_email_has_one_count_however_its_letters_are_written(redis: Redis, spelling: str) -> None:
    limits = limits_of(redis, settings(email=rate(1), mail=rate(1)))
    assert failed(limits, email="miss.strasse@example.com")
    assert not failed(limits, email=spelling, address=THERE)
    assert tried(limits, None, operation=RESET, email="miss.strasse@example.com")
    assert not tried(limits, None, operation=RESET, email=spelling)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::1", "2001:DB8:1:2:0:0:0:1"),
        ("fe80::1%eth0", "fe80::2"),
        ("", ""),
        ("somewhere", "somewhere"),
    ],
)
def test_addresses_that_count_as_one(redis: Redis, first: str, second: str) -> None:
    limits = limits_of(redis, settings(address=rate(1)))
    assert failed(limits, address=first)
    assert not failed(limits, address=second, email=OTHER)


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8:1:2::1", "2001:db8:1:3::1"), ("192.0.2.1", "192.0.2.2"), ("::ffff:192.0.2.1", "::ffff:192.0.2.2")],
)
def test_addresses_that_count_apart(redis: Redis, first: str, second: str) -> None:
    limits = limits_of(redis, settings(address=rate(1)))
    assert failed(limits, address=first)
    assert failed(limits, address=second, email=OTHER)


def test_without_an_address_only_the_email_is_counted(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(1), address=rate(1), email=rate(2)))
    assert [failed(limits, address=None) for _ in range(3)] == [True, True, False]
    assert sum(tried(limits, None, operation=GUEST, address=None) for _ in range(5)) == 5


def test_password_of_who_is_signed_in_counts_with_the_guesses_at_the_sign_in(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(2)))
    assert failed(limits)
    for name in ("change_password", "change_email"):
        operation, asker = OPERATIONS[name], Asker(email=EMAIL.upper())
        content = json.dumps({"email": OTHER, "newEmail": OTHER}).encode()
        guess = limits.attempt(operation, body=content, asker=asker)
        with coming_from(HERE), suppress(InvalidCredentials, TooManyAttempts), guess:
            raise InvalidCredentials
    assert not failed(limits)
    assert failed(limits, email=OTHER)


def as_known(limits: Limits, outcome: BaseException | None, email: str = EMAIL) -> bool:
    """Make one attempt from a browser that is known as `EMAIL`; return whether it was admitted."""
    asker, admitted = Asker(is_known_as=lambda named: named == EMAIL), False
    expected = () if outcome is None else (type(outcome),)
    guess = limits.attempt(LOGIN, body=body(email), asker=asker)
    with coming_from(HERE), suppress(TooManyAttempts, *expected), guess:
        admitted = True
        if outcome is not None:
            raise outcome
    return admitted


def test_known_browser_has_both_limits_of_its_own_once_strangers_have_used_up_theirs(redis: Redis) -> None:
    hour = Rate(count=3, window_seconds=3600)
    limits = limits_of(redis, settings(pair=rate(2), email=hour, address=rate(2)))
    while failed(limits):
        pass
    assert [as_known(limits, InvalidCredentials()) for _ in range(3)] == [True, True, False]
    let_pass(redis, WINDOW_SECONDS)
    assert failed(limits, email=OTHER, address=THERE)
    while failed(limits):
        pass
    # A minute later the limit of the hour is left, and one guess within it.
    assert [as_known(limits, InvalidCredentials()) for _ in range(2)] == [True, False]
    assert not as_known(limits, InvalidCredentials(), "jané.doe@example.com")


@pytest.mark.parametrize("full", ["pair", "address", "email"])
def test_known_browser_takes_nothing_from_strangers_and_gets_its_success_back(redis: Redis, full: str) -> None:
    limits = limits_of(redis, settings(**{full: rate(2)}))
    assert [failed(limits) for _ in range(3)] == [True, True, False]
    before = {key: redis.llen(key) for key in counts(redis)}
    assert [as_known(limits, None) for _ in range(5)] == [True] * 5
    assert {key: redis.llen(key) for key in counts(redis)} == before


def test_parallel_guesses_of_known_browsers_never_pass_their_limit(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(3)))
    while failed(limits):
        pass
    start, admitted = threading.Barrier(12), []

    def guess() -> None:
        start.wait()
        admitted.append(as_known(limits, InvalidCredentials()))

    together = [threading.Thread(target=guess) for _ in range(12)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    # Some may have met another's attempt that was given back a moment later.
    assert 1 <= admitted.count(True) <= 3


def test_browser_is_asked_about_only_where_a_limit_has_refused(redis: Redis) -> None:
    limits, asked = limits_of(redis, settings(pair=rate(1))), []

    def note(email: str) -> bool:
        asked.append(email)
        return False

    for _ in range(2):
        attempt = limits.attempt(LOGIN, body=body(EMAIL), asker=Asker(is_known_as=note))
        with coming_from(HERE), suppress(InvalidCredentials, TooManyAttempts), attempt:
            assert asked == []
            raise InvalidCredentials
    assert asked == [EMAIL]


def test_mails_of_one_address_are_counted_over_all_emails(redis: Redis) -> None:
    limits = limits_of(redis, settings(mails=rate(3)))
    tries = [tried(limits, None, operation=RESET, email=f"n{number}@example.com") for number in range(5)]
    assert tries == [True, True, True, False, False]
    assert tried(limits, None, operation=RESET, email=OTHER, address=THERE)
    assert tried(limits, rejected(422, RESET), operation=RESET, email=OTHER, address="203.0.113.9")


# What is kept, and what is said


def test_keys_hold_no_email_and_no_address(redis: Redis) -> None:
    limits = limits_of(redis, settings(pair=rate(1), mail=rate(1), guest=rate(1)))
    for _ in range(2):
        failed(limits)
        tried(limits, None, operation=RESET)
        tried(limits, None, operation=GUEST)
    keys = keys_of(redis)
    assert len(keys) >= 5
    for key in keys:
        counted: Any = redis.lrange(key, 0, -1)
        stored = b"".join((key, *counted))
        assert key.startswith(b"bff:limit:")
        assert not any(part in stored for part in (b"jane", b"example", b"192.0", b"canary"))


def test_hashes_are_keyed(redis: Redis) -> None:
    for ring in (RING, KeyRing([Secret(b"n" * 32), Secret(b"k" * 32)])):
        assert failed(limits_of(redis, settings(), ring=ring))
    assert len(counts(redis)) == 6


def test_each_limit_that_is_reached_is_reported_once_in_its_window(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    limits = limits_of(redis, settings(pair=rate(1)))
    with caplog.at_level(logging.INFO, logger=AUDIT_LOGGER):
        for _ in range(5):
            failed(limits)
        let_pass(redis, WINDOW_SECONDS + 1)
        failed(limits)
        failed(limits)
    said = [record.bff_fields for record in caplog.records if record.msg == "rate_limited"]  # type: ignore[attr-defined]  # the log puts it there
    assert len(said) == 2
    assert {name: said[0][name] for name in ("limit", "per", "operation")} == {
        "limit": "login",
        "per": "email_and_address",
        "operation": "login",
    }
    assert said[0]["email"]
    assert said[0]["address"]
    assert not any(part in str(said) for part in ("jane", "example", HERE, "canary"))


# Redis away


def impatient(server: EmbeddedRedis) -> Redis:
    return Redis.from_url(server.url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


def test_without_redis_each_process_counts_for_itself(
    own_redis: EmbeddedRedis, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with impatient(own_redis) as client:
        limits = limits_of(client, settings(pair=rate(2)), clock=clock)
        other_process = limits_of(client, settings(pair=rate(2)), clock=clock)
        own_redis.kill()
        with caplog.at_level(logging.INFO, logger="bff"):
            assert [failed(limits) for _ in range(4)] == [True, True, False, False]
            assert tried(limits, None, email=OTHER)
            assert 59 <= wait_of(limits) <= 60
            clock.advance(10)
            assert not failed(limits)
        assert [record.msg for record in caplog.records].count("limits_not_shared") == 1
        assert failed(other_process)
        own_redis.restart()
        assert not failed(limits)
        clock.advance(10)
        assert [failed(limits) for _ in range(3)] == [True, True, False]


def test_dead_redis_is_not_asked_by_every_attempt(own_redis: EmbeddedRedis, clock: FakeClock) -> None:
    with impatient(own_redis) as client:
        limits = limits_of(client, settings(), clock=clock)
        own_redis.pause()
        try:
            began = time.monotonic()
            assert all(failed(limits) for _ in range(10))
            # Thirty questions, each given up after a second, would take half a minute.
            assert time.monotonic() - began < 15
        finally:
            own_redis.resume()


def test_in_memory_success_gives_back_and_parallel_attempts_do_not_pass_the_limit(
    own_redis: EmbeddedRedis, clock: FakeClock
) -> None:
    with impatient(own_redis) as client:
        own_redis.kill()
        limits = limits_of(client, settings(pair=rate(3)), clock=clock)
        assert admitted_of(limits, 10, None) == 10
        admitted: list[bool] = []
        together = [threading.Thread(target=lambda: admitted.append(failed(limits))) for _ in range(12)]
        for one in together:
            one.start()
        for one in together:
            one.join()
        assert admitted.count(True) == 3


def test_redis_that_dies_during_an_attempt_disturbs_nobody(own_redis: EmbeddedRedis, clock: FakeClock) -> None:
    with impatient(own_redis) as client:
        limits = limits_of(client, settings(pair=rate(2)), clock=clock)
        with coming_from(HERE), limits.attempt(LOGIN, body=body(EMAIL)):
            own_redis.kill()
        assert failed(limits)


# The table


def test_whatever_upstream_checks_a_password_for_is_limited() -> None:
    assert {row.name for row in OPERATIONS.values() if row.plain_401 is Plain401.WRONG_SECRET} == {
        row.name for row in OPERATIONS.values() if any(limited.kind is Limit.LOGIN for limited in row.limits)
    }


def test_rows_name_properties_and_parameters_that_are_there() -> None:
    named = [(row, limited) for row in OPERATIONS.values() for limited in row.limits]
    assert len(named) == 9
    for row, limited in named:
        if limited.email is not None:
            assert row.body is not None
            fields = {field.alias or name: field for name, field in row.body.model_fields.items()}
            assert fields[limited.email].is_required()
        if limited.unless is not None:
            assert row.parameter(limited.unless)
