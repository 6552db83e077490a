"""One script as the most frequent request runs it: packed here, sent and read on a connection of the client's pool.

redis-py looks at each command for routing, retries, metrics and callbacks; a script that is read raw needs none of it.
What the pool and its connections do stays: idle ones are doubted, waits are bounded, errors are redis-py's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import NoScriptError

from bff.sessions.redis_cluster import cluster_of


class PreparedScript:
    """A Lua script, by its hash; Redis is sent the text where it does not know it."""

    def __init__(self, client: Redis, text: str, *, keys: int) -> None:
        """:param keys: how many there are at each call"""
        self._client = client
        self._text = text
        # Which node is asked, and whether another one is after all, is the client's business there.
        self._in_cluster: Script | None = client.register_script(text) if cluster_of(client) else None
        # Redis names scripts by it; it protects nothing.
        name = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._head = b"".join(_bulk(part) for part in (b"EVALSHA", name.encode(), b"%d" % keys))

    def __call__(self, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """Return what the script returns.

        :raises RedisError: as redis-py raises it
        """
        if self._in_cluster is not None:
            return self._in_cluster(keys=list(keys), args=list(args))
        parts = [part.encode() for part in keys] + [str(part).encode() for part in args]
        command = b"*%d\r\n%b%b" % (3 + len(parts), self._head, b"".join([_bulk(part) for part in parts]))
        try:
            return self._run(command)
        except NoScriptError:
            self._client.script_load(self._text)
            return self._run(command)

    def _run(self, command: bytes) -> Any:
        pool = self._client.connection_pool
        connection: Any = pool.get_connection()
        try:
            connection.send_packed_command([command], check_health=False)
            return connection.read_response()
        finally:
            pool.release(connection)


def _bulk(part: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(part), part)
