"""One shop in memory, put back to where it began for each schedule: real services, and four browsers.

`mine` and `other` are two browsers of one customer; `guest` is nobody's yet, and has a cart; in `reset` a mailed link
has just set a password.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import xor
from typing import Any, Final
from unittest.mock import patch

import greenlet

from bff.account.calls import AccountCall
from bff.config.settings import Settings
from bff.emporix.circuits import Circuits
from bff.emporix.client import Call
from bff.events import Event
from bff.log import Log
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD, add_demo_customers
from bff.sandbox.mails import Outbox, Purpose
from bff.sandbox.mint import MARKER, Mint, TokenKind
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.state import State
from bff.sandbox.storefront.state import Cart, Item, Shops
from bff.sandbox.tokens import TokenBook
from bff.sandbox.world import World as Emporix
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import PendingCart
from bff.sessions.session import Session
from bff.storefront.model import SignInRules, Storefront
from bff.wiring import Services, build_services
from tests.support.fakes.carts import CART_ROW
from tests.support.shop import KEY, PUBLIC_URL
from tests.support.simulation.memory_redis import MemoryRedis, MemoryServer, Record
from tests.support.simulation.steps import Step
from tests.support.simulation.upstream import MemoryTransport

START: Final = 1_800_000_000.0
LIFE_SECONDS: Final = 1000
DUE_SECONDS: Final = 901
BROWSERS: Final = ("mine", "other", "guest", "reset")
_LONGEST = {"EMPORIX_CONNECT_TIMEOUT": "1", "EMPORIX_READ_TIMEOUT": "4"}


class _Drawn:
    """Stands in for `secrets`: each request draws the same values however the others run."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.drawer = ""
        """Who draws, where that is not the request that runs."""

    def token_bytes(self, size: int = 32) -> bytes:
        name = self.drawer or getattr(greenlet.getcurrent(), "request", "set-up")
        count = self.counts[name] = self.counts.get(name, 0) + 1
        return hashlib.blake2b(f"{name} {count}".encode(), digest_size=size).digest()

    def token_hex(self, size: int = 32) -> str:
        return self.token_bytes(size).hex()


class _LockNames:
    """Stands in for `uuid` in redis-py's locks: who holds one is told by a name that is drawn as all others are."""

    def __init__(self, drawn: _Drawn) -> None:
        self._drawn = drawn

    def uuid1(self) -> _LockName:
        return _LockName(self._drawn.token_hex(16))


@dataclass(frozen=True, slots=True)
class _LockName:
    hex: str


class _Mint(Mint):
    def __init__(self, drawn: _Drawn) -> None:
        super().__init__()
        self._drawn = drawn

    def opaque(self, kind: TokenKind) -> str:
        return self.record(kind, MARKER + self._drawn.token_hex(16))


Told = tuple[str, Event, dict[str, Any]]
"""By whom, what, with which fields."""


class _Keeping(Log):
    """A log that keeps what it is told, by request."""

    def emit(self, event: Event, *, exception: BaseException | None = None, **fields: Any) -> None:
        self._keep(event, fields)

    def audit(self, event: Event, **fields: Any) -> None:
        self._keep(event, fields)

    def _keep(self, event: Event, fields: dict[str, Any]) -> None:
        KEPT.append((getattr(greenlet.getcurrent(), "request", "set-up"), event, fields))


KEPT: list[Told] = []
"""What the services of this process reported since the schedule began."""


