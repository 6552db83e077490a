"""What a browser keeps: after the sign-out nothing of the account, of a mailed link no token, of a double click one
address.

Two browsers: one with the back/forward cache that people's browsers have and Playwright turns off, one without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Playwright, expect

from bff.sandbox.mails import Purpose
from tests.support.alike import alike
from tests.support.browser.chromium import running_chromium
from tests.support.browser.storefront import Storefront, token_of
from tests.support.browser.visitor import Visitor, make_visitor

SECRETS = ("Platz der Republik", "Rynek")
"""Words that only the account's own pages show."""


@pytest.fixture(scope="module")
def remembering_chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser that keeps whole pages in memory to go back to, as it does where nobody tests."""
    with running_chromium(playwright, without=["--disable-back-forward-cache"]) as browser:
        yield browser


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A browser and a shop."""

    scripts: bool
    remembers: bool
    secure: bool


SETUPS = {
    "scripts-bfcache-http": Setup(scripts=True, remembers=True, secure=False),
    "no-scripts-bfcache-https": Setup(scripts=False, remembers=True, secure=True),
    "scripts-https": Setup(scripts=True, remembers=False, secure=True),
    "no-scripts-http": Setup(scripts=False, remembers=False, secure=False),
}


@pytest.fixture(params=alike(*SETUPS))
def setup(request: pytest.FixtureRequest) -> Setup:
    return SETUPS[request.param]


@pytest.fixture
def store(setup: Setup, storefronts: Callable[[bool], Storefront]) -> Storefront:
    return storefronts(setup.secure)


@pytest.fixture
def visitor(chromium: Browser, remembering_chromium: Browser, store: Storefront, setup: Setup) -> Iterator[Visitor]:
    browser = remembering_chromium if setup.remembers else chromium
    one = make_visitor(browser, store, scripts=setup.scripts)
    yield one
    one.context.close()
    one.watch.check()


def back(visitor: Visitor) -> None:
    """Press the back button; where a page comes out of memory no load is reported, so none is waited for."""
    visitor.page.go_back(wait_until="commit")


def test_going_back_after_the_sign_out_shows_nothing_of_the_account(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/account/addresses")
    visitor.says(SECRETS[0])
    visitor.press("Sign out")
    visitor.says("You have signed out.")
    for _ in range(2):
        back(visitor)
        visitor.is_at("/login")
        visitor.heading("Sign in")
        for secret in (*SECRETS, email):
            expect(visitor.page.locator("body")).not_to_contain_text(secret)


def test_a_tab_that_was_left_open_shows_nothing_more_after_a_sign_out_elsewhere(
    visitor: Visitor, store: Storefront
) -> None:
    visitor.sign_in(store.customer())
    other = Visitor(store=store, context=visitor.context, page=visitor.context.new_page(), watch=visitor.watch)
    other.open("/account")
    other.press("Sign out")
    visitor.page.bring_to_front()
    visitor.follow_nav("Addresses")
    visitor.is_at("/login")
    visitor.heading("Sign in")
    expect(visitor.page.locator("body")).not_to_contain_text(SECRETS[0])


def test_a_form_sent_after_a_sign_out_elsewhere_changes_nothing(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.become(email)
    visitor.open("/account?change=name")
    visitor.fill("First name", "Janet")
    other = Visitor(store=store, context=visitor.context, page=visitor.context.new_page(), watch=visitor.watch)
    other.open("/account")
    other.press("Sign out")
    visitor.page.bring_to_front()
    visitor.press("Save")
    assert store.stored(email).document["firstName"] == "Jane"
    expect(visitor.page.locator("body")).not_to_contain_text(email)


def test_a_mailed_token_leaves_address_bar_and_history_where_scripts_run(
    visitor: Visitor, store: Storefront, setup: Setup
) -> None:
    email = store.customer()
    visitor.open("/password/forgot")
    visitor.fill("E-mail address", email)
    visitor.press("Send the link")
    link = store.mailed_link(Purpose.PASSWORD_RESET, email)
    visitor.open(link)
    visitor.heading("Set a new password")
    # Where no script runs nothing could take it out; the form works all the same.
    expect(visitor.page).to_have_url(store.url + "/password/reset" if setup.scripts else link)
    visitor.fill("New password", "Copper-Lantern-71")
    visitor.press("Set the password")
    visitor.says("Your new password is set.")
    expect(visitor.page).not_to_have_url(re.compile(token_of(link)))
    if setup.scripts:
        # Whether the page with the form is still in the history is up to the browser.
        back(visitor)
        visitor.heading(re.compile("password"))
        expect(visitor.page).not_to_have_url(re.compile(token_of(link)))


def test_pages_without_secrets_do_come_out_of_memory(
    remembering_chromium: Browser, storefronts: Callable[[bool], Storefront]
) -> None:
    visitor = make_visitor(remembering_chromium, storefronts(False))
    visitor.open("/login")
    visitor.page.evaluate("addEventListener('pageshow', (event) => { document.body.title = event.persisted; })")
    visitor.open("/signup")
    back(visitor)
    expect(visitor.page.locator("body")).to_have_attribute("title", "true")
    visitor.context.close()


def test_a_password_that_was_typed_does_not_come_back(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.open("/password/forgot")
    visitor.fill("E-mail address", email)
    visitor.press("Send the link")
    visitor.open(store.mailed_link(Purpose.PASSWORD_RESET, email))
    visitor.fill("New password", "Copper-Lantern-71")
    visitor.press("Set the password")
    visitor.says("Your new password is set.")
    back(visitor)
    for field in visitor.page.locator("input[type=password]").all():
        expect(field).to_have_value("")


def fill_in_address(visitor: Visitor) -> None:
    visitor.fill("Full name", "Jane Doe")
    visitor.fill("Street and house number", "1 Parliament Square")
    visitor.fill("Postal code", "SW1A 0AA")
    visitor.fill("Town or city", "London")


def test_a_page_that_is_sent_twice_adds_one_address(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(addresses=False)
    visitor.become(email)
    visitor.open("/account/addresses/new")
    fill_in_address(visitor)
    entries = visitor.page.evaluate("Object.fromEntries(new FormData(document.querySelector('main form')))")
    # Chromium itself swallows the second of two quick clicks; this is the one that it sends in other cases.
    first = visitor.context.request.post(visitor.page.url, form=entries)
    assert first.ok
    visitor.press("Save the address")
    visitor.is_at("/account/addresses")
    expect(visitor.page.get_by_role("heading", level=2, name="Jane Doe")).to_have_count(1)
    assert len(store.stored(email).addresses) == 1


def test_a_double_click_adds_one_address(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(addresses=False)
    visitor.become(email)
    visitor.open("/account/addresses/new")
    fill_in_address(visitor)
    visitor.page.get_by_role("button", name="Save the address").dblclick()
    # Looked at again and again, not waited for as a navigation: the second click may give up the first one's.
    expect(visitor.page).to_have_url(f"{store.url}/account/addresses")
    expect(visitor.page.get_by_role("heading", level=2, name="Jane Doe")).to_have_count(1)
    for given_up in ("/account/addresses/new", "/account/addresses"):
        visitor.watch.overlook(f"request failed: net::ERR_ABORTED {store.url}{given_up}")
    assert len(store.stored(email).addresses) == 1
