"""A proxy on TCP in front of an embedded Redis that forgets idle connections, as firewalls and load balancers do."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from enum import Enum
from types import TracebackType
from urllib.parse import parse_qs, unquote, urlsplit

_ABORT = b"\x01\0\0\0\0\0\0\0"
"""SO_LINGER, on and zero seconds: closing sends a reset."""


class Forgotten(Enum):
    """What happens to the next byte on a forgotten connection."""

    SWALLOWED = "swallowed"
    RESET = "reset"


class ForgetfulProxy:
    """A context manager; `url` is the server's, by way of the proxy."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server_path = unquote(parts.path)
        self._password = parse_qs(parts.query)["password"][0]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended, self._end = socket.socketpair()
        self._threads: list[threading.Thread] = []
        self._generation = 0
        self._how = Forgotten.SWALLOWED
        self.connections = 0
        """How many were made."""

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._listener.getsockname()[1]}/0"

    def forget(self, how: Forgotten) -> None:
        """Forget every connection there is."""
        self._how = how
        self._generation += 1

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener, self._ended], [], [])
            if self._ended in ready:
                return
            client, _ = self._listener.accept()
            self.connections += 1
            thread = threading.Thread(target=self._carry, args=(client, self._generation), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _carry(self, client: socket.socket, generation: int) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._server_path)
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
                    if generation == self._generation:
                        target.sendall(data)
                    elif self._how is Forgotten.RESET:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                        return

    def __enter__(self) -> ForgetfulProxy:
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.send(b"x")
        self._accepting.join()
        for thread in self._threads:
            thread.join()
        with contextlib.suppress(OSError):
            self._listener.close()
        self._ended.close()
        self._end.close()
