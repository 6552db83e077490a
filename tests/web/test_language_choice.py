"""The choice of a language in the footer: what it decides, how long it lasts, where it is offered and leads to."""

from __future__ import annotations

import re

import pytest

from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.session import SessionState
from bff.web.language_choice import way_back
from tests.support.pages import Page, PageBrowser, customer, visitor
from tests.support.shop import Shop, ShopMaker

OF_A_MAIL = ("/signup/optin", "/password/reset", "/email/confirm", "/account/delete/confirm")
READ_BY_ANYBODY = ("/", "/login", "/logout", "/signup", "/signup/resend", "/password/forgot", "/password/reset?token=x")


def offered(page: Page) -> dict[str, str]:
    """Return the way back that each offered language has, by its code."""
    forms = [form for form in page.forms if form.action == "/language"]
    return {form.values["language"]: form.values["next"] for form in forms}


def choose(somebody: PageBrowser, language: str) -> None:
    """Press the button of a language on the page that is shown."""
    (form,) = (form for form in somebody.page.forms if form.values.get("language") == language)
    somebody.post(form.action, form.values)
    assert somebody.status == 303


@pytest.fixture
def guest(shop: Shop) -> PageBrowser:
    """Return somebody with a German browser who has opened the sign-in page and chosen English."""
    somebody = visitor(shop, Accept_Language="de")
    assert somebody.get("/login").language == "de"
    choose(somebody, "en")
    return somebody


def test_choice_goes_before_the_browsers_language(guest: PageBrowser) -> None:
    assert guest.follow().language == "en"


def test_choice_goes_before_the_customers_language(shop: Shop) -> None:
    next(iter(shop.sandbox.state.customers.values())).document["preferredLanguage"] = "de"
    jane = customer(shop, Accept_Language="en")
    assert jane.follow().language == "de"
    choose(jane, "en")
    assert jane.follow().language == "en"


@pytest.mark.parametrize("path", READ_BY_ANYBODY)
def test_choice_counts_on_every_page(guest: PageBrowser, path: str) -> None:
    assert guest.get(path).language == "en"


def test_choice_stays_through_sign_in_rotation_and_sign_out(guest: PageBrowser) -> None:
    guest.sign_in()
    assert guest.follow().language == "en"
    guest.get("/account/password")
    guest.send("/account/password", currentPassword="Violet-Harbour-38", newPassword="Amber-Window-19")
    assert guest.follow().language == "en"
    guest.get("/account")
    guest.send("/logout")
    assert guest.follow().language == "en"
    assert guest.get("/").language == "en"


def test_choice_stays_through_a_sign_out_by_json(guest: PageBrowser) -> None:
    guest.sign_in()
    guest.browser.session()
    assert guest.browser.post("/api/logout").status_code == 200
    assert guest.get("/login").language == "en"


def test_sign_out_succeeds_where_newcomers_have_used_up_their_limit(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_GUEST="2/minute")
    jane = customer(shop)
    jane.follow()
    choose(jane, "de")
    jane.follow()
    for _ in range(2):
        somebody = visitor(shop)
        somebody.get("/login")
        choose(somebody, "de")
    jane.get("/logout")
    jane.send("/logout")
    assert (jane.status, jane.location) == (303, "/login?notice=signed-out")
    assert jane.answer.headers["Clear-Site-Data"] == '"cache"'
    jane.get("/account")
    assert (jane.status, jane.location) == (303, "/login?next=/account")


def test_sign_out_without_a_choice_leaves_no_record(shop: Shop) -> None:
    jane = customer(shop)
    jane.follow()
    assert state_of(shop, jane) is SessionState.LIVE
    jane.send("/logout")
    jane.follow()
    assert state_of(shop, jane) is SessionState.MISSING


def state_of(shop: Shop, somebody: PageBrowser) -> SessionState:
    assert somebody.browser.cookie is not None
    cookie = SessionCookie(value=Secret(somebody.browser.cookie))
    session = shop.services.sessions.open(cookie, may_start=False)
    session.load()
    return session.state


def test_another_choice_takes_the_place_of_the_first(guest: PageBrowser) -> None:
    guest.follow()
    choose(guest, "de")
    assert guest.follow().language == "de"


@pytest.mark.parametrize("language", ["", "fr", "EN", "en_US", "../de", "de\n"])
def test_language_that_pages_do_not_have_is_refused(guest: PageBrowser, language: str) -> None:
    page = guest.follow()
    token = page.form("/language").values["csrf_token"]
    guest.post("/language", {"csrf_token": token, "language": language, "next": "/login"})
    assert guest.status == 400
    assert guest.get("/login").language == "en"


