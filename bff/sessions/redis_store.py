"""Sessions in Redis: two sealed records under one hash tag, read in one round trip, written by compare-and-set.

The tag keeps the keys (`session_keys`) in one Cluster slot, so a script may touch them together. A replaced cookie
leaves a few bytes under its web key for a minute, so that a late request with it is known for what it is. A Redis that
is short of memory may drop one key of a session and leave the others: whose customer is left with a half is signed out,
and told so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from redis import Redis

from bff.crypto import KeyRing
from bff.events import Event
from bff.log import Log
from bff.sessions.cookie import SessionCookie
from bff.sessions.device_records import DeviceRecord, DeviceSealer
from bff.sessions.ended import Ended, EndedNote, cut_short, from_now_on, note_in, stored_form, word_in
from bff.sessions.model import Vault, WebRecord
from bff.sessions.prepared_script import PreparedScript
from bff.sessions.redis_errors import fault_of, translate_redis_errors
from bff.sessions.redis_lock import held
from bff.sessions.script_calls import ScriptCall, run_together
from bff.sessions.scripts import (
    COMMIT,
    CREATE,
    END,
    LOAD,
    LOAD_AND_COUNT_ROW,
    RETIRE,
    RETIRE_IF_SAME,
    RETIRED_BYTES,
    TOUCH,
)
from bff.sessions.sealing import NO_RECORD, RecordKind, Sealer, version_of
from bff.sessions.session_keys import all_keys, device_key, row_rate_key, tokens_key, web_key
from bff.sessions.store import (
    Found,
    Lease,
    Missing,
    RowCount,
    SessionEnded,
    SessionStore,
    Touched,
    VersionConflict,
    Versions,
)

RETIRED_SECONDS = 60
_RETIRED = b"R"
_SCAN_BATCH = 1000
_NAMES_A_SESSION = re.compile(rb"bff:\{([0-9a-f]{64})\}:(?!ended)[a-z]+")
_IS_HALF = "half of it was missing"


class RedisSessionStore:
    """Keeps sessions in Redis, one or a cluster; holds no state of its own but the connection pool."""

    def __init__(self, client: Redis, ring: KeyRing, log: Log, *, count_window_seconds: int | None = None) -> None:
        self._redis = client
        self._sealer = Sealer(ring)
        self._devices = DeviceSealer(ring)
        self._log = log
        self._window = count_window_seconds or 0
        self._load_script = PreparedScript(client, LOAD, keys=len(all_keys("")))
        self._load_and_count_script = PreparedScript(client, LOAD_AND_COUNT_ROW, keys=len(all_keys("")) + 1)
        self._touch_script = client.register_script(TOUCH)
        self._commit_script = client.register_script(COMMIT)
        self._create_script = client.register_script(CREATE)
        self._retire_script = client.register_script(RETIRE)
        self._retire_if_same_script = client.register_script(RETIRE_IF_SAME)
        self._end_script = client.register_script(END)

    def load(self, cookie: SessionCookie, *, count: bool = True, row: RowCount | None = None) -> Found | Missing:
        """Read both records and, where `count`, count the request against the limit per session; and the row's call."""
        script, keys, args = self._load_script, all_keys(cookie.sid), [self._window if count else 0]
        if row is not None:
            script, keys = self._load_and_count_script, [*keys, row_rate_key(cookie.sid, row.name)]
            args.append(row.window_seconds)
        answer = translate_redis_errors(lambda: script(keys, args), repeatable=True)
        web_record, note = answer[0], note_in(*answer[1:3])
        if web_record is not None and web_record.startswith(_RETIRED):
            return Missing(retired=True, mark=web_record[len(_RETIRED) :])
        if web_record is None:
            return self._end_half(cookie, note) if answer[3] else Missing(ended=note)
        _, _, _, tokens_record, ttl_ms, used, window_ms, *of_row = answer
        tokens_record = tokens_record or NO_RECORD
        web = self._sealer.open(web_record, RecordKind.WEB, cookie, web_key(cookie.sid))
        vault = (
            self._sealer.open(tokens_record, RecordKind.TOKENS, cookie, tokens_key(cookie.sid))
            if tokens_record
            else b"{}"
        )
        if web is None or vault is None:
            # A key has left the ring, or another program wrote to Redis: either way it signs no customer in.
            self._log.audit(Event.RECORD_UNREADABLE, sid=cookie.sid)
            return Missing(ended=cut_short(note))
        read = WebRecord.from_json(web)
        if read.signed_in is not None and not tokens_record:
            # A guest without tokens is a guest whose next call gets new ones; a customer without them is none.
            return self._end_half(cookie, note, read.signed_in.customer.id)
        return Found(
            web=read,
            vault=Vault.from_json(vault),
            versions=Versions(web=version_of(web_record), tokens=version_of(tokens_record)),
            ttl_seconds=max(ttl_ms, 0) / 1000,
            requests=used,
            window_ends_in_seconds=max(window_ms, 0) / 1000,
            row_calls=of_row[0] if of_row else 0,
            row_window_ends_in_seconds=max(of_row[1], 0) / 1000 if of_row else 0.0,
            ended=note if read.signed_in is None else None,
        )

    def _end_half(self, cookie: SessionCookie, note: EndedNote | None, customer_id: str | None = None) -> Missing:
        self.end([cookie.sid])
        if customer_id is not None or (note is not None and note.why is Ended.IDLE):
            self._log.audit(Event.SESSION_ENDED, sid=cookie.sid, customer_id=customer_id, reason=_IS_HALF)
        return Missing(ended=cut_short(note) if customer_id is None else from_now_on(Ended.ELSEWHERE))

    def touch(
        self,
        cookie: SessionCookie,
        ttl_seconds: float,
        device: DeviceRecord | None = None,
        *,
        read: Versions | None = None,
        ended: EndedNote | None = None,
        beside: Sequence[ScriptCall] = (),
    ) -> Touched:
        """Let a session that exists live for so long from now."""
        keys = all_keys(cookie.sid)[:4]
        version = b"" if read is None else read.web
        sealed = self._sealed_device(cookie, device)
        args: list[int | str | bytes] = [_milliseconds(ttl_seconds), sealed, version, *stored_form(ended)]
        call = ScriptCall(script=self._touch_script, keys=keys, args=args)
        is_as_read, in_the_way = translate_redis_errors(lambda: run_together(self._redis, call, beside))
        return Touched(is_as_read=bool(is_as_read), in_the_way=None if in_the_way is None else fault_of(in_the_way))

    def create(
        self,
        cookie: SessionCookie,
        web: WebRecord,
        vault: Vault,
        ttl_seconds: float,
        device: DeviceRecord | None = None,
        *,
        ended: EndedNote | None = None,
    ) -> Versions:
        """Write a session that did not exist."""
        web_record, tokens_record = self._sealed(cookie, Versions(web=NO_RECORD, tokens=NO_RECORD), web, vault)
        sealed, keys = self._sealed_device(cookie, device), all_keys(cookie.sid)[:4]
        args: list[int | str | bytes] = [
            _milliseconds(ttl_seconds),
            web_record,
            tokens_record,
            sealed,
            *stored_form(ended),
        ]
        translate_redis_errors(lambda: self._create_script(keys=keys, args=args))
        return Versions(web=version_of(web_record), tokens=version_of(tokens_record))

    def commit(
        self,
        cookie: SessionCookie,
        read: Versions,
        *,
        web: WebRecord | None = None,
        vault: Vault | None = None,
        ttl_seconds: float | None = None,
        ended: EndedNote | None = None,
    ) -> Versions:
        """Write one record or both, each only if it is still as it was read."""
        web_record, tokens_record = self._sealed(cookie, read, web, vault)
        ttl = 0 if ttl_seconds is None else _milliseconds(ttl_seconds)
        drop_device = web is not None and web.signed_in is None
        keys, checks = all_keys(cookie.sid)[:4], _checks(read, web is not None, vault is not None)
        args = [*checks, web_record, tokens_record, ttl, int(drop_device), *stored_form(ended)]
        _verdict(translate_redis_errors(lambda: self._commit_script(keys=keys, args=args)))
        return Versions(
            web=version_of(web_record) if web else read.web, tokens=version_of(tokens_record) if vault else read.tokens
        )

    def retire(self, cookie: SessionCookie, read: Versions | None = None, *, mark: bytes = b"") -> None:
        """End a session for good; with `read`, only if it is still as it was read."""
        if read is not None:
            args = [*_checks(read, True, True), _RETIRED + mark, RETIRED_SECONDS]
            _verdict(translate_redis_errors(lambda: self._retire_if_same_script(keys=all_keys(cookie.sid), args=args)))
            return
        keys = all_keys(cookie.sid)
        told: list[int | bytes] = [_RETIRED + mark, RETIRED_SECONDS]
        translate_redis_errors(lambda: self._retire_script(keys=keys, args=told))

    def end(self, sids: Iterable[str], why: Ended | None = Ended.ELSEWHERE) -> tuple[str, ...]:
        """End sessions by their names, without their cookies; return which of them lived."""
        args = stored_form(None if why is None else from_now_on(why))
        # One call each: in a Cluster, two sessions lie in different slots.
        return tuple(
            sid for sid in sids if translate_redis_errors(partial(self._end_script, keys=all_keys(sid), args=args))
        )

    def devices(self, sids: Iterable[str]) -> Mapping[str, DeviceRecord | None]:
        """Return the device record of each session that lives."""
        sids = tuple(sids)
        pipe = self._redis.pipeline(transaction=False)
        for sid in sids:
            pipe.strlen(web_key(sid))
            pipe.exists(tokens_key(sid))
            pipe.get(device_key(sid))
        answers: Any = iter(translate_redis_errors(pipe.execute))
        return {
            sid: None if record is None else self._devices.open(record, device_key(sid))
            for sid, length, has_tokens, record in zip(sids, answers, answers, answers, strict=True)
            if length > RETIRED_BYTES and (has_tokens or record is None)
        }

    def sids(self) -> Iterator[str]:
        """Name every session there is, guests' too; those that begin meanwhile may be left out."""
        seen: set[bytes] = set()
        keys = iter(self._redis.scan_iter("bff:{*}:*", count=_SCAN_BATCH))
        while (key := translate_redis_errors(lambda: next(keys, None))) is not None:
            named = _NAMES_A_SESSION.fullmatch(key)
            if named is not None and named[1] not in seen:
                seen.add(named[1])
                yield named[1].decode()

    @contextmanager
    def lock(self, cookie: SessionCookie, *, lease_seconds: float, wait_seconds: float) -> Iterator[Lease]:
        """Hold the session's lock, across processes."""
        name = f"bff:{{{cookie.sid}}}:lock"
        with held(self._redis, name, self._log, lease_seconds=lease_seconds, wait_seconds=wait_seconds) as lease:
            yield lease

    def _sealed(
        self, cookie: SessionCookie, read: Versions, web: WebRecord | None, vault: Vault | None
    ) -> tuple[bytes, bytes]:
        seal = self._sealer.seal
        return (
            seal(web.to_json(), RecordKind.WEB, cookie, web_key(cookie.sid), read.web) if web else NO_RECORD,
            seal(vault.to_json(), RecordKind.TOKENS, cookie, tokens_key(cookie.sid), read.tokens)
            if vault
            else NO_RECORD,
        )

    def _sealed_device(self, cookie: SessionCookie, device: DeviceRecord | None) -> bytes:
        return NO_RECORD if device is None else self._devices.seal(device, device_key(cookie.sid))


def _verdict(code: Any) -> None:
    if isinstance(code, bytes):
        raise SessionEnded(word_in(code))
    if code == 0:
        raise VersionConflict


def _checks(read: Versions, web: bool, tokens: bool) -> list[str | bytes]:
    return ["1" if web else "0", read.web, "1" if tokens else "0", read.tokens]


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


_: type[SessionStore] = RedisSessionStore
