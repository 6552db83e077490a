"""What happens under a session's lock: tokens are renewed, and the outcome is kept.

Three outcomes are never mixed. *Done*: the new tokens are kept. *Refused*: upstream said no; what is dead is
dropped, and a customer without a live token is signed out. *Unknown*: no answer, or none that makes sense; nothing
is thrown away, and the old token serves while it lives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from bff.config.settings import EmporixSettings, RefreshBearer
from bff.emporix.client import Call, EmporixClient, Reply
from bff.errors import (
    InvalidInput,
    InvalidToken,
    LoginRequired,
    ReauthenticationRequired,
    SessionExpired,
    TooManyAttempts,
    UpstreamError,
    UpstreamMalformed,
    UpstreamNotAsked,
    UpstreamRejected,
    UpstreamUnavailable,
)
from bff.events import Event
from bff.limits import Limits
from bff.log import Log
from bff.operations.model import Credential, Operation
from bff.secret import Secret
from bff.sessions.audit_fields import audit_subject
from bff.sessions.model import CustomerTokens, Records, TokenSet, Vault, WebRecord, without_customer
from bff.sessions.session import Session
from bff.sessions.store import Lease, SessionEnded
from bff.tokens.guests import guest_context
from bff.tokens.replies import anonymous_tokens, customer_tokens

RETRY_AFTER_UNKNOWN_SECONDS = 5.0
_LOGOUT_SECONDS = 3.0
_ENTITY_REFUSED = frozenset({400, 403})


class RefreshReason(Enum):
    """Why a customer's tokens are refreshed."""

    DUE = "due"
    """Their end is near, or upstream has rejected the access token."""
    ASKED = "asked"
    """The visitor asks for new ones; the legal entity stays, if upstream lets it."""
    ENTITY = "entity"
    """The visitor asks to act for a legal entity, or for none: where upstream refuses it, nothing changes."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Renewal:
    """Renews token sets; what takes a lease is for the holder of the session's lock."""

    _client: EmporixClient
    _operations: Mapping[str, Operation]
    _settings: EmporixSettings
    _limits: Limits
    _now: Callable[[], float]
    _log: Log

    def renew_customer(
        self, session: Session, lease: Lease, rejected_token: Secret[str] | None, began: float
    ) -> CustomerTokens:
        """Return customer tokens that serve.

        :param rejected_token: one that upstream has refused
        :param began: Unix seconds, when the wait for the lock began
        :raises SessionExpired: the customer is no longer signed in
        :raises UpstreamError: whether upstream has renewed them is not known, and no old token serves
        :raises SessionEnded: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        tokens = session.vault.customer
        if tokens is None:
            session.just_ended = True
            raise SessionExpired
        if self.serves_as_it_is(tokens, rejected_token):
            self.note_waited(Credential.CUSTOMER)
            return tokens
        if not tokens.renewable(self._now()):
            return self._refused(session, tokens, rejected_token, "no token is left to renew with")
        _share_failure("refresh_auth_token", tokens, began)
        try:
            return self._exchange(session, lease, tokens, tokens.legal_entity_id, RefreshReason.DUE, rejected_token)
        except UpstreamError as err:
            self._note_unknown(session, tokens, err)
            if session.vault.customer is None:
                # An ending has come meanwhile: the old token must not do what is asked here after it.
                raise SessionExpired from None
            if self.serves(tokens, rejected_token):
                return tokens
            raise

    def refresh_now(
        self, session: Session, lease: Lease, seen: CustomerTokens, entity: str | None, reason: RefreshReason
    ) -> None:
        """Refresh although nothing need be due, unless another request has brought the same meanwhile.

        :param seen: the customer's tokens as they were before the wait for the lock
        :param entity: which legal entity is wanted; it counts only where that is the reason
        :raises BffError: as the broker's `refresh`
        """
        tokens, now = session.vault.customer, self._now()
        if tokens is None:
            raise SessionExpired
        wanted = entity if reason is RefreshReason.ENTITY else tokens.legal_entity_id
        if tokens.access != seen.access and tokens.legal_entity_id == wanted:
            self.note_waited(Credential.CUSTOMER)
            return
        if not tokens.renewable(now):
            if not tokens.alive(now):
                self._refused(session, tokens, None, "no token is left to renew with")
            if wanted != tokens.legal_entity_id:
                raise ReauthenticationRequired
            return
        self._exchange(session, lease, tokens, wanted, reason, None)

    def _exchange(
        self,
        session: Session,
        lease: Lease,
        tokens: CustomerTokens,
        entity: str | None,
        reason: RefreshReason,
        rejected_token: Secret[str] | None,
    ) -> CustomerTokens:
        """Spend the refresh token, and return new tokens or what upstream's refusal leaves of the old ones."""
        try:
            reply = self._ask_for_refresh(session, lease, tokens, entity)
        except (InvalidToken, UpstreamRejected) as err:
            if isinstance(err, UpstreamRejected) and err.status in _ENTITY_REFUSED:
                if reason is RefreshReason.ENTITY:
                    raise
                if entity is not None:
                    # The company may have let the customer go; that ends the binding, not the session.
                    return self._exchange(session, lease, tokens, None, reason, rejected_token)
            self._report_refusal(session, err, Credential.CUSTOMER)
            return self._refused(session, tokens, rejected_token, "upstream refused the refresh")
        fresh = customer_tokens(
            "refresh_auth_token",
            reply.content,
            self._now(),
            session_id=tokens.session_id,
            legal_entity_id=entity,
            previous=tokens,
        )
        return self._keep(session, tokens, fresh)

    def _ask_for_refresh(self, session: Session, lease: Lease, tokens: CustomerTokens, entity: str | None) -> Reply:
        """Ask with the bearer that the settings prefer; on a 401 once with the other kind (the contract names both)."""
        values: dict[str, str | Secret[str]] = {"refreshToken": tokens.refresh or Secret("")}
        if entity is not None:
            values["legalEntityId"] = entity
        operation, call = self._operations["refresh_auth_token"], Call(values=values)
        refusal: InvalidToken | UpstreamRejected | None = None
        rejected_anonymous: Secret[str] | None = None
        for credential in self._refresh_bearers(operation, tokens):
            if credential is Credential.ANONYMOUS:
                bearer = self.renew_anonymous(session, lease, None, began=self._now()).access
            else:
                bearer = tokens.access
            lease.renew()
            try:
                return self._client.call(operation, call, bearer)
            except InvalidToken as err:
                refusal = err
                rejected_anonymous = bearer if credential is Credential.ANONYMOUS else rejected_anonymous
            except UpstreamRejected as err:
                if err.status != 401:
                    raise
                refusal = err
        if rejected_anonymous is None:
            raise refusal or LoginRequired
        # The guest's token had died unnoticed; that says nothing about the customer's refresh token.
        bearer = self.renew_anonymous(session, lease, rejected_anonymous, began=self._now()).access
        lease.renew()
        return self._client.call(operation, call, bearer)

    def _refresh_bearers(self, operation: Operation, tokens: CustomerTokens) -> list[Credential]:
        first = Credential.CUSTOMER if self._settings.refresh_bearer is RefreshBearer.CUSTOMER else Credential.ANONYMOUS
        alive = tokens.alive(self._now())
        kinds = sorted(operation.accepts, key=lambda kind: kind is not first)
        return [kind for kind in kinds if alive or kind is not Credential.CUSTOMER] or kinds

    def _keep(self, session: Session, spent: CustomerTokens, fresh: CustomerTokens) -> CustomerTokens:
        with suppress(SessionEnded):
            # Where it has ended, what was read of it is gone too, the customer included.
            session.update(lambda web, vault: (web, vault.with_customer(fresh)) if _holds(vault, spent) else None)
        left = session.vault.customer
        if left is None:
            self.log_out(fresh, "the session ended during a refresh")
            raise SessionExpired
        if left == fresh:
            self._log.emit(Event.TOKENS_REFRESHED, kind=Credential.CUSTOMER.value)
        return left

    def _refused(
        self, session: Session, tokens: CustomerTokens, rejected_token: Secret[str] | None, reason: str
    ) -> CustomerTokens:
        """Drop what upstream refused: the refresh token while the access token lives, else the customer.

        :raises SessionExpired: no token serves, so the visitor is a guest again
        """

        def drop(web: WebRecord, vault: Vault) -> Records | None:
            if not _holds(vault, tokens):
                return None
            if not self.serves(tokens, rejected_token):
                return without_customer(web, vault)
            return web, vault.with_customer(replace(tokens, refresh=None))

        about = audit_subject(session)
        try:
            dropped = session.update(drop)
        except SessionEnded:
            raise SessionExpired from None
        left = session.vault.customer
        if left is not None:
            return left
        session.just_ended = True
        if dropped is not None:
            self._log.audit(Event.SESSION_ENDED, reason=reason, **about)
        raise SessionExpired

    def renew_anonymous(
        self, session: Session, lease: Lease, rejected_token: Secret[str] | None, began: float
    ) -> TokenSet:
        """Return guest tokens that serve: as they are, refreshed with their session kept, or else new ones.

        :raises UpstreamError: whether upstream has renewed them is not known, and no old token serves
        :raises TooManyAttempts: too many guests have come from this address, and no old token serves
        :raises SessionEnded: another request has ended the session
        :raises SessionStoreUnavailable: Redis does not answer, or others kept changing the session
        """
        tokens = session.vault.anonymous
        if tokens is not None:
            if self.serves_as_it_is(tokens, rejected_token):
                self.note_waited(Credential.ANONYMOUS)
                return tokens
            _share_failure("anonymous_refresh", tokens, began)
        try:
            fresh = self._fresh_set(session, lease, tokens)
        except (UpstreamError, TooManyAttempts) as err:
            if tokens is None:
                raise
            if isinstance(err, UpstreamError):
                self._note_unknown(session, tokens, err)
            if self.serves(tokens, rejected_token):
                return tokens
            raise
        session.update(lambda web, vault: (web, vault.with_anonymous(fresh)))
        return fresh

    def _fresh_set(self, session: Session, lease: Lease, tokens: TokenSet | None) -> TokenSet:
        if tokens is not None and tokens.refresh is not None and tokens.renewable(self._now()):
            lease.renew()
            try:
                fresh = self.refreshed_guest(tokens)
            except (InvalidToken, UpstreamRejected) as err:
                # The guest's cart session is lost; a new one is all that can be had.
                self._report_refusal(session, err, Credential.ANONYMOUS)
            else:
                self._log.emit(Event.TOKENS_REFRESHED, kind=Credential.ANONYMOUS.value)
                return fresh
        lease.renew()
        # A customer's own refresh may hang on it, and who is signed in cannot ask for guests without end.
        return self.fresh_anonymous() if session.vault.customer is None else self.new_guest()

    def note_waited(self, kind: Credential) -> None:
        """Report that another request has done, or is doing, what this one was about to."""
        self._log.emit(Event.REFRESH_WAITED, kind=kind.value)

    def _report_refusal(self, session: Session, err: UpstreamError, kind: Credential) -> None:
        status = err.status if isinstance(err, UpstreamRejected) else None
        self._log.audit(Event.REFRESH_REFUSED, kind=kind.value, status=status, **audit_subject(session))

    def _note_unknown(self, session: Session, tokens: TokenSet, err: UpstreamError) -> None:
        """Remember that the last try brought no answer, so that not every request tries once more at once."""
        if isinstance(err, UpstreamNotAsked):
            # It was not tried: whoever comes when upstream is asked again need not wait any longer.
            return
        kind = Credential.CUSTOMER if isinstance(tokens, CustomerTokens) else Credential.ANONYMOUS
        self._log.emit(Event.REFRESH_UNKNOWN, kind=kind.value, outcome=str(err))
        retry_at = self._now() + RETRY_AFTER_UNKNOWN_SECONDS

        def postpone(web: WebRecord, vault: Vault) -> Records | None:
            if vault.customer is not None and vault.customer == tokens:
                return web, vault.with_customer(replace(vault.customer, retry_at=retry_at))
            if vault.anonymous is not None and vault.anonymous == tokens:
                return web, vault.with_anonymous(replace(vault.anonymous, retry_at=retry_at))
            return None

        try:
            session.update(postpone)
        except SessionEnded:
            self._log.emit(Event.SESSION_CHANGE_DROPPED, reason="the session ended during a refresh")

    def fresh_anonymous(self) -> TokenSet:
        """Return guest tokens of a new Emporix session, kept nowhere, counted against the limit of new guests.

        :raises TooManyAttempts: too many guests have come from this address
        :raises UpstreamError: upstream issues none, or does not answer
        """
        with self._limits.attempt(self._operations["anonymous_login"]):
            return self.new_guest()

    def refreshed_guest(self, tokens: TokenSet) -> TokenSet:
        """Return a guest's tokens renewed, their Emporix session kept; they are kept nowhere.

        :raises InvalidToken: upstream refused
        :raises UpstreamError: the same, or whether upstream has renewed them is not known
        """
        operation = self._operations["anonymous_refresh"]
        reply = self._client.call(operation, Call(values={"refresh_token": tokens.refresh or Secret("")}), None)
        return anonymous_tokens(operation.name, reply.content, self._now(), tokens)

    def new_guest(self) -> TokenSet:
        """Return guest tokens of a new Emporix session, kept nowhere, and counted for nobody.

        :raises UpstreamError: upstream issues none, or does not answer
        """
        operation = self._operations["anonymous_login"]
        try:
            reply = self._client.call(operation, Call(values=guest_context(self._settings)), None)
        except (InvalidToken, UpstreamRejected) as err:
            # Nothing in it comes from a visitor: it says nothing about their password or refresh token.
            raise UpstreamMalformed(operation.name, str(err)) from None
        return anonymous_tokens(operation.name, reply.content, self._now())

    def log_out(self, tokens: CustomerTokens, reason: str) -> None:
        """Tell upstream that a customer token is not used any more; as well as it goes, and within seconds."""
        if tokens.alive(self._now()):
            self.revoke(tokens.access, reason)

    def revoke(self, access: Secret[str], reason: str) -> None:
        """Tell the same of an access token that came without the rest of a set."""
        operation = self._operations["logout"]
        try:
            self._client.call(
                operation,
                Call(values={"accessToken": access}),
                chosen(operation, {Credential.CUSTOMER: access}),
                at_most_seconds=_LOGOUT_SECONDS,
            )
        except (UpstreamError, InvalidInput) as err:
            # InvalidInput: a token too long for a query. Whatever it is, the local end must not wait for it.
            self._log.emit(Event.UPSTREAM_LOGOUT_FAILED, reason=reason, outcome=type(err).__name__)

    def serves(self, tokens: TokenSet, rejected_token: Secret[str] | None) -> bool:
        """Tell whether an access token may be sent: not over, and not the one upstream has rejected."""
        return tokens.alive(self._now()) and tokens.access != rejected_token

    def serves_as_it_is(self, tokens: TokenSet, rejected_token: Secret[str] | None) -> bool:
        """Tell whether there is nothing to do: it serves, and is not due or could not be renewed anyway."""
        now = self._now()
        return self.serves(tokens, rejected_token) and not (tokens.due(now) and tokens.renewable(now))


def _holds(vault: Vault, tokens: CustomerTokens) -> bool:
    """Tell whether the customer's tokens are still those that were sent."""
    return vault.customer is not None and vault.customer.access == tokens.access


def _share_failure(operation: str, tokens: TokenSet, began: float) -> None:
    """Let a request that waited for a refresh without an answer fail with it, instead of trying in turn."""
    if tokens.retry_at - RETRY_AFTER_UNKNOWN_SECONDS >= began:
        raise UpstreamUnavailable(operation, "the last refresh brought no answer")


def chosen(operation: Operation, bearers: Mapping[Credential, Secret[str]]) -> Secret[str]:
    """Return the bearer that the row prefers among those at hand.

    :raises KeyError: it takes none of them
    """
    for credential in operation.accepts:
        if credential in bearers:
            return bearers[credential]
    raise KeyError(operation.name)
