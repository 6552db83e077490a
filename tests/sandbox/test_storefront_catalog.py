"""Catalog, prices, places: what is for sale, in which language, at which price and where."""

from __future__ import annotations

from typing import Any

import pytest

from bff.sandbox.storefront.categories import CATEGORIES
from bff.sandbox.storefront.goods import PRODUCTS
from tests.support.sandbox.sandbox_driver import Driver, error_fields
from tests.support.sandbox.storefront_driver import AMERICA, EUROPE, Shopper, company_customer, customer, guest

PRODUCTS_PATH = "/product/{tenant}/products"


def ids(documents: list[dict[str, Any]]) -> set[str]:
    return {one["id"] for one in documents}


def match(shopper: Shopper, *products: str, quantity: float = 1) -> list[dict[str, Any]]:
    items = [{"itemId": {"itemType": "PRODUCT", "id": one}, "quantity": {"quantity": quantity}} for one in products]
    found = shopper.done("POST", "/price/{tenant}/match-prices-by-context", json={"items": items})
    return list(found)


def test_there_are_a_dozen_products_and_more(driver: Driver) -> None:
    assert 12 <= len(guest(driver).get(PRODUCTS_PATH)) <= 20


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (None, {"en": "Blue cup", "de": "Blaue Tasse"}),
        ("*", {"en": "Blue cup", "de": "Blaue Tasse"}),
        ("de", "Blaue Tasse"),
        ("de-AT,de;q=0.9,en;q=0.5", "Blaue Tasse"),
        ("en", "Blue cup"),
        ("fr", "Blue cup"),
    ],
)
def test_language_decides_the_shape_of_texts(driver: Driver, asked: str | None, name: object) -> None:
    shopper = guest(driver)
    headers = {"Accept-Language": asked}
    assert shopper.get(f"{PRODUCTS_PATH}/cup-blue", headers=headers)["name"] == name
    listed = shopper.get(PRODUCTS_PATH, headers=headers)
    assert name in [one["name"] for one in listed]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/category/{tenant}/categories/tea", "localizedName"),
        ("/category/{tenant}/categories", "localizedName"),
        ("/catalog/{tenant}/catalogs/assortment", "name"),
        ("/brand/brands/kiln-nine", "localizedDescription"),
        ("/label/labels", "name"),
        ("/country/{tenant}/countries/DE", "name"),
        ("/country/{tenant}/regions", "name"),
        ("/currency/{tenant}/currencies", "name"),
        ("/shipping/{tenant}/main/zones", "name"),
        ("/fee/{tenant}/fees", "name"),
    ],
)
def test_other_services_keep_to_that(driver: Driver, path: str, field: str) -> None:
    shopper = guest(driver)
    for asked, kind in (("*", dict), ("de", str)):
        answer = shopper.get(path, headers={"Accept-Language": asked})
        document = answer[0] if isinstance(answer, list) else answer
        assert isinstance(document[field], kind)


def test_pictures_need_no_other_host(driver: Driver) -> None:
    media = [one for product in guest(driver).get(PRODUCTS_PATH) for one in product["media"]]
    assert media
    assert all(one["url"].startswith("data:image/svg+xml;base64,") for one in media)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("code:CUP-BLUE", {"cup-blue"}),
        ("id:(cup-blue OR cup-white)", {"cup-blue", "cup-white"}),
        ("name.de:~tasse", {"cup-blue", "cup-white"}),
        ("labelIds:new brandId:kiln-nine", {"teapot", "kettle"}),
        ("tasse", {"cup-blue", "cup-white"}),
        ("code:NOTHING", set()),
    ],
)
def test_products_are_searched(driver: Driver, q: str, found: set[str]) -> None:
    shopper = guest(driver)
    assert ids(shopper.get(PRODUCTS_PATH, params={"q": q})) == found
    assert ids(shopper.done("POST", f"{PRODUCTS_PATH}/search", json={"q": q})) == found


