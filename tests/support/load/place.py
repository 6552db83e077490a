"""Where a load test runs: `bff serve` with several workers, a Redis that keeps its data, the sandbox behind a proxy."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from bff.commands.demo import DEFAULTS, DEMO_SITE
from bff.sandbox.factory import Sandbox, create_sandbox
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.state import new_login
from tests.support.fakes.fault_proxy import FaultProxy
from tests.support.journeys.real_server import RealServer, free_port
from tests.support.load.notes import Keys, Sample
from tests.support.shop import KEY

IDLE_SECONDS: Final = 60
"""Of a session, so that a run sees its end."""
_TOKEN_SECONDS: Final = 180
"""So that tokens are renewed under load."""
_STARTING_SECONDS: Final = 30.0
_OF_SESSIONS: Final = frozenset({"web", "tokens", "device", "lock", "rate"})
"""What ends with a session; the index of a customer's sessions stays until the last one would have ended at most."""
_SID: Final = re.compile(r"\{[0-9a-f]{64}\}:")


class DurableRedis:
    """A context manager: Debian's server on a port of loopback, which writes down all it is told before it answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self._password = secrets.token_hex(16)
        self._folder = Path(tempfile.mkdtemp(prefix="bff-load-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @contextmanager
    def client(self) -> Iterator[Redis]:
        with Redis.from_url(self.url, socket_timeout=10) as client:
            yield client

    def start(self) -> None:
        config = self._folder / "redis.conf"
        config.write_text(
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {self._password}\ndir "{self._folder}"\nsave ""\n'
            "appendonly yes\nappendfsync everysec\ndaemonize no\nloglevel warning\n"
        )
        self._process = subprocess.Popen(["redis-server", str(config)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _STARTING_SECONDS
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except RedisError:
                assert time.monotonic() < deadline, "Redis does not start"
                time.sleep(0.02)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def takes_writes(self, yes: bool) -> None:
        with self.client() as client:
            client.config_set("min-replicas-to-write", "0" if yes else "1")

    def keys(self) -> Keys:
        """Count what there is by kind; `ended`, limits and known browsers are kept for a while on purpose."""
        sessions: Counter[str] = Counter()
        others: Counter[str] = Counter()
        endless = set()
        with self.client() as client:
            for raw in client.scan_iter(count=1000):
                kind = _kind(raw.decode())
                (sessions if kind in _OF_SESSIONS else others)[kind] += 1
                if client.ttl(raw) == -1:
                    endless.add(kind)
        return Keys(sessions=dict(sessions), others=dict(others), endless=tuple(sorted(endless)))

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def __enter__(self) -> DurableRedis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _kind(name: str) -> str:
    rest = name.removeprefix("bff:")
    return (_SID.sub("", rest) if _SID.match(rest) else rest).split(":")[0]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Everything a run needs."""

    server: RealServer
    redis: DurableRedis
    proxy: FaultProxy
    sandbox: Sandbox

    def workers(self) -> list[int]:
        pid = self.server.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def restock(self) -> None:
        """Put back what was sold, and forget what was asked: a run sells more than the sandbox has."""
        with self.sandbox.state.lock:
            self.sandbox.shops.of(self.sandbox.settings.tenant).sold.clear()
        self.sandbox.recorder.clear()

    def sample(self, at: float) -> Sample:
        taken = {pid: taken_by(pid) for pid in self.workers()}
        return Sample(at=at, master=taken_by(self.server.pid), workers={pid: one for pid, one in taken.items() if one})


def taken_by(pid: int) -> int:
    """Return what a process takes in memory, in kilobytes; 0: it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def email_of(number: int) -> str:
    return f"{mark_of(number)}@example.com"


def mark_of(number: int) -> str:
    """Return what stands in everything that is one shopper's."""
    return f"load-{number:04}"


PASSWORD: Final = "Harbour-Load-52"


@contextmanager
def place(shoppers: int, log: Path) -> Iterator[Place]:
    """Start everything, with so many shoppers who have an account."""
    with ExitStack() as stack:
        settings = SandboxSettings(customer_access_seconds=_TOKEN_SECONDS, anonymous_access_seconds=_TOKEN_SECONDS)
        sandbox = create_sandbox(settings)
        for number in range(shoppers):
            _add(sandbox, number)
        upstream = stack.enter_context(SandboxServer(sandbox.app))
        proxy = stack.enter_context(FaultProxy(upstream.url))
        redis = stack.enter_context(DurableRedis())
        server = stack.enter_context(RealServer(_environment(proxy, redis), log))
        yield Place(server=server, redis=redis, proxy=proxy, sandbox=sandbox)


def _environment(proxy: FaultProxy, redis: DurableRedis) -> Mapping[str, str]:
    return {
        **DEMO_SITE,
        "EMPORIX_TENANT": "demoshop",
        "EMPORIX_CLIENT_ID": "demo-storefront",
        "EMPORIX_API_URL": proxy.url,
        "EMPORIX_CONNECT_TIMEOUT": "1",
        "EMPORIX_READ_TIMEOUT": "6",
        "REDIS_URL": redis.url,
        "BFF_SECRET_KEYS": KEY,
        "BFF_STOREFRONT": DEFAULTS["BFF_STOREFRONT"],
        "BFF_WORKERS": "2",
        "BFF_THREADS": "32",
        "BFF_GRACEFUL_TIMEOUT": "15",
        "BFF_SESSION_IDLE": str(IDLE_SECONDS),
        "BFF_ANONYMOUS_IDLE": str(IDLE_SECONDS),
        # Each visitor has an address, as behind an operator's proxy; the limits are the defaults.
        "BFF_TRUSTED_PROXIES": "1",
        "BFF_LOG_LEVEL": "warning",
    }


def _add(sandbox: Sandbox, number: int) -> None:
    mark, email = mark_of(number), email_of(number)
    customer = sandbox.state.add_customer(
        tenant=sandbox.settings.tenant,
        email=email,
        document={
            "firstName": mark,
            "lastName": "Shopper",
            "contactEmail": email,
            "preferredLanguage": "en_US",
            "preferredCurrency": "EUR",
            "preferredSite": "main",
        },
        logins=[new_login(email, password=PASSWORD)],
    )
    home = {"contactName": mark, "street": "Platz", "zipCode": "11011", "city": "Berlin", "country": "DE"}
    sandbox.state.add_address(customer, {**home, "tags": ["BILLING", "SHIPPING"]}, is_default=True)
