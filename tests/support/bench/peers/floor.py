"""The floor: a WSGI application that does nothing, under gunicorn, with as many threads as the program has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Final

from tests.support.bench.empty_app import BODY
from tests.support.bench.exchange import answers, free_ports
from tests.support.bench.peers.peer import FEW_REQUESTS, WORKERS, Asked, Instance, Surroundings, Target
from tests.support.bench.peers.program import usual_threads
from tests.support.bench.processes import running, wait_until
from tests.support.bench.programs import PROJECT
from tests.support.bench.upstream import Way
from tests.support.bench.wrk import Load

_KEEPALIVE_SECONDS: Final = "75"


class Floor:
    """An empty application under gunicorn."""

    name = "floor"
    warm_up_requests = FEW_REQUESTS

    def prepared(self) -> str:
        """Return gunicorn's version."""
        return f"empty application, gunicorn {version('gunicorn')} gthread, {usual_threads()} threads"

    @contextmanager
    def running(self, around: Surroundings, way: Way) -> Iterator[Instance]:
        """Run it."""
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", str(WORKERS)]
        command += ["--threads", str(usual_threads()), "--keep-alive", _KEEPALIVE_SECONDS]
        command += ["--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
        command += ["--bind", f"127.0.0.1:{port}", "tests.support.bench.empty_app:app"]
        url = f"http://127.0.0.1:{port}"
        # It stands for whoever has a session too: it is sent the same.
        load = Load(path="/api/me", headers={"Cookie": "bff-session=" + "c" * 43})
        target = Target(load=load, is_right=lambda answer: answer.status == 200 and answer.body == BODY)
        with running(command, around.folder / f"floor-{port}.log", os.environ, PROJECT) as group:
            wait_until(lambda: answers(url, "/"), group, self.name)
            yield Instance(name=self.name, url=url, group=group, targets={Asked.ME: target})
