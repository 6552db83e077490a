"""The server's own guest tokens: what reads that hang on no session are asked with, one set for all processes.

They are held in the process, and in Redis for the others. Whoever finds them due renews them under a lock, first within
the process and then across processes; the others go on with the old ones, or wait and share what comes of it. Done,
refused and unknown are never mixed, as with a session's: an unknown outcome throws nothing away. No visitor is counted
for a guest that is made here. While Redis is away each process goes on with what it holds, or gets its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

from bff.config.settings import EmporixSettings
from bff.emporix.client import Call, EmporixClient, Reply
from bff.errors import (
    InvalidInput,
    InvalidToken,
    SessionStoreUnavailable,
    UpstreamError,
    UpstreamMalformed,
    UpstreamNotAsked,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from bff.events import Event
from bff.log import Log
from bff.operations.model import Credential, Operation
from bff.secret import Secret
from bff.sessions.model import TokenSet, Vault
from bff.sessions.shared_token import SharedTokenRecord
from bff.sessions.store import LockBusy
from bff.tokens.renewal import RETRY_AFTER_UNKNOWN_SECONDS, Renewal
from bff.tokens.session_values import without_session
from bff.tokens.withheld import withheld

LOOK_AGAIN_SECONDS: Final = 1.0
"""How long tokens that serve are left as they are while another process renews them, or Redis is away."""
REPLACED_AGAIN_SECONDS: Final = 10.0
"""How long after a rejected token its successor is not replaced in turn: who refuses both would be asked for guests
without end."""
_LEASE_MARGIN_SECONDS: Final = 5.0
_FIRST: Final = "anonymous_login"


class SharedToken:
    """Asks operations with the server's own guest token; safe for threads, made once a process."""

    def __init__(
        self,
        client: EmporixClient,
        renewal: Renewal,
        record: SharedTokenRecord,
        settings: EmporixSettings,
        now: Callable[[], float],
        log: Log,
    ) -> None:
        self._client = client
        self._renewal = renewal
        self._record = record
        self._settings = settings
        self._now = now
        self._log = log
        self._renewing = threading.Lock()
        self._held: TokenSet | None = None
        self._look_again_at = 0.0
        self._failure: UpstreamError | None = None
        self._failed_at = 0.0

    def call(self, operation: Operation, call: Call) -> Reply:
        """Call an operation that takes this token; where upstream rejects it, once more with another.

        :raises ValueError: the operation does not take it, or changes anything
        :raises LoginRequired: the operation needs what only a customer has
        :raises RequestRejected: a value cannot be sent
        :raises UpstreamError: upstream refuses, or does not answer
        """
        if Credential.SHARED not in operation.accepts or operation.mutates:
            raise ValueError(f"{operation.name}: takes no shared token")
        call = without_session(operation, call, self._settings)
        tokens = self._tokens(None)
        try:
            return self._sent(operation, call, tokens)
        except InvalidToken:
            tokens = self._tokens(tokens.access)
        try:
            return self._sent(operation, call, tokens)
        except InvalidToken:
            raise UpstreamMalformed(operation.name, "upstream refuses a token it has just issued") from None

    def waiting(self, operation: Operation) -> AbstractContextManager[None]:
        """Hold one of the places for threads that wait for upstream, or for who asks it.

        :raises UpstreamNotAsked: on entering; too many wait already
        """
        return self._client.waiting(operation.name)

    def _sent(self, operation: Operation, call: Call, tokens: TokenSet) -> Reply:
        held = tuple(Vault(anonymous=tokens).held())
        try:
            reply = self._client.call(operation, call, tokens.access, held=held)
        except UpstreamRejected as err:
            self._tell_of_tokens(operation, err.echoed)
            raise
        found = withheld(operation, reply, held)
        self._tell_of_tokens(operation, sorted(kind.value for kind in found.kinds))
        if found.reply is None:
            raise UpstreamMalformed(operation.name, "the answer cannot be passed on")
        return found.reply

    def _tell_of_tokens(self, operation: Operation, kinds: Sequence[str]) -> None:
        for kind in kinds:
            self._log.audit(Event.TOKEN_IN_ANSWER, operation=operation.name, kind=kind)

    def _tokens(self, rejected_token: Secret[str] | None) -> TokenSet:
        """Return tokens that serve, made or renewed if need be.

        :param rejected_token: one that upstream has refused
        :raises UpstreamError: there are none that serve, and none are to be had
        """
        held, began = self._held, self._now()
        if held is not None and self._renewal.serves_as_it_is(held, rejected_token):
            return held
        serves = held is not None and self._renewal.serves(held, rejected_token)
        if held is not None and serves and began < self._look_again_at:
            return held
        waited = self._renewing.acquire(blocking=not serves, timeout=-1 if serves else self._wait_seconds)
        if not waited:
            if held is not None and serves:
                return held
            raise UpstreamTimeout(_FIRST, "another request is renewing")
        try:
            return self._looked_up(rejected_token, began)
        finally:
            self._renewing.release()

    @property
    def _wait_seconds(self) -> float:
        """What a renewal may take: it is one call or two."""
        return 2 * self._client.longest_call_seconds

    def _looked_up(self, rejected_token: Secret[str] | None, began: float) -> TokenSet:
        """Return what another thread or process has got by now, else what is got here."""
        held = self._held
        if held is not None and self._renewal.serves_as_it_is(held, rejected_token):
            self._renewal.note_waited(Credential.SHARED)
            return held
        if self._failure is not None and self._failed_at >= began:
            # This request has waited for the one that failed.
            raise self._failure.with_traceback(None)
        try:
            self._held = self._got(held, rejected_token)
        except UpstreamError as err:
            self._failure, self._failed_at = err, self._now()
            raise
        self._failure = None
        return self._held

    def _got(self, held: TokenSet | None, rejected_token: Secret[str] | None) -> TokenSet:
        try:
            return self._shared(held, rejected_token)
        except SessionStoreUnavailable as err:
            self._log.emit(Event.STORE_UNAVAILABLE, reason=str(err))
            return self._alone(held, rejected_token)

    def _shared(self, held: TokenSet | None, rejected_token: Secret[str] | None) -> TokenSet:
        """Return the tokens of all processes, renewed under their lock if need be."""
        found = self._record.load()
        if found is not None and self._renewal.serves_as_it_is(found, rejected_token):
            return found
        kept = next((one for one in (found, held) if one and self._renewal.serves(one, rejected_token)), None)
        try:
            with self._record.lock(
                lease_seconds=self._client.longest_call_seconds + _LEASE_MARGIN_SECONDS,
                wait_seconds=0 if kept else self._wait_seconds,
            ) as lease:
                found = self._record.load() or held
                if found is not None and self._renewal.serves_as_it_is(found, rejected_token):
                    self._renewal.note_waited(Credential.SHARED)
                    return found
                fresh = self._renewed(found, rejected_token, lease.renew)
                self._keep(fresh)
                return fresh
        except LockBusy:
            found = kept or self._record.load()
            if found is None or not self._renewal.serves(found, rejected_token):
                raise UpstreamTimeout(_FIRST, "another process is renewing") from None
            self._look_again_at = self._now() + LOOK_AGAIN_SECONDS
            return found

    def _alone(self, held: TokenSet | None, rejected_token: Secret[str] | None) -> TokenSet:
        """Return what this process can have without Redis; tokens that serve are left as they are."""
        if held is not None and self._renewal.serves(held, rejected_token):
            self._look_again_at = self._now() + RETRY_AFTER_UNKNOWN_SECONDS
            return held
        return self._renewed(held, rejected_token, lambda: None)

    def _renewed(
        self, tokens: TokenSet | None, rejected_token: Secret[str] | None, hold_on: Callable[[], None]
    ) -> TokenSet:
        """Return new tokens, or the old ones where upstream does not say and they still serve.

        :param hold_on: called before each call to upstream
        """
        now = self._now()
        if tokens is not None and now < tokens.retry_at:
            if tokens.access == rejected_token and tokens.alive(now):
                raise UpstreamMalformed(_FIRST, "upstream refuses a token it has just issued")
            raise UpstreamUnavailable(_FIRST, "the last renewal brought no answer")
        try:
            fresh = self._fresh(tokens, hold_on)
        except UpstreamNotAsked:
            # It was not tried: whoever comes when upstream is asked again need not wait any longer.
            if tokens is None or not self._renewal.serves(tokens, rejected_token):
                raise
            return tokens
        except UpstreamError as err:
            self._log.emit(Event.REFRESH_UNKNOWN, kind=Credential.SHARED.value, outcome=str(err))
            if tokens is None:
                raise
            tokens = replace(tokens, retry_at=self._now() + RETRY_AFTER_UNKNOWN_SECONDS)
            self._held = tokens
            self._keep(tokens)
            if self._renewal.serves(tokens, rejected_token):
                return tokens
            raise
        self._log.emit(Event.TOKENS_REFRESHED, kind=Credential.SHARED.value)
        if rejected_token is None:
            return fresh
        wait_seconds = min(REPLACED_AGAIN_SECONDS, fresh.access_lifetime_seconds / 2)
        return replace(fresh, retry_at=self._now() + wait_seconds)

    def _fresh(self, tokens: TokenSet | None, hold_on: Callable[[], None]) -> TokenSet:
        hold_on()
        if tokens is not None and tokens.renewable(self._now()):
            try:
                return self._renewal.refreshed_guest(tokens)
            except (InvalidToken, UpstreamRejected, InvalidInput) as err:
                status = err.status if isinstance(err, UpstreamRejected) else None
                self._log.audit(Event.REFRESH_REFUSED, kind=Credential.SHARED.value, status=status)
            hold_on()
        return self._renewal.new_guest()

    def _keep(self, tokens: TokenSet) -> None:
        """Let the other processes have the tokens, as well as it goes: this one has them either way."""
        seconds = max(tokens.access_expires_at, tokens.refresh_expires_at) - self._now()
        if seconds <= 0:
            return
        try:
            self._record.save(tokens, seconds)
        except SessionStoreUnavailable as err:
            self._log.emit(Event.STORE_UNAVAILABLE, reason=str(err))
