"""How an answer goes out when it is not to arrive whole: as a body that breaks off while it is sent.

WSGI has no word for 'hang up'. A body that raises `ConnectionCut` means that to `server`; any other WSGI
server takes it for a failing application and closes the connection as well (PEP 3333, 'Error Handling').
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Response

from bff.sandbox.faults import Delivery


class ConnectionCut(Exception):
    """Close the connection now; what has not been sent yet stays unsent."""


def cut() -> Response:
    """Make a response that is never sent: the connection is closed instead."""
    return Response(_broken_off(b""), headers={"Content-Length": "0"})


def respond(
    *,
    status: int,
    headers: dict[str, str],
    body: bytes,
    delivery: Delivery,
    pause: Callable[[], None],
) -> Response:
    """Make a response of these bytes; `pause` is called between two bytes of a dripped body."""
    if delivery is Delivery.TRUNCATED:
        # A status without a body could not be cut short, and an answer without a byte would look like none.
        part = body[: len(body) // 2] or b"{"
        response = Response(_broken_off(part), status=200 if status == 204 else status)
        response.headers["Content-Length"] = str(max(len(body), 64))
    elif delivery is Delivery.DRIPPED:
        response = Response(_dripped(body, pause), status=status)
        response.headers["Content-Length"] = str(len(body))
    else:
        response = Response(body, status=status)
    del response.headers["Content-Type"]
    response.headers.update(headers)
    return response


def _broken_off(part: bytes) -> Iterator[bytes]:
    if part:
        yield part
    raise ConnectionCut


def _dripped(body: bytes, pause: Callable[[], None]) -> Iterator[bytes]:
    for position in range(len(body)):
        yield body[position : position + 1]
        pause()
