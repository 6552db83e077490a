"""The keys of a session in Redis, and what lies under them. All of one session share a hash tag: one Cluster slot."""

from __future__ import annotations

from bff.sessions.stored_keys import PLAIN, StoredKey

_SEALED = "AES-256-GCM; key: HKDF-SHA-256 of a server key and the browser's cookie; bound to its Redis key and version"
STORED_KEYS = (
    StoredKey(
        key="bff:{<sid>}:web",
        holds="who is signed in and since when, drafts of forms, social sign-ins under way; no token of Emporix's",
        cipher=_SEALED,
        lifetime="{idle} s signed in, {guest_idle} s as a guest, since the last request; 900 s for a guest whose "
        "cookie does not come back; a replaced one's mark: 60 s",
        commands=("evalsha", "get", "pttl", "strlen", "getrange", "set", "pexpire", "del"),
    ),
    StoredKey(
        key="bff:{<sid>}:tokens",
        holds="all tokens that Emporix gave this session; which guest's cart waits for its customer",
        cipher=_SEALED,
        lifetime="the session's",
        commands=("evalsha", "get", "exists", "getrange", "set", "pexpire", "del"),
    ),
    StoredKey(
        key="bff:{<sid>}:device",
        holds="when a browser signed in, when it was last seen, its kind in our words",
        cipher="AES-256-GCM; key: HKDF-SHA-256 of a server key; bound to its Redis key",
        lifetime="the session's",
        commands=("evalsha", "get", "set", "pexpire", "del"),
    ),
    StoredKey(
        key="bff:{<sid>}:ended",
        holds="one word: why a signed-in session is over, or what to say if no further request comes",
        cipher=PLAIN,
        lifetime="3600 s after the end of the session",
        commands=("evalsha", "get", "pttl", "set", "del"),
    ),
    StoredKey(
        key="bff:{<sid>}:lock",
        holds="a random word of the process that renews the session's tokens, or merges its guest's cart",
        cipher=PLAIN,
        lifetime="a lease of some seconds",
        commands=("evalsha", "get", "set", "pexpire", "del"),
    ),
    StoredKey(
        key="bff:{<sid>}:rate",
        holds="the session's requests in the window at hand",
        cipher=PLAIN,
        lifetime="the window of BFF_RATE_LIMIT_API",
        commands=("evalsha", "set", "incr", "pttl", "del"),
    ),
)
ROW_KEYS = (
    StoredKey(
        key="bff:{<sid>}:rate:<operation>",
        holds="the session's calls of one declared row in the window at hand",
        cipher=PLAIN,
        lifetime="the window of the row's limit; a session that ends leaves it until then",
        commands=("evalsha", "set", "incr", "pttl"),
    ),
)


def web_key(sid: str) -> str:
    """Return where what pages may see of the session lies."""
    return f"bff:{{{sid}}}:web"


def tokens_key(sid: str) -> str:
    """Return where its tokens lie."""
    return f"bff:{{{sid}}}:tokens"


def rate_key(sid: str) -> str:
    """Return where its requests are counted."""
    return f"bff:{{{sid}}}:rate"


def device_key(sid: str) -> str:
    """Return where what the list of devices shows of it lies."""
    return f"bff:{{{sid}}}:device"


def ended_key(sid: str) -> str:
    """Return where the word lies that says why it is over."""
    return f"bff:{{{sid}}}:ended"


def all_keys(sid: str) -> list[str]:
    """Return the keys of a session in the scripts' order; its lock ends by itself."""
    return [web_key(sid), tokens_key(sid), device_key(sid), ended_key(sid), rate_key(sid)]


def row_rate_key(sid: str, operation: str) -> str:
    """Return where the calls of one declared row are counted."""
    return f"{rate_key(sid)}:{operation}"
