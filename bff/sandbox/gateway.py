"""The Flask side of all operations: what a gateway in front of the services does.

Routes, reads the request, checks tenant and bearer, lets the handler work under the lock, sends its reply.
Knows faults and the recorder; knows nothing of what any operation does.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from bff.sandbox.bearer import token_of
from bff.sandbox.faults import Fault, Faults
from bff.sandbox.gate import Parts, play, received
from bff.sandbox.operations import Asked, Operation, Route
from bff.sandbox.recorder import Recorder
from bff.sandbox.replies import Refused, Reply, bad_tenant, error_message
from bff.sandbox.world import Call, Handler, World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ERROR_TYPES = {404: "resource_not_found", 405: "method_not_allowed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An operation, and who does it."""

    route: Route
    handler: Handler


def add_operations(
    app: Flask, served: tuple[Served, ...], *, world: World, faults: Faults[Asked], recorder: Recorder[Asked]
) -> None:
    """Put operations and their error shape on a Flask application."""
    # A doubled slash is another path, not a reason to redirect a call that carries a bearer.
    app.url_map.merge_slashes = False
    by_name = {one.route.operation.value: one for one in served}

    @app.before_request
    def answer() -> Response | None:
        """Note what is asked of the services, whether or not it exists, and answer it; pages have routes of Flask's."""
        if request.endpoint is not None:
            return None
        try:
            found = _found(served, request.environ)
        except MethodNotAllowed:
            recorder.add(received(request, None))
            raise
        if found is None:
            recorder.add(received(request, None))
            return None
        name, path = found
        one = by_name[name]
        recorder.add(received(request, one.route.operation))
        # Routing adds HEAD to every GET, and some of these GETs have an effect.
        if request.method != one.route.method:
            raise MethodNotAllowed([one.route.method])
        return play(
            faults,
            one.route.operation,
            lambda fault: _effect(one, path, world=world, fault=fault, recorder=recorder),
        )

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        """Answer an unknown path, a wrong verb or a crash in the error shape of the service."""
        status = error.code or 500
        reply = error_message(status, _ERROR_TYPES.get(status, "internal_error"), error.name)
        return Response(reply.encoded(), status=status, mimetype="application/json")


def _found(served: tuple[Served, ...], environ: WSGIEnvironment) -> tuple[str, dict[str, str]] | None:
    """Return the name of the operation that is asked for and the values in its path; None: there is none.

    :raises MethodNotAllowed: there is one, by another verb
    """
    try:
        name, path = _routes(served).bind_to_environ(environ).match()
    except NotFound:
        return None
    return str(name), {parameter: str(value) for parameter, value in path.items()}


@functools.cache
def _routes(served: tuple[Served, ...]) -> Map:
    # Once for all sandboxes: a test each makes hundreds, and Flask would compile every path again for each.
    rules = [
        Rule(
            one.route.path.replace("{", "<").replace("}", ">"),
            endpoint=one.route.operation.value,
            methods=[one.route.method],
        )
        for one in served
    ]
    return Map(rules, merge_slashes=False)


def _effect(served: Served, path: dict[str, str], *, world: World, fault: Fault, recorder: Recorder[Asked]) -> Parts:
    """Do the operation."""
    route = served.route
    with world.state.lock:
        try:
            reply = served.handler(world, _admitted(route, path, world))
            recorder.note_execution(route.operation)
        except Refused as refusal:
            reply = refusal.reply
            if route.operation is Operation.VALIDATE_AUTH_TOKEN and reply.status == 401:
                # The contract (GET-customer-validate-token) has no body for it.
                reply = Reply(status=401)
        if fault.drop_fields and isinstance(reply.body, dict):
            left = {name: value for name, value in reply.body.items() if name not in fault.drop_fields}
            reply = Reply(status=reply.status, body=left, headers=reply.headers)
        headers = dict(reply.headers)
        if reply.media_type is not None:
            headers["Content-Type"] = reply.media_type
        # Within the lock: a body may hold parts of the state itself.
        return reply.status, headers, reply.encoded()


def _admitted(route: Route, path: dict[str, str], world: World) -> Call:
    """Read the request; raises `Refused` for an unknown tenant or a bearer that this operation does not take."""
    tenant = path.get("tenant", "")
    if "tenant" in path and tenant not in world.settings.tenants:
        raise bad_tenant()
    accepts = route.accepts
    if route.operation is Operation.REFRESH_AUTH_TOKEN:
        accepts = frozenset({world.settings.refresh_bearer})
    bearer = None
    if accepts:
        presented = token_of(request.headers.get("Authorization"))
        bearer = world.tokens.admit(presented, accepts=accepts, tenant=tenant if "tenant" in path else None)
        tenant = bearer.grant.tenant
    return Call(
        tenant=tenant,
        bearer=bearer,
        path=path,
        query=request.args.to_dict(flat=True),
        headers={name.lower(): value for name, value in request.headers.items()},
        media_type=request.mimetype,
        body=request.get_data(),
    )
