"""An identity provider that has issued one code."""

from __future__ import annotations

from typing import Any

import requests

from bff.sandbox.mint import Mint, TokenKind
from bff.sandbox.redeemer import CodeRedeemer, SocialIdentity
from tests.support.sandbox.sandbox_driver import Driver

CALLBACK = "http://127.0.0.1:8000/login/callback"
CODE = "the-code"
VERIFIER = "the-verifier"


class OneCode:
    """A provider that has issued one code, for one redirect URI and one verifier."""

    def __init__(self, mint: Mint, email: str, subject: str = "auth0|1") -> None:
        self.spent = False
        self.identity = SocialIdentity(
            subject=subject,
            email=email,
            first_name="Jane",
            access_token=mint.opaque(TokenKind.SOCIAL_ACCESS),
            id_token=mint.jwt(TokenKind.SOCIAL_ID, {"sub": subject}),
        )

    def redeem(self, code: str, redirect_uri: str, code_verifier: str | None) -> SocialIdentity | None:
        if self.spent or (code, redirect_uri, code_verifier) != (CODE, CALLBACK, VERIFIER):
            return None
        self.spent = True
        return self.identity


_: type[CodeRedeemer] = OneCode


def social(driver: Driver, guest: str, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
    params = {"code": CODE, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **query}
    return driver.call("POST", "/socialLogin", guest, params=params, headers=headers)
