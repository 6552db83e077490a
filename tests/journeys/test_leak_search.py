"""The search for leaks finds what was planted: each kind of secret, in each form, in each place."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.mint import TokenKind
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.sealing import RecordKind, Sealer
from tests.support.journeys.leak_canaries import PUBLIC_IN, Kind, Place
from tests.support.journeys.leak_redis import dump, purposes
from tests.support.journeys.leak_scenes import Scene, scene
from tests.support.journeys.leak_visitor import Role
from tests.support.journeys.leak_watch import LOGGERS, Watch
from tests.support.leaks import BINARY, PLANTED
from tests.support.shop import ShopMaker

_KEY = b"bff:planted"


@pytest.fixture(scope="module")
def shared(redis_server: EmbeddedRedis) -> Iterator[Scene]:
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker, scene(maker) as opened:
        yield opened


@pytest.fixture(scope="module")
def driven(shared: Scene) -> Watch:
    """Somebody has signed in, and nothing is found."""
    shared.visitor(Role.SOCIAL).drive("GET", "/api/me")
    assert shared.watch.findings() == set()
    return shared.watch


@pytest.fixture
def watch(driven: Watch) -> Iterator[Watch]:
    """The same, as if nothing had been seen yet but Redis."""
    entries = set(driven.entries)
    driven.texts = {place: set() for place in Place}
    driven.log.texts.clear()
    yield driven
    driven.entries = entries
    driven.shop.redis.delete(_KEY)


def token_of(watch: Watch) -> bytes:
    return next(one.value for one in watch.canaries.issued if one.kind is TokenKind.CUSTOMER_ACCESS).encode()


def in_log(watch: Watch, planted: bytes) -> None:
    logging.getLogger("somewhere").debug("%s", planted.decode("latin-1"))


def in_exception(watch: Watch, planted: bytes) -> None:
    try:
        raise LookupError(planted.decode("latin-1"))
    except LookupError as err:
        # Not even as what was said to be no cause.
        error = ValueError("No.")
        error.__context__ = err
        watch.see_exception(error)


def in_redis(watch: Watch, planted: bytes) -> None:
    watch.shop.redis.set(_KEY, planted)
    watch.entries |= dump(watch.shop.redis)


def in_redis_sealed_as_a_record(watch: Watch, planted: bytes) -> None:
    record = Sealer(watch.shop.services.ring).seal(
        planted, RecordKind.TOKENS, SessionCookie(value=Secret("")), _KEY.decode(), b""
    )
    in_redis(watch, record)


def in_redis_sealed_as_text(watch: Watch, planted: bytes) -> None:
    for purpose in (b"bff/record/device", b"bff/form/proceed"):
        bound_to = _KEY if purpose.startswith(b"bff/record") else b"proceed"
        text = watch.shop.services.ring.seal_text(planted.decode("latin-1"), purpose=purpose, bound_to=bound_to)
        in_redis(watch, text.encode())


def in_text(place: Place) -> Callable[[Watch, bytes], None]:
    return lambda watch, planted: watch.texts[place].add(planted)


PLACES: dict[str, tuple[Place, Callable[[Watch, bytes], None]]] = {
    "status line": (Place.STATUS, in_text(Place.STATUS)),
    "header": (Place.HEADERS, in_text(Place.HEADERS)),
    "body": (Place.BODY, in_text(Place.BODY)),
    "log": (Place.LOG, in_log),
    "exception": (Place.EXCEPTIONS, in_exception),
    "Redis": (Place.REDIS, in_redis),
    "Redis, sealed as a record": (Place.OPENED, in_redis_sealed_as_a_record),
    "Redis, sealed as a text": (Place.OPENED, in_redis_sealed_as_text),
    "output": (Place.OUTPUT, in_text(Place.OUTPUT)),
    "what pages keep": (Place.WEB_DATA, in_text(Place.WEB_DATA)),
}
_TEXT_ONLY = frozenset({"log", "exception", "Redis, sealed as a text"})


@pytest.mark.parametrize("place", PLACES)
def test_a_planted_token_is_found_in_each_form(watch: Watch, place: str) -> None:
    where, plant = PLACES[place]
    for form, hide in PLANTED.items():
        if form in BINARY and place in _TEXT_ONLY:
            continue
        before = {name: set(texts) for name, texts in watch.texts.items()}, set(watch.entries)
        plant(watch, hide(token_of(watch)))
        assert {found for found, _, _ in watch.findings()} == {where}, form
        watch.texts, watch.entries = before
        watch.log.texts.clear()
        watch.shop.redis.delete(_KEY)
    assert watch.findings() == set()


@pytest.mark.parametrize("kind", Kind)
def test_a_planted_secret_of_each_kind_is_found_wherever_it_may_not_be(watch: Watch, kind: Kind) -> None:
    secrets = watch.canaries.by_kind()[kind]
    assert secrets
    for secret in secrets:
        for place in Place:
            watch.texts[place].add(b"<p>" + secret + b"</p>")
    found = {place for place, one, form in watch.findings() if one is kind and form == "raw"}
    assert found == set(Place) - PUBLIC_IN.get(kind, frozenset())


def test_everything_that_is_handed_out_is_searched_for(watch: Watch) -> None:
    every = set().union(*watch.canaries.by_kind().values())
    for issued in watch.canaries.issued:
        assert any(secret in issued.value.encode() for secret in every), issued.kind
    jwt = next(issued.value for issued in watch.canaries.issued if issued.kind is TokenKind.SOCIAL_ID)
    assert {part.encode() for part in jwt.split(".")[1:]} <= every


@pytest.mark.parametrize("name", LOGGERS)
def test_every_logger_is_heard(watch: Watch, name: str) -> None:
    # As the value of an attribute that no line of ours would show.
    logging.getLogger(name).debug("a line", extra={"whatever": token_of(watch).decode()})
    assert {place for place, _, _ in watch.findings()} == {Place.LOG}


@pytest.mark.parametrize("fill", ["zset", "hash", "set", "list", "stream", "key"])
def test_every_kind_of_redis_key_is_looked_into(watch: Watch, fill: str) -> None:
    redis, token = watch.shop.redis, token_of(watch)
    fills: dict[str, Callable[[], object]] = {
        "zset": lambda: redis.zadd(_KEY, {token: 1.0}),
        "hash": lambda: redis.hset(_KEY, "field", token),
        "set": lambda: redis.sadd(_KEY, token),
        "list": lambda: redis.rpush(_KEY, token),
        "stream": lambda: redis.xadd(_KEY, {"field": token}),
        "key": lambda: redis.set(b"bff:" + token, b"1"),
    }
    fills[fill]()
    watch.entries |= dump(redis)
    assert {place for place, _, _ in watch.findings()} == {Place.REDIS}


def test_purposes_are_read_from_the_code() -> None:
    assert purposes() >= {b"bff/record/tokens", b"bff/record/web", b"bff/form/proceed", b"bff/bounce"}


def test_what_is_sealed_without_a_cookie_is_opened_and_what_needs_one_is_not(watch: Watch) -> None:
    opened = watch.places()[Place.OPENED]
    assert any(re.fullmatch(rb'\[[0-9.]+,[0-9.]+,(null|"[A-Za-z ]+")\]', text) for text in opened), "the device record"
    assert all(b"accessExpiresAt" not in text for text in opened)
    assert {key.rsplit(b":", 1)[-1] for key, _ in watch.entries} >= {b"web", b"tokens", b"device"}
