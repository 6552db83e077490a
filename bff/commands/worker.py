"""gunicorn's threaded worker, but no thread ever waits for a client: to send a request, or to take an answer.

The one loop of a worker collects each request (`arrival`) and hands it to a thread once it is whole. A thread writes
what the system takes at once, and the loop sends the rest. So slow clients cost a connection and a bounded buffer each.
Head and body have 10 s from their first byte. Where connections or buffers run out, the one that has waited longest
makes room. Parsing and answering are gunicorn's. SIGTERM and reload go as in its own worker, but those who wait to be
accepted are taken first.
"""

from __future__ import annotations

import errno
import resource
import selectors
import socket
import time
from collections.abc import Collection
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER

from bff.commands.answering import AnsweringWorker
from bff.commands.arrival import Stage
from bff.commands.connection import Connection

LEAVING_SECONDS: Final = 0.001
"""For a worker with fewer connections to take a new one."""
ARRIVAL_SECONDS: Final = 10.0
"""For the first byte of a new connection, and from a request's first byte to its last."""
TAKING_SECONDS: Final = 120.0
"""For a client to take what was left of an answer when its thread went on."""
LINGER_SECONDS: Final = 2.0
"""A connection that we end is read from for so long: else the system may throw away the last answer (RFC 9112 9.6)."""
LINGER_BYTES: Final = 64 * 1024
READ_BYTES: Final = 16 * 1024
MOST_HELD_BYTES: Final = 64 * 1024 * 1024
"""Of requests that are not whole and of answers that were not taken, in each worker."""
MOST_CONNECTIONS: Final = 1000
FILES_PER_THREAD: Final = 4
OTHER_FILES: Final = 64
"""Beside clients' connections a worker has those to Redis and Emporix, and files of its own."""
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_FILE_LEFT: Final = (errno.EMFILE, errno.ENFILE)


