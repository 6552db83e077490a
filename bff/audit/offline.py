"""Services without a session store and without upstream, so that the audit changes nothing.

Everything is as `serve` would build it from the same settings, but for the two connections, which are never made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from redis import ConnectionPool, Redis
from redis.connection import Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from bff.config.settings import Settings
from bff.sessions.readiness import Readiness
from bff.transport import HttpResponse, NotConnected, Transport
from bff.wiring import Services, build_services

_NO = "the audit makes no connection"


class _NoConnection(Connection):
    def connect(self) -> None:
        """Raise `RedisConnectionError`, always."""
        raise RedisConnectionError(_NO)


class _NoTransport(Transport):
    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
        most_idle_seconds: float = 0,
        repeatable: bool = False,
        max_body_bytes: int | None = None,
        wanted_headers: Collection[str] = (),
    ) -> HttpResponse:
        """Raise `NotConnected`, always."""
        raise NotConnected(_NO)


def offline_services(settings: Settings) -> Services:
    """Build the services that a configuration describes, with a store and an upstream that cannot be reached."""
    services = build_services(
        settings,
        redis=Redis(connection_pool=ConnectionPool(connection_class=_NoConnection)),
        transport=_NoTransport(settings.emporix.api_url, connections=1, max_body_bytes=1),
    )
    # A failure is otherwise told once a second, and who asks waits for that second.
    return replace(services, readiness=Readiness(services.redis, services.log, sleep=lambda seconds: None))
