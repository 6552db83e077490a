"""What the search for leaked tokens sends to every route there is."""

from __future__ import annotations

from typing import Any

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES

NEW_PASSWORD = "Amber-Window-19"
ADDRESS = {"contactName": "Jane Doe", "city": "Ulm", "country": "DE"}
BODIES: dict[tuple[str, str], Any] = {
    ("GET", "/"): None,
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/static/<path:filename>"): None,
    ("GET", "/api/session"): None,
    ("GET", "/api/session/validate"): None,
    ("POST", "/api/session/refresh"): {"legalEntityId": LEGAL_ENTITIES[0].id},
    ("POST", "/api/login"): {"email": B2B_EMAIL, "password": B2B_PASSWORD},
    ("POST", "/api/logout"): None,
    ("POST", "/api/signup"): {"email": "new@example.com", "password": NEW_PASSWORD},
    ("POST", "/api/signup/optin"): {"token": "MAILED"},
    ("POST", "/api/signup/optin/refresh_token"): {"email": "new@example.com"},
    ("GET", "/api/me"): None,
    ("PATCH", "/api/me"): {"company": "Example"},
    ("DELETE", "/api/me"): None,
    ("POST", "/api/me/delete/confirm"): {"token": "MAILED"},
    ("POST", "/api/me/accounts/internal"): {"email": "second@example.com", "password": NEW_PASSWORD},
    ("GET", "/api/me/addresses"): None,
    ("POST", "/api/me/addresses"): ADDRESS,
    ("GET", "/api/me/addresses/<addressId>"): None,
    ("PATCH", "/api/me/addresses/<addressId>"): {"city": "Bonn"},
    ("DELETE", "/api/me/addresses/<addressId>"): None,
    ("POST", "/api/me/addresses/<addressId>/tags"): None,
    ("DELETE", "/api/me/addresses/<addressId>/tags"): None,
    ("POST", "/api/me/accounts/internal/email/change"): {
        "email": B2B_EMAIL,
        "password": B2B_PASSWORD,
        "newEmail": "john@example.com",
    },
    ("POST", "/api/me/accounts/internal/email/change/confirm"): {"token": "MAILED"},
    ("POST", "/api/password/reset"): {"email": B2B_EMAIL},
    ("POST", "/api/password/reset/update"): {"token": "MAILED", "password": NEW_PASSWORD},
    ("POST", "/api/password/change"): {"currentPassword": B2B_PASSWORD, "newPassword": B2B_PASSWORD},
}
"""What to send to each route; `MAILED` becomes the newest mailed token. A route that is missing here fails the test."""
PERSON = {"firstName": "John", "lastName": "Doe"}
FORMS: dict[tuple[str, str], dict[str, str] | None] = {
    ("GET", "/login"): None,
    ("POST", "/login"): {"email": B2B_EMAIL, "password": B2B_PASSWORD},
    ("GET", "/login/social"): None,
    ("POST", "/login/social"): {},
    ("GET", "/login/social/<connection>"): None,
    ("POST", "/login/social/<connection>"): {},
    ("GET", "/login/callback"): None,
    ("POST", "/login/backchannel-logout"): {"logout_token": "none"},
    ("GET", "/logout"): None,
    ("POST", "/logout"): {},
    ("GET", "/signup"): None,
    ("POST", "/signup"): {**PERSON, "email": "page@example.com", "password": NEW_PASSWORD},
    ("GET", "/signup/optin"): None,
    ("POST", "/signup/optin"): {"token": "MAILED"},
    ("GET", "/signup/resend"): None,
    ("POST", "/signup/resend"): {"email": "page@example.com"},
    ("GET", "/password/forgot"): None,
    ("POST", "/password/forgot"): {"email": B2B_EMAIL},
    ("GET", "/password/reset"): None,
    ("POST", "/password/reset"): {"token": "MAILED", "password": "short"},
    ("GET", "/.well-known/change-password"): None,
    ("GET", "/email/confirm"): None,
    ("POST", "/email/confirm"): {"token": "MAILED"},
    ("GET", "/account"): None,
    ("POST", "/account"): {**PERSON, "company": "Example", "contactEmail": B2B_EMAIL},
    ("GET", "/account/addresses"): None,
    ("GET", "/account/addresses/new"): None,
    ("POST", "/account/addresses/new"): ADDRESS,
    ("GET", "/account/addresses/<addressId>"): None,
    ("POST", "/account/addresses/<addressId>"): ADDRESS,
    ("GET", "/account/addresses/<addressId>/delete"): None,
    ("POST", "/account/addresses/<addressId>/delete"): {},
    ("GET", "/account/addresses/<addressId>/default"): None,
    ("POST", "/account/addresses/<addressId>/default"): {},
    ("GET", "/account/addresses/<addressId>/tags"): None,
    ("POST", "/account/addresses/<addressId>/tags"): {"tags": "gift"},
    ("GET", "/account/password"): None,
    ("POST", "/account/password"): {"currentPassword": B2B_PASSWORD, "newPassword": B2B_PASSWORD},
    ("GET", "/account/email"): None,
    ("POST", "/account/email"): {"newEmail": "john@example.com", "password": B2B_PASSWORD},
    ("GET", "/account/company"): None,
    ("POST", "/account/company"): {"legalEntityId": LEGAL_ENTITIES[1].id},
    ("GET", "/account/logins"): None,
    ("POST", "/account/logins"): {"email": "third@example.com", "password": NEW_PASSWORD},
    ("GET", "/account/delete"): None,
    ("POST", "/account/delete"): {"understood": "y"},
    ("GET", "/account/delete/confirm"): None,
    ("POST", "/account/delete/confirm"): {"token": "MAILED"},
}
"""The same of each page; forms are sent with the token that the page of a form carries."""
PAGES_OF_A_MAIL = frozenset({"/signup/optin", "/password/reset", "/email/confirm", "/account/delete/confirm"})
"""Where a mailed token is opened: it may stand in that page's hidden field once, and nowhere else."""
ALL = {*BODIES, *FORMS}
QUERIES = {"/api/me": "?expand=addresses,mixin:*", "/api/me/addresses/<addressId>/tags": "?tags=BILLING,gift"}
LAST = (
    ("POST", "/signup/optin"),
    ("POST", "/api/signup/optin"),
    ("POST", "/account/delete/confirm"),
    ("POST", "/api/me/delete/confirm"),
    ("POST", "/logout"),
    ("POST", "/api/logout"),
)
"""These end the session, or put another in its place, so they come last."""
