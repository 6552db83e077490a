"""The server's own guest tokens in Redis, for all its processes: the one token that the server's keys alone open.

No cookie can be part of its key, since it belongs to nobody's browser. It opens what any guest is shown, and nothing
that hangs on a session. It lies under a name made of the settings that it was got with, so a shop that is configured
anew, and one that shares the Redis, gets its own. The name takes no server key: after a rotation it is found, and
opened under whichever key has sealed it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final

from redis import Redis

from bff.crypto import KeyRing, digest
from bff.events import Event
from bff.log import Log
from bff.sessions.model import TokenSet, Vault
from bff.sessions.redis_errors import translate_redis_errors
from bff.sessions.redis_lock import held
from bff.sessions.store import Lease
from bff.sessions.stored_keys import PLAIN, StoredKey

TOKEN_KEY: Final = "bff:shared:<hash>:token"  # noqa: S105 - a name
STORED_KEYS = (
    StoredKey(
        key=TOKEN_KEY,
        holds="the server's own guest tokens, for reads that hang on no session",
        cipher="AES-256-GCM; key: HKDF-SHA-256 of a server key alone; bound to its Redis key",
        lifetime="as long as the tokens can be renewed",
        commands=("get", "set"),
    ),
    StoredKey(
        key="bff:shared:<hash>:lock",
        holds="a random word of the process that renews these tokens",
        cipher=PLAIN,
        lifetime="a lease of some seconds",
        commands=("evalsha", "get", "set", "pexpire", "del"),
    ),
)
_PURPOSE: Final = b"bff/shared-token"
_NAME: Final = b"bff/shared-token-name"


class SharedTokenRecord:
    """Where the processes of one shop keep the tokens; each method but the lock's costs one round trip."""

    def __init__(self, client: Redis, ring: KeyRing, log: Log, got_with: Sequence[str | None]) -> None:
        """Take what it works with.

        :param got_with: the settings that decide which tokens these are
        """
        self._redis = client
        self._ring = ring
        self._log = log
        name = digest(_NAME, json.dumps(list(got_with)).encode()).hex()
        self._key, self._lock_key = f"bff:shared:{name}:token", f"bff:shared:{name}:lock"

    def load(self) -> TokenSet | None:
        """Return the tokens; None: there are none that open.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        sealed = translate_redis_errors(lambda: self._redis.get(self._key), repeatable=True)
        if not isinstance(sealed, bytes):
            return None
        plain = self._ring.open(sealed, purpose=_PURPOSE, bound_to=self._key.encode())
        if plain is None:
            self._log.audit(Event.RECORD_UNREADABLE)
            return None
        return Vault.from_json(plain).anonymous

    def save(self, tokens: TokenSet, seconds: float) -> None:
        """Keep the tokens in place of others, for so long.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        plain = Vault(anonymous=tokens).to_json()
        sealed = self._ring.seal(plain, purpose=_PURPOSE, bound_to=self._key.encode())
        translate_redis_errors(lambda: self._redis.set(self._key, sealed, px=max(1, int(seconds * 1000))))

    def lock(self, *, lease_seconds: float, wait_seconds: float) -> AbstractContextManager[Lease]:
        """Be the only process that renews the tokens.

        :raises LockBusy: not to be had within `wait_seconds`
        :raises SessionStoreUnavailable: Redis does not answer
        """
        return held(self._redis, self._lock_key, self._log, lease_seconds=lease_seconds, wait_seconds=wait_seconds)
