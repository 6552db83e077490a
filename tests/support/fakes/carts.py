"""A cart service in front of a shop's sandbox: it keeps carts, notes every call, and fails as it is told.

A guest's cart hangs on the session of their token, a customer's on the customer; who holds neither finds nothing there
(404), as with the real one. What is merged is closed, and not found any more.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from bff.account.cart_merge import CartMerge
from bff.config.settings import Settings
from bff.operations.declared import Declared
from bff.operations.model import Credential, Operation, Parameter, Place, ResponseShape, Supplier
from bff.sandbox.bearer import BearerKind
from bff.sandbox.factory import Sandbox
from bff.sandbox.mint import TokenKind
from bff.sandbox.wire import ConnectionCut
from bff.storefront.model import SignInRules, Storefront
from bff.wiring import Services, build_services
from tests.support.fakes.meddling_store import MeddlingStore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GUEST, CUSTOMER, MERGE = "guest's", "customer's", "merge"
STEPS = (GUEST, CUSTOMER, MERGE)
"""What a merge asks for, in this order."""
READ = "read"
"""A customer looks at their cart."""

Answer = tuple[int, Any]
Effect = Callable[[], Answer]
Failure = Callable[[Effect], Answer]
"""Answers in place of the service; it may let the call have its effect."""

UNHURRIED_SECONDS = 60.0
"""For a try: a machine that has other things to do must not make one fail."""
_LONGEST_SECONDS = 30.0


def answers(status: int, body: Any = None) -> Failure:
    """Answer without any effect."""
    return lambda effect: (status, {"status": status, "message": "No."} if body is None else body)


def hangs(until: threading.Event, *, after_effect: bool = False) -> Failure:
    """Answer only when the test is over, whether or not the call has had its effect."""

    def failure(effect: Effect) -> Answer:
        if after_effect:
            effect()
        until.wait(_LONGEST_SECONDS)
        raise ConnectionCut

    return failure


def cut(*, after_effect: bool = False) -> Failure:
    """Break the connection."""

    def failure(effect: Effect) -> Answer:
        if after_effect:
            effect()
        raise ConnectionCut

    return failure


def slowly(seconds: float) -> Failure:
    """Answer as ever, but later."""

    def failure(effect: Effect) -> Answer:
        time.sleep(seconds)
        return effect()

    return failure


@dataclass(kw_only=True)
class Cart:
    """One cart."""

    id: str
    site: str
    owner: str
    """The session of a guest, or a customer's id."""
    is_guests: bool
    items: list[str] = field(default_factory=list)
    is_open: bool = True

    def shown(self) -> dict[str, Any]:
        """Return the answer that shows it."""
        whose = {"sessionId": self.owner} if self.is_guests else {"customerId": self.owner}
        return {"id": self.id, "siteCode": self.site, **whose, "items": [{"id": item} for item in self.items]}