def test_list_is_sorted_and_paged_and_counts_only_when_asked(driver: Driver) -> None:
    shopper = guest(driver)
    params: dict[str, str] = {"sort": "name.en:desc", "pageSize": "4", "pageNumber": "2", "fields": "name"}
    reply = shopper.call("GET", PRODUCTS_PATH, params=params)
    assert "X-Total-Count" not in reply.headers
    names = [one["name"]["en"] for one in reply.json()]
    everything = [one["name"]["en"] for one in shopper.get(PRODUCTS_PATH, params={"sort": "name.en:desc"})]
    assert everything == sorted(everything, key=str.casefold, reverse=True)
    assert names == everything[4:8]
    assert set(reply.json()[0]) == {"id", "name"}
    counted = shopper.call("GET", PRODUCTS_PATH, params=params, headers={"X-Total-Count": "true"})
    assert counted.headers["X-Total-Count"] == str(len(everything))


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "9" * 5000])
@pytest.mark.parametrize("name", ["pageNumber", "pageSize"])
def test_odd_page_is_refused(driver: Driver, name: str, value: str) -> None:
    reply = guest(driver).call("GET", PRODUCTS_PATH, params={name: value})
    assert reply.status_code == 400
    assert error_fields(reply) == [name]


def test_some_products_are_for_companies(driver: Driver) -> None:
    for shopper in (guest(driver), customer(driver)):
        assert "cup-crate" not in ids(shopper.get(PRODUCTS_PATH))
        assert shopper.call("GET", f"{PRODUCTS_PATH}/cup-crate").status_code == 404
    assert "cup-crate" in ids(company_customer(driver).get(PRODUCTS_PATH))


def test_categories_hang_together(driver: Driver) -> None:
    shopper, own = guest(driver), "/category/{tenant}/categories"
    assert ids(shopper.get(own)) == set(CATEGORIES)
    assert ids(shopper.get(own, params={"showRoots": "true"})) == {"drinks", "ware"}
    assert ids(shopper.get(f"{own}/tea/parents")) == {"drinks"}
    assert ids(shopper.get(f"{own}/ware/subcategories")) == {"cups", "pots"}
    assert ids(shopper.done("POST", f"{own}/search", json={"q": "id:tea"})) == {"tea"}
    direct = shopper.get(f"{own}/drinks/assignments")
    below = shopper.get(f"{own}/drinks/assignments", params={"withSubcategories": "true"})
    assert direct == []
    assert {one["ref"]["id"] for one in below} == {
        one.id for one in PRODUCTS.values() if one.category in {"tea", "coffee"}
    }
    assert ids(shopper.get("/category/{tenant}/assignments/references/teapot")) == {"pots"}
    tree = shopper.get("/category/{tenant}/category-trees/ware")
    assert ids(tree["subcategories"]) == {"cups", "pots"}
    assert ids(shopper.get("/category/{tenant}/category-trees")) == {"drinks", "ware"}
    wanted = {"categoryIds": ["tea"]}
    assert ids(shopper.done("POST", "/category/{tenant}/category-trees/search", json=wanted)) == {"tea"}
    assert shopper.call("GET", f"{own}/nothing").status_code == 404


def test_catalogs_brands_and_labels_are_read(driver: Driver) -> None:
    shopper = guest(driver)
    assert ids(shopper.get("/catalog/{tenant}/catalogs")) == {"assortment", "drinks-only"}
    assert ids(shopper.get("/catalog/{tenant}/catalogs/categories/tea")) == {"assortment", "drinks-only"}
    assert ids(shopper.get("/catalog/{tenant}/catalogs/categories/pots")) == {"assortment"}
    assert ids(shopper.get("/brand/brands")) == {"kiln-nine", "morning-post"}
    assert shopper.get("/label/labels/new")["overlay"]["isTrue"] is True
    for path in ("/catalog/{tenant}/catalogs/x", "/brand/brands/x", "/label/labels/x"):
        assert shopper.call("GET", path).status_code == 404


