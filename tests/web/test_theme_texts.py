"""A theme's translations lie over ours and may bring a language; what does not fit its text stops the start."""

from __future__ import annotations

import os
import re
import string
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bff.errors import ConfigurationError
from bff.factory import create_app
from bff.web.language import Catalogues
from bff.web.theme import Theme, read_theme
from bff.web.theme_check import Sources, missing_translations, unused_translations
from bff.web.theme_texts import read_texts
from tests.support.documents import ROOT
from tests.support.pages import customer, visitor
from tests.support.shop import Shop, ShopMaker

HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
{more}
"""
FRENCH = """
msgid "Sign in"
msgstr "Se connecter"

msgid "Your addresses"
msgstr "Vos adresses"

msgid "Country"
msgstr "Pays"

#, fuzzy
msgid "Forgotten your password?"
msgstr "Un essai"
"""
TERMS = r"By creating an account you agree to our <a href=\"%(url)s\">terms</a>."


def translated(folder: Path, more: str = "", **texts: str) -> Path:
    """Write catalogues into a theme's folder."""
    (folder / "translations").mkdir(exist_ok=True)
    for language, text in texts.items():
        path = folder / "translations" / f"{language}.po"
        path.write_text(HEADER.format(more=more) + text, encoding="utf-8")
    return folder


def one(message: str, text: str) -> str:
    return f'\nmsgid "{message}"\nmsgstr "{text}"\n'


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_theme(folder)
    assert {problem.variable for problem in caught.value.problems} == {"BFF_THEME_DIR"}
    return [problem.what for problem in caught.value.problems]


def test_words_of_a_theme_go_before_ours_and_all_others_stay(make_shop: ShopMaker, tmp_path: Path) -> None:
    translated(tmp_path, de=one("Sign in", "Komm rein"), en=one("Sign in", "Come in"))
    shop = make_shop(BFF_THEME_DIR=str(tmp_path))
    for language, heading, other in (("de", "Komm rein", "E-Mail-Adresse"), ("en", "Come in", "E-mail address")):
        page = visitor(shop, Accept_Language=language).get("/login")
        assert (page.language, page.heading) == (language, heading)
        assert other in page.words
    plain = visitor(make_shop(), Accept_Language="de").get("/login")
    assert plain.heading == "Anmelden", "another shop's words are its own"


def test_third_language_is_shown_offered_and_kept_and_english_where_it_has_no_words(
    make_shop: ShopMaker, tmp_path: Path
) -> None:
    shop = make_shop(BFF_THEME_DIR=str(translated(tmp_path, fr=FRENCH)))
    somebody = visitor(shop, Accept_Language="fr-CA,de;q=0.5")
    page = somebody.get("/login")
    assert (page.language, page.heading) == ("fr", "Se connecter")
    assert "Forgotten your password?" in page.words, "a guess is not shown"
    assert re.findall(r'<button class="link" lang="(\w+)"[^>]*>([^<]+)<', page.text) == [
        ("en", "English"),
        ("de", "Deutsch"),
        ("fr", "Français"),
    ]
    german = visitor(shop, Accept_Language="de")
    (form,) = (form for form in german.get("/login").forms if form.values.get("language") == "fr")
    german.post(form.action, form.values)
    assert german.follow().heading == "Se connecter"


def test_third_language_names_countries_and_times_as_it_does(make_shop: ShopMaker, tmp_path: Path) -> None:
    shop = make_shop(BFF_THEME_DIR=str(translated(tmp_path, fr=FRENCH)))
    jane = customer(shop, Accept_Language="fr")
    assert jane.get("/account/addresses").heading == "Vos adresses"
    page = jane.get("/account/addresses/new").text
    assert re.search(r">Pays</label>", page)
    assert ">Allemagne<" in page
    assert re.search(r"\d+ [a-zéû]+\.? \d{4}", jane.get("/account/sessions").words), "as French writes a day"


