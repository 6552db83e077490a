"""What a row takes in path, query and header fields: the types, and the reading of a row's tables of them.

The types are closed: an expression of the file's own could be wrong, and open a path, or take for ever to match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bff.config.environment import UnacceptableError
from bff.operations.declared import SessionValue
from bff.operations.model import Parameter, Place, Supplier
from bff.operations.table import OPERATIONS
from bff.storefront import readers
from bff.storefront.document import Document
from bff.storefront.fields import given, read_table
from bff.storefront.problems import Place as At
from bff.storefront.problems import shown
from bff.storefront.reserved_names import EXAMPLES, name_fault

MOST_REPEATS: Final = 200
MOST_PARAMETERS: Final = 50
_MOST_NUMBER: Final = 999_999_999
_NO_DOTS: Final = r"(?!\.+\Z)"
"""RFC 3986 5.2.4: the next reader of a path would take such a segment out of it; some do so with three dots too."""
_SECOND: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

TENANT: Final = OPERATIONS["get_me"].parameter("tenant")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterType:
    """One way in which a value may look."""

    word: str
    pattern: str
    what: str
    """For people: what it is."""
    example: str
    in_path: bool = True
    """Whether it may be a segment of a path."""
    in_header: bool = True
    """Whether it may be a header field's: ASCII, without control characters."""
    is_number: bool = False


