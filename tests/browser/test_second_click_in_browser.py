"""An impatient visitor presses a button twice, a sixth of a second apart, while the shop's service is slow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from bff.sandbox.faults import Fault
from bff.sandbox.mails import Purpose
from tests.support.browser.modes import Mode
from tests.support.browser.storefront import PASSWORD, Storefront, fresh_email
from tests.support.browser.visitor import Visitor

NEW_PASSWORD = "Copper-Lantern-71"
APART_MILLISECONDS = 150
SLOW_SECONDS = 1.2


def twice(store: Storefront, visitor: Visitor, name: str, *operations: str) -> None:
    """Press a button twice; upstream takes its time with what is asked of it, and with showing the page behind."""
    for operation in operations:
        store.sandbox.faults.add(operation, Fault(delay_after_seconds=SLOW_SECONDS), times=1)
    button = visitor.page.get_by_role("button", name=name, exact=True)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    posts: list[str] = []
    visitor.page.on("request", lambda request: posts.append(request.method) if request.method == "POST" else None)
    # By the mouse alone: a locator would wait for the page that the first click leads to.
    for _ in range(2):
        visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        visitor.page.wait_for_timeout(APART_MILLISECONDS)
    # On a busy machine the second click may come after the script has taken the button away, as it is meant to.
    assert len(posts) == 2 or (posts and visitor.watch.scripts), "the browser did not send it twice"


def overlook_what_was_given_up(store: Storefront, visitor: Visitor) -> None:
    """Drop that the second click gave up the first one's request, or the page behind it."""
    start = f"request failed: net::ERR_ABORTED {store.url}"
    visitor.watch.complaints[:] = [text for text in visitor.watch.complaints if not text.startswith(start)]


