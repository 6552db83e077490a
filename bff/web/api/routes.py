"""The JSON routes, derived from the operation table: one view per row, the same path, verb and names as upstream.

What merely passes through is answered here; what changes or tells of the visitor's session in `api_session`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from bff.config.settings import EmporixSettings, FeatureSettings
from bff.emporix.client import Call, Reply
from bff.errors import Detail, FeatureDisabled, InvalidInput, LoginRequired, ReauthenticationRequired, UpstreamRejected
from bff.operations.model import Exposure, Feature, Operation, ResponseShape, Route, SideEffect
from bff.sessions.session import Session
from bff.web.api.etags import call_versioned, etag_of
from bff.web.api.input import Input, read_input
from bff.web.session_interface import browser_session
from bff.wiring import Services

BLUEPRINT = "api"
_GONE = frozenset({403, 404, 405})
"""How a tenant that no longer offers an operation says so."""

View = Callable[[Services, Operation, Route], ResponseReturnValue]


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


def make_blueprint(services: Services, session_views: Mapping[str, View]) -> Blueprint:
    """Return the routes; `session_views` answers the rows whose exposure is SESSION.

    :raises KeyError: a row has no view
    """
    api = Blueprint(BLUEPRINT, __name__)
    for entry in api_routes(services.operations):
        view = session_views[entry.operation.name] if entry.operation.exposure is Exposure.SESSION else pass_through
        api.add_url_rule(
            entry.route.path,
            endpoint=entry.endpoint.removeprefix(f"{BLUEPRINT}."),
            view_func=_bound(view, services, entry),
            methods=[entry.route.method],
        )
    return api


def check_feature(features: FeatureSettings, operation: Operation) -> None:
    """Refuse an operation that is switched off.

    :raises FeatureDisabled:
    """
    switches = {Feature.ACCOUNT_DELETION: features.account_deletion, Feature.ADD_LOGIN: features.add_login}
    if operation.feature is not None and not switches[operation.feature]:
        raise FeatureDisabled


def check_visitor(services: Services, session: Session, operation: Operation) -> None:
    """Refuse an operation that the visitor may not, or not without another proof, ask for.

    :raises LoginRequired:
    :raises SessionExpired:
    :raises ReauthenticationRequired:
    """
    services.broker.credential(session, operation)
    if not operation.is_for_guests and session.signed_in is None:
        raise LoginRequired
    if operation.needs_recent_proof and not services.login.is_recent(session):
        raise ReauthenticationRequired


def pass_through(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    """Send a request on and its answer back."""
    session = browser_session().resume()
    check_visitor(services, session, operation)
    sent = read_input(operation, route)
    try:
        reply = call_upstream(services, session, operation, sent)
    except UpstreamRejected as err:
        if services.settings.features.neutral_answers and err.status in operation.hides:
            return answer(operation, Reply(status=_neutral_status(operation), body=b"", content=None))
        raise
    if operation.side_effect is SideEffect.NEW_PASSWORD:
        services.login.password_changed(session)
    elif operation.side_effect is SideEffect.PASSWORD_RESET:
        services.login.password_was_reset(session)
    elif operation.side_effect is SideEffect.IDENTITY:
        services.login.ask_again_who_it_is(session)
    return answer(operation, reply)


def call_upstream(services: Services, session: Session, operation: Operation, sent: Input) -> Reply:
    """Call an operation with what a request asks for.

    :raises FeatureDisabled: the tenant does not offer it
    :raises BffError: as the broker's `call`
    """
    call = sent.call
    if operation.takes_site:
        call = _with_site(services.settings.emporix, call, sent.content)
    try:
        if operation.versioned:
            return call_versioned(services, session, operation, call, sent.content)
        return services.broker.call(session, operation, call)
    except UpstreamRejected as err:
        if operation.feature is not None and err.status in _GONE:
            raise FeatureDisabled from None
        raise


def answer(operation: Operation, reply: Reply) -> Response:
    """Return upstream's answer as ours: its status, and its body where one is documented."""
    if operation.answer is ResponseShape.NOTHING:
        response = Response(status=reply.status)
        del response.headers["Content-Type"]
        return response
    response = Response(reply.body, status=reply.status, mimetype="application/json")
    if tag := etag_of(reply.content):
        response.headers["ETag"] = tag
    return response


def _bound(view: View, services: Services, entry: ApiRoute) -> Callable[..., ResponseReturnValue]:
    # Path values are read, and checked, with the rest of the input.
    return lambda **path_values: view(services, entry.operation, entry.route)


def _neutral_status(operation: Operation) -> int:
    return operation.neutral_status or min(operation.success)


def _with_site(settings: EmporixSettings, call: Call, content: dict[str, Any]) -> Call:
    """Name the site a mail shall speak for: the client's, if it may name that one, else the default.

    :raises InvalidInput: the client may not name this site
    """
    named = content.get("site")
    if named is None:
        if settings.site is None:
            return call
        return replace(call, body=json.dumps({**content, "site": settings.site}).encode())
    if named != settings.site and named not in settings.sites:
        raise InvalidInput(Detail(field="site", type="invalid_value", message="This site cannot be named here."))
    return call
