"""What only the session may supply to a call: the customer's `saas-token`, and values such as the customer's id.

The `saas-token` is the customer's own: it goes along with the customer's bearer and with no other. What the browser
sends under the name of such a value never gets here (`bff.web.api.input` refuses it).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bff.config.settings import EmporixSettings
from bff.emporix.request import Call, Value
from bff.errors import CompanyRequired, LoginRequired, ReauthenticationRequired, SessionError
from bff.operations.declared import SaasToken, SessionValue
from bff.operations.model import Credential, Operation
from bff.secret import Secret
from bff.sessions.session import Session

_OF_A_CUSTOMER: Final = frozenset({SessionValue.CUSTOMER_ID, SessionValue.LEGAL_ENTITY})
_PARTS_OF_A_JWT: Final = 3


def check_values(operation: Operation, credential: Credential) -> None:
    """Refuse a guest what needs a value that only a customer has, before anything is asked of upstream.

    :raises LoginRequired: it does
    """
    if credential is Credential.CUSTOMER:
        return
    if any(one.required and one.source in _OF_A_CUSTOMER for one in operation.parameters):
        raise LoginRequired


def saas_token(operation: Operation, credential: Credential, session: Session, now: float) -> Secret[str] | None:
    """Return the `saas-token` that goes along; None: none does.

    :raises ReauthenticationRequired: the operation needs one, and the customer's is missing or past its end
    """
    if operation.saas_token is SaasToken.NEVER or credential is not Credential.CUSTOMER:
        return None
    tokens = session.vault.customer
    held = None if tokens is None else tokens.saas
    if held is not None and not _is_past(held, now):
        return held
    if operation.saas_token is SaasToken.REQUIRED:
        raise ReauthenticationRequired
    return None


def with_values(
    operation: Operation, call: Call, credential: Credential, session: Session, settings: EmporixSettings
) -> Call:
    """Return the call with every value that the session has for it.

    :raises LoginRequired: one that the operation needs is missing, and the visitor is a guest
    :raises CompanyRequired: the customer acts for no company, and the operation needs one
    :raises ReauthenticationRequired: the customer's tokens came without the id of their session
    """
    if all(parameter.source is None for parameter in operation.parameters):
        return call
    values: dict[str, Value] = dict(call.values or {})
    has = _values_of(credential, session, settings)
    for parameter in operation.parameters:
        if parameter.source is None:
            continue
        values.pop(parameter.name, None)
        if (value := has[parameter.source]) is not None:
            values[parameter.name] = value
        elif parameter.required and parameter.source is not SessionValue.SITE:
            raise _missing(parameter.source, credential)
    return replace(call, values=values)


def _missing(source: SessionValue, credential: Credential) -> SessionError:
    if credential is not Credential.CUSTOMER:
        return LoginRequired()
    return CompanyRequired() if source is SessionValue.LEGAL_ENTITY else ReauthenticationRequired()


def without_session(operation: Operation, call: Call, settings: EmporixSettings) -> Call:
    """Return the call with what is known without any session: the site alone.

    :raises LoginRequired: the operation needs what only a customer has
    """
    check_values(operation, Credential.SHARED)
    if all(parameter.source is None for parameter in operation.parameters):
        return call
    values: dict[str, Value] = dict(call.values or {})
    for parameter in operation.parameters:
        if parameter.source is not None:
            values.pop(parameter.name, None)
        if parameter.source is SessionValue.SITE and settings.site is not None:
            values[parameter.name] = settings.site
    return replace(call, values=values)


def _values_of(
    credential: Credential, session: Session, settings: EmporixSettings
) -> Mapping[SessionValue, str | Secret[str] | None]:
    vault, who = session.vault, session.signed_in
    customer = vault.customer if credential is Credential.CUSTOMER else None
    bearer = customer or vault.anonymous
    return {
        SessionValue.SESSION_ID: None if bearer is None else bearer.session_id,
        SessionValue.CUSTOMER_ID: None if customer is None or who is None else who.customer.id,
        SessionValue.LEGAL_ENTITY: None if customer is None else customer.legal_entity_id,
        SessionValue.SITE: settings.site,
    }


def _is_past(token: Secret[str], now: float) -> bool:
    """Tell whether a JWT says that its end is past; what says nothing of an end counts as good."""
    parts = token.reveal().split(".")
    if len(parts) != _PARTS_OF_A_JWT:
        return False
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return False
    ends = claims.get("exp") if isinstance(claims, dict) else None
    return isinstance(ends, int | float) and not isinstance(ends, bool) and now >= ends
