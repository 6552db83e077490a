"""Pages show what can be shown of a record that is not as documented, and say what cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from bff.commands.embedded_redis import EmbeddedRedis
from bff.sandbox.faults import CannedResponse, Fault
from tests.account.test_profile import ADDRESS, ODD_TEXTS, PROFILE, VALUES
from tests.support.pages import TO_ULM, WHOLE_PROFILE, PageBrowser, customer
from tests.support.shop import Shop, ShopMaker

BOOK = "/account/addresses"
PART = "Part of this address cannot be shown here."
LEFT_EMPTY = "What you leave empty there stays as it is."
JSON = {"Content-Type": "application/json"}
ODD = st.dictionaries(st.sampled_from(sorted({*ADDRESS, *PROFILE})), VALUES, max_size=4)
PLAIN = {**ADDRESS, **TO_ULM, "contactPhone": None}
OTHER = {**ADDRESS, "id": "a2", "contactName": "Jane Doe", "city": "Ulm"}

often = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def module_shop(redis_server: EmbeddedRedis) -> Iterator[Shop]:
    with Redis.from_url(redis_server.url) as client, ShopMaker(redis_server, client) as maker:
        client.flushall()
        yield maker(BFF_RATE_LIMIT_API="off")


@pytest.fixture(scope="module")
def somebody(module_shop: Shop) -> PageBrowser:
    return customer(module_shop)


@pytest.fixture(autouse=True)
def _calm(module_shop: Shop) -> Iterator[None]:
    yield
    module_shop.sandbox.faults.clear()


def answers(shop: Shop, operation: str, value: Any, status: int = 200) -> None:
    """Let upstream answer with a value; bytes are sent as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    shop.sandbox.faults.clear(operation)
    shop.sandbox.faults.add(operation, Fault(answer=CannedResponse(status=status, body=body, headers=JSON)))


@pytest.mark.parametrize("odd", [{"contactName": 5}, {"country": ["DE"]}, {"tags": "A"}, {"city": "\ud800"}], ids=repr)
def test_odd_address_is_said_to_be_one_and_takes_down_no_other(
    module_shop: Shop, somebody: PageBrowser, odd: dict[str, Any]
) -> None:
    answers(module_shop, "list_addresses", [{**ADDRESS, **odd}, OTHER])
    page = somebody.get(BOOK)
    assert somebody.status == 200
    assert page.words.count(PART) == 1
    assert "the street the streetNumber" in page.words
    assert "Ulm" in page.words
    assert f"{BOOK}/a1" in page.links


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([7, OTHER], "1 address cannot be shown here."),
        ([[], None, OTHER], "2 addresses cannot be shown here."),
        (["x"], "1 address cannot be shown here."),
    ],
)
def test_entries_that_are_no_addresses_are_counted(
    module_shop: Shop, somebody: PageBrowser, entries: list[Any], words: str
) -> None:
    answers(module_shop, "list_addresses", entries)
    page = somebody.get(BOOK)
    assert words in page.words
    assert "You have no saved addresses." not in page.words


@pytest.mark.parametrize("id", [None, 5, "a/b", "a\r\nb"])
def test_address_that_cannot_be_asked_for_has_no_links(module_shop: Shop, somebody: PageBrowser, id: Any) -> None:
    answers(module_shop, "list_addresses", [{**ADDRESS, "id": id}])
    page = somebody.get(BOOK)
    assert "the city" in page.words
    assert [link for link in page.links if link.startswith(f"{BOOK}/")] == [f"{BOOK}/new"]


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"null"), (200, b" null\n"), (200, b"[]")])
def test_empty_list_is_one_however_upstream_says_it(
    module_shop: Shop, somebody: PageBrowser, status: int, body: bytes
) -> None:
    answers(module_shop, "list_addresses", body, status)
    assert "You have no saved addresses." in somebody.get(BOOK).words
    answer = somebody.browser.get("/api/me/addresses")
    assert (answer.status_code, answer.data) == (200, b"[]")


@pytest.mark.parametrize("body", [b"", b"{}", b"nul", b"null null", b"<p>", b"0", b'""'])
def test_what_is_no_list_is_none(module_shop: Shop, somebody: PageBrowser, body: bytes) -> None:
    answers(module_shop, "list_addresses", body)
    assert somebody.browser.get("/api/me/addresses").status_code == 502


