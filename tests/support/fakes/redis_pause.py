"""A proxy on a unix socket in front of Redis that stops a process at one command, and tells which process it is.

A command is held before Redis gets it, or with its answer on the way back. Whoever waits for it may be killed there.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tests.support.fakes.redis_between import RedisBetween

_LONGEST_HOLD_SECONDS = 120.0


class Side(Enum):
    """Where a command is held."""

    BEFORE = "before Redis has it"
    AFTER = "once Redis has done it"


@dataclass(slots=True, eq=False)
class Stop:
    """One command to stop at: it has all of these words."""

    words: tuple[bytes, ...]
    side: Side
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    pid: int = 0
    """Of the process that is stopped."""


class PausingRedis(RedisBetween):
    """A context manager; `url` is the server's, by way of the proxy."""

    def __init__(self, url: str) -> None:
        super().__init__(url, socket.socket(socket.AF_UNIX))
        self._folder = tempfile.TemporaryDirectory(prefix="pause-")
        self._path = Path(self._folder.name) / "redis.sock"
        self._guard = threading.Lock()
        self._stops: list[Stop] = []

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._path))}?password={self._password}"

    def stop_at(self, *words: bytes, side: Side) -> Stop:
        """Hold the next command that has all of these words."""
        stop = Stop(words=words, side=side)
        with self._guard:
            self._stops.append(stop)
        return stop

    def __enter__(self) -> Self:
        self._listener.bind(str(self._path))
        self._listener.listen(256)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._folder.cleanup()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Pass commands on and answers back; redis-py waits for one before it sends the next."""
        answers = threading.Thread(target=self._answer, args=(client, server, held := _Held()), daemon=True)
        answers.start()
        with contextlib.suppress(OSError):
            while data := client.recv(262144):
                stop = self._meant(data)
                if stop is not None and stop.side is Side.AFTER:
                    held.stop = stop
                if stop is not None:
                    (credentials,) = struct.unpack(
                        "i8x", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
                    )
                    stop.pid = credentials
                if stop is not None and stop.side is Side.BEFORE:
                    stop.reached.set()
                    stop.go_on.wait(_LONGEST_HOLD_SECONDS)
                    if _is_gone(client):
                        # What a killed process had not said yet, nobody hears.
                        break
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _answer(client: socket.socket, server: socket.socket, held: _Held) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(262144):
                stop, held.stop = held.stop, None
                if stop is not None:
                    stop.reached.set()
                    stop.go_on.wait(_LONGEST_HOLD_SECONDS)
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _meant(self, data: bytes) -> Stop | None:
        with self._guard:
            for stop in self._stops:
                if all(word in data for word in stop.words):
                    self._stops.remove(stop)
                    return stop
        return None


@dataclass(slots=True)
class _Held:
    stop: Stop | None = None


def _is_gone(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