@pytest.mark.parametrize(("language", "direction"), [("ar", ' dir="rtl"'), ("he", ' dir="rtl"'), ("fr", "")])
def test_page_runs_the_way_its_language_is_read(
    make_shop: ShopMaker, tmp_path: Path, language: str, direction: str
) -> None:
    shop = make_shop(BFF_THEME_DIR=str(translated(tmp_path, **{language: one("Sign in", "x")})))
    for path in ("/login", "/no-such-page"):
        page = visitor(shop, Accept_Language=language).get(path).text
        assert f'<html lang="{language}"{direction}>' in page


def test_account_of_a_third_language_has_it(make_shop: ShopMaker, tmp_path: Path) -> None:
    shop = make_shop(BFF_THEME_DIR=str(translated(tmp_path, fr=FRENCH)), EMPORIX_COUNTRY="FR")
    somebody = visitor(shop, Accept_Language="fr")
    somebody.get("/signup")
    somebody.send("/signup", firstName="J", lastName="D", email="neuf@example.com", password="Quiet-Meadow-52")
    (sent,) = shop.sandbox.recorder.of("signup")
    assert b'"preferredLanguage": "fr_FR"' in sent.body or b'"preferredLanguage":"fr_FR"' in sent.body


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("%(count)d of %(most)s", "%(most)s, davon %(count)d"),
        ("Sign in", "„Anmelden“ & &amp; hier"),
        ("100%% sure", "zu 100%% sicher"),
        (TERMS, r"<a href=\"%(url)s\">AGB</a> gelten."),
        (r"<b>a</b> and <a href=\"%(u)s\">c</a>", r"<a href=\"%(u)s\">c</a> und <b>a</b>"),
        ("a > b", "a > b, sicher"),
        ("Sign in", ""),
    ],
)
def test_translation_may_put_what_its_text_has_in_another_order(tmp_path: Path, message: str, text: str) -> None:
    read_theme(translated(tmp_path, de=one(message, text)))


PLACEHOLDER, TAGS = "a placeholder is not one of its text's", "its tags are not those of its text"


@pytest.mark.parametrize(
    ("message", "text", "told"),
    [
        ("Hello %(name)s", "Hallo %(nmae)s", PLACEHOLDER),
        ("%(count)s devices", "%(count)d Geräte", PLACEHOLDER),
        ("Hello %(name)s", "Hallo", "a placeholder of its text is missing"),
        ("Sign in", "%(name)s", PLACEHOLDER),
        ("Sign in", "zu 100 %", "a % is no placeholder; write %%"),
        ("Sign in", "%(name)r", "a % is no placeholder; write %%"),
        ("Sign in", "%s", "a % is no placeholder; write %%"),
        ("Hello %(name)s", "Hallo %%(name)s", "a placeholder of its text is missing"),
        ("Hello %(name)s", "%(name)s %(na%%me)s", "a % is no placeholder; write %%"),
        ("Sign in", "%(na%%me)s", "a % is no placeholder; write %%"),
        ("Sign in", "<script>alert(1)</script>", TAGS),
        ("Sign in", "<b>Anmelden</b>", TAGS),
        ("Sign in", "Anmelden<br>", TAGS),
        (TERMS, r"<a href=\"https://evil.example/\">AGB %(url)s</a>", TAGS),
        (TERMS, r"<a href=\"%(url)s\" onclick=\"x()\">AGB</a>", TAGS),
        (TERMS, r"<a href=\"%(url)s\">AGB</a><a href=\"%(url)s\">AGB</a>", TAGS),
        (TERMS, r"AGB %(url)s", TAGS),
        (TERMS, r"</a>AGB<a href=\"%(url)s\">", "its tags are not in the order of an element"),
        (r"<b>a</b> <i>b</i>", "<b>a<i>b</b></i>", "its tags are not in the order of an element"),
        ("Sign in", "<img src=x", "< is not in its text; write quotation marks as “ ”"),
        ("Sign in", "Anmelden >", "> is not in its text; write quotation marks as “ ”"),
        ("Sign in", r"x\" autofocus onfocus=\"y", '" is not in its text; write quotation marks as “ ”'),
        (TERMS, r"<a href=\"%(url)s\">AGB</a> <!-- x", "< is not in its text; write quotation marks as “ ”"),
    ],
)  # fmt: skip
def test_translation_that_does_not_fit_its_text_is_a_bad_configuration(
    tmp_path: Path, message: str, text: str, told: str
) -> None:
    translated(tmp_path, de=one("Save", "Sichern") + one(message, text))
    assert problems(tmp_path) == [f"translations/de.po, line 9: {told}"]


