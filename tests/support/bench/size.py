"""How many bytes sessions take in Redis, what many of them change, and how long the program takes to start."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from redis import Redis

from tests.support.bench.in_process import InProcess, SignIn, get, in_process
from tests.support.bench.peers.peer import CUSTOMER, Surroundings
from tests.support.bench.peers.program import Program
from tests.support.bench.table import markdown
from tests.support.bench.upstream import LARGE_TENANT, TENANT, Way

_TOKENS: Final = {TENANT: "28, saas 150", LARGE_TENANT: "1,024"}
_SESSIONS: Final = 200
"""Of different customers, so that what there is once hardly counts."""
_STARTS: Final = 5
_REQUESTS: Final = 200
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_TOLD_EVERY: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What sessions take."""

    tokens: str
    """How long they are."""
    devices: int
    """How many sessions each customer has."""
    kinds: Mapping[str, float]
    """Bytes for each session, by what their keys look like."""
    whole: float
    """By how much Redis's own memory has grown for each."""

    @property
    def bytes(self) -> float:
        """Of all keys, for each session."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What requests cost among so many sessions."""

    sessions: int
    microseconds: Mapping[str, float]
    whole: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """From the command to the first answer of `/readyz`."""

    seconds: float
    processor_seconds: float
    """Of master and workers."""


def sizes(around: Surroundings, devices: Sequence[int], say: Callable[[str], None]) -> list[Size]:
    """Return what sessions take, with tokens of both lengths, then with several devices for each customer.

    :raises BenchError: a sign-in is refused
    """
    wanted = [(TENANT, 1), (LARGE_TENANT, 1), *((TENANT, count) for count in devices if count != 1)]
    found = []
    for tenant, count in wanted:
        say(f"sessions with tokens of {_TOKENS[tenant]} characters, {count} for each customer")
        found.append(_size(around, tenant, count))
    return found


def growth(around: Surroundings, sessions: int, say: Callable[[str], None]) -> list[Growth]:
    """Return what requests cost with few sessions, and with many.

    :raises BenchError: a sign-in is refused
    """
    with Redis.from_url(around.redis.url) as client, in_process(around) as program:
        _empty(client)
        empty, sign_in = _used(client), SignIn.to(program)
        cookie = sign_in.cookie(CUSTOMER)
        before = _costs(program, sign_in, cookie, 1, 0.0)
        made = 1 + _REQUESTS
        while made < sessions:
            made += 1
            sign_in.cookie(CUSTOMER + made)
            if made % _TOLD_EVERY == 0:
                say(f"{made} sessions")
        return [before, _costs(program, sign_in, cookie, made, (_used(client) - empty) / made)]


def starts(around: Surroundings) -> Start:
    """Return how long `bff serve` takes to start, the median of a few.

    :raises BenchError: it does not
    """
    found = []
    for _ in range(_STARTS):
        began = time.monotonic()
        with Program().started(around, Way.FAST) as (_, group):
            found.append((time.monotonic() - began, group.processor_seconds()))
    return Start(seconds=median(one for one, _ in found), processor_seconds=median(one for _, one in found))


def size_text(found: Sequence[Size], start: Start, grown: Sequence[Growth]) -> str:
    """Return tables."""
    names = sorted({name for size in found for name in size.kinds})
    head = ("characters of a token", "devices a customer", "Redis bytes a session", "by its own memory")
    tables = [
        markdown(
            (*head, *(f"`{name}`" for name in names)),
            (
                (
                    *(size.tokens, str(size.devices), f"{size.bytes:,.0f}", f"{size.whole:,.0f}"),
                    *(f"{size.kinds.get(name, 0):,.0f}" for name in names),
                )
                for size in found
            ),
        ),
        f"`bff serve` answers after {start.seconds:.2f} s, {start.processor_seconds:.2f} s of processor time.",
    ]
    if grown:
        asked = list(grown[0].microseconds)
        tables.append(
            markdown(
                ("sessions", "bytes each, by Redis's own memory", *(f"`{name}`, processor µs" for name in asked)),
                (
                    (f"{one.sessions:,}", f"{one.whole:,.0f}", *(f"{one.microseconds[name]:,.0f}" for name in asked))
                    for one in grown
                ),
            )
        )
    return "\n\n".join(tables)


def _size(around: Surroundings, tenant: str, devices: int) -> Size:
    with Redis.from_url(around.redis.url) as client, in_process(around, tenant=tenant) as program:
        _empty(client)
        sign_in = SignIn.to(program)
        # Scripts and connections are there from here on.
        program.asked("/api/me", Cookie=sign_in.cookie(CUSTOMER))
        _empty(client)
        empty = _used(client)
        customers = max(1, _SESSIONS // devices)
        for number in range(1, customers + 1):
            for _ in range(devices):
                program.asked("/api/me", Cookie=sign_in.cookie(number))
        sessions = customers * devices
        return Size(
            tokens=_TOKENS[tenant],
            devices=devices,
            kinds={name: total / sessions for name, total in _by_kind(client).items()},
            whole=(_used(client) - empty) / sessions,
        )


def _by_kind(client: Redis) -> Counter[str]:
    found: Counter[str] = Counter()
    for key in client.scan_iter(count=1000):
        found[_HASH.sub("*", key.decode())] += int(client.memory_usage(key, samples=0) or 0)
    return found


def _costs(program: InProcess, sign_in: SignIn, cookie: str, sessions: int, whole: float) -> Growth:
    spent = program.medians({path: get(path, {"Cookie": cookie}) for path in ("/api/me", "/api/sessions")})
    began = time.thread_time()
    for number in range(_REQUESTS):
        sign_in.cookie(10_000_000 + number)
    spent["POST /api/login"] = (time.thread_time() - began) / _REQUESTS * 1e6
    return Growth(sessions=sessions, microseconds=spent, whole=whole)


def _empty(client: Redis) -> None:
    # Valkey would else free the memory a while later.
    client.config_set("lazyfree-lazy-user-flush", "no")
    client.flushall()


def _used(client: Redis) -> int:
    return int(client.info("memory")["used_memory"])
