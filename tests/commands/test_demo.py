"""`bff demo`: one command, a working shop, and nothing left of it afterwards."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from bff.commands.demo import REDIS_SECONDS
from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD


def get(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()


def start(temporary: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    ours = ("BFF_", "EMPORIX_", "AUTH0_", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.Popen(
        [sys.executable, "-m", "bff.cli", "demo", *arguments],
        env={**inherited, "TMPDIR": temporary, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            return "".join(lines)
    raise AssertionError(f"the demo has ended: {''.join(lines)}{process.stderr.read()}")


@pytest.fixture
def temporary() -> Iterator[str]:
    # Not `tmp_path`, which is too long for a unix socket.
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_demo_works_and_leaves_nothing_behind_however_it_ends(temporary: str, number: signal.Signals) -> None:
    with start(temporary, "--port", "0", BFF_SECRET_KEYS="of another shop", EMPORIX_TENANT="real") as process:
        text = told(process)
        shop, mails = re.findall(r"http://\S+", text)
        assert urlsplit(shop).hostname == "127.0.0.1"
        assert urlsplit(mails).hostname == "localhost"
        assert B2C_EMAIL in text
        assert B2C_PASSWORD in text
        assert get(f"{shop}readyz") == 200
        assert get(mails) == 200
        assert list(Path(temporary).iterdir())
        # The whole group, as a terminal does.
        os.killpg(process.pid, number)
        # Every process of the tree holds the other end: this ends when the last of them does.
        _, errors = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert "Traceback" not in errors
    assert list(Path(temporary).iterdir()) == []
    for url in (shop, mails):
        with pytest.raises(ConnectionRefusedError):
            get(url)


def test_environments_redis_has_no_say_and_what_counts_is_told(temporary: str) -> None:
    foreign = {"REDIS_URL": "redis://:hunter2@127.0.0.1:1", "EMPORIX_TENANT": "real", "BFF_LOG_LEVEL": "error"}
    foreign["BFF_THREDS"] = "4"
    with start(temporary, "--port", "0", **foreign) as process:
        text = told(process)
        shop = re.findall(r"http://\S+", text)[0]
        assert get(f"{shop}readyz") == 200
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    assert text.startswith(f"Open:          {shop}\n")
    assert "Redis:         its own, in memory\n" in text
    assert "Environment:   counting: BFF_LOG_LEVEL; left out: EMPORIX_TENANT, REDIS_URL\n" in text
    assert re.search(r"'Continue with Google' asks the demo's own provider on localhost:[0-9]+, not Google\n", text)
    assert "hunter2" not in text


def test_redis_of_the_command_line_keeps_the_sessions_and_is_named(temporary: str) -> None:
    with EmbeddedRedis() as other, redis.Redis.from_url(other.url) as client:
        with start(temporary, "--port", "0", "--redis-url", other.url) as process:
            text = told(process)
            shop = re.findall(r"http://\S+", text)[0]
            assert get(f"{shop}api/session") == 200
            assert list(client.scan_iter("bff:*"))
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=60)
        assert f"Redis:         {other.folder}/redis.sock, as --redis-url says\n" in text
        assert urlsplit(other.url).query.partition("=")[2] not in text


@pytest.mark.parametrize("listening", [False, True], ids=["refuses", "is silent"])
def test_dead_redis_of_the_command_line_is_told_in_one_line(temporary: str, *, listening: bool) -> None:
    assert REDIS_SECONDS < 3
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        if listening:
            dead.listen()
        port = dead.getsockname()[1]
        with start(temporary, "--port", "0", "--redis-url", f"redis://:hunter2@127.0.0.1:{port}/0") as process:
            output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    assert re.fullmatch(rf"--redis-url: 127\.0\.0\.1:{port}/?0? does not answer[^\n]*\n", errors)
    assert list(Path(temporary).iterdir()) == []


def test_redis_url_that_is_none_is_refused_without_repeating_it(temporary: str) -> None:
    with start(temporary, "--redis-url", "http://:hunter2@127.0.0.1") as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert errors.endswith("argument --redis-url: must begin with redis://, rediss:// or unix://\n")


def test_taken_port_is_told_in_one_line(temporary: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start(temporary, "--port", str(port)) as process:
            output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    assert errors == f"port {port} is taken or not allowed: try `bff demo --port 0`\n"
    assert list(Path(temporary).iterdir()) == []


def test_bad_setting_of_the_environment_ends_it_with_2(temporary: str) -> None:
    with start(temporary, "--port", "0", BFF_THREADS="many") as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert errors.startswith("BFF_THREADS: ")
    assert list(Path(temporary).iterdir()) == []
