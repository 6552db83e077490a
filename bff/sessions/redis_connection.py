"""Clients of whatever kind of Redis is configured: one server, the primary that Sentinel names, or a Cluster."""

from __future__ import annotations

from typing import Any, Final, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.retry import Retry

from bff.config.redis_url import RedisAddress, RedisKind, address_of, place
from bff.config.settings import RedisSettings
from bff.sessions.redis_cluster import LateCluster
from bff.sessions.redis_doubt import ANSWER_SECONDS, CONNECT_SECONDS, MOST_IDLE_SECONDS, Doubted, Idleness
from bff.sessions.redis_sentinel import connect_by_sentinel

__all__ = ["ANSWER_SECONDS", "CONNECT_SECONDS", "MOST_IDLE_SECONDS", "Idleness", "connect_redis"]


class _Tcp(Doubted, Connection):
    pass


class _Tls(Doubted, SSLConnection):
    pass


class _Unix(Doubted, UnixDomainSocketConnection):
    pass


_KINDS: Final[dict[str, Any]] = {"redis": _Tcp, "rediss": _Tls, "unix": _Unix}


def connect_redis(settings: RedisSettings, idleness: Idleness | None = None) -> Redis:
    """Return a pooled client that gives up quickly: redis-py's own retries wait for seconds on a dead server.

    It connects when it is asked for something, not before. TCP keepalive is on, as redis-py has it by default.
    """
    url = settings.url.reveal()
    address, idleness = address_of(url), idleness or Idleness()
    if address.kind is RedisKind.SENTINEL:
        return connect_by_sentinel(address, place(url), idleness, tls_of(address, settings.ca))
    if address.kind is RedisKind.CLUSTER:
        # It has the methods of a client, though it is none by its class.
        return cast("Redis", LateCluster(address, place(url), tls_of(address, settings.ca)))
    return Redis.from_url(
        url,
        connection_class=_KINDS[url.partition("://")[0]],
        idleness=idleness,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **tls_of(address, settings.ca),
    )


def tls_of(address: RedisAddress, ca: str | None) -> dict[str, Any]:
    """Return what redis-py's connections need to know for TLS: certificate and name are always checked."""
    if not address.tls:
        return {}
    authority = {} if ca is None else {"ssl_ca_data": ca}
    return {"ssl_check_hostname": True, "ssl_cert_reqs": "required", **address.tls_files, **authority}
