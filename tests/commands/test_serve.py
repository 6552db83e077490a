"""gunicorn as this project runs it: real processes, a small application."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.commands.serve import RequestTextFilter, options
from bff.config.settings import Settings
from tests.support.patience import eventually
from tests.support.served import environment, server_of
from tests.support.small_server import asked, small_server

PROGRAM = """
import json, os, sys, time
from bff.commands.serve import Prepared, Server
from bff.config.settings import Settings

def make_app(settings):
    master = os.getppid()
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("https://upstream/logout?accessToken=hunter2")
        if environ["PATH_INFO"] == "/slow":
            print("slow has begun", file=sys.stderr, flush=True)
            time.sleep(1)
        body = json.dumps({k: v for k, v in environ.items() if isinstance(v, (str, bool))} | {"master": master})
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body.encode()]
    return app

def prepare():
    settings = Settings.from_env(os.environ)
    return Prepared(settings=settings, make_app=lambda counts: make_app(settings))

Server(prepare).run()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    def __init__(self, process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
        self.process = process
        self.port = port
        self.errors = errors

    def get(self, target: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", target, headers=headers or {})
            reply = connection.getresponse()
            body = reply.read()
            return reply.status, json.loads(body) if reply.status == 200 else {}
        finally:
            connection.close()

    def send(self, raw: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(raw)
            reply = b""
            while part := connection.recv(4096):
                reply += part
            return reply

    def end(self) -> str:
        self.process.terminate()
        assert self.process.wait(20) == 0
        return self.errors.read_text()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    port, errors = free_port(), tmp_path / "errors"
    variables = environment(BFF_BIND=f"127.0.0.1:{port}", BFF_LOG_LEVEL="debug")
    # What would change gunicorn's own defaults must not change ours.
    foreign = {
        "GUNICORN_CMD_ARGS": "--access-logfile=-",
        "FORWARDED_ALLOW_IPS": "*",
        "WEB_CONCURRENCY": "7",
        "SCRIPT_NAME": "/evil",
    }
    with (
        errors.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **foreign, **variables}, stderr=file, stdout=file
        ) as process,
    ):
        server = Running(process, port, errors)
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            process.terminate()


def wait_until_it_answers(server: Running) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.get("/")
        except OSError:
            assert server.process.poll() is None, server.errors.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def test_application_is_built_in_each_worker(running: Running) -> None:
    status, seen = running.get("/x?y=1")
    assert status == 200
    assert seen["master"] == running.process.pid
    assert (seen["wsgi.multithread"], seen["QUERY_STRING"]) == (True, "y=1")


def test_forwarded_headers_change_nothing(running: Running) -> None:
    _, seen = running.get(
        "/",
        {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-SSL": "on",
            "X-Forwarded-Protocol": "ssl",
            "Script_Name": "/evil",
            "Script-Name": "/evil",
            "X-Forwarded-For": "203.0.113.9",
        },
    )
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["SCRIPT_NAME"] == ""
    assert seen["REMOTE_ADDR"] == "127.0.0.1"


def test_no_log_line_holds_what_a_request_brought(running: Running) -> None:
    assert running.get("/signup/optin?token=hunter2")[0] == 200
    assert running.get("/broken?token=hunter2")[0] == 500
    for raw in (
        b"GET /x?token=hunter2 with spaces HTTP/1.1\r\n\r\n",
        b"GET /x?token='hunter2 HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: __Host-session=hunter2\r\n folded=hunter2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nhunter2 hunter2: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: hunter2\r\n\r\n",
    ):
        assert running.send(raw).startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(b"GET /x?token=hunter2")
    running.get("/")
    logged = running.end()
    assert "Invalid request from ip=127.0.0.1" in logged
    assert "Error handling request" in logged
    assert "hunter2" not in logged
    assert 'HTTP/1.1" 200' not in logged  # an access log


def test_request_that_runs_is_finished_before_the_end(running: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        connection.request("GET", "/slow")
        deadline = time.monotonic() + 30
        while "slow has begun" not in running.errors.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.process.send_signal(signal.SIGTERM)
        assert connection.getresponse().status == 200
    finally:
        connection.close()
    assert running.process.wait(20) == 0


def test_end_waits_for_a_request_no_longer_than_it_is_told(tmp_path: Path) -> None:
    port = free_port()
    with small_server(tmp_path, bind=f"127.0.0.1:{port}", variables={"BFF_GRACEFUL_TIMEOUT": "1"}) as server:
        asked(port)
        endless = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        endless.request("GET", "/slow?600")
        eventually(lambda: "slow has begun" in server.log)
        assert server.ends() == 0
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            endless.getresponse()
        endless.close()


def test_log_lines_are_those_of_the_applications_log(running: Running) -> None:
    lines = [json.loads(line) for line in running.end().splitlines()]
    assert any(line["logger"] == "gunicorn.error" for line in lines)


KEPT_AS: dict[str, tuple[object, ...]] = {"": ([],), "h1": (["h1"],), "False": (False, "off")}
"""What gunicorn makes of some values."""


def test_every_setting_is_one_that_gunicorn_knows() -> None:
    settings = Settings.from_env(environment(BFF_BIND="unix:/run/bff.sock", BFF_WORKERS="3"))
    server = server_of(settings)
    for name, value in options(settings.serving, "info").items():
        assert name in server.cfg.settings
        assert server.cfg.settings[name].get() in KEPT_AS.get(str(value), (value,)), name
    assert server.cfg.address == ["/run/bff.sock"]
    assert server.cfg.control_socket_disable


def test_what_gunicorn_would_read_leniently_is_switched_off() -> None:
    server = server_of(Settings.from_env(environment()))
    lenient = [name for name in server.cfg.settings if name.startswith(("permit_", "strip_", "casefold_"))]
    assert lenient
    assert [name for name in lenient if server.cfg.settings[name].get() is not False] == []
    allowed = [name for name in server.cfg.settings if name.endswith("_allow_ips")]
    assert len(allowed) >= 2
    assert [name for name in allowed if server.cfg.settings[name].get() != []] == []
    assert (server.cfg.header_map, server.cfg.forwarder_headers, server.cfg.secure_scheme_headers) == ("drop", [], {})
    # Nothing that a later release adds to these is on by itself.
    said = options(Settings.from_env(environment()).serving, "info")
    assert {*lenient, *allowed} <= set(said)


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("Error handling request %s", ("/a?token=x y",), "Error handling request /a?***"),
        ("Listening at: %s", ("http://127.0.0.1:80",), "Listening at: http://127.0.0.1:80"),
        ("Invalid request from ip=::1: Invalid Header: 'a: b'", (), "Invalid request from ip=::1: Invalid Header: ***"),
        ("100% sure", (), "100% sure"),
    ],
)  # fmt: skip
def test_filter_cuts_what_came_with_a_request(text: str, arguments: tuple[str, ...], expected: str) -> None:
    record = logging.LogRecord("gunicorn.error", logging.INFO, "", 0, text, arguments, None)
    assert RequestTextFilter().filter(record)
    assert record.getMessage() == expected
