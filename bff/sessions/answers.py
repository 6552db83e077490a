"""What a form's first sending was answered, kept for a second one: an impatient click gets what the first click got.

The only place where a cookie's value lies in Redis. It is sealed under a key from the server's key, the cookie that the
form was sent with, and the form's own 128-bit key. It lies under a name that is made of these two and of path, owner
and body, and is bound to that name. So for everything else the old cookie is dead, and a thief of it who has not the
page with the form finds nothing. It is kept for 30 seconds, and a cookie is handed out twice at most.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from redis import Redis

from bff.crypto import KEY_NUMBER_BYTES, KeyRing, digest
from bff.operations.places import Places
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.redis_errors import translate_redis_errors
from bff.sessions.scripts import KEEP_ANSWER, RELEASE_CLAIM, TAKE_ANSWER
from bff.sessions.stored_keys import StoredKey

FORM_KEY_BYTES: Final = 16
KEPT_SECONDS: Final = 30
MOST_BYTES: Final = 4096
"""Of a sealed answer; a longer one is not kept, and a second click then stands for itself."""
_MOST_HANDED_OUT: Final = b"2"
"""How often an answer with a cookie is handed out; one digit."""
_NO_SECRET: Final = b"*"
"""An answer without a cookie may be handed out to every click there is."""
_CLAIMED: Final = b"P"
_SPENT: Final = b"X"
_FORM_KEY = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_PURPOSE: Final = b"bff/answer"
_POLL_SECONDS: Final = 0.05
_MARGIN_SECONDS: Final = 5.0
STORED_KEYS = (
    StoredKey(
        key="bff:answer:<hash>",
        holds="that a form is being worked on, then its answer for a second click: status, `Location`, the session's"
        " new cookie or a page",
        cipher="AES-256-GCM; key: HKDF-SHA-256 of a server key, the cookie that the form came with, and the form's own"
        " random key; bound to its Redis key",
        lifetime="while it is worked on (four of the longest calls to Emporix and 5 s at most), then 30 s",
        commands=("evalsha", "get", "set", "setrange", "del"),
    ),
)


class Spent(Exception):
    """The answer held a new cookie, and that has been handed out as often as it may."""


class StillAtWork(Exception):
    """The first sending of this form has not been answered in all the time that a second one waits."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeptAnswer:
    """What can be answered once more."""

    status: int
    location: str | None = None
    cookie: SessionCookie | None = None
    """To which the session has moved."""
    banners: tuple[tuple[str, str], ...] = ()
    """Category and text of what the next page shows once."""
    page: bytes = b""
    """HTML; of no use together with a location."""
    is_private: bool = False
    """Whether a customer was signed in; then the page is for nobody else."""
    headers: tuple[tuple[str, str], ...] = ()
    """Of those that say when to try again and what a browser is to forget."""

    @property
    def seconds(self) -> int:
        """How long it is kept: an answer that says when to try again, no longer than until then."""
        wait = dict(self.headers).get("Retry-After", "")
        return min(KEPT_SECONDS, int(wait)) if wait.isdecimal() else KEPT_SECONDS

    def to_bytes(self, until: float) -> bytes:
        """Write it down, with when it ends (Unix seconds)."""
        cookie = None if self.cookie is None else self.cookie.value.reveal()
        told = [until, self.status, self.location, cookie, self.banners, self.headers, self.is_private]
        return json.dumps(told).encode() + b"\n" + zlib.compress(self.page, 9)

    @classmethod
    def from_bytes(cls, plain: bytes, now: float) -> KeptAnswer | None:
        """Read it back; None where its time is over."""
        told, _, page = plain.partition(b"\n")
        until, status, location, cookie, banners, headers, is_private = json.loads(told)
        if now >= until:
            return None
        return cls(
            status=status,
            location=location,
            cookie=None if cookie is None else SessionCookie(value=Secret(cookie)),
            banners=tuple((category, text) for category, text in banners),
            page=zlib.decompress(page),
            headers=tuple((name, value) for name, value in headers),
            is_private=is_private,
        )


