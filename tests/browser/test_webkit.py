"""Two WebKits at a shop, with either kind of cookie: one knows no Fetch Metadata, so `Referer` and `Origin` must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from selenium.common.exceptions import JavascriptException, NoSuchFrameException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.browser.social_place import COOKIE, NewPlace, Place
from tests.support.browser.visitor import PATIENCE_SECONDS
from tests.support.browser.webkit import Engine, running_webkit

pytestmark = pytest.mark.more

GONE_MEANWHILE = (StaleElementReferenceException, NoSuchFrameException, JavascriptException)
"""What a driver says of a page that goes while it is read, as the step aside does."""


@pytest.fixture(params=Engine, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    return found


@pytest.fixture
def driver(engine: Engine) -> Iterator[WebDriver]:
    with running_webkit(engine) as found:
        yield found


@pytest.fixture(scope="module", params=["Lax", "Strict"])
def place(request: pytest.FixtureRequest, places: NewPlace) -> Place:
    return places(request.param)


def until(driver: WebDriver, is_so: Callable[[WebDriver], bool]) -> None:
    WebDriverWait(driver, PATIENCE_SECONDS, 0.05, ignored_exceptions=GONE_MEANWHILE).until(is_so)


def press(driver: WebDriver, name: str) -> None:
    driver.find_element(By.XPATH, f"//main//button[normalize-space()='{name}']").click()


def is_headed(driver: WebDriver, heading: str) -> None:
    until(driver, lambda page: [one.text for one in page.find_elements(By.TAG_NAME, "h1")] == [heading])


def cookie_of(driver: WebDriver) -> str:
    cookie = driver.get_cookie(COOKIE)
    assert cookie is not None
    return str(cookie["value"])


def sign_in(driver: WebDriver, place: Place) -> str:
    """Sign in by the form; return the cookie."""
    driver.get(f"{place.url}/login")
    is_headed(driver, "Sign in")
    driver.find_element(By.NAME, "email").send_keys(B2C_EMAIL)
    driver.find_element(By.NAME, "password").send_keys(B2C_PASSWORD)
    press(driver, "Sign in")
    is_headed(driver, "Your profile")
    return cookie_of(driver)


def be_elsewhere(driver: WebDriver, place: Place, engine: Engine) -> None:
    driver.get(place.foreign.url)
    assert place.foreign.told_fetch_metadata is (engine is Engine.GTK)


def test_form_of_a_newcomer_signs_in_and_the_next_one_is_saved(place: Place, driver: WebDriver) -> None:
    sign_in(driver, place)
    driver.get(f"{place.url}/account/addresses/new")
    is_headed(driver, "Add an address")
    for name, text in (("contactName", "Jane Doe"), ("street", "Rynek"), ("city", "Krakow"), ("zipCode", "31-042")):
        driver.find_element(By.NAME, name).send_keys(text)
    Select(driver.find_element(By.NAME, "country")).select_by_value("PL")
    press(driver, "Save the address")
    is_headed(driver, "Your addresses")
    assert "Rynek" in driver.find_element(By.TAG_NAME, "main").text


@pytest.mark.parametrize("way", ["link", "redirected"])
def test_customer_who_is_led_here_by_another_site_is_still_signed_in(
    place: Place, driver: WebDriver, engine: Engine, way: str
) -> None:
    mine = sign_in(driver, place)
    be_elsewhere(driver, place, engine)
    driver.find_element(By.ID, way).click()
    is_headed(driver, "Your profile")
    assert cookie_of(driver) == mine


def test_json_route_that_is_opened_by_way_of_another_site_sets_no_cookie_over_ours(
    place: Place, driver: WebDriver, engine: Engine
) -> None:
    mine = sign_in(driver, place)
    be_elsewhere(driver, place, engine)
    driver.find_element(By.ID, "redirected-json").click()
    # Nothing else is read there: a JSON answer runs no script, a driver's neither.
    until(driver, lambda page: page.current_url.startswith(f"{place.url}/api/session"))
    driver.get(f"{place.url}/account")
    is_headed(driver, "Your profile")
    assert cookie_of(driver) == mine


@pytest.mark.parametrize("way", ["post", "redirected-post"])
def test_form_of_another_site_is_refused_and_signs_nobody_out(
    place: Place, driver: WebDriver, engine: Engine, way: str
) -> None:
    mine = sign_in(driver, place)
    be_elsewhere(driver, place, engine)
    driver.find_element(By.ID, way).click()
    is_headed(driver, "This could not be accepted")
    driver.get(f"{place.url}/account")
    is_headed(driver, "Your profile")
    assert cookie_of(driver) == mine


def test_social_sign_in_starts_at_the_link_and_leads_to_the_profile(place: Place, driver: WebDriver) -> None:
    driver.get(f"{place.url}/login")
    is_headed(driver, "Sign in")
    driver.find_element(By.LINK_TEXT, "Continue with Google").click()
    until(driver, lambda page: page.current_url.startswith(f"{place.provider.issuer}authorize"))
    driver.find_element(By.XPATH, "//button[contains(., 'Jane Doe')]").click()
    is_headed(driver, "Your profile")
    assert driver.current_url.startswith(f"{place.url}/account")
