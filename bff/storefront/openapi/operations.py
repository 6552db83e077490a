"""What a document says of each operation, as far as a row says the same: verb, path, parameters, body, answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from bff.operations.model import JSON, MERGE_PATCH, Place
from bff.storefront.openapi.errors import DocumentError
from bff.storefront.openapi.tree import ANY, Node, Tree, members
from bff.storefront.problems import shown

METHODS: Final = ("get", "post", "put", "patch", "delete")
"""Of the eight that a document may have, those that a row can be."""
PDF: Final = "application/pdf"
NONE: Final = "none"
_MOST_PATHS: Final = 1_000
_MOST_CHARACTERS: Final = 500
_PLACES: Final = {"path": Place.PATH, "query": Place.QUERY, "header": Place.HEADER}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorParameter:
    """One parameter."""

    name: str
    place: Place
    required: bool
    kinds: frozenset[str] = frozenset()
    """JSON's names of what it may be; empty: it is not declared."""
    values: tuple[str, ...] = ()
    """The only ones it may be, where the document lists them."""
    format: str = ""
    lowest: int = 1
    is_repeated: bool = False
    """An array whose values each have a name of their own in the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorOperation:
    """One operation, as a document has it."""

    method: str
    path: str
    """With what the server's address hides of it."""
    operation_id: str | None
    summary: str
    parameters: tuple[VendorParameter, ...]
    body: str
    """`none`, `object`, `array` or `any`."""
    media_types: tuple[str, ...]
    """Of the body."""
    success: tuple[int, ...]
    answer: str
    """`none`, `object`, `array`, `json` or `pdf`."""
    answer_types: tuple[str, ...]
    answer_headers: frozenset[str]

    @property
    def title(self) -> str:
        """Verb and path."""
        return f"{self.method} {self.path}"

    @property
    def query(self) -> frozenset[str]:
        """The names that its query takes."""
        return frozenset(one.name for one in self.parameters if one.place is Place.QUERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One operation, before it is read."""

    method: str
    path: str
    operation_id: str | None
    node: Node
    item: Node
    """What its path says for all verbs."""

    @property
    def title(self) -> str:
        """Verb and path."""
        return f"{self.method} {self.path}"


class Api:
    """One document."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """:raises DocumentError: it is no OpenAPI document of version 3"""
        version = content.get("openapi")
        if not isinstance(version, str) or not version.startswith("3."):
            raise DocumentError("is no OpenAPI document of version 3")
        self._tree = Tree(content)
        self._root = content

    def found(self) -> Iterator[Found]:
        """Yield each operation.

        :raises DocumentError: paths are not written as OpenAPI has them
        """
        paths = self._tree.mapping(self._root, "paths", "the document")
        if len(paths) > _MOST_PATHS:
            raise DocumentError(f"has more than {_MOST_PATHS:,} paths")
        for path, value in members(paths, "paths"):
            if path.startswith("x-"):
                continue
            if not path.startswith("/") or len(path) > _MOST_CHARACTERS:
                raise DocumentError(f"paths: {shown(path)} is no path")
            item = self._tree.resolved(value, f"paths: {shown(path)}")
            for verb in METHODS:
                if verb in item:
                    yield self._found(verb, path, item)

    def _found(self, verb: str, path: str, item: Node) -> Found:
        where = f"{verb.upper()} {shown(path)}"
        node = self._tree.mapping(item, verb, f"paths: {shown(path)}")
        servers = (self._tree.sequence(one, "servers", where) for one in (node, item, self._root))
        first = next((found[0] for found in servers if found), None)
        return Found(
            method=verb.upper(),
            path=self._prefix(first, where) + path,
            operation_id=self._tree.text(node, "operationId", where),
            node=node,
            item=item,
        )

    def _prefix(self, server: Any, where: str) -> str:
        """Return what the server's address has of the path."""
        if server is None:
            return ""
        node = self._tree.resolved(server, f"{where}: servers")
        url = self._tree.text(node, "url", f"{where}: servers") or ""
        for name, value in members(self._tree.mapping(node, "variables", where), f"{where}: variables"):
            default = self._tree.text(self._tree.resolved(value, where), "default", where)
            url = url.replace(f"{{{name}}}", default or "")
        try:
            return urlsplit(url).path.rstrip("/")
        except ValueError:
            raise DocumentError(f"{where}: the server's url is none") from None

    def operation(self, found: Found) -> VendorOperation:
        """Return an operation with all that is said of it.

        :raises DocumentError: something of it is not written as OpenAPI has it
        """
        where = f"{found.method} {shown(found.path)}"
        body = self._tree.mapping(found.node, "requestBody", where)
        media_types, body_kinds = self._content(body, where)
        answers = dict(self._answers(found.node, where))
        answer_types: list[str] = []
        answer_kinds: set[str] = set()
        headers: set[str] = set()
        for answer in answers.values():
            types, kinds = self._content(answer, where)
            answer_types += types
            answer_kinds |= kinds
            headers |= {name for name, _ in members(self._tree.mapping(answer, "headers", where), where)}
        return VendorOperation(
            method=found.method,
            path=found.path,
            operation_id=found.operation_id,
            summary=self._tree.text(found.node, "summary", where) or "",
            parameters=tuple(self._parameters(found, where)),
            body=_body_word(body_kinds, has_body=bool(media_types)),
            media_types=tuple(media_types),
            success=tuple(sorted(answers)),
            answer=_answer_word(answer_kinds, answer_types),
            answer_types=tuple(answer_types),
            answer_headers=frozenset(headers),
        )

    def _parameters(self, found: Found, where: str) -> Iterator[VendorParameter]:
        """Yield each parameter once; the operation's own goes before its path's, and the first before the next."""
        seen: set[tuple[Place, str]] = set()
        for source in (found.node, found.item):
            for entry in self._tree.sequence(source, "parameters", where):
                parameter = self._parameter(self._tree.resolved(entry, f"{where}: parameters"), where)
                if parameter is not None and (key := (parameter.place, parameter.name)) not in seen:
                    seen.add(key)
                    yield parameter

    def _parameter(self, node: Node, where: str) -> VendorParameter | None:
        name = self._tree.text(node, "name", f"{where}: parameters")
        place = self._tree.text(node, "in", f"{where}: parameters")
        if not name or place not in (*_PLACES, "cookie"):
            raise DocumentError(f"{where}: a parameter has no name, or no place that there is")
        if place == "cookie":
            return None
        where = f"{where}: {shown(name)}"
        schema = self._tree.mapping(node, "schema", where)
        items = self._tree.mapping(schema, "items", where)
        kinds = self._tree.kinds(schema, where)
        style = self._tree.text(node, "style", where) or "form"
        listed = self._tree.sequence(items if "array" in kinds else schema, "enum", where)
        lowest = schema.get("minimum", 1)
        return VendorParameter(
            name=name,
            place=_PLACES[place],
            required=node.get("required") is True,
            kinds=kinds,
            values=tuple(listed) if all(isinstance(one, str) for one in listed) else (),
            format=self._tree.text(schema, "format", where) or "",
            lowest=int(lowest) if isinstance(lowest, int | float) and 0 <= lowest <= 1 else 1,
            is_repeated="array" in kinds and style == "form" and node.get("explode", True) is not False,
        )

    def _answers(self, node: Node, where: str) -> Iterator[tuple[int, Node]]:
        for status, answer in self._tree.mapping(node, "responses", where).items():
            # YAML's 200 is a number, JSON's is text.
            code = str(status)
            if len(code) == 3 and code.isascii() and code.isdigit() and code.startswith("2"):
                yield int(code), self._tree.resolved(answer, f"{where}: {code}")

    def _content(self, node: Node, where: str) -> tuple[list[str], set[str]]:
        """Return the media types, without their parameters, and which JSON values those of JSON may be."""
        types: list[str] = []
        kinds: set[str] = set()
        for name, value in members(self._tree.mapping(node, "content", where), f"{where}: content"):
            media_type = name.partition(";")[0].strip().lower()
            types.append(media_type)
            if is_json(media_type):
                media = self._tree.resolved(value, f"{where}: {shown(name)}")
                kinds |= self._tree.kinds(media.get("schema", {}), where)
        return types, kinds


def is_json(media_type: str) -> bool:
    """Tell whether a media type is JSON's, or may be."""
    return media_type in (JSON, MERGE_PATCH, "*/*") or media_type.endswith("+json")


def _body_word(kinds: set[str], *, has_body: bool) -> str:
    if not has_body:
        return NONE
    return next((word for word in ("object", "array") if kinds == {word}), ANY)


def _answer_word(kinds: set[str], media_types: list[str]) -> str:
    if PDF in media_types:
        return "pdf"
    if not kinds:
        return NONE
    return next((word for word in ("object", "array") if kinds == {word}), "json")
