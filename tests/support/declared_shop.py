"""A shop with declared rows made by hand, in front of an upstream that believes everything and writes it down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from bff.config.settings import Settings
from bff.factory import Bff, create_app
from bff.operations.declared import BodyKind, Declared, FreeBody
from bff.operations.model import Credential, Operation, Parameter, Place, ResponseShape, Supplier
from bff.operations.table import OPERATIONS
from bff.wiring import Services, build_services
from tests.support.fakes.clock import FakeClock
from tests.support.journeys.recording_upstream import Arrived, Canned, RecordingUpstream
from tests.support.shop import Browser, ShopMaker

VISITOR: Final = (Credential.CUSTOMER, Credential.ANONYMOUS)
CUSTOMER: Final = (Credential.CUSTOMER,)
GUEST: Final = (Credential.ANONYMOUS,)
ID: Final = "[A-Za-z0-9_-]{1,64}"
SAAS: Final = "upstream-login-saas"
"""What the recording upstream gives at a sign-in."""
TENANT: Final = Parameter(name="tenant", place=Place.PATH, pattern="[a-z][a-z0-9]+")


def of_query(name: str, pattern: str = ".{1,200}", **more: Any) -> Parameter:
    """Return a parameter that the browser may give."""
    more = {"required": False, **more}
    return Parameter(name=name, place=Place.QUERY, pattern=pattern, supplier=Supplier.CLIENT, **more)


def of_path(name: str) -> Parameter:
    """Return a part of the path."""
    return Parameter(name=name, place=Place.PATH, pattern=ID, supplier=Supplier.CLIENT)


def row(name: str, method: str, path: str, *parameters: Parameter, **more: Any) -> Operation:
    """Return a declared row; by default a visitor's, which answers an object."""
    usual: dict[str, Any] = {
        "accepts": VISITOR,
        "answer": ResponseShape.OBJECT,
        "summary": "Do what a test asks for",
        "contract_id": name,
        "declared": Declared(set_name=None),
        "only_asks": method == "GET",
        "repeatable": method == "GET",
        "hidden": frozenset({"sessionId"}),
    }
    return Operation(name=name, method=method, path=path, parameters=(TENANT, *parameters), **{**usual, **more})


def free(kind: BodyKind = BodyKind.OBJECT, **more: Any) -> FreeBody:
    """Return what a row says of its body."""
    return FreeBody(kind=kind, **more)


@dataclass(frozen=True, kw_only=True)
class DeclaredShop:
    """The shop, and what it calls."""

    app: Bff
    services: Services
    upstream: RecordingUpstream

    def browser(self) -> Browser:
        """Return a guest who has a session, and forget how it came to be."""
        browser = self.stranger()
        browser.session()
        self.upstream.start_over()
        return browser

    def stranger(self) -> Browser:
        """Return a visitor who has never been here."""
        settings = self.services.settings
        return Browser(self.app.test_client(), base_url=settings.serving.public_url, cookie_name=settings.cookie.name)

    def signed_in(self) -> Browser:
        """Return a customer, and forget how they came to be one."""
        browser = self.stranger()
        browser.sign_in()
        self.upstream.start_over()
        return browser

    def answers(self, method: str, path: str, *answers: Canned) -> None:
        """Have upstream answer so."""
        self.upstream.give(*answers, method=method, path=path)

    def arrived(self, path: str) -> list[Arrived]:
        """Return what came for a path of upstream's."""
        return [one for one in self.upstream.arrived if one.path == path]


@contextmanager
def declared_shop(
    make_shop: ShopMaker, *rows: Operation, clock: FakeClock | None = None, **environment: str
) -> Iterator[DeclaredShop]:
    """Run a shop with these rows beside the contract's."""
    operations: Mapping[str, Operation] = {**OPERATIONS, **{one.name: one for one in rows}}
    with RecordingUpstream() as upstream:
        settings = Settings.from_env(
            make_shop.environment(upstream.url, **{"BFF_RATE_LIMIT_GUEST": "off", **environment})
        )
        services = build_services(
            settings, operations=operations, now=clock or time.time, monotonic=clock or time.monotonic
        )
        yield DeclaredShop(app=create_app(settings, services), services=services, upstream=upstream)
        services.redis.close()
