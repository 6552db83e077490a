"""A Redis in memory, and a redis-py client of it: each round trip is one call of `MemoryServer.ask`.

Scripts run as the project wrote them (`lua`). Time is what the server is told; keys end by it.
"""

from __future__ import annotations

import fnmatch
import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.commands.core import Script
from redis.exceptions import NoScriptError, ResponseError
from redis.lock import Lock
from redis.retry import Retry

from tests.support.simulation import lua

Command: TypeAlias = tuple[bytes, ...]
Value: TypeAlias = bytes | dict[bytes, float]
Record: TypeAlias = tuple[Value, float]
"""Value, and when it ends in Unix seconds."""
Gate: TypeAlias = Callable[[Sequence[Command], Callable[[], list[Any]]], list[Any]]
"""Gets a round trip and what carries it out; returns the replies, or raises what redis-py would."""
_MICROSECONDS: Final = 1_000_000
_NEVER: Final = math.inf
_OK: Final = b"OK"


class MemoryServer:
    """Keeps keys; knows the commands that the project uses."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.keys: dict[bytes, Record] = {}
        self.marks = 0
        """How often the clock was read by what writes a time down: each time is another one, as with a real clock."""
        self._scripts: dict[bytes, tuple[str, lua.Script]] = {}
        self.gate: Gate = lambda commands, carry_out: carry_out()
        for text in (Lock.LUA_RELEASE_SCRIPT, Lock.LUA_REACQUIRE_SCRIPT):
            # redis-py registers them with the first client that there is.
            self.load_script(text)

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """Carry out a round trip."""
        return self.gate(commands, lambda: [self._run(one) for one in commands])

    def text_of(self, sha: bytes) -> str:
        """Return the text of a script that was loaded."""
        return self._scripts[sha][0]

    def now_microseconds(self) -> int:
        return int(self._now() * _MICROSECONDS) + self.marks

    def ends_at(self, key: bytes) -> float:
        """Return when a key ends, in Unix seconds; what is not there, or stays, never does."""
        return self.keys[key][1] if key in self.keys else _NEVER

    def _run(self, command: Command) -> Any:
        try:
            return self._call(*command)
        except ResponseError as error:
            return error

    def _call(self, name: Any, *given: Any) -> Any:
        args = [one if isinstance(one, bytes) else str(one).encode() for one in given]
        if isinstance(name, bytes):
            name = name.decode()
        run: Callable[..., Any] | None = getattr(self, "_do_" + name.lower().replace(" ", "_"), None)
        if run is None:
            raise NotImplementedError(f"the Redis in memory does not know {name}")
        return run(*args)

    def _call_of_script(self, name: bytes, *args: Any) -> Any:
        written = [one if isinstance(one, bytes) else b"%d" % one if one == int(one) else b"%r" % one for one in args]
        reply = self._call(name, *written)
        if reply is None:
            return False
        return [False if one is None else one for one in reply] if isinstance(reply, list) else reply

    def _live(self, key: bytes) -> Value | None:
        found = self.keys.get(key)
        if found is None:
            return None
        if found[1] <= self._now():
            del self.keys[key]
            return None
        return found[0]

    def _text(self, key: bytes) -> bytes | None:
        value = self._live(key)
        if value is not None and not isinstance(value, bytes):
            raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value

    def _set_of(self, key: bytes) -> dict[bytes, float]:
        value = self._live(key)
        if isinstance(value, bytes):
            raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value or {}

    def _put_set(self, key: bytes, members: dict[bytes, float]) -> None:
        ends = self.ends_at(key)
        if members:
            self.keys[key] = members, ends
        else:
            self.keys.pop(key, None)

    def _do_ping(self) -> bytes:
        return b"PONG"

    def _do_flushall(self) -> bytes:
        self.keys.clear()
        return _OK

    def _do_time(self) -> list[bytes]:
        seconds, micro = divmod(self.now_microseconds(), _MICROSECONDS)
        return [b"%d" % seconds, b"%d" % micro]

    def load_script(self, text: str) -> bytes:
        """Know a script from now on; return its name."""
        sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().encode()
        self._scripts[sha] = text, lua.translated(text)
        return sha

    def _do_script_load(self, text: bytes) -> bytes:
        return self.load_script(text.decode())

    def _do_evalsha(self, sha: bytes, number: bytes, *given: bytes) -> Any:
        if sha not in self._scripts:
            raise NoScriptError("NOSCRIPT No matching script.")
        text, script = self._scripts[sha]
        keys, writes_time = int(number), "'TIME'" in text and "'SET'" in text
        self.marks += writes_time
        try:
            return script(given[:keys], given[keys:], self._call_of_script)
        finally:
            self.marks += writes_time

    def _do_get(self, key: bytes) -> bytes | None:
        return self._text(key)

    def _do_set(self, key: bytes, value: bytes, *options: bytes) -> bytes | None:
        words, ends = [one.upper() for one in options], _NEVER
        was = self._live(key)
        if (b"NX" in words and was is not None) or (b"XX" in words and was is None):
            return None
        if b"KEEPTTL" in words:
            ends = self.ends_at(key)
        for word, unit in ((b"EX", 1), (b"PX", 1000)):
            if word in words:
                ends = self._now() + int(words[words.index(word) + 1]) / unit
        self.keys[key] = value, ends
        return _OK

    def _do_del(self, *keys: bytes) -> int:
        return sum(self._live(key) is not None and self.keys.pop(key, None) is not None for key in keys)

    def _do_exists(self, *keys: bytes) -> int:
        return sum(self._live(key) is not None for key in keys)

    def _do_type(self, key: bytes) -> bytes:
        value = self._live(key)
        return b"none" if value is None else b"string" if isinstance(value, bytes) else b"zset"

    def _do_copy(self, source: bytes, target: bytes, *options: bytes) -> int:
        if self._live(source) is None or (self._live(target) is not None and b"REPLACE" not in options):
            return 0
        self.keys[target] = self.keys[source]
        return 1

    def _do_keys(self, pattern: bytes) -> list[bytes]:
        # As Redis has it, braces are plain; as fnmatch has it, too.
        return [key for key in list(self.keys) if self._live(key) is not None and fnmatch.fnmatchcase(key, pattern)]

    def _do_scan(self, cursor: bytes, *options: bytes) -> list[Any]:
        pattern = options[options.index(b"MATCH") + 1] if b"MATCH" in options else b"*"
        return [b"0", self._do_keys(pattern)]

    def _do_dbsize(self) -> int:
        return len(self._do_keys(b"*"))

    def _do_strlen(self, key: bytes) -> int:
        return len(self._text(key) or b"")

    def _do_getrange(self, key: bytes, first: bytes, last: bytes) -> bytes:
        return (self._text(key) or b"")[int(first) : int(last) + 1 or None]

    def _do_setrange(self, key: bytes, at: bytes, part: bytes) -> int:
        value, start = self._text(key) or b"", int(at)
        value = value[:start].ljust(start, b"\0") + part + value[start + len(part) :]
        self.keys[key] = value, self.ends_at(key)
        return len(value)

    def _do_append(self, key: bytes, part: bytes) -> int:
        return self._do_setrange(key, b"%d" % self._do_strlen(key), part)

    def _do_incr(self, key: bytes) -> int:
        number = int(self._text(key) or b"0") + 1
        self.keys[key] = b"%d" % number, self.ends_at(key)
        return number

    def _do_pttl(self, key: bytes) -> int:
        if self._live(key) is None:
            return -2
        left = self.ends_at(key) - self._now()
        return -1 if left == _NEVER else round(left * 1000)

    def _do_ttl(self, key: bytes) -> int:
        left = self._do_pttl(key)
        return left if left < 0 else round(left / 1000)

    def _do_pexpire(self, key: bytes, milliseconds: bytes) -> int:
        if self._live(key) is None:
            return 0
        self.keys[key] = self.keys[key][0], self._now() + int(milliseconds) / 1000
        return int(self._live(key) is None or True)

    def _do_expire(self, key: bytes, seconds: bytes) -> int:
        return self._do_pexpire(key, b"%d" % (int(seconds) * 1000))

    def _do_zadd(self, key: bytes, *pairs: bytes) -> int:
        members = dict(self._set_of(key))
        before = len(members)
        for score, member in zip(pairs[::2], pairs[1::2], strict=True):
            members[member] = float(score)
        self._put_set(key, members)
        return len(members) - before

    def _do_zrem(self, key: bytes, *names: bytes) -> int:
        members = self._set_of(key)
        self._put_set(key, {name: score for name, score in members.items() if name not in names})
        return len(members) - len(self._set_of(key))

    def _do_zscore(self, key: bytes, name: bytes) -> bytes | None:
        score = self._set_of(key).get(name)
        return None if score is None else _written(score)

    def _do_zcard(self, key: bytes) -> int:
        return len(self._set_of(key))

    def _ranked(self, key: bytes) -> list[bytes]:
        members = self._set_of(key)
        return sorted(members, key=lambda name: (members[name], name))

    def _do_zrange(self, key: bytes, first: bytes, last: bytes, *options: bytes) -> list[bytes]:
        return self._shown(key, self._ranked(key), first, last, options)

    def _do_zrevrange(self, key: bytes, first: bytes, last: bytes, *options: bytes) -> list[bytes]:
        return self._shown(key, self._ranked(key)[::-1], first, last, options)

    def _shown(
        self, key: bytes, names: list[bytes], first: bytes, last: bytes, options: Sequence[bytes]
    ) -> list[bytes]:
        chosen, members = _between(names, int(first), int(last)), self._set_of(key)
        if b"WITHSCORES" not in options:
            return chosen
        return [part for name in chosen for part in (name, _written(members[name]))]

    def _do_zremrangebyscore(self, key: bytes, least: bytes, most: bytes) -> int:
        members = self._set_of(key)
        left = {name: score for name, score in members.items() if not float(least) <= score <= float(most)}
        self._put_set(key, left)
        return len(members) - len(left)

    def _do_zremrangebyrank(self, key: bytes, first: bytes, last: bytes) -> int:
        gone = _between(self._ranked(key), int(first), int(last))
        return self._do_zrem(key, *gone) if gone else 0


def _between(names: list[bytes], first: int, last: int) -> list[bytes]:
    first, last = (at + len(names) if at < 0 else at for at in (first, last))
    return names[max(0, first) : max(0, last + 1)]


def _written(score: float) -> bytes:
    return b"%d" % score if score == int(score) else repr(score).encode()


class MemoryRedis(Redis):
    """redis-py's client, whose commands go to a server in memory."""

    def __init__(self, server: MemoryServer) -> None:
        self.server = server
        super().__init__(connection_pool=_MemoryPool(server))

    def register_script(self, script: Any) -> Script:
        """Load a script at once: that it may not be there yet is no step of a schedule."""
        if isinstance(script, str):
            # Those of the library that counts attempts are bytes, and are not called where no limit is set.
            self.server.load_script(script)
        return super().register_script(script)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Ask the server for one command."""
        return self.judged(args, options, self.server.ask([_encoded(args)])[0])

    def judged(self, args: Sequence[Any], options: Any, reply: Any) -> Any:
        """Return a reply as redis-py does."""
        if isinstance(reply, Exception):
            raise reply
        options.pop("keys", None)
        callbacks: Any = self.response_callbacks
        callback = callbacks.get(args[0])
        return callback(reply, **options) if callback is not None else reply

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Return a pipeline that goes to the server in one round trip."""
        return _MemoryPipeline(self, transaction)


