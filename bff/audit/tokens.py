"""Where each kind of token, and of what is as secret as one, is created, stored, sent and destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bff.operations.declared import SaasToken, SessionValue
from bff.operations.model import Credential, Operation, Parameter

_VAULT: Final = "bff:{<sid>}:tokens"
_WEB: Final = "bff:{<sid>}:web"
_SAAS_TOKEN: Final = "saas token"  # nosec B105 # noqa: S105 - a name, no token
_SERVERS_OWN: Final = "server's own guest tokens"
_SESSION_ID: Final = "Emporix's session id"
_NOWHERE: Final = "nowhere"
_SESSION_ENDS: Final = "the session ends: sign-out, idle limit, lifetime, revocation"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKind:
    """One kind of token."""

    name: str
    created: str
    created_by: tuple[str, ...] = ()
    """Rows of the operation table whose answer brings it."""
    stored: str
    """A key pattern of Redis, or in words."""
    sent: str
    sent_by: tuple[str, ...] = ()
    """Rows of the operation table that take it; empty where it is their bearer."""
    destroyed: str


_BUILT_IN: Final[tuple[TokenKind, ...]] = (
    TokenKind(
        name="guest's access token",
        created="by Emporix, before a guest's first call",
        created_by=("anonymous_login", "anonymous_refresh"),
        stored=_VAULT,
        sent="to Emporix, as bearer",
        destroyed="it is renewed, or " + _SESSION_ENDS,
    ),
    TokenKind(
        name="guest's refresh token",
        created="by Emporix, with the access token",
        created_by=("anonymous_login", "anonymous_refresh"),
        stored=_VAULT,
        sent="to Emporix, in the query (its contract)",
        sent_by=("anonymous_refresh",),
        destroyed="it is spent once, or " + _SESSION_ENDS,
    ),
    TokenKind(
        name=_SERVERS_OWN,
        created="by Emporix, before the first read that hangs on no session; for all visitors and processes",
        created_by=("anonymous_login", "anonymous_refresh"),
        stored="bff:shared:<hash>:token, which the server's keys alone open; and each process's memory",
        sent="to Emporix, as bearer of such reads alone; the refresh token in the query (its contract)",
        sent_by=("anonymous_refresh",),
        destroyed="they are renewed, or can be no longer; restart, for what a process holds",
    ),
    TokenKind(
        name="customer's access token",
        created="by Emporix, at sign-in",
        created_by=("login", "social_login", "signup_optin", "refresh_auth_token"),
        stored=_VAULT,
        sent="to Emporix, as bearer; at sign-out in the query (its contract)",
        sent_by=("logout",),
        destroyed="sign-out and refused sign-ins revoke it at Emporix; here when " + _SESSION_ENDS,
    ),
    TokenKind(
        name="customer's refresh token",
        created="by Emporix, at sign-in",
        created_by=("login", "social_login", "signup_optin", "refresh_auth_token"),
        stored=_VAULT,
        sent="to Emporix, in the query (its contract)",
        sent_by=("refresh_auth_token",),
        destroyed="it is spent once, upstream refuses it, or " + _SESSION_ENDS,
    ),
    TokenKind(
        name=_SAAS_TOKEN,
        created="by Emporix, at sign-in",
        created_by=("login", "social_login", "signup_optin"),
        stored=_VAULT,
        sent="to Emporix, as a header beside the customer's bearer, where a declared row says so",
        destroyed=_SESSION_ENDS,
    ),
    TokenKind(
        name=_SESSION_ID,
        created="by Emporix, with a guest's or customer's tokens",
        created_by=("anonymous_login", "anonymous_refresh", "login", "social_login", "signup_optin"),
        stored=_VAULT,
        sent="to Emporix, as a header of the social sign-in, and where a declared row takes it from the session",
        sent_by=("social_login",),
        destroyed=_SESSION_ENDS,
    ),
    TokenKind(
        name="ID token, social access token",
        created="by the identity provider, passed on by Emporix",
        created_by=("social_login",),
        stored=_NOWHERE,
        sent=_NOWHERE,
        destroyed="the request ends; of the ID token, issuer, subject and sid are kept",
    ),
    TokenKind(
        name="authorization code",
        created="by the identity provider, in the callback's URL",
        stored=_NOWHERE,
        sent="to Emporix, in the query (its contract)",
        sent_by=("social_login",),
        destroyed="the request ends; the answer leads to a URL without it",
    ),
    TokenKind(
        name="state, nonce",
        created="here, for each social sign-in",
        stored=_WEB,
        sent="to the identity provider, through the browser",
        destroyed="the callback takes them out, ten minutes pass, or " + _SESSION_ENDS,
    ),
    TokenKind(
        name="PKCE verifier",
        created="here, for each social sign-in",
        stored=_WEB,
        sent="to Emporix, in the query (its contract); its S256 challenge through the browser",
        sent_by=("social_login",),
        destroyed="the callback takes it out, ten minutes pass, or " + _SESSION_ENDS,
    ),
    TokenKind(
        name="activation token",
        created="by Emporix, in a mail",
        stored="the hidden field of the page that the link opens",
        sent="to Emporix, in the path (its contract)",
        sent_by=("signup_optin",),
        destroyed="Emporix takes it once",
    ),
    TokenKind(
        name="password and e-mail token",
        created="by Emporix, in a mail",
        stored="the hidden field of the page that the link opens",
        sent="to Emporix, in the body",
        sent_by=("reset_password", "confirm_email"),
        destroyed="Emporix takes it once",
    ),
    TokenKind(
        name="deletion token",
        created="by Emporix, in a mail",
        stored="the hidden field of the page that the link opens; sealed there while the customer signs in first",
        sent="to Emporix, in the query (its contract)",
        sent_by=("delete_me",),
        destroyed="Emporix takes it once",
    ),
    TokenKind(
        name="logout token",
        created="by the identity provider, sent to POST /login/backchannel-logout",
        stored="bff:used:<kind>:<hash>, as a hash of its id",
        sent=_NOWHERE,
        destroyed="the request ends",
    ),
    TokenKind(
        name="session cookie",
        created="here, 32 random bytes: at first need, sign-in, sign-out and rotation",
        stored="the browser; here only its SHA-256, as <sid>",
        sent="to the browser, in Set-Cookie",
        destroyed="the browser closes; its records go when " + _SESSION_ENDS,
    ),
    TokenKind(
        name="CSRF token",
        created="here, signed, for the hash of one cookie",
        stored=_NOWHERE,
        sent="to the browser, in pages and in GET /api/session",
        destroyed="the cookie is replaced, or the signing key leaves BFF_SECRET_KEYS",
    ),
)


def token_kinds(operations: Mapping[str, Operation]) -> tuple[TokenKind, ...]:
    """Return every kind of token that there is with these operations, with the declared rows that take each."""
    declared = [row for row in operations.values() if row.declared is not None]
    taken_by = {
        _SAAS_TOKEN: [row.name for row in declared if row.saas_token is not SaasToken.NEVER],
        _SESSION_ID: [row.name for row in declared if any(_is_session_id(one) for one in row.parameters)],
        _SERVERS_OWN: [row.name for row in declared if Credential.SHARED in row.accepts],
    }
    return tuple(replace(kind, sent_by=(*kind.sent_by, *taken_by.get(kind.name, ()))) for kind in _BUILT_IN)


def _is_session_id(parameter: Parameter) -> bool:
    return parameter.source is SessionValue.SESSION_ID
