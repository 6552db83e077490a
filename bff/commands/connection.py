"""A client's connection as a worker's thread sees it: a request that is whole, and an answer that never waits."""

from __future__ import annotations

import socket
from typing import Any, Final

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.workers.gthread import TConn

from bff.commands.arrival import Arrival, LargestBody, usual_largest_body

_READ_BYTES: Final = 16 * 1024


class Outgoing:
    """What gunicorn writes to in place of the socket: collects an answer, and never waits."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._parts: list[bytes] = []
        self.pending = memoryview(b"")
        """What the system did not take."""
        self.is_broken = False
        """Whether the client has gone: nothing more reaches it."""

    def sendall(self, data: bytes) -> None:
        """Keep a part of the answer for `flush`."""
        self._parts.append(data)

    def send(self, data: bytes) -> int:
        """Send what cannot wait for the end of the answer."""
        self.sendall(data)
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand the system as much as it takes now: in one step, what it takes at once."""
        if self._parts:
            self.pending = memoryview(b"".join([self.pending, *self._parts]))
            self._parts.clear()
        try:
            while self.pending:
                self.pending = self.pending[self._sock.send(self.pending) :]
        except BlockingIOError:
            return
        except OSError:
            # The client has gone, and the rest with it.
            self.is_broken, self.pending = True, memoryview(b"")

    def setblocking(self, flag: bool) -> None:
        """Stay as it is: no reader or writer of ours waits."""

    def settimeout(self, seconds: float | None) -> None:
        """Stay as it is."""

    def gettimeout(self) -> float:
        """Return what gunicorn takes for 'does not wait'."""
        return 0.0

    def recv(self, size: int) -> bytes:
        """Return the end: the loop alone reads."""
        return b""

    def fileno(self) -> int:
        """Return the socket's, for the poller."""
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        """Hand over what was written, and say that no more will be."""
        self.flush()
        self._sock.shutdown(how)

    def close(self) -> None:
        """Stay open: the loop watches the socket, and alone closes it."""


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client's connection, and the request that is arriving on it."""

    def __init__(
        self, cfg: Any, sock: socket.socket, client: Any, server: Any, largest_body: LargestBody = usual_largest_body
    ) -> None:
        super().__init__(cfg, sock, client, server)
        self._largest_body = largest_body
        self.incoming = sock
        self.sock: Outgoing = Outgoing(sock)
        # Gunicorn would wait for the first byte and make a parser that reads the socket.
        self.initialized = self.data_ready = True
        self.keep = False
        """Whether the connection goes on after this answer."""
        self.lingered = 0
        """Bytes thrown away since we ended it."""
        self.held = 0
        """Bytes of its request, or of what is left of an answer."""
        self.since = 0.0
        """When it began to wait for its client."""
        self.idle = False
        """Whether it is kept for a next request."""
        self.busy = False
        """Whether a thread has its request, or has had it and the loop does not know yet."""
        self.early = b""
        """What came while it was busy."""
        self.watched = 0
        """What the loop wants to hear of it."""
        self.gone = False
        """Whether it was closed: what was heard of it in the same turn comes too late."""
        self.expect_request()

    def close(self, graceful: bool = False) -> None:
        """Close the socket; what is left to say has been said."""
        self.incoming.close()

    def expect_request(self) -> Arrival:
        """Begin anew."""
        self.arrival = Arrival(self.cfg, self.client, self._largest_body)
        self.parser = _Parsed(self.arrival)
        return self.arrival


class _Parsed:
    """Stands for gunicorn's parser in a thread: the request has been read."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival

    def __next__(self) -> Any:
        return self._arrival.request

    def finish_body(self, deadline: float) -> bool:
        """Go to the end of a body that the application did not read; False: there is none."""
        body = self._arrival.request.body
        if body.failed:
            return False
        if isinstance(body.reader, LengthReader) and not body.reader.length:
            # As in most requests: there is none, or the application has read all of it.
            return True
        try:
            while body.read(_READ_BYTES):
                pass
        except (ParseException, NoMoreData):
            # The request has been answered: a refusal now would be taken for the answer to the next one.
            return False
        return True
