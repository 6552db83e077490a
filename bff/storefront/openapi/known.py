"""What the vendor's documents said when the shipped sets were written from them, and what rows say of the same.

Without it, all that a set leaves out on purpose would look new in the next document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bff.operations.model import Operation, Place
from bff.storefront.openapi.operations import NONE, VendorOperation

DOCUMENTS: Final = Path(__file__).parent / "documents.json"
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")

Key = tuple[str, str]
"""Verb and path; the names of a path's parameters say nothing about what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of one operation, what a row has to agree with."""

    title: str
    query: frozenset[str]
    success: tuple[int, ...]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One of the vendor's documents, at the commit that the sets name."""

    path: str
    operations: Mapping[Key, Facts]


def key_of(method: str, path: str) -> Key:
    """Return what an operation is found by."""
    return method, _PARAMETER.sub("{}", path)


def service_of(path: str) -> str:
    """Return the first part of a path."""
    return path.split("/")[1]


def facts_of(operation: VendorOperation) -> Facts:
    """Return what a document says of an operation."""
    return Facts(title=operation.title, query=operation.query, success=operation.success, body=operation.body)


def facts_of_row(operation: Operation) -> Facts:
    """Return what a row says of it."""
    query = {one.name for one in operation.parameters if one.place is Place.QUERY}
    return Facts(
        title=f"{operation.method} {operation.path}",
        query=frozenset(query | ({"totalCount"} if operation.total_from == "X-Count" else set())),
        success=tuple(sorted(operation.success)),
        body=NONE if operation.free_body is None else operation.free_body.kind.value,
    )


def known_documents() -> tuple[Document, ...]:
    """Return the documents that the shipped sets were written from."""
    content: Mapping[str, Any] = json.loads(DOCUMENTS.read_text("utf-8"))
    return tuple(
        Document(path=path, operations=dict(_fact(title, said) for title, said in operations.items()))
        for path, operations in content.items()
    )


def _fact(title: str, said: Any) -> tuple[Key, Facts]:
    method, _, path = title.partition(" ")
    query, success, body = said
    return key_of(method, path), Facts(title=title, query=frozenset(query), success=tuple(success), body=body)
