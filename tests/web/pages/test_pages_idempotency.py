"""A page sent twice does once what it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bff.web.pages.idempotency import release_key, use_key
from bff.web.pages.visit import Visit
from bff.web.session_interface import browser_session
from tests.support.pages import customer
from tests.support.shop import Shop


@contextmanager
def visit_of(shop: Shop) -> Iterator[Visit]:
    somebody = customer(shop)
    headers = {"Cookie": f"{somebody.browser.cookie_name}={somebody.browser.cookie}"}
    with shop.app.test_request_context(method="POST", base_url=somebody.browser.base_url, headers=headers):
        yield Visit(services=shop.services, browser=browser_session(), path_values={})


def test_first_time_counts_and_the_second_does_not(shop: Shop) -> None:
    with visit_of(shop) as visit:
        assert [use_key(visit, "one"), use_key(visit, "one"), use_key(visit, "two")] == [True, False, True]


def test_page_without_an_id_is_always_the_first(shop: Shop) -> None:
    with visit_of(shop) as visit:
        assert [use_key(visit, ""), use_key(visit, ""), use_key(visit, None)] == [True] * 3


def test_claim_that_was_taken_back_can_be_made_again(shop: Shop) -> None:
    with visit_of(shop) as visit:
        use_key(visit, "one")
        use_key(visit, "two")
        release_key(visit, "one")
        assert [use_key(visit, "one"), use_key(visit, "two")] == [True, False]


def test_taking_back_what_nobody_claimed_does_nothing(shop: Shop) -> None:
    with visit_of(shop) as visit:
        release_key(visit, "one")
        assert use_key(visit, "one")


def test_session_keeps_few_and_short_ids(shop: Shop) -> None:
    with visit_of(shop) as visit:
        for number in range(30):
            use_key(visit, f"id {number}")
        use_key(visit, "x" * 10_000)
        assert visit.session.web.data["sent"] == [f"id {number}" for number in range(20, 30)]
        assert use_key(visit, "x" * 10_000), "an id that is none of ours is not kept"
