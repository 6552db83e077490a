"""Tells systemd, where it started the server, how far that is: sd_notify(3), in datagrams of `NAME=value` lines.

gunicorn says 'ready' before a worker has started, and nothing of a reload or of the end. Nothing else starts or stops
by what is told here: a manager that does not listen changes nothing.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import MutableMapping
from typing import Final

_VARIABLE: Final = "NOTIFY_SOCKET"
_LOGGER: Final = logging.getLogger("bff.serve")


class ServiceManager:
    """The service manager that watches over the server.

    :param address: of a unix datagram socket, `@` standing for the first byte of an abstract one; None: there is none
    """

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str]) -> ServiceManager:
        """Take the manager's address out of an environment, so that no worker and no library speaks to it."""
        return cls(environ.pop(_VARIABLE, None))

    def ready(self, status: str) -> None:
        """Say that requests are answered: after the start, and after each reload."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is read anew; `ready` ends it. The time is what `Type=notify-reload` asks for."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={now}", "STATUS=reading the configuration again")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._tell("STOPPING=1", "STATUS=finishing what is running")

    def _tell(self, *lines: str) -> None:
        if self._address is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.connect(address)
                client.send("\n".join(lines).encode())
        except OSError as error:
            _LOGGER.warning("the service manager cannot be told %s: %s", lines[0], error.strerror)
