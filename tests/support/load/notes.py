"""What a load test notes while it runs: requests, faults, memory and keys. All times are seconds since its start."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, and what came of it."""

    at: float
    took: float
    kind: str
    """page, json, storefront."""
    route: str
    answer: str
    """Status, and the type of an error or what broke the connection: `503 upstream_unavailable`, `none reset`."""
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One fault, from when it was switched on to when it was over."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What each process takes, in kilobytes."""

    at: float
    master: int
    workers: Mapping[int, int]
    """By process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Redis's keys, counted by kind; those of living sessions, and what may stay for a while."""

    sessions: Mapping[str, int]
    others: Mapping[str, int]
    endless: tuple[str, ...] = ()
    """Kinds of keys that have no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All of one run."""

    seconds: float
    """How long load was made."""
    seed: int
    asked: tuple[Asked, ...]
    faults: tuple[Window, ...]
    memory: tuple[Sample, ...]
    before: Keys
    after: Keys
    mixed_up: tuple[str, ...] = ()
    """What an answer held that is another's."""
    lost: tuple[str, ...] = ()
    """What was changed, answered as done, and is not there."""
    broken: tuple[str, ...] = ()
    """What the run itself could not do."""
    checked: int = 0
    """Answers that were looked through for what is another's."""


@dataclass(slots=True)
class Notes:
    """Filled by many threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: list[Asked] = field(default_factory=list)
    mixed_up: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    checked: int = 0
