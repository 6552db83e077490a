"""Reads a JSON route's input against its row: query, path and body, refused in the documented shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from flask import Request

from bff.account.calls import AccountCall
from bff.emporix.client import Call
from bff.emporix.request import Value
from bff.errors import Detail, InvalidInput
from bff.operations.body import MAX_DETAILS
from bff.operations.json_body import parse_json
from bff.operations.model import JSON, MERGE_PATCH, Operation, Parameter, Place, Route, Supplier
from bff.operations.schemas import Empty, nullable, validate
from bff.secret import Secret
from bff.web.api.etags import prefers_representation, wanted_version
from bff.web.api.free_bodies import check_free_body
from bff.web.at_hand import asked
from bff.web.language import accept_language
from bff.web.middleware.bodies import body_of

CACHE_BUSTER: Final = "_"
"""The one undeclared parameter that is ignored: libraries add it so that no cache answers in our place."""


def input_reader(operation: Operation, route: Route) -> Callable[[], AccountCall]:
    """Return what reads query, path and body of the request at hand.

    It raises `InvalidInput` where query, path or body is wrong, and names every problem of the first of them that is.
    """
    # What goes on in a header field comes in our query: no field of the browser's passes.
    of_query, of_path = _ours(operation, Place.QUERY, Place.HEADER), _ours(operation, Place.PATH)
    takes_body = operation.takes_body
    of_body = [one for one in operation.parameters if one.supplier is Supplier.CLIENT_BODY]

    def read() -> AccountCall:
        request = asked()
        values: dict[str, Value] = {**read_query(of_query), **_path_values(request, of_path)}
        body = body_of(request)
        content = _content(request, route, body)
        for parameter in of_body:
            value = content.get(parameter.name) if isinstance(content, dict) else None
            if isinstance(value, str):
                _check(parameter, value)
                values[parameter.name] = Secret(value)
        return AccountCall(
            call=Call(
                values=values,
                body=body if takes_body and (body or route.body_required) else None,
                media_type=request.mimetype if takes_body else JSON,
                accept_language=accept_language(),
            ),
            content=content,
            version=wanted_version(request, operation),
            wants_representation=prefers_representation(request),
        )

    return read


def read_query(declared: Sequence[Parameter]) -> dict[str, str | tuple[str, ...]]:
    """Return the query's parameters; each declared one as often as it may be given, and no other.

    What only the server or the session may supply is not among the declared ones, and is refused like any other name.

    :raises InvalidInput: a parameter is unknown, repeated, missing, or does not match its pattern; names at most
        `MAX_DETAILS` problems
    """
    request = asked()
    needed = [parameter for parameter in declared if parameter.required and not parameter.is_site]
    if not request.query_string and not needed:
        return {}
    problems: list[Detail] = []
    values: dict[str, str | tuple[str, ...]] = {}
    known = {parameter.name: parameter for parameter in declared}
    for name, sent in request.args.lists():
        if name == CACHE_BUSTER:
            continue
        if name not in known:
            problems.append(_problem(name, "unknown_property", "This parameter is not known here."))
        elif len(sent) > known[name].most_values:
            problems.append(_problem(name, "invalid_value", _times(known[name].most_values)))
        elif not all(map(known[name].admits, sent)):
            problems.append(_problem(name, "invalid_value", _refusal(known[name], sent)))
        else:
            values[name] = sent[0] if len(sent) == 1 else tuple(sent)
    for parameter in needed:
        if parameter.name not in request.args:
            problems.append(_problem(parameter.name, "missing_value", "This parameter is required."))
    if problems:
        raise InvalidInput(*problems[:MAX_DETAILS])
    return values


def _times(most: int) -> str:
    return "This parameter may be given only once." if most == 1 else f"This parameter may be given {most} times."


def _refusal(parameter: Parameter, sent: Sequence[str]) -> str:
    if parameter.most is not None and all(re.fullmatch(parameter.pattern, value) for value in sent):
        return f"This number may be {parameter.most:,} at most."
    return "This value has characters, or a length, that cannot be."


def _path_values(request: Request, declared: Sequence[Parameter]) -> dict[str, str]:
    values = {}
    for parameter in declared:
        value = (request.view_args or {}).get(parameter.name)
        if isinstance(value, str):
            _check(parameter, value)
            values[parameter.name] = value
    return values


def _content(request: Request, route: Route, body: bytes) -> Any:
    if not body and (not route.takes_body or not route.body_required):
        return None
    content = parse_json(body)
    if route.free_body is not None:
        check_free_body(route.free_body, content)
        return content
    model = route.body or Empty
    if request.mimetype == MERGE_PATCH:
        model = nullable(model)
    validate(model, content)
    return content


def _check(parameter: Parameter, value: str) -> None:
    if not parameter.admits(value):
        raise InvalidInput(_problem(parameter.name, "invalid_value", _refusal(parameter, [value])))


def _ours(operation: Operation, *places: Place) -> list[Parameter]:
    return [p for p in operation.parameters if p.supplier is Supplier.CLIENT and p.place in places]


def _problem(field: str, type: str, message: str) -> Detail:
    shown = field if len(field) <= 64 and field.isprintable() else None
    return Detail(field=shown, type=type, message=message)
