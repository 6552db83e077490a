"""TypeScript's view of the API description: the types of `bff.js`, and the rows that it needs for further methods.

The head of `static/bff.d.ts` is written by hand; what follows its mark is written from the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bff.web.api.etags import REPRESENTATION
from bff.web.api.reserved_words import RESERVED

MARK: Final = "/* What follows is written from the API description. */\n"
_ROWS: Final = re.compile(r"^const OPERATIONS = \{\n(.*?)^\};\n", re.MULTILINE | re.DOTALL)
_NAME: Final = re.compile(r"^ +(\w+):", re.MULTILINE)
_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$]*")
_PLACEHOLDER: Final = re.compile(r"\{([^}]+)\}")
_JSON: Final = "application/json"
_ALWAYS_NAMED: Final = "ErrorDetail"
"""What the head speaks of, although no route answers it."""
_SIMPLE: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "document": "Blob",
}

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRoute:
    """One operation of the document, as a method of the module."""

    name: str
    method: str
    path: str
    summary: str
    said: Mapping[str, Any]

    @property
    def placeholders(self) -> list[str]:
        """The names in the path, in the order in which the method takes them."""
        return _PLACEHOLDER.findall(self.path)

    @property
    def takes_body(self) -> bool:
        """Whether the method takes a body."""
        return "requestBody" in self.said

    def row(self) -> str:
        """Return the line of the module's table."""
        return f'  {self.name}: "{self.method} {self.path}{" body" if self.takes_body else ""}",\n'


def client_routes(document: Mapping[str, Any]) -> list[ClientRoute]:
    """Return the operations of a document, in its order."""
    return [
        ClientRoute(
            name=said["operationId"],
            method=method.upper(),
            path=path,
            summary=" ".join(filter(None, (_sentence(said.get("summary", "")), said.get("description", "")))),
            said=said,
        )
        for path, item in document["paths"].items()
        for method, said in item.items()
        if isinstance(said, dict) and "operationId" in said
    ]


def declarations(head: str, document: Mapping[str, Any]) -> str:
    """Return the text of `bff.d.ts`: what is written by hand in it, and what a document says.

    :param head: an earlier text of it; what follows the mark does not count
    """
    by_hand, mark, _ = head.partition(MARK)
    if not mark:
        raise ValueError("the mark is missing")
    return by_hand + MARK + "".join(_generated(document))


def with_rows(module: str, document: Mapping[str, Any]) -> str:
    """Return the text of `bff.js` with a method for every operation of a document that it has none for."""
    table = _ROWS.search(module)
    if table is None:
        raise ValueError("the table of operations is missing")
    known = set(_NAME.findall(table[1]))
    added = "".join(route.row() for route in client_routes(document) if route.name not in known)
    return module[: table.end(1)] + added + module[table.end(1) :]


def _generated(document: Mapping[str, Any]) -> Iterator[str]:
    routes = client_routes(document)
    schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    yield "\n/** A method for each operation. */\nexport interface Operations {\n"
    for route in routes:
        yield _comment(route.summary, "  ")
        yield f"  {route.name}({', '.join(_arguments(route))}): Promise<{_answer(route)}>;\n"
    yield "}\n\n/** Every route by path and method: what a call takes, and what it answers. */\n"
    yield "export interface Routes {\n"
    for path in dict.fromkeys(route.path for route in routes):
        yield f"  {json.dumps(path)}: {{\n"
        for route in (one for one in routes if one.path == path):
            yield f"    {route.method}: {{\n      options: {_options(route)};\n"
            yield f"      answer: {_answer(route)};\n    }};\n"
        yield "  };\n"
    yield "}\n"
    for name in _named(document, schemas):
        yield "\n" + _comment(schemas[name].get("description", ""), "") + _declared(name, schemas[name])


