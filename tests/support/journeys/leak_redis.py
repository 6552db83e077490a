"""What a thief of Redis has: everything in it, and, with the server's keys but no cookie, whatever these alone open.

The opening is written down here a second time, from the standards and not from the code (HKDF-SHA-256, RFC 5869;
AES-256-GCM, NIST SP 800-38D), and tries every purpose that stands anywhere in the source with each key.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from redis import Redis

import bff
from bff.sessions.sealing import RecordKind
from bff.sessions.shared_token import STORED_KEYS, TOKEN_KEY
from tests.support.leaks import BASE64_RUN, decoded
from tests.support.redis_keys import keys_of

Entry = tuple[bytes, bytes]
"""A key of Redis, and something under it."""
_HEADERS_BYTES = (0, 1, 4, 5, 8, 9, 12, 13, 16)
"""What may stand before a nonce: a format, a key's number, a version, and any of them together."""
_NONCE_AND_TAG_BYTES = 12 + 16


def dump(redis: Redis) -> set[Entry]:
    """Return every key with everything under it, whatever kind it is of."""
    keys = sorted(keys_of(redis))
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.type(key)
    kinds = pipe.execute()
    for key, kind in zip(keys, kinds, strict=True):
        _ask(pipe, kind, key)
    return {(key, part) for key, held in zip(keys, pipe.execute(), strict=True) for part in _parts(held)}


def _ask(pipe: Redis, kind: bytes, key: bytes) -> None:
    match kind:
        case b"zset":
            pipe.zrange(key, 0, -1)
        case b"hash":
            pipe.hgetall(key)
        case b"set":
            pipe.smembers(key)
        case b"list":
            pipe.lrange(key, 0, -1)
        case b"stream":
            pipe.xrange(key)
        case _:
            # A key that has ended since is none that anybody can read.
            pipe.get(key)


def _parts(held: object) -> Iterator[bytes]:
    if isinstance(held, bytes):
        yield held
    elif isinstance(held, dict):
        for name, value in held.items():
            yield from (*_parts(name), *_parts(value))
    elif isinstance(held, Iterable):
        for member in held:
            yield from _parts(member)


@cache
def purposes() -> frozenset[bytes]:
    """Return every purpose that the code derives a key for."""
    stated = {text for text in _bytes_in_the_source() if text.startswith(b"bff/")}
    prefixes = {text for text in stated if text.endswith(b"/")}
    return frozenset(stated - prefixes | {prefix + kind.value.encode() for prefix in prefixes for kind in RecordKind})


@cache
def _bindings() -> frozenset[bytes]:
    """Return every short text that something could be bound to."""
    return frozenset(text for text in _bytes_in_the_source() if re.fullmatch(rb"[a-z_-]{3,24}", text))


@cache
def _bytes_in_the_source() -> frozenset[bytes]:
    package = Path(bff.__file__).parent
    return frozenset(
        node.value
        for path in package.rglob("*.py")
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes)
    )


def secret_entries(entries: Iterable[Entry]) -> set[Entry]:
    """Leave out what the server's keys may open: the server's own guest token, under exactly its key."""
    (kept,) = (kept for kept in STORED_KEYS if kept.key == TOKEN_KEY)
    return {(key, part) for key, part in entries if not kept.matches(key.decode("latin-1"))}


class Thief:
    """Has the server's keys, and no browser's cookie."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._ciphers = [AESGCM(_derived(key, purpose)) for key in keys for purpose in sorted(purposes())]

    def opened(self, entries: Iterable[Entry]) -> set[bytes]:
        """Return what opens, of all that was ever in Redis."""
        found: set[bytes] = set()
        for key, value in entries:
            found |= self._opened(key, value)
            for run in BASE64_RUN.findall(value) if value.isascii() else ():
                found |= self._opened(key, decoded(run))
        return found

    def _opened(self, key: bytes, value: bytes) -> set[bytes]:
        found = set()
        sid = key[key.find(b"{") + 1 : key.find(b"}")]
        for start in (size for size in _HEADERS_BYTES if size + _NONCE_AND_TAG_BYTES <= len(value)):
            header, nonce, text = value[:start], value[start : start + 12], value[start + 12 :]
            bindings = {b"", key, key + header, header, sid, sid + header}
            if start in (0, 4):
                bindings |= _bindings()
            for cipher in self._ciphers:
                for binding in bindings:
                    try:
                        found.add(cipher.decrypt(nonce, text, binding))
                    except InvalidTag:
                        continue
        return found


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