_TYPES: Final = (
    ParameterType(
        word="id", pattern=r"[A-Za-z0-9_-]{1,64}", what="an id: letters, digits, `-` and `_`", example="8f2c"
    ),
    ParameterType(
        word="word",
        pattern=_NO_DOTS + r"[A-Za-z0-9_.-]{1,64}",
        what="a code: letters, digits, `-`, `_` and `.`",
        example="SUMMER-25",
    ),
    ParameterType(
        word="names",
        pattern=r"(?=.{1,512}\Z)[A-Za-z0-9_.-]{1,64}(,[A-Za-z0-9_.-]{1,64})*",
        what="words with `,` between them, 512 characters in all",
        example="name,code",
        in_path=False,
    ),
    ParameterType(
        word="sort",
        pattern=r"[A-Za-z0-9_.:,+-]{1,200}",
        what="what to sort by: properties with `:asc` or `:desc`, `,` between them",
        example="name:asc",
        in_path=False,
    ),
    ParameterType(
        word="q",
        pattern=r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,2000}",
        what="a filter or a text of at most 2,000 characters, none of them a control character",
        example="code:A-100",
        in_path=False,
        in_header=False,
    ),
    ParameterType(word="bool", pattern=r"true|false", what="`true` or `false`", example="true"),
    ParameterType(
        word="count", pattern=r"[1-9][0-9]{0,8}", what="a whole number from 1 on", example="20", is_number=True
    ),
    ParameterType(
        word="index", pattern=r"0|[1-9][0-9]{0,8}", what="a whole number from 0 on", example="0", is_number=True
    ),
    ParameterType(
        word="date",
        pattern=_SECOND + r"(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?",
        what="a date, or a time with its offset (ISO 8601)",
        example="2026-01-31",
    ),
    ParameterType(word="country", pattern=r"[A-Z]{2}", what="a country's two capital letters (ISO 3166)", example="DE"),
    ParameterType(
        word="currency", pattern=r"[A-Z]{3}", what="a currency's three capital letters (ISO 4217)", example="EUR"
    ),
    ParameterType(
        word="language",
        pattern=r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}",
        what="a language's tag (RFC 5646)",
        example="de",
    ),
    ParameterType(
        word="site",
        pattern=_NO_DOTS + r"[A-Za-z0-9_.-]{1,128}",
        what="a site: `EMPORIX_SITE` or one of `EMPORIX_SITES`, and the first where a required one is not given",
        example="main",
    ),
)
TYPES: Final[Mapping[str, ParameterType]] = {one.word: one for one in _TYPES}
SITE: Final = TYPES["site"]
_OF_SESSION: Final[Mapping[SessionValue, str]] = {
    SessionValue.SESSION_ID: r"[\x21-\x7e]{1,512}",
    SessionValue.CUSTOMER_ID: _NO_DOTS + r"[A-Za-z0-9_.:-]{1,128}",
    SessionValue.LEGAL_ENTITY: _NO_DOTS + r"[A-Za-z0-9_.:-]{1,128}",
    SessionValue.SITE: SITE.pattern,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """One parameter, as it is written where its type alone does not say enough."""

    type: str | None = given(
        readers.word(TYPES),
        unset=None,
        usual="none: one of `type` and `from` has to be there",
        values="a type",
        becomes="what the browser may give",
        example='type = "id"',
    )
    required: bool = given(
        readers.switch,
        unset=False,
        usual="`false`; in a path always `true`",
        values="`true`, `false`",
        becomes="400 where the browser does not give it; 401 where the session lacks it",
        example="required = true",
    )
    max: int | None = given(
        readers.whole(1, _MOST_NUMBER),
        unset=None,
        usual="none",
        values="a whole number, for `count` and `index`",
        becomes="the largest that may be given",
        example="max = 100",
    )
    repeat: int = given(
        readers.whole(1, MOST_REPEATS),
        unset=1,
        usual="`1`",
        values=f"1 to {MOST_REPEATS}; in a query only",
        becomes="how often it may be given",
        example="repeat = 20",
    )
    values: tuple[str, ...] = given(
        readers.names(r"[\x21-\x7e]{1,64}", "1 to 64 visible ASCII characters"),
        unset=(),
        usual="any of the type",
        values="an array of values of the type",
        becomes="the only values that may be given",
        example='values = ["wishlist", "shopping"]',
    )
    source: SessionValue | None = given(
        readers.choice(SessionValue),
        unset=None,
        usual="none: the browser gives it",
        values="`session.id`, `customer.id`, `legal_entity`, `site`",
        becomes="it is the session's own, and the browser may not give it; our path goes without",
        example='from = "customer.id"',
        key="from",
    )


def read_parameters(place: Place, table: Mapping[str, Any], at: At, document: Document) -> list[Parameter]:
    """Read one of a row's tables of parameters; what is wrong is told, and left out."""
    if len(table) > MOST_PARAMETERS:
        document.problem(
            at, f"{at[-1]} names more than {MOST_PARAMETERS} parameters", "those that the shop's pages use"
        )
        return []
    found = []
    for name, said in table.items():
        here = (*at, name)
        if (fault := name_fault(place, name)) is not None:
            document.problem(here, f"{shown(name)} {fault}", EXAMPLES[place])
            continue
        if isinstance(said, str):
            said = {"type": said}
            kind = readers.word(TYPES)
            try:
                kind(said["type"])
            except UnacceptableError as error:
                document.problem(here, f"the type of {shown(name)} {error}", f'{name} = "id"')
                continue
        if not isinstance(said, dict):
            document.problem(here, f"{shown(name)} must be a type, or a table with one", f'{name} = "id"')
            continue
        read = read_table(ParameterRow, said, here, document)
        faults = [] if read.wrong else list(_faults(place, name, read.values))
        for key, what, example in faults:
            document.problem((*here, key), f"{shown(name)} {what}", example)
        if not read.wrong and not faults:
            found.append(_parameter(place, name, read.values))
    return found


def _faults(place: Place, name: str, row: ParameterRow) -> Iterator[tuple[str, str, str]]:
    """Yield what does not go together: the property to blame, what is wrong, and an example."""
    if (row.type is None) == (row.source is None):
        yield "from", "needs either a type or from", f'{name} = {{ from = "customer.id" }}'
        return
    if place is not Place.QUERY and row.repeat > 1:
        yield "repeat", "can be repeated in a query only", f'{name} = "id"'
    if row.source is not None:
        if row.max is not None or row.values or row.repeat > 1:
            yield "from", "is the session's own, so max, repeat and values say nothing", '{ from = "customer.id" }'
        return
    kind = TYPES[row.type or ""]
    if place is Place.PATH and not kind.in_path:
        yield "type", f"is part of a path, which {kind.word} cannot be", f'{name} = "id"'
    if place is Place.HEADER and not kind.in_header:
        yield "type", f"is a header field, which {kind.word} cannot be", f'{name} = "id"'
    if row.max is not None and not kind.is_number:
        yield (
            "max",
            f"has max, which goes with count and index, and is of type {kind.word}",
            '{ type = "count", max = 100 }',
        )
    if any(re.fullmatch(kind.pattern, one) is None for one in row.values):
        yield "values", f"has a value that is no {kind.word}", '{ type = "word", values = ["wishlist"] }'
    if row.values and kind is SITE:
        yield "values", "names sites, which the settings list", f'{name} = "site"'


def _parameter(place: Place, name: str, row: ParameterRow) -> Parameter:
    required = row.required or place is Place.PATH
    if row.source is not None:
        return Parameter(
            name=name,
            place=place,
            pattern=_OF_SESSION[row.source],
            required=required,
            secret=row.source is SessionValue.SESSION_ID,
            source=row.source,
        )
    kind = TYPES[row.type or ""]
    return Parameter(
        name=name,
        place=place,
        pattern="|".join(map(re.escape, row.values)) if row.values else kind.pattern,
        supplier=Supplier.CLIENT,
        required=required,
        description=_described(kind, row),
        example=row.values[0] if row.values else kind.example,
        is_site=kind is SITE,
        most=row.max,
        most_values=row.repeat,
    )


def _described(kind: ParameterType, row: ParameterRow) -> str:
    if row.values:
        return f"One of {', '.join(row.values)}."
    what = kind.what.replace("`", "'")
    most = "" if row.max is None else f", {row.max} at most"
    return f"{what[0].upper()}{what[1:]}{most}."
