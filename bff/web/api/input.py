"""Reads a JSON route's input against its row: query, path and body, refused in the documented shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request

from bff.account.calls import AccountCall
from bff.emporix.client import Call
from bff.errors import Detail, InvalidInput
from bff.operations.body import MAX_DETAILS
from bff.operations.json_body import parse_json
from bff.operations.model import MERGE_PATCH, Operation, Parameter, Place, Route, Supplier
from bff.operations.schemas import Empty, nullable, validate
from bff.secret import Secret
from bff.web.api.etags import prefers_representation, wanted_version
from bff.web.language import accept_language


def read_input(operation: Operation, route: Route) -> AccountCall:
    """Read query, path and body of the request at hand.

    :raises InvalidInput: query, path or body is wrong; names every problem of the first of them that is
    """
    values: dict[str, str | Secret[str]] = {}
    values.update(read_query(_ours(operation, Place.QUERY)))
    values.update(_path_values(_ours(operation, Place.PATH)))
    body = request.get_data(cache=True)
    content = _content(route, body)
    if isinstance(content, dict):
        for parameter in operation.parameters:
            value = content.get(parameter.name)
            if parameter.supplier is Supplier.CLIENT_BODY and isinstance(value, str):
                _check(parameter, value)
                values[parameter.name] = Secret(value)
    return AccountCall(
        call=Call(
            values=values,
            body=body if operation.body is not None else None,
            media_type=request.mimetype,
            accept_language=accept_language(),
        ),
        content=content,
        version=wanted_version(operation),
        wants_representation=prefers_representation(),
    )


def read_query(declared: Sequence[Parameter]) -> dict[str, str]:
    """Return the query's parameters; each declared one at most once, and no other.

    :raises InvalidInput: a parameter is unknown, repeated, missing, or does not match its pattern; names at most
        `MAX_DETAILS` problems
    """
    if not declared and not request.query_string:
        return {}
    problems, values = [], {}
    known = {parameter.name: parameter for parameter in declared}
    for name, sent in request.args.lists():
        if name not in known:
            problems.append(_problem(name, "unknown_property", "This parameter is not known here."))
        elif len(sent) > 1:
            problems.append(_problem(name, "invalid_value", "This parameter may be given only once."))
        elif not known[name].admits(sent[0]):
            problems.append(_problem(name, "invalid_value", "This value has characters, or a length, that cannot be."))
        else:
            values[name] = sent[0]
    for parameter in declared:
        if parameter.required and parameter.name not in request.args:
            problems.append(_problem(parameter.name, "missing_value", "This parameter is required."))
    if problems:
        raise InvalidInput(*problems[:MAX_DETAILS])
    return values


def _path_values(declared: Sequence[Parameter]) -> dict[str, str]:
    values = {}
    for parameter in declared:
        value = (request.view_args or {}).get(parameter.name)
        if isinstance(value, str):
            _check(parameter, value)
            values[parameter.name] = value
    return values


def _content(route: Route, body: bytes) -> Any:
    if not body and (route.body is None or not route.body_required):
        return None
    content = parse_json(body)
    model = route.body or Empty
    if request.mimetype == MERGE_PATCH:
        model = nullable(model)
    validate(model, content)
    return content


def _check(parameter: Parameter, value: str) -> None:
    if not parameter.admits(value):
        raise InvalidInput(
            _problem(parameter.name, "invalid_value", "This value has characters, or a length, that cannot be.")
        )


def _ours(operation: Operation, place: Place) -> list[Parameter]:
    return [p for p in operation.parameters if p.supplier is Supplier.CLIENT and p.place is place]


def _problem(field: str, type: str, message: str) -> Detail:
    shown = field if len(field) <= 64 and field.isprintable() else None
    return Detail(field=shown, type=type, message=message)