@dataclass(slots=True)
class Clock:
    """Unix seconds; it moves only where everybody waits."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """All that a schedule may change."""

    now: float
    marks: int
    keys: dict[bytes, Record]
    access: dict[str, Any]
    refresh: dict[str, Any]
    issued: list[Any]
    customers: dict[str, Any]
    carts: dict[str, Any]
    jars: dict[str, SessionCookie | None]
    mailed: dict[str, Any]
    cookies: dict[str, SessionCookie]
    kept: list[Told]
    upstream: int = 0
    """A number for how upstream is."""
    records: int = 0
    """A number for how Redis is."""
    number: int = 0
    """A number for how Redis, upstream and the browsers are."""


@dataclass(slots=True, kw_only=True)
class World:
    """The shop, its Redis, its upstream and the browsers."""

    clock: Clock
    server: MemoryServer
    emporix: Emporix
    transport: MemoryTransport
    services: Services
    random: _Drawn
    jars: dict[str, SessionCookie | None] = field(default_factory=dict)
    cookies: dict[str, SessionCookie] = field(default_factory=dict)
    """Every cookie that was ever made, by the session's name."""
    begun: Snapshot | None = None
    _upstream: int = 0
    """A number for how upstream is; 0: not known."""
    stop_at: Callable[[Step, Callable[[], Any]], Any] = lambda step, carry_out: carry_out()
    """Called for what is a step besides calls of Redis and upstream, with what carries it out."""

    def run_freely(self) -> None:
        """Let every step go on at once."""
        self.server.gate = lambda commands, carry_out: carry_out()
        self.transport.gate = lambda sent, carry_out: carry_out()
        self.stop_at = lambda step, carry_out: carry_out()

    def session(self, browser: str, *, may_start: bool = True) -> Session:
        """Return the session of a new request of a browser."""
        return self.session_of(self.jars[browser], may_start=may_start)

    def session_of(self, cookie: SessionCookie | None, *, may_start: bool = True) -> Session:
        """Return the session of a new request that comes with a cookie."""
        sent = None if cookie is None else SessionCookie(value=Secret(cookie.value.reveal()))
        return self.services.sessions.open(sent, may_start=may_start)

    def answered(self, browser: str, session: Session) -> None:
        """Give the browser the cookie that a request ends with."""
        if session.new_cookie is not None:
            self.jars[browser] = session.new_cookie

    def issued(self, kind: TokenKind) -> list[str]:
        """Return the tokens of a kind, oldest first."""
        return [one.value for one in self.emporix.mint.issued if one.kind is kind]

    def lives_upstream(self, access: str) -> bool:
        """Tell whether upstream would take an access token."""
        return access in self.emporix.tokens._access

    def save(self) -> None:
        """Remember how everything is, as the beginning of each schedule."""
        tokens = self.emporix.tokens
        self.begun = Snapshot(
            now=self.clock.now,
            marks=self.server.marks,
            keys=dict(self.server.keys),
            access=dict(tokens._access),
            refresh=dict(tokens._refresh),
            issued=list(self.emporix.mint._issued),
            customers=copy.deepcopy(self.emporix.state.customers),
            carts=_copied(self.emporix.shops.of("demoshop").carts),
            jars=dict(self.jars),
            mailed=dict(self.emporix.mails._tokens),
            cookies=dict(self.cookies),
            kept=list(KEPT),
        )

    def restore(self) -> None:
        """Put everything back."""
        begun = self.begun
        assert begun is not None
        self.clock.now, self.server.marks, self.server.keys = begun.now, begun.marks, dict(begun.keys)
        self.emporix.tokens._access, self.emporix.tokens._refresh = dict(begun.access), dict(begun.refresh)
        self.emporix.mint._issued = list(begun.issued)
        self._upstream = 0
        self.emporix.state.customers = _copied_customers(begun.customers)
        self.emporix.shops.of("demoshop").carts = _copied(begun.carts)
        self.emporix.mails._tokens = dict(begun.mailed)
        self.jars, self.cookies = dict(begun.jars), dict(begun.cookies)
        KEPT[:] = begun.kept
        self.close_circuits()
        self.random.counts.clear()

    def snapshot(self, like: Snapshot | None = None) -> Snapshot:
        """Return how everything is; what is changed from here on must be loaded first.

        :param like: what was loaded before the last step
        """
        keys, state, tokens = self.server.keys, self.emporix.state, self.emporix.tokens
        is_like = like is not None and like.keys == keys
        records = like.records if like is not None and is_like else _number_of(keys)
        upstream = self._upstream or self._upstream_number()
        return Snapshot(
            now=self.clock.now,
            marks=self.server.marks,
            keys=like.keys if like is not None and is_like else keys,
            access=tokens._access,
            refresh=tokens._refresh,
            issued=self.emporix.mint._issued,
            customers=state.customers,
            carts=self.emporix.shops.of("demoshop").carts,
            jars=self.jars,
            mailed=self.emporix.mails._tokens,
            cookies=self.cookies,
            kept=KEPT,
            records=records,
            upstream=upstream,
            number=_number(records, upstream, self.jars, self.server.marks),
        )

    def _upstream_number(self) -> int:
        emporix = self.emporix
        carts = emporix.shops.of("demoshop").carts.values()
        self._upstream = hash(
            (
                frozenset(emporix.tokens._access),
                frozenset(emporix.tokens._refresh),
                frozenset(one.value for one in emporix.mint._issued),
                frozenset(emporix.mails._tokens),
                repr([(login.key, login.password) for one in emporix.state.customers.values() for login in one.logins]),
                repr([(one.id, one.session_id, one.customer_id, one.items) for one in carts]),
            )
        )
        return self._upstream

    def load(self, snapshot: Snapshot, *, is_upstream: bool) -> None:
        """Make everything as it was; what is no call of upstream leaves its part of the snapshot alone."""
        self.clock.now, self.server.marks, self.server.keys = snapshot.now, snapshot.marks, dict(snapshot.keys)
        self.jars, self.cookies = dict(snapshot.jars), snapshot.cookies
        tokens, emporix = self.emporix.tokens, self.emporix
        self._upstream = 0 if is_upstream else snapshot.upstream
        tokens._access, tokens._refresh = snapshot.access, snapshot.refresh
        emporix.mint._issued, emporix.mails._tokens = snapshot.issued, snapshot.mailed
        emporix.state.customers, emporix.shops.of("demoshop").carts = snapshot.customers, snapshot.carts
        if is_upstream:
            tokens._access, tokens._refresh = dict(snapshot.access), dict(snapshot.refresh)
            emporix.mint._issued, emporix.mails._tokens = list(snapshot.issued), dict(snapshot.mailed)
            emporix.state.customers = _copied_customers(snapshot.customers)
            emporix.shops.of("demoshop").carts = _copied(snapshot.carts)

    def close_circuits(self) -> None:
        """Let no schedule know of calls that failed in another one."""
        client = self.services.client
        client._circuits = Circuits(client._log.emit, monotonic=self.clock)


