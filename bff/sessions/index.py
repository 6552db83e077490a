"""Who has which sessions: by customer and by sign-in e-mail, each name a keyed hash; and which of them were ended.

Sorted sets of session names, scored by the end of their lifetime and pruned as they are read, so hardly a request
touches them. A session's own record decides whether it lives; the index only says where to look. A Redis that is short
of memory may have dropped a set: each session lists itself again with the round trip that extends its idle limit.

An ending leaves a mark beside the set of each name that it ends: the time, by Redis's own clock. A sign-in that began
before it is not listed any more, and so does not come to be: it was under way, and no list could show it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any

from redis import Redis

from bff.crypto import KeyRing
from bff.emails import spellings
from bff.sessions.known_browsers import KnownBrowsers
from bff.sessions.model import SignedIn
from bff.sessions.redis_errors import translate_redis_errors
from bff.sessions.script_calls import ScriptCall
from bff.sessions.stored_keys import PLAIN, StoredKey

# KEYS mark; ARGV when the sign-in began ('': nothing signs in), how long a mark lives; both in microseconds. A sign-in
# that took longer than that may have outlived a mark.
_LOOK = """
if ARGV[1] ~= '' then
  local time = redis.call('TIME')
  local now, began = time[1] * 1000000 + time[2], tonumber(ARGV[1])
  local mark = redis.call('GET', KEYS[1])
  if (mark and began <= tonumber(mark)) or now - began > tonumber(ARGV[2]) then return 0 end
end
"""
_LOOK_ONLY = _LOOK + "return 1\n"

# KEYS mark index; ARGV as _LOOK, then score sid now. The set ends with the session in it that ends last, which need not
# be this one: a re-authentication or a new cookie adds an old end.
_ADD = (
    _LOOK
    + """
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
redis.call('EXPIRE', KEYS[2], math.max(1, math.ceil(tonumber(last) - tonumber(ARGV[5])) + 1))
return 1
"""
)

# KEYS index; ARGV now
_LIST = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""
_MICROSECONDS = 1_000_000
_SCAN_BATCH = 1000
STORED_KEYS = (
    StoredKey(
        key="bff:index:<kind>:<hash>",
        holds="the names of one customer's sessions; by customer id, e-mail, issuer and subject, or issuer and sid",
        cipher=f"{PLAIN}; whom it is about is an HMAC-SHA-256 under a server key",
        lifetime="the last of these sessions reaches its lifetime, {lifetime} s",
        commands=("evalsha", "zadd", "zrevrange", "expire", "zremrangebyscore", "zrange", "zrem", "del"),
    ),
    StoredKey(
        key="bff:mark:{bff:index:<kind>:<hash>}",
        holds="when the sessions under one of these names, or all there are, were last ended",
        cipher=f"{PLAIN}; whom it is about is an HMAC-SHA-256 under a server key",
        lifetime="three times the longest call to Emporix, and a session's lock",
        commands=("evalsha", "get", "set"),
    ),
)


class Overtaken(Exception):
    """An ending has come between the beginning of a sign-in and its entry in the index."""


class IndexKind(Enum):
    """By what sessions can be found."""

    CUSTOMER = "customer"
    """The customer's id."""
    EMAIL = "email"
    """The sign-in e-mail; for the operator's commands only."""
    SUBJECT = "subject"
    """An identity provider's issuer and subject, for its back-channel logout."""
    PROVIDER_SESSION = "provider-session"
    """An identity provider's issuer and session id, for the same."""
    ALL = "all"
    """Every session there is. Under this name none is listed: a scan finds them, and the name is there to be marked."""


