"""Lists in a request's header fields are read as far as a browser makes them; longer ones cost nothing."""

from __future__ import annotations

import pytest

from bff.web.middleware.lists import LONGEST_CHARACTERS
from tests.support.pages import Page
from tests.support.shop import Shop


def of_length(characters: int) -> str:
    return "de".ljust(characters, ",")


def language_of(shop: Shop, languages: str) -> str | None:
    answer = shop.browser().get("/", headers={"Accept-Language": languages})
    assert answer.status_code == 200
    return Page(answer.get_data(as_text=True)).language


def test_list_of_the_longest_length_is_read_and_one_character_more_is_not(shop: Shop) -> None:
    assert language_of(shop, of_length(LONGEST_CHARACTERS)) == "de"
    assert language_of(shop, of_length(LONGEST_CHARACTERS + 1)) == "en"


@pytest.mark.parametrize("name", ["Accept", "Accept-Charset", "Accept-Encoding", "If-None-Match", "Range"])
@pytest.mark.parametrize("path", ["/static/site.css", "/login", "/api/session", "/nowhere"])
def test_what_may_be_ignored_is_ignored_where_it_is_longer(shop: Shop, name: str, path: str) -> None:
    plain = shop.browser().get(path)
    answer = shop.browser().get(path, headers={name: "*;q=0," * LONGEST_CHARACTERS})
    assert answer.status_code == plain.status_code
    assert answer.headers.get("Content-Encoding") == plain.headers.get("Content-Encoding")


def test_if_match_that_is_too_long_stops_the_write(shop: Shop) -> None:
    customer = shop.signed_in()
    shop.sandbox.recorder.clear()
    answer = customer.patch("/api/me", json={"company": "One"}, headers={"If-Match": '"1",' * LONGEST_CHARACTERS})
    assert (answer.status_code, answer.get_json()["details"][0]["field"]) == (400, "If-Match")
    assert len(shop.sandbox.recorder) == 0