def test_availability_is_by_product_and_site(driver: Driver) -> None:
    shopper, own = guest(driver), "/availability/{tenant}/availability"
    assert shopper.get(f"{own}/kettle/main")["stockLevel"] == 4
    assert shopper.get(f"{own}/kettle/us")["available"] is False
    found = shopper.done("POST", f"{own}/search", params={"site": "main"}, json=["kettle", "nothing", "assam"])
    assert [one["productId"] for one in found] == ["kettle", "assam"]
    assert len(shopper.done("POST", f"{own}/search", json={"q": "available:true"})) == len(PRODUCTS) - 1
    assert len(shopper.get(f"{own}/site/main")) == len(PRODUCTS)
    assert shopper.call("GET", f"{own}/nothing/main").status_code == 404
    assert shopper.call("POST", f"{own}/search", json="kettle").status_code == 400


def test_prices_hang_on_what_the_session_has_wished_for(driver: Driver) -> None:
    europe, america = guest(driver, **EUROPE), guest(driver, **AMERICA)
    (price,) = match(europe, "teapot", quantity=2)
    assert (price["effectiveValue"], price["totalValue"], price["currency"]) == (59.0, 118.0, "EUR")
    assert price["tax"]["prices"]["totalValue"] == {"netValue": 99.16, "grossValue": 118.0, "taxValue": 18.84}
    (price,) = match(america, "teapot")
    assert (price["effectiveValue"], price["currency"], price["includesTax"]) == (65.0, "USD", False)
    assert [one["itemRef"]["id"] for one in match(america, "dripper", "mint", "nothing")] == ["mint"]


@pytest.mark.parametrize("missing", ["siteCode", "currency", "targetLocation"])
def test_incomplete_context_has_no_prices(driver: Driver, missing: str) -> None:
    wishes = {name: value for name, value in EUROPE.items() if name != missing}
    assert match(guest(driver, **wishes), "teapot") == []
    assert match(guest(driver, **wishes, **{missing: "XX"}), "teapot") == []


def test_wishes_outlive_a_refresh_and_a_sign_in(driver: Driver) -> None:
    assert len(match(customer(driver), "teapot")) == 1
    first = driver.anonymous_reply(**EUROPE).json()
    fresh = driver.anonymous_refresh(refresh_token=first["refresh_token"]).json()
    shopper = Shopper(driver=driver, bearer=fresh["access_token"], session_id=fresh["sessionId"])
    assert len(match(shopper, "teapot")) == 1


def test_companies_pay_less(driver: Driver) -> None:
    (private,), (company,) = match(customer(driver), "teapot"), match(company_customer(driver), "teapot")
    assert company["effectiveValue"] == round(private["effectiveValue"] * 0.9, 2)


@pytest.mark.parametrize("quantity", [0, -1, "1", True, None])
def test_odd_quantity_is_refused(driver: Driver, quantity: object) -> None:
    items = [{"itemId": {"itemType": "PRODUCT", "id": "mint"}, "quantity": {"quantity": quantity}}]
    reply = guest(driver, **EUROPE).call("POST", "/price/{tenant}/match-prices-by-context", json={"items": items})
    assert reply.status_code == 400


def test_sites_say_their_total_by_a_header_of_their_own(driver: Driver) -> None:
    shopper = guest(driver)
    plain = shopper.call("GET", "/site/{tenant}/sites", headers={"X-Total-Count": "true"})
    assert [one["code"] for one in plain.json()] == ["main", "us"]
    assert {"X-Count", "X-Total-Count"}.isdisjoint(plain.headers)
    counted = shopper.call("GET", "/site/{tenant}/sites", params={"totalCount": "true"})
    assert counted.headers["X-Count"] == "2"
    assert {one["currency"] for one in plain.json()} == {"EUR", "USD"}
    assert shopper.get("/site/{tenant}/sites/us")["shipToCountries"] == ["US"]


def test_places_are_read(driver: Driver) -> None:
    shopper = guest(driver)
    assert {one["code"] for one in shopper.get("/country/{tenant}/countries")} == {"DE", "AT", "CH", "PL", "US"}
    assert [one["code"] for one in shopper.get("/country/{tenant}/countries", params={"regions": "AMERICA"})] == ["US"]
    assert len(shopper.get("/country/{tenant}/regions")) == 2
    assert {one["code"] for one in shopper.get("/currency/{tenant}/currencies")} == {"EUR", "CHF", "USD"}
    for path in ("/site/{tenant}/sites/x", "/country/{tenant}/countries/XX"):
        assert shopper.call("GET", path).status_code == 404
