"""What is measured: a request, a number of connections, a way to the upstream, and the peers that take part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.bench.errors import BenchError
from tests.support.bench.peers.floor import Floor
from tests.support.bench.peers.nginx_limit import NginxLimit
from tests.support.bench.peers.node import Node
from tests.support.bench.peers.peer import Asked, Peer
from tests.support.bench.peers.program import Program
from tests.support.bench.peers.usual_flask import UsualFlask
from tests.support.bench.upstream import Way

PEERS: Final[tuple[Peer, ...]] = (NginxLimit(), Floor(), Node(), UsualFlask(), Program())
NGINX, FLOOR, NODE, FLASK, BFF = (peer.name for peer in PEERS)
_ALL: Final = (NGINX, FLOOR, NODE, FLASK, BFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table for each peer."""

    asked: Asked
    connections: int
    way: Way = Way.FAST
    peers: tuple[str, ...] = (BFF,)

    @property
    def label(self) -> str:
        """What the table and the command line call it."""
        way = "" if self.way is Way.FAST else f" {self.way.label}"
        return f"{self.asked}{way} c={self.connections}"


ME_1: Final = Row(asked=Asked.ME, connections=1, peers=_ALL)
ME_16: Final = Row(asked=Asked.ME, connections=16, peers=_ALL)
ME_64: Final = Row(asked=Asked.ME, connections=64, peers=_ALL)
ME_SLOWER: Final = Row(asked=Asked.ME, connections=64, way=Way.SLOWER, peers=(NGINX, NODE, FLASK, BFF))
ME_SLOW: Final = Row(asked=Asked.ME, connections=64, way=Way.SLOW, peers=(NODE, BFF))
ME_TLS: Final = Row(asked=Asked.ME, connections=16, way=Way.TLS, peers=(NODE, BFF))
SESSION: Final = Row(asked=Asked.SESSION, connections=16)
ACCOUNT: Final = Row(asked=Asked.ACCOUNT, connections=16)
SIGN_IN_CUSTOMER: Final = Row(asked=Asked.SIGN_IN_CUSTOMER, connections=16)
SIGN_IN_GUEST: Final = Row(asked=Asked.SIGN_IN_GUEST, connections=16)
ROWS: Final = (
    *(ME_1, ME_16, ME_64, ME_SLOWER, ME_SLOW, ME_TLS),
    *(SESSION, ACCOUNT, SIGN_IN_CUSTOMER, SIGN_IN_GUEST),
    Row(asked=Asked.POST_LOGIN, connections=16),
    Row(asked=Asked.STATIC, connections=16),
    Row(asked=Asked.SESSION_NEWCOMER, connections=16),
    Row(asked=Asked.SIGN_IN_NEWCOMER, connections=16),
)
"""In the order in which they are measured, which is the table's."""
QUICK: Final = (ME_16,)


def rows_of(words: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows whose label holds one of the words; all, where there are none.

    :raises BenchError: no label does
    """
    found = tuple(row for row in ROWS if not words or any(word in row.label for word in words))
    if not found:
        raise BenchError("no row is called so; there are: " + "; ".join(row.label for row in ROWS))
    return found


def peers_of(names: Sequence[str]) -> tuple[Peer, ...]:
    """Return the peers of these names; all, where there are none.

    :raises BenchError: one is not there
    """
    unknown = set(names) - set(_ALL)
    if unknown:
        raise BenchError(f"no peer is called {', '.join(sorted(unknown))}; there are: {', '.join(_ALL)}")
    return tuple(peer for peer in PEERS if not names or peer.name in names)
