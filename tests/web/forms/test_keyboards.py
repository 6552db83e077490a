"""What a field tells a phone's keyboard, and which way a name is written, on every page with a form."""

from __future__ import annotations

import re

import pytest

from tests.support.pages import customer, visitor
from tests.support.shop import Shop

NEW = "/account/addresses/new"


def attributes(page: str, name: str) -> dict[str, str]:
    (tag,) = re.findall(rf"<(?:input|select) [^>]*\bname=\"{name}\"[^>]*>", page)
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag))


@pytest.mark.parametrize(
    ("path", "name", "wanted"),
    [
        ("/login", "email", {"inputmode": "email", "enterkeyhint": "next", "autocomplete": "username"}),
        ("/login", "password", {"enterkeyhint": "go"}),
        ("/password/forgot", "email", {"inputmode": "email", "enterkeyhint": "send"}),
        ("/signup/resend", "email", {"inputmode": "email", "enterkeyhint": "send"}),
        ("/signup", "firstName", {"dir": "auto", "enterkeyhint": "next", "autocomplete": "given-name"}),
        ("/signup", "password", {"enterkeyhint": "done", "autocomplete": "new-password"}),
        (NEW, "contactName", {"dir": "auto", "autocomplete": "name"}),
        (NEW, "street", {"dir": "auto", "autocomplete": "address-line1"}),
        (NEW, "city", {"dir": "auto", "autocomplete": "address-level2"}),
        (NEW, "contactPhone", {"inputmode": "tel", "type": "tel", "enterkeyhint": "done", "autocomplete": "tel"}),
    ],
)
def test_field_tells_its_keyboard_what_it_is_for(shop: Shop, path: str, name: str, wanted: dict[str, str]) -> None:
    page = (customer if path.startswith("/account") else visitor)(shop).get(path)
    found = attributes(page.text, name)
    assert {key: found.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(("language", "mode"), [("de-DE", "numeric"), ("en-GB", "text"), ("pl-PL", "text")])
def test_postcode_of_figures_alone_gets_a_keyboard_of_figures(shop: Shop, language: str, mode: str) -> None:
    page = customer(shop).get(NEW, headers={"Accept-Language": language})
    assert attributes(page.text, "zipCode")["inputmode"] == mode
