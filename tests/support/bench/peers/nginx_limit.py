"""The limit: nginx reads the bearer from Redis by the cookie, in Lua, and passes the request on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis import Redis

from tests.support.bench.exchange import free_ports
from tests.support.bench.nginx import running_nginx, server_block
from tests.support.bench.peers.peer import CUSTOMER, FEW_REQUESTS, WORKERS, Instance, Surroundings, only_me
from tests.support.bench.programs import lua_modules, program, told
from tests.support.bench.redis_place import redis_password, redis_socket
from tests.support.bench.upstream import Way, bearer_of

_COOKIE: Final = "c" * 43


class NginxLimit:
    """nginx with Lua and Redis."""

    name = "nginx"
    warm_up_requests = FEW_REQUESTS

    def prepared(self) -> str:
        """Return nginx's version."""
        lua_modules()
        return told([program("nginx"), "-v"]).strip().rpartition(": ")[2] + " with Lua"

    @contextmanager
    def running(self, around: Surroundings, way: Way) -> Iterator[Instance]:
        """Run it, with a session in Redis."""
        (port,) = free_ports(1)
        words = {
            "port": port,
            "upstream_port": around.upstream.ports[way],
            "upstream_scheme": "https" if way.is_tls else "http",
            "certificate": around.upstream.authority.root,
            "redis_socket": redis_socket(around.redis),
            "redis_password": redis_password(around.redis),
        }
        with Redis.from_url(around.redis.url) as client:
            client.set(f"bench-nginx:{_COOKIE}", bearer_of(CUSTOMER))
        url = f"http://127.0.0.1:{port}"
        folder = around.folder / f"nginx-{port}"
        servers = server_block("peer.conf", words)
        with running_nginx(folder, servers, workers=WORKERS, probe=(url, "/healthz")) as group:
            yield Instance(name=self.name, url=url, group=group, targets=only_me(around, f"bench={_COOKIE}"))
