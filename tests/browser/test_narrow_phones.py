"""A narrow phone: long names and addresses stay inside, e-mails go on in another line only between words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.support.browser.storefront import Storefront
from tests.support.browser.visitor import Visitor, make_visitor

NARROWEST = ViewportSize(width=320, height=640)
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 2
EMAILS = ("jane.doe.mustermann@example.com", "maximiliane.mustermann@customer.service.example.com")
PAGES = (
    "/",
    "/account",
    "/account/addresses",
    "/account/security",
    "/account/email",
    "/account/sessions",
    "/account/company",
)

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 120))"""

LINES = """(email) => {
  const found = [];
  for (const holder of document.querySelectorAll("main dd, main strong")) {
    if (holder.textContent.trim() !== email) continue;
    const lines = new Map();
    const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let at = 0; at < node.length; at += 1) {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const { top, width } = range.getBoundingClientRect();
        if (width) lines.set(top, (lines.get(top) || "") + node.data[at]);
      }
    }
    found.push([...lines.values()]);
  }
  return found;
}"""
"""Each place that shows the e-mail, as the lines that it stands in."""


@pytest.fixture
def store(storefronts: Callable[[bool], Storefront]) -> Storefront:
    return storefronts(False)


@pytest.fixture
def visitor(chromium: Browser, store: Storefront) -> Iterator[Visitor]:
    one = make_visitor(chromium, store, viewport=NARROWEST)
    yield one
    one.context.close()
    one.watch.check()


def test_long_names_stay_inside(visitor: Visitor, store: Storefront) -> None:
    email = store.customer(companies=True)
    customer = store.stored(email)
    customer.document |= {"firstName": LONG, "lastName": LONG, "company": LONG, "contactPhone": "1" * 60}
    for address in customer.addresses.values():
        address |= {"contactName": LONG, "street": LONG, "city": LONG}
    visitor.become(email)
    for path in PAGES:
        visitor.open(path)
        assert visitor.page.evaluate(TOO_WIDE) == [], path


@pytest.mark.parametrize("email", EMAILS)
def test_an_e_mail_is_broken_after_its_at_and_dots_alone(visitor: Visitor, store: Storefront, email: str) -> None:
    sign_in = store.customer()
    store.stored(sign_in).document["contactEmail"] = email
    visitor.become(sign_in)
    visitor.open("/account")
    (lines,) = visitor.page.evaluate(LINES, email)
    assert "".join(lines) == email
    assert len(lines) > 1, "it would not have to be broken at all"
    assert all(line.endswith(("@", ".")) for line in lines[:-1]), lines


def test_main_buttons_are_as_wide_as_the_page(visitor: Visitor, store: Storefront) -> None:
    email = store.customer()
    visitor.become_elsewhere(email, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    visitor.become(email)
    for path, name in (
        ("/account/sessions", "Sign out everywhere else"),
        ("/account?change=name", "Save"),
        ("/account?change=name", "Cancel"),
        ("/account/addresses", "Add an address"),
        ("/account/email", "Send the link"),
    ):
        visitor.open(path)
        button = visitor.page.locator("button, .button").get_by_text(name, exact=True)
        whole = visitor.page.locator("main form, main .heading-row").filter(has=button).first.bounding_box()
        box = button.bounding_box()
        assert box is not None
        assert whole is not None
        assert box["width"] >= whole["width"] - 1, name


def test_signing_out_stays_in_sight_and_covers_no_link_of_the_strip(visitor: Visitor, store: Storefront) -> None:
    visitor.become(store.customer(companies=True))
    visitor.open("/account")
    nav = visitor.page.get_by_role("navigation", name="Your account")
    leave, strip = nav.get_by_role("button", name="Sign out"), nav.get_by_role("list")
    links = nav.get_by_role("link").all()
    assert len(links) == 5
    for link in links:
        link.focus()
        expect(link).to_be_in_viewport(ratio=0.2)
        expect(leave).to_be_in_viewport(ratio=1)
    ends, edge = strip.bounding_box(), leave.bounding_box()
    assert ends is not None
    assert edge is not None
    assert ends["x"] + ends["width"] <= edge["x"]


def test_strip_begins_at_the_page_that_is_open(visitor: Visitor, store: Storefront) -> None:
    visitor.become(store.customer(companies=True))
    visitor.open("/account/company")
    expect(visitor.page.locator(".account-nav a[aria-current]")).to_be_in_viewport(ratio=0.9)


def test_strip_shows_that_there_are_links_before_the_open_page(visitor: Visitor, store: Storefront) -> None:
    visitor.become(store.customer())
    visitor.open("/account")
    nav = visitor.page.get_by_role("navigation", name="Your account")
    expect(nav.get_by_role("link", name="Overview")).to_be_in_viewport(ratio=0.2)
    expect(nav.get_by_role("link", name="Profile")).to_be_in_viewport(ratio=0.9)
