"""The language of a page: the customer's, else the browser's, else English."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError

from bff.factory import create_app
from bff.web.language import Catalogues, gettext, language, lazy_gettext, ngettext
from bff.web.session_interface import browser_session
from tests.support.pages import WHOLE_PROFILE, PageBrowser, customer, visitor
from tests.support.shop import Shop

GERMAN = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Your profile"
msgstr "Ihr Profil"

msgid "Change your details"
msgstr "Angaben ändern"

msgid "Enter your e-mail address"
msgstr "Geben Sie Ihre E-Mail-Adresse ein"

msgid "Enter your first name"
msgstr "Geben Sie Ihren Vornamen ein"

msgid "%(num)d thing"
msgid_plural "%(num)d things"
msgstr[0] "%(num)d Ding"
msgstr[1] "%(num)d Dinge"
"""
FRENCH = GERMAN.replace("Ihr Profil", "Votre profil")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "de.po").write_text(GERMAN, encoding="utf-8")
    (tmp_path / "fr.po").write_text(FRENCH, encoding="utf-8")
    return tmp_path


@pytest.fixture
def tongues(shop: Shop, folder: Path) -> Shop:
    """Return a shop that speaks three languages."""
    return replace(shop, app=create_app(shop.settings, shop.services, translations=folder))


@pytest.mark.parametrize(
    ("preferred", "accepted", "chosen"),
    [
        (None, [], "en"),
        (None, ["de"], "de"),
        (None, ["de-CH", "fr"], "de"),
        (None, ["DE_at"], "de"),
        (None, ["xx", "fr-FR"], "fr"),
        (None, ["xx"], "en"),
        (None, ["*"], "en"),
        (None, ["en", "de"], "en"),
        ("de_DE", ["fr"], "de"),
        ("de", [], "de"),
        ("xx_YY", ["fr"], "fr"),
        ("", ["fr"], "fr"),
        ("../de", ["fr"], "fr"),
        ("german", [], "en"),
    ],
)
def test_first_language_that_is_wanted_and_there_is_chosen(
    folder: Path, preferred: str | None, accepted: list[str], chosen: str
) -> None:
    assert Catalogues.read(folder).choose(preferred, accepted) == chosen


def test_folder_without_catalogues_leaves_english(tmp_path: Path) -> None:
    assert set(Catalogues.read(tmp_path).by_language) == {"en"}


def test_broken_catalogue_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_text('msgid "a"\nthis is no catalogue\n', encoding="utf-8")
    with pytest.raises(PoFileError):
        Catalogues.read(tmp_path)


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("pl, de;q=0.3", "de"),
        ("pl, de;q=0", "en"),
        ("ja", "en"),
        ("", "en"),
        (";;;q=,", "en"),
        ("*", "en"),
    ],
)
def test_page_is_in_the_language_of_the_browser(tongues: Shop, header: str, lang: str) -> None:
    page = visitor(tongues, Accept_Language=header).get("/login")
    assert page.language == lang


def test_texts_of_forms_are_translated_too(tongues: Shop) -> None:
    somebody = visitor(tongues, Accept_Language="de")
    somebody.get("/login")
    page = somebody.send("/login")
    assert (somebody.status, page.language) == (422, "de")
    assert page.error("email") is not None
    assert "Geben Sie Ihre E-Mail-Adresse ein" in page.words


def test_one_declared_text_speaks_the_language_of_each_response(tongues: Shop) -> None:
    for language_sent, text in (
        ("de", "Geben Sie Ihre E-Mail-Adresse ein"),
        ("en", "Enter your e-mail address"),
        ("de", "Geben Sie Ihre E-Mail-Adresse ein"),
    ):
        somebody = visitor(tongues, Accept_Language=language_sent)
        somebody.get("/login")
        assert text in somebody.send("/login").words


def test_lazy_text_is_filled_in_when_it_is_read(tongues: Shop) -> None:
    text = lazy_gettext("%(num)d thing", num=1)
    assert str(text) == "1 thing"
    with tongues.app.test_request_context(headers={"Accept-Language": "de"}):
        assert f"{text}" == "1 Ding"
        assert text + "!" == "1 Ding!"
    assert str(text) == "1 thing"


def speaks(tongues: Shop, tag: str, **headers: str) -> PageBrowser:
    jane = next(iter(tongues.sandbox.state.customers.values()))
    jane.document["preferredLanguage"] = tag
    return customer(tongues, **headers)


def test_customers_own_language_goes_before_the_browsers(tongues: Shop) -> None:
    somebody = speaks(tongues, "de_DE", Accept_Language="fr")
    page = somebody.follow()
    assert (page.language, page.heading) == ("de", "Ihr Profil")
    somebody.send("/logout")
    assert somebody.follow().language == "fr"


def test_language_that_pages_do_not_have_leaves_the_browsers(tongues: Shop) -> None:
    assert speaks(tongues, "pl_PL", Accept_Language="fr").follow().language == "fr"
    assert speaks(tongues, "not a language", Accept_Language="ja").follow().language == "en"


@pytest.mark.parametrize(
    ("tag", "browser", "shown"),
    [("en_US", "de", "de"), ("en_US", "en", "en"), ("en_US", "ja", "en"), ("en", "de", "en"), ("en_GB", "de", "en")],
)
def test_english_that_nobody_has_chosen_does_not_go_before_the_browsers(
    tongues: Shop, tag: str, browser: str, shown: str
) -> None:
    assert speaks(tongues, tag, Accept_Language=browser).follow().language == shown


def test_page_with_errors_is_in_one_language_throughout(tongues: Shop) -> None:
    somebody = speaks(tongues, "de", Accept_Language="fr")
    somebody.get(WHOLE_PROFILE)
    page = somebody.send("/account", firstName="")
    assert (somebody.status, page.language, page.heading) == (422, "de", "Angaben ändern")
    assert "Geben Sie Ihren Vornamen ein" in page.words
    assert "Deutsch" in page.text
    assert "allemand" not in page.text.lower()


def test_number_takes_its_form(tongues: Shop) -> None:
    with tongues.app.test_request_context(headers={"Accept-Language": "de"}):
        assert ngettext("%(num)d thing", "%(num)d things", 1) == "%(num)d Ding"
        assert ngettext("%(num)d thing", "%(num)d things", 2) == "%(num)d Dinge"


def test_without_a_request_it_is_english(tongues: Shop) -> None:
    assert gettext("Your profile") == "Your profile"
    assert (ngettext("one", "many", 1), ngettext("one", "many", 2)) == ("one", "many")


def test_language_is_chosen_again_once_it_is_known_who_is_there(tongues: Shop) -> None:
    somebody = speaks(tongues, "de", Accept_Language="fr")
    headers = {"Accept-Language": "fr", "Cookie": f"{somebody.browser.cookie_name}={somebody.browser.cookie}"}
    with tongues.app.test_request_context(base_url=somebody.browser.base_url, headers=headers):
        assert language() == "fr"
        browser_session().resume()
        assert language() == "de"
