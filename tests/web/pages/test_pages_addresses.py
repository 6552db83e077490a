"""The address book."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bff.sandbox.demo_customers import B2C_EMAIL
from bff.sandbox.faults import CannedResponse, Fault
from bff.sandbox.state import Customer
from tests.support.fakes.answers import html
from tests.support.fakes.upstream import at_once
from tests.support.pages import TO_ULM, Page, PageBrowser, customer
from tests.support.shop import Shop, ShopMaker

BOOK = "/account/addresses"
NEW = f"{BOOK}/new"


@pytest.fixture
def somebody(shop: Shop) -> PageBrowser:
    return customer(shop)


def jane(shop: Shop) -> Customer:
    return next(one for one in shop.sandbox.state.customers.values() if one.account_email == B2C_EMAIL)


def stored(shop: Shop, town: str) -> dict[str, Any]:
    (found,) = [one for one in jane(shop).addresses.values() if one.get("city") == town]
    return dict(found)


def path_of(shop: Shop, town: str) -> str:
    return f"{BOOK}/{stored(shop, town)['id']}"


def last_body(shop: Shop, operation: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(shop.sandbox.recorder.of(operation)[-1].body)
    return body


def test_book_shows_all_with_names_of_countries(somebody: PageBrowser) -> None:
    page = somebody.get(BOOK)
    for word in ("Platz der Republik 1", "Krakow", "Germany", "Poland", "Default", "For invoices", "For deliveries"):
        assert word in page.words


@pytest.mark.parametrize("id", ["a%0d%0aX:%20y", "%00", "..%2f", "%C3%A4", "a" * 65, "a.b"])
@pytest.mark.parametrize("page", ["", "/delete", "/default", "/tags"])
def test_id_that_no_address_has_is_not_found(shop: Shop, somebody: PageBrowser, id: str, page: str) -> None:
    shop.sandbox.recorder.clear()
    csrf = somebody.get(NEW).form(NEW).values["csrf_token"]
    somebody.get(f"{BOOK}/{id}{page}")
    assert somebody.status == 404
    somebody.post(f"{BOOK}/{id}{page}", {"csrf_token": csrf, "owner": "another"})
    assert somebody.status == 404
    assert len(shop.sandbox.recorder) == 0


def test_empty_book_says_so(shop: Shop, somebody: PageBrowser) -> None:
    jane(shop).addresses.clear()
    page = somebody.get(BOOK)
    assert "You have no saved addresses." in page.words
    assert NEW in page.links


def test_address_is_added_with_what_was_entered(shop: Shop, somebody: PageBrowser) -> None:
    somebody.get(NEW)
    somebody.send(NEW, **{**TO_ULM, "contactName": " Jane Doe "}, billing=False, tags="gift")
    assert (somebody.status, somebody.location) == (303, BOOK)
    page = somebody.follow()
    assert "The address has been added." in page.words
    assert "Ulm" in page.words
    assert last_body(shop, "add_address") == {**TO_ULM, "tags": ["SHIPPING", "gift"]}


def test_added_address_can_become_the_default(shop: Shop, somebody: PageBrowser) -> None:
    somebody.get(NEW)
    somebody.send(NEW, **TO_ULM, isDefault=True)
    assert somebody.status == 303
    assert stored(shop, "Ulm")["isDefault"]
    assert not stored(shop, "Berlin")["isDefault"]


@pytest.mark.parametrize("fault", [Fault(answer=html(500)), Fault(answer=CannedResponse(status=404, body=b"{}"))])
def test_failing_to_make_it_the_default_is_told_and_the_address_is_there(
    shop: Shop, somebody: PageBrowser, fault: Fault
) -> None:
    shop.sandbox.faults.add("update_address", fault)
    somebody.get(NEW)
    somebody.send(NEW, **TO_ULM, isDefault=True)
    assert somebody.status == 303
    page = somebody.follow()
    assert "The address has been added." in page.words
    assert "We could not make it your default address." in page.words
    assert not stored(shop, "Ulm")["isDefault"]


@pytest.mark.parametrize("made", [b"{}", b'{"id": 5}', b'{"id": null}'])
def test_address_that_is_answered_without_an_id_is_added_all_the_same(
    shop: Shop, somebody: PageBrowser, made: bytes
) -> None:
    answer = CannedResponse(status=201, body=made, headers={"Content-Type": "application/json"})
    shop.sandbox.faults.add("add_address", Fault(answer=answer, effect_first=True))
    somebody.get(NEW)
    somebody.send(NEW, **TO_ULM, isDefault=True)
    assert (somebody.status, shop.sandbox.recorder.count("update_address")) == (303, 0)
    page = somebody.follow()
    assert "The address has been added." in page.words
    assert "We could not make it your default address." in page.words


def test_what_a_parcel_needs_is_asked_for_and_can_be_left_out_on_purpose(shop: Shop, somebody: PageBrowser) -> None:
    page = somebody.get(NEW)
    assert "anyway" not in page.form(NEW).fields
    page = somebody.send(NEW, country="DE", zipCode="odd one", contactPhone="call me", city="Ulm")
    assert somebody.status == 422
    assert page.error("contactName") == "Error: Enter the name of the person at this address"
    assert page.error("street") == "Error: Enter the street and house number"
    assert page.error("zipCode") == "Error: Check the postal code. It looks like 26133."
    assert page.error("contactPhone") == "Error: Enter a phone number like +49 30 901820"
    assert [page.form(NEW).values[name] for name in ("zipCode", "contactPhone", "city")] == [
        "odd one",
        "call me",
        "Ulm",
    ]
    page = somebody.send(NEW, anyway=True)
    assert somebody.status == 422, "a name is needed all the same"
    assert page.error("street") is None
    somebody.send(NEW, contactName="Jane Doe")
    assert (somebody.status, stored(shop, "Ulm")["zipCode"]) == (303, "odd one")
    page = somebody.get(BOOK)
    assert page.words.count("Something seems to be missing.") == 1


@pytest.mark.parametrize("phone", ["+49 (0)30 / 90 18-20", "030.901820", "12345"])
def test_phone_may_be_written_as_people_do(shop: Shop, somebody: PageBrowser, phone: str) -> None:
    somebody.get(NEW)
    somebody.send(NEW, **TO_ULM, contactPhone=phone)
    assert (somebody.status, stored(shop, "Ulm")["contactPhone"]) == (303, phone)


def turned_to(somebody: PageBrowser, path: str, country: str, **entries: str) -> Page:
    """Press 'Change country' with another one chosen, and everything else as it is typed."""
    form = somebody.page.form(path)
    return somebody.post(path, {**form.filled({**entries, "country": country}), "changeCountry": "y"})


def test_another_country_has_other_fields_and_keeps_what_was_typed(shop: Shop, somebody: PageBrowser) -> None:
    somebody.get(NEW)
    page = turned_to(somebody, NEW, "US", contactName="Jane Doe", city="Springfield", streetNumber="12")
    assert (somebody.status, page.error("street"), page.error("state")) == (200, None, None)
    values = page.form(NEW).values
    assert [values[name] for name in ("contactName", "city", "streetNumber", "country")] == [
        "Jane Doe",
        "Springfield",
        "12",
        "US",
    ]
    assert {"CA", "NY"} <= set(page.form(NEW).choices["state"])
    assert "ZIP code" in page.words
    page = turned_to(somebody, NEW, "IT", state="CA")
    assert page.form(NEW).values["state"] == "", "Cagliari was not meant"
    page = turned_to(somebody, NEW, "JP", state="MI", zipCode="20121")
    assert (page.form(NEW).values["state"], page.form(NEW).values["zipCode"]) == ("", "20121")
    assert "Tokyo (東京都)" in page.words
    assert shop.sandbox.recorder.count("add_address") == 0


def test_another_country_without_the_button_is_none_of_the_first_ones_states(shop: Shop, somebody: PageBrowser) -> None:
    somebody.get(NEW)
    turned_to(somebody, NEW, "US")
    page = somebody.send(NEW, **{**TO_ULM, "country": "IT", "zipCode": "20121"}, state="CA")
    assert (somebody.status, page.error("state")) == (422, "Error: Choose the province")


def test_states_and_countries_that_no_list_has_are_kept(shop: Shop, somebody: PageBrowser) -> None:
    address = stored(shop, "Berlin")
    jane(shop).addresses[address["id"]] = {**address, "country": "US", "state": "Kalifornien", "zipCode": "95014"}
    path = path_of(shop, "Berlin")
    assert somebody.get(path).form(path).values["state"] == "Kalifornien"
    somebody.send(path, street="Other Street")
    assert (somebody.status, stored(shop, "Berlin")["state"]) == (303, "Kalifornien")


@pytest.mark.parametrize(
    ("languages", "country"),
    [("de-AT,de;q=0.8", "AT"), ("en-GB", "GB"), ("pt-BR", "BR"), ("en-US,en", ""), ("de", ""), ("zh-Hant-TW", "TW")],
)
def test_country_is_what_the_browser_names(shop: Shop, languages: str, country: str) -> None:
    somebody = customer(shop)
    page = somebody.get(NEW, headers={"Accept-Language": languages})
    assert page.form(NEW).values["country"] == country


def test_country_of_the_shop_goes_before_the_browsers(make_shop: ShopMaker) -> None:
    somebody = customer(make_shop(EMPORIX_COUNTRY="CH"))
    page = somebody.get(NEW, headers={"Accept-Language": "en-GB"})
    assert page.form(NEW).values["country"] == "CH"


def test_edit_shows_what_is_stored_and_keeps_what_was_not_touched(shop: Shop, somebody: PageBrowser) -> None:
    address = stored(shop, "Berlin")
    jane(shop).addresses[address["id"]] = {**address, "country": "AN", "tags": ["gift", "BILLING", "own tag"]}
    path = path_of(shop, "Berlin")
    page = somebody.get(path)
    values = page.form(path).values
    assert (values["street"], values["country"], values["tags"]) == ("Platz der Republik", "AN", "gift, own tag")
    assert (values.get("billing"), values.get("shipping"), values["isDefault"]) == ("y", None, "y")
    somebody.send(path, street="Other Street")
    assert (somebody.status, somebody.location) == (303, BOOK)
    after = stored(shop, "Berlin")
    assert (after["street"], after["country"], after["isDefault"]) == ("Other Street", "AN", True)
    assert set(after["tags"]) == {"gift", "BILLING", "own tag"}
    assert last_body(shop, "update_address")["metadata"] == {"version": 1}


def test_emptied_field_is_emptied(shop: Shop, somebody: PageBrowser) -> None:
    path = path_of(shop, "Berlin")
    somebody.get(path)
    somebody.send(path, streetNumber="", billing=False, shipping=False)
    assert (stored(shop, "Berlin")["streetNumber"], stored(shop, "Berlin")["tags"]) == ("", [])


def test_change_made_elsewhere_is_shown_beside_ones_own(shop: Shop, somebody: PageBrowser) -> None:
    other = customer(shop)
    path = path_of(shop, "Berlin")
    somebody.get(path)
    other.get(path)
    other.send(path, street="Their Street")
    page = somebody.send(path, street="My Street")
    assert somebody.status == 422
    assert "Elsewhere: Their Street" in page.words
    assert page.form(path).values["street"] == "My Street"
    assert stored(shop, "Berlin")["street"] == "Their Street"
    somebody.send(path)
    assert (somebody.status, stored(shop, "Berlin")["street"]) == (303, "My Street")


def test_delete_asks_first(shop: Shop, somebody: PageBrowser) -> None:
    path = f"{path_of(shop, 'Krakow')}/delete"
    page = somebody.get(path)
    assert "Jane Doe, Rynek 1, 31-042 Krakow" in page.words
    assert len(jane(shop).addresses) == 2
    somebody.send(path)
    assert (somebody.status, somebody.location) == (303, BOOK)
    assert "The address has been deleted." in somebody.follow().words
    assert len(jane(shop).addresses) == 1


def test_deleting_what_is_gone_already_is_a_success(shop: Shop, somebody: PageBrowser) -> None:
    path = f"{path_of(shop, 'Krakow')}/delete"
    somebody.get(path)
    jane(shop).addresses.pop(path.split("/")[3])
    somebody.send(path)
    assert (somebody.status, somebody.location) == (303, BOOK)


def test_default_is_made_from_the_list_with_one_click(shop: Shop, somebody: PageBrowser) -> None:
    path = f"{path_of(shop, 'Krakow')}/default"
    somebody.get(BOOK)
    somebody.send(path)
    assert (somebody.status, somebody.location) == (303, BOOK)
    assert stored(shop, "Krakow")["isDefault"]
    assert somebody.get(path).heading == "Make this your default address?"


def test_tags_are_added_and_removed_and_own_ones_kept(shop: Shop, somebody: PageBrowser) -> None:
    address = stored(shop, "Krakow")
    jane(shop).addresses[address["id"]] = {**address, "tags": ["SHIPPING", "own tag", "gift"]}
    path = f"{path_of(shop, 'Krakow')}/tags"
    values = somebody.get(path).form(path).values
    assert (values.get("shipping"), values.get("billing"), values["tags"]) == ("y", None, "own tag, gift")
    somebody.send(path, billing=True, shipping=False, tags="own tag, new")
    assert (somebody.status, somebody.location) == (303, BOOK)
    assert set(stored(shop, "Krakow")["tags"]) == {"BILLING", "own tag", "new"}
    (call,) = shop.sandbox.recorder.of("remove_address_tags")
    assert set(parse_qs(urlsplit(call.target).query)["tags"][0].split(",")) == {"SHIPPING", "gift"}


def test_tags_that_somebody_else_added_meanwhile_stay(shop: Shop, somebody: PageBrowser) -> None:
    path = f"{path_of(shop, 'Krakow')}/tags"
    somebody.get(path)
    address = stored(shop, "Krakow")
    jane(shop).addresses[address["id"]] = {**address, "tags": ["SHIPPING", "theirs"]}
    somebody.send(path, shipping=False)
    assert stored(shop, "Krakow")["tags"] == ["theirs"]


def test_unchanged_tags_ask_nobody(shop: Shop, somebody: PageBrowser) -> None:
    path = f"{path_of(shop, 'Krakow')}/tags"
    somebody.get(path)
    shop.sandbox.recorder.clear()
    somebody.send(path)
    assert (somebody.status, len(shop.sandbox.recorder)) == (303, 0)


@pytest.mark.parametrize("address_id", ["nosuch", "%20", "a" * 65, "..%2fme"])
@pytest.mark.parametrize("rest", ["", "/delete", "/default", "/tags"])
def test_address_that_is_not_there(somebody: PageBrowser, address_id: str, rest: str) -> None:
    page = somebody.get(f"{BOOK}/{address_id}{rest}")
    assert somebody.status in (400, 404)
    assert page.heading


def test_another_customers_address_is_as_unknown(shop: Shop, somebody: PageBrowser) -> None:
    john = next(one for one in shop.sandbox.state.customers.values() if one.account_email != B2C_EMAIL)
    (theirs,) = john.addresses
    unknown = somebody.get(f"{BOOK}/nosuch")
    assert somebody.get(f"{BOOK}/{theirs}").heading == unknown.heading
    values = somebody.get(NEW).form(NEW).values
    somebody.post(f"{BOOK}/{theirs}/delete", values)
    assert theirs in john.addresses


def test_page_sent_twice_adds_one_address(shop: Shop, somebody: PageBrowser) -> None:
    somebody.get(NEW)
    tab = somebody.fork(shop)
    for one in (somebody, tab):
        one.send(NEW, **TO_ULM)
        assert (one.status, one.location) == (303, BOOK)
    assert shop.sandbox.recorder.count("add_address") == 1
    somebody.get(NEW)
    somebody.send(NEW, **TO_ULM)
    assert shop.sandbox.recorder.count("add_address") == 2, "the same entries on a fresh page are meant"


def test_page_sent_in_parallel_adds_one_address(shop: Shop, somebody: PageBrowser) -> None:
    somebody.get(NEW)
    tabs = [somebody.fork(shop) for _ in range(4)]

    def send() -> int:
        tab = tabs.pop()
        tab.send(NEW, **TO_ULM)
        return tab.status

    assert at_once(4, send) == [303] * 4
    assert shop.sandbox.recorder.count("add_address") == 1


@pytest.mark.parametrize("fault", [Fault(answer=html(500)), Fault(answer=CannedResponse(status=400, body=b"{}"))])
def test_page_that_upstream_refused_can_be_sent_again(shop: Shop, somebody: PageBrowser, fault: Fault) -> None:
    shop.sandbox.faults.add("add_address", fault, times=1)
    somebody.get(NEW)
    page = somebody.send(NEW, **TO_ULM)
    assert somebody.status in (422, 502)
    assert page.form(NEW).values["city"] == "Ulm"
    somebody.send(NEW)
    assert (somebody.status, somebody.location) == (303, BOOK)
    assert stored(shop, "Ulm")["contactName"] == "Jane Doe"
