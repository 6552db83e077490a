"""What a page costs over the wire: little at first, and after that nothing but its HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.support.alike import alike
from tests.support.browser.storefront import Storefront
from tests.support.browser.visitor import NARROW, Visitor, make_visitor

FIRST_VIEW_BYTES = 43_000
HTML_BYTES = 20_000
NEW_ICONS_BYTES = 2_000
SIGNED_OUT = ("/", "/login", "/signup", "/signup/resend", "/password/forgot", "/password/reset?token=t")
SIGNED_IN = (
    "/",
    "/account",
    "/account?change=name",
    "/account/addresses",
    "/account/addresses/new",
    "/account/email",
    "/account/password",
    "/account/security",
    "/account/company",
    "/account/sessions",
    "/account/delete",
)
_PAGES = [(path, False) for path in SIGNED_OUT] + [(path, True) for path in SIGNED_IN]
OFTEN = [
    ("/", False),
    ("/login", False),
    ("/signup", False),
    ("/", True),
    ("/account", True),
    ("/account/addresses/new", True),
]
"""Where a shopper begins, and the heaviest."""
OTHERS = {False: "/signup", True: "/account/addresses/new"}
"""What is looked at next, signed in or not."""


@dataclass(kw_only=True)
class Traffic:
    """What went over the wire, headers included."""

    bytes_by_url: dict[str, int] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)

    def attach(self, visitor: Visitor) -> CDPSession:
        wire = visitor.context.new_cdp_session(visitor.page)
        wire.on("Network.requestWillBeSent", self._asked)
        wire.on("Network.requestServedFromCache", lambda event: self.cached.add(event["requestId"]))
        wire.on("Network.responseReceived", self._answered)
        wire.on("Network.loadingFinished", self._finished)
        wire.send("Network.enable")
        return wire

    def _asked(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self.cached.add(event["requestId"])

    def _finished(self, event: dict[str, Any]) -> None:
        # What was on its way before anybody listened belongs to the page before.
        url = self.urls.get(event["requestId"])
        if url is not None and event["requestId"] not in self.cached:
            self.bytes_by_url[url] = int(event["encodedDataLength"])

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes_by_url.values())


@pytest.fixture
def store(storefronts: Callable[[bool], Storefront]) -> Storefront:
    return storefronts(False)


@pytest.fixture
def visitor(chromium: Browser, store: Storefront) -> Iterator[Visitor]:
    one = make_visitor(chromium, store, viewport=NARROW)
    yield one
    one.context.close()
    one.watch.check()


def weigh(visitor: Visitor, path: str, *, wait_for: Literal["load", "networkidle"] = "load") -> Traffic:
    traffic = Traffic()
    wire = traffic.attach(visitor)
    visitor.open(path)
    visitor.page.wait_for_load_state(wait_for)
    wire.detach()
    return traffic


@pytest.mark.parametrize(
    ("path", "signed_in"), alike(*OFTEN, *(one for one in _PAGES if one not in OFTEN), often=len(OFTEN))
)
def test_the_first_view_of_a_page_is_light_and_the_next_fetches_nothing_again(
    visitor: Visitor, store: Storefront, path: str, signed_in: bool
) -> None:
    if signed_in:
        visitor.become(store.customer(companies=True))
    # The icon is fetched after all else.
    first = weigh(visitor, path, wait_for="networkidle")
    assert len(first.bytes_by_url) > 2, "nothing was seen of style sheets and scripts"
    assert first.total_bytes <= FIRST_VIEW_BYTES, first.bytes_by_url
    again = weigh(visitor, path)
    assert list(again.bytes_by_url) == [store.url + path]
    assert again.total_bytes <= HTML_BYTES
    another = weigh(visitor, OTHERS[signed_in])
    assert not (set(another.bytes_by_url) & set(first.bytes_by_url)) - {store.url + path}
    assert another.total_bytes <= HTML_BYTES + NEW_ICONS_BYTES, another.bytes_by_url
