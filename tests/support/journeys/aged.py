"""Sessions of a shop as time would have them, without its having to pass: a token or an idle limit is due, or over."""

from __future__ import annotations

import time
from dataclasses import replace

from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import CustomerTokens, Records, Vault, WebRecord
from bff.sessions.session import Session
from tests.support.fakes.visits import customer
from tests.support.redis_keys import keys_of
from tests.support.shop import Shop

DUE_FOR_SECONDS = 250.0
"""Less than the five minutes before its end at which it is due, and more than any test takes."""


def session_of(shop: Shop, cookie: str) -> Session:
    """Open the session of a cookie."""
    return shop.services.sessions.open(SessionCookie(value=Secret(cookie)), may_start=True)


def lock_of(cookie: str) -> str:
    """Return where the lock of a cookie's session lies."""
    return f"bff:{{{SessionCookie(value=Secret(cookie)).sid}}}:lock"


def age(shop: Shop, cookie: str, *, over: bool) -> CustomerTokens:
    """Let the access token come to its end, or near it; return what the session has."""
    ends_at = time.time() + (-1.0 if over else DUE_FOR_SECONDS)

    def older(web: WebRecord, vault: Vault) -> Records:
        assert vault.customer is not None
        return web, vault.with_customer(replace(vault.customer, access_expires_at=ends_at))

    session = session_of(shop, cookie)
    session.update(older)
    return customer(session)


def pass_a_twentieth(shop: Shop) -> None:
    """Let a twentieth of every session's idle limit have passed: with its next request it is extended."""
    left = shop.settings.sessions.idle_seconds * 19 // 20 - 1
    for key in keys_of(shop.redis, "bff:*:web"):
        shop.redis.expire(key, left)
