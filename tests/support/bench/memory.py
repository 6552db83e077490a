"""How much memory servers take: after `/api/me` alone, with no other running, and after minutes of mixed requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tests.support.bench.errors import BenchError
from tests.support.bench.peers.peer import Asked, Peer, Surroundings
from tests.support.bench.peers.program import Program
from tests.support.bench.rounds import loaded
from tests.support.bench.upstream import Way
from tests.support.bench.wrk import Load, run_wrk

_ALL_THREADS: Final = 64
"""So many connections that each thread of a worker has had its turn: what a thread has used once, it keeps."""
_ME_SECONDS: Final = 2
_MIXED_CONNECTIONS: Final = 16
_PIECE_SECONDS: Final = 30
_MIXED: Final = (
    *("/api/me", "/account", "/api/session", "/account/addresses", "/api/me/addresses", "/account/sessions"),
    *("/api/sessions", "/account/password", "/account/email", "/account/addresses/new", "/login", "/static/site.css"),
)


def pss_after_me(peers: Sequence[Peer], around: Surroundings, say: Callable[[str], None]) -> dict[str, float]:
    """Return the megabytes of each peer, started for this and asked for nothing else but the sign-in.

    :raises BenchError: one does not start, or gives a wrong answer
    """
    found = {}
    for peer in peers:
        with peer.running(around, Way.FAST) as instance:
            loaded(instance, Asked.ME, connections=_ALL_THREADS, seconds=_ME_SECONDS)
            found[peer.name] = instance.group.pss_megabytes()
        say(f"memory after /api/me alone: {peer.name}: {found[peer.name]:.0f} MB")
    return found


def pss_after_mixed(around: Surroundings, *, minutes: float, say: Callable[[str], None]) -> float:
    """Return the megabytes of the program after so many minutes of pages and JSON by turns.

    :raises BenchError: it does not start, or refuses something
    """
    with Program().running(around, Way.FAST) as instance:
        headers = instance.targets[Asked.ME].load.headers
        load = Load(path="/", headers=headers, script="paths.lua", arguments=_MIXED)
        left = max(1, round(minutes * 60))
        while left > 0:
            piece = min(left, _PIECE_SECONDS)
            seen = run_wrk(instance.url, load, connections=_MIXED_CONNECTIONS, seconds=piece)
            if seen.refused or seen.broken:
                raise BenchError(f"mixed requests: {seen.refused} refused, {seen.broken} broken")
            instance.group.empty_log()
            left -= piece
            say(f"mixed, {left / 60:.1f} minutes left: {instance.group.pss_megabytes():.0f} MB")
        instance.check(Asked.ME)
        return instance.group.pss_megabytes()
