"""How to get to see a page in a certain state: what `views` is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from bff.sandbox.faults import Fault
from bff.sandbox.mails import Purpose
from bff.sandbox.state import AccountStatus
from tests.support.browser.storefront import PASSWORD, fresh_email
from tests.support.browser.visitor import Visitor
from tests.support.fakes.answers import empty
from tests.support.orders import ordered

Steps = Callable[[Visitor], object]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def at(path: str) -> Steps:
    return lambda visitor: visitor.open(path)


def sent(path: str, button: str) -> Steps:
    """Open a page and press its button with nothing filled in."""

    def steps(visitor: Visitor) -> None:
        visitor.open(path)
        visitor.press(button)

    return steps


def signed_in(then: Steps, **customer: Any) -> Steps:
    def steps(visitor: Visitor) -> None:
        visitor.become(visitor.store.customer(**customer))
        then(visitor)

    return steps


def wrong_password(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.send_sign_in("nobody@example.com", "wrong")


def sign_up(visitor: Visitor) -> None:
    visitor.open("/signup")
    visitor.fill("First name", "Jane")
    visitor.fill("Last name", "Doe")
    visitor.fill("E-mail address", fresh_email())
    visitor.fill("Create a password", PASSWORD)
    visitor.press("Create an account")


def unfolded_sign_up(visitor: Visitor) -> None:
    visitor.open("/signup")
    for summary in visitor.page.locator("details > summary").all():
        summary.click()


def strength(visitor: Visitor) -> None:
    visitor.open("/signup")
    visitor.fill("Create a password", "meadow walk")


def asked_for_mail(path: str, button: str) -> Steps:
    def steps(visitor: Visitor) -> None:
        visitor.open(path)
        visitor.fill("E-mail address", "jane.doe@example.com")
        visitor.press(button)

    return steps


def inactive(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.send_sign_in(visitor.store.customer(status=AccountStatus.AWAITS_OPTIN))


def dead_reset(visitor: Visitor) -> None:
    visitor.open("/password/reset?token=dead")
    visitor.fill("New password", PASSWORD)
    visitor.press("Set the password")


def ask_deletion(visitor: Visitor) -> None:
    visitor.open("/account/delete")
    visitor.field("I want to delete my account").check()
    visitor.press("Send me the link")


def deletion_signed_out(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.become(email)
    ask_deletion(visitor)
    visitor.press("Sign out")
    visitor.open(visitor.store.mailed_link(Purpose.ACCOUNT_DELETION, email))


def deletion_signed_in(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.become(email)
    ask_deletion(visitor)
    visitor.open(visitor.store.mailed_link(Purpose.ACCOUNT_DELETION, email))


def deletion_not_offered(visitor: Visitor) -> None:
    visitor.store.sandbox.faults.add("delete_me", Fault(answer=empty(404)), times=1)
    ask_deletion(visitor)


def of_address(page: str, button: str | None = None, **entries: str) -> Steps:
    def steps(visitor: Visitor) -> None:
        email = visitor.store.customer()
        visitor.become(email)
        visitor.open(f"/account/addresses/{visitor.store.address_id(email, 'Rynek')}{page}")
        for label, text in entries.items():
            visitor.fill(label.replace("_", " "), text)
        if button is not None:
            visitor.press(button)

    return steps


def changed_elsewhere(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.become(email)
    visitor.open("/account?change=name")
    visitor.fill("Last name", "Smith")
    customer = visitor.store.stored(email)
    customer.document |= {"lastName": "Roe", "metadata": {"mixins": {}, "version": 2}}
    visitor.press("Save")


def restored(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.become(email)
    visitor.open("/account/addresses/new")
    visitor.fill("Full name", "Jane Doe")
    visitor.store.lose_session(visitor.cookie)
    visitor.press("Save the address")
    visitor.send_sign_in(email)


def session_ended(visitor: Visitor) -> None:
    visitor.become(visitor.store.customer())
    visitor.store.lose_session(visitor.cookie)
    visitor.open("/account")


def signed_out(visitor: Visitor) -> None:
    visitor.open("/account")
    visitor.press("Sign out")


def once_more(visitor: Visitor) -> None:
    visitor.store.age_sign_in(visitor.cookie, 3600)
    visitor.open("/account/delete")


def away(visitor: Visitor) -> None:
    visitor.store.sandbox.faults.add("get_me", Fault(answer=empty(503)))
    visitor.open("/account")
    visitor.store.sandbox.faults.clear()


def saved(visitor: Visitor) -> None:
    visitor.open("/account?change=phone")
    visitor.fill("Phone", "+49 30 123456")
    visitor.press("Save")


def email_pending(visitor: Visitor) -> None:
    visitor.become(visitor.store.customer())
    visitor.open("/account/email")
    visitor.fill("New e-mail address", fresh_email())
    visitor.fill("Current password", PASSWORD)
    visitor.press("Send the link")
    visitor.open("/account")


def email_pending_again(visitor: Visitor) -> None:
    email_pending(visitor)
    visitor.follow(re.compile("^" + re.escape(visitor.say("Send again"))))


def password_changed(visitor: Visitor) -> None:
    email = visitor.store.customer()
    visitor.become_elsewhere(email, FIREFOX)
    visitor.become(email)
    visitor.open("/account/password")
    visitor.fill("Current password", PASSWORD)
    visitor.fill("New password", "Copper-Lantern-71")
    visitor.press("Change the password")


def several_devices(visitor: Visitor) -> None:
    email = visitor.store.customer()
    for user_agent in (FIREFOX, FIREFOX, "unheard of"):
        visitor.become_elsewhere(email, user_agent)
    visitor.become(email)
    visitor.open("/account/sessions")


def one_device_ended(visitor: Visitor) -> None:
    several_devices(visitor)
    visitor.press(re.compile(re.escape(visitor.say("Unknown browser"))))


def other_devices_ended(visitor: Visitor) -> None:
    several_devices(visitor)
    visitor.press("Sign out everywhere else")


def device_to_end(visitor: Visitor) -> None:
    several_devices(visitor)
    path = visitor.page.locator("form[action^='/account/sessions/'][action$='/end']").first.get_attribute("action")
    assert path is not None
    visitor.open(path)


def bounced(visitor: Visitor) -> None:
    # The page goes on by itself at once; where that is given up, it stays to be looked at.
    visitor.page.route("**/*onward=*", lambda route: route.abort("aborted"))
    with visitor.page.expect_event("requestfailed", lambda request: "onward=" in request.url):
        go_from_elsewhere(visitor, "/login")
    visitor.watch.forgive("request failed: net::ERR_ABORTED")


def led_to_social(visitor: Visitor) -> None:
    go_from_elsewhere(visitor, "/login/social/google-oauth2")
    visitor.page.wait_for_url("**/*onward=*")


def go_from_elsewhere(visitor: Visitor, path: str) -> None:
    """Follow a link that stands on another site."""
    visitor.open(visitor.store.sandbox_url + "/")
    with visitor.page.expect_navigation(url=visitor.store.url + path):
        visitor.page.evaluate("(url) => { location.href = url }", visitor.store.url + path)


def send_form(page: Page, target: str, size_bytes: int = 0) -> None:
    """Send a form that no page of the shop has."""
    with page.expect_navigation():
        page.evaluate(
            """([target, size]) => {
              const form = document.createElement("form");
              form.method = "post";
              form.action = target;
              const field = document.createElement("textarea");
              field.name = "filler";
              field.value = "x".repeat(size);
              form.append(field);
              document.body.append(form);
              form.submit();
            }""",
            [target, size_bytes],
        )


def posted(target: str, size_bytes: int = 0) -> Steps:
    def steps(visitor: Visitor) -> None:
        visitor.open("/login")
        send_form(visitor.page, visitor.store.url + target, size_bytes)

    return steps


def posted_from_elsewhere(visitor: Visitor) -> None:
    visitor.open(visitor.store.sandbox_url + "/")
    send_form(visitor.page, visitor.store.url + "/login")


def with_orders(path: str, *orders: dict[str, Any], **customer: Any) -> Steps:
    """Open a page as a customer who has ordered these."""

    def steps(visitor: Visitor) -> None:
        email = visitor.store.customer(**customer)
        ordered(visitor.store.sandbox, visitor.store.stored(email), *orders)
        visitor.become(email)
        visitor.open(path)

    return steps


def orders_away(visitor: Visitor) -> None:
    visitor.store.sandbox.faults.add("orders", Fault(answer=empty(503)))
    visitor.open("/")
    visitor.store.sandbox.faults.clear()