def with_records(snapshot: Snapshot, records: Sequence[tuple[bytes, Record | None]], marks: int) -> Snapshot:
    """Return a snapshot in which Redis has other records.

    :param marks: how often its clock was read by then
    """
    keys, number = dict(snapshot.keys), snapshot.records
    for key, record in records:
        number ^= _number_of_record(key, keys.pop(key, None)) ^ _number_of_record(key, record)
        if record is not None:
            keys[key] = record
    return replace(
        snapshot,
        keys=keys,
        marks=marks,
        records=number,
        number=_number(number, snapshot.upstream, snapshot.jars, marks),
    )


def _number(records: int, upstream: int, jars: Mapping[str, SessionCookie | None], marks: int) -> int:
    return hash((records, upstream, tuple(None if one is None else one.sid for one in jars.values()), marks))


def _number_of(keys: Mapping[bytes, Record]) -> int:
    return reduce(xor, (_number_of_record(key, record) for key, record in keys.items()), 0)


def _number_of_record(key: bytes, record: Record | None) -> int:
    return 0 if record is None else hash((key, plain(record)))


def plain(record: Record | None) -> object:
    """Return a record, or that there is none, as what can be a key of a dictionary."""
    if record is None or isinstance(record[0], bytes):
        return record
    return frozenset(record[0].items()), record[1]


def _copied_customers(customers: dict[str, Any]) -> dict[str, Any]:
    return {id: replace(one, logins=[replace(login) for login in one.logins]) for id, one in customers.items()}


def _copied(carts: dict[str, Cart]) -> dict[str, Cart]:
    """Return carts that may be changed; `copy` takes a tenth of a schedule's time for it."""
    return {
        id: replace(
            one,
            items={name: replace(item) for name, item in one.items.items()},
            codes=list(one.codes),
            extras=copy.deepcopy(one.extras) if one.extras else {},
        )
        for id, one in carts.items()
    }


def signing_in(password: str = B2C_PASSWORD) -> AccountCall:
    """Return the input of a sign-in."""
    content = {"email": B2C_EMAIL, "password": password}
    return AccountCall(call=Call(body=json.dumps(content).encode()), content=content)


@contextmanager
def world_in_memory() -> Iterator[World]:
    """Build a shop, sign its browsers in, and let time pass until their tokens are due."""
    clock, drawn = Clock(), _Drawn()
    with ExitStack() as stack:
        for place in ("bff.crypto", "bff.sandbox.mint", "bff.sandbox.state", "bff.sandbox.storefront.state"):
            stack.enter_context(patch(f"{place}.secrets", drawn))
        digests: dict[tuple[str, bytes], bytes] = {}
        stack.enter_context(
            patch("bff.sandbox.state._digest", lambda text, salt: digests.setdefault((text, salt), text.encode()))
        )
        stack.enter_context(patch("bff.wiring.Log", _Keeping))
        stack.enter_context(patch("redis.lock.uuid", _LockNames(drawn)))
        world = _built(clock, drawn)
        fresh = SessionCookie.fresh

        def noted() -> SessionCookie:
            cookie = fresh()
            world.cookies[cookie.sid] = cookie
            return cookie

        stack.enter_context(patch.object(SessionCookie, "fresh", noted))
        _begin(world)
        yield world


