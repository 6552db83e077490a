"""Which type a row gives a parameter of a document: the narrowest that fits what is said, for a person to widen."""

from __future__ import annotations

import json
import re
from typing import Final

from bff.operations.model import Parameter, Place
from bff.storefront.openapi.operations import VendorParameter
from bff.storefront.parameters import TYPES
from bff.storefront.reserved_names import whose

_BY_NAME: Final = {
    "pageNumber": "count",
    "pageSize": "count",
    "siteCode": "site",
    "site": "site",
    "q": "q",
    "sort": "sort",
    "fields": "names",
    "expand": "names",
    "countryCode": "country",
    "country": "country",
    "currency": "currency",
}
_USUAL: Final = {Place.PATH: "id", Place.QUERY: "q", Place.HEADER: "word"}
_MOST_VALUES: Final = 50
_REPEATS: Final = 50
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def key_of(name: str) -> str:
    """Return a name as TOML has it before an equals sign."""
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def value_of(parameter: VendorParameter, *, is_colleagues: bool) -> str:
    """Return a parameter's type as a row has it.

    :param is_colleagues: its path names a colleague, whose id is not the session's own
    """
    owner = whose(Parameter(name=parameter.name, place=parameter.place, pattern=""))
    if owner is not None and not (is_colleagues and parameter.place is Place.PATH):
        return f'{{ from = "{owner.value}" }}'
    word = _type(parameter)
    more = []
    if _fits(parameter.values, word):
        more.append(f"values = [{', '.join(map(json.dumps, parameter.values))}]")
    if parameter.required and parameter.place is not Place.PATH:
        more.append("required = true")
    if parameter.is_repeated and parameter.place is Place.QUERY:
        more.append(f"repeat = {_REPEATS}")
    return f"{{ {', '.join([f'type = {json.dumps(word)}', *more])} }}" if more else json.dumps(word)


def _type(parameter: VendorParameter) -> str:
    in_path = parameter.place is Place.PATH
    if parameter.kinds == {"boolean"}:
        return "bool"
    if parameter.kinds and parameter.kinds <= {"integer", "number"}:
        return "index" if in_path or parameter.lowest < 1 else "count"
    named = _BY_NAME.get(parameter.name)
    if named is not None and (TYPES[named].in_path or not in_path):
        return named
    if parameter.values:
        return "word"
    if parameter.format in ("date", "date-time"):
        return "date"
    if parameter.kinds == {"array"} and not in_path:
        return "id" if parameter.is_repeated else "names"
    return _USUAL[parameter.place]


def _fits(values: tuple[str, ...], word: str) -> bool:
    kind = TYPES[word]
    return (
        0 < len(values) <= _MOST_VALUES
        and word != "site"
        and len(set(values)) == len(values)
        and all(len(one) <= 64 and one.isascii() and re.fullmatch(kind.pattern, one) for one in values)
    )
