"""Kept answers: who gets one, how often and how long, and what it takes to open one."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import bff
from bff.commands.embedded_redis import EmbeddedRedis
from bff.crypto import KeyRing, random_text
from bff.errors import SessionStoreUnavailable
from bff.operations.places import Places
from bff.secret import Secret
from bff.sessions.answers import (
    FORM_KEY_BYTES,
    KEPT_SECONDS,
    MOST_BYTES,
    STORED_KEYS,
    Answers,
    Claim,
    KeptAnswer,
    Spent,
    StillAtWork,
    Submission,
)
from bff.sessions.cookie import SessionCookie
from tests.support.fakes.clock import FakeClock
from tests.support.redis_keys import keys_of, value_of

DOCUMENTS = Path(bff.__file__).parent / "docs"
OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
MOVED = KeptAnswer(status=303, location="/account", cookie=SessionCookie.fresh(), banners=(("message", "Done."),))
STAYED = KeptAnswer(status=422, page=b"<h1>Try again</h1>", headers=(("Retry-After", "5"),), is_private=True)


def sent(**changes: Any) -> Submission:
    """Return a form as it was sent."""
    parts: dict[str, Any] = {"path": "/account?", "owner": "jane", "body": b"company=x"}
    cookie, form_key = SessionCookie.fresh(), random_text(FORM_KEY_BYTES)
    found = Submission.of(changes.pop("cookie", cookie), changes.pop("form_key", form_key), **{**parts, **changes})
    assert found is not None
    return found


def answers(redis: Redis, clock: FakeClock, *keys: Secret[bytes], **changes: Any) -> Answers:
    """Return a store; its ring holds the new key where none is given."""
    wishes: dict[str, Any] = {
        "wait_seconds": 48.0,
        "most_waiting": 2,
        "places": Places(8),
        "pause": lambda seconds: None,
        **changes,
    }
    return Answers(redis, KeyRing(keys or (NEW,)), clock, **wishes)


def kept(store: Answers, submission: Submission, answer: KeptAnswer = MOVED) -> None:
    """Let a form be answered."""
    claim = store.begin(submission)
    assert isinstance(claim, Claim)
    store.keep(claim, answer)


def shown(answer: KeptAnswer | Claim | None) -> tuple[Any, ...]:
    """Return what an answer holds, since it has no equality of its own to go by."""
    assert isinstance(answer, KeptAnswer), "there was no answer"
    cookie = None if answer.cookie is None else answer.cookie.value.reveal()
    return answer.status, answer.location, cookie, answer.banners, answer.page, answer.headers, answer.is_private


@pytest.mark.parametrize("answer", [MOVED, STAYED], ids=["moved", "stayed"])
def test_second_sending_gets_the_answer_of_the_first(redis: Redis, clock: FakeClock, answer: KeptAnswer) -> None:
    store, submission = answers(redis, clock), sent()
    kept(store, submission, answer)
    assert shown(store.begin(submission)) == shown(answer)


def test_cookie_is_handed_out_twice_at_most(redis: Redis, clock: FakeClock) -> None:
    store, submission = answers(redis, clock), sent()
    kept(store, submission)
    assert [type(store.begin(submission)) for _ in range(2)] == [KeptAnswer, KeptAnswer]
    for _ in range(3):
        # What was done is not done again, either.
        with pytest.raises(Spent):
            store.begin(submission)
    assert 0 < int(redis.pttl(submission.name)) <= 30_000


def test_answer_without_a_cookie_is_for_every_click(redis: Redis, clock: FakeClock) -> None:
    store, submission = answers(redis, clock), sent()
    kept(store, submission, STAYED)
    assert {shown(store.begin(submission)) for _ in range(9)} == {shown(STAYED)}


@pytest.mark.parametrize(
    "changed",
    [
        {"cookie": SessionCookie.fresh()},
        {"form_key": random_text(FORM_KEY_BYTES)},
        {"path": "/account/password?"},
        {"path": "/account?again=1"},
        {"owner": "john"},
        {"owner": ""},
        {"body": b"company=y"},
        {"body": b""},
    ],
    ids=["cookie", "form key", "path", "query", "owner", "no owner", "body", "no body"],
)
def test_whatever_differs_gets_nothing(redis: Redis, clock: FakeClock, changed: dict[str, Any]) -> None:
    store, same = answers(redis, clock), {"cookie": SessionCookie.fresh(), "form_key": random_text(FORM_KEY_BYTES)}
    kept(store, sent(**same))
    assert isinstance(store.begin(sent(**{**same, **changed})), Claim)
    assert isinstance(store.begin(sent(**same)), KeptAnswer)


def test_parts_cannot_be_shifted_into_each_other(redis: Redis) -> None:
    same = {"cookie": SessionCookie.fresh(), "form_key": random_text(FORM_KEY_BYTES)}
    names = {sent(**same, path=path, owner=owner).name for path, owner in (("/a", "b"), ("/ab", ""), ("/", "ab"))}
    assert len(names) == 3


@pytest.mark.parametrize("form_key", ["", "x", "A" * 21, "A" * 23, "A" * 21 + "B", "A" * 21 + "=", "é" * 22, "A" * 43])
def test_key_that_no_page_of_ours_had_protects_nothing(form_key: str) -> None:
    assert Submission.of(SessionCookie.fresh(), form_key, path="/", owner="", body=b"") is None


def test_cookie_that_is_none_of_ours_protects_nothing() -> None:
    for cookie in (None, SessionCookie(value=Secret("x"))):
        assert Submission.of(cookie, random_text(FORM_KEY_BYTES), path="/", owner="", body=b"") is None


@pytest.mark.parametrize(("after", "is_kept"), [(0.0, True), (29.9, True), (30.0, False), (31.0, False)])
def test_answer_is_kept_for_half_a_minute(redis: Redis, clock: FakeClock, after: float, is_kept: bool) -> None:
    store, submission = answers(redis, clock), sent()
    kept(store, submission)
    clock.advance(after)
    assert isinstance(store.begin(submission), KeptAnswer) is is_kept
    late = submission.late(MOVED.cookie or SessionCookie.fresh())
    assert (store.moved(late) is not None) is is_kept


@pytest.mark.parametrize(("after", "is_kept"), [(4.0, True), (5.0, False)])
def test_answer_that_says_when_to_try_again_is_kept_until_then(
    redis: Redis, clock: FakeClock, after: float, is_kept: bool
) -> None:
    store, submission = answers(redis, clock), sent()
    kept(store, submission, KeptAnswer(status=503, page=b"later", headers=(("Retry-After", "5"),)))
    clock.advance(after)
    assert isinstance(store.begin(submission), KeptAnswer) is is_kept
    assert all(int(redis.pttl(key)) <= 5000 for key in keys_of(redis) if is_kept)


def test_redis_forgets_it_after_half_a_minute(redis: Redis, clock: FakeClock) -> None:
    kept(answers(redis, clock), sent())
    lives = [redis.pttl(key) for key in keys_of(redis)]
    assert len(lives) == 2
    assert all(0 < int(life) <= KEPT_SECONDS * 1000 for life in lives)


def test_claim_of_a_process_that_died_ends_by_itself(redis: Redis, clock: FakeClock) -> None:
    answers(redis, clock, wait_seconds=48.0).begin(sent())
    (key,) = keys_of(redis)
    assert 48_000 < int(redis.pttl(key)) <= 53_000


def test_browser_with_the_new_cookie_gets_the_answer_without_a_cookie(redis: Redis, clock: FakeClock) -> None:
    store, submission = answers(redis, clock), sent()
    kept(store, submission)
    assert MOVED.cookie is not None
    late = replace(submission, cookie=MOVED.cookie)
    assert [shown(store.moved(late)) for _ in range(5)] == [shown(replace(MOVED, cookie=None))] * 5
    assert store.moved(submission) is None, "with the old cookie it takes the CSRF token too"
    assert store.moved(replace(late, form_key=random_text(FORM_KEY_BYTES))) is None


def test_old_key_of_the_ring_opens_and_one_that_has_left_does_not(redis: Redis, clock: FakeClock) -> None:
    submission, other = sent(), sent()
    for one in (submission, other):
        kept(answers(redis, clock, OLD), one)
    assert isinstance(answers(redis, clock, NEW, OLD).begin(submission), KeptAnswer)
    assert isinstance(answers(redis, clock, NEW).begin(other), Claim)


def test_it_takes_server_key_cookie_and_form_key_together(redis: Redis, clock: FakeClock) -> None:
    submission = sent()
    kept(answers(redis, clock), submission)
    (record,) = (value_of(redis, key) for key in keys_of(redis) if key == submission.name.encode())
    key, number, sealed = KeyRing((NEW,)).newest, record[1:5], record[5:]
    cookie, form_key = submission.cookie.key_material, submission.form_key.encode()

    def opened(secret: bytes, bound_to: str = submission.name, by: Secret[bytes] = NEW) -> bytes | None:
        bound = bound_to.encode() + number
        return KeyRing((by,)).newest.open(sealed, purpose=b"bff/answer", cookie=secret, bound_to=bound)

    assert number == key.number
    assert opened(cookie + form_key) is not None
    for secret in (b"", cookie, form_key, form_key + cookie, cookie + random_text(FORM_KEY_BYTES).encode()):
        assert opened(secret) is None
    assert opened(cookie + form_key, by=OLD) is None
    assert opened(cookie + form_key, bound_to=sent().name) is None, "moved to another name it does not open"


def test_redis_shows_neither_cookie_nor_key_nor_what_was_sent(redis: Redis, clock: FakeClock) -> None:
    submission = sent(body=b"password=Amber-Window-19")
    kept(answers(redis, clock), submission)
    assert MOVED.cookie is not None
    held = b"\n".join(part for key in keys_of(redis) for part in (key, value_of(redis, key)))
    secrets = (submission.cookie.value.reveal(), submission.form_key, MOVED.cookie.value.reveal(), "/account", "Amber")
    assert [one for one in secrets if one.encode() in held] == []
    assert all(any(kind.matches(key.decode()) for kind in STORED_KEYS) for key in keys_of(redis))


def test_answer_that_is_too_long_is_not_kept(redis: Redis, clock: FakeClock) -> None:
    assert MOST_BYTES == 4096
    store, submission = answers(redis, clock), sent()
    noise = random_text(MOST_BYTES).encode()
    kept(store, submission, replace(STAYED, page=noise))
    assert keys_of(redis) == []
    kept(store, submission, replace(STAYED, page=noise[:4000]))
    (key,) = keys_of(redis)
    assert len(value_of(redis, key)) <= MOST_BYTES


def test_answer_that_is_not_kept_lets_the_next_one_do_it(redis: Redis, clock: FakeClock) -> None:
    store, submission = answers(redis, clock), sent()
    claim = store.begin(submission)
    assert isinstance(claim, Claim)
    store.release(claim)
    assert isinstance(store.begin(submission), Claim)


def test_late_claim_neither_keeps_nor_releases_what_another_one_has_claimed(redis: Redis, clock: FakeClock) -> None:
    store, submission = answers(redis, clock), sent()
    late = store.begin(submission)
    assert isinstance(late, Claim)
    redis.flushall()
    claim = store.begin(submission)
    assert isinstance(claim, Claim)
    store.release(late)
    store.keep(late, replace(MOVED, location="/late"))
    store.keep(claim, replace(STAYED, page=b"mine"))
    assert shown(store.begin(submission)) == shown(replace(STAYED, page=b"mine"))


def test_second_sending_waits_no_longer_than_it_may(redis: Redis, clock: FakeClock) -> None:
    ticks = itertools.count()
    store, submission = answers(redis, clock, wait_seconds=5.0, monotonic=lambda: float(next(ticks))), sent()
    store.begin(submission)
    with pytest.raises(StillAtWork):
        store.begin(submission)
    assert next(ticks) < 10


def test_no_more_than_a_share_of_the_threads_waits(redis: Redis, clock: FakeClock) -> None:
    waits, go_on = threading.Event(), threading.Event()

    def pause(seconds: float) -> None:
        waits.set()
        go_on.wait(30.0)

    store, submission = answers(redis, clock, most_waiting=1, pause=pause), sent()
    claim = store.begin(submission)
    assert isinstance(claim, Claim)
    got: list[KeptAnswer | Claim] = []
    waiting = threading.Thread(target=lambda: got.append(store.begin(submission)))
    waiting.start()
    assert waits.wait(30.0)
    with pytest.raises(StillAtWork):
        store.begin(submission)
    store.keep(claim, STAYED)
    go_on.set()
    waiting.join(30.0)
    assert shown(got[0]) == shown(STAYED)
    kept(store, sent())
    assert isinstance(store.begin(sent()), Claim), "the place to wait is free again"


def test_redis_that_does_not_answer_is_told(clock: FakeClock) -> None:
    with Redis.from_url("unix:///nowhere/redis.sock") as away:
        store, submission = answers(away, clock), sent()
        for ask in (
            lambda: store.begin(submission),
            lambda: store.moved(submission),
            lambda: store.release(Claim(submission=submission, mark=b"P")),
        ):
            with pytest.raises(SessionStoreUnavailable):
                ask()


def test_rights_that_the_operator_is_told_of_suffice(
    redis: Redis, redis_server: EmbeddedRedis, clock: FakeClock
) -> None:
    told = re.search(r"`(~bff:answer:\S+)` \| `(\+.+?)` \|", (DOCUMENTS / "operating.md").read_text(encoding="utf-8"))
    assert told is not None
    rights = [told[1], *told[2].replace("\\", "").split()]
    redis.acl_setuser(
        "clicks",
        enabled=True,
        reset=True,
        passwords=["+secret"],
        keys=[one.removeprefix("~") for one in rights if one.startswith("~")],
        commands=[one for one in rights if one.startswith("+")],
    )
    url = re.sub(r"password=[^&]*", "username=clicks&password=secret", redis_server.url)
    try:
        with Redis.from_url(url) as bounded:
            store, submission = answers(bounded, clock), sent()
            kept(store, submission)
            assert isinstance(store.begin(submission), KeptAnswer)
            assert isinstance(store.begin(submission), KeptAnswer)
            claim = store.begin(sent())
            assert isinstance(claim, Claim)
            store.release(claim)
    finally:
        redis.acl_deluser("clicks")


@pytest.mark.parametrize("odd", ["\ud800", "\0", "é" * 300, "\r\n"])
def test_whatever_is_sent_has_a_name(odd: str) -> None:
    assert re.fullmatch(r"bff:answer:[0-9a-f]{64}", sent(path=f"/{odd}", owner=odd).name)
