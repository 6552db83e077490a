"""A German's way from the sign-up to the first saved address: no English word, no dollar, and a German account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from babel import Locale
from playwright.sync_api import Browser, Page

from bff.sandbox.mails import Purpose
from bff.web.language import SOURCE
from tests.support.browser.storefront import PASSWORD, Storefront, fresh_email
from tests.support.browser.visitor import Visitor, make_visitor
from tests.support.browser.words import words_of
from tests.support.catalogues import FOLDER, read
from tests.support.pseudo_locale import shown

GERMANY = {
    "EMPORIX_COUNTRY": "DE",
    "BFF_TERMS_URL": "/agb",
    "BFF_PRIVACY_URL": "/datenschutz",
    "BFF_HELP_URL": "/hilfe",
}
ENTERED = frozenset({"Erika", "Mustermann", "Platz der Republik", "Berlin", "11011"})
SITE = "main"
"""The code of Emporix's first site, which the profile shows."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")
_A_NAME = "Single Sign-on"
"""So it is called in German, too."""
_DOLLAR = re.compile(r"\$|\bUSD\b|dollar", re.IGNORECASE)


def words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(_PLACEHOLDER.sub(" ", text))}


def english_words() -> frozenset[str]:
    """Return the words of our English texts that no German one has; where both are the same, it is no translation."""
    english: set[str] = set()
    german: set[str] = set()
    for message in (one for one in read(FOLDER / "de.po") if one.id):
        for text in (message.id,) if isinstance(message.id, str) else message.id:
            english |= words(text)
        for text in (message.string,) if isinstance(message.string, str) else message.string or ():
            german |= words(text.replace(_A_NAME, ""))
    return frozenset(english - german)


ENGLISH = english_words()


def foreign(html: str) -> list[str]:
    """Return what of a page is English, or speaks of dollars, with where it stands.

    What says that it is in another language (the footer's 'English') is none of the page's words. Names of countries
    are Babel's, and some are the same in both languages.
    """
    countries = Locale("de").territories
    found = []
    for one in shown(html):
        if one.option is not None and one.option[0] == "country" and countries.get(one.option[1]) == one.text.strip():
            continue
        text = "" if one.text.strip() == SITE else one.text
        for entered in (*ENTERED, *re.findall(r"\S+@example\.com", text)):
            text = text.replace(entered, " ")
        found += [f"{one.within}: {word} in {one.text.strip()!r}" for word in sorted(words(text) & ENGLISH)]
    return found + [f"dollar: {html[max(0, at.start() - 40) : at.end() + 10]!r}" for at in _DOLLAR.finditer(html)]


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def visitor(
    request: pytest.FixtureRequest, chromium: Browser, storefronts: Callable[..., Storefront]
) -> Iterator[Visitor]:
    store = storefronts(False, GERMANY)
    german = make_visitor(chromium, store, scripts=request.param, language="de-DE", say=words_of("de"))
    yield german
    german.context.close()
    german.watch.check()


class Way:
    """Looks at every page that is passed."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.passed: list[str] = []
        self.found: list[str] = []

    def passes(self, heading: str) -> None:
        page: Page = self.visitor.page
        self.visitor.heading(heading)
        assert page.locator("html").get_attribute("lang") == "de"
        self.passed.append(heading)
        self.found += [f"{heading}: {what}" for what in foreign(page.content())]


def test_german_reads_no_english_and_no_dollar_on_the_way_to_the_first_address(visitor: Visitor) -> None:
    store, way, email = visitor.store, Way(visitor), fresh_email()
    visitor.open("/")
    way.passes("Your account")
    visitor.open("/login")
    way.passes("Sign in")
    visitor.follow("Create an account")
    way.passes("Create an account")
    visitor.fill("Create a password", "short")
    assert visitor.press("Create an account").status == 422
    way.passes("Create an account")
    visitor.fill("First name", "Erika")
    visitor.fill("Last name", "Mustermann")
    visitor.fill("E-mail address", email)
    visitor.fill("Create a password", PASSWORD)
    way.passes("Create an account")
    visitor.press("Create an account")
    way.passes("Check your e-mail")

    (sent,) = [call for call in store.sandbox.recorder.of("signup") if email.encode() in call.body]
    details = json.loads(sent.body)["customerDetails"]
    assert (details["preferredLanguage"], details["preferredCurrency"]) == ("de_DE", "EUR")

    visitor.open(store.mailed_link(Purpose.OPTIN, email))
    way.passes("Activate your account")
    visitor.press("Activate your account")
    way.passes("Your profile")
    visitor.press("Sign out")
    way.passes("Sign in")
    assert visitor.send_sign_in(email, "falsch").status == 422
    way.passes("Sign in")
    visitor.send_sign_in(email)
    way.passes("Your profile")
    visitor.open("/")
    way.passes("Hello, Erika")
    visitor.follow_nav("Addresses")
    way.passes("Your addresses")
    visitor.follow("Add an address")
    way.passes("Add an address")
    assert visitor.press("Save the address").status == 422
    way.passes("Add an address")
    visitor.fill("Full name", "Erika Mustermann")
    visitor.fill("Street", "Platz der Republik")
    visitor.fill("House number", "1")
    visitor.fill("Postal code", "11011")
    visitor.fill("Town or city", "Berlin")
    visitor.press("Save the address")
    way.passes("Your addresses")
    visitor.says("11011 Berlin")

    customer = store.stored(email)
    assert [one["country"] for one in customer.addresses.values()] == ["DE"]
    assert (customer.document["preferredLanguage"], customer.document["preferredCurrency"]) == ("de_DE", "EUR")
    assert len(way.passed) == 16
    assert way.found == []


@pytest.mark.parametrize("path", ["/", "/login", "/signup", "/password/forgot"])
def test_english_page_is_found_out(chromium: Browser, storefronts: Callable[..., Storefront], path: str) -> None:
    visitor = make_visitor(chromium, storefronts(False, GERMANY), language="en-GB")
    visitor.open(path)
    assert len(foreign(visitor.page.content())) > 5
    visitor.context.close()


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ("<p>Save your changes</p>", "p: your in"),
        ('<button aria-label="Show password">Anzeigen</button>', "button[aria-label]: show in"),
        ('<p data-short="Still too short"></p>', "p[data-short]: short in"),
        ("<title>Error: Konto</title>", "title: error in"),
        ('<select name="country"><option value="FR">Choose</option></select>', "option: choose in"),
        ("<p>12,00 $</p>", "dollar: "),
        ('<option value="USD">US-Währung</option>', "dollar: "),
        ("<p>US-Dollar</p>", "dollar: "),
    ],
)  # fmt: skip
def test_one_foreign_word_on_a_german_page_is_found(planted: str, told: str) -> None:
    page = f'<html lang="de"><main><h1>Ihr Konto</h1><button lang="en">Sign in</button>{planted}</main></html>'
    assert any(told in one for one in foreign(page)), foreign(page)
    assert foreign(page.replace(planted, "")) == []


def test_list_of_english_words_is_long_and_has_no_german_ones() -> None:
    assert len(ENGLISH) > 300
    assert {"your", "address", "sign", "password", "save", "you", "the"} <= ENGLISH
    assert ENGLISH.isdisjoint({"in", "name", "passwort", "adresse", "ihr", SOURCE})
