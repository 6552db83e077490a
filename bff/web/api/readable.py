"""Reads the API description into what a page shows: each route, shape and error with the words and links it needs.

Made from the document alone (`bff.web.api.description`), so the page says what the document says. No markup here but
that of code in a sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup, escape

from bff.web.api.reference import Body, Example, Kind, Property, Reference, Refusal, Route, Shape, Success, Topic

_SCHEMAS: Final = "#/components/schemas/"
_NULLABLE: Final = "Nullable"
"""How the description names the variant of a shape in which every property may be null."""
_EVERYWHERE: Final = "X-Request-ID"
"""Comes with every answer, so no route says so."""
_BOUNDS: Final = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " entries"),
    ("minimum", "maximum", ""),
)

Node = Mapping[str, Any]


def readable(document: Node) -> Reference:
    """Return what the page shows of an OpenAPI 3.1 document of ours."""
    reader = _Reader(document)
    routes = [
        (operation, reader.route(method.upper(), path, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    topics = tuple(
        Topic(
            name=tag["name"],
            id="topic-" + re.sub(r"[^a-z0-9]+", "-", tag["name"].lower()).strip("-"),
            routes=tuple(route for operation, route in routes if tag["name"] in operation["tags"]),
        )
        for tag in document["tags"]
    )
    shapes = tuple(reader.shapes())
    return Reference(
        version=document["info"]["version"],
        about=tuple(with_code(" ".join(part.split())) for part in document["info"]["description"].split("\n\n")),
        topics=tuple(topic for topic in topics if topic.routes),
        shapes=shapes,
        errors=tuple(sorted(reader.errors.values(), key=lambda error: (error.status, error.name))),
        headers=tuple((name, with_code(one["description"])) for name, one in reader.components["headers"].items()),
        token_header=reader.token_header,
        by_name={shape.name: shape for shape in shapes},
    )


def with_code(text: str) -> Markup:
    """Return a sentence in which what stands between backticks is code."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces)
    )


