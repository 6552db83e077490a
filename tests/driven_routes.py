"""A request for every route there is, good but for what a test changes about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shop import Shop

from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD

ADDRESS = {"contactName": "Jane Doe", "city": "Ulm", "country": "DE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How to ask for one route."""

    path: str
    json: Any = None


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
}
"""Everything that may change something."""

READING: Mapping[str, str] = {
    "/": "/",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/static/<path:filename>": "/static/site.css",
    "/api/session": "/api/session",
    "/api/session/validate": "/api/session/validate",
    "/api/me": "/api/me",
    "/api/me/addresses": "/api/me/addresses",
    "/api/me/addresses/<addressId>": "/api/me/addresses/a1",
}
"""Everything that can be read, by its rule."""


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
