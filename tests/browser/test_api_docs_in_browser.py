"""The page of the JSON routes in a real browser: read, found by its anchors, tried, with a token filled in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.alike import alike
from tests.support.browser.storefront import PASSWORD, Storefront
from tests.support.browser.visitor import NARROW, WIDE, NewVisitor, Visitor, make_visitor

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
NARROWEST = {"width": 320, "height": 640}
_VIOLATIONS = "async () => (await axe.run()).violations.map((one) => `${one.id}: ${one.nodes[0].html}`)"


@pytest.fixture
def store(storefronts: Callable[..., Storefront]) -> Storefront:
    return storefronts(False, {"BFF_API_DOCS": "on"})


@pytest.fixture
def new_visitor(chromium: Browser, store: Storefront) -> Iterator[NewVisitor]:
    visitors: list[Visitor] = []

    def make(**wishes: object) -> Visitor:
        visitors.append(make_visitor(chromium, store, **wishes))  # type: ignore[arg-type]  # as they are wished
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.watch.check()


def opened(page: Page, operation: str) -> Locator:
    """Open the trial of an operation."""
    trial = page.locator(f"article[aria-labelledby={operation}] .try")
    trial.locator("summary").click()
    return trial


def send(trial: Locator, status: int) -> str:
    """Send it, and return what came once it has that status."""
    trial.get_by_role("button", name="Send").click()
    expect(trial.get_by_role("status")).to_contain_text(f"{status} ")
    return trial.locator(".result").inner_text()


def token_in(trial: Locator) -> Locator:
    return trial.get_by_label("X-CSRF-Token")


def test_routes_are_tried_with_the_token_filled_in(new_visitor: NewVisitor, store: Storefront) -> None:
    visitor = new_visitor()
    page, email = visitor.page, store.customer()
    visitor.open("/api/docs")
    # Whoever only reads has no session.
    assert visitor.cookies() == {}
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="POST /login").click()
    expect(page.locator("#login")).to_be_in_viewport()
    trial = opened(page, "login")
    expect(token_in(trial)).not_to_have_value("")
    before = token_in(trial).input_value()
    trial.get_by_label("Body").fill(json.dumps({"email": email, "password": PASSWORD}))
    assert '"state": "authenticated"' in send(trial, 200)
    # The sign-in has brought a new token, and it stands in every form.
    expect(token_in(trial)).not_to_have_value(before)
    trial = opened(page, "updateMe")
    trial.get_by_label("Prefer").fill("return=representation")
    trial.get_by_label("Body").fill('{"firstName": "Joan"}')
    told = send(trial, 200)
    assert '"firstName": "Joan"' in told
    assert "Preference-Applied: return=representation" in told
    trial = opened(page, "addTags")
    trial.get_by_label("addressId").fill(store.address_id(email, "Rynek"))
    trial.get_by_label("tags").fill("BILLING,x/y&z")
    send(trial, 204)
    expect(trial.locator(".result")).to_contain_text("The answer has no body.")
    assert "x/y&z" in str(store.stored(email).addresses[store.address_id(email, "Rynek")]["tags"])


def test_stale_token_is_renewed_and_bad_json_is_not_sent(new_visitor: NewVisitor, store: Storefront) -> None:
    visitor = new_visitor()
    visitor.open("/api/docs")
    trial = opened(visitor.page, "login")
    expect(token_in(trial)).not_to_have_value("")
    token_in(trial).fill("stale")
    told = send(trial, 403)
    assert '"type": "csrf_failed"' in told
    expect(trial.get_by_role("status")).to_contain_text("There is a new one now")
    expect(token_in(trial)).not_to_have_value("stale")
    trial.get_by_label("Body").fill('{"email": ')
    trial.get_by_role("button", name="Send").click()
    expect(trial.get_by_role("status")).to_have_text("The body is no JSON, and was not sent.")
    # The browser notes that an answer was 403, as it should be.
    assert [text for text in visitor.watch.complaints if "403" not in text] == []
    visitor.watch.complaints.clear()


@pytest.mark.parametrize(
    ("operation", "label", "value"),
    alike(
        ("removeTags", "addressId", ".."),
        ("endDevice", "id", ""),
        ("endDevice", "id", "."),
        ("updateMe", "Prefer", "→"),
    ),
)
def test_parameter_that_cannot_be_sent_reaches_no_other_route(
    new_visitor: NewVisitor, operation: str, label: str, value: str
) -> None:
    visitor = new_visitor()
    visitor.open("/api/docs")
    trial = opened(visitor.page, operation)
    expect(token_in(trial)).not_to_have_value("")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    trial.get_by_label(label).fill(value)
    trial.get_by_role("button", name="Send").click()
    expect(trial.get_by_role("status")).to_have_text("A parameter cannot be sent as it is. Nothing was sent.")
    assert asked == []


def test_anchor_that_cannot_be_decoded_throws_nothing(new_visitor: NewVisitor) -> None:
    visitor = new_visitor()
    thrown: list[str] = []
    visitor.page.on("pageerror", lambda error: thrown.append(str(error)))
    visitor.open("/api/docs#%")
    visitor.page.evaluate("location.hash = '%E4%'")
    visitor.page.evaluate("location.hash = 'errors'")
    expect(visitor.page.locator("#errors")).to_be_in_viewport()
    assert thrown == []


def test_link_to_a_shape_opens_it(new_visitor: NewVisitor) -> None:
    visitor = new_visitor()
    visitor.open("/api/docs#shape-Profile")
    expect(visitor.page.get_by_text("Names the customer; a guest's is of zeros.")).to_be_visible()
    article = visitor.page.locator("article[aria-labelledby=session]")
    article.get_by_role("link", name="SessionState").click()
    expect(visitor.page.locator("#shape-SessionState").get_by_text("Whether a customer is signed in.")).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "dark"),
    [
        pytest.param(NARROWEST, False, id="narrowest light"),
        pytest.param(WIDE, True, id="wide dark", marks=pytest.mark.more),
        pytest.param(NARROWEST, True, id="narrowest dark", marks=pytest.mark.more),
        pytest.param(NARROW, False, id="narrow light", marks=pytest.mark.more),
        pytest.param(WIDE, False, id="wide light", marks=pytest.mark.more),
    ],
)
def test_page_is_accessible_and_needs_no_sideways_scrolling(
    chromium: Browser, store: Storefront, viewport: dict[str, int], dark: bool
) -> None:
    visitor = make_visitor(chromium, store, viewport=viewport, dark=dark)  # type: ignore[arg-type]  # as it is read
    page = visitor.page
    visitor.open("/api/docs")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    trial = page.locator("article[aria-labelledby=login] .try")
    expect(token_in(trial)).not_to_have_value("")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.evaluate(AXE)
    assert page.evaluate(_VIOLATIONS) == []
    visitor.context.close()
    visitor.watch.check()


def test_page_is_whole_without_scripts(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(scripts=False)
    visitor.open("/api/docs")
    page = visitor.page
    expect(page.get_by_role("heading", level=2)).to_have_count(8)
    expect(page.locator(".try")).to_have_count(page.locator("article").count())
    expect(page.locator(".try:visible")).to_have_count(0)
    page.locator("#error-csrf_failed summary").click()
    expect(page.locator("#error-csrf_failed pre")).to_contain_text('"type": "csrf_failed"')
