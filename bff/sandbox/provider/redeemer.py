"""Emporix's side of the provider: redeems codes by the token call, with the client secret it holds.

The call goes to the provider's own application, not over a socket: Emporix's state is locked meanwhile.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.test import Client, TestResponse

from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.redeemer import CodeRedeemer, SocialIdentity
from bff.sandbox.wire import ConnectionCut


class ProviderRedeemer:
    """Knows the provider's application, and one client of it."""

    def __init__(self, app: Flask, settings: ProviderSettings) -> None:
        self._app = app
        self._settings = settings

    def redeem(self, code: str, redirect_uri: str, code_verifier: str | None) -> SocialIdentity | None:
        """Spend a code; None if it is refused, or the provider does not answer as it should."""
        http = Client(self._app, use_cookies=False)
        try:
            redeemed = http.post(
                "/oauth/token",
                data={
                    "grant_type": "authorization_code",
                    "client_id": self._settings.client_id,
                    "client_secret": self._settings.client_secret,
                    "code": code,
                    "redirect_uri": redirect_uri,
                    "code_verifier": code_verifier or "",
                },
            )
            tokens = _object(redeemed)
            bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
            # Not from the id token, which a test may have asked to be wrong.
            person = _object(http.get("/userinfo", headers=bearer)) if tokens else {}
        except ConnectionCut:
            return None
        match tokens, person:
            case (
                {"access_token": str(access_token), "id_token": str(id_token)},
                {"sub": str(subject), "email": str(email)},
            ):
                return SocialIdentity(
                    subject=subject,
                    email=email,
                    email_verified=person.get("email_verified") is True,
                    first_name=_text(person.get("given_name")),
                    last_name=_text(person.get("family_name")),
                    access_token=access_token,
                    id_token=id_token,
                )
        return None


def _object(reply: TestResponse) -> dict[str, object]:
    """Return the JSON object of a good answer; an empty one for any other."""
    body = reply.get_json(silent=True) if reply.status_code == 200 else None
    return body if isinstance(body, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


_: type[CodeRedeemer] = ProviderRedeemer
