"""Countries, languages and currencies to choose from, named in the language of the page (Unicode CLDR, by Babel)."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

Choice = tuple[str, str]

# Codes of CLDR that are no country of ISO 3166-1: regions, reserved and test codes.
_NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
_LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "ja", "ko", "lt",
    "lv", "mt", "nb", "nl", "pl", "pt", "ro", "sk", "sl", "sv", "tr", "uk", "zh",
)  # fmt: skip
_CURRENCIES = (
    "AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR",
    "ISK", "JPY", "KRW", "MXN", "NOK", "NZD", "PLN", "RON", "SAR", "SEK", "SGD", "TRY", "UAH", "USD", "ZAR",
)  # fmt: skip


@lru_cache(maxsize=16)
def countries(locale: str) -> tuple[Choice, ...]:
    """Return every country as code and name, by name."""
    names = Locale.parse(locale).territories
    return _by_name([(c, n) for c, n in names.items() if len(c) == 2 and c.isalpha() and c not in _NO_COUNTRY])


@lru_cache(maxsize=16)
def languages(locale: str) -> tuple[Choice, ...]:
    """Return languages as code and name, by name."""
    names = Locale.parse(locale).languages
    return _by_name([(code, names[code][:1].upper() + names[code][1:]) for code in _LANGUAGES])


@lru_cache(maxsize=16)
def currencies(locale: str) -> tuple[Choice, ...]:
    """Return currencies as code and name, by name."""
    names = Locale.parse(locale).currencies
    return _by_name([(code, f"{names[code]} ({code})") for code in _CURRENCIES])


def language_name(code: str, locale: str) -> str:
    """Return what a language tag such as `en_US` means, or the tag itself where Babel does not know it."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(locale)
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:] if name else code


def with_stored(choices: tuple[Choice, ...], stored: str | None, name: str | None = None) -> list[Choice]:
    """Return the choices and, if it is none of them, what is stored: a form must not change what was left alone."""
    known = {code for code, _ in choices}
    return [*choices, *([(stored, name or stored)] if stored and stored not in known else [])]


def _by_name(choices: list[Choice]) -> tuple[Choice, ...]:
    # Accents sort with their letters: Österreich belongs to O.
    return tuple(sorted(choices, key=lambda choice: (choice[1].translate(_PLAIN).casefold(), choice[0])))


_PLAIN = str.maketrans("ÄÖÜÅÉÈÇÍÓÚØäöüåéèçíóúø", "AOUAEECIOUOaouaeeciouo")
