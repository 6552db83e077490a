"""Changing the sign-in e-mail."""

from __future__ import annotations

import json

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.mails import Purpose
from tests.support.pages import PageBrowser, customer, reveal_nothing_of, visitor
from tests.support.shop import Shop

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
    assert f"We have sent a link to {NEW}." in somebody.follow().words
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
    assert somebody.page.error("password") == "Error: This is not your current password"
    assert somebody.page.form("/account/email").values["newEmail"] == NEW
    reveal_nothing_of(somebody.page, "not the password")
    assert len(shop.sandbox.mails) == 0


@pytest.mark.parametrize("email", [B2C_EMAIL, B2C_EMAIL.upper(), f" {B2C_EMAIL} "])
def test_same_address_is_no_change(shop: Shop, email: str) -> None:
    somebody = ask(shop, email)
    assert (somebody.status, somebody.page.error("newEmail")) == (422, "Error: This is your e-mail address already")
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
    assert somebody.page.heading == "This link does not work any more"
