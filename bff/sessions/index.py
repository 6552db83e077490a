"""Who has which sessions: by customer and by sign-in e-mail, each name a keyed hash.

Sorted sets of session names, scored by the end of their lifetime and pruned as they are read, so a request
never touches them. A session's own record decides whether it lives; the index only says where to look.
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
from bff.sessions.stored_keys import PLAIN, StoredKey

# KEYS index; ARGV score sid now. The set ends with the session in it that ends last, which need not be this one:
# a re-authentication or a new cookie adds an old end.
_ADD = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
redis.call('EXPIRE', KEYS[1], math.max(1, math.ceil(tonumber(last) - tonumber(ARGV[3])) + 1))
return 1
"""
_SCAN_BATCH = 1000
STORED_KEYS = (
    StoredKey(
        key="bff:index:<kind>:<hash>",
        holds="the names of one customer's sessions; by customer id, e-mail, issuer and subject, or issuer and sid",
        cipher=f"{PLAIN}; whom it is about is an HMAC-SHA-256 under a server key",
        lifetime="the last of these sessions reaches its lifetime, {lifetime} s",
    ),
)


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


class SessionIndex:
    """Remembers which sessions belong to whom, without storing who that is."""

    def __init__(self, client: Redis, ring: KeyRing, now: Callable[[], float]) -> None:
        self._redis = client
        self._ring = ring
        self._now = now
        self._add_script = client.register_script(_ADD)
        self.browsers = KnownBrowsers(client, ring, now)
        """Which of them have been signed in with an e-mail, and may be no more."""

    def add_session(self, who: SignedIn, sid: str, ends_at: float) -> None:
        """Note a session under every name its customer can be looked up by.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        for kind, value in _names(who):
            self.add(kind, value, sid, ends_at)

    def remove_session(self, who: SignedIn, sid: str) -> None:
        """Forget a session under every name of its customer.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        for kind, value in _names(who):
            self.remove(kind, value, sid)

    def add(self, kind: IndexKind, value: str, sid: str, ends_at: float) -> None:
        """Note that a session belongs to `value` until `ends_at` (Unix seconds).

        :raises SessionStoreUnavailable: Redis does not answer
        """
        name = self._names(kind, value)[0]
        translate_redis_errors(lambda: self._add_script(keys=[name], args=[ends_at, sid, self._now()]))

    def sids(self, kind: IndexKind, value: str) -> tuple[str, ...]:
        """Return the names of sessions that may still live, and forget those that cannot.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        found: dict[str, None] = {}
        for name in self._names(kind, value):
            pipe = self._redis.pipeline(transaction=True)
            pipe.zremrangebyscore(name, "-inf", self._now())
            pipe.zrange(name, 0, -1)
            members: Any = translate_redis_errors(pipe.execute)[1]
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

    def _names(self, kind: IndexKind, value: str) -> list[str]:
        # Sessions from before there was one form of an e-mail are listed under another, until they end.
        values = spellings(value) if kind is IndexKind.EMAIL else (value,)
        return [f"bff:index:{kind.value}:{n}" for one in values for n in self._ring.names(kind.value.encode(), one)]


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
