"""Finds a secret in bytes, also where it was encoded on the way: as it is, in a URL, in hex, in base64, compressed."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote, unquote_to_bytes

_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_MAX_DEPTH = 3
_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_GZIP_HEADER = b"\x1f\x8b"


def hits(data: bytes, secrets: Iterable[bytes], depth: int = 0) -> set[str]:
    """Name the forms in which any of the secrets stands in the data."""
    found: set[str] = set()
    for secret in secrets:
        if secret in data:
            found.add("raw")
        if secret in unquote_to_bytes(data) and secret not in data:
            found.add("url-encoded")
        if secret.hex().encode() in data.lower():
            found.add("hex")
        if any(core in data.translate(_URL_SAFE) for core in _base64_cores(secret)):
            found.add("base64")
    if depth < _MAX_DEPTH:
        for inner in _decompressed(data):
            if hits(inner, secrets, depth + 1):
                found.add("compressed")
        for run in _BASE64_RUN.findall(data):
            for inner in _decompressed(_decoded(run)):
                if hits(inner, secrets, depth + 1):
                    found.add("compressed")
    return found


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64_cores(secret: bytes) -> Iterator[bytes]:
    """Base64 of the secret at each of the three offsets it can have, less the letters that its neighbours touch."""
    for offset in range(3):
        encoded = base64.urlsafe_b64encode(b"\0" * offset + secret).rstrip(b"=")
        first = (offset * 8 + 5) // 6
        last = (offset + len(secret)) * 8 // 6
        yield encoded[first:last]


def _decoded(run: bytes) -> bytes:
    usable = run[: len(run) // 4 * 4].translate(_URL_SAFE)
    return base64.urlsafe_b64decode(usable)


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


PLANTED = {
    "raw": lambda secret: b'{"token": "' + secret + b'"}',
    "url-encoded": lambda secret: b"/path?token=" + "".join(f"%{byte:02x}" for byte in secret).encode(),
    "url-encoded in part": lambda secret: (
        b"?t=" + quote(secret[:1]).encode() + f"%{secret[1]:02X}".encode() + secret[2:]
    ),
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
