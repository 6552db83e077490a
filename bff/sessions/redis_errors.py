"""Asks Redis, and says in our words that it did not answer, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeVar

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ClusterError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bff.errors import SessionStoreUnavailable

T = TypeVar("T")

CONNECTION: Final = "connection"
_BY_KIND: Final = {
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    NoPermissionError: "NOPERM",
    AuthenticationError: "NOAUTH",
    BusyLoadingError: "LOADING",
    RedisTimeoutError: "timeout",
    MasterDownError: "MASTERDOWN",
    ClusterDownError: "CLUSTERDOWN",
    ClusterError: "TRYAGAIN",
}
"""redis-py takes the first word away from the text of these; some are connection errors, too. The first one counts."""
_WORD: Final = re.compile(r"\b(READONLY|OOM|NOPERM|NOAUTH|LOADING|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|BUSY)\b")
_DENIED: Final = re.compile(r"can't run this command|ACL failure")
_COMMAND: Final = re.compile(r"'([a-z]{1,20}(?:\|[a-z]{1,20})?)'(?= command)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisFault:
    """Why Redis does not do what was asked: fixed words, for a log line and for who asks from outside."""

    cause: str
    """Redis's own word (READONLY, OOM, NOPERM, …), or `timeout`, `connection` or `error`."""
    command: str
    """What Redis refused; else what was asked; empty where that is not known."""

    @property
    def missing_right(self) -> str:
        """The command that the user has no right to; empty: that is not what is wrong, or it is not known."""
        return self.command if self.cause == "NOPERM" else ""

    def __str__(self) -> str:
        """Return it in a line: `NOPERM zadd`."""
        return f"{self.cause} {self.command}".rstrip()


FAULT: ContextVar[RedisFault | None] = ContextVar("redis_fault", default=None)
"""Why Redis has failed the request that is being answered; who reports it takes it away."""


def fault_of(error: RedisError, asked: str = "") -> RedisFault:
    """Tell the fault behind an exception.

    :param asked: the command that was sent, where the caller knows
    """
    text = str(error)
    named = _COMMAND.search(text)
    return RedisFault(cause=_cause(error, text), command=named[1] if named else asked)


def answer_or_fault(ask: Callable[[], T], asked: str) -> T | RedisFault:
    """Return what `ask` brings, or why it brings nothing.

    :param asked: the command that is sent
    """
    try:
        return ask()
    except RedisError as error:
        return fault_of(error, asked)


def _cause(error: RedisError, text: str) -> str:
    for kind, word in _BY_KIND.items():
        if isinstance(error, kind):
            return word
    if found := _WORD.search(text):
        return found[1]
    if _DENIED.search(text):
        return "NOPERM"
    return CONNECTION if isinstance(error, RedisConnectionError) else "error"


def translate_redis_errors(ask: Callable[[], T], *, repeatable: bool = False) -> T:
    """Return what `ask` brings.

    :param repeatable: ask once more where the connection broke, or led to what is no primary any more: it may have
        been dead for long, and the next is new
    :raises SessionStoreUnavailable: Redis is away, or too slow, or refuses
    """
    try:
        try:
            return ask()
        except (RedisConnectionError, ReadOnlyError):
            if not repeatable:
                raise
            return ask()
    except RedisError as err:
        fault = fault_of(err)
        FAULT.set(fault)
        raise SessionStoreUnavailable(str(fault)) from err
