"""What the page of the JSON routes shows, as values: topics, routes, shapes and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a value may be."""

    words: str
    """In front of the shape, if there is one: `list of`."""
    shape: str | None = None
    """The name of a shape of the page."""
    may_be_null: bool = False
    values: tuple[str, ...] = ()
    """All there are, as JSON writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property, or one parameter."""

    name: str
    kind: Kind
    is_required: bool
    about: Markup
    bounds: tuple[str, ...]
    """In words."""
    pattern: str
    """What a text matches, as a whole; empty: anything."""
    place: str = ""
    """Of a parameter: path, query or header."""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example, as text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent."""

    media_types: tuple[str, ...]
    is_required: bool
    shape: str | None
    properties: tuple[Property, ...]
    nullable_media_type: str | None
    """In which every property may be null."""
    examples: tuple[tuple[str, Example], ...]
    """Media type and example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """One way in which a route succeeds."""

    status: int
    about: Markup
    kinds: tuple[Kind, ...]
    headers: tuple[str, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One error."""

    name: str
    """Names it on the page."""
    status: int
    type: str
    message: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route."""

    id: str
    method: str
    path: str
    summary: str
    about: Markup
    parameters: tuple[Property, ...]
    body: Body | None
    successes: tuple[Success, ...]
    errors: tuple[Refusal, ...]
    needs_token: bool
    upstream: str
    """The call at Emporix behind it; empty: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Routes under one heading."""

    name: str
    id: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A JSON object that routes send or answer."""

    name: str
    about: Markup
    properties: tuple[Property, ...]
    is_open: bool
    """Whether there may be more properties than these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """All that the page shows."""

    version: str
    about: tuple[Markup, ...]
    """Paragraphs."""
    topics: tuple[Topic, ...]
    shapes: tuple[Shape, ...]
    errors: tuple[Refusal, ...]
    headers: tuple[tuple[str, Markup], ...]
    token_header: str
    """What carries the CSRF token."""
    by_name: Mapping[str, Shape]
    """The shapes."""