def _built(clock: Clock, drawn: _Drawn) -> World:
    settings = SandboxSettings(
        customer_access_seconds=LIFE_SECONDS,
        anonymous_access_seconds=LIFE_SECONDS,
        customer_refresh_seconds=5 * LIFE_SECONDS,
        anonymous_refresh_seconds=5 * LIFE_SECONDS,
    )
    mint, state = _Mint(drawn), State()
    emporix = Emporix(
        settings=settings,
        now=clock,
        mint=mint,
        state=state,
        shops=Shops(now=clock),
        tokens=TokenBook(settings=settings, mint=mint, now=clock),
        mails=Outbox(mint=mint, now=clock, shop_url=PUBLIC_URL, lifetime_seconds=10 * LIFE_SECONDS),
        redeemer=None,
    )
    add_demo_customers(state, tenant=settings.tenant)
    server, transport = MemoryServer(clock), MemoryTransport(emporix)
    environment = {
        "EMPORIX_TENANT": "demoshop",
        "EMPORIX_CLIENT_ID": "demo-storefront",
        "EMPORIX_API_URL": "http://127.0.0.1:1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "BFF_PUBLIC_URL": PUBLIC_URL,
        "BFF_SECRET_KEYS": KEY,
        **{f"BFF_RATE_LIMIT_{name}": "off" for name in ("LOGIN", "MAIL", "GUEST", "API")},
        **_LONGEST,
    }
    services = build_services(
        Settings.from_env(environment),
        storefront=Storefront(operations={CART_ROW.name: CART_ROW}, sign_in=SignInRules(merge_carts=True, site="main")),
        now=clock,
        redis=MemoryRedis(server),
        transport=transport,  # type: ignore[arg-type]  # it does what is asked of one
    )
    services.client._monotonic = clock
    carts = services.login._carts
    assert carts is not None
    carts._monotonic = clock
    return World(clock=clock, server=server, emporix=emporix, transport=transport, services=services, random=drawn)


def _begin(world: World) -> None:
    services, carts = world.services, world.emporix.shops.of("demoshop").carts
    world.jars = dict.fromkeys(BROWSERS)
    for browser in BROWSERS:
        if browser != "mine":
            world.clock.now = START + DUE_SECONDS
        session = world.session(browser)
        session.start()
        services.broker.anonymous(session)
        world.answered(browser, session)
        if browser in ("mine", "other"):
            session = world.session(browser)
            services.calls.perform(session, services.operations["login"], signing_in)
            world.answered(browser, session)
        if browser in ("mine", "guest"):
            guest = session.vault.anonymous
            assert guest is not None
            assert guest.session_id is not None
            carts[f"cart-of-{browser}"] = cart_of(browser, guest.session_id.reveal())
    session = world.session("mine")
    waiting = PendingCart(until=world.clock.now + 3600, id="cart-of-mine", retry_at=0.0)
    session.update(lambda web, vault: (web, vault.with_cart(waiting)))
    customer = next(iter(world.emporix.state.customers.values()))
    mail = Purpose.PASSWORD_RESET
    world.emporix.mails.send(mail, to=B2C_EMAIL, customer_id=customer.id, login_key=customer.logins[0].key)
    world.session("reset").change_web(lambda web: replace(web, password_reset_at=world.clock.now))
    # Who has just typed a password may end other devices.
    for browser in ("mine", "other"):
        world.session(browser).change_web(lambda web: web.with_own_password(world.clock.now))
    world.save()


def cart_of(browser: str, session_id: str) -> Cart:
    """Return a guest's cart with one thing in it."""
    item = Item(id="1", product_id="mint", quantity=1.0, price_id="price-mint-main-eur", unit_cents=450)
    return Cart(
        id=f"cart-of-{browser}",
        session_id=session_id,
        customer_id=None,
        legal_entity_id=None,
        site="main",
        currency="EUR",
        type=None,
        items={item.id: item},
        created="2027-01-15T08:00:00.000Z",
        modified="2027-01-15T08:00:00.000Z",
    )
