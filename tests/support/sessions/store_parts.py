"""What the tests of the store build stores from."""

from __future__ import annotations

from redis import Redis

from bff.crypto import KeyRing
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import TokenSet, Vault, WebRecord
from bff.sessions.redis_store import RedisSessionStore
from bff.sessions.store import Found
from tests.support.fakes.logs import log_to

OLD, NEW = Secret(b"o" * 32), Secret(b"n" * 32)
LOG = log_to()
WEB = WebRecord(created=1.0, data={"note": "web-data-in-the-clear"})
VAULT = Vault(
    anonymous=TokenSet(
        access=Secret("access-token-in-the-clear"),
        access_expires_at=2.0,
        access_lifetime_seconds=1.0,
        refresh=Secret("refresh-token-in-the-clear"),
        refresh_expires_at=3.0,
        session_id=None,
    )
)
IDLE_SECONDS = 100.0


def store_on(redis: Redis, *keys: Secret[bytes], window_seconds: int | None = None) -> RedisSessionStore:
    """Return a store; its ring holds the new key where none is given."""
    return RedisSessionStore(redis, KeyRing(keys or (NEW,)), LOG, count_window_seconds=window_seconds)


def created(store: RedisSessionStore) -> SessionCookie:
    """Write a session; return its cookie."""
    cookie = SessionCookie.fresh()
    store.create(cookie, WEB, VAULT, IDLE_SECONDS)
    return cookie


def found(store: RedisSessionStore, cookie: SessionCookie) -> Found:
    """Read a session that must be there."""
    answer = store.load(cookie)
    assert isinstance(answer, Found)
    return answer


def web_key(cookie: SessionCookie) -> str:
    return f"bff:{{{cookie.sid}}}:web"


def tokens_key(cookie: SessionCookie) -> str:
    return f"bff:{{{cookie.sid}}}:tokens"


def rate_key(cookie: SessionCookie) -> str:
    return f"bff:{{{cookie.sid}}}:rate"
