"""Which browsers have been signed in with an e-mail, so that a stranger's failures need not lock them out.

A browser is known by the name of its session cookie, with or without a record behind it; so no second cookie is
needed, and no session outlives its end for this. It opens nothing: such a browser only has a limit of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from redis import Redis

from bff.crypto import KeyRing
from bff.emails import comparable
from bff.sessions.redis_errors import translate_redis_errors
from bff.sessions.stored_keys import PLAIN, StoredKey

KNOWN_SECONDS: Final = 30 * 86400
MOST_BROWSERS: Final = 20
"""Of one e-mail; the newest stay."""
_KIND: Final = b"known-browser"
# KEYS browsers; ARGV now sid, the last rank that goes, and for how long the rest stays, in seconds
_REMEMBER: Final = """
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, ARGV[3])
return redis.call('EXPIRE', KEYS[1], ARGV[4])
"""
STORED_KEYS = (
    StoredKey(
        key="bff:browsers:<hash>",
        holds=f"the names of the {MOST_BROWSERS} cookies that were last signed in, or signed out, with one e-mail",
        cipher=f"{PLAIN}; whose e-mail it is is an HMAC-SHA-256 under a server key",
        lifetime=f"{KNOWN_SECONDS} s after the last of them",
        commands=("evalsha", "zadd", "zremrangebyrank", "expire", "zscore", "zrem", "del"),
    ),
)


class KnownBrowsers:
    """Remembers browsers by e-mail, without storing whose that is."""

    def __init__(self, client: Redis, ring: KeyRing, now: Callable[[], float]) -> None:
        self._redis = client
        self._ring = ring
        self._now = now
        self._remember_script = client.register_script(_REMEMBER)

    def remember(self, email: str, sid: str) -> None:
        """Note that the browser with a cookie of this name has been signed in with an e-mail.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        name = self._names(email)[0]
        args: list[str | float] = [self._now(), sid, -MOST_BROWSERS - 1, KNOWN_SECONDS]
        translate_redis_errors(lambda: self._remember_script(keys=[name], args=args))

    def knows(self, email: str, sid: str) -> bool:
        """Tell whether the browser with a cookie of this name has been signed in with an e-mail lately.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        for name in self._names(email):
            noted_at: Any = translate_redis_errors(partial(self._redis.zscore, name, sid))
            if noted_at is not None and self._now() - noted_at < KNOWN_SECONDS:
                return True
        return False

    def forget(self, email: str, *sids: str) -> None:
        """Make strangers of browsers, one at least, by the names of their cookies.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        for name in self._names(email):
            translate_redis_errors(partial(self._redis.zrem, name, *sids))

    def forget_all(self, email: str, *, keep: str | None = None) -> None:
        """Make strangers of all browsers of an e-mail, but for the one whose cookie has the name `keep`.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        is_kept = keep is not None and self.knows(email, keep)
        for name in self._names(email):
            translate_redis_errors(partial(self._redis.delete, name))
        if is_kept and keep is not None:
            self.remember(email, keep)

    def _names(self, email: str) -> list[str]:
        # Not as it is counted: who has an address that only looks like another one's is not known as that one.
        return [f"bff:browsers:{name}" for name in self._ring.names(_KIND, comparable(email))]
