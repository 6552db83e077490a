"""A user of Redis with the rights that a test gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis

USER, PASSWORD = "shopkeeper", "canary-of-the-acl-user"


def url_of(server: EmbeddedRedis, password: str = PASSWORD) -> str:
    """Return the address of a server, for the user."""
    path = quote(server.url.partition("://")[2].partition("?")[0])
    return f"unix://{path}?username={USER}&password={password}"


@contextmanager
def user(redis: Redis, server: EmbeddedRedis, *rules: str) -> Iterator[Redis]:
    """Make the user, and give a client of theirs."""
    redis.execute_command("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *rules)  # type: ignore[no-untyped-call]  # redis-py has no types here
    try:
        with Redis.from_url(url_of(server)) as client:
            yield client
    finally:
        redis.execute_command("ACL", "DELUSER", USER)  # type: ignore[no-untyped-call]  # as above
