"""A lock in Redis, across processes: whoever holds it for longer than its lease may have lost it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from bff.errors import SessionStoreUnavailable
from bff.events import Event
from bff.log import Log
from bff.sessions.redis_errors import fault_of, translate_redis_errors
from bff.sessions.store import Lease, LockBusy

_POLL_SECONDS = 0.05


@contextmanager
def held(client: Redis, name: str, log: Log, *, lease_seconds: float, wait_seconds: float) -> Iterator[Lease]:
    """Hold the lock of that name; it ends by itself when its lease does.

    :raises LockBusy: not to be had within `wait_seconds`
    :raises SessionStoreUnavailable: Redis does not answer
    """
    lock = Lock(client, name, timeout=lease_seconds, sleep=_POLL_SECONDS, blocking_timeout=wait_seconds)
    if not translate_redis_errors(lock.acquire):
        raise LockBusy
    try:
        yield _RedisLease(lock)
    except SessionStoreUnavailable:
        # Asking a dead server once more would only make the visitor wait twice; the lease ends by itself.
        raise
    except BaseException:
        _release(lock, log)
        raise
    _release(lock, log)


def _release(lock: Lock, log: Log) -> None:
    try:
        lock.release()
    except (LockError, RedisError) as err:
        # It ends by itself when its lease does; the work under it is done either way.
        reason = type(err).__name__ if isinstance(err, LockError) else str(fault_of(err))
        log.emit(Event.LOCK_NOT_RELEASED, reason=reason)


class _RedisLease:
    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def renew(self) -> None:
        """Hold the lock for a full term from now."""
        try:
            self._lock.reacquire()
        except LockError:
            raise LockBusy from None
        except RedisError as err:
            raise SessionStoreUnavailable(str(fault_of(err))) from err
