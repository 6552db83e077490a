"""What a page that failed offers: the same once more, help, and no riddle; and how success is announced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD
from bff.sandbox.faults import CannedResponse, Fault
from tests.support.pages import Page, customer, visitor
from tests.support.shop import Shop, ShopMaker

HELP = "https://www.example.com/help"
AGAIN = ">Try again</a>"


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that a test may hurt."""
    with EmbeddedRedis() as server:
        yield server


def again(page: Page) -> str | None:
    """Return where 'Try again' leads to."""
    found = [part.rpartition('href="')[2].partition('"')[0] for part in page.text.split(AGAIN)[:-1]]
    return found[0] if found else None


@pytest.mark.parametrize("path", ["/account", "/account?change=name", "/account/addresses"])
@pytest.mark.parametrize(("status", "told"), [(500, 502), (503, 503), (429, 429)])
def test_page_that_cannot_be_shown_leads_to_itself(shop: Shop, path: str, status: int, told: int) -> None:
    somebody = customer(shop)
    for operation in ("get_me", "list_addresses"):
        shop.sandbox.faults.add(operation, Fault(answer=CannedResponse(status=status, body=b"")))
    page = somebody.get(path)
    assert (somebody.status, page.title[:6]) == (told, "Error:")
    # An empty link is the address that is open, query and all.
    assert again(page) == ("" if "?" in path else path)
    shop.sandbox.faults.clear()
    assert somebody.get(again(page) or path).heading != page.heading


def test_mailed_token_and_code_do_not_get_into_the_page_that_failed(
    make_shop: ShopMaker, own_redis: EmbeddedRedis
) -> None:
    shop = make_shop.with_provider(REDIS_URL=own_redis.url).shop
    somebody = customer(shop)
    own_redis.kill()
    for path in ("/account/delete/confirm?token=canary", "/login/callback?code=canary&state=canary"):
        page = somebody.get(path)
        assert somebody.status == 503, path
        assert again(page) == ""
        assert "canary" not in page.text


@pytest.mark.parametrize("path", ["/nothing", "/account/addresses/none"])
def test_page_that_is_not_there_is_not_tried_again(shop: Shop, path: str) -> None:
    somebody = customer(shop)
    page = somebody.get(path)
    assert (somebody.status, again(page)) == (404, None)
    assert "/account" in page.links


def test_form_of_another_customer_leads_to_a_fresh_one(shop: Shop) -> None:
    values = customer(shop).get("/account?change=phone").form("/account").values
    john = customer(shop, B2B_EMAIL, B2B_PASSWORD)
    page = john.post("/account", {**values, "contactPhone": "1"})
    assert (john.status, page.heading, again(page)) == (403, "This could not be accepted", "/account")


def test_help_is_offered_where_the_shop_has_some(make_shop: ShopMaker) -> None:
    with_help, without = make_shop(BFF_HELP_URL=HELP), make_shop()
    page = visitor(with_help).get("/nothing")
    assert page.words.count("Help and contact") == 1
    assert HELP in page.links
    assert "Help and contact" not in visitor(without).get("/nothing").words


def test_success_is_told_by_title_and_focus_and_gone_on_the_next_page(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/account?change=phone")
    somebody.send("/account", contactPhone="555")
    page = somebody.follow()
    assert page.title.startswith("Done: Your profile")
    assert page.text.count("autofocus") == 1
    page = somebody.get("/account")
    assert not page.title.startswith("Done")
    assert "autofocus" not in page.text


def test_error_goes_before_success_in_the_title(shop: Shop) -> None:
    somebody = customer(shop)
    somebody.get("/account?change=phone")
    somebody.send("/account", contactPhone="555")
    somebody.get("/account/email?again")
    somebody.get("/account?change=name")
    page = somebody.send("/account", firstName="")
    assert page.title.startswith("Error: Change your name")
    assert page.text.count("autofocus") == 1
