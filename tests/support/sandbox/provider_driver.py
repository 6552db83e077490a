"""Drives a provider over real HTTP, as a client that knows nothing but the standards; verified by another library."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry

from bff.sandbox.provider.factory import Provider
from bff.sandbox.provider.settings import JANE
from tests.support.fakes.sso_browser import SsoBrowser, query_of

CALLBACK = "http://127.0.0.1:8000/login/callback"
HOME = "http://127.0.0.1:8000/"
VERIFIER = "verifier-of-forty-three-characters-or-more-0"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
LEFT_OUT = None


def signed_by(keys: KeySet | RSAKey, token: str) -> jwt.Token:
    """Check a token's signature; a header that brings a key along is not refused for its size alone."""
    registry = JWSRegistry(algorithms=["RS256"])
    registry.max_header_length = 4096
    return jwt.decode(token, keys, registry=registry)


@dataclass
class ProviderDriver:
    provider: Provider
    url: str
    browser: SsoBrowser = field(default_factory=SsoBrowser)

    def get(self, path: str, **params: str | None) -> requests.Response:
        """Open a path as the browser, without following anywhere."""
        query = urlencode({name: value for name, value in params.items() if value is not None})
        return self.browser.get(f"{self.url}{path}" + (f"?{query}" if query else ""))

    def discovery(self) -> dict[str, Any]:
        reply = self.get("/.well-known/openid-configuration")
        assert reply.status_code == 200
        return dict(reply.json())

    def authorize_url(self, **changes: str | None) -> str:
        query = {
            "response_type": "code",
            "client_id": self.provider.settings.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{self.url}/authorize?{urlencode({k: v for k, v in query.items() if v is not None})}"

    def code(self, subject: str = JANE.subject, **changes: str | None) -> str:
        """Sign somebody in by the page, and return the code."""
        changes.setdefault("prompt", "login")
        return query_of(self.browser.choose(self.authorize_url(**changes), subject))["code"]

    def redeem(self, code: str | None, **changes: str | None) -> requests.Response:
        settings = self.provider.settings
        form = {
            "grant_type": "authorization_code",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return requests.post(f"{self.url}/oauth/token", data=form, timeout=10)

    def tokens(self, subject: str = JANE.subject, **changes: str | None) -> dict[str, Any]:
        reply = self.redeem(self.code(subject, **changes))
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def userinfo(self, access_token: str) -> requests.Response:
        return requests.get(f"{self.url}/userinfo", headers={"Authorization": f"Bearer {access_token}"}, timeout=10)

    def verified(self, token: str) -> jwt.Token:
        """Check a token's signature by the keys that are published now."""
        return signed_by(KeySet.import_key_set(self.get("/.well-known/jwks.json").json()), token)


Provide = Callable[..., ProviderDriver]
"""Starts a provider with the settings that are given."""
