"""Adding an e-mail and a password to an account that a social sign-in made."""

from __future__ import annotations

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.provider.settings import JOHN
from tests.support.fakes.clock import FakeClock
from tests.support.pages import customer, reveal_nothing_of, visitor
from tests.support.shop import ShopMaker, SocialShop
from tests.support.social import Traveller

PATH = "/account/logins"
EMAIL = "john.at.home@example.com"
PASSWORD = "Amber-Window-19"


@pytest.fixture
def social(make_shop: ShopMaker, clock: FakeClock) -> SocialShop:
    return make_shop.with_provider(clock=clock)


@pytest.fixture
def john(social: SocialShop) -> Traveller:
    """A customer whose account was made by a social sign-in."""
    traveller = Traveller(social)
    traveller.sign_in(JOHN.subject)
    return traveller


def refused(status: int) -> Fault:
    return Fault(answer=CannedResponse(status=status, body=b"{}", headers={"Content-Type": "application/json"}))


def test_social_customer_adds_a_password_and_signs_in_with_it(social: SocialShop, john: Traveller) -> None:
    assert PATH in john.pages.get("/account/security").links
    page = john.pages.get(PATH)
    assert page.form(PATH).values["email"] == JOHN.email
    john.pages.send(PATH, email=EMAIL, password=PASSWORD)
    assert (john.pages.status, john.pages.location) == (303, "/account")
    assert "You can now sign in with your e-mail address and password too." in john.pages.follow().words
    number = john.state()["customer"]["id"]
    somebody = visitor(social.shop)
    somebody.sign_in(EMAIL, PASSWORD)
    assert somebody.browser.session()["customer"]["id"] == number
    john.state()
    john.browser.post("/api/logout")
    again = Traveller(social)
    again.sign_in(JOHN.subject)
    assert again.state()["customer"]["id"] == number


def test_who_is_greeted_follows_the_new_sign_in_address(john: Traveller) -> None:
    john.pages.get(PATH)
    john.pages.send(PATH, email=EMAIL, password=PASSWORD)
    assert john.who == EMAIL


def test_taken_address_is_told_beside_its_field(john: Traveller) -> None:
    john.pages.get(PATH)
    page = john.pages.send(PATH, email=B2C_EMAIL, password=PASSWORD)
    assert john.pages.status == 422
    assert page.error("email") == "Error: This e-mail address can't be used. Choose another one."
    assert page.form(PATH).values["email"] == B2C_EMAIL
    reveal_nothing_of(page, PASSWORD)


def test_weak_password_and_empty_address_ask_nobody(social: SocialShop, john: Traveller) -> None:
    john.pages.get(PATH)
    page = john.pages.send(PATH, email="", password="short")
    assert john.pages.status == 422
    assert page.error("email") == "Error: Enter your e-mail address"
    assert page.error("password") is not None
    reveal_nothing_of(page, 'value="short"')
    assert social.shop.sandbox.recorder.count("add_login") == 0


def test_it_is_for_somebody_who_signed_in_lately(social: SocialShop, john: Traveller, clock: FakeClock) -> None:
    john.pages.get(PATH)
    form = john.pages.page.form(PATH).filled({"email": EMAIL, "password": PASSWORD})
    clock.advance(601)
    john.pages.get(PATH)
    assert (john.pages.status, john.pages.location) == (303, f"/login?next={PATH}&again=1")
    john.pages.post(PATH, form)
    assert (john.pages.status, john.pages.location) == (303, f"/login?next={PATH}&again=1")
    assert social.shop.sandbox.recorder.count("add_login") == 0
    assert PASSWORD not in john.opened_records()


def test_guest_is_sent_to_sign_in(social: SocialShop) -> None:
    somebody = visitor(social.shop)
    somebody.get(PATH)
    assert (somebody.status, somebody.location) == (303, f"/login?next={PATH}")


def test_form_needs_its_token(social: SocialShop, john: Traveller) -> None:
    john.pages.get(PATH)
    john.pages.post(PATH, {"email": EMAIL, "password": PASSWORD})
    assert john.pages.status == 403
    assert social.shop.sandbox.recorder.count("add_login") == 0


def test_shop_that_does_not_offer_it_has_no_such_page(make_shop: ShopMaker) -> None:
    somebody = customer(make_shop(BFF_ADD_LOGIN="off"))
    somebody.get(PATH)
    assert somebody.status == 404
    assert PATH not in somebody.get("/account/security").links


@pytest.mark.parametrize("status", [403, 404, 405])
def test_tenant_that_no_longer_offers_it_says_so_on_a_page(social: SocialShop, john: Traveller, status: int) -> None:
    john.pages.get(PATH)
    social.shop.sandbox.faults.add("add_login", refused(status))
    page = john.pages.send(PATH, email=EMAIL, password=PASSWORD)
    assert john.pages.status == 422
    assert page.heading == "A password cannot be added here"
    reveal_nothing_of(page, PASSWORD)
    assert john.who == JOHN.email


def test_other_refusal_leaves_what_was_typed(social: SocialShop, john: Traveller) -> None:
    john.pages.get(PATH)
    social.shop.sandbox.faults.add("add_login", refused(400))
    page = john.pages.send(PATH, email=EMAIL, password=PASSWORD)
    assert john.pages.status == 422
    assert page.form(PATH).values["email"] == EMAIL
