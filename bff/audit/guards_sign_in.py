"""The guards of signing in: the way to the identity provider, and what only a signed-in customer may see or do.

The way back (state, nonce, claims, the path it goes on to) needs a session and a provider, and is left to tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs, urlsplit

from joserfc.jwk import KeySet

from bff.account.social_login import CALLBACK
from bff.audit.checking import Check, every
from bff.audit.probed import Asked, Probe, Probed
from bff.audit.requirement import Guard
from bff.crypto import encode
from bff.errors import IdentityProviderUnavailable, IdTokenInvalid
from bff.factory import Bff
from bff.oidc.id_token import Expected, read_logout_token
from bff.oidc.login_state import LoginState
from bff.oidc.provider import IdentityProvider, Metadata
from bff.operations.model import Credential
from bff.operations.places import Places
from bff.web.api.routes import api_routes
from bff.web.declared import Need, declared_routes
from bff.web.paths import BACKCHANNEL_LOGOUT, is_api

_ROWS_NEEDING_PROOF: Final = ("add_login", "delete_me")
_DEVICES_NEEDING_PROOF: Final = (
    "pages.device_end_post",
    "pages.devices_end_others_post",
    "api_devices.end_device",
    "api_devices.end_other_devices",
)
"""Routes without a row that end what cannot be brought back."""
_UNSIGNED: Final = tuple(f"{encode(header)}.{encode(b'{}')}." for header in (b'{"alg":"none"}', b'{"alg":"HS256"}'))
_ISSUER: Final = "https://issuer.example"


class _Described(IdentityProvider):
    """The provider of the settings with fixed documents: the audit fetches none."""

    def metadata(self) -> Metadata:
        """Return what the discovery document would have to say."""
        return Metadata(
            issuer=f"{_ISSUER}/",
            authorization_endpoint=f"{_ISSUER}/authorize",
            jwks_uri=f"{_ISSUER}/jwks",
            end_session_endpoint=None,
            sends_issuer=True,
        )


def _authorize_query(app: Bff, login: LoginState) -> Mapping[str, list[str]]:
    services = app.services
    if services.settings.social is None:
        return {}
    provider = _Described(services.settings.social, services.now, services.log, places=Places(1))
    redirect_uri = services.settings.serving.public_url + CALLBACK
    return parse_qs(urlsplit(provider.authorize_url(login, redirect_uri=redirect_uri, connection=None)).query)


def _journey(app: Bff) -> LoginState:
    return LoginState.fresh(
        return_path="/", issuer=f"{_ISSUER}/", prefix=None, now=app.services.now(), is_reauthentication=False
    )


def _pkce(probed: Probed, app: Bff) -> str | None:
    if app.services.settings.social is None:
        return None
    login = _journey(app)
    query = _authorize_query(app, login)
    if query.get("response_type") != ["code"]:
        return "another grant than the authorization code is asked for"
    if query.get("code_challenge_method") != ["S256"] or query.get("code_challenge") != [login.challenge]:
        return "the authorize URL has no S256 challenge"
    if login.verifier.reveal() in str(query):
        return "the verifier leaves through the browser"
    return None


def _state(probed: Probed, app: Bff) -> str | None:
    if app.services.settings.social is None:
        return None
    one, another = (_authorize_query(app, _journey(app)) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        if not one.get(name) or one.get(name) == another.get(name):
            return f"two sign-ins have the same {name}, or none"
    return None


def _signed_in_only(probed: Probed, app: Bff) -> str | None:
    for_customers = {
        endpoint for endpoint, declared in declared_routes(app).items() if declared.need is not Need.ANYONE
    }
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint in for_customers and "GET" in (rule.methods or ())
    }
    routes = {
        entry.route.path
        for entry in api_routes(app.services.operations)
        if entry.operation.accepts == (Credential.CUSTOMER,) and entry.route.method == "GET"
    }

    def sent_away(answer: Probe) -> bool:
        if is_api(answer.path):
            return answer.status == 401
        return answer.status == 303 and (answer.header("Location") or "").startswith("/login?")

    asked = [answer for answer in probed.of(Asked.READ) if answer.rule in pages | routes]
    return every(asked, sent_away, "shown to a guest")


def _recent_proof(probed: Probed, app: Bff) -> str | None:
    table, declared = app.services.operations, declared_routes(app)
    for name in _ROWS_NEEDING_PROOF:
        if name not in table or not table[name].needs_reauthentication:
            return f"{name} asks for no recent proof"
    for endpoint in _DEVICES_NEEDING_PROOF:
        if endpoint not in declared or declared[endpoint].need is not Need.RECENT:
            return f"the route {endpoint} asks for no recent proof"
    return None


def _issuer(probed: Probed, app: Bff) -> str | None:
    social = app.services.settings.social
    if social is None:
        return None
    configured = social.issuer.rstrip("/")
    parts = urlsplit(configured)
    origin = f"{parts.scheme}://{parts.netloc}"
    good = {
        "issuer": social.issuer,
        "authorization_endpoint": f"{origin}/authorize",
        "jwks_uri": f"{origin}/jwks",
    }
    provider = IdentityProvider(social, app.services.now, app.services.log, places=Places(1))
    if provider.validate_metadata(good) is None:
        return "the configured issuer's own document is not believed"
    for name in good:
        if provider.validate_metadata({**good, name: "https://elsewhere.example/"}) is not None:
            return f"a discovery document with another {name} is believed"
    return None


def _forged_logout(probed: Probed, app: Bff) -> str | None:
    if app.services.settings.social is None:
        return None
    for token in _UNSIGNED:
        try:
            read_logout_token(token, _no_keys, Expected(issuer=_ISSUER, client_id="", now=0.0))
        except IdTokenInvalid:
            continue
        except IdentityProviderUnavailable:
            return "a key is looked for to check an unsigned logout token"
        return "an unsigned logout token is believed"
    bare = [answer for answer in probed.of(Asked.BARE) if answer.rule == BACKCHANNEL_LOGOUT]
    return every(bare, lambda answer: answer.status == 400, "taken without a logout token")


def _no_keys(kid: str | None) -> KeySet:
    raise IdentityProviderUnavailable


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {
        Guard.PKCE_S256: _pkce,
        Guard.STATE_PER_JOURNEY: _state,
        Guard.ISSUER_CONFIGURED: _issuer,
        Guard.FORGED_LOGOUT_REFUSED: _forged_logout,
        Guard.SIGNED_IN_OPERATIONS_NEED_A_CUSTOMER: _signed_in_only,
        Guard.RECENT_PROOF_DEMANDED: _recent_proof,
    }
)
