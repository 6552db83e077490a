"""Deleting the account: asked for with a fresh sign-in, confirmed by a mailed link, wherever that is opened."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.mails import Purpose
from tests.support.fakes.clock import FakeClock
from tests.support.pages import PageBrowser, customer, reveal_nothing_of, visitor
from tests.support.shop import Shop, ShopMaker
from tests.support.social import Traveller

ASK = "/account/delete"
CONFIRM = "/account/delete/confirm"


def exists(shop: Shop, email: str = B2C_EMAIL) -> bool:
    return shop.sandbox.state.by_email("demoshop", email) is not None


def asked(shop: Shop) -> tuple[PageBrowser, str]:
    somebody = customer(shop)
    somebody.get(ASK)
    somebody.send(ASK, understood=True)
    assert (somebody.status, somebody.location) == (303, f"{ASK}?sent=1")
    return somebody, shop.sandbox.mails.last(Purpose.ACCOUNT_DELETION).token


def test_wish_needs_a_recent_sign_in(make_shop: ShopMaker, clock: FakeClock) -> None:
    shop = make_shop(clock=clock)
    somebody = customer(shop)
    somebody.get(ASK)
    clock.advance(601)
    somebody.send(ASK, understood=True)
    assert (somebody.status, somebody.location) == (303, f"/login?next={ASK}&again=1")
    assert shop.sandbox.recorder.count("delete_me") == 0
    somebody.get(ASK)
    assert somebody.status == 303
    somebody.follow()
    somebody.send("/login", password=B2C_PASSWORD)
    assert (somebody.status, somebody.location) == (303, ASK)
    assert somebody.follow().heading == "Delete your account"


def test_wish_has_to_be_confirmed(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get(ASK)
    page = somebody.send(ASK)
    assert (somebody.status, page.error("understood")) == (422, "Error: Confirm that you want to delete your account")
    assert shop.sandbox.recorder.count("delete_me") == 0


def test_wish_mails_a_link_and_deletes_nothing(shop: Shop) -> None:
    somebody, _ = asked(shop)
    page = somebody.follow()
    assert (page.heading, B2C_EMAIL in page.words) == ("Check your e-mail", True)
    assert exists(shop)


def test_opening_the_link_deletes_nothing_and_the_button_does(shop: Shop) -> None:
    somebody, token = asked(shop)
    elsewhere = customer(shop)
    shop.sandbox.recorder.clear()
    page = somebody.get(f"{CONFIRM}?token={token}")
    assert (page.heading, B2C_EMAIL in page.words) == ("Delete your account now?", True)
    assert shop.sandbox.recorder.count("delete_me") == 0
    somebody.send(CONFIRM)
    assert (somebody.status, somebody.location) == (303, "/login?notice=account-deleted")
    assert somebody.answer.headers["Clear-Site-Data"] == '"cache"'
    assert not exists(shop)
    assert "Your account has been deleted." in somebody.follow().words
    for one in (somebody, elsewhere):
        one.get("/account")
        assert (one.status, str(one.location)[:6]) == (303, "/login"), "signed out everywhere"


def test_signed_out_the_sign_in_comes_first_and_carries_the_token_sealed(shop: Shop) -> None:
    _, token = asked(shop)
    somebody = visitor(shop)
    page = somebody.get(f"{CONFIRM}?token={token}")
    assert "Sign in to the account you want to delete." in page.words
    reveal_nothing_of(page, token)
    page = somebody.send("/login", email=B2C_EMAIL, password="not the password")
    assert somebody.status == 422
    reveal_nothing_of(page, token)
    somebody.send("/login", password=B2C_PASSWORD)
    assert somebody.status == 303
    url = urlsplit(str(somebody.location))
    assert (url.path, parse_qs(url.query)) == (CONFIRM, {"token": [token]})
    assert exists(shop)
    assert somebody.follow().heading == "Delete your account now?"
    somebody.send(CONFIRM)
    assert (somebody.status, exists(shop)) == (303, False)


def test_link_that_is_opened_long_after_the_sign_in_asks_for_another_proof_and_keeps_the_token(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    shop = make_shop(clock=clock)
    somebody, token = asked(shop)
    clock.advance(601)
    page = somebody.get(f"{CONFIRM}?token={token}")
    assert (page.heading, page.form("/login").values["email"]) == ("Confirm it's you to continue", B2C_EMAIL)
    reveal_nothing_of(page, token)
    somebody.send("/login", password=B2C_PASSWORD)
    assert somebody.follow().heading == "Delete your account now?"
    somebody.send(CONFIRM)
    assert not exists(shop)


def test_social_customer_is_told_to_open_the_link_again_after_another_proof(
    make_shop: ShopMaker, clock: FakeClock
) -> None:
    social = make_shop.with_provider(clock=clock)
    traveller = Traveller(social)
    traveller.arrive(traveller.choose(traveller.start()))
    somebody = PageBrowser(traveller.browser)
    clock.advance(601)
    page = somebody.get(f"{CONFIRM}?token=x")
    assert "open the link in the e-mail again" in page.words
    assert any("again=1" in link for link in page.links)


def test_session_that_ends_in_between_asks_for_the_sign_in_and_keeps_the_token(shop: Shop) -> None:
    somebody, token = asked(shop)
    somebody.get(f"{CONFIRM}?token={token}")
    shop.redis.flushall()
    page = somebody.send(CONFIRM)
    assert (somebody.status, exists(shop)) == (422, True)
    reveal_nothing_of(page, token)
    somebody.send("/login", email=B2C_EMAIL, password=B2C_PASSWORD)
    somebody.follow()
    somebody.send(CONFIRM)
    assert not exists(shop)


def test_another_account_is_not_deleted(shop: Shop) -> None:
    _, token = asked(shop)
    john = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    assert B2B_EMAIL in john.get(f"{CONFIRM}?token={token}").words
    page = john.send(CONFIRM)
    assert (john.status, page.heading) == (422, "This link no longer works")
    assert "belongs to another account" in page.words
    assert exists(shop)
    assert exists(shop, B2B_EMAIL)
    assert john.get("/account").heading == "Your profile"


@pytest.mark.parametrize("token", ["unknown", "ä", "a b"])
def test_unknown_token_says_so(shop: Shop, token: str) -> None:
    somebody = customer(shop)
    somebody.get(CONFIRM, query_string={"token": token})
    page = somebody.send(CONFIRM)
    assert (somebody.status, page.heading) == (422, "This link no longer works")
    assert exists(shop)


def test_used_token_says_so_to_whoever_is_left(shop: Shop) -> None:
    somebody, token = asked(shop)
    somebody.get(f"{CONFIRM}?token={token}")
    somebody.send(CONFIRM)
    john = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    john.get(f"{CONFIRM}?token={token}")
    john.send(CONFIRM)
    assert (john.status, john.page.heading) == (422, "This link no longer works")


@pytest.mark.parametrize("signed_in", [True, False])
def test_page_without_a_token_is_a_dead_link(shop: Shop, signed_in: bool) -> None:
    somebody = customer(shop) if signed_in else visitor(shop)
    assert somebody.get(CONFIRM).heading == "This link no longer works"


@pytest.mark.parametrize("status", [403, 404, 405])
def test_tenant_that_does_not_offer_it_is_told_so(shop: Shop, status: int) -> None:
    body = b'{"message": "canary"}'
    shop.sandbox.faults.add(
        "delete_me",
        Fault(answer=CannedResponse(status=status, body=body, headers={"Content-Type": "application/json"})),
    )
    somebody = customer(shop)
    somebody.get(ASK)
    page = somebody.send(ASK, understood=True)
    assert (somebody.status, page.heading) == (422, "Your account cannot be deleted here")
    reveal_nothing_of(page, "canary")
    assert somebody.get("/account").heading == "Your profile"


def test_shop_that_has_switched_it_off_shows_nothing_of_it(make_shop: ShopMaker) -> None:
    shop = make_shop(BFF_ACCOUNT_DELETION="off")
    somebody = customer(shop)
    assert ASK not in somebody.follow().links
    for path in (ASK, f"{CONFIRM}?token=x"):
        somebody.get(path)
        assert somebody.status == 404
        values = somebody.get("/account/password").form("/account/password").values
        somebody.post(path.partition("?")[0], values)
        assert somebody.status == 404
    assert ASK in customer(make_shop()).follow().links