class _MemoryPipeline(Pipeline):
    def __init__(self, client: MemoryRedis, transaction: bool) -> None:
        self._memory = client
        super().__init__(client.connection_pool, client.response_callbacks, transaction, None)

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands = [(args, options) for args, options in self.command_stack]
        self.command_stack = []
        if not commands:
            return []
        replies = self._memory.server.ask([_encoded(args) for args, _ in commands])
        return [
            self._memory.judged(args, options, reply) for (args, options), reply in zip(commands, replies, strict=True)
        ]


class _MemoryPool(ConnectionPool):
    """Hands out connections to what packs its commands itself."""

    def __init__(self, server: MemoryServer) -> None:
        # The protocol that the replies of the server in memory have.
        super().__init__(retry=Retry(NoBackoff(), 0), protocol=2, host="memory")
        self._server = server

    def get_connection(self, command_name: str | None = None, *keys: Any, **options: Any) -> Any:
        return _MemoryConnection(self._server)

    def release(self, connection: Any) -> None:
        """Nothing is kept."""


class _MemoryConnection:
    def __init__(self, server: MemoryServer) -> None:
        self._server = server
        self._reply: Any = None

    def send_packed_command(self, command: Sequence[bytes], check_health: bool = True) -> None:
        self._reply = self._server.ask([_unpacked(b"".join(command))])[0]

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self._reply, Exception):
            raise self._reply
        return self._reply


def _encoded(args: Sequence[Any]) -> Command:
    name, *rest = args
    words = name.split(" ", 1) if " " in name else [name]
    named = " ".join(words).encode()
    return (named, *(one if isinstance(one, bytes) else str(one).encode() for one in rest))


def _unpacked(command: bytes) -> Command:
    """Read a command as the protocol has it: `*number`, then `$length` and the bytes, each."""
    at = command.index(b"\r\n") + 2
    parts = []
    while at < len(command):
        end = command.index(b"\r\n", at)
        start, length = end + 2, int(command[at + 1 : end])
        parts.append(command[start : start + length])
        at = start + length + 2
    return tuple(parts)
