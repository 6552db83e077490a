"""Every way to sign in takes the guest's cart along, through the whole application, and shows nobody how."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.mails import Purpose
from bff.sandbox.provider.settings import JANE
from bff.sandbox.settings import SandboxSettings, SignupMode
from tests.support.fakes.carts import STEPS, Carts, answers, services_that_merge
from tests.support.fakes.clock import FakeClock
from tests.support.pages import PageBrowser
from tests.support.shop import Browser, Shop, ShopMaker
from tests.support.social import Traveller
from tests.support.storefront import written

NEW: dict[str, Any] = {"email": "new.customer@example.com", "password": "Quiet-Meadow-52"}
Way = Callable[[Shop, Browser], str]


def by_password(shop: Shop, browser: Browser) -> str:
    browser.sign_in()
    return B2C_EMAIL


def by_page(shop: Shop, browser: Browser) -> str:
    PageBrowser(browser).sign_in()
    return B2C_EMAIL


def by_mailed_link(shop: Shop, browser: Browser) -> str:
    assert browser.post("/api/signup", json=NEW).status_code == 202
    token = shop.sandbox.mails.last(Purpose.OPTIN).token
    assert browser.post("/api/signup/optin", json={"token": token}).status_code == 200
    return str(NEW["email"])


def by_sign_up(shop: Shop, browser: Browser) -> str:
    assert browser.post("/api/signup", json=NEW).status_code == 201
    return str(NEW["email"])


def with_apples(shop: Shop, browser: Browser) -> Carts:
    """Let a guest put something into a cart."""
    carts = Carts(shop.sandbox)
    browser.session()
    assert browser.get("/api/me").status_code == 200
    carts.put_for_newest_guest("apples")
    return carts


def in_the_cart_of(shop: Shop, carts: Carts, email: str) -> list[str]:
    found = shop.sandbox.state.by_email("demoshop", email)
    assert found is not None
    return [item for cart in carts.all.values() if cart.owner == found.id for item in cart.items]


@pytest.mark.parametrize(
    ("way", "mode"),
    [
        (by_password, SignupMode.OPTIN),
        (by_page, SignupMode.OPTIN),
        (by_mailed_link, SignupMode.OPTIN),
        (by_sign_up, SignupMode.IMMEDIATE),
    ],
)
def test_every_way_to_sign_in_takes_the_cart_along(make_shop: ShopMaker, way: Way, mode: SignupMode) -> None:
    shop = make_shop(SandboxSettings(signup=mode), services=services_that_merge, EMPORIX_SIGNUP=mode.value)
    browser = shop.browser()
    carts = with_apples(shop, browser)
    email = way(shop, browser)
    assert browser.session()["customer"]["email"] == email
    assert carts.asked == list(STEPS)
    assert in_the_cart_of(shop, carts, email) == ["apples"]


def test_social_sign_in_takes_the_cart_along(make_shop: ShopMaker) -> None:
    social = make_shop.with_provider(services=services_that_merge)
    traveller = Traveller(social)
    carts = with_apples(social.shop, traveller.browser)
    traveller.sign_in(JANE.subject)
    assert traveller.who == B2C_EMAIL
    assert carts.asked == list(STEPS)
    assert in_the_cart_of(social.shop, carts, B2C_EMAIL) == ["apples"]


@pytest.mark.parametrize("step", STEPS)
def test_visitor_is_not_told_that_it_failed_and_finds_the_cart_later(
    make_shop: ShopMaker, clock: FakeClock, step: str
) -> None:
    shop = make_shop(clock=clock, services=services_that_merge)
    browser = shop.browser()
    carts = with_apples(shop, browser)
    carts.fail(step, answers(500))
    shown = browser.sign_in()
    assert (shown["state"], shown["customer"]["email"]) == ("authenticated", B2C_EMAIL)
    cart = browser.get("/api/cart/carts?siteCode=main")
    assert (cart.status_code, [item["id"] for item in cart.get_json()["items"]]) == (200, ["apples"])
    assert "cart" not in json.dumps(browser.session())


def test_file_says_that_carts_are_merged_and_whose(make_shop: ShopMaker, tmp_path: Path) -> None:
    file = written(tmp_path, 'format = 1\nsets = ["cart"]\n[sign_in]\nmerge_carts = true\n')
    shop = make_shop(BFF_STOREFRONT=str(file), EMPORIX_SITE="main")
    browser = shop.browser()
    carts = with_apples(shop, browser)
    browser.sign_in()
    assert in_the_cart_of(shop, carts, B2C_EMAIL) == ["apples"]
    cart = browser.get("/api/cart/carts?siteCode=main")
    assert [item["id"] for item in cart.get_json()["items"]] == ["apples"]


def test_nothing_of_the_merge_can_be_asked_for(make_shop: ShopMaker) -> None:
    shop = make_shop(services=services_that_merge)
    browser = shop.signed_in()
    carts = Carts(shop.sandbox)
    assert browser.get("/api/cart/carts?siteCode=main&create=true").status_code == 400
    assert browser.post("/api/cart/carts/cart-1/merge", json={"carts": ["cart-2"]}).status_code == 404
    assert carts.asked == []
