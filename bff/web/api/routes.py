"""The JSON routes, derived from the operation table: one per row, the same path, verb and names as upstream.

Each is parse, perform, serialise; what a row demands is applied behind the one door, `AccountCalls.perform`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from bff.account.calls import Result
from bff.emporix.request import PDF, TOTAL
from bff.operations.model import Operation, Performer, ResponseShape, Route
from bff.web.api.etags import REPRESENTATION, etag_of
from bff.web.api.input import input_reader
from bff.web.api.session import nothing_but, state_answer
from bff.web.api.shared_answers import session_for, shared_answer
from bff.web.session_interface import browser_session
from bff.wiring import Services

BLUEPRINT = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """One registered route, and the row it came from."""

    endpoint: str
    operation: Operation
    route: Route


def api_routes(operations: Mapping[str, Operation]) -> tuple[ApiRoute, ...]:
    """Return every route that the table leads to."""
    return tuple(
        ApiRoute(endpoint=f"{BLUEPRINT}.{operation.name}_{number}", operation=operation, route=route)
        for operation in operations.values()
        for number, route in enumerate(operation.routes)
    )


def make_blueprint(services: Services) -> Blueprint:
    """Return the routes."""
    api = Blueprint(BLUEPRINT, __name__)
    for entry in api_routes(services.operations):
        api.add_url_rule(
            entry.route.path,
            endpoint=entry.endpoint.removeprefix(f"{BLUEPRINT}."),
            view_func=_view(services, entry),
            methods=[entry.route.method],
        )
    return api


def _view(services: Services, entry: ApiRoute) -> Callable[..., ResponseReturnValue]:
    operation, read = entry.operation, input_reader(entry.operation, entry.route)
    has_tag = _has_tag(services, operation)

    # Path values are read, and checked, with the rest of the input.
    def view(**path_values: str) -> ResponseReturnValue:
        # A session that is about to end has no idle limit to extend.
        session = session_for(operation, extend=operation.performer is not Performer.SIGN_OUT)
        return _answer(services, operation, services.calls.perform(session, operation, read), has_tag=has_tag)

    return view


def _has_tag(services: Services, operation: Operation) -> bool:
    """Tell whether an answer's version is shown as its tag, which promises that a write looks at `If-Match`."""
    rows = services.operations.values()
    return operation.declared is None or any(row.versioned and row.path == operation.path for row in rows)


def _answer(services: Services, operation: Operation, result: Result, *, has_tag: bool) -> Response:
    if operation.performer is Performer.SIGN_OUT:
        return jsonify(logoutUrl=services.logout_url(result.was_signed_in))
    if operation.performer is not Performer.CALL:
        return state_answer(services, browser_session())
    if result.kept is not None:
        return shared_answer(operation, result.kept, services.now())
    if not result.body:
        return nothing_but(result.status)
    if operation.answer is ResponseShape.PDF:
        return _document(operation, result)
    response = Response(_shown(operation, result), status=result.status, mimetype="application/json")
    if has_tag and (tag := etag_of(result.content)):
        response.headers["ETag"] = tag
    if result.total is not None:
        response.headers[TOTAL] = result.total
    if result.is_representation:
        response.headers["Preference-Applied"] = REPRESENTATION
    return response


def _document(operation: Operation, result: Result) -> Response:
    """Return a document that no browser shows in this origin."""
    response = Response(result.body, status=result.status, mimetype=PDF)
    response.headers["Content-Disposition"] = f'attachment; filename="{operation.name}.pdf"'
    return response


def _shown(operation: Operation, result: Result) -> bytes:
    if not operation.shows:
        return result.body
    return json.dumps({name: result.content[name] for name in operation.shows if name in result.content}).encode()
