"""A theme's translations: catalogues that lie over ours, or bring a language of their own; read and checked at a start.

A text of a template is shown as it stands in a catalogue, tags and all. So a translation has the placeholders and tags
of its text and no others, and nothing that would begin a tag or end an attribute.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from gettext import c2py
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

FOLDER: Final = "translations"
DOUBLED: Final = "%%"
_PERCENT: Final = re.compile(r"%%|%\((\w+)\)[sd]|%")
"""Read from the left, as Python does: what follows a doubled one is no placeholder."""
_TAG: Final = re.compile(r"<[^<>]*>")
_ENDS_TEXT: Final = frozenset('<>"')
_TAGS_NAME: Final = re.compile(r"</?\s*([A-Za-z][^\s/>]*)")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_COUNTED_UP_TO: Final = 200


def read_texts(folder: Path) -> tuple[Mapping[str, Catalog], tuple[str, ...]]:
    """Return the catalogues of a theme by their languages, and all that is wrong with them.

    :param folder: the theme's own; it need not have any
    """
    found: dict[str, Catalog] = {}
    wrong: list[str] = []
    for path in sorted((folder / FOLDER).glob("[!.]*.po")):
        place = f"{FOLDER}/{path.name}"
        if not _is_language(path.stem):
            wrong.append(f"{place} is not named after a language, as de.po is")
            continue
        try:
            with path.open("rb") as text:
                catalogue = read_po(text, locale=path.stem, abort_invalid=True)
        except (OSError, ValueError, LookupError, PoFileError):
            wrong.append(f"{place} cannot be read")
            continue
        # It is written anew for gettext, whatever the file was in.
        catalogue.charset = "utf-8"
        found[path.stem] = catalogue
        wrong += (f"{place}{what}" for what in _wrong(catalogue))
    return found, tuple(wrong)


def shown(catalogue: Catalog) -> Iterator[Message]:
    """Return what of a catalogue is shown: what is translated, and not marked as a guess."""
    return (one for one in catalogue if one.id and not one.fuzzy and any(_forms(one.string)))


def placeholders(text: str) -> Mapping[str, str]:
    """Return the names that a text is filled in with, by the whole placeholders."""
    return {found[0]: found[1] for found in _PERCENT.finditer(text) if found[1]}


def has_lone_percent(text: str) -> bool:
    """Tell whether a % is neither doubled nor a placeholder's."""
    return any(found[0] == "%" for found in _PERCENT.finditer(text))


def _is_language(word: str) -> bool:
    try:
        return _LANGUAGE.fullmatch(word) is not None and Locale.parse(word) is not None
    except (UnknownLocaleError, ValueError):
        return False


def _wrong(catalogue: Catalog) -> Iterator[str]:
    if not _counts(catalogue):
        yield ": its Plural-Forms name no form for some number"
    for message in shown(catalogue):
        place = f", line {message.lineno}: "
        ids, strings = _forms(message.id), _forms(message.string)
        if len(ids) > 1 and (len(strings) != catalogue.num_plurals or not all(strings)):
            yield f"{place}it needs {catalogue.num_plurals} forms"
        for what in dict.fromkeys(one for string in strings if string for one in _wrong_form(ids, string)):
            yield f"{place}{what}"


def _wrong_form(ids: tuple[str, ...], string: str) -> Iterator[str]:
    wanted = {whole for one in ids for whole in placeholders(one)}
    given = placeholders(string).keys()
    if not given <= wanted:
        yield "a placeholder is not one of its text's"
    elif len(ids) == 1 and given != wanted:
        yield "a placeholder of its text is missing"
    if has_lone_percent(string) and any(map(_is_filled_in, ids)):
        yield f"a % is no placeholder; write {DOUBLED}"
    tags = Counter(_TAG.findall(string))
    if tags not in [Counter(_TAG.findall(one)) for one in ids]:
        yield "its tags are not those of its text"
    elif not _nest(_TAG.findall(string)):
        yield "its tags are not in the order of an element"
    own = {letter for one in ids for letter in _TAG.sub("", one)}
    if foreign := sorted((_ENDS_TEXT & set(_TAG.sub("", string))) - own):
        yield f"{' '.join(foreign)} is not in its text; write quotation marks as “ ”"


def _is_filled_in(text: str) -> bool:
    # Jinja fills in every text of a template, be it by nothing; a lone % of ours is in none.
    return not has_lone_percent(text)


def _nest(tags: list[str]) -> bool:
    """Tell whether each element that is begun is ended, and none before another that began within it."""
    begun: list[str] = []
    for tag in tags:
        name = _TAGS_NAME.match(tag)
        if name is None or tag.endswith("/>"):
            continue
        if not tag.startswith("</"):
            begun.append(name[1].lower())
        elif not begun or begun.pop() != name[1].lower():
            return False
    return not begun


def _counts(catalogue: Catalog) -> bool:
    """Tell whether a catalogue's formula names one of its forms for each number."""
    try:
        form_of = c2py(catalogue.plural_expr)
        return all(0 <= form_of(number) < catalogue.num_plurals for number in range(_COUNTED_UP_TO))
    except (ValueError, ArithmeticError, RecursionError):
        return False


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())
