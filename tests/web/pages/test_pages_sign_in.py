"""Signing in, once more, and out, by the pages."""

from __future__ import annotations

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.state import AccountStatus, Customer
from tests.support.fakes.clock import FakeClock
from tests.support.pages import customer, less_what_is_random, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker


def jane(shop: Shop) -> Customer:
    return next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2C_EMAIL)


def test_sign_in_leads_to_the_account_under_a_new_cookie(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/login")
    before = somebody.browser.cookie
    page = somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/account")
    assert before != somebody.browser.cookie is not None
    assert page.text == ""
    assert B2C_EMAIL in somebody.follow().words


@pytest.mark.parametrize("path", ["/account/email", "/account/addresses/new", "/account/password"])
def test_sign_in_returns_to_where_it_was_asked_for(shop: Shop, path: str) -> None:
    somebody = visitor(shop)
    somebody.get(path)
    assert (somebody.status, somebody.location) == (303, f"/login?next={path}")
    somebody.follow()
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, path)


def test_wrong_password_and_unknown_address_look_alike(shop: Shop) -> None:
    pages = []
    for email in (B2C_EMAIL, "nobody@example.com"):
        somebody = visitor(shop)
        somebody.get("/login")
        page = somebody.send("/login", email=email, password="not the password")
        assert somebody.status == 422
        assert page.form("/login").values["email"] == email
        assert page.error("password") == "Error: Wrong e-mail address or password"
        assert page.title.startswith("Error:")
        reveal_nothing_of(page, "not the password")
        pages.append(less_what_is_random(page).replace(email, ""))
    assert pages[0] == pages[1]


def test_empty_fields_are_asked_for_and_nobody_is_called(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/login")
    page = somebody.send("/login")
    assert somebody.status == 422
    assert page.error("email") == "Error: Enter your e-mail address"
    assert page.error("password") == "Error: Enter your password"
    assert len(shop.sandbox.recorder) == 0


def test_account_that_is_not_active_is_told_only_after_the_right_password(shop: Shop) -> None:
    jane(shop).status = AccountStatus.AWAITS_OPTIN
    somebody = visitor(shop)
    somebody.get("/login")
    wrong = somebody.send("/login", email=B2C_EMAIL, password="not the password")
    assert "not active" not in wrong.words
    page = somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    assert (somebody.status, page.heading) == (422, "Your account is not active")
    assert page.form("/signup/resend").values["email"] == B2C_EMAIL


def test_who_is_signed_in_already_is_told_so(shop: Shop) -> None:
    page = customer(shop).get("/login")
    assert page.heading == "You are signed in"
    assert B2C_EMAIL in page.words
    assert {"/account", "/logout"} <= set(page.links)


def test_again_asks_for_the_password_once_more(shop: Shop) -> None:
    somebody = customer(shop)
    before = somebody.browser.cookie
    page = somebody.get("/login?again=1&next=/account/email")
    assert page.heading == "Confirm it's you to continue"
    assert page.form("/login").values["email"] == B2C_EMAIL
    somebody.send("/login", password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/account/email")
    assert somebody.browser.cookie != before


def test_again_with_a_wrong_password_leaves_the_session(shop: Shop) -> None:
    somebody = customer(shop)
    before = somebody.browser.cookie
    somebody.get("/login?again=1")
    somebody.send("/login", password="not the password")
    assert (somebody.status, somebody.browser.cookie) == (422, before)
    somebody.get("/account")
    assert somebody.status == 200


def test_again_means_nothing_to_a_guest(shop: Shop) -> None:
    page = visitor(shop).get("/login?again=1")
    assert page.heading == "Sign in"
    assert page.form("/login").values["email"] == ""


def test_another_person_may_sign_in_over_it(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/login?again=1")
    somebody.send("/login", email=B2B_EMAIL, password=B2B_PASSWORD)
    assert B2B_EMAIL in somebody.follow().words


def test_sign_out_ends_the_session_and_says_so(shop: Shop) -> None:
    somebody = customer(shop)
    other_tab = somebody.fork(shop)
    somebody.get("/logout")
    assert somebody.page.heading == "Sign out"
    somebody.send("/logout")
    assert (somebody.status, somebody.location) == (303, "/login?notice=signed-out")
    assert somebody.answer.headers["Clear-Site-Data"] == '"cache"'
    assert "You have signed out." in somebody.follow().words
    assert shop.sandbox.recorder.count("logout") == 1
    for tab in (somebody, other_tab):
        tab.get("/account")
        assert (tab.status, str(tab.location)[:6]) == (303, "/login")


def test_opening_the_sign_out_page_signs_nobody_out(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/logout")
    assert somebody.get("/account").heading == "Your profile"


def test_sign_out_of_a_guest_is_the_same(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/logout")
    somebody.send("/logout")
    assert (somebody.status, somebody.location) == (303, "/login?notice=signed-out")


@pytest.mark.parametrize(
    "word", ["signed-out", "session-ended", "password-reset", "email-confirmed", "account-deleted"]
)
def test_notice_is_one_of_a_few(shop: Shop, word: str) -> None:
    plain = visitor(shop).get("/login").words
    assert visitor(shop).get(f"/login?notice={word}").words != plain
    assert visitor(shop).get(f"/login?notice={word}x").words == plain


def test_text_in_the_url_is_never_shown(shop: Shop) -> None:
    page = visitor(shop).get("/login?notice=<b>canary</b>&next=canary&again=canary&email=canary")
    reveal_nothing_of(page, "canary")


def test_password_that_an_employee_set_has_to_be_changed(shop: Shop) -> None:
    (login,) = jane(shop).logins
    login.initial_password = True
    somebody = customer(shop)
    assert somebody.location == "/account/password?initial=1"
    page = somebody.follow()
    assert "Your password was set by the shop." in page.words
    somebody.send("/account/password", currentPassword=B2C_PASSWORD, newPassword="Amber-Window-19")
    assert somebody.status == 303
    again = visitor(shop)
    again.sign_in(B2C_EMAIL, "Amber-Window-19")
    assert again.location == "/account"


def test_session_that_reached_its_limit_says_so_on_the_way_to_the_sign_in(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    shop = make_shop(clock=clock, BFF_SESSION_LIFETIME="1800")
    somebody = customer(shop)
    clock.advance(1801)
    somebody.get("/account")
    assert (somebody.status, somebody.location) == (303, "/login?next=/account&notice=session-ended")
    assert "You've been signed out." in somebody.follow().words


def test_strict_cookie_does_not_hinder_the_pages(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_COOKIE_SAMESITE="Strict")
    assert customer(shop).follow().heading == "Your profile"
