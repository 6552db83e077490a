"""Addresses as people of many countries write them: typed, saved, read back, and laid out as the post does."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from redis import Redis

from bff.account.profile import AddressTexts
from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2C_EMAIL
from bff.web.forms.choices import countries
from tests.support.pages import PageBrowser, customer
from tests.support.postal_addresses import INSTITUTIONS, Institution
from tests.support.shop import Shop, ShopMaker

BOOK = "/account/addresses"
NEW = f"{BOOK}/new"
EVERY = tuple(AddressTexts().by_property())


@pytest.fixture(scope="module")
def shop(redis_server: EmbeddedRedis) -> Iterator[Shop]:
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        client.flushall()
        yield maker(BFF_RATE_LIMIT_API="off")


@pytest.fixture(scope="module")
def somebody(shop: Shop) -> PageBrowser:
    return customer(shop)


def shown(text: str) -> list[str]:
    """Return the lines of the one address that the book shows."""
    (block,) = re.findall(r"<address[^>]*>(.*?)</address>", text, re.DOTALL)
    parts = [re.sub(r"<[^>]+>", "", part).strip() for part in block.split("<br>")]
    return [html.unescape(part) for part in parts]


def test_they_are_many_and_of_many_countries() -> None:
    assert len(INSTITUTIONS) >= 30
    assert len({one.typed["country"] for one in INSTITUTIONS}) == 15


@pytest.mark.parametrize("one", INSTITUTIONS, ids=lambda one: f"{one.typed['country']} {one.typed['contactName']}")
def test_address_comes_back_whole_and_laid_out_as_its_post_does(
    shop: Shop, somebody: PageBrowser, one: Institution
) -> None:
    jane = next(each for each in shop.sandbox.state.customers.values() if each.account_email == B2C_EMAIL)
    jane.addresses.clear()
    form = somebody.get(NEW).form(NEW)
    page = somebody.post(NEW, {**form.filled({"country": one.typed["country"]}), "changeCountry": "y"})
    page = somebody.send(NEW, **one.typed)
    assert (somebody.status, [page.error(name) for name in one.typed]) == (303, [None] * len(one.typed))
    (stored,) = jane.addresses.values()
    assert {name: stored[name] for name in EVERY if stored.get(name)} == one.typed
    path = f"{BOOK}/{stored['id']}"
    values = somebody.get(path).form(path).values
    assert {name: values[name] for name in EVERY if values[name]} == one.typed
    assert "anyway" not in somebody.page.form(path).fields
    page = somebody.get(BOOK)
    assert shown(page.text) == [*one.lines, dict(countries("en"))[one.typed["country"]]]
    assert "Something seems to be missing." not in page.words
