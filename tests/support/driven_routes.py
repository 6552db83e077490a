"""A request for every route there is, good but for what a test changes about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from tests.support.shop import Shop

ADDRESS = {
    "contactName": "Jane Doe",
    "street": "Münsterplatz 1",
    "zipCode": "89073",
    "city": "Ulm",
    "country": "DE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How to ask for one route."""

    path: str
    json: Any = None
    form: Mapping[str, str] | None = None
    """Of a page: what is sent besides the CSRF token, which stands there too."""


PERSON = {"firstName": "Jane", "lastName": "Doe"}
UNSAFE: Mapping[tuple[str, str], Drive] = {
    ("POST", "/api/login"): Drive(path="/api/login", json={"email": B2C_EMAIL, "password": B2C_PASSWORD}),
    ("POST", "/api/logout"): Drive(path="/api/logout"),
    ("POST", "/api/session/refresh"): Drive(path="/api/session/refresh"),
    ("POST", "/api/signup"): Drive(
        path="/api/signup", json={"email": "new@example.com", "password": "Quiet-Meadow-52", "customerDetails": {}}
    ),
    ("POST", "/api/signup/optin"): Drive(path="/api/signup/optin", json={"token": "x"}),
    ("POST", "/api/signup/optin/refresh_token"): Drive(
        path="/api/signup/optin/refresh_token", json={"email": B2C_EMAIL}
    ),
    ("DELETE", "/api/sessions"): Drive(path="/api/sessions"),
    ("DELETE", "/api/sessions/<id>"): Drive(path="/api/sessions/d1"),
    ("PATCH", "/api/me"): Drive(path="/api/me", json={"company": "One"}),
    ("DELETE", "/api/me"): Drive(path="/api/me"),
    ("POST", "/api/me/delete/confirm"): Drive(path="/api/me/delete/confirm", json={"token": "x"}),
    ("POST", "/api/me/accounts/internal"): Drive(
        path="/api/me/accounts/internal", json={"email": "other@example.com", "password": "Quiet-Meadow-52"}
    ),
    ("POST", "/api/me/accounts/internal/email/change"): Drive(
        path="/api/me/accounts/internal/email/change",
        json={"email": B2C_EMAIL, "password": B2C_PASSWORD, "newEmail": "jane@example.com"},
    ),
    ("POST", "/api/me/accounts/internal/email/change/confirm"): Drive(
        path="/api/me/accounts/internal/email/change/confirm", json={"token": "x"}
    ),
    ("POST", "/api/me/addresses"): Drive(path="/api/me/addresses", json=ADDRESS),
    ("PATCH", "/api/me/addresses/<addressId>"): Drive(path="/api/me/addresses/a1", json={"city": "Bonn"}),
    ("DELETE", "/api/me/addresses/<addressId>"): Drive(path="/api/me/addresses/a1"),
    ("POST", "/api/me/addresses/<addressId>/tags"): Drive(path="/api/me/addresses/a1/tags?tags=A"),
    ("DELETE", "/api/me/addresses/<addressId>/tags"): Drive(path="/api/me/addresses/a1/tags?tags=A"),
    ("POST", "/api/password/reset"): Drive(path="/api/password/reset", json={"email": B2C_EMAIL}),
    ("POST", "/api/password/reset/update"): Drive(
        path="/api/password/reset/update", json={"token": "x", "password": "Amber-Window-19"}
    ),
    ("POST", "/api/password/change"): Drive(
        path="/api/password/change", json={"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19"}
    ),
    ("POST", "/login"): Drive(path="/login", form={"email": B2C_EMAIL, "password": B2C_PASSWORD}),
    ("POST", "/logout"): Drive(path="/logout", form={}),
    ("POST", "/language"): Drive(path="/language", form={"language": "en"}),
    ("POST", "/login/social"): Drive(path="/login/social", form={}),
    ("POST", "/login/social/<connection>"): Drive(path="/login/social/google-oauth2", form={}),
    ("POST", "/account/logins"): Drive(
        path="/account/logins", form={"email": "second@example.com", "password": "Quiet-Meadow-52"}
    ),
    ("POST", "/signup"): Drive(
        path="/signup", form={**PERSON, "email": "page@example.com", "password": "Quiet-Meadow-52"}
    ),
    ("POST", "/signup/optin"): Drive(path="/signup/optin", form={"token": "x"}),
    ("POST", "/signup/resend"): Drive(path="/signup/resend", form={"email": B2C_EMAIL}),
    ("POST", "/password/forgot"): Drive(path="/password/forgot", form={"email": B2C_EMAIL}),
    ("POST", "/password/reset"): Drive(path="/password/reset", form={"token": "x", "password": "Amber-Window-19"}),
    ("POST", "/email/confirm"): Drive(path="/email/confirm", form={"token": "x"}),
    ("POST", "/account"): Drive(path="/account", form={**PERSON, "company": "One"}),
    ("POST", "/account/company"): Drive(path="/account/company", form={"legalEntityId": ""}),
    ("POST", "/account/addresses/new"): Drive(path="/account/addresses/new", form=ADDRESS),
    ("POST", "/account/addresses/<addressId>"): Drive(path="/account/addresses/a1", form=ADDRESS),
    ("POST", "/account/addresses/<addressId>/delete"): Drive(path="/account/addresses/a1/delete", form={}),
    ("POST", "/account/addresses/<addressId>/default"): Drive(path="/account/addresses/a1/default", form={}),
    ("POST", "/account/addresses/<addressId>/tags"): Drive(path="/account/addresses/a1/tags", form={"tags": "gift"}),
    ("POST", "/account/password"): Drive(
        path="/account/password",
        form={"currentPassword": B2C_PASSWORD, "newPassword": "Amber-Window-19", "endOthers": "y"},
    ),
    ("POST", "/account/email"): Drive(
        path="/account/email", form={"newEmail": "jane@example.com", "password": B2C_PASSWORD}
    ),
    ("POST", "/account/email/hide"): Drive(path="/account/email/hide", form={}),
    ("POST", "/account/sessions/<id>/end"): Drive(path="/account/sessions/d1/end", form={}),
    ("POST", "/account/sessions/end-others"): Drive(path="/account/sessions/end-others", form={}),
    ("POST", "/account/delete"): Drive(path="/account/delete", form={"understood": "y"}),
    ("POST", "/account/delete/confirm"): Drive(path="/account/delete/confirm", form={"token": "x"}),
}
"""Everything that may change something, and that only our own page may ask for."""

