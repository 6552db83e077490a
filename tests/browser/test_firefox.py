"""What Firefox tells of another site's redirect (`Sec-Fetch-Site: none`), and that no session is lost by it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.alike import alike
from tests.support.browser.social_place import COOKIE, NewPlace, Place


@pytest.fixture(scope="module")
def place(places: NewPlace) -> Place:
    """The shop whose cookies other sites' links do not get along."""
    return places("Strict")


@pytest.fixture
def page(firefox: Browser) -> Iterator[Page]:
    context = firefox.new_context()
    yield context.new_page()
    context.close()


def cookie_of(page: Page, place: Place) -> str:
    (value,) = [one["value"] for one in page.context.cookies(place.url) if one["name"] == COOKIE]
    return value


def sign_in(page: Page, place: Place) -> str:
    """Sign in by the form; return the cookie."""
    page.goto(f"{place.url}/login")
    page.get_by_label("E-mail address").fill(B2C_EMAIL)
    page.get_by_label("Password", exact=True).fill(B2C_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{place.url}/account")
    return cookie_of(page, place)


@pytest.mark.parametrize("same_site", alike("Strict", "Lax"))
def test_social_sign_in_leads_to_the_profile_and_out_again(places: NewPlace, same_site: str, page: Page) -> None:
    place = places(same_site)
    page.goto(f"{place.url}/login")
    page.get_by_role("link", name="Continue with Google").click()
    page.get_by_role("button", name="Jane Doe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    assert page.url.startswith(f"{place.url}/account")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{place.url}/**")
    expect(page.get_by_role("main")).to_contain_text("You are not signed in")


@pytest.mark.parametrize("way", alike("redirected", "link"))
def test_customer_who_is_led_here_by_another_site_is_still_signed_in(place: Place, page: Page, way: str) -> None:
    mine = sign_in(page, place)
    page.goto(place.foreign.url)
    page.locator(f"#{way}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    assert cookie_of(page, place) == mine


def test_json_route_that_is_opened_by_way_of_another_site_sets_no_cookie_over_ours(place: Place, page: Page) -> None:
    mine = sign_in(page, place)
    page.goto(place.foreign.url)
    with page.expect_response(lambda answer: answer.headers.get("content-type") == "application/json") as answer:
        page.locator("#redirected-json").click()
    assert json.loads(answer.value.body())["state"] == "authenticated"
    assert cookie_of(page, place) == mine


@pytest.mark.parametrize("way", alike("redirected-post", "post"))
def test_form_of_another_site_is_refused_and_signs_nobody_out(place: Place, page: Page, way: str) -> None:
    mine = sign_in(page, place)
    page.goto(place.foreign.url)
    with page.expect_response(f"{place.url}/logout") as answer:
        page.locator(f"#{way}").click()
    assert answer.value.status == 403
    # Else the way to the refusal and the one to the account cross.
    expect(page.get_by_role("heading", level=1)).to_have_text("This could not be accepted")
    page.goto(f"{place.url}/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    assert cookie_of(page, place) == mine
