"""Signing up: what the settings say of a new account, and the sign-in that follows where it is active at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bff.account.login import Login
from bff.config.settings import EmporixSettings, SignupMode
from bff.emporix.client import Call
from bff.operations.model import Operation
from bff.sessions.session import Session


class Signup:
    """Follows a sign-up with a sign-in."""

    def __init__(self, login: Login, operation: Operation, mode: SignupMode) -> None:
        self._login = login
        self._operation = operation
        self.is_immediate = mode is SignupMode.IMMEDIATE
        """Whether accounts can be used as soon as they are made."""

    def sign_in(self, session: Session, call: Call, wanted: Mapping[str, Any]) -> None:
        """Sign in with the credentials of a sign-up (`CustomerSignup`), which `wanted` holds.

        :raises BffError: as `Login.with_password`; the account exists, and its owner can sign in by hand
        """
        credentials = wanted.get("signup") or wanted
        email = credentials["email"]
        body = json.dumps({"email": email, "password": credentials["password"]}).encode()
        sign_in = Call(body=body, accept_language=call.accept_language)
        self._login.with_password(session, email, sign_in, asked=self._operation)


def with_preferences(content: dict[str, Any], settings: EmporixSettings) -> dict[str, Any]:
    """Return a sign-up with the settings' currency and country where it names none; an address is not made for that."""
    details, address = content.get("customerDetails", {}), content.get("customerAddress")
    if settings.currency is not None and "preferredCurrency" not in details:
        content = {**content, "customerDetails": {**details, "preferredCurrency": settings.currency}}
    if settings.country is not None and address is not None and "country" not in address:
        content = {**content, "customerAddress": {**address, "country": settings.country}}
    return content
