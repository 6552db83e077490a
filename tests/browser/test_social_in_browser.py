"""Social sign-in in a real browser: from the link to the profile and out again, with either kind of cookie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.alike import alike
from tests.support.browser.social_place import NewPlace, Place


@pytest.fixture(scope="module", params=alike("Strict", "Lax"))
def place(request: pytest.FixtureRequest, places: NewPlace) -> Place:
    return places(request.param)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a tab went through."""

    page: Page
    refusals: list[str]


@pytest.fixture
def seen(chromium: Browser) -> Iterator[Seen]:
    context = chromium.new_context()
    page = context.new_page()
    refusals: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused" in message.text:
            refusals.append(message.text)

    page.on("console", note)
    yield Seen(page=page, refusals=refusals)
    context.close()


def at_provider(page: Page, place: Place) -> None:
    page.wait_for_url(f"{place.provider.issuer}authorize**")


def test_from_the_link_to_the_profile_out_by_the_form_and_asked_again(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    page.get_by_role("button", name="Jane Doe").click()
    page.wait_for_url(f"{place.url}/account")
    assert page.get_by_role("heading", level=1).inner_text() == "Your profile"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{place.url}/")
    page.get_by_text("You are not signed in").or_(page.get_by_role("link", name="Sign in")).first.wait_for()
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    assert page.get_by_role("button", name="Jane Doe").is_visible()
    assert seen.refusals == []
    assert all("bff-session" not in call.headers.get("cookie", "") for call in place.provider.recorder)


def test_who_refuses_there_is_told_so_here(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{place.url}/login?notice=social-refused")
    assert "You didn't finish signing in there" in page.get_by_role("main").inner_text()


def test_foreign_page_that_links_to_the_start_starts_nothing(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    # With Strict, the step aside comes first, and goes on by itself.
    page.get_by_role("link", name="Continue with Google").wait_for()
    page.goto(place.provider.issuer)
    page.evaluate(
        "url => { const a = document.createElement('a'); a.href = url; document.body.append(a); a.click() }",
        f"{place.url}/login/social/google-oauth2",
    )
    page.get_by_role("button", name="Continue").wait_for()
    assert page.url.startswith(f"{place.url}/login/social/google-oauth2")
    page.get_by_role("button", name="Continue").click()
    at_provider(page, place)


def test_unverified_address_signs_nobody_in(place: Place, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    at_provider(page, place)
    page.get_by_role("button", name="Richard Roe").click()
    page.wait_for_url(f"{place.url}/login?notice=social-failed")
