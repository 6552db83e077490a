"""The usual Flask: Flask-Session on Redis, `requests.get` for each request, gunicorn's sync workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.bench.exchange import answers, free_ports
from tests.support.bench.peers.peer import CUSTOMER, FEW_REQUESTS, WORKERS, Instance, Surroundings, only_me, sign_in
from tests.support.bench.processes import running, wait_until
from tests.support.bench.programs import SCRIPTS, cache, install
from tests.support.bench.upstream import Way, bearer_of

_LISTED: Final = SCRIPTS / "flask" / "requirements.txt"


class UsualFlask:
    """What a Flask developer would write first."""

    name = "flask"
    warm_up_requests = FEW_REQUESTS

    def prepared(self) -> str:
        """Fetch its libraries, and return their versions."""
        installed()
        return ", ".join(line.replace("==", " ") for line in _LISTED.read_text(encoding="utf-8").split()) + ", sync"

    @contextmanager
    def running(self, around: Surroundings, way: Way) -> Iterator[Instance]:
        """Run it, with a session that it has made itself."""
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "REDIS_URL": around.redis.url,
            "UPSTREAM": around.upstream.url(way),
            "TOKEN": bearer_of(CUSTOMER),
            "REQUESTS_CA_BUNDLE": str(around.upstream.authority.bundle),
        }
        command = [str(installed()), "-m", "gunicorn", "--worker-class", "sync", "--workers", str(WORKERS)]
        command += ["--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
        command += ["usual:create_app()"]
        with running(command, around.folder / f"flask-{port}.log", environment, SCRIPTS / "flask") as group:
            wait_until(lambda: answers(url, "/healthz"), group, self.name)
            cookie = sign_in(url, "/sign-in")
            yield Instance(name=self.name, url=url, group=group, targets=only_me(around, cookie))


def installed() -> Path:
    """Return the Python of an environment of its own, whose libraries are fetched once.

    :raises BenchError: it cannot be made, or pip fails
    """
    folder = cache(f"flask-{sys.implementation.cache_tag}")
    python = folder / "venv" / "bin" / "python"
    make = [sys.executable, "-m", "venv", "--clear", str(folder / "venv")]
    fill = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(_LISTED)]
    install(folder, _LISTED, make, fill)
    return python
