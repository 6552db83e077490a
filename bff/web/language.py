"""The language of a page: the chosen one, else the customer's, the browser's, or English; and the catalogues for it.

Catalogues are read as text when the application starts, so no build step compiles them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations
from flask import Flask, current_app, has_request_context

from bff.sessions.session import SessionState
from bff.web.at_hand import asked, noted
from bff.web.session_interface import browser_session
from bff.web.templates import register_templates

SOURCE: Final = "en"
_ACCEPTABLE: Final = re.compile(r"[A-Za-z0-9*,;=.\- ]{1,200}")
_UNTOUCHED: Final = "en_US"
"""What Emporix gives to accounts that name no language. Who chooses English on our pages gets `en`."""
_REGION: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-([A-Za-z]{2})")
FOLDER: Final = Path(__file__).resolve().parent.parent / "translations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogues:
    """Every language that pages can be shown in, by its code."""

    by_language: Mapping[str, NullTranslations]

    @classmethod
    def read(cls, folder: Path = FOLDER, over: Mapping[str, Catalog] | None = None) -> Catalogues:
        """Read `<language>.po` of every language there is; the source language needs none.

        :param over: a theme's, by their languages: they go before ours, text by text, and may bring further languages
        """
        found: dict[str, NullTranslations] = {SOURCE: NullTranslations()}
        for path in sorted(folder.glob("*.po")):
            with path.open("rb") as text:
                catalogue = read_po(text, locale=path.stem, abort_invalid=True)
            found[path.stem] = _compiled(catalogue)
        for language, catalogue in (over or {}).items():
            theirs = _compiled(catalogue)
            if language in found:
                theirs.add_fallback(found[language])
            found[language] = theirs
        return cls(by_language=MappingProxyType(found))

    @property
    def locales(self) -> tuple[str, ...]:
        """Babel's codes for the languages."""
        return tuple(_code(language) for language in self.by_language)

    def choose(self, preferred: str | None, accepted: list[str]) -> str:
        """Return the first language that is wanted and there: `preferred`, then `accepted`, best first."""
        for wanted in (preferred, *accepted):
            code = (wanted or "").replace("_", "-").partition("-")[0].lower()
            if code in self.by_language:
                return code
        return SOURCE


def _compiled(catalogue: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def register_language(app: Flask, catalogues: Catalogues) -> None:
    """Let templates translate, and tell them which language they are in."""
    app.extensions["catalogues"] = catalogues
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    app.jinja_env.globals["language"] = language
    app.jinja_env.globals["is_right_to_left"] = lambda: locale().text_direction == "rtl"
    register_templates(app, {code: texts.ugettext for code, texts in catalogues.by_language.items()})


def language() -> str:
    """Return the code of this response's language; a session that has not been read by now does not decide."""
    # Kept with what it was chosen by: the session may be read, or the customer signed in, between two calls.
    preferred = _preferred()
    g = noted()
    kept: tuple[str | None, str] | None = g.get("language")
    if kept is None or kept[0] != preferred:
        accepted = [value for value, quality in asked().accept_languages if quality > 0]
        kept = g.language = preferred, _catalogues().choose(preferred, accepted)
    return kept[1]


def locale() -> Locale:
    """Return what Babel knows of the page's language."""
    return _locale(language())


def locale_code() -> str:
    """Return Babel's code for the page's language."""
    return _code(language())


def language_tag(country: str | None) -> str:
    """Return the page's language for a profile: as it is spoken in a country, where it is official there (`de_DE`)."""
    code = language()
    tag = f"{code}_{country}"
    # That tag is what an account has whose owner has chosen nothing.
    return tag if country and code in get_official_languages(country) and tag != _UNTOUCHED else code


def languages() -> tuple[str, ...]:
    """Return the code of every language that pages can be shown in, the source first."""
    return tuple(_catalogues().by_language)


def gettext(message: str) -> str:
    """Return the message in the language of this response."""
    if not has_request_context():
        return message
    return _translations().ugettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """Return the form of the message that goes with a number."""
    if not has_request_context():
        return one if number == 1 else many
    return _translations().ungettext(one, many, number)


def lazy_gettext(message: str, **values: int) -> str:
    """Return a text that becomes the message, with its values, in the language of the response that shows it.

    For what is declared before there is a request, such as a validator's message. It is translated each time it is
    read, because one declaration serves every language.
    """
    # A proxy and no `str`, but it does what a `str` does wherever it is shown or filled in.
    return cast("str", LazyProxy(lambda: gettext(message) % values if values else gettext(message), enable_cache=False))


def region() -> str | None:
    """Return the country that the browser's first language names; `en-US` is what browsers say all over the world."""
    first = next((value for value, quality in asked().accept_languages if quality > 0), "")
    named = _REGION.fullmatch(first)
    return named[1].upper() if named and first.casefold() != "en-us" else None


def accept_language() -> str | None:
    """Return the browser's languages if they are well-formed; no other header of a browser goes upstream."""
    sent: str = asked().environ.get("HTTP_ACCEPT_LANGUAGE", "")
    return sent if _ACCEPTABLE.fullmatch(sent) else None


@lru_cache(maxsize=16)
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code)
    except UnknownLocaleError:
        return Locale.parse(SOURCE)


@lru_cache(maxsize=16)
def _code(code: str) -> str:
    return str(_locale(code))


def _translations() -> NullTranslations:
    return _catalogues().by_language[language()]


def _catalogues() -> Catalogues:
    catalogues: Catalogues = current_app.extensions["catalogues"]
    return catalogues


def _preferred() -> str | None:
    session = browser_session().session
    if session.state is not SessionState.LIVE:
        return None
    if session.web.language in _catalogues().by_language:
        return session.web.language
    if session.signed_in is None:
        return None
    preferred = session.signed_in.customer.language
    # Nobody has chosen it, and the browser knows better. One that asks for English shows English all the same.
    return None if preferred == _UNTOUCHED else preferred
