"""Compares a document with the rows there are: what is new in it, what is gone, and what is asked for in another way.

A row of a shipped set is judged by what the vendor's document said when the set was written, since it may leave out on
purpose what was there then. A row of the shop's own is judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from bff.operations.model import Operation
from bff.operations.table import OPERATIONS
from bff.storefront.openapi.known import Document, Facts, Key, facts_of, facts_of_row, key_of, service_of
from bff.storefront.openapi.operations import VendorOperation


class Change(Enum):
    """What has become of an operation."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One operation that a document has in another way than the rows."""

    change: Change
    title: str
    """Verb and path."""
    told: str
    """What a person has to know of it; may be empty."""
    row: Operation | None
    """None: no row asks for it."""


def differences(
    operations: list[VendorOperation], rows: Mapping[str, Operation], known: tuple[Document, ...]
) -> list[Difference]:
    """Return all, in the document's order, and then what is gone.

    :param rows: those to judge
    :param known: what the shipped sets were written from
    """
    there: dict[Key, VendorOperation] = {}
    for operation in operations:
        there.setdefault(key_of(operation.method, operation.path), operation)
    then = _meant(there, known)
    by_key = {key_of(row.method, row.path): row for row in rows.values()}
    built_in = {key_of(row.method, row.path) for row in OPERATIONS.values()}
    everything = {key for document in known for key in document.operations}
    found = []
    for key, operation in there.items():
        row = by_key.get(key)
        if row is None and key not in everything and key not in built_in:
            told = operation.operation_id or ""
            found.append(Difference(change=Change.ADDED, title=operation.title, told=told, row=None))
        elif row is not None:
            changes = list(_changes(then.get(key) or facts_of_row(row), facts_of(operation)))
            if changes:
                told = "; ".join(changes)
                found.append(Difference(change=Change.CHANGED, title=operation.title, told=told, row=row))
    services = {service_of(operation.path) for operation in operations}
    for key, row in by_key.items():
        is_meant = key in then if key in everything else service_of(row.path) in services
        if is_meant and key not in there:
            found.append(Difference(change=Change.GONE, title=f"{row.method} {row.path}", told="", row=row))
    return found


def _meant(there: Mapping[Key, VendorOperation], known: tuple[Document, ...]) -> dict[Key, Facts]:
    """Return what was said before in the documents that this one follows.

    It is told by what they have in common: two documents may be about one service, each about a part of it.
    """
    alike = [document for document in known if not there.keys().isdisjoint(document.operations)]
    if not alike and there.keys().isdisjoint(key_of(row.method, row.path) for row in OPERATIONS.values()):
        services = {service_of(operation.path) for operation in there.values()}
        alike = [one for one in known if not services.isdisjoint(service_of(path) for _, path in one.operations)]
    return {key: facts for document in alike for key, facts in document.operations.items()}


def _changes(before: Facts, now: Facts) -> Iterator[str]:
    if more := sorted(now.query - before.query):
        yield f"its query takes {', '.join(more)} too"
    if fewer := sorted(before.query - now.query):
        yield f"its query takes no {', '.join(fewer)} any more"
    if now.success != before.success:
        yield f"it succeeds with {_listed(now.success)} in place of {_listed(before.success)}"
    if now.body != before.body:
        yield f"its body is {now.body} in place of {before.body}"


def _listed(statuses: tuple[int, ...]) -> str:
    return ", ".join(map(str, statuses)) or "nothing"
