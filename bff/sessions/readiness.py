"""Whether sessions can be kept: a script that writes is run, at most once a second in each process.

A Redis that answers may still refuse what every request needs: a replica that only reads, a full one, a user who may
run no scripts. What is found is logged once for each change, and the first time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from bff.events import Event
from bff.log import Log
from bff.metrics.trouble import Trouble
from bff.sessions.redis_cluster import cluster_of
from bff.sessions.redis_errors import RedisFault, fault_of
from bff.sessions.redis_sentinel import SentinelPool
from bff.sessions.scripts import READY
from bff.sessions.stored_keys import PLAIN, StoredKey

EVERY_SECONDS: Final = 1.0
_KEY: Final = "bff:ready"
_COMMAND: Final = "evalsha"
_KEPT_MS: Final = 1000
STORED_KEYS = (
    StoredKey(
        key=_KEY,
        holds="one digit, to see that it can be written",
        cipher=PLAIN,
        lifetime="none: the script that writes it deletes it",
        commands=("evalsha", "set", "del"),
    ),
)


class Readiness:
    """What is known of Redis; remembers the last answer."""

    def __init__(
        self,
        client: Redis,
        log: Log,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._script = client.register_script(READY)
        self._host = place_of(client)
        self._log = log
        self.trouble = Trouble(
            log.emit, begun=Event.STORE_NOT_READY, over=Event.STORE_READY, host=self._host, monotonic=clock
        )
        """What requests have seen of Redis, too."""
        self._clock = clock
        self._sleep = sleep
        self._asking = threading.Lock()
        self._asks = 0
        self._asked_at = 0.0
        self._fault: RedisFault | None = None

    def check(self) -> RedisFault | None:
        """Return what is wrong with Redis; None: sessions can be kept.

        While one caller asks, others get what was found before. A failure is never told from memory: where the second
        is not over, its caller waits for the rest of it.
        """
        seen = self._asks
        if not self._asking.acquire(blocking=seen == 0):
            return self._fault
        try:
            if self._asks != seen:
                # Another caller asked while this one waited for the first answer.
                return self._fault
            rest = self._asked_at + EVERY_SECONDS - self._clock() if seen else 0.0
            if rest > 0 and self._fault is None:
                return None
            if rest > 0:
                self._sleep(rest)
            self._fault = self._ask()
            self._asks += 1
            self._asked_at = self._clock()
            self._log.emit(Event.STORE_LOOKED_AT, ready=self._fault is None, at=self._asked_at)
            self._tell(is_first=seen == 0)
            return self._fault
        finally:
            self._asking.release()

    def _ask(self) -> RedisFault | None:
        try:
            self._script(keys=[_KEY], args=[_KEPT_MS])
        except RedisError as error:
            return fault_of(error, _COMMAND)
        return None

    def _tell(self, *, is_first: bool) -> None:
        if self._fault is not None:
            self.trouble.met(self._fault.cause, each=self._fault.missing_right, command=self._fault.command)
        elif is_first:
            self._log.emit(Event.STORE_READY, host=self._host)
        else:
            self.trouble.passed()


def place_of(client: Redis) -> str:
    """Return where a client connects to, for the log: host and port or the socket's path, and no credentials."""
    if (cluster := cluster_of(client)) is not None:
        return cluster.place
    if isinstance(client.connection_pool, SentinelPool):
        return client.connection_pool.place
    known = client.connection_pool.connection_kwargs
    return str(known["path"]) if "path" in known else f"{known.get('host')}:{known.get('port')}"
