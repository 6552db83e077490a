"""What stands between clients and a Redis on a unix socket: it takes connections, and carries each to the server."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit


class RedisBetween(ABC):
    """A context manager; what it is made of says where it listens, and what becomes of what is said."""

    def __init__(self, url: str, listener: socket.socket) -> None:
        """:param url: the server's; its path and its password are taken from there"""
        parts = urlsplit(url)
        self._server_path = unquote(parts.path)
        self._password = parse_qs(parts.query)["password"][0]
        self._listener = listener
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
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
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            client = self._met(client)
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server_path)
        except OSError:
            client.close()
            return
        self._open += [client, server]
        self._carry(client, server)

    def _met(self, client: socket.socket) -> socket.socket:
        """Return what the client is spoken to over."""
        return client

    @abstractmethod
    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what is said, until one of them has ended it."""
