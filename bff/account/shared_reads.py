"""Reads that hang on no session: asked with the server's own token, kept for who asks next, and counted by address.

What is kept was got with that token alone, by a row that says for how long. A customer's answer never comes here: of a
row that takes the customer's token too, theirs goes the way of every other one. Where a cookie came for such a row and
Redis does not say whose it is, nothing is answered: what customers see may be theirs alone, and a guest's answer in its
place would be a wrong price. A row that takes this token only is asked without looking at any cookie, so it is answered
without Redis too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from bff.account.flights import SOON_SECONDS, Busy, CalledOff, Flights
from bff.account.shared_cache import Kept, SharedCache, tag_of
from bff.emporix.client import TOO_MANY_WAIT, Call, Reply
from bff.errors import UpstreamNotAsked
from bff.events import Event
from bff.limits import CLIENT_ADDRESS, Limits
from bff.log import Log
from bff.operations.counts import Asker, counted_address
from bff.operations.declared import BROWSER_LANGUAGE, SaasToken, SessionValue
from bff.operations.model import Credential, Operation, ResponseShape
from bff.secret import Secret
from bff.sessions.address_counts import AddressCounts
from bff.sessions.audit_fields import audit_subject, audited
from bff.sessions.session import Session, SessionState
from bff.tokens.shared import SharedToken

_KEPT_SHAPES: Final = frozenset({ResponseShape.OBJECT, ResponseShape.ARRAY, ResponseShape.JSON})
_OF_NO_SESSION: Final = frozenset({None, SessionValue.SITE})


class _Key(NamedTuple):
    """What an answer hangs on: all that upstream is sent but the token."""

    operation: str
    language: str | None
    values: tuple[tuple[str, str | tuple[str, ...]], ...]

    @property
    def bytes(self) -> int:
        """What its texts take, four bytes a character at most."""
        texts = (len(name) + sum(map(len, value)) for name, value in self.values)
        return 4 * (len(self.language or "") + sum(texts))


def takes_shared_token_only(operation: Operation) -> bool:
    """Tell whether no session has a say in an operation's answer."""
    return operation.accepts == (Credential.SHARED,)


def is_kept(operation: Operation) -> bool:
    """Tell whether an answer that was got with the server's own token may be kept: nothing in it hangs on a session."""
    return (
        operation.cache_seconds > 0
        and Credential.SHARED in operation.accepts
        and operation.method == "GET"
        and not operation.mutates
        and operation.answer in _KEPT_SHAPES
        and operation.saas_token is SaasToken.NEVER
        and all(parameter.source in _OF_NO_SESSION for parameter in operation.parameters)
    )


def hangs_on_language(operation: Operation) -> bool:
    """Tell whether the languages that a browser asks for have a say in the answer."""
    return BROWSER_LANGUAGE in (operation.language, operation.content_language)


