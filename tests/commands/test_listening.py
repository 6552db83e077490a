"""Where the server listens: a place that cannot be had is one clear line at once, and one from systemd is taken."""

from __future__ import annotations

import errno
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bff.commands.listening import let_nobody_else_in
from tests.support.journeys.real_server import free_port
from tests.support.patience import eventually
from tests.support.served import environment
from tests.support.small_server import AS_SYSTEMD, PROGRAM, asked, small_server


def start(bind: str, *handed: str) -> tuple[int, list[str]]:
    """Return exit code and lines of a server that does not start.

    :param handed: a file descriptor that it has from systemd
    """
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(
        [sys.executable, "-c", AS_SYSTEMD, *handed, *command] if handed else command,
        pass_fds=[int(one) for one in handed],
        env={**os.environ, **environment(BFF_BIND=bind)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr.splitlines()


def test_port_that_is_taken_is_one_line_and_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        # gunicorn's lines would be three for each of five attempts, a second apart.
        assert start(bind) == (1, [f"bff: {bind} is taken: another program listens there"])


def test_unix_socket_of_a_living_server_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "bff.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        assert start(f"unix:{path}") == (1, [f"bff: unix:{path} is taken: another program listens there"])
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    # Its server is gone, and what is left of it is in nobody's way.
    with small_server(tmp_path, bind=f"unix:{path}") as server:
        eventually(lambda: bool(server.told("Listening at")))
        assert "another program" not in server.log


def test_socket_of_another_kind_is_left_to_whoever_has_it(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        assert start(f"unix:{path}") == (1, [f"bff: unix:{path} is taken: a socket of another kind lies there"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.connect(str(path))


@pytest.mark.parametrize(
    ("bind", "why"),
    [
        (f"unix:/{'a' * 200}", "cannot be listened on: AF_UNIX path too long"),
        ("192.0.2.1:8000", "is no address of this machine"),
        ("unix:/nowhere/bff.sock", "lies in no folder that there is"),
        ("nothing.invalid:8000", "names no address"),
    ],
)
def test_place_that_cannot_be_had_is_one_line(bind: str, why: str) -> None:
    assert start(bind) == (1, [f"bff: {bind} {why}"])


def test_file_that_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("mine")
    assert start(f"unix:{path}") == (1, [f"bff: unix:{path} is there already, and is no socket"])
    assert path.read_text() == "mine"


def test_socket_of_systemd_counts_more_than_the_setting_and_answers_after_a_reload(tmp_path: Path) -> None:
    never = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with small_server(tmp_path, bind=f"127.0.0.1:{never}", inherited=listener.fileno()) as server:
            assert int(asked(port)) in server.workers
            (line,) = [line for line in server.lines if line["event"] == "serving"]
            assert line["listening"] == f"http://127.0.0.1:{port}"
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", never))
            before = server.workers
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: bool(server.workers) and not server.workers & before)
            assert int(asked(port)) in server.workers
            assert server.ends() == 0
        # It is systemd's to close: what comes meanwhile waits for the next start.
        with socket.create_connection(("127.0.0.1", port), timeout=60) as waiting:
            waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            with small_server(tmp_path, bind=f"127.0.0.1:{never}", inherited=listener.fileno()):
                assert waiting.recv(64).startswith(b"HTTP/1.1 200")


def test_nobody_is_let_in_any_more_and_who_waits_is_still_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        listener.setblocking(False)
        with socket.create_connection(address) as waiting, socket.socket() as late:
            let_nobody_else_in(listener)
            late.setblocking(False)
            assert late.connect_ex(address) == errno.EINPROGRESS
            accepted, _ = listener.accept()
            with accepted:
                waiting.sendall(b"asked")
                accepted.settimeout(60)
                assert accepted.recv(5) == b"asked"
            with pytest.raises(BlockingIOError):
                listener.accept()
            listener.close()
            assert select.select([], [late], [], 60)[1] == [late]
            assert late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_socket_of_systemd_that_does_not_listen_is_one_line(kind: socket.SocketKind) -> None:
    why = "what was handed over as file 3 does not listen: a socket unit needs ListenStream= and Accept=no"
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    with one, other:
        assert start("127.0.0.1:1", str(one.fileno())) == (1, [f"bff: {why}"])


def test_file_of_systemd_that_is_no_socket_is_one_line() -> None:
    with Path(os.devnull).open("rb") as file:
        code, (line,) = start("127.0.0.1:1", str(file.fileno()))
    assert code == 1
    assert line.startswith("bff: what was handed over as file 3 does not listen")


def test_unix_socket_of_systemd_is_taken_and_its_path_left_there(tmp_path: Path) -> None:
    path = tmp_path / "bff.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with small_server(tmp_path, bind="127.0.0.1:1", inherited=listener.fileno()) as server:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(60)
                client.connect(str(path))
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = http.client.HTTPResponse(client)
                answer.begin()
                assert int(answer.read()) in server.workers
            assert server.ends() == 0
        assert path.is_socket()
