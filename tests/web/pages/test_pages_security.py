"""The page from which e-mail, password and devices are reached, and what the navigation says of where one is."""

from __future__ import annotations

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from tests.support.footprint import footprint
from tests.support.pages import customer, visitor
from tests.support.shop import Shop

PAGE = "/account/security"


def main_of(text: str) -> str:
    return text.partition("<main")[2].partition("</main>")[0].replace("<wbr>", "")


def test_it_shows_the_sign_in_e_mail_and_leads_to_what_can_be_changed(shop: Shop) -> None:
    page = customer(shop).get(PAGE)
    main = main_of(page.text)
    assert B2C_EMAIL in main
    assert "Signed in on 1 device<" in main
    for path in ("/account/email", "/account/password", "/account/sessions", "/account/delete"):
        assert f'href="{path}"' in main


def test_it_counts_every_device(shop: Shop) -> None:
    customer(shop)
    assert "Signed in on 2 devices<" in customer(shop).get(PAGE).text


def test_it_asks_nothing_of_upstream(shop: Shop) -> None:
    somebody = customer(shop)
    before = footprint(shop).calls
    somebody.get(PAGE)
    assert somebody.status == 200
    assert footprint(shop).calls == before


def test_it_is_for_whom_is_signed_in(shop: Shop) -> None:
    guest = visitor(shop)
    guest.get(PAGE)
    assert guest.status == 303
    assert guest.location == f"/login?next={PAGE}"


@pytest.mark.parametrize("path", ["/account/email", "/account/password", "/account/sessions", "/account/delete"])
def test_navigation_tells_that_a_page_belongs_to_security(shop: Shop, path: str) -> None:
    text = customer(shop).get(path).text
    assert f'<a href="{PAGE}" aria-current="true">' in text
    assert text.partition("<main")[0].count("aria-current=") == 1


def test_navigation_tells_that_it_is_the_present_page(shop: Shop) -> None:
    assert f'<a href="{PAGE}" aria-current="page">' in customer(shop).get(PAGE).text
