"""Request bodies: read, and checked against the contract's schemas.

Properties that a schema does not name are ignored, as the service does. One refusal names every problem.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from bff.sandbox.replies import Detail, JsonObject, invalid, unsupported_media_type
from bff.sandbox.world import Call

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


class Kind(Enum):
    """What a property holds."""

    TEXT = "a string"
    FLAG = "a boolean"
    WHOLE_NUMBER = "an integer"
    TEXTS = "an array of strings"
    OBJECT = "an object"
    OBJECTS = "an array of objects"
    NUMBER = "a number"
    ANYTHING = "there"
    REFUSED = "absent: it is not part of this request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of a schema."""

    kind: Kind = Kind.TEXT
    required: bool = False
    min_length: int = 0
    max_length: int | None = None
    properties: Mapping[str, Field] | None = None
    """Those of an object; None takes any."""


Schema = Mapping[str, Field]


def read_body(
    call: Call, schema: Schema, *, media_types: Collection[str] = (JSON,), nullable: bool = False
) -> JsonObject:
    """Return those properties of the body that the schema names.

    :param nullable: whether `null` may stand for any property (RFC 7396: remove it)
    :raises Refused: 415: another media type; 400: the body is not JSON, no object, or does not fit the schema
    """
    if not call.body and not call.media_type:
        return _checked({}, schema, nullable)
    if call.media_type not in media_types:
        raise unsupported_media_type(call.media_type)
    try:
        data = json.loads(call.body)
    except (ValueError, RecursionError):
        raise invalid(Detail(field="", type="invalid_json", message="The body is not JSON.")) from None
    if not isinstance(data, dict):
        raise invalid(Detail(field="", type="invalid_value", message="The body has to be an object."))
    return _checked(data, schema, nullable)


def text(body: JsonObject, name: str) -> str:
    """Return a string that the schema has checked; empty if it is absent."""
    return str(body.get(name) or "")


def nested(body: JsonObject, name: str) -> JsonObject:
    """Return an object that the schema has checked; empty if it is absent or null."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _checked(data: JsonObject, schema: Schema, nullable: bool) -> JsonObject:
    problems: list[Detail] = []
    read = _read(data, schema, "", nullable, problems)
    if problems:
        raise invalid(*problems)
    return read


def _read(data: JsonObject, schema: Schema, prefix: str, nullable: bool, problems: list[Detail]) -> JsonObject:
    read: JsonObject = {}
    for name, field in schema.items():
        path = prefix + name
        if name not in data:
            if field.required:
                problems.append(Detail(field=path, type="missing_value", message=f"{path} is required."))
            continue
        value = data[name]
        if value is None and nullable:
            read[name] = None
        elif not _fits(value, field):
            message = f"{path} has to be {field.kind.value}{_bounds(field)}."
            problems.append(Detail(field=path, type="invalid_value", message=message))
        elif isinstance(value, dict) and field.properties is not None:
            read[name] = _read(value, field.properties, f"{path}.", nullable, problems)
        else:
            read[name] = value
    return read


def _fits(value: object, field: Field) -> bool:
    match field.kind:
        case Kind.TEXT:
            longest = field.max_length
            return (
                isinstance(value, str) and len(value) >= field.min_length and (longest is None or len(value) <= longest)
            )
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.WHOLE_NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.TEXTS:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case Kind.OBJECT:
            return isinstance(value, dict)
        case Kind.OBJECTS:
            return isinstance(value, list) and all(isinstance(item, dict) for item in value)
        case Kind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case Kind.ANYTHING:
            return True
        case Kind.REFUSED:
            return False


def _bounds(field: Field) -> str:
    if field.max_length is not None:
        return f" of {field.min_length} to {field.max_length} characters"
    return f" of at least {field.min_length} characters" if field.min_length else ""
