"""Counts what visitors without a session ask for, by their address: for all processes in Redis, or for this one alone.

It is the limit per session for those who have none, and counts as that one does: requests since the window began. A key
holds the address only as a hash under the newest server key.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from bff.config.settings import Rate
from bff.crypto import KeyRing
from bff.errors import TooManyAttempts
from bff.events import Event
from bff.log import SHOWN_OF_A_HASH, Log
from bff.sessions.prepared_script import PreparedScript
from bff.sessions.redis_errors import FAULT, fault_of
from bff.sessions.scripts import COUNT
from bff.sessions.stored_keys import PLAIN, StoredKey

STORED_KEYS = (
    StoredKey(
        key="bff:reads:<hash>",
        holds="how often an address has asked without a session, in the window at hand",
        cipher=f"{PLAIN}; whose requests they are is an HMAC-SHA-256 under a server key",
        lifetime="the window of BFF_RATE_LIMIT_API",
        commands=("evalsha", "set", "incr", "pttl"),
    ),
)
_REDIS_AGAIN_SECONDS: Final = 5.0
_MOST_ADDRESSES: Final = 10_000
"""That one process counts by itself, at some 200 bytes each."""


class AddressCounts:
    """Counts against one limit; safe for threads, made once a process."""

    def __init__(
        self,
        client: Redis,
        ring: KeyRing,
        log: Log,
        limit: Rate | None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what it works with.

        :param limit: None: nothing is counted
        """
        self._ring = ring
        self._log = log
        self._limit = limit
        self._monotonic = monotonic
        self._script = PreparedScript(client, COUNT, keys=1)
        self._redis_again_at = -math.inf
        self._lock = threading.Lock()
        self._here: dict[str, tuple[float, int]] = {}
        self._here_instead: dict[str, tuple[float, int]] = {}

    def count_here(self, address: str | None) -> None:
        """Count what costs upstream nothing, in this process alone; None: there is no address to count.

        :raises TooManyAttempts: the limit is used up
        """
        if self._limit is not None and address is not None:
            self._judge(address, *self._counted(self._here, address, self._limit))

    def count(self, address: str | None) -> None:
        """Count what upstream is asked for, for all processes; in this one alone where Redis does not answer.

        :raises TooManyAttempts: the limit is used up
        """
        limit = self._limit
        if limit is None or address is None:
            return
        used = self._counted_in_redis(address, limit) or self._counted(self._here_instead, address, limit)
        self._judge(address, *used)

    def _counted_in_redis(self, address: str, limit: Rate) -> tuple[int, float] | None:
        if self._monotonic() < self._redis_again_at:
            return None
        try:
            used, left_ms = self._script([f"bff:reads:{self._name(address)}"], [limit.window_seconds])
        except RedisError as err:
            # Requests must not wait for it in turn.
            self._redis_again_at = self._monotonic() + _REDIS_AGAIN_SECONDS
            FAULT.set(fault_of(err))
            return None
        return used, max(left_ms, 0) / 1000

    def _counted(self, counts: dict[str, tuple[float, int]], address: str, limit: Rate) -> tuple[int, float]:
        """Return how often it was, this time included, and the seconds until the window is over."""
        now = self._monotonic()
        with self._lock:
            ends, used = counts.get(address, (0.0, 0))
            if now >= ends:
                ends, used = now + limit.window_seconds, 0
                if len(counts) >= _MOST_ADDRESSES:
                    self._make_room(counts, now)
            counts[address] = ends, used + 1
        return used + 1, ends - now

    def _make_room(self, counts: dict[str, tuple[float, int]], now: float) -> None:
        over = [address for address, (ends, _) in counts.items() if now >= ends]
        for address in over or list(counts)[: _MOST_ADDRESSES // 2]:
            del counts[address]

    def _judge(self, address: str, used: int, left_seconds: float) -> None:
        if self._limit is None or used <= self._limit.count:
            return
        self._log.emit(Event.LIMIT_REACHED, limit="api", per="address")
        if used == self._limit.count + 1:
            # The first one only: a flood must not fill the log.
            self._log.audit(
                Event.RATE_LIMITED, limit="api", per="address", address=self._name(address)[:SHOWN_OF_A_HASH]
            )
        raise TooManyAttempts(max(1, math.ceil(left_seconds)))

    def _name(self, address: str) -> str:
        # As the other limits name it in the audit log: one address is one word there.
        return self._ring.newest.name(b"limit-address", json.dumps([address]))
