"""The JSON routes that change, or tell of, the visitor's own session. None of their answers holds a token."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from bff.errors import LoginRequired
from bff.operations.model import Operation, Parameter, Place, Route, Supplier
from bff.sessions.session import Session, SessionState
from bff.tokens.broker import KEEP_ENTITY
from bff.web.api.input import read_input, read_query
from bff.web.api.routes import View, answer, call_upstream, check_visitor
from bff.web.session_interface import BrowserSession, browser_session, fresh_csrf_token
from bff.web.social_links import social_links
from bff.wiring import Services

SESSION_PATH = "/api/session"
_EXTEND = Parameter(name="extend", place=Place.QUERY, pattern="true|false", supplier=Supplier.CLIENT, required=False)
_VALIDATION = ("token_type", "expires_in", "scope", "email", "legalEntityId")
"""What may be shown of upstream's answer: neither a token nor its session's id."""


def make_blueprint(services: Services) -> Blueprint:
    """Return `GET /api/session`, the one JSON route without an operation behind it."""
    blueprint = Blueprint("api_session", __name__)

    @blueprint.get(SESSION_PATH)
    def session_state() -> ResponseReturnValue:
        extend = read_query([_EXTEND]).get("extend") != "false"
        browser = browser_session()
        session = browser.resume(extend=extend)
        if session.state is SessionState.MISSING:
            _start_if_allowed(session)
        return state_answer(services, browser)

    return blueprint


def state_answer(services: Services, browser: BrowserSession) -> Response:
    """Return who and what the visitor is, and the CSRF token for the cookie that counts from here on."""
    session = browser.session
    who, tokens, ends_at = session.signed_in, session.vault.customer, session.lifetime_ends_at
    features = services.settings.features
    return jsonify(
        state="guest" if who is None else "authenticated",
        csrfToken=fresh_csrf_token(),
        customer=None
        if who is None
        else {
            "id": who.customer.id,
            "firstName": who.customer.first_name,
            "lastName": who.customer.last_name,
            "email": who.customer.email,
        },
        legalEntityId=None if tokens is None else tokens.legal_entity_id,
        initialPassword=who is not None and who.initial_password,
        expiresIn=session.expires_in_seconds,
        lifetimeExpiresIn=None if ends_at is None else max(0, math.floor(ends_at - services.now())),
        socialLogin=social_links(services),
        features={"accountDeletion": features.account_deletion, "addLogin": features.add_login},
    )


def _start_if_allowed(session: Session) -> None:
    try:
        session.start()
    except LoginRequired:
        # A dead cookie: it stays as it is until its owner writes something.
        return


def _log_in(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    browser = browser_session()
    session = browser.resume()
    sent = read_input(operation, route)
    services.login.with_password(session, sent.content["email"], sent.call)
    return state_answer(services, browser)


def _opt_in(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    browser = browser_session()
    session = browser.resume()
    sent = read_input(operation, route)
    services.login.with_mailed_token(session, sent.call)
    return state_answer(services, browser)


def _log_out(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    session = browser_session().resume(extend=False)
    read_input(operation, route)
    who = services.login.log_out(session)
    return jsonify(logoutUrl=services.oidc.logout_url(who) if services.oidc is not None else None)


def _refresh(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    browser = browser_session()
    session = browser.resume()
    check_visitor(services, session, operation)
    sent = read_input(operation, route)
    asked: Mapping[str, Any] = sent.content or {}
    services.broker.refresh(session, asked.get("legalEntityId", KEEP_ENTITY))
    return state_answer(services, browser)


def _validate(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    session = browser_session().resume()
    services.broker.credential(session, operation)
    sent = read_input(operation, route)
    reply = services.broker.call(session, operation, sent.call)
    return jsonify({name: reply.content[name] for name in _VALIDATION if name in reply.content})


def _sign_up(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    session = browser_session().resume()
    services.broker.credential(session, operation)
    sent = read_input(operation, route)
    made = services.signup.create(session, sent.call, sent.content)
    return Response(made.body, status=made.status, mimetype="application/json")


def _delete(services: Services, operation: Operation, route: Route) -> ResponseReturnValue:
    session = browser_session().resume()
    check_visitor(services, session, operation)
    sent = read_input(operation, route)
    reply = call_upstream(services, session, operation, sent)
    if route.body is not None:
        # With the mailed token every success means that the account is gone, whatever its number (the contract
        # and its tutorial contradict each other).
        services.login.forget(session)
    return answer(operation, reply)


SESSION_VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "login": _log_in,
        "signup_optin": _opt_in,
        "logout": _log_out,
        "refresh_auth_token": _refresh,
        "validate_auth_token": _validate,
        "signup": _sign_up,
        "delete_me": _delete,
    }
)
"""The views of the rows whose exposure is SESSION, by operation."""
