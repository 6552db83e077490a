"""Signing up: what the settings say of a new account, and the sign-in that follows where it is active at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from babel.numbers import get_territory_currencies

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
    """Return a sign-up with the settings' currency and country where it names none; an address is not made for that.

    Without a currency of its own, the settings' country says which one is paid with there (Unicode CLDR, by Babel).
    """
    details, address = content.get("customerDetails", {}), content.get("customerAddress")
    currency = settings.currency or _currency_of(settings.country)
    if currency is not None and "preferredCurrency" not in details:
        content = {**content, "customerDetails": {**details, "preferredCurrency": currency}}
    if settings.country is not None and address is not None and "country" not in address:
        content = {**content, "customerAddress": {**address, "country": settings.country}}
    return content


def _currency_of(country: str | None) -> str | None:
    # Where there are several, the one that all is paid with comes first.
    return next(iter(get_territory_currencies(country)), None) if country else None
