"""A proxy on a unix socket in front of Redis that counts round trips: how often a client asked and had to wait."""

from __future__ import annotations

import select
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, quote, unquote, urlsplit


class RedisProxy:
    """A context manager; `url` is the server's, by way of the proxy."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server_path = unquote(parts.path)
        self._password = parse_qs(parts.query)["password"][0]
        self._folder = tempfile.TemporaryDirectory(prefix="proxy-")
        self._path = Path(self._folder.name) / "redis.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._lock = threading.Lock()
        self._round_trips = 0
        self._connections: list[threading.Thread] = []
        self._ended, self._end = socket.socketpair()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._path))}?password={self._password}"

    @property
    def round_trips(self) -> int:
        """Since the start or the last `clear`."""
        with self._lock:
            return self._round_trips

    def clear(self) -> None:
        with self._lock:
            self._round_trips = 0

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener, self._ended], [], [])
            if self._ended in ready:
                return
            client, _ = self._listener.accept()
            thread = threading.Thread(target=self._carry, args=(client,), daemon=True)
            thread.start()
            self._connections.append(thread)

    def _carry(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server_path)
        asking = False
        with client, server:
            while True:
                ready, _, _ = select.select([client, server, self._ended], [], [])
                if self._ended in ready:
                    return
                for source, target in ((client, server), (server, client)):
                    if source not in ready:
                        continue
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client and not asking:
                        with self._lock:
                            self._round_trips += 1
                    asking = source is client
                    target.sendall(data)

    def __enter__(self) -> RedisProxy:
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.send(b"x")
        self._accepting.join()
        for thread in self._connections:
            thread.join()
        self._listener.close()
        self._ended.close()
        self._end.close()
        self._folder.cleanup()
