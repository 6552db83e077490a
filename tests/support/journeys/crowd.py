"""Many requests at once to a server in processes of its own: what became of each, and which of its workers had it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.support.journeys.real_server import RealServer, all_of, parsed
from tests.support.patience import eventually

PATIENCE_SECONDS = 120.0
NOBODY = "00000000"
"""Whom upstream takes a guest for."""
PATIENT = """
from bff.sessions import redis_connection

# A busy machine takes its time from where a command is held to where its process is killed.
redis_connection.ANSWER_SECONDS = 60.0

from bff.cli import main

raise SystemExit(main(["serve"]))
"""
"""Serves as `bff serve` does, with much patience for Redis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one request."""

    status: int
    """0: nothing came back, or not all of it."""
    content: dict[str, Any] = field(default_factory=dict)
    retry_after: str | None = None
    port: int = 0
    """Where it came from; 0: nobody listened."""

    @property
    def type(self) -> str | None:
        """Which refusal it is."""
        told = self.content.get("type")
        return told if isinstance(told, str) else None

    @property
    def word(self) -> tuple[int, str | None]:
        """The status, and whose profile it is or which refusal."""
        return self.status, self.type or self.content.get("id")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A browser of a server: its cookie and CSRF token do not change."""

    server: RealServer
    cookie: str
    csrf: str | None = None

    def ask(self, method: str, path: str, body: object = None) -> Outcome:
        """Send one request on a connection of its own."""
        sent = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.server.host.decode()}",
            f"Cookie: bff-session={self.cookie}",
        ]
        lines += [f"X-CSRF-Token: {self.csrf}"] if self.csrf and method != "GET" else []
        lines += ["Content-Type: application/json", f"Content-Length: {len(sent)}"] if method != "GET" else []
        raw = "\r\n".join([*lines, "Connection: close", "", ""]).encode() + sent
        try:
            connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_SECONDS)
        except ConnectionError:
            return Outcome(status=0)
        with connection:
            # It may have come, and gone, before it is asked for its name.
            port = 1
            with suppress(OSError):
                port = connection.getsockname()[1]
            with suppress(ConnectionError):
                connection.sendall(raw)
            try:
                answer = parsed(all_of(connection))
            except (HTTPException, ConnectionError):
                return Outcome(status=0, port=port)
        content = json.loads(answer.body) if answer.body else {}
        return Outcome(status=answer.status, content=content, retry_after=answer.headers.get("retry-after"), port=port)

    def ask_on(self, kept: HTTPConnection, method: str, path: str, body: object = None) -> Outcome:
        """Send one request on a connection that is kept, and close that where no whole answer comes."""
        headers = {"Cookie": f"bff-session={self.cookie}", "Content-Type": "application/json"}
        headers |= {"X-CSRF-Token": self.csrf} if self.csrf and method != "GET" else {}
        port = 0
        try:
            if kept.sock is None:
                kept.connect()
            port = kept.sock.getsockname()[1]
            kept.request(method, path, None if body is None else json.dumps(body), headers)
            answer = kept.getresponse()
            content = answer.read()
        except (HTTPException, ConnectionError):
            kept.close()
            return Outcome(status=0, port=port)
        return Outcome(status=answer.status, content=json.loads(content) if content else {}, port=port)

    def at_once(self, times: int, path: str = "/api/me") -> list[Outcome]:
        """Ask so many times at the same moment."""
        start = threading.Barrier(times)

        def one() -> Outcome:
            start.wait(PATIENCE_SECONDS)
            return self.ask("GET", path)

        with ThreadPoolExecutor(times) as pool:
            return [asked.result() for asked in [pool.submit(one) for _ in range(times)]]


@dataclass
class Load:
    """Callers who read their profile and change it, one request after the other, until they are told to stop."""

    callers: list[Caller]
    outcomes: list[Outcome] = field(default_factory=list)
    closed: list[Outcome] = field(default_factory=list)
    """Those that met the end of a connection that had been kept for them: who sends them again must be free to."""
    reads: int = 0
    """That were answered well."""
    writes: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it inside the block, from when each caller has been answered once."""
        threads = [threading.Thread(target=self._go_on, args=(one,)) for one in self.callers]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: len(self.outcomes) >= 2 * len(self.callers))
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def goes_on(self) -> None:
        """Wait until as many more requests as there are callers have been answered."""
        so_far = len(self.outcomes)
        eventually(lambda: len(self.outcomes) >= so_far + 2 * len(self.callers))

    @property
    def refused(self) -> list[Outcome]:
        """Those that were answered, and not well."""
        return [one for one in self.outcomes if one.status not in (0, 200, 204)]

    @property
    def lost(self) -> list[Outcome]:
        """Those that got no whole answer."""
        return [one for one in self.outcomes if one.status == 0]

    def _go_on(self, caller: Caller) -> None:
        """Every other caller keeps its connection, as a proxy does."""
        kept = HTTPConnection("127.0.0.1", caller.server.port, timeout=PATIENCE_SECONDS)
        keeps = self.callers.index(caller) % 2 == 0
        number = 0
        while not self._over.is_set():
            number += 1
            is_write = number % 4 == 0
            what = ("PATCH", "/api/me", {"contactPhone": "+49 30 901820"}) if is_write else ("GET", "/api/me")
            was_kept = keeps and kept.sock is not None
            outcome = caller.ask_on(kept, *what) if keeps else caller.ask(*what)
            with self._guard:
                (self.closed if was_kept and outcome.status == 0 else self.outcomes).append(outcome)
                self.writes += is_write and outcome.status in (200, 204)
                self.reads += not is_write and outcome.status == 200
            if outcome.status == 0 and outcome.port == 0:
                # Nobody listens any more.
                break
        kept.close()


def workers_of(server: RealServer) -> set[int]:
    """Return the ids of the worker processes."""
    return {int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()}


def ports_at(pid: int, server: RealServer) -> set[int]:
    """Return from which ports those have come whose connections a worker has."""
    inodes = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            inodes.add(str(file.readlink()))
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if int(parts[1].split(":")[1], 16) == server.port and f"socket:[{parts[9]}]" in inodes:
            ports.add(int(parts[2].split(":")[1], 16))
    return ports - {0}
