"""The Node backend: Express, express-session on Redis and http-proxy-middleware, two processes by `cluster`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.bench.errors import BenchError
from tests.support.bench.exchange import ask, free_ports
from tests.support.bench.peers.peer import CUSTOMER, WORKERS, Instance, Surroundings, only_me, sign_in
from tests.support.bench.processes import running, wait_until
from tests.support.bench.programs import SCRIPTS, cache, install, program, told
from tests.support.bench.redis_place import redis_password, redis_socket
from tests.support.bench.upstream import Way, bearer_of

_SCRIPTS: Final = SCRIPTS / "node"
_INSTALL: Final = ("install", "--omit=dev", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")


class Node:
    """What a Node developer would write."""

    name = "node"
    # Measured: V8 compiles for so long, and a request costs a third after it.
    warm_up_requests = 10_000

    def prepared(self) -> str:
        """Fetch the libraries, and return Node's version and theirs."""
        installed()
        listed = json.loads((_SCRIPTS / "package.json").read_text(encoding="utf-8"))["dependencies"]
        libraries = ", ".join(f"{name} {version}" for name, version in listed.items())
        return f"Node {told([program('node'), '--version']).strip()}, {libraries}"

    @contextmanager
    def running(self, around: Surroundings, way: Way) -> Iterator[Instance]:
        """Run it, with a session that it has made itself."""
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "NODE_ENV": "production",
            "NODE_PATH": str(installed()),
            "NODE_EXTRA_CA_CERTS": str(around.upstream.authority.root),
            "PORT": str(port),
            "WORKERS": str(WORKERS),
            "REDIS_SOCKET": redis_socket(around.redis),
            "REDIS_PASSWORD": redis_password(around.redis),
            "UPSTREAM": around.upstream.url(way),
            "TOKEN": bearer_of(CUSTOMER),
            "SECRET": "a secret of the bench",
        }
        command = [program("node"), "server.js"]
        with running(command, around.folder / f"node-{port}.log", environment, _SCRIPTS) as group:
            wait_until(lambda: _refuses(url), group, self.name)
            cookie = sign_in(url, "/sign-in")
            yield Instance(name=self.name, url=url, group=group, targets=only_me(around, cookie))


def installed() -> Path:
    """Return the folder with the libraries, which are fetched once.

    :raises BenchError: Node or npm is missing, or npm fails
    """
    folder, npm = cache("node"), program("npm")
    shutil.copy(_SCRIPTS / "package.json", folder)
    install(folder, _SCRIPTS / "package.json", [npm, *_INSTALL])
    modules = folder / "node_modules"
    if not modules.is_dir():
        raise BenchError(f"npm has installed nothing in {folder}: remove that folder")
    return modules


def _refuses(url: str) -> bool:
    """Tell whether it is there, and asks for a session."""
    try:
        return ask(url, "/api/me").status == 401
    except OSError:
        return False
