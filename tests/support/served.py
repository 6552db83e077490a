"""A server with our worker, or with gunicorn's own, and a small application."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bff.commands.serve import Prepared, Server
from bff.config.settings import Settings
from tests.support.journeys.real_server import all_of, free_port

THREADS = 4
PATIENCE_SECONDS = 5.0
"""Half of what a slow client has, and far more than an answer takes."""

PROGRAM = """
import json, os, sys
from bff.commands import serve, worker
from bff.config.settings import Settings

for name, value in json.loads(os.environ["CHANGES"]).items():
    setattr(worker, name, value)
if os.environ["WORKER"] == "gthread":
    serve.WholeRequestWorker = "gthread"

def make_app(settings):
    def app(environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/large":
            body = b"x" * int(environ["QUERY_STRING"])
        elif path == "/unread":
            body = b"unread"
        else:
            told = {name: environ.get(name) for name in ("REQUEST_METHOD", "QUERY_STRING", "HTTP_COOKIE", "HTTP_X_A")}
            body = json.dumps({**told, "body": environ["wsgi.input"].read().decode("latin-1")}).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    return app

def prepare():
    settings = Settings.from_env(os.environ)
    return serve.Prepared(settings=settings, make_app=lambda counts: make_app(settings))

serve.Server(prepare).run()
"""


def environment(**changes: str) -> dict[str, str]:
    return {
        "EMPORIX_TENANT": "myshop",
        "EMPORIX_CLIENT_ID": "key",
        "REDIS_URL": "redis://localhost",
        "BFF_PUBLIC_URL": "https://shop.example.com",
        "BFF_SECRET_KEYS": "A" * 43,
        "BFF_WORKERS": "1",
        "BFF_THREADS": "4",
        "BFF_GRACEFUL_TIMEOUT": "5",
        **changes,
    }


def server_of(settings: Settings) -> Server:
    """Return a server that is not started, with an application that says nothing."""
    return Server(lambda: Prepared(settings=settings, make_app=lambda counts: lambda environ, start_response: []))


class Served:
    """A server of ours (or gunicorn's own, to compare with) with four threads."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
        self.process = process
        self.port = port
        self.errors = errors

    def open(self, data: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(data)
        return connection

    def send(self, *pieces: bytes, end: bool = True) -> bytes:
        """Send in pieces, say that no more will come, and return what comes back."""
        with self.open() as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                # Who refuses a request may hang up before all of it has come.
                for piece in pieces:
                    connection.sendall(piece)
            if end:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
            return all_of(connection)

    def answers_within(self, seconds: float) -> bool:
        with self.open(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
            connection.settimeout(seconds)
            try:
                return connection.recv(64).startswith(b"HTTP/1.1 200")
            except TimeoutError:
                return False


@contextmanager
def serving(folder: Path, *, kind: str = "ours", **changes: float) -> Iterator[Served]:
    port, errors = free_port(), folder / f"errors-{kind}"
    variables = environment(BFF_BIND=f"127.0.0.1:{port}", BFF_THREADS=str(THREADS), BFF_GRACEFUL_TIMEOUT="30")
    variables |= {"CHANGES": json.dumps(changes), "WORKER": kind}
    with (
        errors.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **variables}, stderr=file, stdout=file
        ) as process,
    ):
        server = Served(process, port, errors)
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    assert server.answers_within(60)
                    break
                except OSError:
                    assert process.poll() is None, errors.read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
            yield server
        finally:
            # Not SIGTERM, which waits for connections that are still open.
            process.send_signal(signal.SIGQUIT)


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /?a=b HTTP/1.1\r\nHost: x\r\n\r\n"
