"""The example shop: it follows the session through tabs, endings and history, and loses nothing that was typed."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Playwright, ViewportSize, expect

from bff.sandbox.faults import Fault
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.endings import Ending, end_sessions
from bff.sessions.index import IndexKind
from tests.browser.test_accessibility import violations
from tests.support.alike import alike
from tests.support.browser.chromium import running_chromium
from tests.support.browser.storefront import COMPANIES, PASSWORD, Storefront
from tests.support.browser.visitor import NARROW, WIDE, Visitor, make_visitor
from tests.support.fakes.answers import empty

ON = {"BFF_EXAMPLE_SHOP": "on"}
SHOP = "/shop"
Scheme = Literal["light", "dark"]
IN_BOTH_SCHEMES = pytest.mark.parametrize("scheme", alike("light", "dark"))
SMALLEST = ViewportSize(width=320, height=640)


@pytest.fixture
def store(storefronts: Callable[..., Storefront]) -> Iterator[Storefront]:
    """The shop as in production: over https."""
    found = storefronts(True, ON)
    yield found
    found.sandbox.faults.clear()


@pytest.fixture
def visitor(chromium: Browser, store: Storefront) -> Iterator[Visitor]:
    one = make_visitor(chromium, store)
    yield one
    one.context.close()
    one.watch.check()


@pytest.fixture(scope="module")
def remembering_chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser that keeps whole pages in memory to go back to."""
    with running_chromium(playwright, without=["--disable-back-forward-cache"]) as browser:
        yield browser


