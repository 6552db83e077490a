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
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool, Redis
from redis.exceptions import RedisError

from bff.config.settings import LimitSettings
from bff.crypto import KeyRing
from bff.errors import (
    InvalidCredentials,
    TooManyAttempts,
    UpstreamError,
    UpstreamMalformed,
    UpstreamNotAsked,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.events import Event
from bff.log import Log
from bff.metrics.trouble import Trouble
from bff.operations.counts import Asker, Attempt, Bucket, Per, counted_address
from bff.operations.model import Limit, Operation
from bff.sessions.readiness import place_of
from bff.sessions.redis_errors import FAULT, fault_of
from bff.sessions.stored_keys import PLAIN, StoredKey

__all__ = ["CLIENT_ADDRESS", "KEY_PREFIX", "STORED_KEYS", "UNKNOWN_ASKER", "Asker", "Limits"]

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
        commands=("evalsha", "lindex", "lpush", "ltrim", "expire", "lpop"),
    ),
)
_NEWCOMER = "new session"
"""Stands in the log where an operation's name does otherwise."""
_REDIS_AGAIN_SECONDS = 5.0
_SHOWN_OF_A_HASH = 16
UNKNOWN_ASKER = Asker()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    bucket: Bucket
    counter: MovingWindowRateLimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reservation:
    bucket: Bucket
    counter: MovingWindowRateLimiter
    """Where it was counted, and is given back."""
    at: float
    """By the monotonic clock."""