POLISH = r'"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"'
THINGS = 'msgid "%(num)d thing"\nmsgid_plural "%(num)d things"\n'


def test_number_takes_the_form_that_the_file_says(make_shop: ShopMaker, tmp_path: Path) -> None:
    forms = 'msgstr[0] "jedna rzecz"\nmsgstr[1] "%(num)d rzeczy"\nmsgstr[2] "tyle rzeczy: %(num)d"\n'
    shop = make_shop(BFF_THEME_DIR=str(translated(tmp_path, POLISH, pl=THINGS + forms)))
    polish = Catalogues.read(over=read_theme(tmp_path).texts).by_language["pl"]
    said = [polish.ungettext("%(num)d thing", "%(num)d things", number) % {"num": number} for number in (1, 3, 5)]
    assert said == ["jedna rzecz", "3 rzeczy", "tyle rzeczy: 5"]
    assert visitor(shop, Accept_Language="pl").get("/login").language == "pl"


@pytest.mark.parametrize(
    ("more", "forms", "told"),
    [
        (POLISH, 'msgstr[0] "a"\nmsgstr[1] "b"\n', ", line 5: it needs 3 forms"),
        (POLISH, 'msgstr[0] "a"\nmsgstr[1] ""\nmsgstr[2] "c"\n', ", line 5: it needs 3 forms"),
        (POLISH, 'msgstr[0] "a"\nmsgstr[1] "<b>"\nmsgstr[2] "c"\n', f", line 5: {TAGS}"),
        (POLISH, 'msgstr[0] "a"\nmsgstr[1] "%(n)d"\nmsgstr[2] "c"\n', f", line 5: {PLACEHOLDER}"),
        (r'"Plural-Forms: nplurals=1; plural=n;\n"', "", ": its Plural-Forms name no form for some number"),
        (r'"Plural-Forms: nplurals=2; plural=1/n;\n"', "", ": its Plural-Forms name no form for some number"),
        (r'"Plural-Forms: nplurals=2; plural=__import__;\n"', "", ": its Plural-Forms name no form for some number"),
        (r'"Plural-Forms: nplurals=x; plural=0;\n"', "", " cannot be read"),
    ],
)
def test_forms_for_numbers_that_are_not_all_there_are_a_bad_configuration(
    tmp_path: Path, more: str, forms: str, told: str
) -> None:
    translated(tmp_path, more, pl=THINGS + forms if forms else "")
    assert problems(tmp_path) == [f"translations/pl.po{told}"]


@pytest.mark.parametrize("name", ["DE", "de_AT", "xx", "german", "d", "de-AT", "de.old"])
def test_file_that_is_not_named_after_a_language_is_a_bad_configuration(tmp_path: Path, name: str) -> None:
    translated(tmp_path, **{name: one("Sign in", "x")})
    assert problems(tmp_path) == [f"translations/{name}.po is not named after a language, as de.po is"]


