"""`Server` around an application that says which process answers: with an environment and sockets as a test wants."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.served import environment

PROGRAM = """
import os, sys, time
from bff.commands.serve import Prepared, Server
from bff.config.settings import Settings

def make_app(counts):
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.02)
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            print("slow has begun", file=sys.stderr, flush=True)
            time.sleep(float(environ["QUERY_STRING"]))
        if environ["PATH_INFO"] == "/held":
            print("held has begun", file=sys.stderr, flush=True)
            while not os.path.exists(os.environ["GATE"]):
                time.sleep(0.02)
        body = str(os.getpid()).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    return app

def prepare():
    return Prepared(settings=Settings.from_env(os.environ), make_app=make_app)

Server(prepare).run()
"""
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What a socket unit does: the socket is the file 3, and the process is the one that was named."""
PATIENCE_SECONDS = 60.0


class SmallServer:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, gate: Path) -> None:
        self.process = process
        self.gate = gate
        """While this file is away, no worker gets done with starting, nor with an answer to /held."""
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was logged, in JSON."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def told(self, text: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if text in str(line.get("message"))]

    @property
    def workers(self) -> set[int]:
        pid = self.process.pid
        return {int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def ends(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def small_server(
    folder: Path, *, bind: str, inherited: int | None = None, variables: Mapping[str, str] | None = None
) -> Iterator[SmallServer]:
    """Start one.

    :param inherited: a listening socket's file descriptor, to hand over as systemd does
    """
    log, gate = folder / "small-server-log", folder / "gate"
    gate.touch()
    command: Sequence[str] = [sys.executable, "-c", PROGRAM]
    if inherited is not None:
        command = [sys.executable, "-c", AS_SYSTEMD, str(inherited), *command]
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command,
            env={**os.environ, **environment(BFF_BIND=bind), "GATE": str(gate), **(variables or {})},
            stdout=file,
            stderr=file,
            pass_fds=() if inherited is None else (inherited,),
        ) as process,
    ):
        try:
            yield SmallServer(process, log, gate)
        finally:
            # Not SIGTERM, which waits for connections that are still open.
            process.send_signal(signal.SIGQUIT)


def asked(port: int, target: str = "/") -> bytes:
    """Ask over a new connection, also while the server is starting."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", target)
            return connection.getresponse().read()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        finally:
            connection.close()
