"""What a served shop logs of Redis when a worker starts."""

from __future__ import annotations

import json
from pathlib import Path

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.journeys.raw_site import run_site
from tests.support.journeys.real_server import RealServer
from tests.support.shop import ShopMaker


def told(server: RealServer) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in server.log.splitlines()]
    fields = ("event", "cause", "command", "host")
    return [
        {name: line[name] for name in fields if name in line}
        for line in lines
        if str(line["event"]).startswith("store_")
    ]


def test_worker_tells_once_that_sessions_can_be_kept(redis_server: EmbeddedRedis, tmp_path: Path) -> None:
    with run_site(redis_server, tmp_path / "log") as site:
        assert site.server.ask(b"GET /readyz HTTP/1.1").status == 200
        assert told(site.server) == [{"event": "store_ready", "host": str(redis_server.folder / "redis.sock")}]


def test_worker_tells_that_they_cannot_and_serves(make_shop: ShopMaker, tmp_path: Path) -> None:
    url = "redis://somebody:canary-password@127.0.0.1:1"
    with RealServer(make_shop.environment("http://127.0.0.1:1", REDIS_URL=url), tmp_path / "log") as server:
        assert server.ask(b"GET /readyz HTTP/1.1").status == 503
        expected = {"event": "store_not_ready", "cause": "connection", "command": "evalsha", "host": "127.0.0.1:1"}
        assert told(server) == [expected]
        assert "canary-password" not in server.log
