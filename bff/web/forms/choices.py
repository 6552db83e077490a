"""Countries, languages and currencies to choose from, named in the language of the page (Unicode CLDR, by Babel).

What everybody is offered is put into words, and into HTML, once; what a record alone holds is added where it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from markupsafe import escape

from bff.account import postal

Choice = tuple[str, str]

# ISO 3166-1, and Kosovo. CLDR has names for more than countries, and new releases of it for more of them.
_COUNTRIES = (
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY",
    "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK",
    "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
    "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR",
    "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA",
    "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
    "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
    "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG",
    "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF",
    "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY",
    "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
)  # fmt: skip
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
    return _by_name([(code, names[code]) for code in _COUNTRIES])


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


def name_all(locales: Iterable[str]) -> None:
    """Put every choice into words now, and not when the first page shows it.

    A server does so before its workers start: Babel's data of a language is megabytes, which they share then.
    """
    for locale in locales:
        for named in (countries, languages, currencies):
            named(locale)


def language_name(code: str, locale: str) -> str:
    """Return what a language tag such as `en_US` means, or the tag itself where Babel does not know it."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(locale)
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:] if name else code


@dataclass(frozen=True, slots=True)
class Shared:
    """Choices that everybody has, and their options as HTML, of which none is selected."""

    choices: tuple[Choice, ...]
    values: frozenset[str]
    html: str

    @classmethod
    def draw(cls, choices: tuple[Choice, ...]) -> Shared:
        """Draw the options."""
        values = frozenset(value for value, _ in choices)
        return cls(choices, values, "".join(_option(value, name) for value, name in choices))


@lru_cache(maxsize=64)
def shared(named: Callable[[str], tuple[Choice, ...]], locale: str, unchosen: str) -> Shared:
    """Return what a select offers in a language, and first a choice of nothing; drawn once."""
    return Shared.draw((("", unchosen), *named(locale)))


@lru_cache(maxsize=64)
def shared_codes(codes: tuple[str, ...], unchosen: str) -> Shared:
    """Return the same of what has no name beside its code."""
    return Shared.draw((("", unchosen), *((code, code) for code in codes)))


@lru_cache(maxsize=32)
def shared_states(code: str, unchosen: str) -> Shared | None:
    """Return the states of a country, and first a choice of nothing; None: they are not known, or it has none."""
    states = postal.country(code).states
    named = ((one.key, one.name if one.latin == one.name else f"{one.latin} ({one.name})") for one in states)
    return Shared.draw((("", unchosen), *named)) if states else None


class Offer(list[Choice]):
    """What one select offers: what everybody has and, if it is none of that, what is stored.

    A form must not change what was left alone.

    `name`: what the stored value is called, asked for only where it has to be shown.
    """

    def __init__(self, everybodys: Shared, stored: str | None, name: Callable[[str], str] = str) -> None:
        added = [] if not stored or stored in everybodys.values else [(stored, name(stored) or stored)]
        super().__init__([*everybodys.choices, *added])
        self._html = everybodys.html
        self._added = added

    def options(self, chosen: str | None) -> str:
        """Return the options as HTML."""
        html = self._html + "".join(_option(value, name) for value, name in self._added)
        if chosen is None:
            return html
        opening = f'<option value="{escape(chosen)}">'
        return html.replace(opening, opening.replace("<option", "<option selected", 1), 1)


def _option(value: str, name: str) -> str:
    return f'<option value="{escape(value)}">{escape(name or value)}</option>'


def _by_name(choices: list[Choice]) -> tuple[Choice, ...]:
    # Accents sort with their letters: Österreich belongs to O.
    return tuple(sorted(choices, key=lambda choice: (choice[1].translate(_PLAIN).casefold(), choice[0])))


_PLAIN = str.maketrans("ÄÖÜÅÉÈÇÍÓÚØäöüåéèçíóúø", "AOUAEECIOUOaouaeeciouo")
