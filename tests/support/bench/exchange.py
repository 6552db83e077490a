"""One HTTP exchange with a server on loopback, as simple as it can be."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    cookies: tuple[str, ...]
    """`name=value` of each that was set."""
    body: bytes


def ask(
    url: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    authority: Path | None = None,
) -> Answer:
    """Send one request over a connection of its own.

    :param authority: the certificate to trust, where the URL says https
    :raises OSError: there is no connection, or no answer
    """
    parts = urlsplit(url)
    connection = (
        http.client.HTTPSConnection(
            parts.netloc, timeout=_PATIENCE_SECONDS, context=ssl.create_default_context(cafile=authority)
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_SECONDS)
    )
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            cookies=tuple(line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or ()),
            body=answer.read(),
        )
    finally:
        connection.close()


def answers(url: str, path: str) -> bool:
    """Tell whether a server takes connections and answers this path with 200."""
    try:
        return ask(url, path).status == 200
    except (OSError, http.client.HTTPException):
        return False


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on just now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