def test_what_an_address_page_cannot_show_is_not_overwritten_unasked(module_shop: Shop, somebody: PageBrowser) -> None:
    answers(
        module_shop,
        "get_address",
        {**PLAIN, "city": 5, "zipCode": ["1"], "tags": "A"},
    )
    answers(module_shop, "update_address", b"")
    page = somebody.get(f"{BOOK}/a1")
    assert LEFT_EMPTY in page.words
    somebody.send(f"{BOOK}/a1", zipCode="10115", streetNumber="", billing=False, shipping=False)
    assert somebody.status == 303
    sent = json.loads(module_shop.sandbox.recorder.of("update_address")[-1].body)
    assert "city" not in sent
    assert "tags" not in sent
    assert (sent["zipCode"], sent["streetNumber"]) == ("10115", "")


@pytest.mark.parametrize("odd", [5, "x,y", " z"])
@pytest.mark.parametrize(("tags", "sends"), [("A", None), ("A, B", ["A", "B"]), ("", None)])
def test_tags_and_default_that_an_address_page_cannot_show_are_left_alone(
    module_shop: Shop, somebody: PageBrowser, tags: str, sends: list[str] | None, odd: int | str
) -> None:
    answers(module_shop, "get_address", {**PLAIN, "isDefault": "true", "tags": ["A", odd]})
    answers(module_shop, "update_address", b"")
    assert LEFT_EMPTY in somebody.get(f"{BOOK}/a1").words
    somebody.send(f"{BOOK}/a1", tags=tags)
    assert somebody.status == 303
    sent = json.loads(module_shop.sandbox.recorder.of("update_address")[-1].body)
    assert "isDefault" not in sent
    assert sent.get("tags") == sends


def test_what_the_profile_cannot_show_is_not_overwritten_unasked(module_shop: Shop, somebody: PageBrowser) -> None:
    answers(module_shop, "get_me", {**PROFILE, "company": 5, "preferredCurrency": {}, "b2b": [], "middleName": 7})
    answers(module_shop, "update_me", b"")
    assert "Part of your profile cannot be shown here." in somebody.get("/account").words
    page = somebody.get(WHOLE_PROFILE)
    assert LEFT_EMPTY in page.words
    somebody.send("/account", middleName="Ann", contactPhone="", preferredLanguage="", contactEmail="a@example.com")
    assert somebody.status == 303, somebody.page.words
    sent = json.loads(module_shop.sandbox.recorder.of("update_me")[-1].body)
    assert not {"company", "preferredCurrency", "b2b"} & set(sent)
    assert (sent["middleName"], sent["contactPhone"], sent["preferredLanguage"]) == ("Ann", "", None)


PAGES = (
    BOOK,
    f"{BOOK}/a1",
    f"{BOOK}/a1/delete",
    f"{BOOK}/a1/default",
    f"{BOOK}/a1/tags",
    "/account",
    WHOLE_PROFILE,
    "/account/company",
)


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=repr)
def test_no_page_falls_over_properties_of_another_type(module_shop: Shop, somebody: PageBrowser, odd: Any) -> None:
    answers(module_shop, "list_addresses", [{**ADDRESS, name: odd} for name in ADDRESS])
    answers(module_shop, "get_address", dict.fromkeys(ADDRESS, odd))
    answers(module_shop, "get_me", dict.fromkeys(PROFILE, odd))
    for path in (BOOK, f"{BOOK}/a1", "/account"):
        page = somebody.get(path)
        assert somebody.status == 200, path
        assert "cannot be shown here" in page.words


@pytest.mark.more
@pytest.mark.parametrize("odd", ODD_TEXTS, ids=repr)
@pytest.mark.parametrize("name", sorted({*ADDRESS, *PROFILE}))
def test_no_page_falls_over_one_property_of_another_type(
    module_shop: Shop, somebody: PageBrowser, name: str, odd: Any
) -> None:
    fall_over_none(module_shop, somebody, {name: odd}, None)


@given(data=st.data())
@settings(often, max_examples=10)
def test_no_page_falls_over_any_record(module_shop: Shop, somebody: PageBrowser, data: st.DataObject) -> None:
    fall_over_none(module_shop, somebody, data.draw(ODD), data.draw(VALUES))


@pytest.mark.more
@given(data=st.data())
@settings(often, max_examples=500)
def test_no_page_falls_over_any_record_however_long_one_looks(
    module_shop: Shop, somebody: PageBrowser, data: st.DataObject
) -> None:
    fall_over_none(module_shop, somebody, data.draw(ODD), data.draw(VALUES))


def fall_over_none(shop: Shop, somebody: PageBrowser, odd: dict[str, Any], entry: Any) -> None:
    """Show every page of a record with odd properties, and of a list with an odd entry."""
    answers(shop, "get_address", {**ADDRESS, **odd})
    answers(shop, "get_me", {**PROFILE, **odd})
    answers(shop, "list_addresses", [{**ADDRESS, **odd}, entry])
    for path in PAGES:
        somebody.get(path)
        assert somebody.status == 200, (path, odd)
