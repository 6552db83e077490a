"""The server's end: whoever was let in is answered, whoever comes later is refused, and others may listen on."""

from __future__ import annotations

from tests.support.mutation import Mutation

_LOAD = "tests/journeys/test_workers_under_load.py"
_WORKER = "tests/commands/test_worker.py"
_MASTER = "tests/commands/test_master.py"
_ROOM = "test_who_waits_at_the_end_is_taken_once_there_is_room_and_makes_none_of_those_just_taken"

OF_THE_END: tuple[Mutation, ...] = (
    Mutation(
        guard="the end closes what is listened on before it is over",
        path="bff/commands/worker.py",
        old="        if not self._accepting:\n            self.sockets",
        new="        if False:\n            self.sockets",
        test=f"{_LOAD}::test_connection_that_comes_after_the_end_has_begun_is_refused_at_once",
    ),
    Mutation(
        guard="the end takes those who wait also where nothing else is left to do",
        path="bff/commands/worker.py",
        old="        if not self.alive:\n            self._stop_listening()\n",
        new="",
        test=f"{_WORKER}::test_end_takes_all_who_wait_to_be_accepted_and_refuses_whoever_comes_then",
    ),
    Mutation(
        guard="the end takes those who wait to be accepted",
        path="bff/commands/worker.py",
        old="            if not self._take(listener):\n                # Without",
        new="            if True:\n                # Without",
        test=f"{_LOAD}::test_connections_that_wait_to_be_accepted_when_the_end_begins_are_answered",
    ),
    Mutation(
        guard="a socket is not closed while the loop hears of it",
        path="bff/commands/worker.py",
        old="        if not self._accepting:\n            self.sockets",
        new="        if True:\n            self.sockets",
        test=f"{_WORKER}::test_socket_that_the_loop_still_hears_of_is_not_closed_under_it",
    ),
    Mutation(
        guard="the end of one worker closes a socket for no other",
        path="bff/commands/worker.py",
        old="                listener.close()\n",
        new="                listener.shutdown(socket.SHUT_RDWR)\n                listener.close()\n",
        test=f"{_WORKER}::test_end_of_one_worker_closes_nothing_for_others",
    ),
    Mutation(
        guard="a worker that has all it can take goes on listening",
        path="bff/commands/worker.py",
        old="        if not self.alive:\n            self._stop_listening()\n",
        new="        self._stop_listening()\n",
        test=f"{_WORKER}::test_worker_that_has_all_it_can_take_closes_nothing_while_it_lives",
    ),
    Mutation(
        guard="the end takes nobody in place of one whose request was not read",
        path="bff/commands/worker.py",
        old="        for _ in range(max(1, room - 1)):\n",
        new="        for _ in range(1000):\n",
        test=f"{_WORKER}::{_ROOM}",
    ),
    Mutation(
        guard="those who wait at the end are taken once there is room",
        path="bff/commands/worker.py",
        old="            self._shares.leave(self.age)\n            self._stop_listening()\n",
        new="            self._shares.leave(self.age)\n",
        test=f"{_WORKER}::{_ROOM}",
    ),
    Mutation(
        guard="nobody is let in whom no worker would answer",
        path="bff/commands/master.py",
        old="        if self._listens_alone():\n",
        new="        if False:\n",
        test=f"{_MASTER}::test_nobody_is_let_in_at_the_end",
    ),
    Mutation(
        guard="who shares the socket with another master is let in",
        path="bff/commands/master.py",
        old=" and self.reexec_pid == self.master_pid == 0\n",
        new="\n",
        test=f"{_MASTER}::test_whoever_listens_on_after_the_end_is_still_heard_of",
    ),
    Mutation(
        guard="who comes to a socket of systemd's is let in for the next start",
        path="bff/commands/master.py",
        old="        return not self.systemd and ",
        new="        return ",
        test="tests/commands/test_listening.py::"
        "test_socket_of_systemd_counts_more_than_the_setting_and_answers_after_a_reload",
    ),
    Mutation(
        guard="a system that cannot ignore who comes hinders no end",
        path="bff/commands/master.py",
        old="            except OSError as error:\n",
        new="            except ZeroDivisionError as error:\n",
        test=f"{_MASTER}::test_system_that_cannot_ignore_who_comes_stops_no_end",
    ),
)