class SessionIndex:
    """Remembers which sessions belong to whom, without storing who that is."""

    def __init__(self, client: Redis, ring: KeyRing, now: Callable[[], float], *, mark_seconds: float) -> None:
        """Take what it works with.

        :param mark_seconds: how long a mark lives; a sign-in that takes longer is refused
        """
        self._redis = client
        self._ring = ring
        self._now = now
        self._mark_life = int(mark_seconds * _MICROSECONDS)
        self._add_script = client.register_script(_ADD)
        self._look_script = client.register_script(_LOOK_ONLY)
        self._list_script = client.register_script(_LIST)
        self.browsers = KnownBrowsers(client, ring, now)
        """Which of them have been signed in with an e-mail, and may be no more."""

    def time(self) -> int:
        """Return the time by Redis's clock, in microseconds since 1970: all processes compare by this one.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        seconds, microseconds = translate_redis_errors(self._redis.time)
        return seconds * _MICROSECONDS + microseconds

    def mark(self, kind: IndexKind, value: str = "") -> None:
        """Note that the sessions under a name are ended now: a sign-in that has begun until now comes too late.

        Before the sessions are looked up, not after: whichever is not listed by then meets the mark.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        # Not by the clock of whichever node of a cluster has the mark: that which a sign-in began by is another one's.
        now, milliseconds = self.time(), -(-self._mark_life // 1000)
        # Under every key: a process whose newest key is another one looks under that.
        for name in self._names(kind, value):
            translate_redis_errors(partial(self._redis.set, _mark_beside(name), now, px=milliseconds))

    def check_not_all_ended(self, began: int) -> None:
        """Refuse what began before all sessions were ended (Redis's microseconds).

        :raises Overtaken: they were ended since
        :raises SessionStoreUnavailable: Redis does not answer
        """
        mark = _mark_beside(self._names(IndexKind.ALL, "")[0])
        if not translate_redis_errors(lambda: self._look_script(keys=[mark], args=[began, self._mark_life])):
            raise Overtaken

    def add_session(self, who: SignedIn, sid: str, ends_at: float, began: int | None = None) -> None:
        """Note a session under every name its customer can be looked up by.

        :param began: when the sign-in began that it comes from (Redis's microseconds); None: it was signed in before
        :raises Overtaken: the sessions under one of these names were ended since; others may list it already
        :raises SessionStoreUnavailable: Redis does not answer
        """
        for kind, value in _names(who):
            self.add(kind, value, sid, ends_at, began)

    def remove_session(self, who: SignedIn, sid: str) -> None:
        """Forget a session under every name of its customer.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        for kind, value in _names(who):
            self.remove(kind, value, sid)

    def add(self, kind: IndexKind, value: str, sid: str, ends_at: float, began: int | None = None) -> None:
        """Note that a session belongs to `value` until `ends_at` (Unix seconds); `began`: as for `add_session`.

        :raises Overtaken: the sessions of `value` were ended since
        :raises SessionStoreUnavailable: Redis does not answer
        """
        call = self._adding(kind, value, sid, ends_at, began)
        if not translate_redis_errors(lambda: self._add_script(keys=call.keys, args=call.args)):
            raise Overtaken

    def adding_again(self, who: SignedIn, sid: str, ends_at: float) -> tuple[ScriptCall, ...]:
        """Return what lists a session that is signed in under every name of its customer, where it is not listed."""
        return tuple(self._adding(kind, value, sid, ends_at, None) for kind, value in _names(who))

    def sids(self, kind: IndexKind, value: str) -> tuple[str, ...]:
        """Return the names of sessions that may still live, and forget those that cannot.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        found: dict[str, None] = {}
        for name in self._names(kind, value):
            members: Any = translate_redis_errors(partial(self._list_script, keys=[name], args=[self._now()]))
            found.update((member.decode(), None) for member in members)
        return tuple(found)

    def remove(self, kind: IndexKind, value: str, *sids: str) -> None:
        """Forget sessions, one at least.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        for name in self._names(kind, value):
            translate_redis_errors(partial(self._redis.zrem, name, *sids))

    def clear(self) -> None:
        """Forget every session under every name; for before all of them are ended.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        names = iter(self._redis.scan_iter("bff:index:*", count=_SCAN_BATCH))
        while (name := translate_redis_errors(lambda: next(names, None))) is not None:
            translate_redis_errors(partial(self._redis.delete, name))

    def _adding(self, kind: IndexKind, value: str, sid: str, ends_at: float, began: int | None) -> ScriptCall:
        name = self._names(kind, value)[0]
        args = ["" if began is None else began, self._mark_life, ends_at, sid, self._now()]
        return ScriptCall(script=self._add_script, keys=[_mark_beside(name), name], args=args)

    def _names(self, kind: IndexKind, value: str) -> list[str]:
        # Sessions from before there was one form of an e-mail are listed under another, until they end.
        values = spellings(value) if kind is IndexKind.EMAIL else (value,)
        return [f"bff:index:{kind.value}:{n}" for one in values for n in self._ring.names(kind.value.encode(), one)]


def _mark_beside(name: str) -> str:
    # What stands in braces chooses the Cluster slot: that of the set itself, whose name has none.
    return f"bff:mark:{{{name}}}"


def of_issuer(issuer: str, value: str) -> str:
    """Return the name of something that is unique only within an issuer."""
    return f"{issuer}\0{value}"


def _names(who: SignedIn) -> list[tuple[IndexKind, str]]:
    names = [(IndexKind.CUSTOMER, who.customer.id)]
    if who.customer.email is not None:
        names.append((IndexKind.EMAIL, who.customer.email))
    if who.social is not None:
        names.append((IndexKind.SUBJECT, of_issuer(who.social.issuer, who.social.subject)))
        if who.social.sid is not None:
            names.append((IndexKind.PROVIDER_SESSION, of_issuer(who.social.issuer, who.social.sid)))
    return names
