"""The token broker: the only holder of tokens. It picks the bearer for an operation and keeps it alive.

One lock per session, across processes, covers the chain of anonymous and customer refresh: both rotate, so a
refresh token is spent once. A request that waited reads again and uses what the winner got, or shares its failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from bff.config.settings import EmporixSettings
from bff.emporix.client import Call, EmporixClient, Reply
from bff.errors import (
    InvalidToken,
    LoginRequired,
    SessionExpired,
    UpstreamMalformed,
    UpstreamNotAsked,
    UpstreamRejected,
    UpstreamTimeout,
)
from bff.events import Event
from bff.limits import Limits
from bff.log import Log
from bff.operations.counts import Asker
from bff.operations.model import Credential, Operation
from bff.secret import Secret
from bff.sessions.audit_fields import audit_subject, audited, email_in
from bff.sessions.model import CustomerTokens, TokenSet, Vault
from bff.sessions.session import Session, SessionState
from bff.sessions.store import Lease, LockBusy, SessionEnded, SessionStore
from bff.tokens.renewal import RefreshReason, Renewal, chosen
from bff.tokens.session_values import check_values, saas_token, with_values
from bff.tokens.withheld import withheld

LEASE_MARGIN_SECONDS = 5.0
"""By how much a session's lock outlasts the longest call."""

S = TypeVar("S", bound=TokenSet)


KEEP_ENTITY: Final = RefreshReason.ASKED
"""Asks for new tokens and nothing else: the legal entity stays. None says that there shall be none."""


@dataclass(frozen=True, slots=True)
class _NoLease:
    """Stands for the lock where no other request can know the session yet."""

    def renew(self) -> None:
        """There is nothing to hold."""


