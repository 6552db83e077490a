"""What systemd is told (sd_notify(3)), over a real datagram socket."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.commands.service_manager import ServiceManager
from tests.support.journeys.real_server import free_port
from tests.support.patience import eventually
from tests.support.small_server import SmallServer, asked, small_server


class Listener:
    """Stands for systemd."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(60)

    def hear(self) -> dict[str, str]:
        lines = self._socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def hears_nothing(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            self._socket.settimeout(60)
            return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(str(tmp_path / "notify"))
    yield listener
    listener.close()


@pytest.fixture
def server(systemd: Listener, tmp_path: Path) -> Iterator[SmallServer]:
    (tmp_path / "threads").write_text("2")
    variables = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "BFF_THREADS": "",
        "BFF_THREADS_FILE": str(tmp_path / "threads"),
    }
    with small_server(tmp_path, bind=f"127.0.0.1:{free_port()}", variables=variables) as running:
        yield running


def test_it_is_ready_once_a_worker_is_and_not_when_the_port_is_open(systemd: Listener, tmp_path: Path) -> None:
    port = free_port()
    variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "GATE": str(tmp_path / "later")}
    with small_server(tmp_path, bind=f"127.0.0.1:{port}", variables=variables) as server:
        eventually(lambda: bool(server.told("Booting worker")))
        with socket.create_connection(("127.0.0.1", port)):
            assert systemd.hears_nothing()
        (tmp_path / "later").touch()
        assert systemd.hear() == {"READY": "1", "STATUS": "answering requests (workers: 1)"}
        assert int(asked(port)) in server.workers


def test_reload_begins_and_ends_and_the_end_is_told(server: SmallServer, systemd: Listener) -> None:
    assert systemd.hear()["READY"] == "1"
    before, began = server.workers, time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    server.process.send_signal(signal.SIGHUP)
    told = systemd.hear()
    assert told["RELOADING"] == "1"
    assert began <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert systemd.hear()["READY"] == "1"
    assert server.workers - before
    server.process.send_signal(signal.SIGTERM)
    assert systemd.hear()["STOPPING"] == "1"
    assert server.process.wait(60) == 0
    assert systemd.hears_nothing()


def test_reload_of_a_wrong_configuration_ends_too_and_says_so_without_a_value(
    server: SmallServer, systemd: Listener, tmp_path: Path
) -> None:
    assert systemd.hear()["READY"] == "1"
    before = server.workers
    (tmp_path / "threads").write_text("hunter2")
    server.process.send_signal(signal.SIGHUP)
    assert systemd.hear()["RELOADING"] == "1"
    assert systemd.hear() == {"READY": "1", "STATUS": "the configuration is wrong and was not taken: see the log"}
    assert server.workers == before


def test_reload_of_a_wrong_configuration_makes_no_server_ready_that_answers_nothing(
    systemd: Listener, tmp_path: Path
) -> None:
    port = free_port()
    threads = tmp_path / "threads"
    threads.write_text("2")
    variables = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "BFF_THREADS": "",
        "BFF_THREADS_FILE": str(threads),
        "GATE": str(tmp_path / "later"),
    }
    with small_server(tmp_path, bind=f"127.0.0.1:{port}", variables=variables) as server:
        eventually(lambda: bool(server.told("Booting worker")))
        threads.write_text("hunter2")
        server.process.send_signal(signal.SIGHUP)
        assert systemd.hear()["RELOADING"] == "1"
        eventually(lambda: bool(server.told("not reloaded, BFF_THREADS")))
        # Its socket is open: it would be ready if that were enough. A second reload shows that nothing came between.
        server.process.send_signal(signal.SIGHUP)
        assert systemd.hear().get("RELOADING") == "1"
        (tmp_path / "later").touch()
        assert systemd.hear() == {"READY": "1", "STATUS": "the configuration is wrong and was not taken: see the log"}
        assert int(asked(port)) in server.workers


def test_address_is_taken_out_of_what_workers_see() -> None:
    environ = {"NOTIFY_SOCKET": "/somewhere", "HOME": "/"}
    ServiceManager.taken_from(environ)
    assert environ == {"HOME": "/"}


def test_abstract_address_is_understood() -> None:
    name = f"bff-test-{os.getpid()}"
    listener = Listener(f"\0{name}")
    ServiceManager(f"@{name}").ready("here")
    assert listener.hear() == {"READY": "1", "STATUS": "here"}
    listener.close()


def test_manager_that_does_not_listen_is_a_warning_and_none_is_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ServiceManager(None).ready("here")
    assert caplog.messages == []
    ServiceManager(str(tmp_path / "gone")).ready("here")
    assert caplog.messages == ["the service manager cannot be told READY=1: No such file or directory"]
