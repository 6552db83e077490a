"""Accessibility of every page: axe-core finds nothing, nothing scrolls sideways, the keyboard reaches all of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.browser.storefront import Storefront
from tests.support.browser.views import VIEWS, View
from tests.support.browser.visitor import NARROW, WIDE, Visitor, make_visitor

_AXE = Path(__file__).parent / "axe" / "axe.min.js"
_SMALLEST: ViewportSize = {"width": 320, "height": 640}
Looks = tuple[tuple[Literal["light", "dark"], ViewportSize], ...]
LOOKS = pytest.mark.parametrize(
    "looks",
    [
        pytest.param((("light", WIDE), ("dark", NARROW)), id="light wide, dark narrow"),
        pytest.param((("light", NARROW), ("dark", WIDE)), id="light narrow, dark wide", marks=pytest.mark.more),
    ],
)
"""Each run sees every scheme and every width; tests/more sees the other pairs."""
SEEN_OFTEN = ("home-orders", "signup-unfolded", "plain-addresses")
"""Of shops that are set up otherwise; tests/more sees all."""


@functools.cache
def axe_source() -> str:
    return _AXE.read_text()


def violations(page: Page, *, only: str | None = None) -> list[str]:
    """Return what axe has to say against a page as it is shown now; `only` names a tag of its rules."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    wanted = {"resultTypes": ["violations"], **({} if only is None else {"runOnly": [only]})}
    found: dict[str, Any] = page.evaluate("(wanted) => axe.run(wanted)", wanted)
    return [
        f"{one['id']}: {one['help']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.fixture
def store(storefronts: Callable[[bool], Storefront]) -> Iterator[Storefront]:
    found = storefronts(False)
    yield found
    found.sandbox.faults.clear()


@pytest.fixture(scope="module")
def kept_visitor(chromium: Browser, storefronts: Callable[[bool], Storefront]) -> Iterator[Visitor]:
    """One browser context for all pages: a new one for each would take longer than axe does."""
    one = make_visitor(chromium, storefronts(False), viewport=WIDE)
    yield one
    one.context.close()


@pytest.fixture
def visitor(kept_visitor: Visitor, store: Storefront) -> Iterator[Visitor]:
    kept_visitor.context.clear_cookies()
    kept_visitor.page.set_viewport_size(WIDE)
    yield kept_visitor
    kept_visitor.watch.check()


@pytest.fixture
def visitor_without_scripts(chromium: Browser, store: Storefront) -> Iterator[Visitor]:
    one = make_visitor(chromium, store, scripts=False)
    yield one
    one.context.close()
    one.watch.check()


@LOOKS
@pytest.mark.parametrize(
    "view",
    # Neighbours are the same page in another state: each run of the tests sees one of four, tests/more all.
    [
        pytest.param(view, marks=() if number % 4 == 0 else pytest.mark.more, id=view.name)
        for number, view in enumerate(view for view in VIEWS if not view.environment)
    ],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visitor: Visitor, view: View, looks: Looks) -> None:
    look_at(visitor, view, looks)


@LOOKS
@pytest.mark.parametrize(
    "view",
    [
        pytest.param(view, marks=() if view.name in SEEN_OFTEN else pytest.mark.more)
        for view in VIEWS
        if view.environment
    ],
    ids=lambda view: view.name,
)
def test_shop_set_up_otherwise_is_as_accessible(
    chromium: Browser, storefronts: Callable[..., Storefront], view: View, looks: Looks
) -> None:
    visitor = make_visitor(chromium, storefronts(False, view.environment), viewport=WIDE)
    look_at(visitor, view, looks)
    visitor.context.close()
    visitor.watch.check()


def look_at(visitor: Visitor, view: View, looks: Looks) -> None:
    view.reach(visitor)
    visitor.heading(view.heading)
    found: dict[str, list[str]] = {}
    for scheme, viewport in looks:
        visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        visitor.page.set_viewport_size(viewport)
        # The schemes differ in nothing but colours.
        only = "cat.color" if scheme == "dark" else None
        found[f"{scheme}, {viewport['width']} px"] = violations(visitor.page, only=only)
    assert not any(found.values()), found
    visitor.page.set_viewport_size(_SMALLEST)
    too_wide = visitor.page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth)
          .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert too_wide == []


def test_axe_sees_what_is_wrong(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.page.evaluate("document.querySelector('label[for=email]').remove()")
    assert [text for text in violations(visitor.page) if text.startswith("label:")]


def test_focus_is_on_the_error_summary_without_scripts(visitor_without_scripts: Visitor) -> None:
    visitor = visitor_without_scripts
    visitor.open("/login")
    assert visitor.press("Sign in").status == 422
    expect(visitor.page.get_by_role("alert")).to_be_focused()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(visitor.field("E-mail address")).to_be_focused()


def test_the_skip_link_comes_first_and_leads_to_the_main_part(visitor: Visitor, store: Storefront) -> None:
    visitor.sign_in(store.customer())
    visitor.open("/account/addresses")
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Skip to the main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("main")).to_be_focused()
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.get_by_role("link", name="Add an address")).to_be_focused()


def test_the_keyboard_alone_signs_in_and_adds_an_address(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(addresses=False)
    visitor.open("/login")
    keys = visitor.page.keyboard
    reach(visitor, "E-mail address")
    keys.type(email)
    reach(visitor, "Password")
    keys.type("Amber-Meadow-52")
    keys.press("Enter")
    visitor.is_at("/account")
    visitor.open("/account/addresses/new")
    reach(visitor, "Country")
    keys.type("Germany")
    reach_button(visitor, "Change country")
    keys.press("Enter")
    for label, text in (
        ("Full name", "Jane Doe"),
        ("Street", "Münsterplatz 1"),
        ("Postal code", "89073"),
        ("Town or city", "Ulm"),
    ):
        reach(visitor, label)
        keys.type(text)
    reach(visitor, "For deliveries")
    keys.press("Space")
    reach_button(visitor, "Save the address")
    keys.press("Enter")
    visitor.is_told_success("The address has been added.")
    (stored,) = store.stored(email).addresses.values()
    assert {name: stored.get(name) for name in ("contactName", "country", "tags")} == {
        "contactName": "Jane Doe",
        "country": "DE",
        "tags": ["BILLING"],
    }


def reach(visitor: Visitor, label: str) -> None:
    """Press the tabulator until the control of that label has the focus."""
    tab_to(visitor, visitor.field(label).evaluate("(one) => one.id"))


def reach_button(visitor: Visitor, name: str) -> None:
    button = visitor.page.get_by_role("button", name=re.compile(name))
    button.evaluate("(one) => one.id ||= 'wanted-button'")
    tab_to(visitor, "wanted-button")


def tab_to(visitor: Visitor, element_id: str) -> None:
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.id") == element_id:
            return
    raise AssertionError(f"the tabulator does not reach #{element_id}")
