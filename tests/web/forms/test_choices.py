"""Countries, languages and currencies: complete, named in the page's language, and never losing what is stored."""

from __future__ import annotations

import re

import pytest

from bff.web.forms.choices import Offer, countries, currencies, languages, shared


@pytest.mark.parametrize("tongue", ["en", "de"])
def test_countries_are_those_of_iso_3166(tongue: str) -> None:
    codes = [code for code, _ in countries(tongue)]
    # 249 of the standard, and Kosovo, whose code is for users to assign.
    assert len(codes) == len(set(codes)) == 250
    assert {"DE", "AT", "CH", "FR", "US", "GB", "XK"} <= set(codes)
    assert not {"EU", "UN", "ZZ", "001", "150", "QO", "EZ"} & set(codes)
    assert all(re.fullmatch(r"[A-Z]{2}", code) for code in codes)


def test_names_are_in_the_language_and_sorted_in_it() -> None:
    german = countries("de")
    names = [name for _, name in german]
    assert dict(german)["AT"] == "Österreich"
    assert dict(countries("en"))["AT"] == "Austria"
    # Accents sort with their letters, not behind Z.
    assert names.index("Norwegen") < names.index("Österreich") < names.index("Palau")


def test_languages_and_currencies_have_names() -> None:
    assert dict(languages("en"))["de"] == "German"
    assert dict(languages("de"))["de"] == "Deutsch"
    assert dict(languages("fr"))["de"] == "Allemand", "the first letter is a capital where the language has none"
    assert dict(currencies("en"))["EUR"] == "Euro (EUR)"
    assert dict(currencies("de"))["CHF"] == "Schweizer Franken (CHF)"


@pytest.mark.parametrize("stored", ["AN", "Germany", "de"])
def test_stored_value_that_is_none_of_them_can_still_be_kept(stored: str) -> None:
    assert Offer(shared(countries, "en", "None"), stored)[-1] == (stored, stored)


@pytest.mark.parametrize("stored", ["DE", "", None])
def test_nothing_is_added_otherwise(stored: str | None) -> None:
    assert Offer(shared(countries, "en", "None"), stored) == [("", "None"), *countries("en")]