NOT_BY_A_BROWSER = frozenset({("POST", "/login/backchannel-logout")})
"""What the identity provider's server calls; guarded by a signed token instead of ours."""

READING: Mapping[str, str] = {
    "/": "/",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/static/<path:filename>": "/static/site.css",
    "/api/session": "/api/session",
    "/api/openapi.json": "/api/openapi.json",
    "/api/docs": "/api/docs",
    "/api/session/validate": "/api/session/validate",
    "/api/sessions": "/api/sessions",
    "/api/me": "/api/me",
    "/api/me/addresses": "/api/me/addresses",
    "/api/me/addresses/<addressId>": "/api/me/addresses/a1",
    "/shop": "/shop",
    "/login": "/login",
    "/logout": "/logout",
    "/login/social": "/login/social",
    "/login/social/<connection>": "/login/social/google-oauth2",
    "/login/callback": "/login/callback?code=x&state=x",
    "/account/logins": "/account/logins",
    "/signup": "/signup",
    "/signup/optin": "/signup/optin?token=x",
    "/signup/resend": "/signup/resend",
    "/password/forgot": "/password/forgot",
    "/password/reset": "/password/reset?token=x",
    "/email/confirm": "/email/confirm?token=x",
    "/.well-known/change-password": "/.well-known/change-password",
    "/.well-known/security.txt": "/.well-known/security.txt",
    "/account": "/account",
    "/account/company": "/account/company",
    "/account/addresses": "/account/addresses",
    "/account/addresses/new": "/account/addresses/new",
    "/account/addresses/<addressId>": "/account/addresses/a1",
    "/account/addresses/<addressId>/delete": "/account/addresses/a1/delete",
    "/account/addresses/<addressId>/default": "/account/addresses/a1/default",
    "/account/addresses/<addressId>/tags": "/account/addresses/a1/tags",
    "/account/password": "/account/password",
    "/account/email": "/account/email",
    "/account/security": "/account/security",
    "/account/email/hide": "/account/email/hide",
    "/account/sessions": "/account/sessions",
    "/account/sessions/<id>/end": "/account/sessions/d1/end",
    "/account/sessions/end-others": "/account/sessions/end-others",
    "/account/delete": "/account/delete",
    "/account/delete/confirm": "/account/delete/confirm?token=x",
}
"""Everything that can be read, by its rule."""

FORMS_FOR_ANYBODY = frozenset(
    {
        "/login",
        "/logout",
        "/signup",
        "/signup/optin?token=x",
        "/signup/resend",
        "/password/forgot",
        "/password/reset?token=x",
        "/email/confirm?token=x",
        "/account/delete/confirm?token=x",
    }
)
"""Those that show a form to somebody who has never been here, and so need a cookie."""


def is_page(drive: Drive) -> bool:
    """Tell whether a request goes to a page."""
    return drive.form is not None


def body_of(drive: Drive, token: str | None = None) -> dict[str, Any]:
    """Return what the test client is called with; a page's token goes into its body."""
    if drive.form is not None:
        return {"data": {**drive.form, **({} if token is None else {"csrf_token": token})}}
    return {} if drive.json is None else {"json": drive.json}


def unsafe_routes(shop: Shop) -> set[tuple[str, str]]:
    """Return method and rule of every route that is not for GET or HEAD, as the application has them."""
    return {
        (method, rule.rule)
        for rule in shop.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD"}
    }


def readable_rules(shop: Shop) -> set[str]:
    """Return the rule of every route that answers GET."""
    return {rule.rule for rule in shop.app.url_map.iter_rules() if "GET" in (rule.methods or set())}
