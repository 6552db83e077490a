"""Checks a body whose properties no model knows: which kind of JSON it is, and that it names nothing forbidden."""

from __future__ import annotations

from collections.abc import Iterator

from bff.errors import Detail, InvalidInput
from bff.operations.body import MAX_DETAILS
from bff.operations.declared import BodyKind, FreeBody
from bff.operations.json_body import JsonValue
from bff.operations.json_patch import names_pointed_at


def check_free_body(free: FreeBody, content: JsonValue) -> None:
    """Refuse a body of another kind, or with a property that the row forbids, at whatever depth.

    :raises InvalidInput: names every such property, at most `MAX_DETAILS`
    """
    if free.kind is BodyKind.OBJECT and not isinstance(content, dict):
        raise InvalidInput(Detail(message="the body must be a JSON object", type="invalid_type"))
    if free.kind is BodyKind.ARRAY and not isinstance(content, list):
        raise InvalidInput(Detail(message="the body must be a JSON array", type="invalid_type"))
    found = _forbidden(content, free.forbids) if free.forbids else ()
    details = [
        Detail(field=name, type="unknown_property", message="is not a property that may be given here")
        for name, _ in zip(found, range(MAX_DETAILS), strict=False)
    ]
    if details:
        raise InvalidInput(*details)


def _forbidden(content: JsonValue, names: frozenset[str]) -> Iterator[str]:
    """Give each property of these names that the body has, or points at as a JSON Patch does.

    Where it stands is not told: that is made of names which the client chose.
    """
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if found := names.intersection(value) | (names & names_pointed_at(value)):
                yield from sorted(found)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
