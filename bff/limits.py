"""Rate limits on the `limits` library: guesses at passwords, mails, new guests. The limit per session is not here.

An operation's row says what it counts against. An attempt is reserved *before* upstream is asked, so that guesses
sent side by side all count, and given back afterwards where it turns out not to count. Counted are the newest attempts
with their times (a moving window), not attempts since the minute began: so a caller never gets twice the limit
around a full minute. Redis holds the counts for all processes; while it is away each process counts for itself.

E-mails and addresses stand in keys only as hashes under the newest server key. Older keys are not asked: a new key
starts the counts anew once, and no window is worth a further round trip for each key of the ring.
"""

from __future__ import annotations

import json
import math
import threading
import time
import unicodedata
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address, IPv6Network, ip_address

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from bff.config.settings import LimitSettings, Rate
from bff.crypto import KeyRing
from bff.errors import (
    InvalidCredentials,
    TooManyAttempts,
    UpstreamError,
    UpstreamMalformed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.events import Event
from bff.log import Log
from bff.operations.model import Limit, Limited, Operation
from bff.sessions.stored_keys import PLAIN, StoredKey

CLIENT_ADDRESS: ContextVar[str | None] = ContextVar("client_address", default=None)
"""Where the request that is being answered comes from, as the declared proxies have it; set by the web floor.

None outside of a request (a command, a test of a service): what counts per address is then left out. Empty (a unix
socket without a declared proxy): all of them count as one.
"""

KEY_PREFIX = "bff:limit"
STORED_KEYS = (
    StoredKey(
        key=f"{KEY_PREFIX}:<limit>/<hash>/<rate>",
        holds="the times of the newest attempts; or that a used-up limit has been logged",
        cipher=f"{PLAIN}; whose attempts they are is an HMAC-SHA-256 under a server key",
        lifetime="the window of the limit",
    ),
)
_NEWCOMER = "new session"
"""Stands in the log where an operation's name does otherwise."""
_REDIS_AGAIN_SECONDS = 5.0
_SAY_AGAIN_SECONDS = 60.0
_SHOWN_OF_A_HASH = 16
_UNSEEN = frozenset({"Mn", "Cf"})
"""Unicode's general categories of marks on a letter, and of characters without a shape."""
_IPV6_NETWORK_BITS = 64
"""What one customer line is given; each of its addresses may be another device, or the same one a minute later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """On whose behalf upstream is asked, as far as that is known."""

    email: str | None = None
    """What the customer signs in with; where a profile names none, something else that only this customer has."""
    customer_id: str | None = None
    sid: str | None = None


UNKNOWN_ASKER = Asker()


class _Per(Enum):
    """Of what there is a count of its own."""

    EMAIL_AND_ADDRESS = "email_and_address"
    ADDRESS = "address"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bucket:
    """What is counted together."""

    kind: Limit
    per: _Per
    name: str
    """Hash of the e-mail, the address, or both."""
    rate: Rate

    @property
    def names(self) -> tuple[str, str]:
        return self.per.value, self.name

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.rate.count, self.rate.window_seconds, namespace=self.kind.value.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reservation:
    bucket: _Bucket
    counter: MovingWindowRateLimiter
    """Where it was counted, and is given back."""
    at: float
    """By the monotonic clock."""


class Limits:
    """Counts attempts for every process; safe for threads. What it holds itself counts only while Redis is away.

    :param redis: its connection pool is shared, with its timeouts
    """

    def __init__(
        self,
        settings: LimitSettings,
        redis: Redis,
        ring: KeyRing,
        log: Log,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._ring = ring
        self._log = log
        self._monotonic = monotonic
        # The pool knows the server; the URL only says that it is a Redis.
        self._storage = RedisStorage("redis://", connection_pool=redis.connection_pool, key_prefix=KEY_PREFIX)
        self._shared = MovingWindowRateLimiter(self._storage)
        self._client = redis
        self._lock = threading.Lock()
        self._memory: MemoryStorage | None = None
        self._redis_again_at = -math.inf
        self._say_again_at = -math.inf

    @contextmanager
    def attempt(
        self,
        operation: Operation,
        *,
        body: bytes | None = None,
        given: Container[str] = (),
        asker: Asker = UNKNOWN_ASKER,
    ) -> Iterator[None]:
        """Count what is done inside against the operation's limits; does nothing for a row without any.

        What counts in the end is decided by how the block is left: see `_counts`. An attempt that one limit refuses
        counts against no other.

        :param body: what upstream will be sent, JSON with the properties that the row names
        :param given: names of the parameters that upstream will be sent
        :raises TooManyAttempts: a limit is used up; upstream must not be asked
        """
        reservations: list[_Reservation] = []
        outcome: BaseException | None = None
        try:
            for limited in operation.limits:
                if limited.unless is None or limited.unless not in given:
                    email = _email(limited, body, asker)
                    for bucket in self._buckets(limited.kind, email):
                        reservations.append(self._reserve(bucket, operation.name, asker, email))
            yield
        except BaseException as err:
            outcome = err
            raise
        finally:
            self._give_back([one for one in reservations if not _counts(one.bucket.kind, operation, outcome)])

    def count_newcomer(self) -> None:
        """Count a session that begins without a guest's tokens, beside those that get some.

        :raises TooManyAttempts: as many have come from this address as may
        """
        address, rate = _counted_address(), self._settings.guest
        if address is not None and rate is not None:
            name = self._name(_Per.ADDRESS, _NEWCOMER, address)
            bucket = _Bucket(kind=Limit.GUEST, per=_Per.ADDRESS, name=name, rate=rate)
            self._reserve(bucket, _NEWCOMER, UNKNOWN_ASKER, None)

    def _buckets(self, kind: Limit, email: str | None) -> Iterator[_Bucket]:
        email, address = None if email is None else _folded(email), _counted_address()
        match kind:
            case Limit.LOGIN if self._settings.login is not None:
                rates = self._settings.login
                wanted = [
                    (_Per.EMAIL_AND_ADDRESS, [email, address], rates.per_email_and_address),
                    (_Per.ADDRESS, [address], rates.per_address),
                    (_Per.EMAIL, [email], rates.per_email),
                ]
            case Limit.MAIL if self._settings.mail is not None:
                wanted = [(_Per.EMAIL, [email], self._settings.mail)]
            case Limit.GUEST if self._settings.guest is not None:
                wanted = [(_Per.ADDRESS, [address], self._settings.guest)]
            case _:
                return
        for per, parts, rate in wanted:
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                yield _Bucket(kind=kind, per=per, name=self._name(per, *known), rate=rate)

    def _name(self, per: _Per, *parts: str) -> str:
        return self._ring.newest.name(f"limit-{per.value}".encode(), json.dumps(parts))

    def _reserve(self, bucket: _Bucket, asked: str, asker: Asker, email: str | None) -> _Reservation:
        at = self._monotonic()
        admitted, counter = self._hit(bucket.item, *bucket.names)
        if admitted:
            return _Reservation(bucket=bucket, counter=counter, at=at)
        once = RateLimitItemPerSecond(1, bucket.rate.window_seconds, namespace="told")
        told, _ = self._hit(once, bucket.kind.value, *bucket.names)
        if told:
            address = _counted_address()
            self._log.audit(
                Event.RATE_LIMITED,
                sid=asker.sid,
                customer_id=asker.customer_id,
                email=email,
                limit=bucket.kind.value.lower(),
                per=bucket.per.value,
                operation=asked,
                address=None if address is None else self._name(_Per.ADDRESS, address)[:_SHOWN_OF_A_HASH],
            )
        raise TooManyAttempts(self._retry_after_seconds(counter, bucket))

    def _hit(self, item: RateLimitItem, *names: str) -> tuple[bool, MovingWindowRateLimiter]:
        """Count once more if that is still within the limit; return whether it was, and where it was counted."""
        if self._monotonic() >= self._redis_again_at:
            try:
                return self._shared.hit(item, *names), self._shared
            except RedisError as err:
                self._redis_failed(err)
        own = MovingWindowRateLimiter(self._own_counts())
        with self._lock:
            return own.hit(item, *names), own

    def _retry_after_seconds(self, counter: MovingWindowRateLimiter, bucket: _Bucket) -> int:
        """Return when the oldest attempt will be out of the window."""
        window = bucket.rate.window_seconds
        try:
            free_at = counter.get_window_stats(bucket.item, *bucket.names).reset_time
        except RedisError as err:
            self._redis_failed(err)
            return window
        return min(window, max(1, math.ceil(free_at - time.time())))

    def _give_back(self, reservations: list[_Reservation]) -> None:
        """Take back one attempt of each count, the newest.

        With several under way that may be another one's; the count is right, and what is left is older by no more than
        these took. It makes no key, moves no end and takes nothing from an empty count.
        """
        shared = []
        for reservation in reservations:
            bucket, storage = reservation.bucket, reservation.counter.storage
            if self._monotonic() - reservation.at >= bucket.rate.window_seconds:
                # It is out of the window by itself; what is in there belongs to later attempts.
                continue
            key = bucket.item.key_for(*bucket.names)
            if isinstance(storage, MemoryStorage):
                with self._lock, storage.locks[key]:
                    del storage.events.get(key, [])[:1]
            else:
                shared.append(self._storage.prefixed_key(key))
        if not shared or self._monotonic() < self._redis_again_at:
            return
        pipe = self._client.pipeline(transaction=False)
        for key in shared:
            pipe.lpop(key)
        try:
            pipe.execute()
        except RedisError as err:
            # They stay counted until their windows are over.
            self._redis_failed(err)

    def _own_counts(self) -> MemoryStorage:
        with self._lock:
            if self._memory is None:
                # It starts a thread, which must not happen before the server has forked.
                self._memory = MemoryStorage()
            return self._memory

    def _redis_failed(self, err: RedisError) -> None:
        """Ask Redis no more for a moment, so that requests do not wait for it in turn; log it once a minute."""
        now = self._monotonic()
        with self._lock:
            self._redis_again_at = now + _REDIS_AGAIN_SECONDS
            due = now >= self._say_again_at
            if due:
                self._say_again_at = now + _SAY_AGAIN_SECONDS
        if due:
            self._log.emit(Event.LIMITS_NOT_SHARED, reason=type(err).__name__)


def _counts(kind: Limit, operation: Operation, outcome: BaseException | None) -> bool:
    """Tell whether an attempt that ended like this (None: well) counts.

    A guess counts if upstream said no, whatever to: which part of a body it refused is not always told. A mail counts
    unless it is known that none was sent, and also where that would be hidden: else the limit would tell whose
    address is known. What was not known to be this operation's doing counts for nothing.
    """
    if isinstance(outcome, UpstreamError) and outcome.operation != operation.name:
        return False
    match kind:
        case Limit.LOGIN:
            return isinstance(outcome, InvalidCredentials | UpstreamRejected)
        case Limit.MAIL:
            if isinstance(outcome, UpstreamRejected):
                return outcome.status in operation.hides
            return outcome is None or isinstance(outcome, UpstreamMalformed | UpstreamUnavailable | UpstreamTimeout)
        case Limit.GUEST:
            return outcome is None


def _email(limited: Limited, body: bytes | None, asker: Asker) -> str | None:
    email = asker.email
    if limited.email is not None:
        content = json.loads(body or b"{}")
        email = content.get(limited.email)
    return None if email is None else email.strip().lower()


def _folded(email: str) -> str:
    """Return the same for all spellings that upstream may take for one address; which it tells apart is not known.

    No case (a long s is an s), width or accent: to share a count harms less than to count anew with each spelling.
    """
    seen = [one for one in unicodedata.normalize("NFKD", email) if unicodedata.category(one) not in _UNSEEN]
    # By way of the upper case, where a dotless i is an i: so Java compares.
    return "".join(seen).upper().casefold().strip()


def _counted_address() -> str | None:
    """Return what the request's address counts as: IPv6 as its network, but mapped IPv4 (RFC 4291 2.5.5.2) as that."""
    text = CLIENT_ADDRESS.get()
    if text is None:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        # Not an address, but still the one thing that is known of where it comes from.
        return text
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _IPV6_NETWORK_BITS), strict=False))