class _Reader:
    """Reads the parts of one document, and collects its errors."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self.components: Node = document["components"]
        self.errors: dict[str, Refusal] = {}
        schemes: Node = self.components["securitySchemes"]
        self._tokens = {name: one["name"] for name, one in schemes.items() if one["in"] == "header"}
        self.token_header = next(iter(self._tokens.values()))

    def route(self, method: str, path: str, operation: Node) -> Route:
        responses = {int(status): self._followed(one) for status, one in operation["responses"].items()}
        upstream = operation.get("x-emporix")
        return Route(
            id=operation["operationId"],
            method=method,
            path=path,
            summary=operation["summary"],
            about=with_code(operation.get("description", "")),
            parameters=tuple(self._parameter(one) for one in operation.get("parameters", ())),
            body=self._body(operation["requestBody"]) if "requestBody" in operation else None,
            successes=tuple(self._success(status, one) for status, one in responses.items() if status < 400),
            errors=tuple(
                refusal for status, one in responses.items() if status >= 400 for refusal in self._refusals(status, one)
            ),
            needs_token=any(name in self._tokens for one in operation["security"] for name in one),
            upstream=f"{upstream['method']} {upstream['path']}" if upstream else "",
        )

    def shapes(self) -> Iterator[Shape]:
        for name, schema in self.components["schemas"].items():
            if _is_variant(name):
                continue
            about = " ".join(schema.get("description", "").split())
            yield Shape(
                name=name,
                about=with_code(about),
                properties=self._properties(schema),
                is_open=schema.get("additionalProperties") is not False,
            )

    def _followed(self, node: Node) -> Node:
        """Return what a node stands for, where it is a reference (RFC 6901)."""
        while "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def _parameter(self, node: Node) -> Property:
        node = self._followed(node)
        # In a path, a query or a header there are no quotes around a text.
        values = tuple(str(value) for value in node["schema"].get("enum", ()))
        return Property(
            name=node["name"],
            kind=replace(self._kind(node["schema"]), values=values),
            is_required=node.get("required", False),
            about=with_code(node.get("description", "")),
            bounds=tuple(_bounds(node["schema"])),
            pattern=node["schema"].get("pattern", ""),
            place=node["in"],
            example=str(node.get("example", "")),
        )

    def _properties(self, schema: Node) -> tuple[Property, ...]:
        required = schema.get("required", ())
        return tuple(
            Property(
                name=name,
                kind=self._kind(one),
                is_required=name in required,
                about=with_code(one.get("description", "")),
                bounds=tuple(_bounds(one)),
                pattern=one.get("pattern", ""),
            )
            for name, one in schema.get("properties", {}).items()
        )

    def _kind(self, schema: Node) -> Kind:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_SCHEMAS)
            return Kind(words="", shape=name.removesuffix(_NULLABLE) if _is_variant(name) else name)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._one_of(schema[several], together=several == "allOf")
        values = tuple(
            json.dumps(value) for value in (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ()))
        )
        if schema.get("type") == "array":
            entry = self._kind(schema.get("items", {}))
            return Kind(words=f"list of {entry.words}".rstrip(), shape=entry.shape, values=entry.values)
        types = schema.get("type", "any")
        names = [types] if isinstance(types, str) else types
        words = " or ".join(one for one in names if one != "null")
        written = f"{words} ({schema['format']})" if "format" in schema else words
        return Kind(words=written, may_be_null="null" in names, values=values)

    def _one_of(self, schemas: Sequence[Node], *, together: bool) -> Kind:
        kinds = [self._kind(one) for one in schemas if together is False or "$ref" in one]
        others = [kind for kind in kinds if kind.words != "" or kind.shape]
        first = others[0] if others else Kind(words="null")
        return Kind(
            words=" or ".join(dict.fromkeys(kind.words for kind in others if kind.words)),
            shape=first.shape,
            may_be_null=len(others) < len(kinds) or any(kind.may_be_null for kind in kinds),
            values=tuple(value for kind in others for value in kind.values),
        )

    def _body(self, node: Node) -> Body:
        content: Node = node["content"]
        kinds = {media: self._kind(one["schema"]) for media, one in content.items()}
        variants = [media for media, one in content.items() if _variant_in(one["schema"])]
        plain = next(media for media in content if media not in variants)
        shape = kinds[plain].shape
        properties = self._properties(self.components["schemas"][shape]) if shape else ()
        return Body(
            media_types=tuple(content),
            is_required=node.get("required", False),
            shape=shape,
            properties=properties,
            nullable_media_type=next(iter(variants), None),
            examples=tuple(self._body_examples(content)),
        )

    def _body_examples(self, content: Node) -> Iterator[tuple[str, Example]]:
        seen = set()
        for media, one in content.items():
            for example in self._examples(one):
                if example.text not in seen:
                    seen.add(example.text)
                    yield media, example

    def _success(self, status: int, node: Node) -> Success:
        contents: Sequence[Node] = list(node.get("content", {}).values())
        return Success(
            status=status,
            about=with_code(node["description"]),
            kinds=tuple(kind for one in contents for kind in self._kinds(one["schema"])),
            headers=tuple(name for name in node.get("headers", {}) if name != _EVERYWHERE),
            examples=tuple(example for one in contents for example in self._examples(one)),
        )

    def _kinds(self, schema: Node) -> list[Kind]:
        return [self._kind(one) for one in schema.get("anyOf", [schema])]

    def _examples(self, content: Node) -> Iterator[Example]:
        for name, one in content.get("examples", {}).items():
            yield Example(name=name, text=_as_text(self._followed(one)["value"]))

    def _refusals(self, status: int, node: Node) -> Iterator[Refusal]:
        (content,) = node["content"].values()
        for name, one in content["examples"].items():
            example = self._followed(one)
            value: Node = example["value"]
            if name not in self.errors:
                self.errors[name] = Refusal(
                    name=name, status=status, type=value["type"], message=value["message"], example=_as_text(value)
                )
            yield self.errors[name]


def _bounds(schema: Node) -> Iterator[str]:
    for lowest, highest, unit in _BOUNDS:
        least, most = schema.get(lowest), schema.get(highest)
        if least is not None and most is not None:
            yield f"{least} to {most}{unit}" if least != most else f"{least}{unit}"
        elif least is not None or most is not None:
            yield f"at least {least}{unit}" if most is None else f"at most {most}{unit}"
    if "default" in schema:
        yield f"else {json.dumps(schema['default'])}"


def _as_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _is_variant(name: str) -> bool:
    return name.endswith(_NULLABLE)


def _variant_in(schema: Node) -> bool:
    return _is_variant(schema.get("$ref", "")) or any(
        _is_variant(one.get("$ref", "")) for one in schema.get("allOf", ())
    )
