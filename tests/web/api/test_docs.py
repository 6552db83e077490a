"""`GET /api/docs`: where it is switched on, all of the description on a page that is light and nobody's own."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bff.web.api.description.document import describe
from bff.web.assets import asset_folder
from tests.support.driven_routes import READING
from tests.support.footprint import footprint
from tests.support.shop import Shop, ShopMaker
from tests.support.storefront import every_set, written

PATH = "/api/docs"
MOST_BYTES = 100_000
OWN_FILES = {"api-docs.css", "api-docs.js"}
ON: dict[str, Any] = {"BFF_API_DOCS": "on"}


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def each(self, name: str) -> list[str]:
        """Return the values of an attribute."""
        return [value or "" for _, attributes in self.found for key, value in attributes.items() if key == name]


@pytest.fixture
def shop(make_shop: ShopMaker) -> Shop:
    return make_shop(**ON)


@pytest.fixture
def answer(shop: Shop) -> TestResponse:
    return shop.browser().get(PATH)


@pytest.fixture
def page(answer: TestResponse) -> str:
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def loaded(elements: Elements) -> list[str]:
    return [value for value in (*elements.each("src"), *elements.each("href")) if value.startswith("/static/")]


def test_page_is_not_there_unless_it_is_switched_on(make_shop: ShopMaker) -> None:
    shop = make_shop()
    answer = shop.browser().get(PATH)
    assert (answer.status_code, answer.get_json()["type"]) == (404, "feature_disabled")
    assert shop.browser().get("/api/openapi.json").status_code == 200


def test_every_route_shape_and_error_of_the_description_is_on_the_page(shop: Shop, page: str) -> None:
    document = describe(shop.settings, shop.services.operations)
    ids = Elements(page).each("id")
    assert len(ids) == len(set(ids))
    operations = [one for item in document["paths"].values() for one in item.values()]
    assert {one["operationId"] for one in operations} < set(ids)
    assert {f"error-{name}" for name in document["components"]["examples"]} < set(ids)
    shapes = {name for name in document["components"]["schemas"] if not name.endswith("Nullable")}
    assert {f"shape-{name}" for name in shapes} < set(ids)
    text = page.replace("<wbr>", "")
    for path in document["paths"]:
        assert f'<code class="path" translate="no">{path}</code>' in text


def test_every_anchor_that_is_linked_is_there(page: str) -> None:
    elements = Elements(page)
    linked = {href[1:] for href in elements.each("href") if href.startswith("#")}
    assert len(linked) > 50
    assert linked <= set(elements.each("id"))
    assert {*elements.each("for"), *elements.each("aria-labelledby")} <= set(elements.each("id"))


def test_policy_of_pages_holds_and_nothing_of_the_page_goes_against_it(shop: Shop, answer: TestResponse) -> None:
    assert answer.headers["Content-Security-Policy"] == shop.browser().get("/").headers["Content-Security-Policy"]
    elements = Elements(answer.get_data(as_text=True))
    names = {name for _, attributes in elements.found for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert "style" not in {tag for tag, _ in elements.found}
    assert all("src" in attributes for tag, attributes in elements.found if tag == "script")
    assert all(value.startswith(("/", "#")) for value in (*elements.each("src"), *elements.each("href")))


def test_page_is_the_same_for_everybody_and_makes_nothing(shop: Shop, page: str) -> None:
    before = footprint(shop)
    newcomer = shop.browser()
    assert newcomer.get(PATH).get_data(as_text=True) == page
    assert newcomer.cookie is None
    assert footprint(shop) == before
    assert shop.signed_in().get(PATH).get_data(as_text=True) == page


def zipped_bytes(shop: Shop, page: str) -> dict[str, TestResponse]:
    paths = [PATH, *loaded(Elements(page))]
    zipped = {path: shop.browser().get(path, headers={"Accept-Encoding": "gzip"}) for path in paths}
    assert all(answer.status_code == 200 for answer in zipped.values())
    sizes = {path: len(answer.get_data()) for path, answer in zipped.items()}
    assert sum(sizes.values()) < MOST_BYTES, sizes
    return zipped


def test_page_with_all_that_it_loads_is_light(shop: Shop, page: str) -> None:
    zipped = zipped_bytes(shop, page)
    assert len(zipped) == 6
    assert zipped[PATH].headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped[PATH].headers["Vary"]
    assert gzip.decompress(zipped[PATH].get_data()).decode() == page


def test_page_is_light_with_every_shipped_set_too(make_shop: ShopMaker, tmp_path: Path) -> None:
    shop = make_shop(**ON, BFF_STOREFRONT=str(written(tmp_path, every_set())))
    page = shop.browser().get(PATH).get_data(as_text=True)
    assert {'id="cartItemAdd"', 'id="checkoutOrder"'} <= set(re.findall(r'id="\w+"', page))
    zipped_bytes(shop, page)


def test_no_other_page_loads_what_is_for_this_one(shop: Shop, page: str) -> None:
    assert {path.rpartition("/")[2].partition("?")[0] for path in loaded(Elements(page))} >= OWN_FILES
    assert all((asset_folder("static") / name).is_file() for name in OWN_FILES)
    visitors = (shop.browser(), shop.signed_in())
    for path in READING.values():
        if path not in (PATH, "/api/openapi.json"):
            for visitor in visitors:
                assert "api-docs" not in visitor.get(path).get_data(as_text=True), path


def test_words_around_are_in_the_readers_language_and_the_descriptions_are_marked_as_english(shop: Shop) -> None:
    german = shop.browser().get(PATH, headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert '<html lang="de">' in german
    assert "JSON-Routen" in german
    assert re.search(r'<h3 id="login" lang="en"><a [^>]*>Sign in', german)
    english = shop.browser().get(PATH).get_data(as_text=True)
    assert '<html lang="en">' in english
    assert "JSON-Routen" not in english


@pytest.mark.parametrize("query", ["?x=1", "?_=1&_=2&y="])
def test_unknown_parameter_is_refused(shop: Shop, query: str) -> None:
    assert shop.browser().get(PATH + query).status_code == 400


def test_other_site_may_not_read_it(shop: Shop) -> None:
    answer = shop.browser().get(PATH, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.get_json()["type"]) == (403, "forbidden")


def test_features_that_are_off_are_not_described(make_shop: ShopMaker) -> None:
    page = make_shop(**ON, BFF_ACCOUNT_DELETION="off").browser().get(PATH).get_data(as_text=True)
    assert 'id="deleteMe"' not in page
    assert 'id="addLogin"' in page
