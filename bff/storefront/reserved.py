"""Services of upstream that no row of a shop's own file may ask: they make tokens, or show other people's sessions.

Rows that are shipped are reviewed one by one, and may. Parts of a path are compared in lower case, since it is not
known how upstream does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bff.storefront.paths import TENANT, parameter_in, segments_of

_COLLEAGUE: Final = ("customer", "customers", "")
_GROUP_USERS: Final = ("iam", "groups", "", "users")
_GROUP_USER: Final = ("iam", "groups", "", "users", "")
_IAM_READS: Final = frozenset(
    {("iam", "users", "me"), ("iam", "users", "me", "scopes"), ("iam", "groups"), _GROUP_USERS}
)

NAMES_A_COLLEAGUE: Final = frozenset({_COLLEAGUE})
"""Paths where a customer of the same company is meant, and the id is not the session's own."""

_TOKEN_MAKERS: Final = frozenset({"oauth", "oauth2", "customerlogin", "authorizationserver"})
_CUSTOMERS: Final = frozenset({"customer", "caas-customer"})


def shape_of(upstream: str) -> tuple[str, ...]:
    """Return upstream's path as it is compared: in lower case, without the tenant; an empty part is a parameter."""
    return tuple(
        "" if parameter_in(part) is not None else part.lower() for part in segments_of(upstream) if part != TENANT
    )


def is_colleagues(upstream: str, method: str) -> bool:
    """Tell whether a call changes who works for the company, or what a colleague's account is."""
    shape = shape_of(upstream)
    of_customers = shape[:2] == ("customer", "customers") and shape[2:3] != ("search",)
    return method != "GET" and (of_customers or shape in (_GROUP_USERS, _GROUP_USER))


def reserved(upstream: str, method: str) -> str | None:
    """Return why a shop's own row may not ask this; None: it may."""
    shape = shape_of(upstream)
    for applies, why in _RULES:
        if applies(shape, method):
            return why
    return None


def _makes_tokens(shape: tuple[str, ...], _: str) -> bool:
    return shape[0] in _TOKEN_MAKERS


def _is_an_account(shape: tuple[str, ...], _: str) -> bool:
    return shape[0] in _CUSTOMERS and shape[:2] != ("customer", "customers")


def _is_anothers_session(shape: tuple[str, ...], _: str) -> bool:
    return shape[0] == "session-context" and shape[1:2] != ("me",)


def _is_anothers_points(shape: tuple[str, ...], _: str) -> bool:
    return shape[0] == "reward-points" and shape[1:2] not in (("public",), ("redeemoptions",))


def _is_configuration(shape: tuple[str, ...], _: str) -> bool:
    return shape[0] == "configuration"


def _is_anothers_rights(shape: tuple[str, ...], method: str) -> bool:
    if shape[0] != "iam" or (method == "GET" and shape in _IAM_READS):
        return False
    return (method, shape) not in {("POST", _GROUP_USERS), ("DELETE", _GROUP_USER)}


_RULES: Final[tuple[tuple[Callable[[tuple[str, ...], str], bool], str], ...]] = (
    (_makes_tokens, "makes tokens, and no token leaves the server"),
    (_is_an_account, "is the service of sign-ins and accounts, whose operations are built in"),
    (_is_anothers_session, "may show another visitor's session: only me/context is the visitor's own"),
    (_is_anothers_points, "may show another customer's points: only public and redeemOptions are the customer's own"),
    (_is_configuration, "is the tenant's configuration"),
    (_is_anothers_rights, "is about other people's rights; of iam a shop may read its own users, scopes and groups"),
)