class TokenBroker:
    """Hands out one bearer for one operation at a time; holds no state between calls."""

    def __init__(
        self,
        client: EmporixClient,
        operations: Mapping[str, Operation],
        store: SessionStore,
        settings: EmporixSettings,
        limits: Limits,
        now: Callable[[], float],
        log: Log,
    ) -> None:
        self._client = client
        self._store = store
        self._now = now
        self._log = log
        self._limits = limits
        self._settings = settings
        self._renewal = Renewal(client, operations, settings, limits, now, log)

    def credential(self, session: Session, operation: Operation) -> Credential:
        """Return which token the operation takes in this session.

        :raises LoginRequired: it takes a customer's, and the visitor is a guest
        :raises SessionExpired: the same, because the session has just ended
        """
        for credential in operation.accepts:
            if credential is Credential.CUSTOMER and session.vault.customer is not None:
                return credential
            if session.just_ended and Credential.CUSTOMER in operation.accepts:
                raise SessionExpired
            if credential is Credential.ANONYMOUS:
                check_values(operation, credential)
                session.check_may_start()
                return credential
        raise LoginRequired

    def call(self, session: Session, operation: Operation, call: Call) -> Reply:
        """Call an operation with the right bearer; where upstream rejects it, once more with a new one.

        :raises SessionError: the operation takes a customer, and none is signed in, or not any more
        :raises LoginFailed: upstream refused a password
        :raises RequestRejected: a value cannot be sent
        :raises UpstreamError: upstream refuses, or does not answer
        """
        event = operation.audit_event(mailed="token" in (call.values or {}))
        if event is None:
            return self._call(session, operation, call)
        email = email_in(call.body) if "email" in event.fields else None
        name = operation.name if event is Event.ROUTE_CALLED else None
        with audited(self._log, event, session, email=email, operation=name):
            return self._call(session, operation, call)

    def _call(self, session: Session, operation: Operation, call: Call) -> Reply:
        credential = self.credential(session, operation)
        with self.limited(session, operation, call):
            bearer = self.bearer(session, credential)
            try:
                return self._sent(session, operation, call, credential, bearer)
            except InvalidToken:
                # The gateway's: the service has not seen the call, so it may go out again, whatever it does.
                bearer = self.bearer(session, credential, rejected_token=bearer)
            try:
                return self._sent(session, operation, call, credential, bearer)
            except InvalidToken:
                # Upstream contradicts itself; that is no reason to end a session.
                raise UpstreamMalformed(operation.name, "upstream refuses a token it has just issued") from None

    def _sent(
        self, session: Session, operation: Operation, call: Call, credential: Credential, bearer: Secret[str]
    ) -> Reply:
        saas = saas_token(operation, credential, session, self._now())
        call = with_values(operation, call, credential, session, self._settings)
        held = session.vault.held
        try:
            reply = self._client.call(operation, call, bearer, saas_token=saas, held=held())
        except UpstreamRejected as err:
            self._tell_of_tokens(session, operation, err.echoed)
            raise
        if operation.declared is None:
            return reply
        found = withheld(operation, reply, held())
        self._tell_of_tokens(session, operation, sorted(kind.value for kind in found.kinds))
        if found.reply is None:
            raise UpstreamMalformed(operation.name, "the answer cannot be passed on")
        return found.reply

    def _tell_of_tokens(self, session: Session, operation: Operation, kinds: Sequence[str]) -> None:
        for kind in kinds if operation.declared is not None else ():
            self._log.audit(Event.TOKEN_IN_ANSWER, operation=operation.name, kind=kind, **audit_subject(session))

    def limited(self, session: Session, operation: Operation, call: Call) -> AbstractContextManager[None]:
        """Count what is asked inside against the operation's limits; `call` does so itself, `call_with` does not.

        :raises TooManyAttempts: on entering; upstream must not be asked
        """
        if operation.rate is not None and not session.has_counted(operation.name):
            # Its session was not there when this request was counted, or had been read by then.
            self._limits.count_call(operation, Asker(**audit_subject(session)), sid=session.sid)
        if not operation.limits:
            return nullcontext()
        who = session.signed_in
        # Where the profile names no sign-in e-mail, the id is as much the customer's own.
        own = None if who is None else who.customer.email or who.customer.id
        asker = Asker(email=own, is_known_as=session.is_known_as, **audit_subject(session))
        return self._limits.attempt(operation, body=call.body, given=call.values or {}, asker=asker)

    def bearer(
        self, session: Session, credential: Credential, *, rejected_token: Secret[str] | None = None
    ) -> Secret[str]:
        """Return a bearer that is alive as far as is known; `rejected_token` is one that upstream has refused."""
        if credential is not Credential.CUSTOMER:
            return self.anonymous(session, rejected_token=rejected_token).access
        tokens = _customer_of(session)
        if not self._renewal.serves_as_it_is(tokens, rejected_token):
            tokens = self._under_lock(session, self._renewal.renew_customer, lambda v: v.customer, rejected_token)
        return tokens.access

    def anonymous(self, session: Session, *, rejected_token: Secret[str] | None = None) -> TokenSet:
        """Return the visitor's guest tokens, made or renewed if need be.

        :raises LoginRequired: there is no session, and this request may not start one
        :raises TooManyAttempts: too many guests have come from this address
        """
        session.check_may_start()
        tokens = session.vault.anonymous
        if tokens is not None and self._renewal.serves_as_it_is(tokens, rejected_token):
            return tokens
        if session.state is not SessionState.LIVE:
            return self._renewal.renew_anonymous(session, _NoLease(), rejected_token, self._now())
        return self._under_lock(session, self._renewal.renew_anonymous, lambda vault: vault.anonymous, rejected_token)

    def refresh(self, session: Session, entity: str | Literal[RefreshReason.ASKED] | None = KEEP_ENTITY) -> None:
        """Renew the customer's tokens now; `entity` names the legal entity they shall be bound to.

        :raises LoginRequired: the visitor is a guest
        :raises SessionExpired: upstream refused, and no token is left alive
        :raises ReauthenticationRequired: nothing is left to renew with
        :raises UpstreamRejected: upstream refused the legal entity; nothing has changed
        :raises UpstreamError: not known whether anything has changed upstream; nothing has here
        """
        if entity is RefreshReason.ASKED:
            self._refresh(session, None, entity)
            return
        with audited(self._log, Event.LEGAL_ENTITY_SWITCHED, session, entity_id=entity):
            self._refresh(session, entity, RefreshReason.ENTITY)

    def _refresh(self, session: Session, entity: str | None, reason: RefreshReason) -> None:
        seen = _customer_of(session)
        try:
            with self._lock(session) as lease:
                self._renewal.refresh_now(session, lease, seen, entity, reason)
        except LockBusy:
            raise UpstreamTimeout("refresh_auth_token", "another request is refreshing") from None

    def _under_lock(
        self,
        session: Session,
        renew: Callable[[Session, Lease, Secret[str] | None, float], S],
        current: Callable[[Vault], S | None],
        rejected_token: Secret[str] | None,
    ) -> S:
        began = self._now()
        try:
            with self._lock(session) as lease:
                return renew(session, lease, rejected_token, began)
        except (LockBusy, UpstreamNotAsked) as err:
            tokens = current(session.vault)
            if tokens is not None and self._renewal.serves(tokens, rejected_token):
                return tokens
            if isinstance(err, UpstreamNotAsked):
                raise
            raise UpstreamTimeout("refresh", "another request is refreshing") from None

    @contextmanager
    def _lock(self, session: Session) -> Iterator[Lease]:
        """Hold the session's lock, and see under it what other requests have written."""
        call_seconds = self._client.longest_call_seconds
        try:
            if session.cookie is None:
                raise SessionEnded
            with (
                self._client.waiting("refresh"),
                self._store.lock(
                    session.cookie,
                    # Renewed before every call, so it need outlast only one.
                    lease_seconds=call_seconds + LEASE_MARGIN_SECONDS,
                    # The winner's chain is one call or two; who waits shares its outcome.
                    wait_seconds=2 * call_seconds,
                ) as lease,
            ):
                session.reload()
                yield lease
        except SessionEnded:
            raise (SessionExpired if session.just_ended else LoginRequired) from None

    def call_with(
        self,
        operation: Operation,
        call: Call,
        bearers: Mapping[Credential, Secret[str]],
        *,
        at_most_seconds: float | None = None,
    ) -> Reply:
        """Call an operation with bearers that no session holds yet; the row says which of them it takes.

        Its limits are the caller's to count against: see `limited`.

        :raises KeyError: none of them
        :raises BffError: as `call`
        """
        return self._client.call(operation, call, chosen(operation, bearers), at_most_seconds=at_most_seconds)

    def fresh_anonymous(self) -> TokenSet:
        """Return guest tokens of a new Emporix session, kept nowhere.

        :raises TooManyAttempts: too many guests have come from this address
        :raises UpstreamError: upstream refuses, or does not answer
        """
        return self._renewal.fresh_anonymous()

    def log_out(self, tokens: CustomerTokens, reason: str) -> None:
        """Tell upstream that a customer token is not used any more; as well as it goes, and within seconds."""
        self._renewal.log_out(tokens, reason)

    def revoke(self, access: Secret[str], reason: str) -> None:
        """Tell the same of an access token that came without the rest of a set."""
        self._renewal.revoke(access, reason)


def _customer_of(session: Session) -> CustomerTokens:
    if (tokens := session.vault.customer) is None:
        raise SessionExpired if session.just_ended else LoginRequired
    return tokens
