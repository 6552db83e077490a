"""Where the bench's Redis answers, in pieces, for peers that do not take a URL."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from bff.commands.embedded_redis import EmbeddedRedis


def redis_socket(redis: EmbeddedRedis) -> str:
    """Return the path of its unix socket."""
    return unquote(urlsplit(redis.url).path)


def redis_password(redis: EmbeddedRedis) -> str:
    """Return what it asks for."""
    return parse_qs(urlsplit(redis.url).query)["password"][0]
