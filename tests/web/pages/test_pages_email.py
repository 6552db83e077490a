"""Changing the sign-in e-mail."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mails import Purpose
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from tests.support.fakes.clock import FakeClock
from tests.support.page_visits import change_who
from tests.support.pages import PageBrowser, customer, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker

NEW = "jane@example.com"


def ask(shop: Shop, email: str = NEW, password: str = B2C_PASSWORD, **entries: bool) -> PageBrowser:
    somebody = customer(shop)
    somebody.get("/account/email")
    somebody.send("/account/email", newEmail=email, password=password, **entries)
    return somebody


def link(shop: Shop) -> str:
    return f"/email/confirm?token={shop.sandbox.mails.last(Purpose.EMAIL_CHANGE).token}"


@pytest.mark.parametrize("sync", [True, False])
def test_wish_is_mailed_and_the_old_address_works_until_it_is_confirmed(shop: Shop, sync: bool) -> None:
    somebody = ask(shop, syncContactEmail=sync)
    assert (somebody.status, somebody.location) == (303, "/account")
    assert f"We've sent a link to {NEW}." in somebody.follow().words
    (call,) = shop.sandbox.recorder.of("change_email")
    assert json.loads(call.body) == {
        "email": B2C_EMAIL,
        "password": B2C_PASSWORD,
        "newEmail": NEW,
        "syncContactEmail": sync,
    }
    assert customer(shop).location == "/account"

    shop.sandbox.recorder.clear()
    assert somebody.get(link(shop)).heading == "Confirm your new e-mail address"
    assert shop.sandbox.recorder.count("confirm_email") == 0, "opening the link changes nothing"
    somebody.send("/email/confirm")
    assert (somebody.status, somebody.location) == (303, "/account")
    page = somebody.follow()
    assert NEW in page.words, "the page knows at once"
    assert somebody.get("/account?change=email").form("/account").values["contactEmail"] == (NEW if sync else B2C_EMAIL)
    assert customer(shop, NEW, B2C_PASSWORD).location == "/account"


def test_link_works_signed_out(shop: Shop) -> None:
    ask(shop)
    somebody = visitor(shop)
    somebody.get(link(shop))
    somebody.send("/email/confirm")
    assert (somebody.status, somebody.location) == (303, "/login?notice=email-confirmed")
    assert "Your new e-mail address is confirmed." in somebody.follow().words


def test_wrong_password_is_said_beside_its_field(shop: Shop) -> None:
    somebody = ask(shop, password="not the password")
    assert somebody.status == 422
    assert somebody.page.error("password") == "Error: This isn't your current password"
    assert somebody.page.form("/account/email").values["newEmail"] == NEW
    reveal_nothing_of(somebody.page, "not the password")
    assert len(shop.sandbox.mails) == 0


@pytest.mark.parametrize("email", [B2C_EMAIL, B2C_EMAIL.upper(), f" {B2C_EMAIL} "])
def test_same_address_is_no_change(shop: Shop, email: str) -> None:
    somebody = ask(shop, email)
    assert (somebody.status, somebody.page.error("newEmail")) == (422, "Error: This is already your e-mail address")
    assert shop.sandbox.recorder.count("change_email") == 0


def test_taken_address_is_refused_without_saying_why(shop: Shop) -> None:
    somebody = ask(shop, B2B_EMAIL)
    assert (somebody.status, somebody.page.error("newEmail")) == (422, "Error: This was not accepted. Check it.")
    assert "taken" not in somebody.page.words


@pytest.mark.parametrize("signed_in", [True, False])
def test_used_and_unknown_links_say_so(shop: Shop, signed_in: bool) -> None:
    ask(shop)
    used = link(shop)
    somebody = customer(shop) if signed_in else visitor(shop)
    for path, expected in ((used, 303), (used, 422), ("/email/confirm?token=unknown", 422), ("/email/confirm", 422)):
        somebody.get(path)
        somebody.send("/email/confirm")
        assert somebody.status == expected, path
    assert somebody.page.heading == "This link no longer works"


WAITING = f"Waiting for you to confirm {NEW}"
STILL_WORKS = "The link in the mail still works until it runs out."


def test_change_that_waits_for_its_link_is_shown_until_it_is_confirmed(shop: Shop) -> None:
    somebody = ask(shop)
    for path in ("/account", "/account/email", "/account/security"):
        page = somebody.get(path)
        assert WAITING in page.words, path
        assert STILL_WORKS in page.words
    assert "/account/email" in somebody.get("/account").links
    somebody.get(link(shop))
    somebody.send("/email/confirm")
    for path in ("/account", "/account/email", "/account/security"):
        assert "Waiting" not in somebody.get(path).words


def test_mail_is_sent_again_by_the_form_that_asks_for_the_password(shop: Shop) -> None:
    somebody = ask(shop, syncContactEmail=True)
    page = somebody.get("/account/email")
    values = page.form("/account/email").values
    assert (values["newEmail"], values["syncContactEmail"], values["password"]) == (NEW, "y", "")
    somebody.send("/account/email", password="wrong")
    assert somebody.status == 422
    somebody.send("/account/email", password=B2C_PASSWORD)
    assert somebody.status == 303
    assert [json.loads(call.body)["newEmail"] for call in shop.sandbox.recorder.of("change_email")] == [NEW] * 3


def test_mails_that_are_sent_again_are_counted(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_RATE_LIMIT_MAIL="2/hour;30/hour")
    somebody = ask(shop)
    for status in (303, 429):
        somebody.get("/account/email")
        somebody.send("/account/email", password=B2C_PASSWORD)
        assert somebody.status == status


def test_hidden_change_is_not_shown_and_its_link_still_works(shop: Shop) -> None:
    somebody = ask(shop)
    somebody.get("/account")
    somebody.send("/account/email/hide")
    assert (somebody.status, somebody.location) == (303, "/account")
    assert "Waiting" not in somebody.follow().words
    assert somebody.get("/account/email").form("/account/email").values["newEmail"] == ""
    somebody.get(link(shop))
    somebody.send("/email/confirm")
    assert (somebody.status, somebody.location) == (303, "/account")


def test_opening_the_page_that_hides_hides_nothing(shop: Shop) -> None:
    somebody = ask(shop)
    assert STILL_WORKS in somebody.get("/account/email/hide").words
    assert WAITING in somebody.get("/account").words


def test_change_is_known_to_the_browser_that_asked_for_it_alone(shop: Shop) -> None:
    somebody = ask(shop)
    assert "Waiting" not in customer(shop).follow().words
    somebody.get("/account")
    somebody.send("/logout")
    somebody.sign_in()
    assert "Waiting" not in somebody.follow().words


def test_change_of_one_customer_is_not_shown_to_the_next(shop: Shop) -> None:
    somebody = ask(shop)
    somebody.get("/login?again=1")
    somebody.send("/login", email=B2B_EMAIL, password=B2B_PASSWORD)
    assert "John Doe" in somebody.follow().words
    reveal_nothing_of(somebody.page, NEW)
    reveal_nothing_of(somebody.get("/account/email"), NEW)


def test_change_that_is_left_in_anothers_session_is_not_shown(shop: Shop) -> None:
    somebody = ask(shop)
    change_who(shop, somebody, lambda who: replace(who, customer=replace(who.customer, id="another")))
    somebody.get("/account/security")
    reveal_nothing_of(somebody.get("/account/email"), NEW)


def test_address_that_was_confirmed_in_another_browser_is_known_once_the_profile_is_read(shop: Shop) -> None:
    somebody, other = ask(shop), visitor(shop)
    other.get(link(shop))
    other.send("/email/confirm")
    page = somebody.get("/account")
    assert NEW in page.words
    assert NEW in somebody.get("/account/security").words
    somebody.get("/account/email")
    somebody.send("/account/email", newEmail="jane.next@example.com", password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/account")
    assert json.loads(shop.sandbox.recorder.of("change_email")[-1].body)["email"] == NEW


def test_change_that_was_confirmed_elsewhere_waits_no_more_once_the_session_knows(shop: Shop) -> None:
    somebody = ask(shop)
    other = visitor(shop)
    other.get(link(shop))
    other.send("/email/confirm")
    assert "Waiting" not in somebody.get("/account").words


@pytest.mark.parametrize(("hours", "is_shown"), [(11, True), (25, False)])
def test_change_is_shown_for_a_day_at_most(make_shop: ShopMaker, clock: FakeClock, hours: int, is_shown: bool) -> None:
    shop = make_shop(clock=clock, BFF_SESSION_IDLE="172800", BFF_SESSION_LIFETIME="172800")
    somebody = ask(shop)
    clock.advance(hours * 3600)
    page = somebody.get("/account/email")
    assert somebody.status == 200
    assert (WAITING in page.words) == is_shown


def test_refused_wish_waits_for_nothing(shop: Shop) -> None:
    somebody = ask(shop, password="wrong")
    assert somebody.status == 422
    assert "Waiting" not in somebody.get("/account").words


def test_session_keeps_no_token_of_a_change_that_waits(shop: Shop) -> None:
    somebody = ask(shop)
    token = shop.sandbox.mails.last(Purpose.EMAIL_CHANGE).token
    session = shop.services.sessions.open(SessionCookie(value=Secret(somebody.browser.cookie or "")), may_start=False)
    session.load()
    assert NEW in str(session.web.data)
    assert token not in str(session.web)
