"""Signing in: tokens in, a signed-in session under a new cookie out.

Who it is decides `GET /me` with the new token, never the e-mail that was typed. No customer is signed in before that
answer, and a token that ends up unused is logged out upstream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bff.account.cart_merge import CartMerge
from bff.account.identity import customer_of
from bff.account.login_ends import LoginEnds
from bff.account.profile import Profile
from bff.emails import comparable
from bff.emporix.client import Call, Reply
from bff.errors import (
    AnotherPerson,
    BffError,
    InvalidCredentials,
    InvalidToken,
    SessionExpired,
    UpstreamMalformed,
    UpstreamRejected,
    outcome_of,
)
from bff.events import Event
from bff.operations.model import Credential, Operation
from bff.sessions.audit_fields import audit_outcome, audit_subject
from bff.sessions.model import (
    Customer,
    CustomerTokens,
    SignedIn,
    SocialIdentity,
    TokenSet,
    Vault,
)
from bff.sessions.resets import end_older_sessions
from bff.sessions.session import Session, SessionState
from bff.sessions.store import SessionEnded
from bff.tokens.replies import access_of, customer_tokens, is_initial_password

_SESSION_ID = "session-id"
_SUPERSEDED = "superseded by another sign-in"
_WRONG = frozenset({400, 404})
"""Refusals of a sign-in that would tell a known address from an unknown one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedIdentity:
    """Who has signed in at an identity provider, once its id token is verified."""

    identity: SocialIdentity
    proved_at: float | None
    """Unix seconds of their last proof of identity there; None where it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """What a visitor signs in with, and what goes along."""

    session: Session
    operation: Operation
    """What upstream is asked for: login, opt-in or social login."""
    call: Call
    with_own_guest: bool
    """Whether the guest tokens of this session go along, and with them its cart. Only who is signed in may come of it
    then; without it upstream gets guest tokens of a session of their own."""
    asked: Operation | None = None
    """What the visitor asked for, where that was not to sign in but to sign up, say."""


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a sign-in upstream brought, before a session holds it."""

    tokens: CustomerTokens
    guest: TokenSet
    reply: Mapping[str, Any]
    asked: Operation
    """What the audit log says that the visitor asked for."""
    only_for: Customer | None
    """Whose cart went along; None: no signed-in customer's."""
    has_guests_cart: bool
    """The guest tokens are those that the session has had, so that a cart may hang on them."""
    began: int
    """Before upstream was asked, by Redis's clock (`SessionIndex.time`)."""
    is_established: bool = False
    """A session holds the tokens now."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Login(LoginEnds):
    """Turns credentials into a signed-in session; what becomes of one afterwards, it has from `LoginEnds`."""

    _carts: CartMerge | None = None
    """None: carts stay where they are."""

    def with_password(self, session: Session, email: str, call: Call, *, asked: Operation | None = None) -> None:
        """Sign in with what the body of `call` says; `email` only chooses whose guest tokens go along.

        `asked` is what the visitor asked for, where that was not to sign in but to sign up, say.

        :raises InvalidCredentials: upstream refuses the password, or does not know the address
        :raises TooManyAttempts: too many attempts failed of late, or too many guests have come from this address
        :raises UpstreamError: upstream refuses, or does not answer, or does not say who it is
        :raises SessionError: Redis does not answer, or this request may not start a session
        """
        operation, who = self._operations["login"], session.signed_in
        own = who is None or comparable(who.customer.email or "") == comparable(email)
        attempt = SignInAttempt(session=session, operation=operation, call=call, with_own_guest=own, asked=asked)
        with self._failure_audited(session, asked or operation, email):
            try:
                self._sign_in(attempt)
            except AnotherPerson:
                # Another person after all: they must not get this person's cart session.
                self._sign_in(replace(attempt, with_own_guest=False))

    def with_mailed_token(self, session: Session, call: Call) -> None:
        """Activate an account by its opt-in token, and sign in.

        :raises UpstreamRejected: the token is not, or no longer, good
        :raises BffError: as `with_password`
        """
        operation = self._operations["signup_optin"]
        own = session.signed_in is None
        attempt = SignInAttempt(session=session, operation=operation, call=call, with_own_guest=own)
        with self._failure_audited(session, operation):
            self._sign_in(attempt)

    def ask_again_who_it_is(self, session: Session) -> None:
        """Bring names and e-mail up to date after a change; a failure leaves them as they were, until sign-in."""
        who = session.signed_in
        if who is None:
            return
        try:
            reply = self._broker.call(session, self._operations["get_me"], Call())
            customer = customer_of(reply)
            if customer.id == who.customer.id:
                session.change_web(lambda web: web.with_customer(customer))
                self._sessions.enlist(session.signed_in, session.sid)
        except (BffError, SessionEnded) as err:
            # What was asked for is done; this is only about how the visitor is greeted.
            self._log.emit(Event.SESSION_CHANGE_DROPPED, reason="who it is", outcome=outcome_of(err))

    def take_profile(self, session: Session, profile: Profile) -> None:
        """Keep what a profile that has just been read says of companies and of the e-mail to sign in with.

        Either may have changed in another browser. A failure leaves what was known.
        """
        who = session.signed_in
        if who is None:
            return
        known = who.customer
        companies = known.legal_entities if "b2b" in profile.unreadable else profile.legal_entities
        email = profile.sign_in_email or known.email
        if (companies, email) == (known.legal_entities, known.email):
            return
        try:
            session.change_web(
                lambda web: (
                    web
                    if web.signed_in is None
                    else web.with_customer(replace(web.signed_in.customer, legal_entities=companies, email=email))
                )
            )
            if email != known.email:
                self._sessions.enlist(session.signed_in, session.sid)
        except (BffError, SessionEnded) as err:
            self._log.emit(Event.SESSION_CHANGE_DROPPED, reason="profile", outcome=outcome_of(err))

    @contextmanager
    def redeem(self, attempt: SignInAttempt) -> Iterator[Grant]:
        """Ask upstream for a customer's tokens; unless they are established inside, they are logged out upstream.

        :raises InvalidCredentials: upstream refuses the password, or does not know the address
        :raises TooManyAttempts: too many attempts failed of late, or too many guests have come from this address
        :raises LoginRequired: there is no session, and this request may not start one
        :raises UpstreamRejected: upstream does not take the code or the mailed token
        :raises UpstreamError: upstream issues none, or it is not known whether it has
        :raises SessionStoreUnavailable: Redis does not answer
        """
        # Around everything: who may not try is not given a guest's tokens for it either.
        with self._broker.limited(attempt.session, attempt.operation, attempt.call):
            grant = self._obtain(attempt)
        try:
            yield grant
        finally:
            if not grant.is_established:
                self._broker.log_out(grant.tokens, "sign-in not completed")

    def establish(self, session: Session, grant: Grant, identity: VerifiedIdentity | None = None) -> None:
        """Sign in the customer whom upstream names, under a new cookie.

        :param identity: what the identity provider says; None: they signed in with a password or a mailed token
        :raises AnotherPerson: the cart of a signed-in customer went along, and upstream names another one
        :raises SessionExpired: the customer's sessions, or the one that was to go on, were ended meanwhile
        :raises UpstreamError: upstream does not say who it is
        :raises SessionStoreUnavailable: Redis does not answer; the old session stands
        """
        customer = self._identified(grant.tokens)
        if grant.only_for is not None and grant.only_for.id != customer.id:
            raise AnotherPerson
        before, sid_before = session.signed_in, session.sid
        former = session.cookie
        same = before if before is not None and before.customer.id == customer.id else None
        now = self._now()
        # A provider that still knew the browser may have asked nothing: then it is as old as it says, or no proof.
        proved_at = now if identity is None else min(now, identity.proved_at or 0.0)
        who = SignedIn(
            customer=customer,
            since=now if same is None else same.since,
            until=now + self._sessions.settings.lifetime_seconds if same is None else same.until,
            authenticated_at=proved_at if same is None else max(proved_at, same.authenticated_at),
            initial_password=is_initial_password(grant.reply),
            social=_social(same, identity),
        )
        # Only a guest who becomes a customer brings a cart: not who takes another's place, nor who proves it once more.
        cart = self._carts.noted() if self._carts and before is None and grant.has_guests_cart else None
        vault = Vault(anonymous=grant.guest, customer=grant.tokens, cart=cart)
        _, held = session.sign_in(
            who, vault, keep_data=before is None or same is not None, goes_on=same is not None, began=grant.began
        )
        grant.is_established = True
        about = audit_subject(session)
        self._log.audit(
            Event.SIGNED_IN, operation=grant.asked.name, again=same is not None, before_sid=sid_before, **about
        )
        if before is not None and same is None:
            self._log.audit(Event.SESSION_ENDED, sid=sid_before, customer_id=before.customer.id, reason=_SUPERSEDED)
        if grant.asked.name == "login":
            # First of all: one of those may end the new session at any moment, and must not outlive it.
            end_older_sessions(self._sessions, session)
        if held.customer is not None:
            self._follow(session, grant, same, held.customer)
        if self._carts is None:
            return
        if cart is not None and former is not None:
            self._carts.after_first_sign_in(session, former)
        else:
            self._carts.once_more(session)

    def before_call(self, session: Session, operation: Operation) -> None:
        """Do what a sign-in has left to do, if a call depends on it; a failure changes nothing about the call."""
        if self._carts is not None:
            self._carts.before_call(session, operation)

    def _follow(self, session: Session, grant: Grant, same: SignedIn | None, tokens_before: CustomerTokens) -> None:
        """Do what the tokens of before make necessary: they end, and their company is theirs who go on.

        :raises SessionExpired: the session was ended meanwhile
        """
        if same is None or tokens_before.session_id != grant.tokens.session_id:
            self._broker.log_out(tokens_before, _SUPERSEDED)
        # Else the old token is left to its end: logging it out would end the Emporix session both share, cart included.
        if same is not None and tokens_before.legal_entity_id is not None:
            try:
                self._broker.refresh(session, tokens_before.legal_entity_id)
            except SessionExpired:
                # It has been ended already: what upstream has given for it ends too.
                grant.is_established = False
                raise
            except BffError as err:
                # They are signed in; which company they act for, they can choose anew.
                self._log.emit(Event.SESSION_CHANGE_DROPPED, reason="legal entity", outcome=outcome_of(err))

    def _sign_in(self, attempt: SignInAttempt) -> None:
        with self.redeem(attempt) as grant:
            self.establish(attempt.session, grant)

    def _obtain(self, attempt: SignInAttempt) -> Grant:
        session, operation, who = attempt.session, attempt.operation, attempt.session.signed_in
        # Without a record there is nothing to go along, and no reason to make one only to replace it.
        own = attempt.with_own_guest and session.state is SessionState.LIVE
        had = session.vault.anonymous if own else None
        guest = self._broker.anonymous(session) if own else self._broker.fresh_anonymous()
        # Before upstream is asked: what is ended from here on may not know of this.
        began = self._sessions.index.time()
        try:
            try:
                reply = self._ask(operation, attempt.call, guest)
            except InvalidToken:
                if not own:
                    raise
                guest = self._broker.anonymous(session, rejected_token=guest.access)
                reply = self._ask(operation, attempt.call, guest)
        except InvalidToken:
            raise UpstreamMalformed(operation.name, "upstream refuses a token it has just issued") from None
        except UpstreamRejected as err:
            if operation.name == "login" and err.status in _WRONG:
                raise InvalidCredentials from None
            raise
        try:
            tokens = customer_tokens(operation.name, reply.content, self._now(), session_id=guest.session_id)
        except UpstreamMalformed:
            if (access := access_of(reply.content)) is not None:
                self._broker.revoke(access, "the reply was not whole")
            raise
        return Grant(
            tokens=tokens,
            guest=guest,
            reply=reply.content,
            asked=attempt.asked or operation,
            only_for=who.customer if own and who is not None else None,
            has_guests_cart=had is not None and had.session_id is not None and had.session_id == guest.session_id,
            began=began,
        )

    def _ask(self, operation: Operation, call: Call, guest: TokenSet) -> Reply:
        if guest.session_id is not None and any(p.name == _SESSION_ID for p in operation.parameters):
            # The guest's cart hangs on it, and this operation does not take it from the bearer.
            call = replace(call, values={**(call.values or {}), _SESSION_ID: guest.session_id})
        return self._broker.call_with(operation, call, {Credential.ANONYMOUS: guest.access})

    def _identified(self, tokens: CustomerTokens) -> Customer:
        try:
            bearers = {Credential.CUSTOMER: tokens.access}
            return customer_of(self._broker.call_with(self._operations["get_me"], Call(), bearers))
        except (InvalidToken, UpstreamRejected):
            raise UpstreamMalformed("get_me", "upstream does not say who has signed in") from None

    @contextmanager
    def _failure_audited(self, session: Session, asked: Operation, email: str | None = None) -> Iterator[None]:
        about = audit_subject(session)
        try:
            yield
        except BffError as err:
            self._log.audit(Event.SIGN_IN_FAILED, operation=asked.name, email=email, **audit_outcome(err), **about)
            raise


def _social(same: SignedIn | None, identity: VerifiedIdentity | None) -> SocialIdentity | None:
    """Return which provider's session belongs to the new one: the same person's stays, whatever they prove it with."""
    if identity is not None:
        return identity.identity
    return None if same is None else same.social
