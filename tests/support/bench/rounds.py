"""Measures rows in rounds: each round goes through all rows and, within a row, through the peers.

A server is warmed up by as many requests as it takes; V8 takes thousands. Peers of one row follow each other within
seconds, and what else the machine does hits all of them alike. Before and after each measurement the answer is looked
at, byte by byte where it can be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from redis import Redis

from tests.support.bench.peers.peer import Asked, Instance, Peer, Surroundings
from tests.support.bench.processes import busy_seconds, processor_seconds_of
from tests.support.bench.rows import Row
from tests.support.bench.upstream import Way
from tests.support.bench.wrk import Seen, run_wrk

_READY_SECONDS: Final = 1
"""Before each measurement: what a server has let go since its last turn, connections above all, it has again."""
_LONGEST_WARM_UP_SECONDS: Final = 15.0
_WARM_UP_CONNECTIONS: Final = {Way.SLOWER: 128, Way.SLOW: 256}
_USUAL_WARM_UP_CONNECTIONS: Final = 64

Instances = Mapping[tuple[str, Way], Instance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One row of one peer in one round."""

    seen: Seen
    processor_seconds: float
    """Of the server's own processes: neither Redis nor the upstream nor wrk."""
    redis_reads: float
    """How often Redis has read from a connection, for each request: its round trips."""
    upstream_requests: float
    """How many the upstream has got for each request."""
    others: float
    """What part of all cores' time went to what has nothing to do with it."""

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.seen.requests / self.seen.seconds

    @property
    def processor_us(self) -> float:
        """Microseconds of processor time for each request."""
        return self.processor_seconds / max(1, self.seen.requests) * 1e6

    @property
    def errors(self) -> int:
        """Requests that were refused, broke, or were not answered in time."""
        return self.seen.refused + self.seen.broken


Results = dict[tuple[Row, str], list[Measurement]]


def measured(
    rows: Sequence[Row],
    peers: Sequence[Peer],
    around: Surroundings,
    *,
    rounds: int,
    seconds: int,
    say: Callable[[str], None],
) -> Results:
    """Return the measurements of each row and peer, one for each round.

    :raises BenchError: a peer does not start, or gives a wrong answer
    """
    results: Results = {}
    with running_instances(rows, peers, around) as instances:
        for peer in peers:
            for (name, way), instance in instances.items():
                if name == peer.name:
                    say(f"warm-up: {name}, {way.label}")
                    _warm_up(instance, way, peer.warm_up_requests)
        for turn in range(1, rounds + 1):
            for row, instance in _turns(rows, peers, instances):
                found = _measurement(row, instance, around, seconds)
                results.setdefault((row, instance.name), []).append(found)
                say(f"round {turn}: {row.label}, {instance.name}: {found.per_second:.0f}/s")
    return results


@contextmanager
def running_instances(rows: Sequence[Row], peers: Sequence[Peer], around: Surroundings) -> Iterator[Instances]:
    """Run what the rows need, to the end of the block."""
    with ExitStack() as stack:
        instances: dict[tuple[str, Way], Instance] = {}
        for peer in peers:
            for way in Way:
                if any(row.way is way and peer.name in row.peers for row in rows):
                    instances[peer.name, way] = stack.enter_context(peer.running(around, way))
        yield instances


def loaded(instance: Instance, asked: Asked, *, connections: int, seconds: int) -> None:
    """Put a load on a server, and see that it answers as it should after it.

    :raises BenchError: it does not
    """
    run_wrk(instance.url, instance.targets[asked].load, connections=connections, seconds=seconds)
    instance.check(asked)
    instance.group.empty_log()


def _warm_up(instance: Instance, way: Way, requests: int) -> None:
    connections = _WARM_UP_CONNECTIONS.get(way, _USUAL_WARM_UP_CONNECTIONS)
    end = time.monotonic() + _LONGEST_WARM_UP_SECONDS
    while requests > 0 and time.monotonic() < end:
        load = instance.targets[Asked.ME].load
        requests -= run_wrk(instance.url, load, connections=connections, seconds=1).requests
    instance.check(Asked.ME)
    instance.group.empty_log()


def _turns(rows: Sequence[Row], peers: Sequence[Peer], instances: Instances) -> Iterator[tuple[Row, Instance]]:
    for row in rows:
        for peer in peers:
            if peer.name in row.peers:
                yield row, instances[peer.name, row.way]


def _measurement(row: Row, instance: Instance, around: Surroundings, seconds: int) -> Measurement:
    load = instance.targets[row.asked].load
    instance.check(row.asked)
    run_wrk(instance.url, load, connections=row.connections, seconds=_READY_SECONDS)
    with Redis.from_url(around.redis.url) as client:
        reads, upstream, began = _reads(client), around.upstream.requests(), instance.group.processor_seconds()
        busy, ours, since = busy_seconds(), _ours(instance, around), time.monotonic()
        seen = run_wrk(instance.url, load, connections=row.connections, seconds=seconds)
        spent = instance.group.processor_seconds() - began
        others = busy_seconds() - busy - (_ours(instance, around) - ours)
        others /= (time.monotonic() - since) * (os.cpu_count() or 1)
        # Less what this function has asked them itself.
        reads, upstream = _reads(client) - reads - 1, around.upstream.requests() - upstream - 1
    instance.check(row.asked)
    # A disk that fills up would be another thing to measure.
    instance.group.empty_log()
    return Measurement(
        seen=seen,
        processor_seconds=spent,
        redis_reads=reads / max(1, seen.requests),
        upstream_requests=upstream / max(1, seen.requests),
        # The kernel counts in ticks, so that little more than all of it may come out.
        others=min(1.0, max(0.0, others)),
    )


def _ours(instance: Instance, around: Surroundings) -> float:
    """Return the processor time of all that takes part: the peer, Redis, the upstream, wrk and the bench itself."""
    times = os.times()
    servers = instance.group.processor_seconds() + around.upstream.group.processor_seconds()
    own = times.user + times.system + times.children_user + times.children_system
    return servers + processor_seconds_of(around.redis.pid) + own


def _reads(client: Redis) -> int:
    return int(client.info("stats")["total_reads_processed"])
