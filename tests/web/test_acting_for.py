"""A customer with companies sees on every page for whom they act, at no cost, and never what was true before."""

from __future__ import annotations

import re

import pytest

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES
from tests.support.footprint import footprint
from tests.support.pages import Page, PageBrowser, customer
from tests.support.shop import Shop

TRADING, LOGISTICS = LEGAL_ENTITIES
PAGES = ("/", "/account", "/account/addresses", "/account/security", "/account/company", "/login")


def told(page: Page) -> str | None:
    """Return for whom the header says that the customer acts; None: it says nothing of it."""
    header = page.text.partition("<header")[2].partition("</header>")[0]
    found = re.search(r"<p>([^<]*?)<span class=\"change\"> · <a href=\"/account/company\">", header)
    return found[1] if found else None


@pytest.fixture
def john(shop: Shop) -> PageBrowser:
    return customer(shop, B2B_EMAIL, B2B_PASSWORD)


def choose(john: PageBrowser, id: str) -> None:
    john.get("/account/company")
    john.send("/account/company", legalEntityId=id)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_for_whom_one_acts(john: PageBrowser, path: str) -> None:
    assert told(john.get(path)) == "Just for myself"
    choose(john, LOGISTICS.id)
    assert told(john.get(path)) == LOGISTICS.name


def test_switch_shows_at_once_and_on_every_page_after(john: PageBrowser) -> None:
    for id, name in ((LOGISTICS.id, LOGISTICS.name), (TRADING.id, TRADING.name), ("", "Just for myself")):
        choose(john, id)
        assert told(john.follow()) == name
        assert told(john.get("/account/security")) == name
        assert f"<dd>{name}</dd>" in john.get("/account").text


def test_switch_by_json_shows_on_the_next_page(john: PageBrowser) -> None:
    john.browser.session()
    assert john.browser.post("/api/session/refresh", json={"legalEntityId": TRADING.id}).status_code == 200
    assert told(john.get("/account/security")) == TRADING.name


def test_it_costs_no_call_of_upstream(shop: Shop, john: PageBrowser) -> None:
    before = footprint(shop).calls
    assert told(john.get("/account/security")) == "Just for myself"
    assert footprint(shop).calls == before


def test_name_follows_the_profile_when_that_is_read(shop: Shop, john: PageBrowser) -> None:
    choose(john, LOGISTICS.id)
    stored = next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2B_EMAIL)
    stored.legal_entities = tuple(
        type(one)(id=one.id, name=f"New {one.name}", contact_assignment_id=one.contact_assignment_id)
        for one in LEGAL_ENTITIES
    )
    assert told(john.get("/account/security")) == LOGISTICS.name
    assert told(john.get("/account")) == f"New {LOGISTICS.name}"
    assert told(john.get("/account/security")) == f"New {LOGISTICS.name}"


def test_company_that_the_profile_no_longer_names_is_told_by_its_id_and_can_be_left(
    shop: Shop, john: PageBrowser
) -> None:
    choose(john, LOGISTICS.id)
    stored = next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2B_EMAIL)
    stored.legal_entities = ()
    assert told(john.get("/account")) == LOGISTICS.id
    choose(john, "")
    assert told(john.follow()) is None


def test_customer_without_a_company_is_told_nothing(shop: Shop) -> None:
    assert told(customer(shop).get("/account")) is None


def test_page_that_is_kept_for_customers_tells_nobody_anothers_company(shop: Shop) -> None:
    first, second = (customer(shop, B2B_EMAIL, B2B_PASSWORD) for _ in range(2))
    choose(first, LOGISTICS.id)
    first.follow()
    for _ in range(2):
        assert told(first.get("/login")) == LOGISTICS.name
        assert told(second.get("/login")) == "Just for myself"
        assert told(customer(shop).get("/login")) is None


def test_who_has_no_company_is_told_so(shop: Shop) -> None:
    page = customer(shop).get("/account/company")
    assert "Your account belongs to no company." in page.words
    assert [form.action for form in page.forms if form.action == "/account/company"] == []
