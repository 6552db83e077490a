"""The authorization endpoint: who signs in is chosen on a page, and a code goes back.

OpenID Connect Core 1.0 section 3.1.2, RFC 6749 4.1, RFC 7636 and RFC 9207. State, nonce and an S256 challenge are
demanded. A request with an unknown client or an unregistered redirect URI gets a page and no redirect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Response, render_template_string, request

from bff.sandbox.layout import page
from bff.sandbox.provider.book import CodeRequest, ProviderSession
from bff.sandbox.provider.issuer import SCOPES
from bff.sandbox.provider.world import SITE, SSO_COOKIE, ProviderWorld, message, send_to

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_ASKS_AGAIN = frozenset({"login", "select_account"})
_CHOICE = page("""\
<p>Choose who signs in to the application {{ client }}. No password is asked for.</p>
{% if connection %}<p>Signing in with {{ connection }}.</p>{% endif %}
<form method="post">
{% for person in people %}
<p><button name="person" value="{{ person.subject }}">{{ person.name }}, {{ person.email }}
{%- if not person.email_verified %} (e-mail not verified){% endif %}</button></p>
{% endfor %}
<p><button name="cancel" value="yes">Cancel</button></p>
</form>
""")


class _Refused(Exception):
    """The application is told, by the redirect."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    code: CodeRequest
    connection: str
    prompt: frozenset[str]
    max_age_seconds: int | None

    def is_answered_by(self, session: ProviderSession, now: float) -> bool:
        """Say whether the session is enough, so that no person has to be asked."""
        if self.prompt & _ASKS_AGAIN or self.max_age_seconds == 0:
            return False
        return self.max_age_seconds is None or now - session.authenticated_at <= self.max_age_seconds


def authorize(world: ProviderWorld) -> Response:
    """Answer GET: straight back with a live session, else the page or an error."""
    if (refused := _misdirected(world)) is not None:
        return refused
    try:
        asked = _asked(world)
        session = world.book.session(request.cookies.get(SSO_COOKIE))
        if session is not None and asked.is_answered_by(session, world.now()):
            return _back(world, code=world.book.issue_code(asked.code, session))
        if "none" in asked.prompt:
            raise _Refused("login_required", "Login required")
    except _Refused as refusal:
        return _back(world, error=refusal.error, error_description=refusal.description)
    return Response(
        render_template_string(
            _CHOICE,
            site=SITE,
            title="Sign in",
            client=world.settings.client_id,
            connection=asked.connection,
            people=world.settings.people,
        )
    )


def choose(world: ProviderWorld) -> Response:
    """Answer the page's POST, to the same URL: sign the chosen person in, or take the refusal back."""
    if (refused := _misdirected(world)) is not None:
        return refused
    try:
        asked = _asked(world)
        if "cancel" in request.form:
            raise _Refused("access_denied", "User did not authorize the request")
    except _Refused as refusal:
        return _back(world, status=303, error=refusal.error, error_description=refusal.description)
    chosen = request.form.get("person")
    person = next((one for one in world.settings.people if one.subject == chosen), None)
    if person is None:
        return message("Nobody chosen", "Go back and choose one of the people on the page.", status=400)
    cookie, session = world.book.sign_in(person, cookie=request.cookies.get(SSO_COOKIE))
    response = _back(world, status=303, code=world.book.issue_code(asked.code, session))
    # Without a domain: of this host only. Without Secure: the provider is served by plain HTTP.
    response.set_cookie(SSO_COOKIE, cookie, httponly=True, samesite="Lax")
    return response


def _misdirected(world: ProviderWorld) -> Response | None:
    settings = world.settings
    if request.args.getlist("client_id") != [settings.client_id]:
        return message("Unknown application", "No application has this client_id.", status=400)
    targets = request.args.getlist("redirect_uri")
    if len(targets) != 1 or targets[0] not in settings.redirect_uris:
        return message("Callback URL mismatch", "The redirect_uri is not among the registered ones.", status=400)
    return None


def _asked(world: ProviderWorld) -> _Asked:
    """Read a request whose client and redirect URI are valid; raises `_Refused` if another parameter is not."""
    if any(len(values) > 1 for values in request.args.to_dict(flat=False).values()):
        raise _Refused("invalid_request", "A parameter occurs more than once")
    query = request.args
    if query.get("response_type") != "code":
        raise _Refused("unsupported_response_type", "The response_type has to be code")
    if query.get("response_mode", "query") != "query":
        raise _Refused("invalid_request", "The response_mode has to be query")
    scope = query.get("scope", "").split(" ")
    if "openid" not in scope:
        raise _Refused("invalid_scope", "The scope has to have openid")
    for name in ("state", "nonce", "code_challenge"):
        if not query.get(name):
            raise _Refused("invalid_request", f"Missing required parameter: {name}")
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(query["code_challenge"]):
        raise _Refused("invalid_request", "A code_challenge by the code_challenge_method S256 is required")
    connection = query.get("connection", "")
    if connection and connection not in world.settings.connections:
        raise _Refused("invalid_request", "the connection is not enabled")
    prompt = frozenset(query.get("prompt", "").split())
    if "none" in prompt and len(prompt) > 1:
        raise _Refused("invalid_request", "prompt=none goes with no other value")
    max_age = query.get("max_age")
    if max_age is not None and not (max_age.isascii() and max_age.isdecimal() and len(max_age) < 10):
        raise _Refused("invalid_request", "The max_age has to be a number of seconds")
    return _Asked(
        code=CodeRequest(
            redirect_uri=query["redirect_uri"],
            code_challenge=query["code_challenge"],
            nonce=query["nonce"],
            scope=tuple(one for one in SCOPES if one in scope),
        ),
        connection=connection,
        prompt=prompt,
        max_age_seconds=None if max_age is None else int(max_age),
    )


def _back(world: ProviderWorld, *, status: int = 302, **parameters: str) -> Response:
    """Redirect to the application, with the state it sent and who answers."""
    parameters["state"] = request.args.get("state", "")
    if world.settings.iss_parameter:
        parameters["iss"] = world.issuer.url
    return send_to(request.args["redirect_uri"], parameters, status=status)
