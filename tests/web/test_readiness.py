"""`/readyz` against a Redis that answers and refuses: what it says, and what the log does."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import quote

import pytest
from redis import Redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from bff.metrics.trouble import CALM_SECONDS
from bff.sessions.readiness import Readiness, place_of
from bff.sessions.redis_errors import RedisFault, fault_of
from tests.support.documents import document
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.logs import log_to
from tests.support.redis_keys import keys_of
from tests.support.shop import Shop, ShopMaker

USER, PASSWORD = "shopkeeper", "canary-of-the-acl-user"


def command(redis: Redis, *words: str) -> None:
    redis.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py has no types for it


@contextmanager
def read_only(redis: Redis) -> Iterator[None]:
    # A replica of nothing: it has no link, serves what it has, and refuses to write.
    redis.replicaof("127.0.0.1", 1)
    try:
        yield
    finally:
        redis.replicaof("NO", "ONE")


@contextmanager
def full(redis: Redis) -> Iterator[None]:
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        redis.config_set("maxmemory", 0)


@contextmanager
def user(redis: Redis, *rules: str) -> Iterator[None]:
    command(redis, "ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *rules)
    try:
        yield
    finally:
        command(redis, "ACL", "DELUSER", USER)


def as_user(server: EmbeddedRedis) -> str:
    return f"unix://{quote(server.url.partition('://')[2].partition('?')[0])}?username={USER}&password={PASSWORD}"


def ready(shop: Shop) -> TestResponse:
    return shop.app.test_client().get("/readyz")


def assert_not_ready(answer: TestResponse, cause: str, command: str) -> None:
    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "unavailable",
        "parts": {"redis": "unavailable"},
        "causes": {"redis": {"cause": cause, "command": command}},
    }


@pytest.mark.parametrize(("trouble", "cause"), [(read_only, "READONLY"), (full, "OOM")])
def test_redis_that_answers_and_does_not_write_is_not_ready(
    shop: Shop, trouble: Callable[[Redis], AbstractContextManager[None]], cause: str
) -> None:
    with trouble(shop.redis):
        assert_not_ready(ready(shop), cause, "evalsha")
    assert ready(shop).get_json() == {"status": "ok", "parts": {"redis": "ok"}}


@pytest.mark.parametrize(
    ("rules", "command"),
    [
        (("~*", "+@all", "-@scripting"), "evalsha"),
        (("~*", "+@all", "-script"), "script|load"),
        (("~*", "+@all", "-set"), "set"),
        (("~other:*", "+@all"), "evalsha"),
    ],
    ids=["no scripts", "none that are new", "no writing", "other keys"],
)
def test_user_without_a_right_is_not_ready(
    make_shop: ShopMaker, redis: Redis, redis_server: EmbeddedRedis, rules: tuple[str, ...], command: str
) -> None:
    redis.script_flush()
    with user(redis, *rules):
        answer = ready(make_shop(REDIS_URL=as_user(redis_server)))
    assert answer.get_json()["causes"]["redis"]["cause"] == "NOPERM"
    assert_not_ready(answer, "NOPERM", command)


def test_wrong_password_is_told_from_no_connection(make_shop: ShopMaker, redis_server: EmbeddedRedis) -> None:
    assert_not_ready(ready(make_shop(REDIS_URL=as_user(redis_server))), "NOAUTH", "evalsha")
    assert_not_ready(ready(make_shop(REDIS_URL="redis://127.0.0.1:1")), "connection", "evalsha")


class Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, dict[str, object]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), getattr(record, "bff_fields", {})))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def readiness(redis: Redis, clock: FakeClock, heard: Heard) -> Readiness:
    logger = logging.Logger("readiness", logging.DEBUG)
    logger.addHandler(heard)
    return Readiness(redis, log_to(logger), clock=clock, sleep=clock.advance)


def asked(redis: Redis) -> int:
    """How many scripts Redis has run, or refused to."""
    counted = redis.info("commandstats").get("cmdstat_evalsha", {})
    return int(counted.get("calls", 0)) + int(counted.get("rejected_calls", 0))


def test_redis_is_asked_once_a_second(readiness: Readiness, redis: Redis, clock: FakeClock) -> None:
    readiness.check()
    before = asked(redis)
    for _ in range(5):
        assert readiness.check() is None
    assert asked(redis) == before
    clock.advance(1)
    readiness.check()
    assert asked(redis) == before + 1
    assert keys_of(redis) == []


def test_failure_is_asked_about_anew_and_not_before_the_second_is_over(
    readiness: Readiness, redis: Redis, clock: FakeClock
) -> None:
    readiness.check()
    clock.advance(1)
    with read_only(redis):
        began = clock()
        assert [readiness.check(), readiness.check()] == [RedisFault(cause="READONLY", command="evalsha")] * 2
        assert clock() == began + 1
    assert readiness.check() is None
    assert clock() == began + 2


def test_who_asks_at_once_gets_the_answer_of_the_first(redis: Redis, clock: FakeClock) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def patient(seconds: float) -> None:
        asking.set()
        assert go_on.wait(10)
        clock.advance(seconds)

    readiness = Readiness(redis, log_to(), clock=clock, sleep=patient)
    with read_only(redis):
        readiness.check()
        before = asked(redis)
        first = threading.Thread(target=readiness.check)
        first.start()
        assert asking.wait(60)
        assert readiness.check() == RedisFault(cause="READONLY", command="evalsha")
        assert asked(redis) == before
        go_on.set()
        first.join(60)
        assert asked(redis) > before


def test_log_tells_each_change_once_and_where_but_no_password(
    readiness: Readiness, redis: Redis, redis_server: EmbeddedRedis, clock: FakeClock, heard: Heard
) -> None:
    def check_twice() -> None:
        for _ in range(2):
            readiness.check()
            clock.advance(CALM_SECONDS / 2)

    check_twice()
    with read_only(redis):
        check_twice()
    with full(redis):
        check_twice()
    check_twice()
    host = str(redis_server.folder / "redis.sock")
    assert [line for line in heard.lines if line[0] != "store_looked_at"] == [
        ("store_ready", {"host": host}),
        ("store_not_ready", {"cause": "READONLY", "command": "evalsha", "host": host}),
        ("store_not_ready", {"cause": "OOM", "command": "evalsha", "host": host}),
        ("store_ready", {"host": host, "seconds": 15.0, "times": 4}),
    ]


def test_place_of_redis_in_the_log_holds_no_credentials() -> None:
    url = f"rediss://{USER}:{PASSWORD}@redis.example:6380/0"
    assert place_of(Redis.from_url(url)) == "redis.example:6380"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RedisTimeoutError("Timeout reading from socket"), ("timeout", "evalsha")),
        (BusyLoadingError("Redis is loading the dataset in memory"), ("LOADING", "evalsha")),
        (AuthenticationError("Authentication required."), ("NOAUTH", "evalsha")),
        (RedisConnectionError("Error 111 connecting to redis.example:6379."), ("connection", "evalsha")),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots, but"), ("MISCONF", "evalsha")),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), ("NOREPLICAS", "evalsha")),
        (ResponseError("BUSY Redis is busy running a script."), ("BUSY", "evalsha")),
        # Before 7.0 the error of a command inside of a script came as part of another text.
        (ResponseError("Error running script (call to f_0): @user_script:2: -READONLY no"), ("READONLY", "evalsha")),
        (ResponseError("Error: The user executing the script can't run this command or"), ("NOPERM", "evalsha")),
        (NoPermissionError("User canary may not run the 'script|load' command"), ("NOPERM", "script|load")),
        (ResponseError("unknown command 'canary'"), ("error", "evalsha")),
    ],
    ids=str,
)  # fmt: skip
def test_fault_is_told_in_fixed_words(error: RedisError, expected: tuple[str, str]) -> None:
    assert fault_of(error, "evalsha") == RedisFault(cause=expected[0], command=expected[1])


def test_rights_that_the_document_names_are_enough(
    make_shop: ShopMaker, redis: Redis, redis_server: EmbeddedRedis
) -> None:
    rule = re.search(r"^ACL SETUSER bff on >PASSWORD (.*)$", document("operating.md"), re.MULTILINE)
    assert rule is not None
    redis.script_flush()
    redis.acl_log_reset()
    with user(redis, *rule[1].split()):
        shop = make_shop(REDIS_URL=as_user(redis_server))
        assert ready(shop).status_code == 200
        browser = shop.signed_in()
        assert browser.get("/api/me").status_code == 200
        assert len(browser.get("/api/sessions").get_json()) == 1
        assert browser.post("/api/session/refresh").status_code == 200
        assert browser.post("/api/logout").status_code == 200
        assert list(shop.services.store.sids()) != []
        denied = [entry["object"] for entry in redis.acl_log() if entry["username"] == USER]
        assert denied == []
