"""A Redis client that counts how often it went to the server."""

from __future__ import annotations

from typing import Any

from redis import ConnectionPool, Redis


class CountingRedis:
    """One client, and its round trips: everything that is sent in one go counts as one."""

    def __init__(self, url: str) -> None:
        self.round_trips = 0
        pool = ConnectionPool.from_url(url)
        plain: Any = pool.connection_class
        counter = self

        class Counting(plain):  # type: ignore[misc]  # which class it is, the address decides
            def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
                counter.round_trips += 1
                super().send_packed_command(*args, **kwargs)

        pool.connection_class = Counting
        self.client = Redis(connection_pool=pool)
        self.client.ping()
        self.round_trips = 0

    def __enter__(self) -> CountingRedis:
        return self

    def __exit__(self, *details: object) -> None:
        self.client.close()
        self.client.connection_pool.disconnect()
