"""The two ways to end the provider's session: `/oidc/logout` (RP-Initiated Logout 1.0) and Auth0's own `/v2/logout`.

Both lead on to registered URLs alone; a request with another URL ends no session.
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import NotFound

from bff.sandbox.provider.world import SSO_COOKIE, ProviderWorld, message, send_to


def oidc_logout(world: ProviderWorld) -> Response:
    """End the session that the hint names, if it is this browser's; without a hint, this browser's."""
    if not world.settings.end_session_endpoint:
        raise NotFound
    client_id, sid = request.args.get("client_id"), request.args.get("logout_hint")
    if "id_token_hint" in request.args:
        # An expired token is still good as a hint.
        claims = world.keys.verified(request.args["id_token_hint"]) or {}
        client_id = client_id or str(claims.get("aud", ""))
        sid = sid or str(claims.get("sid", "")) or None
        if claims.get("iss") != world.issuer.url or claims.get("aud") != client_id:
            return message("Sign-out refused", "The id_token_hint is not one of this application.", status=400)
    return _signed_out(world, client_id, request.args.get("post_logout_redirect_uri"), sid=sid)


def v2_logout(world: ProviderWorld) -> Response:
    """End this browser's session."""
    return _signed_out(world, request.args.get("client_id"), request.args.get("returnTo"))


def _signed_out(world: ProviderWorld, client_id: str | None, target: str | None, sid: str | None = None) -> Response:
    if client_id != world.settings.client_id:
        return message("Unknown application", "No application has this client_id.", status=400)
    if target is not None and target not in world.settings.post_logout_redirect_uris:
        return message("Sign-out refused", "The URL to return to is not among the registered ones.", status=400)
    if target is None:
        response = message("Signed out", "You are signed out of the single sign-on.")
    else:
        response = send_to(target, {"state": request.args.get("state", "")})
    cookie = request.cookies.get(SSO_COOKIE, "")
    session = world.book.session(cookie)
    if session is not None and sid in (None, session.sid):
        world.book.sign_out(cookie)
        response.delete_cookie(SSO_COOKIE, httponly=True, samesite="Lax")
        world.tell_sign_out(session)
    return response
