"""Somebody at a browser, who finds things as people do: by the words on labels, buttons, links and headings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, ViewportSize, expect

from tests.support.browser.storefront import PASSWORD, Storefront
from tests.support.browser.watch import Watch

PATIENCE_SECONDS = 30.0
NARROW = ViewportSize(width=390, height=844)
WIDE = ViewportSize(width=1280, height=900)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """One visitor: a browser context, its tab, and what it complained about."""

    store: Storefront
    context: BrowserContext
    page: Page
    watch: Watch
    say: Callable[[str], str] = str
    """What a text of ours is in the visitor's language; tests read English."""

    def open(self, path: str) -> Response:
        """Go to a page of the shop, or to a link."""
        response = self.page.goto(path if "://" in path else self.store.url + path)
        assert response is not None
        return response

    def field(self, label: str, within: Locator | None = None) -> Locator:
        """Find a control by its label."""
        return (within or self.page).get_by_label(
            re.compile(rf"^\s*{re.escape(self.say(label))}(\s+{re.escape(self.say('(optional)'))})?\s*$")
        )

    def fill(self, label: str, text: str, within: Locator | None = None) -> None:
        self.field(label, within).fill(text)

    def press(self, name: str | re.Pattern[str]) -> Response:
        """Press a button and wait for the page that answers."""
        return self._leave(self._find(self.page.locator("body"), "button", name))

    def follow(self, name: str | re.Pattern[str]) -> Response:
        """Follow a link of the main part."""
        return self._leave(self._find(self.page.get_by_role("main"), "link", name))

    def follow_nav(self, name: str) -> Response:
        """Follow a link of the account's navigation."""
        nav = self.page.get_by_role("navigation", name=self.say("Your account"))
        return self._leave(self._find(nav, "link", name))

    def follow_security(self, name: str) -> Response:
        """Follow a link of the page on what signing in hangs on."""
        self.follow_nav("Security")
        return self._leave(self._find(self.page.locator("main"), "link", name))

    def become(self, email: str) -> None:
        """Be signed in, without a page: by the JSON routes, with this browser's cookies."""
        sign_in_unseen(self.context, self.store, email)

    def become_elsewhere(self, email: str, user_agent: str) -> None:
        """Be signed in with another browser too."""
        browser = self.context.browser
        assert browser is not None
        context = browser.new_context(user_agent=user_agent, ignore_https_errors=self.store.is_secure)
        sign_in_unseen(context, self.store, email)
        context.close()

    def sign_in(self, email: str) -> None:
        """Be signed in, and look at the account."""
        self.become(email)
        self.open("/account")

    def send_sign_in(self, email: str, password: str = PASSWORD) -> Response:
        """Fill in the sign-in form that is shown, and send it."""
        self.fill("E-mail address", email)
        self.fill("Password", password)
        return self.press("Sign in")

    def heading(self, text: str | re.Pattern[str]) -> None:
        """Expect the page to be headed like that."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(
            self.say(text) if isinstance(text, str) else text
        )

    def says(self, text: str | re.Pattern[str]) -> None:
        """Expect words in the main part."""
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def is_told_success(self, text: str) -> None:
        """Expect a banner of success, announced as an error is."""
        self.reads_success(text)
        expect(self.page).to_have_title(re.compile("^Done: "))
        expect(self.page.locator(".banner").first).to_be_focused()

    def reads_success(self, text: str) -> None:
        """Expect a banner of success on a page that announces it in another way."""
        banner = self.page.get_by_role("status").filter(has=self.page.get_by_role("heading", name="Success"))
        expect(banner).to_contain_text(text)

    def is_at(self, path: str) -> None:
        """Expect the address bar to show a path, whatever the query."""
        expect(self.page).to_have_url(re.compile(rf"^{re.escape(self.store.url + path)}(\?.*)?$"))

    def is_told_problem(self, *messages: str) -> None:
        """Expect an error summary that leads to the fields in question, each with the same words beside it."""
        summary = self.page.get_by_role("alert").filter(has=self.page.get_by_role("heading", name="There is a problem"))
        expect(summary).to_be_visible()
        expect(self.page).to_have_title(re.compile("^Error: "))
        for message in messages:
            link = summary.get_by_role("link", name=message, exact=True)
            field = self.page.locator(link.get_attribute("href") or "#nothing")
            expect(field).to_have_attribute("aria-invalid", "true")
            expect(field).to_have_accessible_description(re.compile(re.escape(message)))

    @property
    def cookie(self) -> str:
        """The session cookie's value."""
        return self.cookies()[self.store.cookie]

    def cookies(self) -> dict[str, str]:
        """Return every cookie of the shop."""
        return {one["name"]: one["value"] for one in self.context.cookies(self.store.url)}

    def _find(self, within: Locator, role: Literal["button", "link"], name: str | re.Pattern[str]) -> Locator:
        if isinstance(name, str):
            return within.get_by_role(role, name=self.say(name), exact=True)
        return within.get_by_role(role, name=name)

    def _leave(self, control: Locator) -> Response:
        # A redirect is a navigation request too: the answer that counts is the one that is a page.
        with self.page.expect_response(
            lambda response: response.request.is_navigation_request() and not 300 <= response.status < 400
        ) as answer:
            control.click()
        response = answer.value
        response.finished()
        self.page.wait_for_load_state("load")
        return response


def sign_in_unseen(context: BrowserContext, store: Storefront, email: str) -> None:
    """Sign a browser in without a page, by the JSON routes."""
    session = context.request.get(f"{store.url}/api/session").json()
    answer = context.request.post(
        f"{store.url}/api/login",
        headers={"X-CSRF-Token": session["csrfToken"]},
        data={"email": email, "password": PASSWORD},
    )
    assert answer.ok, answer.text()


NewVisitor = Callable[..., Visitor]
"""Makes a visitor; what it takes is said at the fixture of the same name."""


def make_visitor(
    browser: Browser,
    store: Storefront,
    *,
    scripts: bool = True,
    viewport: ViewportSize = WIDE,
    language: str = "en-GB",
    dark: bool = False,
    user_agent: str | None = None,
    say: Callable[[str], str] = str,
) -> Visitor:
    """Return a visitor who has never been here; whoever calls closes the context."""
    context = browser.new_context(
        java_script_enabled=scripts,
        ignore_https_errors=store.is_secure,
        viewport=viewport,
        locale=language,
        color_scheme="dark" if dark else "light",
        user_agent=user_agent,
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    watch = Watch(context, store.url, {store.sandbox_url}, scripts=scripts)
    return Visitor(store=store, context=context, page=context.new_page(), watch=watch, say=say)
