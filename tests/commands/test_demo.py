"""`bff demo`: one command, a working shop, and nothing left of it afterwards."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from bff.commands.demo import REDIS_SECONDS, another_site
from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.alike import alike
from tests.support.demo import said_of, start, told


def get(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def temporary() -> Iterator[str]:
    # Not `tmp_path`, which is too long for a unix socket.
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield folder


@pytest.mark.parametrize("number", alike(signal.SIGTERM, signal.SIGINT, signal.SIGKILL))
def test_demo_works_and_leaves_nothing_behind_however_it_ends(temporary: str, number: signal.Signals) -> None:
    with start(temporary, "--port", "0", BFF_SECRET_KEYS="of another shop", EMPORIX_TENANT="real") as process:
        text = told(process)
        shop, example, routes, mails = re.findall(r"http://\S+", text)
        assert urlsplit(shop).hostname == "127.0.0.1"
        assert urlsplit(mails).hostname == "localhost"
        assert B2C_EMAIL in text
        assert B2C_PASSWORD in text
        assert get(f"{shop}readyz") == 200
        assert [get(page) for page in (mails, example, routes)] == [200, 200, 200]
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
    foreign |= {"BFF_THREDS": "4", "BFF_EXAMPLE_SHOP": "off", "BFF_API_DOCS": "off"}
    with start(temporary, "--port", "0", **foreign) as process:
        text = told(process)
        shop, _mails = re.findall(r"http://\S+", text)
        assert get(f"{shop}readyz") == 200
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    assert text.startswith(f"Open:          {shop}\n")
    assert "Redis:         its own, in memory\n" in text
    counting = "BFF_API_DOCS, BFF_EXAMPLE_SHOP, BFF_LOG_LEVEL"
    assert f"Environment:   counting: {counting}; left out: EMPORIX_TENANT, REDIS_URL\n" in text
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


@pytest.mark.parametrize("listening", alike(False, True), ids=["refuses", "is silent"])
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
    assert "argument --redis-url: must begin with redis://, rediss:// or unix://, or " in errors


@pytest.mark.parametrize(
    ("shop", "other"),
    [
        ("http://127.0.0.1:8000", "localhost"),
        ("http://localhost:5173", "127.0.0.1"),
        ("https://shop.localhost:5173", "127.0.0.1"),
        ("http://[::1]:5173", "localhost"),
        ("https://192.168.1.20:5173", "localhost"),
    ],
)
def test_stand_ins_are_on_another_site_than_the_shop(shop: str, other: str) -> None:
    assert another_site(shop) == other


def test_dev_server_in_front_is_named_and_so_is_what_it_passes_on_to(temporary: str) -> None:
    with start(temporary, "--port", "0", "--public-url", "http://LocalHost:5173/", BFF_PUBLIC_URL="none") as process:
        text = told(process)
        behind = said_of("Dev server", text).rpartition(" ")[2]
        assert get(f"{behind}/readyz") == 200
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    assert said_of("Open", text) == "http://localhost:5173/"
    assert urlsplit(behind).hostname == urlsplit(said_of("Mails sent", text)).hostname == "127.0.0.1"
    assert "on 127.0.0.1:" in text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("http://192.168.1.20:5173", "for a phone on the network, have the dev server in front speak https"),
        ("http://shop.local:5173", "for a phone on the network, have the dev server in front speak https"),
        ("http://localhost:5173/shop", "must be an origin: scheme, host and port, without a path"),
        ("localhost:5173", "must be an https:// URL"),
    ],
)
def test_public_url_that_is_of_no_use_is_refused_with_the_reason(temporary: str, value: str, told: str) -> None:
    with start(temporary, "--public-url", value) as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert re.search(rf"argument --public-url: .*{re.escape(told)}\n$", errors)


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
