"""One of several processes that use the same sessions at the same moment: `race_worker REQUESTS [no-lock]`.

Reads a cookie a line from standard input, sends that many requests with it at once, and prints what came of them as a
line of JSON. `no-lock` takes the session lock out, to show what it is there for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from bff.config.settings import Settings
from bff.factory import Bff, create_app
from bff.sessions.cookie import SessionCookie
from bff.sessions.redis_connection import connect_redis
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.store import Lease
from bff.wiring import build_services

PUBLIC_URL = "http://127.0.0.1:8000"


class NoLease:
    def renew(self) -> None:
        return None


class UnlockedStore(RedisSessionStore):
    """The session store without its lock."""

    @contextmanager
    def lock(self, cookie: SessionCookie, *, lease_seconds: float, wait_seconds: float) -> Iterator[Lease]:
        yield NoLease()


def build(settings: Settings, *, locked: bool) -> Bff:
    services = build_services(settings)
    if not locked:
        store = UnlockedStore(connect_redis(settings.redis), services.ring, services.log)
        services = build_services(settings, store=store)
    return create_app(settings, services)


def ask(app: Bff, cookie: str, start: Barrier) -> tuple[int, Any]:
    client = app.test_client()
    client.set_cookie("bff-session", cookie, domain="127.0.0.1")
    start.wait()
    answer = client.get("/api/me", base_url=PUBLIC_URL)
    body = answer.get_json()
    return answer.status_code, body.get("type") or body.get("id")


def main(requests: int, *, locked: bool) -> None:
    app = build(Settings.from_env(os.environ), locked=locked)
    with ThreadPoolExecutor(requests) as pool:
        for line in sys.stdin:
            start = Barrier(requests)
            waiting = [pool.submit(ask, app, line.strip(), start) for _ in range(requests)]
            print(json.dumps([one.result() for one in waiting]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), locked="no-lock" not in sys.argv)
