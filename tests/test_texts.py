"""The list of all texts holds every text there is, in every language, with where it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.catalogues import FOLDER, ROOT, read, wanted
from tests.support.texts import Text, lines, main, page, texts

PATHS = sorted(FOLDER.glob("*.po"))


def words_of(text: Text, language: str) -> tuple[str, ...]:
    return tuple(form for spoken, form in text.forms if spoken == language)


def as_forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def test_the_list_holds_every_text_of_templates_and_code() -> None:
    listed = {words_of(text, "en") for text in texts()}
    assert listed == {as_forms(message.id) for message in wanted() if message.id}
    assert len(listed) == len(texts())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_list_holds_every_translation(path: Path) -> None:
    listed = {words_of(text, "en"): words_of(text, path.stem) for text in texts()}
    assert listed == {as_forms(message.id): as_forms(message.string) for message in read(path) if message.id}


def test_each_text_stands_in_the_files_it_is_listed_under() -> None:
    for text in texts():
        # The first words are enough: what goes on over several lines stands there otherwise indented.
        start = re.split(r'[%<"\n]', text.forms[0][1])[0].split("  ")[0][:20]
        for file in text.files:
            assert start in " ".join((ROOT / file).read_text(encoding="utf-8").split()), (start, file)


def test_texts_of_a_file_stand_together_in_the_print() -> None:
    heads = [line for line in lines(texts()) if line.startswith("\n== ")]
    assert heads == sorted(set(heads))
    assert "\n== templates/login.html" in heads


def test_the_page_holds_what_the_print_holds() -> None:
    shown = page(texts())
    assert shown.count("<tr>") == len(texts()) + 1
    assert '<td lang="de">Anmelden</td>' in shown


def test_words_choose_texts(capsys: pytest.CaptureFixture[str]) -> None:
    main(["anmelden", "sign in"])
    shown = capsys.readouterr().out
    assert "en  Sign in\nde  Anmelden\n" in shown
    assert "Abmelden" not in shown


def test_missing_translation_is_told(tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_text('msgid ""\nmsgstr "Language: fr\\n"\n\nmsgid "Sign in"\nmsgstr ""\n')
    listed = {words_of(text, "en"): words_of(text, "fr") for text in texts(tmp_path)}
    assert listed[("Sign in",)] == ("(not translated)",)
    assert listed[("Sign out",)] == ("(not translated)",)
