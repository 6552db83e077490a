"""Sessions in Redis: two sealed records under one hash tag, read in one round trip, written by compare-and-set.

Keys: `bff:{sid}:web`, `bff:{sid}:tokens`, `bff:{sid}:lock`, `bff:{sid}:rate`. The tag keeps them in one Cluster
slot, so a script may touch them together. A replaced cookie leaves one byte under its web key for a minute, so
that a late request with it is known for what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from bff.crypto import KeyRing
from bff.errors import SessionStoreUnavailable
from bff.log import Event, Log
from bff.sessions.asking import asked
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Vault, WebRecord
from bff.sessions.sealing import NO_RECORD, STAMP_BYTES, RecordKind, Sealer, stamp_of
from bff.sessions.store import Found, Gone, Lease, LockBusy, Missing, SessionStore, Stale, Stamps

RETIRED_SECONDS = 60
_RETIRED = b"R"
_LOCK_POLL_SECONDS = 0.05

# KEYS web tokens rate; ARGV window in seconds (0: do not count)
_LOAD = """
local web = redis.call('GET', KEYS[1])
if not web or #web == 1 then return {web} end
local used, ends = 0, 0
if ARGV[1] ~= '0' then
  redis.call('SET', KEYS[3], 0, 'EX', ARGV[1], 'NX')
  used = redis.call('INCR', KEYS[3])
  ends = redis.call('PTTL', KEYS[3])
end
return {web, redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[1]), used, ends}
"""

# KEYS web tokens; ARGV ttl-ms. A replaced cookie's mark keeps its own end.
_TOUCH = """
if redis.call('STRLEN', KEYS[1]) <= 1 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1
"""

# Refuses (-1) where the session has ended, (0) where a checked stamp is not the one that was read.
_CHECK = f"""
local web = redis.call('GETRANGE', KEYS[1], 0, {STAMP_BYTES - 1})
if #web <= 1 then return -1 end
if ARGV[1] == '1' and web ~= ARGV[2] then return 0 end
if ARGV[3] == '1' and redis.call('GETRANGE', KEYS[2], 0, {STAMP_BYTES - 1}) ~= ARGV[4] then return 0 end
"""

# KEYS web tokens; ARGV check-web web-stamp check-tokens tokens-stamp new-web new-tokens ttl-ms (0: as it is)
_COMMIT = (
    _CHECK
    + """
