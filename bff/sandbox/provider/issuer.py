"""Where the provider is, and what it says of itself (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from bff.sandbox.provider.settings import ProviderSettings


class Issuer:
    """The issuer identifier; its port is known only once a server listens."""

    def __init__(self, url: str = "") -> None:
        self._url = url

    @property
    def url(self) -> str:
        """The identifier, with a slash at the end.

        :raises RuntimeError: `serve_at` was not called, and the settings name no issuer
        """
        if not self._url:
            raise RuntimeError("the provider does not know yet where it is served")
        return self._url

    def serve_at(self, origin: str) -> None:
        """Take an origin, without a slash at the end, for the place from now on."""
        self._url = f"{origin}/"

    def document(self, settings: ProviderSettings) -> dict[str, object]:
        """Make the discovery document."""
        url = self.url
        document: dict[str, object] = {
            "issuer": url,
            "authorization_endpoint": f"{url}authorize",
            "token_endpoint": f"{url}oauth/token",
            "userinfo_endpoint": f"{url}userinfo",
            "jwks_uri": f"{url}.well-known/jwks.json",
            "end_session_endpoint": f"{url}oidc/logout" if settings.end_session_endpoint else None,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "scopes_supported": list(SCOPES),
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": settings.iss_parameter,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            **settings.discovery_overrides,
        }
        return {name: value for name, value in document.items() if value is not None}


SCOPES = ("openid", "profile", "email")
"""Any other is ignored, as Auth0 does."""
