"""A gate on loopback in front of a Redis on a unix socket: with TLS if it is given a context, and with another version.

What is behind it is the real server; the gate only encrypts, and puts one text in another's place.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Mapping

from tests.support.fakes.redis_between import RedisBetween


class RedisGate(RedisBetween):
    """A context manager; `url` leads through the gate."""

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None = None, instead: Mapping[bytes, bytes] | None = None
    ) -> None:
        """:param instead: what the server says, and what is said in its place; of the same length"""
        super().__init__(url, socket.create_server(("127.0.0.1", 0)))
        self._tls = tls
        self._instead = dict(instead or {})
        self.port: int = self._listener.getsockname()[1]

    def url(self, query: str = "") -> str:
        """Return the address; `query` is appended."""
        scheme = "redis" if self._tls is None else "rediss"
        return f"{scheme}://:{self._password}@127.0.0.1:{self.port}{query}"

    def _met(self, client: socket.socket) -> socket.socket:
        return client if self._tls is None else self._tls.wrap_socket(client, server_side=True)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        back = threading.Thread(target=self._pass_on, args=(server, client, self._instead), daemon=True)
        back.start()
        self._pass_on(client, server, {})
        back.join()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, instead: Mapping[bytes, bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                for said, other in instead.items():
                    data = data.replace(said, other)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
