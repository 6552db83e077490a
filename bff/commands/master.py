"""gunicorn's master process, with what an operator expects of one.

It listens at once or ends. A wrong configuration leaves the workers alone. A worker that has answered as many requests
as it should goes on until another one has taken its place, one worker at a time. At the end no connection is let in
that no worker would answer. And the service manager hears of it all.
"""

from __future__ import annotations

import signal
from typing import Any

from gunicorn.arbiter import Arbiter

from bff.commands.listening import is_handed_over, let_nobody_else_in, listen
from bff.commands.service_manager import ServiceManager
from bff.commands.worker_states import WorkerState, WorkerStates


class Master(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """Starts workers, replaces them and ends them."""

    def __init__(self, server: Any, manager: ServiceManager) -> None:
        """:param server: a `Server`"""
        super().__init__(server)
        self._manager = manager
        self._states: WorkerStates = server.worker_states
        self._serving: set[int] = set()
        """Workers that have begun to answer, by process."""
        self._leaving: int | None = None
        """The worker that is being replaced, by process."""
        self._awaited: int | None = 0
        """The manager waits for a worker younger than this one; None: it waits for none."""
        self._status: str | None = None
        """What the manager is told beside 'ready'; None: that requests are answered."""

    def start(self) -> None:
        """Listen.

        :raises CannotListenError: it cannot be
        """
        if not is_handed_over():
            self.LISTENERS = [listen(self.cfg, self.log)]
        super().start()
        self.app.tell_start([str(listener) for listener in self.LISTENERS])

    def spawn_worker(self) -> Any:
        """Start a worker, while the thread that answers scrapes does nothing."""
        with self.app.counting.held():
            return super().spawn_worker()

    def reload(self) -> None:
        """Replace the workers by ones with the configuration of now; SIGHUP asks for it."""
        self._manager.reloading()
        if not self.app.renew():
            self._status = "the configuration is wrong and was not taken: see the log"
            if self._awaited is None:
                self._manager.ready(self._status)
            # Else nothing answers yet, or not with what was taken before: that is said once it does.
            return
        self._status = None
        self._awaited, self._leaving = self.worker_age, None
        super().reload()

    def stop(self, graceful: bool = True) -> None:
        """End the workers, those that do not finish in time too."""
        self._manager.stopping()
        if self._listens_alone():
            self._let_nobody_else_in()
        super().stop(graceful)

    def _listens_alone(self) -> bool:
        """Tell whether the socket ends with the workers: neither systemd nor another master (SIGUSR2) shares it."""
        return not self.systemd and self.reexec_pid == self.master_pid == 0

    def _let_nobody_else_in(self) -> None:
        for listener in self.LISTENERS:
            try:
                let_nobody_else_in(listener)
            except OSError as error:
                # A moment is left, between a worker's last look and its closing, in which a connection is lost.
                self.log.debug("Connections are let in until the end: %s", error.strerror)

    def manage_workers(self) -> None:
        """Have as many workers as there should be; called at least once a second."""
        self._look_at_workers()
        more = 0 if self._leaving is None else 1
        self.num_workers += more
        try:
            super().manage_workers()
        finally:
            self.num_workers -= more
        if self._leaving is not None and self._is_replaced():
            self.kill_worker(self._leaving, signal.SIGTERM)
        self._tell_manager()

    def _look_at_workers(self) -> None:
        self._serving &= self.WORKERS.keys()
        states = {pid: self._states.of(worker.age) for pid, worker in self.WORKERS.items()}
        self._serving |= {pid for pid, state in states.items() if state is not WorkerState.STARTING}
        if self._leaving in self.WORKERS:
            return
        spent = [pid for pid, state in states.items() if state is WorkerState.SPENT]
        self._leaving = min(spent, key=lambda pid: self.WORKERS[pid].age, default=None)
        if self._leaving is not None:
            self.log.info("Worker (pid:%s) has answered enough requests: another takes its place", self._leaving)

    def _is_replaced(self) -> bool:
        return len(self._serving - {self._leaving}) >= int(self.num_workers)

    def _tell_manager(self) -> None:
        if self._awaited is None:
            return
        if any(worker.age > self._awaited and pid in self._serving for pid, worker in self.WORKERS.items()):
            self._awaited = None
            self._manager.ready(self._status or f"answering requests (workers: {self.num_workers})")
