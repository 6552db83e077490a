"""`GET /api/session`, and the answer that tells of the visitor's own session. It never holds a token of upstream's."""

from __future__ import annotations

import math
from typing import Final

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from bff.errors import LoginRequired, TooManyAttempts
from bff.operations.model import Parameter, Place, Supplier
from bff.sessions.session import Session, SessionState
from bff.web.api.input import read_query
from bff.web.declared import Declared, Need, declare
from bff.web.paths import API_SESSION
from bff.web.session_interface import BrowserSession, browser_session, fresh_csrf_token
from bff.web.social_links import social_links
from bff.wiring import Services

EXTEND: Final = Parameter(
    name="extend",
    place=Place.QUERY,
    pattern="true|false",
    supplier=Supplier.CLIENT,
    required=False,
    description="false: a poll, which does not extend the session.",
    example="false",
)


def make_blueprint(services: Services) -> Blueprint:
    """Return `GET /api/session`, the one JSON route without an operation behind it."""
    blueprint = Blueprint("api_session", __name__)

    @blueprint.get(API_SESSION)
    def session_state() -> ResponseReturnValue:
        extend = read_query([EXTEND]).get("extend") != "false"
        browser = browser_session()
        session = browser.resume(extend=extend)
        if session.state is SessionState.MISSING:
            _start_if_allowed(session)
        return state_answer(services, browser)

    declare(blueprint, session_state.__name__, Declared(need=Need.ANYONE))
    return blueprint


def state_answer(services: Services, browser: BrowserSession) -> Response:
    """Return who and what the visitor is, and the CSRF token for the cookie that counts from here on."""
    session = browser.session
    who, tokens, ends_at = session.signed_in, session.vault.customer, session.lifetime_ends_at
    left = None if ends_at is None else max(0, math.floor(ends_at - services.now()))
    idle_left = session.expires_in_seconds
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
        expiresIn=idle_left if idle_left is None or left is None else min(idle_left, left),
        lifetimeExpiresIn=left,
        ended=None if session.ended is None else session.ended.value,
        socialLogin=social_links(services),
        features={"accountDeletion": features.account_deletion, "addLogin": features.add_login},
    )


def nothing_but(status: int) -> Response:
    """Return an answer without a body, and so without a type of one."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def _start_if_allowed(session: Session) -> None:
    try:
        session.start()
    except (LoginRequired, TooManyAttempts):
        # A dead cookie stays as it is until a request writes something; so does a newcomer's, where a record for each
        # would be too many.
        return
