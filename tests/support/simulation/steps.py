"""What a step touches: two steps that write nothing in common may change places, and nobody could tell.

A step is one round trip to Redis or one call of upstream.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from tests.support.simulation.memory_redis import Command, MemoryServer
from tests.support.simulation.upstream import Keys, Sent

BEGINS: Final = "begins"
"""A request is sent, with the cookie that its browser has then."""
ANSWERS: Final = "answers"
"""The browser gets the answer, and takes the new cookie."""
CLOCK: Final = "clock"
"""Redis's, which sign-ins and endings are compared by."""
_ASKED_AGAIN: Final = frozenset({"get_me", "cart"})
_READS: Final = frozenset({"GET", "EXISTS", "PTTL", "STRLEN", "GETRANGE", "ZSCORE", "ZRANGE", "ZREVRANGE", "TIME"})
_CALL: Final = re.compile(r"redis\.call\('(\w+)'((?:[^()]|\([^()]*\))*)\)")
_KEY: Final = re.compile(r"KEYS\[(\d+)\]")


class Fault(Enum):
    """How a step fails."""

    REFUSED = "refused"
    """Known not to have been done."""
    BEFORE = "unknown, not done"
    AFTER = "unknown, done"
    TIMEOUT = "timeout, done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a request is about to do."""

    label: str
    reads: Keys = frozenset()
    writes: Keys = frozenset()
    may_fail: bool = True
    sleeps: bool = False
    """It waits for a lock; what it reads is the lock's key."""
    is_asked_again: bool = False
    """Where the connection breaks it is asked once more."""
    spends: str = ""
    """The refresh token that upstream is sent."""

    def meets(self, other: Step) -> bool:
        """Tell whether it matters which of two steps is first."""
        return not (
            self.writes.isdisjoint(other.writes)
            and self.writes.isdisjoint(other.reads)
            and self.reads.isdisjoint(other.writes)
        )

    def faults(self) -> tuple[Fault, ...]:
        """Return the ways in which it can fail that the code tells apart: done or not, and what it may ask again."""
        if not self.may_fail:
            return ()
        if self.is_asked_again:
            return (Fault.REFUSED, Fault.BEFORE)
        return (Fault.REFUSED, Fault.AFTER) if self.writes else (Fault.REFUSED,)


def waiting(asked: Step | None) -> Step:
    """Return the step of whoever has asked for a lock that another one holds: to sleep until it has changed."""
    wanted = frozenset() if asked is None else asked.writes
    return Step(label="waits for a lock", reads=wanted, may_fail=False, sleeps=True)


def of_upstream(sent: Sent) -> Step:
    """Return the step that a call of upstream is."""
    reads, writes = sent.touches
    again = sent.name in _ASKED_AGAIN
    return Step(label=f"upstream {sent.name}", reads=reads, writes=writes, spends=sent.spends, is_asked_again=again)


def of_redis(server: MemoryServer, commands: Sequence[Command]) -> Step:
    """Return the step that a round trip to Redis is."""
    reads: set[str] = set()
    writes: set[str] = set()
    words = []
    for name, *args in commands:
        if name == b"EVALSHA":
            keys = [one.decode() for one in args[2 : 2 + int(args[1])]]
            script = _touched(server.text_of(args[0]))
            counts = args[2 + len(keys)] != b"0" if script.is_load else True
            for number, key in enumerate(keys, 1):
                (writes if counts and number in script.writes else reads).add(key)
            if script.writes_time:
                writes.add(CLOCK)
            words.append(f"{script.word}({_short(keys[0])})")
        elif name == b"TIME":
            reads.add(CLOCK)
            words.append("time")
        else:
            count = len(args) if name in (b"DEL", b"EXISTS") else 1
            (reads if name.decode() in _READS else writes).update(one.decode() for one in args[:count])
            words.append(f"{name.decode().lower()}({_short(args[0].decode())})")
    return Step(
        label="redis " + " ".join(words),
        reads=frozenset(reads - writes),
        writes=frozenset(writes),
        is_asked_again=words[0].startswith("load"),
    )


@lru_cache(maxsize=10_000)
def _short(key: str) -> str:
    return re.sub(r"[0-9a-f]{32,}", lambda found: found[0][:4], key.removeprefix("bff:"))


@dataclass(frozen=True, slots=True)
class _Script:
    word: str
    writes: frozenset[int]
    writes_time: bool
    is_load: bool


@lru_cache(maxsize=100)
def _touched(text: str) -> _Script:
    writes: set[int] = set()
    commands = []
    for name, args in _CALL.findall(text):
        commands.append(name.upper())
        if name.upper() not in _READS:
            writes.update(int(number) for number in _KEY.findall(args))
    is_load = "INCR" in commands and "GET" in commands
    words = [one.lower() for one in commands if one not in _READS] or ["look"]
    return _Script(
        word="load" if is_load else "+".join(dict.fromkeys(words)),
        writes=frozenset(writes),
        writes_time="TIME" in commands and "SET" in commands,
        is_load=is_load,
    )
