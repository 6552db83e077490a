"""gunicorn's threaded worker, with as little as possible between the loop, its threads and the application.

The loop gives a whole request to a thread, which writes the answer and says so. The loop need not hear of it at once: a
connection stays watched, so what its client sends next wakes the loop, which sees first who is done. A thread wakes it
only where the loop has something to do that nothing else tells it of.
"""

from __future__ import annotations

import gc
import time
from abc import abstractmethod
from collections import deque
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from bff.commands.arrival import LargestBody, usual_largest_body
from bff.commands.connection import Connection
from bff.commands.environ import Environs
from bff.commands.shares import Shares
from bff.commands.threads import Threads
from bff.commands.worker_states import WorkerState, WorkerStates
from bff.metrics.counts import Counts
from bff.web.bare_answers import BareAnswers


class AnsweringWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Has requests answered; which, and what becomes of their connections, is for the class that stands on it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bare: BareAnswers = self.app.bare_answers
        self._shares: Shares = self.app.shares
        self._states: WorkerStates = self.app.worker_states
        self._environs = Environs(self.cfg)
        self._finished: deque[Connection] = deque()
        """Those that a thread is done with, for the loop to go on with."""
        self._asleep = False
        """Whether the loop may be waiting for something to happen."""
        self._given = 0
        """Requests that threads have, or will have: not done yet, as far as the loop has seen."""
        self._counts: Counts | None = None
        self.largest_body: LargestBody = usual_largest_body
        """Tells what a route takes."""

    @abstractmethod
    def go_on(self, conn: Connection) -> None:
        """Go on with a connection that a thread is done with; runs in the loop."""

    def init_process(self) -> None:
        """Begin; runs in the worker's own process, and returns at its end."""
        # gunicorn looks a setting up anew each time, dozens of times a request. Here none changes any more.
        self.cfg.__dict__.update({name: setting.get() for name, setting in self.cfg.settings.items()})
        self._counts = self.app.counting.counts
        super().init_process()

    def load_wsgi(self) -> None:
        """Build the application, which lasts as long as the process: no collection need look at it."""
        super().load_wsgi()
        # Other applications than this project's say nothing of their routes.
        self.largest_body = getattr(self.wsgi, "largest_body_bytes", usual_largest_body)
        gc.collect()
        gc.freeze()

    def get_thread_pool(self) -> Threads[Connection]:
        """Return what has the threads.

        Many cost no more than few, as few are at work where little is waited for. GET /api/me with 4, 8, 16 and 32
        threads, two workers, 64 connections, medians of three, on a busy machine with two cores: 1124, 1118, 1060 and
        1075 us of processor time where upstream answers at once, 336, 613, 888 and 1089 requests/s where it takes 20 ms
        (p99 258, 161, 119, 114 ms), 36, 71, 136 and 173 where it takes 200 ms (p99 1856, 1048, 663, 455 ms). The
        interpreter's switch interval stays, too: 1, 5 and 20 ms are 1196, 1075 and 1183 us.
        """
        return Threads(self.cfg.threads, self._work, self._has_too_few_threads)

    def _has_too_few_threads(self) -> None:
        self.log.warning("The system lets no further thread start: requests wait for those there are")

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what there is to do, for so many seconds: gunicorn's own chores around this are for each second."""
        until = time.monotonic() + timeout
        self._turn(timeout)
        while self.alive and (self.nr_conns < self.worker_connections) is self._accepting:
            left = until - time.monotonic()
            if left <= 0:
                break
            self._turn(left)

    def _turn(self, timeout: float) -> None:
        self._asleep = True
        # Looked at after saying so: a thread that is done says it first, and then looks whether to wake the loop.
        self._take_back()
        events = self.poller.select(timeout)
        self._asleep = False
        self._take_back()
        for key, _ in events:
            key.data(key.fileobj)

    def _take_back(self) -> None:
        """Go on with the connections that threads are done with."""
        while self._finished:
            conn = self._finished.popleft()
            conn.busy = False
            self._given -= 1
            self.go_on(conn)

    def enqueue_req(self, conn: Connection) -> None:
        """Have a whole request answered."""
        conn.busy = True
        self._given += 1
        self.tpool.give(conn)

    def _work(self, conn: Connection) -> None:
        """Answer a whole request; runs in a thread."""
        conn.keep = False
        try:
            conn.keep = bool(self.handle(conn))
        except BaseException:
            # Whatever it is, the thread goes on.
            self.log.exception("Error answering a request")
        conn.sock.flush()
        calm = conn.keep and not conn.sock.pending and not conn.arrival.has_rest and self.alive and self._accepting
        self._finished.append(conn)
        # What comes next on a connection that is watched wakes the loop by itself; what came with this one does not.
        if self._asleep and not (calm and conn.watched and not conn.early):
            self.method_queue.defer(_nothing)

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Have the application answer, and tell whether the connection goes on; runs in a thread."""
        self.cfg.pre_request(self, req)
        answer, environ = self._environs.create(req, conn)
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            answer.force_close()
        try:
            parts = self.wsgi(environ, answer.start_response)
            try:
                for part in parts:
                    answer.write(part)
                answer.close()
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except Exception:  # whatever an application raises: answered by gunicorn, or logged, and the connection ends
            if not answer.headers_sent:
                raise
            self.log.exception("Error handling request")
            # Nothing can be said any more: that it is not whole, the connection's end tells.
            return False
        self.nr += 1
        if self.nr >= self.max_requests:
            # It goes on answering until the master has another one.
            self._states.put(self.age, WorkerState.SPENT)
        return not answer.should_close()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what does not get to the application in the application's shape."""
        captured = _Captured()
        super().handle_error(req, captured, addr, exc)
        self.answer_bare(client, self._bare.reshape(bytes(captured.data)))

    def answer_bare(self, client: Any, answer: bytes) -> None:
        """Answer what does not get to the application."""
        client.sendall(answer)
        if self._counts is not None:
            self._counts.bare_answer(answer[9:12].decode("ascii", "replace"))

    def tell_how_busy(self) -> None:
        """Count what is going on just now."""
        if self._counts is not None:
            self._counts.work(threads=self.cfg.threads, requests=self._given, connections=self.nr_conns)


class _Captured:
    """Stands for a client, to see how gunicorn would answer it."""

    def __init__(self) -> None:
        self.data = bytearray()

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.data += data


def _nothing() -> None:
    """Wake the loop."""
