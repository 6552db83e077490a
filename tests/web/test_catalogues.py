"""The catalogues that the package comes with: whole, in order, and good for what is filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from bff.web.language import SOURCE, Catalogues
from tests.support.catalogues import FOLDER, read, update, wanted

CATALOGUES = sorted(FOLDER.glob("*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"<[^>]+>")


def named(path: Path) -> str:
    return path.name


def forms_of(message: Message) -> list[tuple[str, str]]:
    """Return every translated form with the text it stands for; the first form stands for one, the others for many."""
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
    one, many = (message.id, message.id) if isinstance(message.id, str) else message.id
    return [(many if number else one, form) for number, form in enumerate(strings)]


def texts(catalogue: Catalog) -> list[Message]:
    """Return the messages without the header."""
    return [message for message in catalogue if message.id]


def test_german_is_among_the_catalogues() -> None:
    assert "de" in [path.stem for path in CATALOGUES]


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_catalogue_has_every_text_and_no_other(path: Path) -> None:
    catalogue = read(path)
    assert {message.id for message in texts(catalogue)} == {message.id for message in texts(wanted())}
    assert [message.id for message in texts(catalogue) if not all(form for _, form in forms_of(message))] == []
    assert [message.id for message in texts(catalogue) if message.fuzzy] == []
    assert dict(catalogue.obsolete) == {}


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_translation_has_the_placeholders_and_tags_of_its_text(path: Path) -> None:
    forms = [form for message in texts(read(path)) for form in forms_of(message)]
    for pattern in (PLACEHOLDER, TAG):
        differing = [text for text, form in forms if sorted(pattern.findall(text)) != sorted(pattern.findall(form))]
        assert differing == []
    assert [form for _, form in forms if "%" in PLACEHOLDER.sub("", form)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_catalogue_has_a_form_for_every_number(path: Path) -> None:
    catalogue = read(path)
    plural = [message for message in texts(catalogue) if not isinstance(message.id, str)]
    assert plural != []
    assert [message.id for message in plural if len(forms_of(message)) != catalogue.num_plurals] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_the_tool_leaves_a_catalogue_as_it_is(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    update(copy)
    assert copy.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_header_names_nobody_and_no_time(path: Path) -> None:
    header = path.read_text(encoding="utf-8").partition("\n\n")[0]
    names = re.findall(r'^"([A-Za-z-]+): ', header, re.MULTILINE)
    expected = ["Project-Id-Version", "Language", "Plural-Forms", "MIME-Version", "Content-Type"]
    assert names == [*expected, "Content-Transfer-Encoding"]
    assert r"Project-Id-Version: emporix-bff\n" in header
    assert r"charset=utf-8\n" in header


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_what_is_filled_in_stands_in_the_translation(path: Path) -> None:
    translations = Catalogues.read().by_language[path.stem]
    for message in texts(wanted()):
        one, many = (message.id, message.id) if isinstance(message.id, str) else message.id
        values = dict.fromkeys(re.findall(r"%\((\w+)\)", one + many), 4711)
        for number in (0, 1, 2, 5):
            shown = translations.ungettext(one, many, number) if one != many else translations.ugettext(one)
            assert (shown % values).count("4711") == len(PLACEHOLDER.findall(one))


def test_the_tool_makes_a_catalogue_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    update(path)
    catalogue = read(path)
    assert {message.id for message in texts(catalogue)} == {message.id for message in texts(wanted())}
    assert (str(catalogue.locale), catalogue.charset) == ("fr", "utf-8")
    # How many forms French has is for Babel to say, and it has changed its mind before.
    french = Catalog(locale="fr")
    assert rf'"Plural-Forms: {french.plural_forms}\n"' in path.read_text(encoding="utf-8").splitlines()
    plural = [message for message in texts(catalogue) if not isinstance(message.id, str)]
    assert {len(forms_of(message)) for message in plural} == {french.num_plurals}


def test_the_tool_drops_what_is_gone_and_keeps_what_is_translated(tmp_path: Path) -> None:
    path = tmp_path / "de.po"
    kept = 'msgid "Sign in"\nmsgstr "Rein"\n'
    path.write_text(f'{kept}\nmsgid "Nowhere"\nmsgstr "Weg"\n\n#~ msgid "No longer"\n#~ msgstr "Lange weg"\n')
    update(path)
    text = path.read_text(encoding="utf-8")
    assert kept in text
    assert "Weg" not in text
    assert "Lange weg" not in text


def test_german_speaks_with_customers_politely() -> None:
    forms = [form for message in texts(read(FOLDER / "de.po")) for _, form in forms_of(message)]
    assert [form for form in forms if re.search(r"\b(?:[Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b", form)] == []
    assert [form for form in forms if '"' in TAG.sub("", form)] == []


def test_the_source_language_needs_no_catalogue() -> None:
    assert SOURCE not in [path.stem for path in CATALOGUES]
    assert Catalogues.read().by_language[SOURCE].ugettext("Sign in") == "Sign in"
