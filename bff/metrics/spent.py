"""How long a request has waited for Redis and for Emporix, added up where the calls are made.

A request begins its own sum, and all calls that are made for it add to that. Outside of a request there is none, and
nothing is added. What a request waits for beside calls (a lock, another request's answer) is in neither.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Spent:
    """The times of one request, in seconds; its one thread alone adds to it."""

    redis_seconds: float = 0.0
    upstream_seconds: float = 0.0


SPENT: ContextVar[Spent | None] = ContextVar("spent", default=None)
"""Of the request that is being answered; set by the web floor."""
