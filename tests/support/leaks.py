"""Finds a secret in bytes, also where it was encoded on the way: as it is, in a URL, in hex, in base64, compressed."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from urllib.parse import quote, unquote_to_bytes

BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_QUOTED_RUN = re.compile(rb"[^\s\"'<>%]{0,64}+(?:%[0-9A-Fa-f]{2}[^\s\"'<>%]*+)+")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MAX_DEPTH = 3
_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_GZIP_HEADER = b"\x1f\x8b"


def hits(data: bytes, secrets: Iterable[bytes], depth: int = 0) -> set[str]:
    """Name the forms in which any of the secrets stands in the data."""
    wanted = tuple(secrets)
    if len(data) < min(map(len, wanted), default=0):
        return set()
    quoted = b"\n".join(_QUOTED_RUN.findall(data))
    # A URL within a URL is encoded twice.
    unquoted = [once := unquote_to_bytes(quoted), unquote_to_bytes(once)] if quoted else []
    lowered, url_safe = data.lower(), data.translate(_URL_SAFE)
    found: set[str] = set()
    for secret in wanted:
        if secret in data:
            found.add("raw")
        if any(secret in text for text in unquoted) and secret not in quoted:
            found.add("url-encoded")
        if secret.hex().encode() in lowered:
            found.add("hex")
        if any(core in url_safe for core in _base64_cores(secret)):
            found.add("base64")
    if depth < _MAX_DEPTH and any(hits(inner, wanted, depth + 1) for inner in _insides(data)):
        found.add("compressed")
    return found


def hits_in(texts: Iterable[bytes], secrets: Iterable[bytes]) -> set[str]:
    """Do the same for many texts at once: searching has a price per text."""
    known, wanted = list(texts), tuple(secrets)
    found = hits(b"\n\0\n".join(known), wanted)
    for text in known:
        # What is compressed without a header has to be read from its beginning.
        if not text.isascii() and any(hits(inner, wanted, 1) for inner in _decompressed(text)):
            found.add("compressed")
    return found


def _insides(data: bytes) -> Iterator[bytes]:
    yield from _decompressed(data)
    for run in set(BASE64_RUN.findall(data)):
        yield from _decompressed(decoded(run))


@cache
def _base64_cores(secret: bytes) -> tuple[bytes, ...]:
    """Base64 of the secret at each of the three offsets it can have, less the letters that its neighbours touch."""
    cores = []
    for offset in range(3):
        encoded = base64.urlsafe_b64encode(b"\0" * offset + secret).rstrip(b"=")
        first = (offset * 8 + 5) // 6
        last = (offset + len(secret)) * 8 // 6
        cores.append(encoded[first:last])
    return tuple(cores)


def decoded(run: bytes) -> bytes:
    """Decode base64 of either alphabet, less what is left over at its end."""
    usable = run if len(run) % 4 != 1 else run[:-1]
    return base64.urlsafe_b64decode(usable.translate(_URL_SAFE) + b"=" * (-len(usable) % 4))


def _decompressed(data: bytes) -> Iterator[bytes]:
    for header in (*_ZLIB_HEADERS, _GZIP_HEADER):
        start = data.find(header)
        while start != -1:
            # These two bytes need not be the start of a compressed text.
            with suppress(zlib.error):
                yield zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(data[start:], 1 << 22)
            start = data.find(header, start + 1)
    with suppress(zlib.error):
        yield zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(data, 1 << 22)


PLANTED: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda secret: b'{"token": "' + secret + b'"}',
    "url-encoded": lambda secret: b"/path?token=" + "".join(f"%{byte:02x}" for byte in secret).encode(),
    "url-encoded in part": lambda secret: (
        b"?t=" + quote(secret[:1]).encode() + f"%{secret[1]:02X}".encode() + secret[2:]
    ),
    "url-encoded twice": lambda secret: b"?next=" + "".join(f"%25{byte:02x}" for byte in secret).encode(),
    "hex": lambda secret: secret.hex().upper().encode(),
    "base64 at 0": lambda secret: base64.b64encode(secret + b" behind"),
    "base64 at 1": lambda secret: base64.b64encode(b"a" + secret + b" behind"),
    "base64 at 2": lambda secret: base64.urlsafe_b64encode(b"ab" + secret + b" behind"),
    "zlib": lambda secret: b"head" + zlib.compress(b"a token: " + secret),
    "gzip": lambda secret: zlib.compress(b"a token: " + secret, wbits=31),
    "deflate": lambda secret: zlib.compress(b"a token: " + secret, wbits=-15),
    "zlib in base64": lambda secret: b'"' + base64.urlsafe_b64encode(zlib.compress(b"a token: " + secret)) + b'"',
}
"""Ways to hide a secret, each of which `hits` must see through."""

BINARY = frozenset({"zlib", "gzip", "deflate"})
"""Those that do not survive being written as text."""
