"""The 26 operations: name, verb, path and the bearer each asks for, as `security` of the contract has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bff.sandbox.bearer import BearerKind


class Asked(Enum):
    """What a call asks for; each room of services has an enumeration of its own."""


class Operation(Asked):
    """An operation of the Customer Service."""

    ANONYMOUS_LOGIN = "anonymous_login"
    ANONYMOUS_REFRESH = "anonymous_refresh"
    LOGIN = "login"
    LOGOUT = "logout"
    REFRESH_AUTH_TOKEN = "refresh_auth_token"  # nosec B105 # noqa: S105 - a name
    VALIDATE_AUTH_TOKEN = "validate_auth_token"  # nosec B105 # noqa: S105 - a name
    SOCIAL_LOGIN = "social_login"
    SIGNUP = "signup"
    SIGNUP_OPTIN = "signup_optin"
    RESEND_OPTIN = "resend_optin"
    GET_ME = "get_me"
    UPDATE_ME = "update_me"
    DELETE_ME = "delete_me"
    LIST_ADDRESSES = "list_addresses"
    ADD_ADDRESS = "add_address"
    GET_ADDRESS = "get_address"
    UPDATE_ADDRESS = "update_address"
    DELETE_ADDRESS = "delete_address"
    ADD_ADDRESS_TAGS = "add_address_tags"
    REMOVE_ADDRESS_TAGS = "remove_address_tags"
    ADD_LOGIN = "add_login"
    CHANGE_EMAIL = "change_email"
    CONFIRM_EMAIL = "confirm_email"
    REQUEST_PASSWORD_RESET = "request_password_reset"  # nosec B105 # noqa: S105 - a name
    RESET_PASSWORD = "reset_password"  # nosec B105 # noqa: S105 - a name
    CHANGE_PASSWORD = "change_password"  # nosec B105 # noqa: S105 - a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an operation is found."""

    operation: Asked
    method: str
    path: str
    """Template with `{tenant}` and the like. Without it, the bearer names the tenant; for the two anonymous calls, the
    query does."""
    accepts: frozenset[BearerKind]
    """Empty: no bearer."""


_NONE: frozenset[BearerKind] = frozenset()
_ANONYMOUS = frozenset({BearerKind.ANONYMOUS})
_CUSTOMER = frozenset({BearerKind.CUSTOMER})
_EITHER = _ANONYMOUS | _CUSTOMER

_OWN = "/customer/{tenant}"
_ME = f"{_OWN}/me"
_ADDRESS = f"{_ME}/addresses/{{addressId}}"
_LOGINS = f"{_ME}/accounts/internal"
_ANONYMOUS_AUTH = "/customerlogin/auth/anonymous"


def _route(operation: Operation, method: str, path: str, accepts: frozenset[BearerKind]) -> Route:
    return Route(operation=operation, method=method, path=path, accepts=accepts)


ROUTES: tuple[Route, ...] = (
    _route(Operation.ANONYMOUS_LOGIN, "GET", f"{_ANONYMOUS_AUTH}/login", _NONE),
    _route(Operation.ANONYMOUS_REFRESH, "GET", f"{_ANONYMOUS_AUTH}/refresh", _NONE),
    _route(Operation.LOGIN, "POST", f"{_OWN}/login", _ANONYMOUS),
    _route(Operation.LOGOUT, "GET", f"{_OWN}/logout", _CUSTOMER),
    # The settings may say `customer` instead.
    _route(Operation.REFRESH_AUTH_TOKEN, "GET", f"{_OWN}/refreshauthtoken", _ANONYMOUS),
    _route(Operation.VALIDATE_AUTH_TOKEN, "GET", f"{_OWN}/validateauthtoken", _CUSTOMER),
    _route(Operation.SOCIAL_LOGIN, "POST", f"{_OWN}/socialLogin", _ANONYMOUS),
    _route(Operation.SIGNUP, "POST", f"{_OWN}/signup", _ANONYMOUS),
    _route(Operation.SIGNUP_OPTIN, "GET", f"{_OWN}/signup/optin/{{token}}", _ANONYMOUS),
    _route(Operation.RESEND_OPTIN, "POST", f"{_OWN}/signup/optin/refresh_token", _ANONYMOUS),
    _route(Operation.GET_ME, "GET", _ME, _EITHER),
    _route(Operation.UPDATE_ME, "PATCH", _ME, _CUSTOMER),
    _route(Operation.DELETE_ME, "DELETE", _ME, _CUSTOMER),
    _route(Operation.LIST_ADDRESSES, "GET", f"{_ME}/addresses", _CUSTOMER),
    _route(Operation.ADD_ADDRESS, "POST", f"{_ME}/addresses", _CUSTOMER),
    _route(Operation.GET_ADDRESS, "GET", _ADDRESS, _CUSTOMER),
    _route(Operation.UPDATE_ADDRESS, "PATCH", _ADDRESS, _CUSTOMER),
    _route(Operation.DELETE_ADDRESS, "DELETE", _ADDRESS, _CUSTOMER),
    _route(Operation.ADD_ADDRESS_TAGS, "POST", f"{_ADDRESS}/tags", _CUSTOMER),
    _route(Operation.REMOVE_ADDRESS_TAGS, "DELETE", f"{_ADDRESS}/tags", _CUSTOMER),
    _route(Operation.ADD_LOGIN, "POST", _LOGINS, _CUSTOMER),
    _route(Operation.CHANGE_EMAIL, "POST", f"{_LOGINS}/email/change", _CUSTOMER),
    _route(Operation.CONFIRM_EMAIL, "POST", f"{_LOGINS}/email/change/confirm", _ANONYMOUS),
    _route(Operation.REQUEST_PASSWORD_RESET, "POST", f"{_OWN}/password/reset", _ANONYMOUS),
    _route(Operation.RESET_PASSWORD, "POST", f"{_OWN}/password/reset/update", _ANONYMOUS),
    _route(Operation.CHANGE_PASSWORD, "POST", f"{_OWN}/password/change", _CUSTOMER),
)
