"""The Flask side of the 26 operations: what a gateway in front of them does.

Routes, reads the request, checks tenant and bearer, lets the handler work under the lock, sends its reply.
Knows faults and the recorder; knows nothing of what any operation does.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bff.sandbox.bearer import token_of
from bff.sandbox.emporix.handlers import HANDLERS
from bff.sandbox.faults import Fault, Faults
from bff.sandbox.gate import Parts, play, received
from bff.sandbox.operations import ROUTES, Operation, Route
from bff.sandbox.recorder import Recorder
from bff.sandbox.replies import Refused, Reply, bad_tenant, error_message
from bff.sandbox.world import Call, World

_ERROR_TYPES = {404: "resource_not_found", 405: "method_not_allowed"}
_OPERATIONS = {operation.value: operation for operation in Operation}


def add_operations(app: Flask, *, world: World, faults: Faults[Operation], recorder: Recorder[Operation]) -> None:
    """Put all 26 operations and their error shape on a Flask application."""
    # A doubled slash is another path, not a reason to redirect a call that carries a bearer.
    app.url_map.merge_slashes = False

    @app.before_request
    def record() -> None:
        """Note what is asked of the service, whether or not it exists."""
        operation = _OPERATIONS.get(request.endpoint or "")
        if operation is not None or request.endpoint is None:
            recorder.add(received(request, operation))

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        """Answer an unknown path, a wrong verb or a crash in the error shape of the service."""
        status = error.code or 500
        reply = error_message(status, _ERROR_TYPES.get(status, "internal_error"), error.name)
        return Response(reply.encoded(), status=status, mimetype="application/json")

    for route in ROUTES:
        app.add_url_rule(
            route.path.replace("{", "<").replace("}", ">"),
            endpoint=route.operation.value,
            view_func=_view(route, world=world, faults=faults),
            methods=[route.method],
            provide_automatic_options=False,
        )


def _view(route: Route, *, world: World, faults: Faults[Operation]) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        # Routing adds HEAD to every GET, and some of these GETs have an effect.
        if request.method != route.method:
            raise MethodNotAllowed([route.method])
        return play(faults, route.operation, lambda fault: _effect(route, path, world=world, fault=fault))

    return view


def _effect(route: Route, path: dict[str, str], *, world: World, fault: Fault) -> Parts:
    """Do the operation."""
    with world.state.lock:
        try:
            reply = HANDLERS[route.operation](world, _admitted(route, path, world))
        except Refused as refusal:
            reply = refusal.reply
            if route.operation is Operation.VALIDATE_AUTH_TOKEN and reply.status == 401:
                # The contract (GET-customer-validate-token) has no body for it.
                reply = Reply(status=401)
        if fault.drop_fields and isinstance(reply.body, dict):
            left = {name: value for name, value in reply.body.items() if name not in fault.drop_fields}
            reply = Reply(status=reply.status, body=left, headers=reply.headers)
        headers = dict(reply.headers)
        if reply.body is not None:
            headers["Content-Type"] = "application/json"
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
        bearer = world.tokens.admit(presented, accepts=accepts, tenant=tenant)
    return Call(
        tenant=tenant,
        bearer=bearer,
        path=path,
        query=request.args.to_dict(flat=True),
        headers={name.lower(): value for name, value in request.headers.items()},
        media_type=request.mimetype,
        body=request.get_data(),
    )