local ttl = tonumber(ARGV[7])
if ttl == 0 then ttl = math.max(redis.call('PTTL', KEYS[1]), 1) end
if ARGV[5] ~= '' then redis.call('SET', KEYS[1], ARGV[5], 'PX', ttl) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[2], ARGV[6], 'PX', ttl) end
if ARGV[7] ~= '0' then redis.call('PEXPIRE', KEYS[1], ttl); redis.call('PEXPIRE', KEYS[2], ttl) end
return 1
"""
)

# KEYS web tokens rate; ARGV as _CHECK, then the mark and how long it stays, in seconds
_RETIRE_IF_SAME = (
    _CHECK
    + """
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('SET', KEYS[1], ARGV[5], 'EX', ARGV[6])
return 1
"""
)


class RedisSessionStore:
    """Keeps sessions in one Redis; holds no state of its own but the connection pool."""

    def __init__(self, client: Redis, ring: KeyRing, log: Log, *, count_window_seconds: int | None = None) -> None:
        self._redis = client
        self._sealer = Sealer(ring)
        self._log = log
        self._window = count_window_seconds or 0
        self._load_script = client.register_script(_LOAD)
        self._touch_script = client.register_script(_TOUCH)
        self._commit_script = client.register_script(_COMMIT)
        self._retire_script = client.register_script(_RETIRE_IF_SAME)

    def load(self, cookie: SessionCookie, *, count: bool = True) -> Found | Missing:
        """Read both records and, where `count`, count the request against the limit per session."""
        window = self._window if count else 0
        answer = asked(
            lambda: self._load_script(keys=[_web(cookie.sid), _tokens(cookie.sid), _rate(cookie.sid)], args=[window])
        )
        web_record = answer[0]
        if web_record is None:
            return Missing()
        if web_record == _RETIRED:
            return Missing(retired=True)
        _, tokens_record, ttl_ms, used, window_ms = answer
        tokens_record = tokens_record or NO_RECORD
        web = self._sealer.open(web_record, RecordKind.WEB, cookie, _web(cookie.sid))
        vault = (
            self._sealer.open(tokens_record, RecordKind.TOKENS, cookie, _tokens(cookie.sid)) if tokens_record else b"{}"
        )
        if web is None or vault is None:
            # A key has left the ring, or somebody wrote to Redis: either way nobody is signed in by this.
            self._log.emit(Event.RECORD_UNREADABLE, session=cookie.sid[:16])
            return Missing()
        return Found(
            web=WebRecord.from_json(web),
            vault=Vault.from_json(vault),
            stamps=Stamps(web=stamp_of(web_record), tokens=stamp_of(tokens_record)),
            ttl_seconds=max(ttl_ms, 0) / 1000,
            requests=used,
            window_ends_in_seconds=max(window_ms, 0) / 1000,
        )

    def touch(self, cookie: SessionCookie, ttl_seconds: float) -> None:
        """Let a session that exists live for so long from now."""
        keys = [_web(cookie.sid), _tokens(cookie.sid)]
        asked(lambda: self._touch_script(keys=keys, args=[_milliseconds(ttl_seconds)]))

    def create(self, cookie: SessionCookie, web: WebRecord, vault: Vault, ttl_seconds: float) -> Stamps:
        """Write a session that did not exist."""
        web_record, tokens_record = self._sealed(cookie, Stamps(web=NO_RECORD, tokens=NO_RECORD), web, vault)
        pipe = self._redis.pipeline(transaction=True)
        pipe.set(_web(cookie.sid), web_record, px=_milliseconds(ttl_seconds))
        pipe.set(_tokens(cookie.sid), tokens_record, px=_milliseconds(ttl_seconds))
        asked(pipe.execute)
        return Stamps(web=stamp_of(web_record), tokens=stamp_of(tokens_record))

    def commit(
        self,
        cookie: SessionCookie,
        read: Stamps,
        *,
        web: WebRecord | None = None,
        vault: Vault | None = None,
        ttl_seconds: float | None = None,
    ) -> Stamps:
        """Write one record or both, each only if it is still as it was read."""
        web_record, tokens_record = self._sealed(cookie, read, web, vault)
        ttl = 0 if ttl_seconds is None else _milliseconds(ttl_seconds)
        _verdict(
            asked(
                lambda: self._commit_script(
                    keys=[_web(cookie.sid), _tokens(cookie.sid)],
                    args=[*_checks(read, web is not None, vault is not None), web_record, tokens_record, ttl],
                )
            )
        )
        return Stamps(
            web=stamp_of(web_record) if web else read.web,
            tokens=stamp_of(tokens_record) if vault else read.tokens,
        )

    def retire(self, cookie: SessionCookie, read: Stamps | None = None) -> None:
        """End a session for good; with `read`, only if it is still as it was read."""
        if read is not None:
            args = [*_checks(read, True, True), _RETIRED, RETIRED_SECONDS]
            keys = [_web(cookie.sid), _tokens(cookie.sid), _rate(cookie.sid)]
            _verdict(asked(lambda: self._retire_script(keys=keys, args=args)))
            return
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(_tokens(cookie.sid), _rate(cookie.sid))
        pipe.set(_web(cookie.sid), _RETIRED, ex=RETIRED_SECONDS)
        asked(pipe.execute)

    def end(self, sids: Iterable[str]) -> None:
        """End sessions by their names, without their cookies."""
        for sid in sids:
            # One call each: in a Cluster, two sessions lie in different slots.
            asked(lambda sid=sid: self._redis.delete(_web(sid), _tokens(sid), _rate(sid)))  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def ping(self) -> None:
        """Return if the store answers."""
        asked(self._redis.ping)

    @contextmanager
    def lock(self, cookie: SessionCookie, *, lease_seconds: float, wait_seconds: float) -> Iterator[Lease]:
        """Hold the session's lock, across processes."""
        lock = Lock(
            self._redis,
            f"bff:{{{cookie.sid}}}:lock",
            timeout=lease_seconds,
            sleep=_LOCK_POLL_SECONDS,
            blocking_timeout=wait_seconds,
        )
        if not asked(lock.acquire):
            raise LockBusy
        try:
            yield _RedisLease(lock)
        except SessionStoreUnavailable:
            # Asking a dead server once more would only make the visitor wait twice; the lease ends by itself.
            raise
        except BaseException:
            self._release(lock)
            raise
        self._release(lock)

    def _release(self, lock: Lock) -> None:
        try:
            lock.release()
        except (LockError, RedisError) as err:
            # It ends by itself when its lease does; the work under it is done either way.
            self._log.emit(Event.LOCK_NOT_RELEASED, reason=type(err).__name__)

    def _sealed(
        self, cookie: SessionCookie, read: Stamps, web: WebRecord | None, vault: Vault | None
    ) -> tuple[bytes, bytes]:
        seal = self._sealer.seal
        return (
            seal(web.to_json(), RecordKind.WEB, cookie, _web(cookie.sid), read.web) if web else NO_RECORD,
            seal(vault.to_json(), RecordKind.TOKENS, cookie, _tokens(cookie.sid), read.tokens) if vault else NO_RECORD,
        )


class _RedisLease:
    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def renew(self) -> None:
        """Hold the lock for a full term from now."""
        try:
            self._lock.reacquire()
        except LockError:
            raise LockBusy from None
        except RedisError as err:
            raise SessionStoreUnavailable from err


def _verdict(code: Any) -> None:
    if code == -1:
        raise Gone
    if code == 0:
        raise Stale


def _checks(read: Stamps, web: bool, tokens: bool) -> list[str | bytes]:
    return ["1" if web else "0", read.web, "1" if tokens else "0", read.tokens]


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _web(sid: str) -> str:
    return f"bff:{{{sid}}}:web"


def _tokens(sid: str) -> str:
    return f"bff:{{{sid}}}:tokens"


def _rate(sid: str) -> str:
    return f"bff:{{{sid}}}:rate"


_: type[SessionStore] = RedisSessionStore