class WholeRequestWorker(AnsweringWorker):
    """Gives its threads whole requests."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections = most_connections(self.cfg.threads)
        self.max_keepalived = self.worker_connections
        # Ordered by the time at which patience with each ends.
        self._arriving: dict[Connection, None] = {}
        self._taking: dict[Connection, None] = {}
        self._lingering: dict[Connection, None] = {}
        self._held = 0

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection and wait for its request, in the loop."""
        if self._shares.another_has_fewer(self.nr_conns):
            time.sleep(LEAVING_SECONDS)
        self._take(listener)
        self._shares.tell(self.age, self.nr_conns)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Hear of new connections, or not; the latter is what gunicorn's own loop begins the end with."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            self._stop_listening()

    def go_on(self, conn: Connection) -> None:
        """Send what is left of an answer, or wait for the next request."""
        self._hold(conn, 0)
        self._send_rest(conn)
        # Where threads worked on all there were, none could make room until now, and no new one is accepted.
        self._make_enough_room()

    def murder_pending(self) -> None:
        """End whatever has waited too long."""
        self.tell_how_busy()
        if self.alive:
            self._shares.tell(self.age, self.nr_conns)
        else:
            self._shares.leave(self.age)
            self._stop_listening()
        now = time.monotonic()
        for conn in _expired(self._arriving, now):
            self._end_late(conn)
        for waiting in (self._taking, self._lingering):
            for conn in _expired(waiting, now):
                self._drop(conn)
        if not self.alive:
            for conn in [conn for conn in self._arriving if self._may_leave_at_the_end(conn, now)]:
                self._drop(conn)

    def _may_leave_at_the_end(self, conn: Connection, now: float) -> bool:
        return not conn.arrival.size and conn.since + STOP_KEEPALIVE_LINGER <= now

    def _stop_listening(self) -> None:
        """Take those who wait to be accepted, and close where they wait: else the system would drop them at the end.

        Nothing but a file of our own is closed. At a reload others have theirs and listen on; at the server's end the
        last worker to do so has the system refuse later connections.
        """
        if not self._accepting:
            self.sockets: list[Any] = [one for one in self.sockets if not self._is_left(one)]

    def _is_left(self, listener: Any) -> bool:
        room = self.worker_connections - self.nr_conns
        if room <= 0:
            # Threads work on all there are: who waits is taken once there is room.
            return False
        # No more at once than there is room for: none of them is ended for another before its request was read.
        for _ in range(max(1, room - 1)):
            if not self._take(listener):
                # Without delay: who comes in between is dropped.
                listener.close()
                return True
        return False

    def _take(self, listener: socket.socket) -> bool:
        """Take a new connection, if the system lets us; False: none waits."""
        try:
            sock, client = listener.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in NO_FILE_LEFT:
                self._make_room()
            elif error.errno != errno.ECONNABORTED:
                raise
            return True
        self.nr_conns += 1
        conn = Connection(self.cfg, sock, client, listener.getsockname(), self.largest_body)
        self._watch(conn, selectors.EVENT_READ)
        self._wait(conn, self._arriving, ARRIVAL_SECONDS)
        self._make_enough_room()
        return True

    def _wait(self, conn: Connection, waiting: dict[Connection, None], seconds: float) -> None:
        conn.since = time.monotonic()
        conn.timeout = conn.since + seconds
        waiting.pop(conn, None)
        waiting[conn] = None

    def _wake(self, conn: Connection) -> None:
        if conn.idle:
            conn.idle = False
            self.keepalived_conns.remove(conn)

    def _watch(self, conn: Connection, events: int) -> None:
        """Hear of a connection when it can be read from, or written to; 0: not at all."""
        if conn.watched == events:
            return
        if conn.watched:
            self.poller.unregister(conn.incoming)
        if events:
            heard = self._on_readable if events == selectors.EVENT_READ else self._on_writable
            self.poller.register(conn.incoming, events, partial(heard, conn))
        conn.watched = events

    def _read_ahead(self, conn: Connection) -> None:
        """Take what comes while a thread has the request before, or was just not seen to be done with it."""
        part = b""
        if not conn.early:
            try:
                part = conn.incoming.recv(READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                part = b""
        if part:
            conn.early = part
            self._hold(conn, conn.held + len(part))
        else:
            # More than is read ahead, or the end: it would be told again and again.
            self._watch(conn, 0)

    def _on_readable(self, conn: Connection, _: socket.socket) -> None:
        if conn.busy:
            self._read_ahead(conn)
            return
        if conn.sock.pending:
            # This was heard before its answer turned out not to be taken.
            return
        try:
            part = conn.incoming.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._drop(conn)
            return
        if conn in self._lingering:
            conn.lingered += len(part)
            if not part or conn.lingered > LINGER_BYTES:
                self._drop(conn)
            return
        if not conn.arrival.size:
            if not part:
                self._drop(conn)
                return
            self._wake(conn)
            self._wait(conn, self._arriving, ARRIVAL_SECONDS)
        self._on_stage(conn, conn.arrival.feed(part) if part else conn.arrival.end(), ended=not part)

    def _on_stage(self, conn: Connection, stage: Stage, *, ended: bool = False) -> None:
        match stage:
            case Stage.READY:
                self._arriving.pop(conn, None)
                self._hold(conn, conn.arrival.size)
                self.enqueue_req(conn)
            case Stage.REFUSED:
                self.handle_error(None, conn.sock, conn.client, conn.arrival.error or ValueError())
                self._leave(conn)
            case Stage.TOO_LARGE:
                self.answer_bare(conn.sock, self._bare.answer(413))
                self._leave(conn)
            case Stage.WAITING if ended:
                self._drop(conn)
            case Stage.WAITING:
                if conn.arrival.awaits_continue:
                    conn.arrival.continued()
                    conn.sock.send(CONTINUE)
                self._hold(conn, conn.arrival.size)

    def _end_late(self, conn: Connection) -> None:
        # A browser opens connections in advance and takes a 408 on one for the answer to its next request.
        if not conn.arrival.size:
            self._drop(conn)
            return
        self.log.info("Request from ip=%s did not arrive in time", _address(conn.client))
        self.answer_bare(conn.sock, self._bare.answer(408))
        self._leave(conn)

    def _leave(self, conn: Connection) -> None:
        """End a connection whose last answer was written here."""
        self._stop_waiting(conn)
        conn.keep = False
        conn.sock.flush()
        self._send_rest(conn)

    def _send_rest(self, conn: Connection) -> None:
        if conn.sock.pending:
            self._wait(conn, self._taking, TAKING_SECONDS)
            self._watch(conn, selectors.EVENT_WRITE)
            self._hold(conn, len(conn.sock.pending))
        elif conn.keep and not conn.sock.is_broken:
            self._await_next(conn)
        else:
            self._linger(conn)

    def _on_writable(self, conn: Connection, _: socket.socket) -> None:
        if conn.gone:
            return
        conn.sock.flush()
        if not conn.sock.pending:
            self._stop_waiting(conn)
            self._send_rest(conn)

    def _await_next(self, conn: Connection) -> None:
        rest = conn.arrival.rest() + conn.early
        conn.early = b""
        arrival = conn.expect_request()
        self._watch(conn, selectors.EVENT_READ)
        if rest:
            self._wait(conn, self._arriving, ARRIVAL_SECONDS)
            self._on_stage(conn, arrival.feed(rest))
            return
        conn.idle = True
        conn.since = time.monotonic()
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(conn)

    def _linger(self, conn: Connection) -> None:
        try:
            conn.incoming.shutdown(socket.SHUT_WR)
        except OSError:
            # The client has closed it already.
            self._drop(conn)
            return
        self._watch(conn, selectors.EVENT_READ)
        self._wait(conn, self._lingering, LINGER_SECONDS)

    def _stop_waiting(self, conn: Connection) -> None:
        """Take a connection out of the loop's hands."""
        for waiting in (self._arriving, self._taking, self._lingering):
            waiting.pop(conn, None)
        self._wake(conn)
        self._hold(conn, 0)
        self._watch(conn, 0)

    def _drop(self, conn: Connection) -> None:
        if conn.gone:
            return
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.gone = True
        conn.close()

    def _hold(self, conn: Connection, size: int) -> None:
        """Count what is kept in memory, and make room where it is too much."""
        self._held += size - conn.held
        conn.held = size
        while self._held > MOST_HELD_BYTES and self._end_oldest(self._arriving, self._taking):
            pass

    def _make_enough_room(self) -> None:
        while self.nr_conns >= self.worker_connections and self._make_room():
            pass

    def _make_room(self) -> bool:
        """End a connection; False: threads work on all there are."""
        return self._end_oldest(self._lingering) or self._end_oldest(
            self._arriving, self._taking, self.keepalived_conns
        )

    def _end_oldest(self, *waiting: Collection[Connection]) -> bool:
        """End the one that has waited longest for its client; each of `waiting` is in that order."""
        oldest = [next(iter(conns)) for conns in waiting if conns]
        if oldest:
            self._drop(min(oldest, key=lambda conn: conn.since))
        return bool(oldest)


def most_connections(threads: int) -> int:
    """Return how many clients a worker keeps: the system's limit on open files bounds them, too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(2 * threads, min(MOST_CONNECTIONS, soft - FILES_PER_THREAD * threads - OTHER_FILES))


def _expired(waiting: dict[Connection, None], now: float) -> list[Connection]:
    expired = []
    for conn in waiting:
        if conn.timeout > now:
            break
        expired.append(conn)
    return expired


def _address(client: Any) -> str:
    return client[0] if isinstance(client, tuple) else ""
