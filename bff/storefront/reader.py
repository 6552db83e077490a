"""`read_storefront(path)`: the file and the sets that it names, checked as a whole; all problems are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bff.errors import ConfigurationError, Problem
from bff.operations.declared import Declared
from bff.operations.model import Operation, Parameter, ResponseShape
from bff.operations.model import Place as In
from bff.storefront.checks import Subject, faults_of
from bff.storefront.client_names import client_name
from bff.storefront.document import Document, parsed_document, read_document
from bff.storefront.fields import example_of, read_table
from bff.storefront.file import SETS, FileRow, SetRow, SignInRow
from bff.storefront.model import SignInRules, Storefront, StorefrontWarning
from bff.storefront.operation import operation_of
from bff.storefront.parameters import read_parameters
from bff.storefront.paths import own_shape
from bff.storefront.problems import FileProblem, Place, Problems
from bff.storefront.row import Row
from bff.storefront.shadows import Route, Shadows
from bff.storefront.warnings import of_file, of_row

VARIABLE: Final = "BFF_STOREFRONT"
_TABLES: Final = (In.PATH, In.QUERY, In.HEADER)
_ROUTE: Final = frozenset({"method", "upstream", "tenant", "path", "parameters of path"})
"""What has to be sound for a row's route to be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRow:
    """One row of a document, as far as it could be read."""

    document: Document
    at: Place
    row: Row
    parameters: Sequence[Parameter]
    wrong: frozenset[str]
    set_name: str | None
    operation: Operation | None
    """None: something is wrong with it."""

    @property
    def line(self) -> int | None:
        """The line that it begins at."""
        return self.document.lines.of(self.at)

    @property
    def route(self) -> Route:
        """Its own route."""
        left_out = [one.name for one in self.parameters if one.source is not None and one.place is In.PATH]
        return Route(name=self.row.name, verb=self.row.method, shape=own_shape(self.row.upstream, left_out))


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file, and what was found about it."""

    storefront: Storefront
    """Without the rows that something is wrong with."""
    problems: tuple[FileProblem, ...]


def read_storefront(path: Path | None) -> Storefront:
    """Return the further operations that a file declares.

    :param path: None: there are none
    :raises ConfigurationError: the file is wrong; holds every problem found
    """
    if path is None:
        return Storefront()
    found = examine(path)
    if found.problems:
        raise ConfigurationError(
            tuple(
                Problem(variable=VARIABLE, what=f"{problem.where}: {problem.what}", example=problem.example)
                for problem in found.problems
            )
        )
    return found.storefront


def examine(path: Path) -> Examined:
    """Read a file, and tell everything that is wrong with it; needs no other configuration."""
    problems = Problems()
    return _examined(read_document(path, problems), problems)


def examine_text(text: str) -> Examined:
    """Tell everything that is wrong with what such a file might hold."""
    problems = Problems()
    return _examined(parsed_document(text.encode(), problems, file="text"), problems)


def _examined(document: Document | None, problems: Problems) -> Examined:
    if document is None:
        return Examined(storefront=Storefront(), problems=problems.in_order())
    read = read_table(FileRow, document.content, (), document)
    sources: dict[str, str] = {}
    shipped: list[DeclaredRow] = []
    for name in read.values.sets:
        shipped += _set_rows(name, problems, sources)
    own = list(_rows(document, read.values.route, None, read.values.source))
    names = {row.row.name for row in own if "name" not in row.wrong}
    rows = [row for row in shipped if row.row.name not in names] + own
    _check_names(rows)
    _check_shadows(rows, shipped)
    if "sets" not in read.wrong:
        _check_versions(rows)
    sign_in = _sign_in(document, read.values, sets_are_known="sets" not in read.wrong)
    operations = {row.row.name: row.operation for row in rows if row.operation is not None}
    storefront = Storefront(
        operations=MappingProxyType(operations),
        sign_in=sign_in,
        warnings=tuple(_warnings(document, rows, shipped)),
        sources=MappingProxyType(sources),
    )
    return Examined(storefront=storefront, problems=problems.in_order())


def _set_rows(name: str, problems: Problems, sources: dict[str, str]) -> Iterator[DeclaredRow]:
    document = read_document(SETS / f"{name}.toml", problems, file=f"sets/{name}.toml")
    if document is not None:
        read = read_table(SetRow, document.content, (), document)
        sources[name] = read.values.source
        yield from _rows(document, read.values.route or (), name, read.values.source)


def _rows(document: Document, tables: Sequence[Any], set_name: str | None, source: str) -> Iterator[DeclaredRow]:
    declared = Declared(set_name=set_name, source=source)
    for number, table in enumerate(tables):
        if document.problems.are_too_many:
            break
        at: Place = ("route", number)
        if not isinstance(table, dict):
            document.problem(at, "a row must be a table", "[[route]]")
            continue
        yield _row(document, at, table, declared)


def _row(document: Document, at: Place, table: Mapping[str, Any], declared: Declared) -> DeclaredRow:
    before = document.problems.number
    read = read_table(Row, table, at, document)
    row, wrong = read.values, set(read.wrong)
    parameters: list[Parameter] = []
    for place in _TABLES:
        until_now = document.problems.number
        parameters += read_parameters(place, getattr(row, place.value), (*at, place.value), document)
        if document.problems.number > until_now:
            wrong.add(f"parameters of {place.value}")
    subject = Subject(row=row, parameters=parameters, is_shipped=declared.set_name is not None)
    for fault in faults_of(subject, frozenset(wrong)):
        wrong.add(fault.key)
        document.problem((*at, fault.key), fault.what, example_of(Row, fault.key))
    is_sound = document.problems.number == before
    return DeclaredRow(
        document=document,
        at=at,
        row=row,
        parameters=parameters,
        wrong=frozenset(wrong),
        set_name=declared.set_name,
        operation=operation_of(row, parameters, declared) if is_sound else None,
    )


def _check_names(rows: Sequence[DeclaredRow]) -> None:
    """See that no two rows have one name, not even in JavaScript's spelling."""
    seen: dict[str, DeclaredRow] = {}
    for row in rows:
        if "name" in row.wrong:
            continue
        before = seen.setdefault(client_name(row.row.name), row)
        if before is not row:
            what = f"name is that of another row: {before.row.name}, at line {before.line} of {before.document.file}"
            row.document.problem((*row.at, "name"), what, example_of(Row, "name"))