def password_change(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    email = store.customer()
    visitor.sign_in(email)
    visitor.open("/account/password")
    visitor.fill("Current password", PASSWORD)
    visitor.fill("New password", NEW_PASSWORD)
    twice(store, visitor, "Change the password", "change_password", "get_me")

    def is_told() -> None:
        visitor.is_at("/account")
        visitor.is_told_success("Your password has been changed.")

    return is_told


def reset(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    email = store.customer()
    visitor.open("/password/forgot")
    visitor.fill("E-mail address", email)
    visitor.press("Send the link")
    visitor.open(store.mailed_link(Purpose.PASSWORD_RESET, email))
    visitor.fill("New password", NEW_PASSWORD)
    twice(store, visitor, "Set the password", "reset_password")

    def is_told() -> None:
        visitor.is_at("/login")
        visitor.says("Your new password is set.")

    return is_told


def activation(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    email = fresh_email()
    visitor.open("/signup")
    visitor.fill("E-mail address", email)
    visitor.fill("Create a password", NEW_PASSWORD)
    visitor.fill("First name", "Jane")
    visitor.fill("Last name", "Doe")
    visitor.press("Create an account")
    visitor.open(store.mailed_link(Purpose.OPTIN, email))
    twice(store, visitor, "Activate your account", "signup_optin", "get_me")

    def is_told() -> None:
        visitor.is_at("/account")
        visitor.is_told_success("Your account is active.")

    return is_told


def confirmation(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    email, new = store.customer(), fresh_email()
    visitor.sign_in(email)
    visitor.open("/account/email")
    visitor.fill("New e-mail address", new)
    visitor.fill("Current password", PASSWORD)
    visitor.press("Send the link")
    visitor.open(store.mailed_link(Purpose.EMAIL_CHANGE, new))
    twice(store, visitor, "Confirm the address", "confirm_email", "get_me")

    def is_told() -> None:
        visitor.is_at("/account")
        visitor.is_told_success("Your new e-mail address is confirmed.")

    return is_told


def profile(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    visitor.become(store.customer())
    visitor.open("/account?change=company")
    visitor.fill("Company name", "Example Trading")
    twice(store, visitor, "Save", "update_me")

    def is_told() -> None:
        visitor.is_told_success("Your profile has been saved.")
        visitor.says("Example Trading")

    return is_told


def address(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    email = store.customer()
    visitor.become(email)
    visitor.open(f"/account/addresses/{store.address_id(email, 'Rynek')}")
    visitor.fill("Street", "Main Street")
    twice(store, visitor, "Save the address", "update_address")

    def is_told() -> None:
        visitor.is_at("/account/addresses")
        visitor.is_told_success("The address has been saved.")

    return is_told


def email_change(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    visitor.sign_in(store.customer())
    visitor.open("/account/email")
    visitor.fill("New e-mail address", new := fresh_email())
    visitor.fill("Current password", PASSWORD)
    twice(store, visitor, "Send the link", "change_email")

    def is_told() -> None:
        visitor.is_at("/account")
        visitor.is_told_success(f"We've sent a link to {new}.")
        with store.sandbox.state.lock:
            mails = [mail for mail in store.sandbox.mails.newest_first if mail.to == new]
        assert len(mails) == 1

    return is_told


def sign_in(store: Storefront, visitor: Visitor) -> Callable[[], None]:
    email = store.customer()
    visitor.open("/login")
    visitor.fill("E-mail address", email)
    visitor.fill("Password", PASSWORD)
    twice(store, visitor, "Sign in", "login", "get_me")

    def is_told() -> None:
        visitor.is_at("/account")
        visitor.heading("Your profile")
        expect(visitor.page.get_by_role("alert")).to_have_count(0)

    return is_told


OFTEN = (password_change, email_change)
"""What each run goes through; plain HTTP goes through all of them, and the others wait for tests/more here."""
SELDOM = (reset, activation, confirmation, profile, address, sign_in)
FORMS = [*OFTEN, *(pytest.param(form, marks=pytest.mark.more) for form in SELDOM)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_second_click_is_told_what_the_first_one_did(
    store: Storefront, visitor: Visitor, form: Callable[[Storefront, Visitor], Callable[[], None]]
) -> None:
    is_told = form(store, visitor)
    visitor.page.wait_for_load_state("load")
    is_told()
    overlook_what_was_given_up(store, visitor)


with_scripts = pytest.mark.parametrize("mode", [Mode.HTTP_WITH_SCRIPTS], indirect=True, ids=lambda mode: mode.value)


@with_scripts
@pytest.mark.parametrize(("language", "words"), [("en-GB", "Saving…"), ("de-DE", "Wird gespeichert …")])
def test_button_says_that_it_was_pressed_and_can_be_pressed_again_on_the_way_back(
    new_visitor: Callable[..., Visitor], language: str, words: str
) -> None:
    visitor = new_visitor(language=language)
    visitor.open("/login")
    # The browser stays where it is, as it does while the answer is under way; Playwright would not look then.
    visitor.page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    button = visitor.page.locator("main form button:not([type=button])")
    label = button.inner_text()
    button.click()
    expect(button).to_have_text(words)
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    progress = visitor.page.locator("[data-progress]")
    expect(progress).to_have_text(words)
    expect(progress).to_have_attribute("aria-live", "polite")
    visitor.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(button).to_have_text(label)
    expect(button).to_have_attribute("aria-disabled", "false")
    expect(progress).to_have_text("")


@with_scripts
def test_second_press_sends_nothing(store: Storefront, visitor: Visitor) -> None:
    visitor.become(store.customer())
    visitor.open("/account?change=phone")
    visitor.fill("Phone", "555")
    store.sandbox.faults.add("update_me", Fault(delay_after_seconds=SLOW_SECONDS), times=1)
    posts: list[str] = []
    visitor.page.on("request", lambda request: posts.append(request.method) if request.method == "POST" else None)
    button = visitor.page.get_by_role("button", name="Save", exact=True)
    button.scroll_into_view_if_needed()
    # Both in one go, so that the first one's answer cannot come between.
    with visitor.page.expect_navigation():
        button.evaluate("(button) => { button.click(); button.click(); }")
    visitor.is_told_success("Your profile has been saved.")
    assert posts == ["POST"]
