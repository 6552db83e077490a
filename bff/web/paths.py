"""Every path of ours that code, templates, redirects and headers name, and which part of the site a path belongs to.

Errors, headers and checks are told apart by path, not by blueprint. The JSON routes of operations stand in the
operation table: they follow Emporix's paths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from flask import Request
from werkzeug.exceptions import NotFound

from bff.account import social_login
from bff.config import return_paths
from bff.operations.table import OPERATIONS


@dataclass(frozen=True, slots=True)
class PathWithId:
    """A path with one id in it."""

    rule: str
    """As routing takes it: the id's name stands in angle brackets."""

    def __call__(self, id: str) -> str:
        """Return the path of one id, which is quoted as one segment (RFC 3986 3.3), slashes too."""
        before, _, named = self.rule.partition("<")
        return before + quote(id, safe="") + named.partition(">")[2]


API_PREFIX: Final = "/api"
STATIC_PREFIX: Final = "/static"

HOME: Final = "/"
SIGN_IN: Final = "/login"
SIGN_OUT: Final = "/logout"
START_SOCIAL: Final = "/login/social"
START_SOCIAL_WITH: Final = PathWithId("/login/social/<connection>")
CALLBACK: Final = social_login.CALLBACK
"""The floor below makes the redirect URI of it, and imports nothing from here."""
BACKCHANNEL_LOGOUT: Final = "/login/backchannel-logout"
"""Guarded by the token it carries: no browser sends it, so there is neither a cookie nor an origin to check."""
SIGN_UP: Final = "/signup"
SIGN_UP_OPTIN: Final = "/signup/optin"
SIGN_UP_RESEND: Final = "/signup/resend"
PASSWORD_FORGOT: Final = "/password/forgot"  # noqa: S105 - a path, no password
PASSWORD_RESET: Final = "/password/reset"  # noqa: S105 - a path, no password
EMAIL_CONFIRM: Final = "/email/confirm"

ACCOUNT: Final = "/account"
"""The profile; where a sign-in leads unless another page was asked for."""
ADDRESSES: Final = "/account/addresses"
ADDRESS_NEW: Final = "/account/addresses/new"
ADDRESS: Final = PathWithId("/account/addresses/<addressId>")
ADDRESS_DELETE: Final = PathWithId("/account/addresses/<addressId>/delete")
ADDRESS_DEFAULT: Final = PathWithId("/account/addresses/<addressId>/default")
ADDRESS_TAGS: Final = PathWithId("/account/addresses/<addressId>/tags")
ORDERS: Final = "/account/orders"
"""There is a page, and one below for each order, where the shop's file declares the rows for it."""
ORDER: Final = PathWithId("/account/orders/<orderId>")
SECURITY: Final = "/account/security"
EMAIL: Final = "/account/email"
EMAIL_HIDE: Final = "/account/email/hide"
PASSWORD: Final = "/account/password"  # noqa: S105 - a path, no password
COMPANY: Final = "/account/company"
LOGINS: Final = "/account/logins"
DEVICES: Final = "/account/sessions"
DEVICE_END: Final = PathWithId("/account/sessions/<id>/end")
DEVICES_END_OTHERS: Final = "/account/sessions/end-others"
DELETION: Final = "/account/delete"
DELETION_CONFIRM: Final = "/account/delete/confirm"

LANGUAGE: Final = "/language"
"""Takes the choice of a language; there is nothing to read."""

SHOP: Final = return_paths.EXAMPLE_SHOP
"""The floor below lets a sign-in lead there, and imports nothing from here."""

API_SESSION: Final = "/api/session"
API_DEVICES: Final = "/api/sessions"
API_DEVICE: Final = PathWithId("/api/sessions/<id>")
API_DESCRIPTION: Final = "/api/openapi.json"
API_DOCS: Final = "/api/docs"

CHANGE_PASSWORD: Final = "/.well-known/change-password"  # noqa: S105 - a path, no password
SECURITY_TXT: Final = "/.well-known/security.txt"
HEALTHZ: Final = "/healthz"
READYZ: Final = "/readyz"
PROBES: Final = frozenset({HEALTHZ, READYZ})
OF_A_MAIL: Final = frozenset({SIGN_UP_OPTIN, PASSWORD_RESET, EMAIL_CONFIRM, DELETION_CONFIRM})
"""What the links in mails open, with a token in the query."""
WITHOUT_SESSION: Final = frozenset({CHANGE_PASSWORD, SECURITY_TXT, API_DESCRIPTION, API_DOCS})
"""Read by programs too, and the same for all: what they answer depends on no cookie and sets none."""


_ADDRESS_ID: Final = re.compile(OPERATIONS["get_address"].parameter("addressId").pattern)


def for_templates() -> Mapping[str, str | PathWithId]:
    """Return every path by its name in small letters: a template says `paths.sign_in` or `paths.address(id)`."""
    named = {name.lower(): value for name, value in globals().items() if name.isupper()}
    return MappingProxyType({name: value for name, value in named.items() if isinstance(value, str | PathWithId)})


def is_api(path: str) -> bool:
    """Tell whether a path is a JSON route's, or would be if there were one."""
    return path == API_PREFIX or path.startswith(API_PREFIX + "/")


def is_static(path: str) -> bool:
    """Tell whether a path is a static file's."""
    return path.startswith(STATIC_PREFIX + "/")


def check_path(request: Request) -> None:
    """Refuse other spellings of a path, which routing would fold into ours while a proxy in front might not.

    :raises NotFound: several slashes at the start, or a fragment, which has no place in a request
    """
    environ = request.environ
    if environ.get("PATH_INFO", "").startswith("//") or "#" in environ.get("RAW_URI", ""):
        raise NotFound


def check_address_id(request: Request) -> None:
    """Refuse an id in a page's path that no address has; JSON routes name what is wrong with it.

    :raises NotFound: it has other characters than letters, digits, `-` and `_`, or more than 64
    """
    id = request.view_args.get("addressId") if request.view_args else None
    if id is not None and not is_api(request.path) and not _ADDRESS_ID.fullmatch(id):
        raise NotFound
