"""What is to be said of one JSON route, wherever it comes from: a row of the table, or a view of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from bff.operations.model import JSON, Operation, Parameter
from bff.web.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another route that can be asked with what an answer holds."""

    client_name: str
    parameter: str
    pointer: str
    """Where the parameter's value stands in the body (RFC 6901)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """One way in which a route can succeed."""

    status: int
    text: str
    models: tuple[type[BaseModel], ...] = ()
    """Of the body, which is one of them; none: there is no body, or `schema` says what it is."""
    schema: Mapping[str, Any] | None = None
    """Of a body that no model knows."""
    media: str = JSON
    is_list: bool = False
    examples: Mapping[str, Any] = field(default_factory=dict)
    """Whole bodies, by a word for each."""
    has_tag: bool = False
    """Whether an `ETag` comes along."""
    links: tuple[Link, ...] = ()
    has_total: bool = False
    """Whether a header says how many there are in all."""
    may_be_kept: bool = False
    """Whether caches may keep it."""
    may_be_representation: bool = False
    """Whether the body is there, or is what is there now, only for who prefers it (RFC 7240 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One route."""

    method: str
    path: str
    """In Flask's notation."""
    client_name: str
    topic: str
    summary: str
    notes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    successes: tuple[Success, ...]
    faults: tuple[Fault, ...]
    """Every error that can come, each type once."""
    bodies: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    """By media type."""
    free_body: Mapping[str, Any] | None = None
    """The schema of a body that no model knows."""
    media_types: tuple[str, ...] = (JSON,)
    """Of such a body."""
    body_facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What else holds for properties of the body, by their dotted paths, in the words of JSON Schema."""
    body_required: bool = False
    takes_if_match: bool = False
    takes_prefer: bool = False
    needs_cookie: bool = True
    knows_session: bool = True
    """Whether it reads the visitor's session at all."""
    operation: Operation | None = None
    """The row behind it."""

    @property
    def is_read(self) -> bool:
        """Whether it needs no CSRF token."""
        return self.method == "GET"
