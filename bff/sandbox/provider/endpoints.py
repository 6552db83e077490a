"""The provider's endpoints on a Flask application: routes, what is recorded, and what goes wrong on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bff.sandbox.faults import Fault, Faults
from bff.sandbox.gate import Parts, play, received
from bff.sandbox.provider.authorize import authorize, choose
from bff.sandbox.provider.redemption import token, userinfo
from bff.sandbox.provider.sign_out import oidc_logout, v2_logout
from bff.sandbox.provider.world import ProviderWorld, message
from bff.sandbox.recorder import Recorder


class Endpoint(Enum):
    """What the provider can be asked for."""

    DISCOVERY = "discovery"
    JWKS = "jwks"
    AUTHORIZE = "authorize"
    CHOOSE = "choose"
    """The POST of the page that AUTHORIZE shows."""
    TOKEN = "token"  # nosec B105 # noqa: S105 - a name
    USERINFO = "userinfo"
    OIDC_LOGOUT = "oidc_logout"
    V2_LOGOUT = "v2_logout"
    HOME = "home"


_ENDPOINTS = {endpoint.value: endpoint for endpoint in Endpoint}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    endpoint: Endpoint
    method: str
    path: str
    view: Callable[[ProviderWorld], Response]


def discovery(world: ProviderWorld) -> Response:
    """Answer with the discovery document."""
    return jsonify(world.issuer.document(world.settings))


def key_set(world: ProviderWorld) -> Response:
    """Answer with the public keys."""
    return jsonify(world.keys.key_set)


def home(world: ProviderWorld) -> Response:
    """Say what this is."""
    return message(
        "Sandbox single sign-on",
        f"This stands in for the Auth0 domain of the application {world.settings.client_id}. "
        "All of it is lost when it ends.",
    )


_ROUTES = (
    _Route(endpoint=Endpoint.DISCOVERY, method="GET", path="/.well-known/openid-configuration", view=discovery),
    _Route(endpoint=Endpoint.JWKS, method="GET", path="/.well-known/jwks.json", view=key_set),
    _Route(endpoint=Endpoint.AUTHORIZE, method="GET", path="/authorize", view=authorize),
    _Route(endpoint=Endpoint.CHOOSE, method="POST", path="/authorize", view=choose),
    _Route(endpoint=Endpoint.TOKEN, method="POST", path="/oauth/token", view=token),
    _Route(endpoint=Endpoint.USERINFO, method="GET", path="/userinfo", view=userinfo),
    _Route(endpoint=Endpoint.OIDC_LOGOUT, method="GET", path="/oidc/logout", view=oidc_logout),
    _Route(endpoint=Endpoint.V2_LOGOUT, method="GET", path="/v2/logout", view=v2_logout),
    _Route(endpoint=Endpoint.HOME, method="GET", path="/", view=home),
)


def add_endpoints(app: Flask, *, world: ProviderWorld, faults: Faults[Endpoint], recorder: Recorder[Endpoint]) -> None:
    """Put all endpoints on a Flask application."""

    @app.before_request
    def record() -> None:
        """Note every request, also one for a path that does not exist."""
        recorder.add(received(request, _ENDPOINTS.get(request.endpoint or "")))

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        """Keep this server's URLs out of caches and `Referer`."""
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    for route in _ROUTES:
        app.add_url_rule(
            route.path,
            endpoint=route.endpoint.value,
            view_func=_view(route, world=world, faults=faults),
            methods=[route.method],
            provide_automatic_options=False,
        )


def _view(route: _Route, *, world: ProviderWorld, faults: Faults[Endpoint]) -> Callable[[], Response]:
    def view() -> Response:
        # Routing adds HEAD to every GET, and some of these GETs have an effect.
        if request.method != route.method:
            raise MethodNotAllowed([route.method])
        return play(faults, route.endpoint, lambda fault: _effect(route, world, fault))

    return view


def _effect(route: _Route, world: ProviderWorld, fault: Fault) -> Parts:
    try:
        response = route.view(world)
    except HTTPException as error:
        response = message(error.name, "There is nothing here.", status=error.code or 500)
    body = response.get_data()
    if fault.drop_fields and response.is_json:
        body = json.dumps({k: v for k, v in response.get_json().items() if k not in fault.drop_fields}).encode()
    # The length is that of what is sent in the end.
    return response.status_code, {k: v for k, v in response.headers if k != "Content-Length"}, body
