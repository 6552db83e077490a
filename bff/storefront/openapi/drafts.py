"""Writes rows from a document: all that it says, and an empty `bearer` for what it does not.

Whose token goes upstream, how often and what of it is a secret no document says; a person completes the row.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bff.operations.model import MERGE_PATCH, Place
from bff.storefront.openapi.errors import DocumentError
from bff.storefront.openapi.names import Names
from bff.storefront.openapi.operations import NONE, PDF, Api, Found, VendorOperation, VendorParameter, is_json
from bff.storefront.openapi.parameters import key_of, value_of
from bff.storefront.paths import TENANT, parameter_in, segments_of
from bff.storefront.problems import shown
from bff.storefront.reader import examine_text
from bff.storefront.reserved import NAMES_A_COLLEAGUE, is_colleagues, shape_of
from bff.storefront.reserved_names import name_fault, verb_fault
from bff.storefront.words import TOTALS, USUAL_TOTAL

_OF_THE_TOTAL: Final = {"X-Count": "totalCount"}
"""Queries that ask for the total, where that is not done by a header field."""
_SAID_OTHERWISE: Final = frozenset({"accept-language", "content-language", "x-total-count", "accept", "authorization"})
"""Header fields that a row has other words for, or that are sent anyway."""
_MOST_COLUMNS: Final = 120
_LONGEST_SUMMARY: Final = 120
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,120}")
HEAD: Final = "format = 1\n"
EMPTY_BEARER: Final = "bearer is empty"
"""How the start tells that a row is not complete."""
_BEARER: Final = 'bearer = ""  # visitor, customer, guest, shared or public'


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One operation, as a row or not."""

    title: str
    row: str
    """The TOML; empty: it cannot be a row."""
    faults: tuple[str, ...] = ()
    """Why it cannot be one."""


def drafts(api: Api, chosen: Sequence[Found]) -> list[Draft]:
    """Return a draft of each operation, in the order that was asked for.

    :raises DocumentError: the document is not as OpenAPI has it
    """
    names = Names()
    rows: list[str] = []
    faults: list[list[str]] = []
    for found in chosen:
        operation = api.operation(found)
        unfit = list(_unfit(operation))
        rows.append("" if unfit else _row(names.name_of(found), operation))
        faults.append(unfit)
    _check(rows, faults)
    return [
        Draft(title=found.title, row="" if why else row, faults=tuple(why))
        for found, row, why in zip(chosen, rows, faults, strict=True)
    ]


def _check(rows: Sequence[str], faults: Sequence[list[str]]) -> None:
    """Add what the start would refuse a row for, but for its empty bearer."""
    begins = [2]
    for row in rows:
        begins.append(begins[-1] + row.count("\n"))
    for problem in examine_text("".join([HEAD, *rows])).problems:
        if problem.line is None:
            raise DocumentError(f"makes rows that cannot be checked together: {problem.what}")
        if not problem.what.startswith(EMPTY_BEARER):
            faults[bisect_right(begins, problem.line) - 1].append(problem.what)


def _unfit(operation: VendorOperation) -> Iterator[str]:
    """Yield why an operation cannot be a row, as far as no check of a row would say so."""
    if not operation.path.isprintable():
        yield "its path has characters that are not printed"
    if not operation.success:
        yield "no success is documented"
    for media_type in operation.media_types:
        if not is_json(media_type):
            yield f"its body is {shown(media_type)}, and a row's is JSON"
            break
    for media_type in operation.answer_types:
        if not is_json(media_type) and media_type != PDF:
            yield f"it answers {shown(media_type)}, and a row passes JSON and PDF on"
            break
    for parameter in operation.parameters:
        if (
            parameter.required
            and not _is_said_otherwise(parameter)
            and (why := _left_out(parameter, operation.method)) is not None
        ):
            yield f"it needs {shown(parameter.name)} in its {parameter.place.value}, which {why}"


def _row(name: str, operation: VendorOperation) -> str:
    total = _total(operation)
    lines = [*_comments(operation), "[[route]]"]
    lines += [f'name = "{name}"', f"summary = {_summary(operation)}", f'method = "{operation.method}"']
    lines.append(f"upstream = {_text(operation.path)}")
    if TENANT not in segments_of(operation.path):
        lines.append('tenant = "bearer"')
    if operation.operation_id is not None and _ID.fullmatch(operation.operation_id):
        lines.append(f"operation_id = {_text(operation.operation_id)}")
    lines.append(_BEARER)
    tables = {place: list(_entries(place, operation, total)) for place in Place}
    long = []
    for place, entries in tables.items():
        line = f"{place.value} = {{ {', '.join(entries)} }}"
        if entries and len(line) <= _MOST_COLUMNS:
            lines.append(line)
        elif entries:
            long += [f"[route.{place.value}]", *entries]
    lines += _body(operation)
    headers = {one.name.lower() for one in operation.parameters if one.place is Place.HEADER}
    lines += [
        f'{key} = "browser"'
        for key, header in (("language", "accept-language"), ("content_language", "content-language"))
        if header in headers
    ]
    if total is not None:
        lines.append(f"total_count = {'true' if total == USUAL_TOTAL else _text(total)}")
    lines += [f"success = {list(operation.success)}", f'answer = "{_answer(operation)}"']
    if is_colleagues(operation.path, operation.method):
        lines += ['limit = "20/minute"', "recent_proof = true", "audit = true"]
    return "\n".join([*lines, *long, ""])