@dataclass(frozen=True, kw_only=True, repr=False)
class Submission:
    """One form as it was sent; whatever differs in any part is another one."""

    cookie: SessionCookie
    form_key: str
    """128 random bits, which only the page with the form has."""
    path: str
    """With its query."""
    owner: str
    """The mark of the customer whom the form was made for; empty for a guest."""
    body_digest: bytes
    is_late: bool = False
    """Whether it comes with the cookie that its first sending was answered with; then its CSRF token is an old one."""

    @classmethod
    def of(
        cls, cookie: SessionCookie | None, form_key: str, *, path: str, owner: str, body: bytes
    ) -> Submission | None:
        """Return what was sent; None where no cookie of ours or no key of a form came along."""
        if cookie is None or not cookie.is_well_formed or not _FORM_KEY.fullmatch(form_key):
            return None
        body_digest = digest(b"bff/answer-body", body)
        return cls(cookie=cookie, form_key=form_key, path=path, owner=owner, body_digest=body_digest)

    @property
    def secret(self) -> bytes:
        """What, together with a server key, opens the answer; both parts are of fixed length."""
        return self.cookie.key_material + self.form_key.encode()

    @cached_property
    def name(self) -> str:
        """The Redis key; tells nothing about any part, and only who has both secrets can make it up."""
        path, owner = self.path.encode("utf-8", "surrogatepass"), self.owner.encode("utf-8", "surrogatepass")
        parts = (self.secret, path, owner, self.body_digest)
        joined = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return f"bff:answer:{digest(b'bff/answer-late' if self.is_late else b'bff/answer-name', joined).hex()}"

    def late(self, cookie: SessionCookie) -> Submission:
        """Return the same form as a browser sends it that has the next cookie by now."""
        return replace(self, cookie=cookie, is_late=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That this request is the one which does what a form asks for."""

    submission: Submission
    mark: bytes
    """Random, so that a late request neither keeps nor releases what another one has claimed since."""


class Answers:
    """Keeps answers in Redis; made once a process, and safe between threads."""

    def __init__(
        self,
        client: Redis,
        ring: KeyRing,
        now: Callable[[], float],
        *,
        wait_seconds: float,
        most_waiting: int,
        places: Places,
        pause: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what it works with.

        :param wait_seconds: how long a second click waits for the first
        :param most_waiting: how many requests of this process may wait at once: threads are scarce
        :param places: of all that wait for others
        """
        self._ring = ring
        self._now = now
        self._wait_seconds = wait_seconds
        self._waiting = threading.BoundedSemaphore(most_waiting)
        self._places = places
        self._pause = pause
        self._monotonic = monotonic
        self._take_script = client.register_script(TAKE_ANSWER)
        self._keep_script = client.register_script(KEEP_ANSWER)
        self._release_script = client.register_script(RELEASE_CLAIM)

    def begin(self, submission: Submission) -> Claim | KeptAnswer:
        """Claim what was sent; where another request has, wait for it and return what it was answered.

        :raises StillAtWork: it takes too long, or too many are waiting already
        :raises Spent: it was done, and its answer is not given any more
        :raises SessionStoreUnavailable: Redis does not answer
        """
        claim = Claim(submission=submission, mark=_CLAIMED + secrets.token_bytes(16))
        found = self._take(submission, claim.mark)
        if isinstance(found, bytes):
            with self._a_place_to_wait():
                found = self._awaited(submission, claim.mark)
        return claim if found is None else found

    def moved(self, submission: Submission) -> KeptAnswer | None:
        """Return what a form was answered that comes from a browser which has the next cookie by now; without one.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        found = self._take(submission.late(submission.cookie), b"")
        return found if isinstance(found, KeptAnswer) else None

    def keep(self, claim: Claim, answer: KeptAnswer) -> None:
        """Keep an answer, for as long as a second click may follow; one that is too long is not kept.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        sealed = self._sealed(claim.submission, answer)
        if sealed is None:
            self.release(claim)
            return
        self._put(claim.submission, claim.mark, sealed, answer.seconds)
        if answer.cookie is not None:
            # A browser may have the new cookie while it still shows the form: it needs the rest, and no cookie.
            moved = claim.submission.late(answer.cookie)
            if (rest := self._sealed(moved, replace(answer, cookie=None))) is not None:
                self._put(moved, b"", rest, answer.seconds)

    def release(self, claim: Claim) -> None:
        """Let the next one do what the form asks for: there is no answer that it could get.

        :raises SessionStoreUnavailable: Redis does not answer
        """
        keys = [claim.submission.name]
        translate_redis_errors(lambda: self._release_script(keys=keys, args=[claim.mark]))

    def _awaited(self, submission: Submission, mark: bytes) -> KeptAnswer | None:
        ends = self._monotonic() + self._wait_seconds
        while self._monotonic() < ends:
            self._pause(_POLL_SECONDS)
            found = self._take(submission, mark)
            if not isinstance(found, bytes):
                return found
        raise StillAtWork

    @contextmanager
    def _a_place_to_wait(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise StillAtWork
        try:
            with self._places.place(StillAtWork):
                yield
        finally:
            self._waiting.release()

    def _take(self, submission: Submission, mark: bytes) -> KeptAnswer | bytes | None:
        """Return the answer; bytes: it is being worked on; None: there is none that opens.

        Where there was nothing at all, `mark` (if it is not empty) is the claim now.
        """
        args: list[bytes | int] = [mark, int((self._wait_seconds + _MARGIN_SECONDS) * 1000)]
        record: bytes = translate_redis_errors(lambda: self._take_script(keys=[submission.name], args=args))
        if record[:1] == _SPENT:
            raise Spent
        if record[:1] in (b"", _CLAIMED):
            return record or None
        return self._opened(submission, record[1:])

    def _sealed(self, submission: Submission, answer: KeptAnswer) -> bytes | None:
        key, may_be_had = self._ring.newest, _NO_SECRET if answer.cookie is None else _MOST_HANDED_OUT
        sealed = key.seal(
            answer.to_bytes(self._now() + answer.seconds),
            purpose=_PURPOSE,
            cookie=submission.secret,
            bound_to=_bound_to(submission, key.number),
        )
        record = may_be_had + key.number + sealed
        return record if len(record) <= MOST_BYTES else None

    def _opened(self, submission: Submission, record: bytes) -> KeptAnswer | None:
        number, sealed = record[:KEY_NUMBER_BYTES], record[KEY_NUMBER_BYTES:]
        key = self._ring.numbered(number)
        if key is None:
            return None
        bound_to = _bound_to(submission, number)
        plain = key.open(sealed, purpose=_PURPOSE, cookie=submission.secret, bound_to=bound_to)
        return None if plain is None else KeptAnswer.from_bytes(plain, self._now())

    def _put(self, submission: Submission, mark: bytes, sealed: bytes, seconds: int) -> None:
        args: list[bytes | int] = [mark, sealed, seconds * 1000]
        translate_redis_errors(lambda: self._keep_script(keys=[submission.name], args=args))


def _bound_to(submission: Submission, key_number: bytes) -> bytes:
    return submission.name.encode() + key_number