@pytest.mark.parametrize("sent", [{}, {"csrf_token": "x"}])
def test_choice_without_the_right_token_is_refused(guest: PageBrowser, sent: dict[str, str]) -> None:
    guest.post("/language", {"language": "de", "next": "/login", **sent})
    assert guest.status == 403
    assert guest.get("/login").language == "en"


def test_choice_of_another_origin_is_refused(guest: PageBrowser) -> None:
    values = guest.follow().form("/language").values
    guest.post("/language", {**values, "language": "de"}, headers={"Origin": "https://evil.example"})
    assert guest.status == 403
    assert guest.get("/login").language == "en"


def test_nothing_can_be_read_there(guest: PageBrowser) -> None:
    guest.get("/language?language=de")
    assert guest.status == 405
    assert guest.get("/login").language == "en"


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        *((same, same) for same in ("/", "/account", "/account/addresses/new", "/login", "/signup?sent=1")),
        ("/login?next=%2Faccount%2Femail&again=1", "/login?again=1&next=/account/email"),
        ("/login?next=%2Fshop%2Fcart", "/login?next=/shop/cart"),
        ("/shop/cart?item=7", "/shop/cart?item=7"),
        ("/login?next=https%3A%2F%2Fevil.example&again=2", "/login"),
        ("/login?token=x", "/login"),
        ("/signup?next=%2Faccount", "/signup"),
        *((refused, "/") for refused in (None, "", "login", "//evil.example", "https://evil.example/", "/\\evil")),
        *((refused, "/") for refused in ("/login/social", "/login/callback?code=x", "/password/reset?token=x", "/x")),
    ],
)
def test_it_leads_back_to_own_pages_only(wanted: str | None, led_to: str) -> None:
    assert way_back(wanted, added=("/shop/cart",)) == led_to


def test_way_back_is_checked_where_it_is_sent(guest: PageBrowser) -> None:
    values = guest.follow().form("/language").values
    guest.post("/language", {**values, "next": "//evil.example"})
    assert (guest.status, guest.location) == (303, "/")


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/account?change=name", "/account?change=name"),
        ("/account?change=Canary7&page=x&token=y", "/account"),
    ],
)
def test_part_of_a_page_that_was_shown_is_shown_again(shop: Shop, asked: str, led_to: str) -> None:
    jane = customer(shop)
    jane.get(asked)
    choose(jane, "de")
    assert jane.location == led_to
    assert jane.follow().language == "de"


@pytest.mark.parametrize("path", ["/login?next=/account/email", "/signup", "/password/forgot", "/logout"])
def test_page_leads_back_to_itself(guest: PageBrowser, path: str) -> None:
    guest.get(path)
    choose(guest, "de")
    assert guest.location == path


def test_way_onward_outlives_a_sign_in_that_failed(guest: PageBrowser) -> None:
    guest.get("/login?next=/account/email")
    page = guest.send("/login", email="jane.doe@example.com", password="wrong")
    assert (guest.status, offered(page)["de"]) == (422, "/login?next=/account/email")


@pytest.mark.parametrize("path", OF_A_MAIL)
def test_token_of_a_mail_is_on_no_way_back(shop: Shop, guest: PageBrowser, path: str) -> None:
    for somebody in (visitor(shop), guest, customer(shop)):
        assert offered(somebody.get(f"{path}?token=mailed")) == {}


@pytest.mark.parametrize("path", ["/mailed", "/account/mailed", "/account/addresses/mailed", "/login/social/mailed"])
def test_path_that_is_no_page_is_not_repeated(shop: Shop, path: str) -> None:
    page = customer(shop).get(path)
    assert set(offered(page).values()) == {"/"}
    assert "mailed" not in page.text


def test_page_of_one_address_leads_back_to_itself(shop: Shop) -> None:
    id = next(iter(next(iter(shop.sandbox.state.customers.values())).addresses))
    assert set(offered(customer(shop).get(f"/account/addresses/{id}")).values()) == {f"/account/addresses/{id}"}


def test_parameter_that_is_not_known_is_on_no_way_back(guest: PageBrowser) -> None:
    assert set(offered(guest.get("/login?token=mailed&x=mailed")).values()) == {"/login"}


def test_who_only_reads_gets_no_cookie_for_it(shop: Shop) -> None:
    somebody = visitor(shop)
    for path in ("/", "/nothing"):
        assert offered(somebody.get(path)) == {}
        assert somebody.answer.headers.getlist("Set-Cookie") == []
    somebody.get("/login")
    assert offered(somebody.get("/")) == {"en": "/", "de": "/"}


def test_each_is_named_in_itself_and_the_present_one_is_marked(guest: PageBrowser) -> None:
    buttons = re.findall(r'<button class="link" lang="(\w+)"( aria-current="true")?>(\w+)<', guest.follow().text)
    assert buttons == [("en", ' aria-current="true"', "English"), ("de", "", "Deutsch")]