def _named(document: Mapping[str, Any], schemas: Mapping[str, Schema]) -> list[str]:
    """Return the names of the schemas that bodies and answers are made of, however deep."""
    wanted = {_ALWAYS_NAMED} & set(schemas)
    for route in client_routes(document):
        wanted |= _references([*_bodies(route), *_successes(route)])
    seen: set[str] = set()
    while wanted - seen:
        name = min(wanted - seen)
        seen.add(name)
        wanted |= _references(schemas[name])
    return sorted(seen)


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for one in value for name in _references(one)}
    if not isinstance(value, dict):
        return set()
    own = {_last(value["$ref"])} if isinstance(value.get("$ref"), str) else set()
    return own | {name for one in value.values() for name in _references(one)}


def _arguments(route: ClientRoute) -> Iterator[str]:
    yield from (f"{_identifier(name)}: {_parameter_type(route, name)}" for name in route.placeholders)
    options = " & ".join(["CallOptions", *filter(None, [_record(_named_options(route))])])
    needed = _needs_query(route)
    if route.takes_body:
        optional = not _needs_body(route) and not needed
        yield f"body{'?' if optional else ''}: {_body(route)}{'' if optional or _needs_body(route) else ' | undefined'}"
    yield f"options{'' if needed else '?'}: {options}"


def _options(route: ClientRoute) -> str:
    """Return the type of what `request` takes: the method's options, with ids and body beside them."""
    given = {}
    if route.placeholders:
        ids = {name: _parameter_type(route, name) for name in route.placeholders}
        given["params"] = _record(ids)
    if route.takes_body:
        given["body" if _needs_body(route) else "body?"] = _body(route)
    return _record({**given, **_named_options(route)}) or "{}"


def _named_options(route: ClientRoute) -> dict[str, str]:
    options = {}
    query = {
        f"{one['name']}{'' if one.get('required') else '?'}": _query_type(one.get("schema", {}))
        for one in _parameters(route, "query")
    }
    if query:
        # A record holds one value for each name.
        repeated = any(one.get("schema", {}).get("type") == "array" for one in _parameters(route, "query"))
        kinds = _record(query) + " | URLSearchParams" * repeated
        options["query" if _needs_query(route) else "query?"] = kinds
    headers = {one["name"].lower() for one in _parameters(route, "header")}
    if "if-match" in headers:
        options["ifMatch?"] = "Tag"
    if "prefer" in headers:
        options["prefer?"] = json.dumps(REPRESENTATION)
    media = _media_types(route)
    if len(media) > 1:
        options["contentType?"] = " | ".join(json.dumps(one) for one in media)
    return options


def _parameters(route: ClientRoute, place: str) -> list[Mapping[str, Any]]:
    return [one for one in route.said.get("parameters", ()) if one.get("in") == place]


def _needs_query(route: ClientRoute) -> bool:
    return any(one.get("required") for one in _parameters(route, "query"))


def _needs_body(route: ClientRoute) -> bool:
    return bool(route.said["requestBody"].get("required"))


def _media_types(route: ClientRoute) -> list[str]:
    return list(route.said.get("requestBody", {}).get("content", {}))


def _bodies(route: ClientRoute) -> list[Schema]:
    return [one.get("schema", {}) for one in route.said.get("requestBody", {}).get("content", {}).values()]


def _body(route: ClientRoute) -> str:
    return _either(_type(schema) for schema in _bodies(route))


def _successes(route: ClientRoute) -> list[Schema]:
    """Return the schemas of what a success may answer; an empty one stands for no body."""
    found: list[Schema] = []
    for status, response in route.said.get("responses", {}).items():
        if not str(status).startswith("2"):
            continue
        contents = [
            one.get("schema", {}) if media == _JSON else {"type": "document"}
            for media, one in response.get("content", {}).items()
        ]
        found += contents or [{"not": {}}]
        # What is there only for who prefers it, and then if it can be read.
        if "Preference-Applied" in response.get("headers", {}) and not any("anyOf" in one for one in contents):
            found.append({"not": {}})
    return found


def _answer(route: ClientRoute) -> str:
    return _either(_type(schema) for schema in _successes(route))


