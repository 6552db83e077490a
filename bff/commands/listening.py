"""Where the server listens: on sockets that were handed to it, or on one that it makes at once or not at all.

gunicorn tries for five seconds to listen where another program does, with three lines a second; and it removes the path
of a unix socket from under a server that still listens there. At the end it lets connections in that no worker takes.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from array import array
from typing import Any, Final

from gunicorn import systemd
from gunicorn.sock import TCP6Socket, TCPSocket, UnixSocket
from gunicorn.util import is_ipv6

_WHY: Final = {
    errno.EADDRINUSE: "is taken: another program listens there",
    errno.EACCES: "is not allowed to this user",
    errno.EPERM: "is not allowed to this user",
    errno.EADDRNOTAVAIL: "is no address of this machine",
    errno.ENOENT: "lies in no folder that there is",
}
_NOBODYS: Final = frozenset({errno.ENOENT, errno.ECONNREFUSED})
"""What connecting to a path says where nothing is, or a socket whose server has ended. A file says the second, too."""

_ATTACH_FILTER: Final = 26
"""Linux' SO_ATTACH_FILTER, which Python has no name for."""
_UNLESS_IT_BEGINS: Final = (
    (0x30, 0, 0, 13),
    (0x54, 0, 0, 0x12),
    (0x15, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 2**32 - 1),
)
"""Lets a TCP segment pass unless of SYN and ACK it has SYN alone: load the flags, mask them, compare, drop, pass."""


class CannotListenError(Exception):
    """The text is one line for the operator who starts the server."""


def is_handed_over() -> bool:
    """Tell whether systemd, or a master before this one, has handed its sockets over; gunicorn takes them.

    :raises CannotListenError: what systemd has handed over are no sockets that listen
    """
    try:
        count = systemd.listen_fds(unset_environment=False)
    except ValueError:
        raise CannotListenError("LISTEN_FDS or LISTEN_PID is no number") from None
    for file in range(systemd.SD_LISTEN_FDS_START, systemd.SD_LISTEN_FDS_START + count):
        if not _listens(file):
            raise CannotListenError(
                f"what was handed over as file {file} does not listen: a socket unit needs ListenStream= and Accept=no"
            )
    return bool(count) or "GUNICORN_FD" in os.environ


def _listens(file: int) -> bool:
    try:
        # Of a file of its own: with the object that asks, the one that was handed over would be closed.
        with socket.socket(fileno=os.dup(file)) as handed:
            return bool(handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False


def listen(cfg: Any, log: Any) -> Any:
    """Return gunicorn's kind of listening socket, for the one address of its configuration.

    :raises CannotListenError: it cannot be
    """
    (address,) = cfg.address
    shown = cfg.bind[0]
    if isinstance(address, str):
        if (why := _why_left_alone(address)) is not None:
            raise CannotListenError(f"{shown} {why}")
        kind: Any = UnixSocket
    else:
        kind = TCP6Socket if is_ipv6(address[0]) else TCPSocket
    try:
        return kind(address, cfg, log)
    except ValueError:
        raise CannotListenError(f"{shown} is there already, and is no socket") from None
    except socket.gaierror:
        raise CannotListenError(f"{shown} names no address") from None
    except OSError as error:
        raise CannotListenError(f"{shown} {why_not(error)}") from None


def let_nobody_else_in(listener: Any) -> None:
    """Have the system ignore new connections from now on, to all processes that share the socket.

    So the last process can take the connections that wait and close the socket, and the system has none to drop. A
    client that was ignored tries again after a second, then after two more, as TCP does, until it is refused. No client
    finds a unix socket whose path is gone, so there is nothing to do; where this is not Linux, nothing can be done.

    :raises OSError: the system cannot
    """
    if listener.family == socket.AF_UNIX or sys.platform != "linux":
        return
    program = array("B", b"".join(struct.pack("HBBI", *step) for step in _UNLESS_IT_BEGINS))
    address, _ = program.buffer_info()
    listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(_UNLESS_IT_BEGINS), address))


def why_not(error: OSError) -> str:
    """Tell why an address cannot be listened on."""
    # Python's own objections, a path that is too long being one, have no number.
    return _WHY.get(error.errno or 0, f"cannot be listened on: {error.strerror or error}")


def _why_left_alone(path: str) -> str | None:
    """Tell why a path is not to be taken: gunicorn removes whatever socket lies there."""
    with socket.socket(socket.AF_UNIX) as client:
        # A server whose queue is full is one, too.
        client.setblocking(False)
        try:
            client.connect(path)
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno in _NOBODYS:
                return None
            if error.errno == errno.EPROTOTYPE:
                return "is taken: a socket of another kind lies there"
            return why_not(error)
    return "is taken: another program listens there"
