"""A tab in which a page of the shop has loaded `bff.js`, and what comes of its calls."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.support.browser.front import Front
from tests.support.browser.storefront import PASSWORD
from tests.support.browser.visitor import PATIENCE_SECONDS

_LOAD = """
async (options) => {
  window.module = await import("/static/bff.js");
  window.bff = window.module.createBff(options);
  window.heard = [];
  window.controllers = {};
}
"""
_CALL = """
async ([name, given, abortable]) => {
  const { BffError } = window.module;
  if (abortable) {
    const controller = (window.controllers[abortable] = new AbortController());
    given.push({ signal: controller.signal });
  }
  try {
    return { answer: (await window.bff[name](...given)) ?? null };
  } catch (error) {
    const { name, message, status, type, details, fields, requestId, retryAfter, ended } = error;
    const isOurs = error instanceof BffError && error instanceof Error;
    return { error: { isOurs, name, message, status, type, details, fields, requestId, retryAfter, ended } };
  }
}
"""
_LISTEN = """
() => {
  window.unsubscribe = window.bff.onSessionChange((session) => window.heard.push(session));
}
"""
_COMPLAIN = """
document.addEventListener("securitypolicyviolation", (event) => { throw new Error(event.violatedDirective); });
"""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One tab of one browser."""

    front: Front
    page: Page
    thrown: list[str]
    """What was thrown where nobody catches it, in this tab's whole context."""

    def load(self, path: str = "/login", **options: object) -> Tab:
        """Open a page and make a client."""
        self.page.goto(self.front.url + path)
        self.page.evaluate(_LOAD, options)
        return self

    def call(self, name: str, *given: object) -> Any:
        """Return what a method answers."""
        outcome = self.outcome(name, *given)
        assert "error" not in outcome, outcome["error"]
        return outcome["answer"]

    def refused(self, name: str, *given: object) -> dict[str, Any]:
        """Return the `BffError` that a method fails with."""
        outcome = self.outcome(name, *given)
        assert "error" in outcome, outcome
        error: dict[str, Any] = outcome["error"]
        assert (error["isOurs"], error["name"]) == (True, "BffError"), error
        return error

    def outcome(self, name: str, *given: object) -> dict[str, Any]:
        """Return either, whatever it is."""
        found: dict[str, Any] = self.page.evaluate(_CALL, [name, list(given), None])
        return found

    def begin(self, key: str, name: str, *given: object) -> None:
        """Make a call that can be given up, and do not wait for it."""
        self.page.evaluate(f"(given) => {{ window[given[2]] = ({_CALL})(given); }}", [name, list(given), key])

    def give_up(self, key: str) -> dict[str, Any]:
        """Give up such a call, and return what comes of it."""
        self.page.evaluate("(key) => window.controllers[key].abort()", key)
        return self.end(key)

    def end(self, key: str) -> dict[str, Any]:
        """Wait for such a call."""
        found: dict[str, Any] = self.page.evaluate("(key) => window[key]", key)
        return found

    def sign_in(self, email: str) -> Any:
        return self.call("login", {"email": email, "password": PASSWORD})

    def listen(self) -> None:
        """Follow the session, and wait for its first state."""
        self.page.evaluate(_LISTEN)
        self.hears("true")

    def hears(self, condition: str) -> dict[str, Any]:
        """Wait until the newest session that was told is so: an expression over `session`."""
        self.wait(f"heard.length > 0 && ((session) => {condition})(heard.at(-1))")
        return self.heard()[-1]

    def wait(self, condition: str) -> None:
        """Wait until an expression is true; Playwright's own way is one that the page's policy forbids."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.page.evaluate(f"() => Boolean({condition})"):
            assert time.monotonic() < deadline, condition
            time.sleep(0.02)

    def heard(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("window.heard")
        return found


def new_tab(context: BrowserContext, front: Front) -> Tab:
    """Open a tab; what it throws is kept."""
    context.add_init_script(_COMPLAIN)
    thrown: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: thrown.append(str(error)))
    return Tab(front=front, page=page, thrown=thrown)
