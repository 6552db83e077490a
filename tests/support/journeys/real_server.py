"""The shop as an operator runs it: `bff serve` in a process of its own, spoken to over bare sockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType

SERVE = ("-m", "bff.cli", "serve")
_PATIENCE_SECONDS = 60.0
_OURS = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, as it came."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated one the last."""
    set_cookies: tuple[str, ...]
    body: bytes


class RealServer:
    """Serves from the beginning of a `with` block to its end.

    :param environment: of the shop, less where it listens
    :param log: where its log goes
    :param command: what Python is to run; `bff serve` if not told
    :param port: where it listens, for whoever has to know before; a free one if not told
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        *,
        command: Sequence[str] = SERVE,
        port: int | None = None,
    ) -> None:
        self._command = command
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
            "BFF_WORKERS": "1",
            "BFF_THREADS": "4",
            "BFF_GRACEFUL_TIMEOUT": "2",
            **environment,
            "BFF_PUBLIC_URL": self.url,
            "BFF_BIND": f"127.0.0.1:{self.port}",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything that was logged so far."""
        return self._log.read_text()

    @property
    def host(self) -> bytes:
        """What belongs into `Host`."""
        return f"127.0.0.1:{self.port}".encode()

    @property
    def pid(self) -> int:
        """The server's own process, the master of its workers.

        :raises RuntimeError: the server does not run
        """
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """What the server has ended with; None: it runs."""
        return None if self._process is None else self._process.poll()

    def send(self, raw: bytes) -> bytes:
        """Send these bytes and nothing else; return what comes until the server hangs up or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE_SECONDS) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                # Who refuses a request may hang up before all of it has come.
                connection.sendall(raw)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            return all_of(connection)

    def ask(self, request_line: bytes, *headers: bytes, body: bytes = b"") -> Answer:
        """Send one request, with `Host` and `Connection: close` added, and read the answer."""
        lines = [request_line, b"Host: " + self.host, *headers, b"Connection: close"]
        return parsed(self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body))

    def __enter__(self) -> RealServer:
        with self._log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, *self._command], env=self._environment, stdout=file, stderr=file
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                if self.ask(b"GET /healthz HTTP/1.1").status == 200:
                    return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__(None, None, None)
                    raise AssertionError(f"the server does not start: {self.log}") from None
            time.sleep(0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE_SECONDS)


def parsed(raw: bytes) -> Answer:
    """Read the first answer out of what came."""
    answer = http.client.HTTPResponse(_Source(raw))  # type: ignore[arg-type]  # needs no more of a socket than `makefile`
    answer.begin()
    return Answer(
        status=answer.status,
        headers={name.lower(): value for name, value in answer.getheaders()},
        set_cookies=tuple(answer.headers.get_all("Set-Cookie") or ()),
        body=answer.read(),
    )


def all_of(connection: socket.socket) -> bytes:
    """Read until the other side hangs up."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        # It hung up on bytes it did not want to read; what it said before that counts.
        return received
    return received


class _Source:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._raw)