class Limits:
    """Counts attempts for every process; safe for threads. What it holds itself counts only while Redis is away.

    :param redis: counts for all processes
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
        self._storage = _Storage(redis)
        self._shared = MovingWindowRateLimiter(self._storage)
        self._client = redis
        self._lock = threading.Lock()
        self._memory: MemoryStorage | None = None
        self._redis_again_at = -math.inf
        self._alone = Trouble(
            log.emit,
            begun=Event.LIMITS_NOT_SHARED,
            over=Event.LIMITS_SHARED,
            host=place_of(redis),
            monotonic=monotonic,
        )

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
                    asked = Attempt(
                        settings=self._settings, limited=limited, body=body, asker=asker, address=_counted_address()
                    )
                    reservations += self._reserve(asked, operation)
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
        if address is None or rate is None:
            return
        bucket = Bucket(kind=Limit.GUEST, per=Per.ADDRESS, parts=(_NEWCOMER, address), rate=rate)
        if isinstance(refusal := self._reserve_all([bucket]), _Refusal):
            raise self._told(refusal, _NEWCOMER, UNKNOWN_ASKER, None)

    def count_call(self, operation: Operation, asker: Asker, *, sid: str | None = None) -> None:
        """Count a call of a declared row against its own rate: for the session where there is one, else the address.

        :param sid: the session's name; None: there is none
        :raises TooManyAttempts: as many have come as may
        """
        per, who = (Per.ADDRESS, _counted_address()) if sid is None else (Per.SESSION, sid)
        if operation.rate is None or who is None:
            return
        bucket = Bucket(kind=Limit.ROW, per=per, parts=(operation.name, who), rate=operation.rate)
        if isinstance(refusal := self._reserve_all([bucket]), _Refusal):
            raise self._told(refusal, operation.name, asker, None)

    def _reserve(self, asked: Attempt, operation: Operation) -> list[_Reservation]:
        reserved = self._reserve_all(asked.buckets())
        if isinstance(reserved, _Refusal) and (instead := asked.buckets_instead(reserved.bucket)):
            reserved = self._reserve_all(instead)
        if isinstance(reserved, _Refusal):
            raise self._told(reserved, operation.name, asked.asker, next(iter(asked.emails), None))
        return reserved

    def _reserve_all(self, buckets: Iterable[Bucket]) -> list[_Reservation] | _Refusal:
        """Count once more in each bucket, or in none if one of them is full."""
        reserved: list[_Reservation] = []
        try:
            for bucket in buckets:
                at = self._monotonic()
                admitted, counter = self._hit(_item(bucket), *self._names(bucket))
                if not admitted:
                    self._give_back(reserved)
                    return _Refusal(bucket=bucket, counter=counter)
                reserved.append(_Reservation(bucket=bucket, counter=counter, at=at))
        except BaseException:
            self._give_back(reserved)
            raise
        return reserved

    def _names(self, bucket: Bucket) -> tuple[str, str]:
        return bucket.per.value, self._name(bucket.per, *bucket.parts)

    def _name(self, per: Per, *parts: str) -> str:
        return self._ring.newest.name(f"limit-{per.value}".encode(), json.dumps(parts))

    def _told(self, refusal: _Refusal, asked: str, asker: Asker, email: str | None) -> TooManyAttempts:
        """Write a refusal to the audit log, the first one of a window, and return what is to be raised."""
        bucket, address = refusal.bucket, _counted_address()
        self._log.emit(Event.LIMIT_REACHED, limit=bucket.kind.value.lower(), per=bucket.per.value)
        once = RateLimitItemPerSecond(1, bucket.rate.window_seconds, namespace="told")
        told, _ = self._hit(once, bucket.kind.value, *self._names(bucket))
        if told:
            self._log.audit(
                Event.RATE_LIMITED,
                sid=asker.sid,
                customer_id=asker.customer_id,
                email=email,
                limit=bucket.kind.value.lower(),
                per=bucket.per.value,
                operation=asked,
                address=None if address is None else self._name(Per.ADDRESS, address)[:_SHOWN_OF_A_HASH],
            )
        return TooManyAttempts(self._retry_after_seconds(refusal.counter, bucket))

    def _hit(self, item: RateLimitItem, *names: str) -> tuple[bool, MovingWindowRateLimiter]:
        """Count once more if that is still within the limit; return whether it was, and where it was counted."""
        if self._monotonic() >= self._redis_again_at:
            try:
                admitted = self._shared.hit(item, *names)
                self._alone.passed()
                return admitted, self._shared
            except RedisError as err:
                self._redis_failed(err)
        own = MovingWindowRateLimiter(self._own_counts())
        with self._lock:
            return own.hit(item, *names), own

    def _retry_after_seconds(self, counter: MovingWindowRateLimiter, bucket: Bucket) -> int:
        """Return when the oldest attempt will be out of the window."""
        window = bucket.rate.window_seconds
        try:
            free_at = counter.get_window_stats(_item(bucket), *self._names(bucket)).reset_time
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
            key = _item(bucket).key_for(*self._names(bucket))
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
        """Ask Redis no more for a moment, so that requests do not wait for it in turn."""
        self._redis_again_at = self._monotonic() + _REDIS_AGAIN_SECONDS
        fault = fault_of(err)
        FAULT.set(fault)
        self._alone.met(fault.cause, each=fault.missing_right, command=fault.command or None)


class _Storage(RedisStorage):
    """The library's storage in Redis, on our client, whatever kind of Redis that knows."""

    def __init__(self, redis: Redis) -> None:
        # The library wants to make its own client, which never connects.
        super().__init__("redis://", connection_pool=ConnectionPool(), key_prefix=KEY_PREFIX)
        self.storage = redis
        self.initialize_storage("")


def _counts(kind: Limit, operation: Operation, outcome: BaseException | None) -> bool:
    """Tell whether an attempt that ended like this (None: well) counts.

    A guess counts if upstream said no, whatever to: which part of a body it refused is not always told. A mail counts
    unless it is known that none was sent, and also where that would be hidden: else the limit would tell whose
    address is known. What was not known to be this operation's doing counts for nothing.
    """
    if isinstance(outcome, UpstreamError) and outcome.operation != operation.name:
        return False
    if isinstance(outcome, UpstreamNotAsked) and kind is not Limit.ROW:
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
        case Limit.ROW:
            return True


def _item(bucket: Bucket) -> RateLimitItem:
    return RateLimitItemPerSecond(bucket.rate.count, bucket.rate.window_seconds, namespace=bucket.kind.value.lower())


def _counted_address() -> str | None:
    return counted_address(CLIENT_ADDRESS.get())
