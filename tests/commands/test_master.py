"""The end of the master process: whom it still lets in depends on who listens on after it."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from bff.commands import listening
from bff.commands.master import Master
from bff.commands.service_manager import ServiceManager
from bff.config.settings import Settings
from tests.support.served import environment, server_of


def lets_in_after_its_end(**changes: object) -> bool:
    """End a master without workers; tell whether who shares its socket hears of a new client."""
    master = Master(server_of(Settings.from_env(environment())), ServiceManager(None))
    for name, value in changes.items():
        setattr(master, name, value)
    with socket.create_server(("127.0.0.1", 0)) as shared, socket.socket() as client:
        master.LISTENERS = [shared.dup()]
        master.stop()
        assert master.LISTENERS == []
        client.setblocking(False)
        # On this machine a connection is there as soon as the client has asked for it.
        client.connect_ex(shared.getsockname())
        shared.setblocking(False)
        try:
            accepted, _ = shared.accept()
        except BlockingIOError:
            return False
        accepted.close()
        return True


def test_nobody_is_let_in_at_the_end() -> None:
    assert not lets_in_after_its_end()


@pytest.mark.parametrize("others", [{"systemd": True}, {"reexec_pid": 7}, {"master_pid": 7}])
def test_whoever_listens_on_after_the_end_is_still_heard_of(others: dict[str, object]) -> None:
    assert lets_in_after_its_end(**others)


def test_system_that_cannot_ignore_who_comes_stops_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_ATTACH_FILTER", 2**15)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(OSError, match=os.strerror(errno.ENOPROTOOPT)),
    ):
        listening.let_nobody_else_in(listener)
    assert lets_in_after_its_end()