def test_every_problem_is_told_at_once_with_those_of_templates(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "home.html").write_text("{% end %}")
    translated(tmp_path, de=one("a", "<b>") + one("b", "%(c)s"), fr='msgid "a"\nthis is none\n')
    (tmp_path / "translations" / "it.po").write_bytes(
        b'msgid ""\nmsgstr "Content-Type: text/plain; charset=nosuch\\n"\n\nmsgid "a"\nmsgstr "b"\n'
    )
    (tmp_path / "translations" / "pl.po").write_bytes(b'msgid "a"\nmsgstr "\xff\xfe"\n')
    (tmp_path / "translations" / ".de.po").write_text("hidden")
    assert [what.partition(":")[0] for what in problems(tmp_path)] == [
        "templates/home.html, line 1",
        "translations/de.po, line 6",
        "translations/de.po, line 9",
        "translations/fr.po cannot be read",
        "translations/it.po cannot be read",
        "translations/pl.po cannot be read",
    ]


def test_words_that_no_page_has_and_texts_without_words_are_found(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "home.html").write_text("{{ _('Our own text') }}{% trans %}Another{% endtrans %}")
    own = one("Our own text", "x") + one("Another", "x")
    translated(tmp_path, de=own + one("Sing in", "x") + one("Sign in", "y"), fr=FRENCH)
    sources = Sources(theme=read_theme(tmp_path))
    assert list(unused_translations(sources)) == [
        "translations/de.po, line 12: no page has this text; did you mean Sign in?"
    ]
    (missing,) = missing_translations(sources)
    number = len(sources.our_texts)
    assert missing == f"translations/fr.po has no words for {number - 3} of {number} texts"


class _Structure(HTMLParser):
    """What a page is made of: every tag, with the names of its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(tag)

    def handle_comment(self, data: str) -> None:
        self.parts.append("comment")


def structure(page: str) -> list[object]:
    reader = _Structure()
    reader.feed(page)
    reader.close()
    return reader.parts


SHOWN = ("Show password", "Sign in", "Saving…", "Error:")
"""In an attribute, as text, in an attribute that a script reads, in the title."""


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(SHOWN),
    st.text(alphabet=f"<>\"'=/ &%;()!-#{{}}\\\n\t`{string.ascii_letters}äß", min_size=1, max_size=24),
)
@example("Sign in", "</button><script>x</script>")
@example("Show password", '" onfocus="x')
@example("Saving…", "'>\"<b")
@example("Sign in", "{{ config }}{% raw %}")
def test_no_translation_that_is_taken_changes_what_a_page_is_made_of(
    shop: Shop, tmp_path: Path, message: str, text: str
) -> None:
    catalogue = Catalog(locale="de", charset="utf-8", fuzzy=False)
    catalogue.add(message, text)
    (tmp_path / "translations").mkdir(exist_ok=True)
    with (tmp_path / "translations" / "de.po").open("wb") as file:
        write_po(file, catalogue)
    texts, wrong = read_texts(tmp_path)
    if wrong:
        return
    pages = []
    for theme in (Theme(), Theme(texts=texts)):
        app = create_app(shop.settings, shop.services, theme=theme)
        answer = app.test_client().get(
            "/login", base_url=shop.settings.serving.public_url, headers={"Accept-Language": "de"}
        )
        assert answer.status_code == 200
        pages.append(structure(answer.get_data(as_text=True)))
    assert pages[0] == pages[1]


def test_server_does_not_start_with_translations_that_do_not_fit_and_names_them_all(
    make_shop: ShopMaker, tmp_path: Path
) -> None:
    translated(tmp_path, de=one("Sign in", "<b>") + one("Save", "%(x)s"))
    environment = {**make_shop.environment("http://127.0.0.1:1"), "BFF_THEME_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "bff.cli", "serve"],
        env={**environment, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    end = " (example: the placeholders and tags of the text, and no others)"
    told = [line.removesuffix(end) for line in ended.stderr.splitlines() if line.endswith(end)]
    assert told == [
        "BFF_THEME_DIR: translations/de.po, line 6: its tags are not those of its text",
        "BFF_THEME_DIR: translations/de.po, line 9: a placeholder is not one of its text's",
    ]