def _check_shadows(rows: Sequence[DeclaredRow], shipped: Sequence[DeclaredRow]) -> None:
    routes = (row.route for row in shipped if not row.wrong & _ROUTE)
    shadows = Shadows((route.verb, route.shape) for route in routes)
    for row in rows:
        if not row.wrong & _ROUTE and (what := shadows.add(row.route)) is not None:
            row.document.problem((*row.at, "upstream"), f"upstream {what}", example_of(Row, "upstream"))


def _check_versions(rows: Sequence[DeclaredRow]) -> None:
    """See that there is a row that reads what a versioned row writes."""
    reading: dict[str, Operation] = {}
    # What would read it has a fault of its own, and is told of by that.
    unsure = {row.row.upstream for row in rows if row.operation is None}
    for row in rows:
        if row.operation is not None and row.operation.method == "GET":
            reading.setdefault(row.operation.path, row.operation)
    for row in rows:
        if row.operation is None or not row.operation.versioned or row.operation.path in unsure:
            continue
        found = reading.get(row.operation.path)
        if found is None or not _reads_versions(found):
            what = "versioned needs a row that reads the same path: a GET whose answer is an object, without a query"
            row.document.problem((*row.at, "versioned"), what, example_of(Row, "versioned"))


def _reads_versions(operation: Operation) -> bool:
    is_asked = any(one.required and one.place is In.QUERY and one.source is None for one in operation.parameters)
    return operation.only_asks and operation.answer is ResponseShape.OBJECT and not is_asked


def _sign_in(document: Document, file: FileRow, *, sets_are_known: bool) -> SignInRules:
    read = read_table(SignInRow, file.sign_in, ("sign_in",), document)
    rules = SignInRules(merge_carts=read.values.merge_carts, site=read.values.site)
    if rules.merge_carts and sets_are_known and "cart" not in file.sets:
        what = "merge_carts needs the set cart: its rows are what carts are merged by"
        document.problem(("sign_in", "merge_carts"), what, 'sets = ["cart"]')
    return rules


def _warnings(
    document: Document, rows: Sequence[DeclaredRow], shipped: Sequence[DeclaredRow]
) -> Iterator[StorefrontWarning]:
    yield from of_file(document)
    before = {row.row.name: row.operation for row in shipped}
    for row in rows:
        if row.operation is not None:
            replaced = before.get(row.row.name) if row.set_name is None else None
            yield from of_row(row.operation, replaced, row.document, row.line)
