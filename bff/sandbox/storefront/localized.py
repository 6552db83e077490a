"""Texts in several languages: `Accept-Language` decides whether an answer has them all as a map, or one as a string."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bff.sandbox.replies import JsonObject
from bff.sandbox.world import Call

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Localized:
    """One text, by language."""

    by_language: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """Return it in this language, else in the shop's own."""
        return self.by_language.get(language) or self.by_language[FALLBACK]


def text(en: str, de: str) -> Localized:
    """Make a text of the two languages of the shop."""
    return Localized({"en": en, "de": de})


def language_of(call: Call) -> str | None:
    """Return the language that a call wants its texts in; None: all of them."""
    first = call.headers.get("accept-language", "").split(",")[0].split(";")[0].strip().lower()
    return None if first in {"", "*"} else first.partition("-")[0]


def spelled(document: JsonObject, language: str | None) -> JsonObject:
    """Return a document with each text as the call wants it."""
    return {name: _spelled(value, language) for name, value in document.items()}


def _spelled(value: object, language: str | None) -> object:
    if isinstance(value, Localized):
        return dict(value.by_language) if language is None else value.in_language(language)
    if isinstance(value, dict):
        return spelled(value, language)
    if isinstance(value, list):
        return [_spelled(one, language) for one in value]
    return value