def _parameter_type(route: ClientRoute, name: str) -> str:
    (schema,) = [one.get("schema", {}) for one in _parameters(route, "path") if one["name"] == name] or [{}]
    return _type(schema) if schema else "string"


def _query_type(schema: Schema) -> str:
    if schema.get("type") == "array":
        return _type(schema["items"])
    kind = _type(schema)
    if set(schema.get("enum", ())) == {"true", "false"}:
        return "boolean"
    # Several values are sent with commas between them, where a value may hold one.
    return "string | readonly string[]" if kind == "string" and re.search(schema.get("pattern", ""), "a,b") else kind


def _declared(name: str, schema: Schema) -> str:
    if not _is_record(schema):
        return f"export type {name} = {_type(schema)};\n"
    return f"export interface {name} {{\n{''.join(_members(schema, '  '))}}}\n"


def _members(schema: Schema, indent: str) -> Iterator[str]:
    required = schema.get("required", ())
    for name, of_property in schema.get("properties", {}).items():
        yield _comment(of_property.get("description", ""), indent)
        yield f"{indent}{_key(name)}{'' if name in required else '?'}: {_type(of_property)};\n"
    further = schema.get("additionalProperties")
    if further is True or isinstance(further, dict):
        yield f"{indent}[name: string]: unknown;\n"


def _type(schema: Schema) -> str:
    if not isinstance(schema, dict) or not schema:
        return "unknown"
    if "$ref" in schema:
        return _last(schema["$ref"])
    if schema.get("not") == {}:
        return "undefined"
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return _either(_type(one) for one in schema[word])
    if "allOf" in schema:
        return " & ".join(_grouped(_type(one)) for one in schema["allOf"] if not _is_only_a_bound(one)) or "unknown"
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _either(json.dumps(one) for one in schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return _either(_type({**schema, "type": one}) for one in kind)
    if kind == "array":
        return f"{_grouped(_type(schema.get('items', {})))}[]"
    if _is_record(schema):
        return _inline(schema)
    return _SIMPLE.get(str(kind), "unknown")


def _is_record(schema: Schema) -> bool:
    return schema.get("type") == "object" or ("type" not in schema and "properties" in schema)


def _is_only_a_bound(schema: Schema) -> bool:
    """Tell whether a schema says nothing of types: it narrows, by a pattern for example, what another one has."""
    return "$ref" not in schema and all(
        not {"type", "$ref", "anyOf"} & set(one) for one in schema.get("properties", {}).values()
    )


def _inline(schema: Schema) -> str:
    if not schema.get("properties"):
        return "Record<string, never>" if schema.get("additionalProperties") is False else "Record<string, unknown>"
    required = schema.get("required", ())
    kind = _record(
        {f"{name}{'' if name in required else '?'}": _type(one) for name, one in schema["properties"].items()}
    )
    return f"{kind} & Record<string, unknown>" if schema.get("additionalProperties") is True else kind


def _record(members: Mapping[str, str]) -> str:
    if not members:
        return ""
    inside = "; ".join(
        f"{_key(name.removesuffix('?'))}{'?' * name.endswith('?')}: {kind}" for name, kind in members.items()
    )
    return f"{{ {inside} }}"


def _either(kinds: Iterator[str]) -> str:
    return " | ".join(dict.fromkeys(kinds)) or "undefined"


def _grouped(kind: str) -> str:
    return f"({kind})" if "|" in kind or "&" in kind else kind


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name)


def _identifier(name: str) -> str:
    word = re.sub(r"\W", "_", name)
    return f"{word}_" if word in RESERVED else word


def _last(reference: str) -> str:
    return re.sub(r"\W", "_", reference.rpartition("/")[2])


def _sentence(text: str) -> str:
    return text if not text or text.endswith(".") else text + "."


def _comment(text: str, indent: str) -> str:
    if not text:
        return ""
    plain = re.sub(r"\s+", " ", text).replace("*/", "* /").strip()
    return f"{indent}/** {plain} */\n"
