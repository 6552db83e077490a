"""Forgotten, reset and changed passwords."""

from __future__ import annotations

import json

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.mails import Purpose
from tests.support.fakes.meddling_store import MeddlingStore, services_with_meddling
from tests.support.pages import PageBrowser, customer, less_what_is_random, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker

NEW_PASSWORD = "Amber-Window-19"


def ask(shop: Shop, email: str = B2C_EMAIL) -> PageBrowser:
    somebody = visitor(shop)
    somebody.get("/password/forgot")
    somebody.send("/password/forgot", email=email)
    return somebody


def link(shop: Shop) -> str:
    return f"/password/reset?token={shop.sandbox.mails.last(Purpose.PASSWORD_RESET).token}"


def test_known_and_unknown_address_are_answered_alike(shop: Shop) -> None:
    answers = []
    for email in (B2C_EMAIL, "nobody@example.com"):
        somebody = ask(shop, email)
        page = somebody.follow()
        answers.append((somebody.status, somebody.location, less_what_is_random(page).replace(email, "")))
        assert email in page.words
    assert answers[0] == answers[1]
    assert [mail.to for mail in shop.sandbox.mails] == [B2C_EMAIL]


@pytest.mark.parametrize("status", [400, 403, 404, 409])
@pytest.mark.parametrize(
    ("path", "operation"),
    [("/password/forgot", "request_password_reset"), ("/signup/resend", "resend_optin")],
)
def test_refusal_that_would_tell_is_answered_like_a_success(
    make_shop: ShopMaker, path: str, operation: str, status: int
) -> None:
    for neutral, expected in (("on", {303}), ("off", {403, 404, 422})):
        shop = make_shop(BFF_NEUTRAL_ANSWERS=neutral)
        shop.sandbox.faults.add(operation, Fault(answer=CannedResponse(status=status, body=b"{}")))
        somebody = visitor(shop)
        somebody.get(path)
        somebody.send(path, email=B2C_EMAIL)
        assert somebody.status in expected


def test_site_of_the_shop_goes_along(make_shop: ShopMaker) -> None:
    shop = make_shop(EMPORIX_SITE="main")
    ask(shop)
    (call,) = shop.sandbox.recorder.of("request_password_reset")
    assert json.loads(call.body) == {"email": B2C_EMAIL, "site": "main"}


def test_address_of_who_is_signed_in_is_filled_in(shop: Shop) -> None:
    assert customer(shop).get("/password/forgot").form("/password/forgot").values["email"] == B2C_EMAIL


def test_opening_the_link_changes_nothing_and_the_form_sets_the_password(shop: Shop) -> None:
    ask(shop)
    shop.sandbox.recorder.clear()
    somebody = visitor(shop)
    assert somebody.get(link(shop)).heading == "Set a new password"
    assert len(shop.sandbox.recorder) == 0
    somebody.send("/password/reset", password=NEW_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/login?notice=password-reset")
    assert "Your new password is set." in somebody.follow().words
    assert customer(shop, B2C_EMAIL, NEW_PASSWORD).location == "/account"


@pytest.mark.parametrize("call", ["commit", "create"])
def test_password_that_is_set_is_said_to_be_though_redis_fails_right_after(make_shop: ShopMaker, call: str) -> None:
    shop = make_shop(services=services_with_meddling)
    ask(shop)
    somebody = customer(shop)
    somebody.get(link(shop))
    store = shop.services.store
    assert isinstance(store, MeddlingStore)
    # Nothing is written before upstream has been asked.
    store.fail(call)
    somebody.send("/password/reset", password=NEW_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/login?notice=password-reset")
    store.before.clear()
    assert customer(shop, B2C_EMAIL, NEW_PASSWORD).location == "/account"


def test_password_that_is_refused_keeps_the_token(shop: Shop) -> None:
    ask(shop)
    somebody = visitor(shop)
    somebody.get(link(shop))
    token = shop.sandbox.mails.last(Purpose.PASSWORD_RESET).token
    for password in ("short", "password", ""):
        page = somebody.send("/password/reset", password=password)
        assert (somebody.status, page.form("/password/reset").values["token"]) == (422, token)
        assert page.error("password")
        if password:
            reveal_nothing_of(page, f'value="{password}"')
    somebody.send("/password/reset", password=NEW_PASSWORD)
    assert somebody.status == 303


def test_used_link_says_so_and_leads_to_another(shop: Shop) -> None:
    ask(shop)
    for expected in (303, 422):
        somebody = visitor(shop)
        somebody.get(link(shop))
        somebody.send("/password/reset", password=NEW_PASSWORD)
        assert somebody.status == expected
    assert somebody.page.heading == "This link no longer works"
    assert "/password/forgot" in somebody.page.links


@pytest.mark.parametrize("token", ["unknown", "ä", "<script>"])
def test_unknown_link_says_so(shop: Shop, token: str) -> None:
    somebody = visitor(shop)
    somebody.get("/password/reset", query_string={"token": token})
    page = somebody.send("/password/reset", password=NEW_PASSWORD)
    assert (somebody.status, page.heading) == (422, "This link no longer works")


def test_page_without_a_token_is_the_one_that_asks_for_a_mail(shop: Shop) -> None:
    somebody = visitor(shop)
    somebody.get("/password/reset")
    assert (somebody.status, somebody.location) == (303, "/password/forgot")


def test_well_known_address_leads_to_the_change(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/.well-known/change-password")
    assert (somebody.status, somebody.location) == (303, "/account/password")
    assert visitor(shop).visit("/.well-known/change-password").heading == "Sign in"


def change(somebody: PageBrowser, current: str, new: str) -> None:
    somebody.get("/account/password")
    somebody.send("/account/password", currentPassword=current, newPassword=new)


def test_change_moves_the_session_to_a_new_cookie(shop: Shop) -> None:
    somebody = customer(shop)
    late = somebody.fork(shop)
    before = somebody.browser.cookie
    change(somebody, B2C_PASSWORD, NEW_PASSWORD)
    assert (somebody.status, somebody.location) == (303, "/account")
    assert somebody.browser.cookie != before
    assert "Your password has been changed." in somebody.follow().words
    late.get("/account")
    assert late.status == 303, "the old cookie is dead"
    assert customer(shop, B2C_EMAIL, NEW_PASSWORD).location == "/account"


def test_wrong_current_password_is_said_beside_its_field(shop: Shop) -> None:
    somebody = customer(shop)
    before = somebody.browser.cookie
    change(somebody, "not the password", NEW_PASSWORD)
    page = somebody.page
    assert (somebody.status, somebody.browser.cookie) == (422, before)
    assert page.error("currentPassword") == "Error: This isn't your current password"
    assert page.error("newPassword") is None
    reveal_nothing_of(page, "not the password", NEW_PASSWORD)
    assert customer(shop).location == "/account"


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (B2C_PASSWORD, "Error: Choose a password that's different from your current one"),
        ("short", "Error: Use at least 8 characters"),
        ("password", "Error: This password is too common. Choose another one"),
        ("", "Error: Enter a new password"),
    ],
)
def test_bad_new_password_is_told_without_asking_upstream(shop: Shop, new: str, message: str) -> None:
    somebody = customer(shop)
    change(somebody, B2C_PASSWORD, new)
    assert (somebody.status, somebody.page.error("newPassword")) == (422, message)
    assert shop.sandbox.recorder.count("change_password") == 0
