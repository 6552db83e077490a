"""The token endpoint (RFC 6749 4.1.3, errors with Auth0's status codes) and what its access token opens."""

from __future__ import annotations

import hmac

from flask import Response, jsonify, request

from bff.sandbox.bearer import token_of
from bff.sandbox.provider.tokens import described
from bff.sandbox.provider.world import ProviderWorld


def token(world: ProviderWorld) -> Response:
    """Trade a code for tokens, if the client's secret comes along."""
    form = request.form
    settings = world.settings
    secret_is_right = hmac.compare_digest(form.get("client_secret", "").encode(), settings.client_secret.encode())
    if form.get("client_id") != settings.client_id or not secret_is_right:
        return _error(401, "invalid_client", "Unauthorized")
    if any(len(values) > 1 for values in form.to_dict(flat=False).values()):
        return _error(400, "invalid_request", "A parameter occurs more than once")
    if form.get("grant_type") != "authorization_code":
        return _error(403, "unsupported_grant_type", "Unsupported grant type")
    redeemed = world.book.spend_code(
        form.get("code", ""),
        redirect_uri=form.get("redirect_uri", ""),
        code_verifier=form.get("code_verifier", ""),
    )
    if redeemed is None:
        return _error(403, "invalid_grant", "Invalid authorization code")
    access_token, grant = redeemed
    return jsonify(
        access_token=access_token,
        id_token=world.tokens.id_token(grant),
        scope=" ".join(grant.request.scope),
        expires_in=settings.access_token_seconds,
        token_type="Bearer",  # nosec B106 # noqa: S106 - a name
    )


def userinfo(world: ProviderWorld) -> Response:
    """Say whose access token it is; never in the shape planned for an id token."""
    grant = world.book.granted(token_of(request.headers.get("Authorization")))
    if grant is None:
        return _error(401, "invalid_token", "Unauthorized")
    return jsonify(described(grant.session.person, grant.request.scope))


def _error(status: int, error: str, description: str) -> Response:
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    return response
