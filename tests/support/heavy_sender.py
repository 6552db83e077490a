"""Sends the heaviest requests to a shop without limits, whose upstream refuses every change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import add_demo_customers
from bff.sandbox.faults import Fault
from bff.sandbox.operations import Operation
from bff.web.pages import addresses, deletion, devices, email, logins, passwords, profile, sign_in, sign_up
from tests.support.heavy import REFUSED, Heavy, heavy_requests
from tests.support.shop import Browser, Shop, ShopMaker

_PAGES = (sign_in, sign_up, passwords, profile, addresses, email, logins, devices, deletion)
_UNLIMITED: dict[str, Any] = {f"BFF_RATE_LIMIT_{name}": "off" for name in ("LOGIN", "MAIL", "GUEST", "API")}
_GO_ON = frozenset({Operation.ANONYMOUS_LOGIN, Operation.GET_ME, Operation.GET_ADDRESS, Operation.LIST_ADDRESSES})


@contextmanager
def heavy_shop(redis_server: EmbeddedRedis) -> Iterator[Shop]:
    """Run the shop on an empty Redis."""
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        client.flushall()
        yield maker(**_UNLIMITED)


class Sender:
    """A customer, or a guest, who signs in anew where a request has ended the session."""

    def __init__(self, shop: Shop, *, signed_in: bool, refused: bool = True) -> None:
        self._shop = shop
        self._signed_in = signed_in
        self._refused = refused
        self._browser: Browser | None = None
        self._cookie: str | None = None

    def requests(self) -> Iterator[Heavy]:
        """Give every heavy request to every route."""
        return heavy_requests(self._shop.services.operations, form_fields(self._shop))

    def ready(self) -> None:
        """See that there is a session to send with."""
        if self._browser is not None and self._browser.cookie == self._cookie:
            return
        self._shop.sandbox.faults.clear()
        if self._signed_in:
            # What was sent may have changed the password.
            self._shop.sandbox.state.customers.clear()
            add_demo_customers(self._shop.sandbox.state, tenant=self._shop.settings.emporix.tenant)
        self._browser = self._shop.signed_in() if self._signed_in else self._shop.browser()
        self._browser.session()
        self._cookie = self._browser.cookie
        for operation in set(Operation) - _GO_ON if self._refused else ():
            self._shop.sandbox.faults.add(operation, Fault(answer=REFUSED))

    @property
    def browser(self) -> Browser:
        """Who sends; there once `ready` was called."""
        assert self._browser is not None
        return self._browser

    def sent(self, heavy: Heavy) -> int:
        """Send one request and return the status."""
        return heavy.sent_by(self.browser, self.browser.csrf or "")


def form_fields(shop: Shop) -> Callable[[str], tuple[str, ...]]:
    """Return what names the fields of the form behind a page's rule; none, where no form page is there."""
    pages = [page for module in _PAGES for page in module.make_pages(Blueprint("unused", __name__), shop.services)]
    with shop.app.test_request_context("/"):
        by_rule = {page.rule: tuple(field.name for field in page.form(formdata=None)) for page in pages}
    return lambda rule: by_rule.get(rule, ())
