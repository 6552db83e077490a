"""The web part of social sign-in: to the provider and back, and the provider's own sign-outs.

A link starts it only where our own page carries the link. Another site's link, or a prefetch, gets a page with a button
first: following a link in a mail must not sign a visitor in, perhaps as another person.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from bff.account.social_login import SocialLogin
from bff.errors import (
    AnotherPerson,
    BffError,
    IdentityProviderUnavailable,
    IdTokenInvalid,
    LoginRequired,
    SessionError,
    SessionExpired,
    SessionStoreUnavailable,
    SocialLoginRefused,
    StateMismatch,
    TooManyAttempts,
)
from bff.events import Event
from bff.sessions.audit_fields import audit_subject
from bff.web import paths
from bff.web.declared import Declared, Need, declare
from bff.web.forms.forms import SocialForm
from bff.web.middleware.strict_bounce import came_from_elsewhere
from bff.web.navigation import is_click_on_our_page
from bff.web.pages.flow import see_other, to_sign_in
from bff.web.rendering import render
from bff.web.return_path import safe_return_path
from bff.web.session_interface import browser_session
from bff.web.social_links import label_of
from bff.wiring import Services

_MOST_TOKEN_BYTES = 32 * 1024


def make_blueprint(services: Services) -> Blueprint:
    """Return the routes; without a provider each of them is not there."""
    blueprint = Blueprint("oidc", __name__)

    def start(connection: str | None = None) -> ResponseReturnValue:
        oidc = _known(services, connection)
        if request.method != "POST" and not _is_a_click_on_our_page(services):
            return _button(services, connection)
        form = SocialForm() if request.method == "POST" else None
        wanted = form.next.data if form is not None else request.args.get("next")
        again = (form.again.data if form is not None else request.args.get("again")) == "1"
        return _begin(services, oidc, connection, wanted, again=again)

    for rule, endpoint in ((paths.START_SOCIAL, "start"), (paths.START_SOCIAL_WITH.rule, "start_with")):
        blueprint.add_url_rule(rule, endpoint=endpoint, view_func=start, methods=["GET", "POST"])
        declare(blueprint, endpoint, Declared(need=Need.ANYONE))

    @blueprint.get(paths.CALLBACK)
    def callback() -> ResponseReturnValue:
        if request.method == "HEAD":
            # A request for the headers alone must not use up the sign-in that is under way.
            return Response(status=204)
        return _called_back(services, _known(services, None))

    @blueprint.post(paths.BACKCHANNEL_LOGOUT)
    def backchannel_logout() -> ResponseReturnValue:
        return _ended_by_provider(services, _known(services, None))

    declare(blueprint, callback.__name__, Declared(need=Need.ANYONE, operations=("social_login",)))
    declare(blueprint, backchannel_logout.__name__, Declared(need=Need.ANYONE))
    return blueprint


def _known(services: Services, connection: str | None) -> SocialLogin:
    if services.oidc is None or not services.oidc.knows(connection):
        abort(404)
    return services.oidc


def _is_a_click_on_our_page(services: Services) -> bool:
    headers = request.headers
    if request.method == "HEAD" or "prefetch" in headers.get("Sec-Purpose", "") + headers.get("Purpose", ""):
        return False
    return is_click_on_our_page(request, services.settings) and not came_from_elsewhere()


def _button(services: Services, connection: str | None) -> Response:
    label = (
        next((label for name, label in services.oidc.links() if name == connection), None) if services.oidc else None
    )
    form = SocialForm(formdata=None, data={"next": request.args.get("next"), "again": request.args.get("again")})
    return render("social.html", form=form, label=label_of(label), alert=None, restored=False)


def _begin(
    services: Services, oidc: SocialLogin, connection: str | None, wanted: str | None, *, again: bool
) -> ResponseReturnValue:
    session = browser_session().resume()
    try:
        url = oidc.begin(
            session,
            connection=connection,
            return_path=_return_path(services, wanted),
            is_reauthentication=again,
        )
    except IdentityProviderUnavailable:
        return to_sign_in(notice="social-unavailable")
    except LoginRequired:
        return to_sign_in(notice="session-ended")
    return Response(status=303 if request.method == "POST" else 302, headers={"Location": url})


def _return_path(services: Services, wanted: str | None) -> str:
    return safe_return_path(wanted, paths.ACCOUNT, added=services.settings.serving.return_paths)


def _called_back(services: Services, oidc: SocialLogin) -> ResponseReturnValue:
    browser = browser_session()
    session = browser.resume()
    # What comes twice says nothing, and is still there to be refused (RFC 6749 3.1).
    query = {name: values[0] if len(values) == 1 else "" for name, values in request.args.lists()}
    try:
        return see_other(_return_path(services, oidc.complete(session, query)))
    except (SessionStoreUnavailable, TooManyAttempts):
        raise
    except BffError as err:
        services.log.audit(Event.SOCIAL_LOGIN_FAILED, reason=_reason(err), **audit_subject(session))
        if isinstance(err, StateMismatch) and session.signed_in is not None:
            # A repeated or late callback, in a browser where all is well.
            return see_other(paths.ACCOUNT)
        return to_sign_in(notice=_notice(err))


def _reason(err: BffError) -> str:
    # The text of these names a claim or a parameter, never its value.
    named = isinstance(err, StateMismatch | IdTokenInvalid | SocialLoginRefused)
    return f"{type(err).__name__}: {err}" if named else type(err).__name__


def _notice(err: BffError) -> str:
    match err:
        case SessionExpired():
            return "session-ended"
        case StateMismatch() | SessionError():
            return "social-stale"
        case SocialLoginRefused():
            return "social-refused"
        case AnotherPerson():
            return "social-other"
        case IdTokenInvalid():
            return "social-failed"
        case _:
            return "social-unavailable"


def _ended_by_provider(services: Services, oidc: SocialLogin) -> ResponseReturnValue:
    tokens = request.form.getlist("logout_token")
    try:
        if len(tokens) != 1 or len(tokens[0]) > _MOST_TOKEN_BYTES:
            raise IdTokenInvalid("logout_token")
        oidc.end_by_logout_token(tokens[0])
    except IdTokenInvalid as err:
        services.log.audit(Event.BACKCHANNEL_LOGOUT_REFUSED, reason=str(err))
        return jsonify(error="invalid_request"), 400
    except IdentityProviderUnavailable:
        return jsonify(error="temporarily_unavailable"), 503
    return Response(status=200)