class SharedReads:
    """Answers what hangs on no session; safe for threads, made once a process."""

    def __init__(
        self,
        token: SharedToken,
        cache: SharedCache,
        flights: Flights[Kept],
        counts: AddressCounts,
        limits: Limits,
        now: Callable[[], float],
        log: Log,
        *,
        most_asking: int,
        call_seconds: float,
    ) -> None:
        """Take what it works with.

        :param most_asking: how many threads may ask upstream at once
        :param call_seconds: what one call takes at most, if its row says no more
        """
        self._token = token
        self._cache = cache
        self._flights = flights
        self._counts = counts
        self._limits = limits
        self._now = now
        self._log = log
        self._asking = threading.BoundedSemaphore(most_asking)
        self._queue = threading.BoundedSemaphore(most_asking)
        self._call_seconds = call_seconds

    def are_for(self, session: Session, operation: Operation) -> bool:
        """Tell whether this request is answered with the server's own token; reads no session that has no say in it."""
        if Credential.SHARED not in operation.accepts:
            return False
        return takes_shared_token_only(operation) or session.vault.customer is None

    def read(self, session: Session, operation: Operation, call: Call) -> Reply | Kept:
        """Return what there is: what every cache may keep, else what was answered to this request alone.

        :raises TooManyAttempts: the address has asked too often, and there is no session that would count for it
        :raises UpstreamNotAsked: too many ask or wait already
        :raises BffError: as `SharedToken.call`
        """
        event = operation.audit_event(mailed=False)
        if event is None:
            return self._read(session, operation, call)
        with audited(self._log, event, session, operation=operation.name):
            return self._read(session, operation, call)

    def _read(self, session: Session, operation: Operation, call: Call) -> Reply | Kept:
        # Who has a session was counted as it was read.
        address = None if session.state is SessionState.LIVE else counted_address(CLIENT_ADDRESS.get())
        key = _key_of(operation, call) if is_kept(operation) else None

        def admit() -> None:
            self._counts.count(address)
            if operation.rate is not None and not session.has_counted(operation.name):
                self._limits.count_call(operation, Asker(**audit_subject(session)), sid=session.sid)

        if key is None:
            admit()
            reply = self._asked(operation, call)
            self._note("uncached")
            return reply
        return self._kept(operation, call, key, address, admit)

    def _kept(
        self, operation: Operation, call: Call, key: _Key, address: str | None, admit: Callable[[], None]
    ) -> Kept:
        def looked_up() -> Kept:
            # Another request may have got it between this one's look and its turn.
            kept = self._cache.get(key)
            return kept or self._got(operation, call, key)

        def waits() -> None:
            self._counts.count_here(address)
            self._note("waited")

        while True:
            if (kept := self._cache.get(key)) is not None:
                self._counts.count_here(address)
                self._note("hit")
                return kept
            try:
                return self._flights.once(
                    key,
                    looked_up,
                    admit=admit,
                    waits=waits,
                    wait_seconds=self._wait_seconds(operation),
                )
            except CalledOff:
                continue
            except Busy:
                raise UpstreamNotAsked(operation.name, TOO_MANY_WAIT) from None

    def _wait_seconds(self, operation: Operation) -> float:
        """Return what a read may take: a token takes two calls at most, and so does the row."""
        return 2 * max(operation.read_timeout_seconds or 0.0, self._call_seconds) + 2 * self._call_seconds

    def _got(self, operation: Operation, call: Call, key: _Key) -> Kept:
        reply = self._asked(operation, call)
        kept = Kept(
            status=reply.status,
            body=reply.body,
            total=reply.total,
            tag=tag_of(reply.status, reply.body, reply.total),
            got_at=self._now(),
            seconds=operation.cache_seconds,
        )
        if kept.is_for_caches:
            self._cache.put(key, kept, key_bytes=key.bytes)
        self._note("miss")
        return kept

    def _asked(self, operation: Operation, call: Call) -> Reply:
        with self._token.waiting(operation):
            if not self._has_a_place():
                self._note("refused")
                raise UpstreamNotAsked(operation.name, "too many ask at once")
            try:
                return self._token.call(operation, call)
            finally:
                self._asking.release()

    def _has_a_place(self) -> bool:
        """Take a place among those that ask; as many wait for one for a moment, since a page reads much at once."""
        if self._asking.acquire(blocking=False):
            return True
        if not self._queue.acquire(blocking=False):
            return False
        try:
            return self._asking.acquire(timeout=SOON_SECONDS)
        finally:
            self._queue.release()

    def _note(self, outcome: str) -> None:
        self._log.emit(Event.SHARED_READ, outcome=outcome, bytes=self._cache.bytes)


def _key_of(operation: Operation, call: Call) -> _Key | None:
    """Return what the answer is kept under; None: it is not kept, since something in the question is secret."""
    values = []
    for name, value in sorted((call.values or {}).items(), key=lambda pair: pair[0]):
        if isinstance(value, Secret):
            return None
        values.append((name, value))
    # Another language than the browser's is the row's own.
    language = call.accept_language if hangs_on_language(operation) else None
    return _Key(operation=operation.name, language=language, values=tuple(values))
