"""The guest's cart goes into the customer's: after a sign-in, and where that failed, before a later call for a cart.

Best effort: nothing here changes what a sign-in or a call comes to, and a try takes two seconds at most. The cart is
noted by the write that signs its guest in, in that session's vault, and waits there for this customer alone. One
request tries at a time, and what is not there any more is done with.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Final

from bff.emporix.client import Call, Reply
from bff.errors import (
    BffError,
    SessionStoreUnavailable,
    UpstreamMalformed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
    outcome_of,
)
from bff.events import Event
from bff.log import Log
from bff.operations.cart_rows import CART_ID, CART_ROWS, CART_SERVICE, CUSTOMER_CART, GUEST_CART, MERGE
from bff.operations.model import Credential, Operation
from bff.secret import Secret
from bff.sessions.audit_fields import AuditSubject, audit_outcome, audit_subject
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import PendingCart, Records, Vault, WebRecord
from bff.sessions.session import Session
from bff.sessions.store import LockBusy, SessionEnded, SessionStore
from bff.tokens.broker import TokenBroker

TRY_SECONDS: Final = 2.0
"""The most that one try may take, whatever it is waiting for."""
WAITS_SECONDS: Final = 3600.0
"""For how long after the sign-in it is tried."""
PAUSE_SECONDS: Final = 60.0
"""From a later try that failed to the next one: calls for carts must not all be slow."""
_CLAIM_SECONDS: Final = 10.0
"""How long other requests leave it alone, unless the one that tries says earlier what came of it."""
_LEAST_SECONDS: Final = 0.1
"""Who has less is not asked: that no answer comes then would not be upstream's fault."""
_GONE: Final = 404
_GIVEN_UP: Final = "given up"
_WHAT: Final = "guest's cart"


