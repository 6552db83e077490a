"""A gate on loopback in front of a Redis on a unix socket: with TLS if it is given a context, and with another version.

What is behind it is the real server; the gate only encrypts, and puts one text in another's place.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Mapping
from types import TracebackType
from urllib.parse import parse_qs, unquote, urlsplit


class RedisGate:
    """A context manager; `url` leads through the gate."""

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None = None, instead: Mapping[bytes, bytes] | None = None
    ) -> None:
        """:param instead: what the server says, and what is said in its place; of the same length"""
        parts = urlsplit(url)
        self._path = unquote(parts.path)
        self._password = parse_qs(parts.query)["password"][0]
        self._tls = tls
        self._instead = dict(instead or {})
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def url(self, query: str = "") -> str:
        """Return the address; `query` is appended."""
        scheme = "redis" if self._tls is None else "rediss"
        return f"{scheme}://:{self._password}@127.0.0.1:{self.port}{query}"

    def __enter__(self) -> RedisGate:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
        except OSError:
            client.close()
            return
        self._open += [client, server]
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