def header(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("banner")


def button(visitor: Visitor, name: str, within: Locator | None = None) -> Locator:
    return (within or visitor.page).get_by_role("button", name=re.compile(rf"^{re.escape(name)}"))


def link(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("main").get_by_role("link", name=re.compile(rf"^{re.escape(name)}"))


def dialog(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("dialog", name=name)


def nav(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("navigation", name="Example shop").get_by_role("link", name=name).click()


def sign_in(visitor: Visitor, email: str, password: str = PASSWORD) -> None:
    """Fill the open dialog in, and send it."""
    within = dialog(visitor, "Sign in")
    visitor.fill("E-mail address", email, within)
    visitor.fill("Password", password, within)
    button(visitor, "Sign in", within).click()


def at(visitor: Visitor, email: str, view: str, heading: str) -> None:
    """Be signed in, and look at a view."""
    visitor.become(email)
    visitor.open(f"{SHOP}{view}")
    visitor.heading(heading)


def another_tab(visitor: Visitor) -> Visitor:
    return Visitor(store=visitor.store, context=visitor.context, page=visitor.context.new_page(), watch=visitor.watch)


def forgive(visitor: Visitor, status: int, path: str) -> None:
    """Drop what a browser says of an answer that a test has brought about, and only that."""
    visitor.watch.forgive(f"answer {status}: {visitor.store.url}{path}")
    visitor.watch.forgive(f"console error: Failed to load resource: the server responded with a status of {status}")


def change_elsewhere(visitor: Visitor, method: str, path: str, body: dict[str, object]) -> None:
    """Change something behind the page's back, with the same session."""
    session = visitor.context.request.get(f"{visitor.store.url}/api/session").json()
    answer = visitor.context.request.fetch(
        f"{visitor.store.url}{path}", method=method, headers={"X-CSRF-Token": session["csrfToken"]}, data=body
    )
    assert answer.ok, answer.text()


def end_everywhere(store: Storefront, email: str) -> None:
    """End a customer's sessions, as an operator does."""
    assert end_sessions(store.services.sessions, IndexKind.EMAIL, email, Ending.OPERATOR)


# --- There or not ---


@pytest.mark.more
def test_without_the_setting_there_is_no_such_page(chromium: Browser, storefronts: Callable[..., Storefront]) -> None:
    visitor = make_visitor(chromium, storefronts(False))
    assert visitor.open(SHOP).status == 404
    visitor.heading("This page cannot be found")
    visitor.context.close()
    visitor.watch.check()


def test_where_no_script_runs_it_leads_to_the_account(chromium: Browser, store: Storefront) -> None:
    visitor = make_visitor(chromium, store, scripts=False)
    visitor.open(SHOP)
    visitor.says("This shop needs JavaScript.")
    assert visitor.cookies() == {}
    visitor.follow("Go to your account")
    visitor.is_at("/login")
    visitor.context.close()
    visitor.watch.check()


@pytest.mark.more
def test_signing_in_on_the_page_leads_back_to_the_shop(visitor: Visitor, store: Storefront) -> None:
    visitor.open(f"/login?next={SHOP}")
    visitor.send_sign_in(store.customer())
    visitor.is_at(SHOP)
    visitor.heading("Hello, Jane")


# --- Signing in and out ---


def test_a_wrong_password_is_told_in_the_dialog_and_the_right_one_signs_in(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.open(SHOP)
    visitor.heading("Welcome")
    button(visitor, "Sign in", header(visitor)).click()
    within = dialog(visitor, "Sign in")
    expect(visitor.field("E-mail address", within)).to_be_focused()
    sign_in(visitor, email, "wrong")
    summary = within.get_by_role("alert")
    expect(summary).to_contain_text("Wrong e-mail address or password")
    expect(summary).to_be_focused()
    expect(visitor.field("E-mail address", within)).to_have_value(email)
    expect(visitor.field("Password", within)).to_have_value("")
    forgive(visitor, 401, "/api/login")
    visitor.fill("Password", PASSWORD, within)
    visitor.page.keyboard.press("Enter")
    expect(within).to_be_hidden()
    expect(header(visitor)).to_contain_text("Jane Doe")
    visitor.heading("Hello, Jane")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()
    expect(visitor.page.get_by_role("status").filter(has_text="You are signed in as Jane Doe.")).to_have_count(1)
    # Nothing of what was typed waits in the page.
    expect(visitor.page.locator("#sign-in [name=password]")).to_have_value("")
    expect(visitor.page.locator("#sign-in [name=email]")).to_have_value("")


@pytest.mark.more
def test_each_field_of_the_dialog_says_what_it_needs_and_nothing_is_sent(visitor: Visitor) -> None:
    sent: list[str] = []
    visitor.open(SHOP)
    button(visitor, "Sign in", header(visitor)).click()
    visitor.page.on("request", lambda request: sent.append(request.url))
    within = dialog(visitor, "Sign in")
    button(visitor, "Sign in", within).click()
    for label, message in (("E-mail address", "Enter your e-mail address"), ("Password", "Enter your password")):
        field = visitor.field(label, within)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(message))
        within.get_by_role("alert").get_by_role("link", name=message).click()
        expect(field).to_be_focused()
    assert sent == []
    expect(visitor.page).to_have_url(store_url(visitor))
    visitor.page.keyboard.press("Escape")
    expect(within).to_be_hidden()
    button(visitor, "Sign in", header(visitor)).click()
    expect(within.get_by_role("alert")).to_have_count(0)


def store_url(visitor: Visitor) -> str:
    return visitor.store.url + SHOP


@pytest.mark.more
def test_too_many_tries_are_told_with_the_time_to_come_back(
    chromium: Browser, storefronts: Callable[..., Storefront]
) -> None:
    limited = storefronts(False, {**ON, "BFF_RATE_LIMIT_LOGIN": "1/minute;9/minute;9/hour"})
    visitor = make_visitor(chromium, limited)
    email = limited.customer()
    visitor.open(SHOP)
    button(visitor, "Sign in", header(visitor)).click()
    sign_in(visitor, email, "wrong")
    alert = dialog(visitor, "Sign in").get_by_role("alert")
    expect(alert).to_contain_text("Wrong e-mail address or password")
    forgive(visitor, 401, "/api/login")
    sign_in(visitor, email)
    expect(alert).to_have_text(re.compile(r"Too many tries. You can try again at \d\d:\d\d"))
    forgive(visitor, 429, "/api/login")
    visitor.context.close()
    visitor.watch.check()


@pytest.mark.more
def test_ways_to_sign_in_at_the_provider_lead_back_to_the_shop(
    chromium: Browser, storefronts: Callable[..., Storefront]
) -> None:
    environment = {
        "AUTH0_ISSUER": "http://127.0.0.1:1/",
        "AUTH0_CLIENT_ID": "x",
        "AUTH0_CONNECTIONS": "google-oauth2=Google",
    }
    visitor = make_visitor(chromium, storefronts(False, {**ON, **environment}))
    visitor.open(SHOP)
    button(visitor, "Sign in", header(visitor)).click()
    way = dialog(visitor, "Sign in").get_by_role("link", name="Continue with Google")
    expect(way).to_have_attribute("href", "/login/social/google-oauth2?next=%2Fshop")
    visitor.context.close()
    visitor.watch.check()


def test_signing_out_shows_a_guests_page(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#profile", "Your profile")
    button(visitor, "Sign out", header(visitor)).click()
    visitor.heading("This is for customers who are signed in")
    visitor.reads_success("You have signed out.")
    expect(button(visitor, "Sign in", header(visitor))).to_be_visible()
    expect(visitor.page.locator("body")).not_to_contain_text("Jane")


@pytest.mark.more
def test_a_password_that_the_shop_has_set_is_to_be_changed(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(initial_password=True), "", "Hello, Jane")
    visitor.says("Your password was set by the shop.")
    visitor.follow("Change the password")
    visitor.is_at("/account/password")


# --- Tabs ---


def test_what_one_tab_does_with_the_session_the_other_shows(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(companies=True)
    other = another_tab(visitor)
    for tab in (visitor, other):
        tab.open(SHOP)
        tab.heading("Welcome")
    # A tab behind another one paints once a second, and each click waits for that.
    visitor.page.bring_to_front()
    button(visitor, "Sign in", header(visitor)).click()
    sign_in(visitor, email)
    for tab in (visitor, other):
        tab.heading("Hello, Jane")
        expect(header(tab)).to_contain_text("Jane Doe")
    nav(visitor, "Company")
    visitor.heading("Choose a company")
    visitor.field(COMPANIES[1].name).check()
    button(visitor, "Save").click()
    visitor.reads_success("You now act for another company.")
    for tab in (visitor, other):
        expect(header(tab)).to_contain_text(COMPANIES[1].name)
    other.says(f"You act for {COMPANIES[1].name}.")
    button(other, "Sign out", header(other)).click()
    other.reads_success("You have signed out.")
    visitor.heading("You've been signed out")
    expect(visitor.page.get_by_text("What you had entered is kept")).to_be_hidden()
    expect(visitor.page.locator("body")).not_to_contain_text("Jane")


def test_another_person_who_signs_in_sees_nothing_of_what_was_typed(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#change-profile", "Change your details")
    visitor.fill("Company name", "Secret Trading")
    end_everywhere(store, visitor_email(visitor))
    button(visitor, "Save").click()
    visitor.heading("You've been signed out")
    forgive(visitor, 401, "/api/me")
    expect(visitor.page.get_by_text("What you had entered is kept")).to_be_visible()
    button(visitor, "Sign in again").click()
    sign_in(visitor, store.customer())
    visitor.heading("Change your details")
    expect(visitor.field("Company name")).to_have_value("")
    expect(visitor.page.get_by_text("Not saved yet")).to_have_count(0)


def visitor_email(visitor: Visitor) -> str:
    session = visitor.context.request.get(f"{visitor.store.url}/api/session?extend=false").json()
    return str(session["customer"]["email"])


# --- Endings ---


def test_a_session_that_was_ended_elsewhere_keeps_what_was_typed(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    at(visitor, email, "#change-profile", "Change your details")
    visitor.fill("First name", "Janet")
    end_everywhere(store, email)
    button(visitor, "Save").click()
    visitor.heading("You've been signed out")
    forgive(visitor, 401, "/api/me")
    visitor.says("You were signed out from another device, by the shop, or to protect your account.")
    expect(visitor.page.get_by_text("What you had entered is kept while this page is open.")).to_be_visible()
    expect(visitor.page.locator("body")).not_to_contain_text("Doe")
    button(visitor, "Sign in again").click()
    sign_in(visitor, email)
    visitor.heading("Change your details")
    expect(visitor.page.get_by_role("status").filter(has_text="Not saved yet")).to_be_visible()
    expect(visitor.field("First name")).to_have_value("Janet")
    button(visitor, "Save").click()
    visitor.reads_success("Your profile has been saved.")
    assert store.stored(email).document["firstName"] == "Janet"
    expect(header(visitor)).to_contain_text("Janet Doe")


@pytest.mark.more
def test_another_device_ends_this_one_and_the_tab_says_so_when_it_is_looked_at(
    visitor: Visitor, store: Storefront, chromium: Browser
) -> None:
    email = store.customer()
    at(visitor, email, "#addresses", "Your addresses")
    device = make_visitor(chromium, store)
    device.become(email)
    change_elsewhere(device, "DELETE", "/api/sessions", {})
    device.context.close()
    look_again(visitor)
    visitor.heading("You've been signed out")
    visitor.says("You were signed out from another device")
    expect(visitor.page.locator("body")).not_to_contain_text("Rynek")


@pytest.mark.more
def test_a_session_that_has_idled_says_so_when_the_page_is_opened(visitor: Visitor, store: Storefront) -> None:
    visitor.become(store.customer())
    cookie = visitor.cookie
    store.lose_session(cookie)
    store.redis.set(f"bff:{{{SessionCookie(value=Secret(cookie)).sid}}}:ended", "idle", ex=60)
    visitor.open(SHOP)
    visitor.heading("You've been signed out")
    visitor.says("This happens when you've been away for a while.")


def let_end_in(store: Storefront, cookie: str, seconds: int) -> None:
    """Let a session idle until so many seconds before its end; why it ends is kept for longer."""
    sid = SessionCookie(value=Secret(cookie)).sid.encode()
    keys = [key for key in store.redis.scan_iter() if sid in key and not key.endswith(b":ended")]
    assert keys, "Redis keeps nothing of this session"
    for key in keys:
        store.redis.expire(key, seconds)


def look_again(visitor: Visitor) -> None:
    """Let the tab believe that somebody has come back to it."""
    visitor.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_somebody_who_is_still_there_stays_signed_in(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#profile", "Your profile")
    asked = dialog(visitor, "Are you still there?")
    expect(asked).to_be_hidden()
    let_end_in(store, visitor.cookie, 100)
    look_again(visitor)
    expect(asked).to_contain_text(re.compile(r"You will be signed out at \d\d:\d\d"))
    expect(button(visitor, "Stay signed in", asked)).to_be_focused()
    button(visitor, "Stay signed in", asked).click()
    expect(asked).to_be_hidden()
    visitor.heading("Your profile")
    left = visitor.context.request.get(f"{store.url}/api/session?extend=false").json()["expiresIn"]
    assert left > 1000
    let_end_in(store, visitor.cookie, 100)
    look_again(visitor)
    button(visitor, "Sign out", asked).click()
    visitor.reads_success("You have signed out.")
    expect(asked).to_be_hidden()


@pytest.mark.more
def test_nobody_there_is_signed_out_and_the_tab_says_why_by_itself(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#change-profile", "Change your details")
    visitor.fill("First name", "Janet")
    let_end_in(store, visitor.cookie, 3)
    look_again(visitor)
    visitor.heading("You've been signed out")
    visitor.says("This happens when you've been away for a while.")
    expect(dialog(visitor, "Are you still there?")).to_be_hidden()
    expect(visitor.page.get_by_text("What you had entered is kept")).to_be_visible()


@pytest.mark.more
def test_a_session_that_cannot_go_on_is_not_said_to(chromium: Browser, storefronts: Callable[..., Storefront]) -> None:
    store = storefronts(False, {**ON, "BFF_SESSION_IDLE": "100", "BFF_SESSION_LIFETIME": "100"})
    visitor = make_visitor(chromium, store)
    at(visitor, store.customer(), "", "Hello, Jane")
    asked = dialog(visitor, "Are you still there?")
    expect(asked).to_contain_text("save what you have entered before that")
    expect(button(visitor, "Stay signed in", asked)).to_be_hidden()
    button(visitor, "Continue", asked).click()
    expect(asked).to_be_hidden()
    visitor.context.close()
    visitor.watch.check()


# --- History ---


def test_back_and_forward_go_through_the_views_and_keep_what_was_typed(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#profile", "Your profile")
    link(visitor, "Change").click()
    visitor.heading("Change your details")
    visitor.fill("Phone", "0301234567")
    nav(visitor, "Addresses")
    visitor.heading("Your addresses")
    expect(visitor.page).to_have_title("Your addresses - Example shop")
    visitor.page.go_back()
    visitor.heading("Change your details")
    expect(visitor.field("Phone")).to_have_value("0301234567")
    visitor.page.go_back()
    visitor.heading("Your profile")
    visitor.page.go_forward()
    visitor.heading("Change your details")
    expect(visitor.field("Phone")).to_have_value("0301234567")
    link(visitor, "Cancel").click()
    visitor.heading("Your profile")
    link(visitor, "Change").click()
    expect(visitor.field("Phone")).to_have_value("")


@pytest.mark.more
def test_who_goes_elsewhere_while_it_is_saved_stays_there_and_is_told(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    at(visitor, email, "#change-profile", "Change your details")
    visitor.fill("Phone", "0301234567")
    answered = threading.Event()
    store.sandbox.faults.add("update_me", Fault(hold_after=answered), times=1)
    button(visitor, "Save").click()
    expect(button(visitor, "Saving…")).to_be_visible()
    nav(visitor, "Addresses")
    visitor.heading("Your addresses")
    answered.set()
    visitor.reads_success("Your profile has been saved.")
    visitor.heading("Your addresses")
    nav(visitor, "Profile")
    visitor.says("0301234567")
    link(visitor, "Change").click()
    expect(visitor.field("Phone")).to_have_value("0301234567")
    button(visitor, "Save").click()
    visitor.reads_success("Your profile has been saved.")


def test_going_back_to_the_shop_after_a_sign_out_shows_nothing_of_the_account(
    remembering_chromium: Browser, store: Storefront
) -> None:
    visitor = make_visitor(remembering_chromium, store)
    at(visitor, store.customer(), "#addresses", "Your addresses")
    visitor.says("Rynek")
    visitor.open("/account")
    visitor.press("Sign out")
    visitor.page.go_back(wait_until="commit")
    # What was the account is the sign-in page now; only then the shop's is asked for.
    visitor.is_at("/login")
    visitor.heading("Sign in")
    visitor.page.go_back(wait_until="commit")
    visitor.heading(re.compile("customers who are signed in|signed out"))
    expect(visitor.page.locator("body")).not_to_contain_text("Rynek")
    expect(visitor.page.locator("body")).not_to_contain_text("Jane")
    visitor.context.close()
    visitor.watch.check()


@pytest.mark.more
def test_a_page_out_of_the_browsers_memory_follows_the_session(
    remembering_chromium: Browser, store: Storefront
) -> None:
    visitor = make_visitor(remembering_chromium, store)
    at(visitor, store.customer(), "", "Hello, Jane")
    visitor.page.evaluate("document.body.title = 'kept'")
    visitor.open("/signup")
    visitor.page.go_back(wait_until="commit")
    visitor.heading("Hello, Jane")
    expect(visitor.page.locator("body")).to_be_visible()
    visitor.context.close()
    visitor.watch.check()


# --- Versions ---


def test_a_profile_that_was_changed_elsewhere_is_shown_and_nothing_typed_is_lost(
    visitor: Visitor, store: Storefront
) -> None:
    email = store.customer()
    at(visitor, email, "#change-profile", "Change your details")
    visitor.fill("First name", "Janet")
    visitor.fill("Last name", "Typed")
    change_elsewhere(visitor, "PATCH", "/api/me", {"lastName": "Elsewhere", "contactPhone": "0309876543"})
    button(visitor, "Save").click()
    conflict = visitor.page.get_by_role("alert").filter(has_text="This was changed meanwhile")
    expect(conflict).to_be_focused()
    forgive(visitor, 412, "/api/me")
    button(visitor, "Show what is there now", conflict).click()
    expect(visitor.field("Last name")).to_have_value("Typed")
    expect(visitor.field("Last name")).to_have_accessible_description("Elsewhere: Elsewhere")
    # What was not touched here follows.
    expect(visitor.field("Phone")).to_have_value("0309876543")
    expect(visitor.field("First name")).to_have_value("Janet")
    button(visitor, "Save").click()
    visitor.reads_success("Your profile has been saved.")
    stored = store.stored(email).document
    assert {name: stored[name] for name in ("firstName", "lastName", "contactPhone")} == {
        "firstName": "Janet",
        "lastName": "Typed",
        "contactPhone": "0309876543",
    }


@pytest.mark.more
def test_an_address_that_was_changed_elsewhere_is_shown_too(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    id = store.address_id(email, "Rynek")
    at(visitor, email, f"#address-{id}", "Edit an address")
    visitor.fill("Town or city", "Wieliczka")
    change_elsewhere(visitor, "PATCH", f"/api/me/addresses/{id}", {"city": "Skawina", "zipCode": "32-050"})
    button(visitor, "Save the address").click()
    button(visitor, "Show what is there now").click()
    forgive(visitor, 412, f"/api/me/addresses/{id}")
    expect(visitor.field("Town or city")).to_have_accessible_description("Elsewhere: Skawina")
    expect(visitor.field("Postal code")).to_have_value("32-050")
    button(visitor, "Save the address").click()
    visitor.reads_success("The address has been saved.")
    assert store.stored(email).addresses[id]["city"] == "Wieliczka"


@pytest.mark.more
def test_a_profile_says_what_it_needs(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    at(visitor, email, "#change-profile", "Change your details")
    visitor.fill("First name", "")
    visitor.fill("E-mail for messages", "")
    visitor.fill("Registration number", "1")
    button(visitor, "Save").click()
    summary = visitor.page.get_by_role("alert")
    expect(summary.get_by_role("link")).to_have_text(
        [
            "Enter your first name",
            "Enter an e-mail address for messages: it can be changed, not removed",
            "Enter the company's name too",
        ]
    )
    assert store.stored(email).document["firstName"] == "Jane"


# --- The address book ---


def test_addresses_are_added_changed_made_default_and_deleted(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(addresses=False)
    at(visitor, email, "#addresses", "Your addresses")
    visitor.says("You have no saved addresses.")
    link(visitor, "Add an address").click()
    visitor.heading("Add an address")
    button(visitor, "Save the address").click()
    expect(visitor.field("Full name")).to_have_accessible_description(re.compile("Enter the name of the person"))
    visitor.fill("Full name", "Jane Doe")
    visitor.fill("Street", "Rynek")
    visitor.fill("Town or city", "Krakow")
    visitor.field("Country").select_option("PL")
    visitor.field("Make this my default address").check()
    button(visitor, "Save the address").click()
    visitor.reads_success("The address has been added.")
    card = visitor.page.get_by_role("main").get_by_role("listitem").filter(has_text="Rynek")
    expect(card).to_contain_text("Poland")
    expect(card).to_contain_text("Default")
    (first,) = store.stored(email).addresses.values()
    assert (first["country"], first["tags"], first["isDefault"]) == ("PL", ["BILLING", "SHIPPING"], True)
    visitor.page.go_back()
    visitor.heading("Your addresses")
    store.sandbox.state.add_address(store.stored(email), {"contactName": "Jane Doe", "street": "Long Street"})
    visitor.page.reload()
    other = visitor.page.get_by_role("main").get_by_role("listitem").filter(has_text="Long Street")
    button(visitor, "Make default", other).click()
    visitor.reads_success("This is now your default address.")
    expect(button(visitor, "Make default", card)).to_be_visible()
    card.get_by_role("link", name=re.compile("^Edit")).click()
    visitor.heading("Edit an address")
    visitor.fill("House number", "7")
    button(visitor, "Save the address").click()
    visitor.reads_success("The address has been saved.")
    expect(card).to_contain_text("Rynek 7")
    button(visitor, "Delete", card).click()
    question = dialog(visitor, "Delete this address?")
    expect(question).to_contain_text("Jane Doe, Rynek 7, Krakow")
    expect(button(visitor, "Keep it", question)).to_be_focused()
    button(visitor, "Delete the address", question).click()
    visitor.reads_success("The address has been deleted.")
    expect(card).to_have_count(0)
    assert [one["street"] for one in store.stored(email).addresses.values()] == ["Long Street"]


@pytest.mark.more
def test_an_address_that_is_gone_is_said_to_be(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#address-none", "This address is no longer there")
    forgive(visitor, 404, "/api/me/addresses/none")
    link(visitor, "Your addresses").click()
    visitor.heading("Your addresses")


# --- In trouble ---


def test_while_emporix_is_away_nobody_is_signed_out_and_it_can_be_tried_again(
    visitor: Visitor, store: Storefront
) -> None:
    visitor.become(store.customer())
    store.sandbox.faults.add("get_me", Fault(answer=empty(503)))
    visitor.open(f"{SHOP}#profile")
    visitor.heading("Your account can't be shown right now")
    visitor.says("You have not been signed out.")
    expect(visitor.page.get_by_role("main").locator("code")).to_have_text(re.compile("[0-9a-f]{16}"))
    expect(button(visitor, "Sign out", header(visitor))).to_be_visible()
    store.sandbox.faults.clear()
    visitor.watch.complaints.clear()
    button(visitor, "Try again").click()
    visitor.heading("Your profile")


@pytest.mark.more
def test_what_cannot_be_saved_now_stays_in_the_form(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#change-profile", "Change your details")
    visitor.fill("Phone", "0301234567")
    store.sandbox.faults.add("update_me", Fault(answer=empty(503)), times=1)
    button(visitor, "Save").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("Nothing you entered is lost")
    expect(visitor.field("Phone")).to_have_value("0301234567")
    forgive(visitor, 503, "/api/me")
    button(visitor, "Save").click()
    visitor.reads_success("Your profile has been saved.")


# --- For everybody ---

VIEWS = {
    "": "Hello, Jane",
    "#profile": "Your profile",
    "#change-profile": "Change your details",
    "#addresses": "Your addresses",
    "#new-address": "Add an address",
    "#companies": "Choose a company",
}


def look_at(visitor: Visitor, name: str, scheme: Scheme) -> None:
    """See that axe finds nothing, and that nothing scrolls sideways."""
    visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visitor.page.set_viewport_size(NARROW if scheme == "dark" else WIDE)
    # The schemes differ in nothing but colours.
    found = violations(visitor.page, only="cat.color" if scheme == "dark" else None)
    assert found == [], name
    visitor.page.set_viewport_size(SMALLEST)
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    visitor.page.set_viewport_size(WIDE)


@IN_BOTH_SCHEMES
def test_every_view_is_accessible(visitor: Visitor, store: Storefront, scheme: Scheme) -> None:
    visitor.become(store.customer(companies=True))
    for view, heading in VIEWS.items():
        visitor.open("/healthz")
        visitor.open(SHOP + view)
        visitor.heading(heading)
        look_at(visitor, heading, scheme)


@IN_BOTH_SCHEMES
def test_dialogs_and_mistakes_are_accessible(visitor: Visitor, store: Storefront, scheme: Scheme) -> None:
    visitor.open(SHOP)
    visitor.heading("Welcome")
    look_at(visitor, "guest", scheme)
    button(visitor, "Sign in", header(visitor)).click()
    look_at(visitor, "sign-in dialog", scheme)
    button(visitor, "Sign in", dialog(visitor, "Sign in")).click()
    look_at(visitor, "mistakes in the dialog", scheme)
    sign_in(visitor, store.customer())
    visitor.heading("Hello, Jane")
    nav(visitor, "Addresses")
    button(visitor, "Delete", visitor.page.get_by_role("main").get_by_role("listitem").first).click()
    look_at(visitor, "question", scheme)


def test_the_keyboard_alone_signs_in_and_changes_the_profile(visitor: Visitor, store: Storefront) -> None:
    email, keys = store.customer(), visitor.page.keyboard
    visitor.open(SHOP)
    visitor.heading("Welcome")
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    tab_to(visitor, button(visitor, "Sign in", header(visitor)))
    keys.press("Enter")
    keys.type(email)
    tab_to(visitor, visitor.field("Password", dialog(visitor, "Sign in")))
    keys.type(PASSWORD)
    keys.press("Enter")
    visitor.heading("Hello, Jane")
    tab_to(visitor, visitor.page.get_by_role("main").get_by_role("link", name=re.compile("Open your profile")))
    keys.press("Enter")
    visitor.heading("Your profile")
    tab_to(visitor, link(visitor, "Change"))
    keys.press("Enter")
    visitor.heading("Change your details")
    tab_to(visitor, visitor.field("Phone"))
    keys.type("0301234567")
    keys.press("Enter")
    visitor.reads_success("Your profile has been saved.")
    assert store.stored(email).document["contactPhone"] == "0301234567"


def tab_to(visitor: Visitor, wanted: Locator) -> None:
    """Press the tabulator until the control has the focus, and see that it shows."""
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            assert wanted.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
            return
    raise AssertionError(f"the tabulator does not reach {wanted}")


@pytest.mark.more
def test_the_skip_link_leads_to_the_view_and_changes_none(visitor: Visitor, store: Storefront) -> None:
    at(visitor, store.customer(), "#profile", "Your profile")
    visitor.page.get_by_role("link", name="Skip to the main content").press("Enter")
    expect(visitor.page.get_by_role("main")).to_be_focused()
    visitor.heading("Your profile")


@pytest.mark.more
def test_it_speaks_german(chromium: Browser, store: Storefront) -> None:
    visitor = make_visitor(chromium, store, language="de-DE")
    visitor.open(SHOP)
    visitor.heading("Willkommen")
    button(visitor, "Anmelden", header(visitor)).click()
    within = dialog(visitor, "Anmelden")
    visitor.fill("E-Mail-Adresse", store.customer(), within)
    visitor.fill("Passwort", PASSWORD, within)
    button(visitor, "Anmelden", within).click()
    visitor.heading("Hallo, Jane")
    visitor.open("/healthz")
    visitor.open(f"{SHOP}#addresses")
    visitor.heading("Ihr Adressbuch")
    visitor.says("Deutschland")
    visitor.context.close()
    visitor.watch.check()


def test_what_came_from_the_server_is_put_in_as_text(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    markup = "<img src=x onerror=alert(1)>"
    store.stored(email).document["firstName"] = markup
    store.sandbox.state.add_address(store.stored(email), {"contactName": markup, "tags": [markup]})
    at(visitor, email, "#addresses", "Your addresses")
    visitor.says(markup)
    expect(header(visitor)).to_contain_text(markup)
    expect(visitor.page.locator("img")).to_have_count(0)


@pytest.mark.more
def test_tag_may_be_called_what_every_object_has(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    tags = ["constructor", "toString", "__proto__", "BILLING"]
    store.sandbox.state.add_address(store.stored(email), {"contactName": "Jane Doe", "tags": tags})
    at(visitor, email, "#addresses", "Your addresses")
    for word in ("constructor", "toString", "__proto__", "Billing"):
        expect(visitor.page.get_by_role("main").get_by_text(word, exact=True)).not_to_have_count(0)


@pytest.mark.more
def test_no_other_page_loads_anything_of_it(visitor: Visitor, store: Storefront) -> None:
    loaded: list[str] = []
    visitor.page.on("request", lambda request: loaded.append(request.url))
    visitor.become(store.customer())
    for path in ("/", "/login", "/account", "/account/addresses/new"):
        visitor.open(path)
    assert [url for url in loaded if re.search(r"/shop|/bff", url)] == []
    visitor.open(SHOP)
    visitor.heading("Hello, Jane")
    assert [url for url in loaded if "/static/shop" in url]
