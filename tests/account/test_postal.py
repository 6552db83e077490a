"""How countries write addresses: their fields, what a parcel needs, and postcodes however they are spaced."""

from __future__ import annotations

import pytest

from bff.account.postal import country, lines
from bff.account.profile import AddressTexts

FULL = AddressTexts(
    contact_name="name",
    company_name="company",
    street="street",
    street_number="number",
    street_appendix="appendix",
    extra_line1="one",
    extra_line2="two",
    extra_line3="three",
    extra_line4="four",
    zip_code="postcode",
    city="city",
    state="state",
    contact_phone="phone",
)


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("DE", "contactName companyName street streetNumber streetAppendix zipCode city"),
        ("US", "contactName companyName street streetAppendix city state zipCode"),
        ("JP", "contactName companyName zipCode state city street streetAppendix"),
        ("BR", "contactName companyName street streetNumber streetAppendix extraLine1 city state zipCode"),
        ("IE", "contactName companyName street streetAppendix extraLine1 city state zipCode"),
    ],
)
def test_a_country_has_its_own_fields_in_its_own_order(code: str, fields: str) -> None:
    assert country(code).fields == tuple(fields.split())


@pytest.mark.parametrize("code", [None, "", "XX", "ZZ", "de", "Germany", "..", "A/"])
def test_what_is_no_country_leaves_no_field_out(code: str | None) -> None:
    assert {"street", "zipCode", "city", "state"} <= {*country(code).fields}


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("DE", {"contactName", "street", "zipCode", "city"}),
        ("US", {"contactName", "street", "zipCode", "city", "state"}),
        ("IE", {"contactName", "street", "city"}),
        ("AE", {"contactName", "street", "state"}),
        ("ES", {"contactName", "street", "zipCode", "city"}),
    ],
)
def test_a_country_needs_what_a_parcel_needs_there(code: str, needed: set[str]) -> None:
    assert set(country(code).missing({})) == needed


def test_a_house_number_is_never_needed_and_any_line_stands_for_the_street() -> None:
    texts = {"contactName": "name", "extraLine2": "Packstation 145", "zipCode": "10117", "city": "Berlin"}
    assert country("DE").missing(texts) == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DE", "10117"),
        ("DE", "D-10117"),
        ("DE", " 10 117 "),
        ("GB", "sw1a2aa"),
        ("GB", "SW1A 2AA"),
        ("PL", "00902"),
        ("PT", "1249 068"),
        ("JP", "〒100-8111"),
        ("JP", "\uff11\uff10\uff10\uff18\uff11\uff11\uff11"),
        ("SE", "SE-103 91"),
        ("IE", "d02x285"),
        ("US", "20500-0005"),
        ("AE", "anything"),
        ("", "anything"),
    ],
)
def test_a_postcode_is_one_however_it_is_spaced(code: str, text: str) -> None:
    assert country(code).is_postcode(text)


@pytest.mark.parametrize(("code", "text"), [("DE", "1011"), ("DE", "SW1A 2AA"), ("GB", "10117"), ("US", "2050")])
def test_another_countrys_postcode_is_none(code: str, text: str) -> None:
    assert not country(code).is_postcode(text)


@pytest.mark.parametrize("text", ["ca", "California", "CALIFORNIA"])
def test_a_state_is_known_by_its_key_and_its_name(text: str) -> None:
    found = country("US").state_called(text)
    assert found is not None
    assert found.key == "CA"


def test_the_script_of_an_address_says_which_way_round_it_goes() -> None:
    texts = {"zip_code": "100-8111", "state": "東京都", "country": "JP"}
    here = AddressTexts(contact_name="宮内庁", city="千代田区", street="千代田1-1", **texts)
    abroad = AddressTexts(contact_name="Imperial Household Agency", city="Chiyoda-ku", street="1-1 Chiyoda", **texts)
    assert lines(here, "Japan") == ("〒100-8111", "東京都千代田区千代田1-1", "宮内庁", "Japan")
    assert lines(abroad, "Japan") == (
        "Imperial Household Agency",
        "1-1 Chiyoda, Chiyoda-ku",
        "Tokyo 100-8111",
        "Japan",
    )


@pytest.mark.parametrize("code", ["", "AE", "AU", "BR", "CN", "DE", "ES", "FR", "GB", "HK", "IE", "JP", "US", "XX"])
def test_nothing_that_an_address_has_is_left_out_but_the_phone(code: str) -> None:
    values = {name: getattr(FULL, name) for name in FULL.__dataclass_fields__} | {"country": code or None}
    shown = " ".join(lines(AddressTexts(**values)))
    assert [text for text in values.values() if text and text != "phone" and text not in shown] == []
    assert "phone" not in shown


def test_what_is_empty_leaves_no_comma_behind() -> None:
    assert lines(AddressTexts(contact_name="name", city="Springfield", country="US")) == ("name", "Springfield", "US")
    assert lines(AddressTexts(contact_name="name", zip_code="12345", country="US")) == ("name", "12345", "US")
    assert lines(AddressTexts(city="Springfield", zip_code="12345", country="US")) == ("Springfield, 12345", "US")