class CartMerge:
    """Merges the carts of guests who sign in; stateless."""

    def __init__(
        self,
        broker: TokenBroker,
        store: SessionStore,
        site: str,
        now: Callable[[], float],
        log: Log,
        *,
        try_seconds: float = TRY_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """:param site: whose carts"""
        self._broker = broker
        self._store = store
        self._site = site
        self._now = now
        self._log = log
        self._try_seconds = try_seconds
        self._monotonic = monotonic

    def noted(self) -> PendingCart:
        """Return what the write that signs a guest in says of their cart; the request that writes it tries first."""
        now = self._now()
        return PendingCart(until=now + WAITS_SECONDS, retry_at=now + _CLAIM_SECONDS)

    def after_first_sign_in(self, session: Session, former: SessionCookie) -> None:
        """Merge what the sign-in has noted; where that fails, the next call for a cart tries again.

        :param former: the guest's cookie, under which others may be signing in at the same time
        """
        if (cart := session.vault.cart) is not None:
            self._try(session, cart, lambda end: self._alone(former, end), again_at=0.0)

    def once_more(self, session: Session) -> None:
        """Try again what waits in this session, if anything does and no other request is at it."""
        if session.vault.cart is None:
            return
        try:
            cart = self._claimed(session)
        except (BffError, SessionEnded) as err:
            self._dropped(err)
            return
        if cart is not None:
            self._try(session, cart, lambda end: nullcontext(), again_at=self._now() + PAUSE_SECONDS)

    def before_call(self, session: Session, operation: Operation) -> None:
        """Try again if a call is for a customer's cart, so that it finds there what the guest has put in."""
        if operation.path.startswith(CART_SERVICE) and Credential.CUSTOMER in operation.accepts:
            self.once_more(session)

    def _claimed(self, session: Session) -> PendingCart | None:
        """Return what this request shall try, after a write that keeps others from it; None: there is nothing to do."""
        now = self._now()

        def claim(web: WebRecord, vault: Vault) -> Records | None:
            cart = vault.cart
            if cart is None or now < min(cart.retry_at, cart.until):
                return None
            claimed = None if now >= cart.until else replace(cart, retry_at=now + _CLAIM_SECONDS)
            return web, vault.with_cart(claimed)

        about = audit_subject(session)
        if session.update(claim) is None:
            return None
        if session.vault.cart is None:
            self._log.audit(Event.CARTS_NOT_MERGED, outcome=_GIVEN_UP, status=None, **about)
        return session.vault.cart

    @contextmanager
    def _alone(self, former: SessionCookie, end: float) -> Iterator[None]:
        """Keep out other sign-ins from the same guest's session: a second click, or another person's."""
        wait_seconds, lease_seconds = max(0.0, end - self._monotonic()), 2 * self._try_seconds
        try:
            with self._store.lock(former, lease_seconds=lease_seconds, wait_seconds=wait_seconds):
                yield
        except LockBusy:
            raise UpstreamTimeout(MERGE, "another request is merging") from None

    def _try(
        self,
        session: Session,
        cart: PendingCart,
        alone: Callable[[float], AbstractContextManager[None]],
        *,
        again_at: float,
    ) -> None:
        end, about, known = self._monotonic() + self._try_seconds, audit_subject(session), cart
        try:
            with alone(end):
                found = self._with_id(session, cart, end)
                if found is not None:
                    known = found
                    self._merge(session, found, end, about)
        except BffError as err:
            self._log.audit(Event.CARTS_NOT_MERGED, **audit_outcome(err), **about)
            if not isinstance(err, SessionStoreUnavailable):
                # Else the visitor would wait twice for a dead server; the claim ends by itself.
                self._leave(session, cart, replace(known, retry_at=again_at))
            return
        self._leave(session, cart, None)

    def _leave(self, session: Session, seen: PendingCart, left: PendingCart | None) -> None:
        def change(web: WebRecord, vault: Vault) -> Records | None:
            return (web, vault.with_cart(left)) if vault.cart == seen else None

        try:
            session.update(change)
        except (BffError, SessionEnded) as err:
            self._dropped(err)

    def _dropped(self, err: BffError | SessionEnded) -> None:
        self._log.emit(Event.SESSION_CHANGE_DROPPED, reason=_WHAT, outcome=outcome_of(err))

    def _with_id(self, session: Session, cart: PendingCart, end: float) -> PendingCart | None:
        """Return the cart with its id, which the guest's token finds; None: there is none, or it is no guest's."""
        if cart.id is not None:
            return cart
        guest = session.vault.anonymous
        if guest is None or not guest.alive(self._now()):
            # To renew it would take longer than a try may, and what is new may be another guest's.
            raise UpstreamUnavailable(GUEST_CART, "the guest's token is over")
        try:
            reply = self._ask(GUEST_CART, {"siteCode": self._site}, Credential.ANONYMOUS, guest.access, end)
        except UpstreamRejected as err:
            if err.status == _GONE:
                return None
            raise
        if reply.content.get("customerId"):
            return None
        return replace(cart, id=_id_in(reply, GUEST_CART))

    def _merge(self, session: Session, cart: PendingCart, end: float, about: AuditSubject) -> None:
        bearer = self._broker.bearer(session, Credential.CUSTOMER)
        values = {"siteCode": self._site, "create": "true"}
        own_id = _id_in(self._ask(CUSTOMER_CART, values, Credential.CUSTOMER, bearer, end), CUSTOMER_CART)
        if own_id == cart.id:
            return
        body = json.dumps({"carts": [cart.id]}).encode()
        try:
            self._ask(MERGE, {"cartId": own_id}, Credential.CUSTOMER, bearer, end, body=body)
        except UpstreamRejected as err:
            if err.status != _GONE:
                raise
            # A try whose answer was lost has merged it, or it was ordered.
            self._log.audit(Event.CARTS_NOT_MERGED, **audit_outcome(err), **about)
        else:
            self._log.audit(Event.CARTS_MERGED, **about)

    def _ask(
        self,
        name: str,
        values: Mapping[str, str],
        credential: Credential,
        bearer: Secret[str],
        end: float,
        *,
        body: bytes | None = None,
    ) -> Reply:
        left = end - self._monotonic()
        if left < _LEAST_SECONDS:
            raise UpstreamTimeout(name, "no time is left")
        call, bearers = Call(values=values, body=body), {credential: bearer}
        return self._broker.call_with(CART_ROWS[name], call, bearers, at_most_seconds=left)


def _id_in(reply: Reply, name: str) -> str:
    id = reply.content.get("id")
    if not isinstance(id, str) or not re.fullmatch(CART_ID, id):
        raise UpstreamMalformed(name, "the answer names no cart")
    return id