def _answer(operation: VendorOperation) -> str:
    return NONE if set(operation.success) == {204} else operation.answer


def _body(operation: VendorOperation) -> Iterator[str]:
    if operation.body == NONE or operation.method == "GET":
        return
    yield f'body = "{operation.body}"'
    if MERGE_PATCH in operation.media_types and operation.body == "object":
        yield "merge_patch = true"


def _comments(operation: VendorOperation) -> Iterator[str]:
    """Yield what a person has to know of it besides."""
    if any(one.name.lower() == "saas-token" for one in operation.parameters if one.place is Place.HEADER):
        yield "# The document has a saas-token: say in `saas_token` whether it goes along."
    if operation.method == "GET" and operation.body != NONE:
        yield "# The document has a body, which does not go with GET."
    for parameter in operation.parameters:
        if not _is_said_otherwise(parameter) and (why := _left_out(parameter, operation.method)) is not None:
            yield f"# Left out of the {parameter.place.value}: {shown(parameter.name)}, which {why}."


def _entries(place: Place, operation: VendorOperation, total: str | None) -> Iterator[str]:
    declared = {one.name: one for one in operation.parameters if one.place is place}
    if place is Place.PATH:
        names = (parameter_in(part) for part in segments_of(operation.path))
        # Declared or not, it has to be filled in.
        wanted = [
            declared.get(name) or VendorParameter(name=name, place=place, required=True)
            for name in names
            if name not in (None, "tenant")
        ]
    else:
        asks = _OF_THE_TOTAL.get(total or "")
        wanted = [
            one
            for one in declared.values()
            if not _is_said_otherwise(one) and _left_out(one, operation.method) is None and one.name != asks
        ]
    of_colleagues = shape_of(operation.path) in NAMES_A_COLLEAGUE
    for one in wanted:
        name = one.name.lower() if place is Place.HEADER else one.name
        yield f"{key_of(name)} = {value_of(one, is_colleagues=of_colleagues)}"


def _is_said_otherwise(parameter: VendorParameter) -> bool:
    name = parameter.name.lower()
    if parameter.place is Place.PATH:
        return True
    return parameter.place is Place.HEADER and (name in _SAID_OTHERWISE or name == "saas-token")


def _left_out(parameter: VendorParameter, method: str) -> str | None:
    name = parameter.name.lower() if parameter.place is Place.HEADER else parameter.name
    return name_fault(parameter.place, name) or verb_fault(method, parameter.place, name)


def _total(operation: VendorOperation) -> str | None:
    """Return the header field that tells how many there are."""
    if operation.answer in (NONE, "pdf"):
        return None
    asked = any(one.name.lower() == "x-total-count" for one in operation.parameters if one.place is Place.HEADER)
    if asked or USUAL_TOTAL in operation.answer_headers:
        return USUAL_TOTAL
    return next((name for name in TOTALS if name in operation.answer_headers), None)


def _summary(operation: VendorOperation) -> str:
    plain = " ".join("".join(one if one.isprintable() else " " for one in operation.summary).split())
    return _text((plain if len(plain) > 2 else operation.title)[:_LONGEST_SUMMARY].rstrip(". "))


def _text(value: str) -> str:
    """Return printable text as TOML has it."""
    return json.dumps(value, ensure_ascii=False)


def choose(api: Api, wanted: Sequence[str]) -> list[Found]:
    """Return the operations that are meant, by their ids, or by verb and path.

    :raises DocumentError: there is none such
    """
    there = list(api.found())
    chosen = []
    for one in wanted:
        matching = [found for found in there if one in (found.operation_id, found.title)]
        if not matching:
            raise DocumentError(f"has no operation {shown(one)}; an operation is named by its id, or as 'GET /path'")
        if len(matching) > 1:
            raise DocumentError(f"has {len(matching)} operations {shown(one)}: name it by verb and path")
        chosen += [found for found in matching if found not in chosen]
    return chosen
