"""Answers that are the same for every visitor, kept in the process for as long as their row says; bounded in bytes.

Only who has asked with the server's own token may put one in. What is in here cannot be changed any more, and is not
told apart from what upstream would say but by its age.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of one process: some 800 products of 10 KB, which is what a shop shows again within a minute. An operator runs a
process for each core, so a machine of eight gives 64 MiB; 16 MiB each would be as much as the program itself takes."""
_LARGEST_SHARE: Final = 8
"""One answer takes at most this part of it: a long list must not push all products out."""
_ENTRY_BYTES: Final = 600
"""What an entry takes beside its body and the texts of its key: objects, and places in tables."""
_TAG_BYTES: Final = 16
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One answer."""

    status: int
    body: bytes
    total: str | None
    """How many there are in all; None: not asked."""
    tag: str
    """Names the content, without the quotes of an `ETag`."""
    got_at: float
    """Unix seconds."""
    seconds: int
    """How long it may be used from then on."""

    @property
    def is_for_caches(self) -> bool:
        """Whether it may be kept at all: an answer without a content is cheap, and has nothing to name."""
        return self.status == _OK and bool(self.body)

    def age_seconds(self, now: float) -> int:
        """Return how old it is; a clock that was set back makes nothing younger than new."""
        return max(0, int(now - self.got_at))

    def serves(self, now: float) -> bool:
        """Tell whether it may still be used."""
        return 0 <= now - self.got_at < self.seconds


def tag_of(status: int, body: bytes, total: str | None) -> str:
    """Return what names a content: half of its SHA-256, for which no other content can be made."""
    content = hashlib.sha256(f"{status} {total or ''}\n".encode() + body).digest()
    return base64.urlsafe_b64encode(content[:_TAG_BYTES]).rstrip(b"=").decode()


class SharedCache:
    """Keeps the answers that were used last; safe for threads, made once a process."""

    def __init__(self, now: Callable[[], float], *, most_bytes: int = MOST_BYTES) -> None:
        self._now = now
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self.bytes = 0
        """What is kept takes so many, its keys included."""

    def get(self, key: Hashable) -> Kept | None:
        """Return what is kept under a key and may still be used."""
        with self._lock:
            entry = self._kept.get(key)
            if entry is None:
                return None
            if entry[0].serves(self._now()):
                self._kept.move_to_end(key)
                return entry[0]
            self._drop(key)
            return None

    def put(self, key: Hashable, kept: Kept, *, key_bytes: int) -> None:
        """Keep an answer, in place of what was used longest ago; one that is too large is not kept.

        :param key_bytes: what the texts of the key take
        """
        size = _ENTRY_BYTES + key_bytes + len(kept.body)
        if size > self._most_bytes // _LARGEST_SHARE:
            return
        with self._lock:
            if key in self._kept:
                self._drop(key)
            while self._kept and self.bytes + size > self._most_bytes:
                self._drop(next(iter(self._kept)))
            self._kept[key] = kept, size
            self.bytes += size

    def _drop(self, key: Hashable) -> None:
        self.bytes -= self._kept.pop(key)[1]
