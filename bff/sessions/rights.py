"""Which rights a user of Redis lacks, found out without anything being done: commands are queued, and never run.

Within `MULTI`, Redis looks at a user's rights for each command as it comes, and does nothing before `EXEC`. The
connection is dropped instead. So it is the same for a full Redis, a replica and one in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from redis.exceptions import ResponseError

from bff.sessions.redis_errors import fault_of
from bff.sessions.stored_keys import StoredKey

_NO_SCRIPT: Final = "0" * 40
_KEY: Final = "<key>"
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "asking": (),
    "cluster|slots": (),
    "command": (),
    "del": (_KEY,),
    "evalsha": (_NO_SCRIPT, "1", _KEY),
    "exec": (),
    "exists": (_KEY,),
    "expire": (_KEY, "1"),
    "get": (_KEY,),
    "getrange": (_KEY, "0", "0"),
    "incr": (_KEY,),
    "info": (),
    "lindex": (_KEY, "0"),
    "lpop": (_KEY,),
    "lpush": (_KEY, "0"),
    "ltrim": (_KEY, "0", "0"),
    "multi": (),
    "pexpire": (_KEY, "1"),
    "pttl": (_KEY,),
    "scan": ("0", "MATCH", "bff:check", "COUNT", "1"),
    "script|load": ("return 1",),
    "set": (_KEY, "1", "XX", "PX", "1"),
    "setrange": (_KEY, "0", ""),
    "strlen": (_KEY,),
    "time": (),
    "zadd": (_KEY, "XX", "0", "check"),
    "zrange": (_KEY, "0", "0"),
    "zrem": (_KEY, "check"),
    "zremrangebyrank": (_KEY, "0", "0"),
    "zremrangebyscore": (_KEY, "-inf", "0"),
    "zrevrange": (_KEY, "0", "0"),
    "zscore": (_KEY, "check"),
}
"""How each command is spelled so that it changes nothing even where it is run: the key is none that is ever written."""
_MAKE_A_KEY: Final = frozenset({"incr", "lpush"})
"""Whichever way they are spelled, so they go out only where they are queued."""
_OUTSIDE: Final = ("exec", "multi")
"""These are not queued: `EXEC` without `MULTI` is an error that comes after the look at the rights."""
_DENIED: Final = "NOPERM"
_OF_A_KEY: Final = re.compile(r"permissions to access\b", re.IGNORECASE)
_UNKNOWN: Final = re.compile(r"unknown (command|subcommand)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """That one command may be run, on one kind of key if it names any."""

    command: str
    """As Redis's access lists write it: `script|load`."""
    glob: str | None = None
    """The keys, as access lists write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What stands in the way of some rights."""

    commands: Mapping[str, frozenset[Right]]
    """Commands that the user may not run, with the rights that each of them takes away."""
    globs: Mapping[str, frozenset[Right]]
    """Keys that the user may not reach, or not with all the commands."""
    unknown: Mapping[str, frozenset[Right]]
    """Commands that this server does not have."""

    def __bool__(self) -> bool:
        return bool(self.commands or self.globs or self.unknown)


def rights_for(kept: Iterable[StoredKey], commands: Iterable[str] = ()) -> frozenset[Right]:
    """Return the rights that go with kinds of entries, and with commands that name no key."""
    on_keys = {Right(command, one.glob) for one in kept for command in one.commands}
    return frozenset(on_keys | {Right(command) for command in commands})


def lacking_rights(client: Redis, needed: Iterable[Right]) -> Lacking:
    """Find out which rights the client's user lacks.

    :raises RedisError: no connection can be had, or it breaks
    """
    wanted = sorted(needed, key=lambda right: (right.command, right.glob or ""))
    found: dict[str, dict[str, set[Right]]] = {"commands": {}, "globs": {}, "unknown": {}}
    for right, error in _asked(client, wanted):
        is_denied = fault_of(error).cause == _DENIED
        if is_denied and _OF_A_KEY.search(str(error)) and right.glob is not None:
            found["globs"].setdefault(right.glob, set()).add(right)
        elif is_denied:
            # Not as Redis names it: before 7.0 it leaves the second word out.
            found["commands"].setdefault(right.command, set()).add(right)
        elif _UNKNOWN.search(str(error)):
            found["unknown"].setdefault(right.command, set()).add(right)
    return Lacking(**{name: {key: frozenset(rights) for key, rights in of.items()} for name, of in found.items()})


def together(found: Iterable[Lacking]) -> Lacking:
    """Return what stands in the way at one or another of several servers."""
    of: dict[str, dict[str, frozenset[Right]]] = {"commands": {}, "globs": {}, "unknown": {}}
    for one in found:
        for name, kept in of.items():
            for key, rights in getattr(one, name).items():
                kept[key] = kept.get(key, frozenset()) | rights
    return Lacking(**of)


def _asked(client: Redis, rights: list[Right]) -> Iterator[tuple[Right, ResponseError]]:
    """Yield the rights that Redis objects to, each with its error."""
    pool = client.connection_pool
    connection: Any = pool.get_connection()
    try:
        objections = {command: _ask(connection, [(command.upper(),)])[0] for command in _OUTSIDE}
        inside = [right for right in rights if right.command not in _OUTSIDE]
        if objections["multi"] is not None:
            inside = [right for right in inside if right.command not in _MAKE_A_KEY]
        answers = dict(zip(inside, _ask(connection, [_spelled(right) for right in inside]), strict=True))
        for right in rights:
            error = answers.get(right) or objections.get(right.command)
            if error is not None:
                yield right, error
    finally:
        # What is queued is forgotten with the connection.
        connection.disconnect()
        pool.release(connection)


def _ask(connection: Any, commands: list[tuple[str, ...]]) -> list[ResponseError | None]:
    connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    return [_answer(connection) for _ in commands]


def _answer(connection: Any) -> ResponseError | None:
    try:
        connection.read_response()
    except ResponseError as error:
        return error
    return None


def _spelled(right: Right) -> tuple[str, ...]:
    key = "" if right.glob is None else right.glob.replace("*", "check")
    return (*right.command.split("|"), *(key if word == _KEY else word for word in _WORDS[right.command]))