class Carts:
    """The service; it takes the paths below `/cart/` from a sandbox that runs already."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._rest: WSGIApplication = sandbox.app.wsgi_app
        sandbox.app.wsgi_app = self  # type: ignore[method-assign]  # Flask's documented place for a middleware
        self._lock = threading.Lock()
        self._failures: dict[str, list[Failure]] = {}
        self.before_call: Callable[[], None] = lambda: None
        self.all: dict[str, Cart] = {}
        self.asked: list[str] = []
        """The step of each call, in the order in which they came."""
        self.sent: list[tuple[str, str, Any]] = []
        """Verb, path with its query and body of each call."""
        self.bearers: list[str] = []

    def fail(self, step: str, *failures: Failure) -> None:
        """Plan how the next calls of a step go wrong."""
        self._failures.setdefault(step, []).extend(failures)

    def put(self, access: str, *items: str, site: str = "main") -> Cart:
        """Put items into the cart of whoever holds a token."""
        with self._lock:
            found = self._of(access, site) or self._new(access, site)
            found.items += items
            return found

    def put_for_newest_guest(self, *items: str) -> Cart:
        """Put items into the cart of the guest who has come last."""
        issued = (one.value for one in reversed(self._sandbox.issued) if one.kind is TokenKind.ANONYMOUS_ACCESS)
        return self.put(next(issued), *items)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call for carts; everything else is the sandbox's."""
        if not environ["PATH_INFO"].startswith("/cart/"):
            return self._rest(environ, start_response)
        return self._answered(environ, start_response)

    def _answered(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        # A generator: the server looks for a cut connection only while it reads the answer.
        body = environ["wsgi.input"].read()
        query = parse_qs(environ["QUERY_STRING"])
        access = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        _, is_guest = self._grant(access)
        if environ["REQUEST_METHOD"] == "POST":
            step = MERGE
        else:
            step = CUSTOMER if "create" in query else GUEST if is_guest else READ
        content = json.loads(body) if body else None
        with self._lock:
            self.asked.append(step)
            self.sent.append((environ["REQUEST_METHOD"], environ["RAW_URI"], content))
            self.bearers.append(access)
            planned = self._failures.get(step)
            failure = planned.pop(0) if planned else None

        def effect() -> Answer:
            with self._lock:
                if step == MERGE:
                    return self._merge(access, environ["PATH_INFO"], content)
                return self._shown(access, query["siteCode"][0], create=step == CUSTOMER)

        self.before_call()
        status, answer = effect() if failure is None else failure(effect)
        sent = b"" if answer is None else json.dumps(answer).encode()
        start_response(f"{status} -", [("Content-Type", "application/json"), ("Content-Length", str(len(sent)))])
        yield sent

    def _grant(self, access: str) -> tuple[str, bool]:
        grant = self._sandbox.tokens.admit(access, accepts=tuple(BearerKind), tenant="demoshop").grant
        is_guest = grant.kind is BearerKind.ANONYMOUS
        return grant.session_id if is_guest else grant.customer_id or "", is_guest

    def _of(self, access: str, site: str) -> Cart | None:
        owner, is_guest = self._grant(access)
        mine = (
            cart for cart in self.all.values() if (cart.owner, cart.is_guests, cart.site) == (owner, is_guest, site)
        )
        return next((cart for cart in mine if cart.is_open), None)

    def _new(self, access: str, site: str) -> Cart:
        owner, is_guest = self._grant(access)
        cart = Cart(id=f"cart-{len(self.all) + 1}", site=site, owner=owner, is_guests=is_guest)
        self.all[cart.id] = cart
        return cart

    def _shown(self, access: str, site: str, *, create: bool) -> Answer:
        found = self._of(access, site) or (self._new(access, site) if create else None)
        return (404, {"status": 404, "message": "No cart."}) if found is None else (200, found.shown())

    def _merge(self, access: str, path: str, content: Any) -> Answer:
        named = re.fullmatch(r"/cart/demoshop/carts/([^/]+)/merge", path)
        target = self.all.get(named[1]) if named else None
        sources = [self.all.get(id) for id in content["carts"]]
        owner, is_guest = self._grant(access)
        if target is None or is_guest or (target.owner, target.is_guests) != (owner, False):
            return 403, {"status": 403, "message": "Not this customer's cart."}
        for source in sources:
            if source is None or not source.is_open or not source.is_guests:
                return 404, {"status": 404, "message": "No cart."}
            target.items += source.items
            source.is_open = False
        return 200, None


CART_ROW = Operation(
    name="cart",
    contract_id="GET-cart-retrieve-cart-by-criteria",
    summary="Show the cart",
    method="GET",
    path="/cart/{tenant}/carts",
    accepts=(Credential.CUSTOMER, Credential.ANONYMOUS),
    parameters=(
        Parameter(name="tenant", place=Place.PATH, pattern=r"[a-z][a-z0-9]{2,15}"),
        Parameter(name="siteCode", place=Place.QUERY, pattern=r"[a-z]+", supplier=Supplier.CLIENT),
    ),
    answer=ResponseShape.OBJECT,
    repeatable=True,
    only_asks=True,
    hidden=frozenset({"sessionId"}),
    declared=Declared(set_name="cart"),
)
"""A call for a cart, as a shop declares it."""


def services_that_merge(settings: Settings, *, now: Callable[[], float] = time.time) -> Services:
    """Build services that merge carts at sign-in, on a `MeddlingStore`, with one call for a cart."""
    rules = SignInRules(merge_carts=True, site="main")
    storefront = Storefront(operations={CART_ROW.name: CART_ROW}, sign_in=rules)
    store = MeddlingStore(build_services(settings, now=now).store)
    services = build_services(settings, storefront=storefront, now=now, store=store)
    merging_of(services)._try_seconds = UNHURRIED_SECONDS
    return services


def merging_of(services: Services) -> CartMerge:
    """Return what merges carts there."""
    carts = services.login._carts
    assert carts is not None
    return carts
