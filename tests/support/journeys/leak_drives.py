"""What the search for leaked tokens sends to every route there is."""

from __future__ import annotations

from typing import Any

from bff.sandbox.demo_customers import B2B_EMAIL, B2B_PASSWORD, LEGAL_ENTITIES
from bff.sandbox.mails import Purpose

NEW_PASSWORD = "Amber-Window-19"
WRONG_PASSWORD = "Marble-Ladder-64"
ADDRESS = {
    "contactName": "Jane Doe",
    "street": "Münsterplatz 1",
    "zipCode": "89073",
    "city": "Ulm",
    "country": "DE",
}
BODIES: dict[tuple[str, str], Any] = {
    ("GET", "/"): None,
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/static/<path:filename>"): None,
    ("GET", "/api/openapi.json"): None,
    ("GET", "/api/docs"): None,
    ("GET", "/api/session"): None,
    ("GET", "/api/session/validate"): None,
    ("POST", "/api/session/refresh"): {"legalEntityId": LEGAL_ENTITIES[0].id},
    ("GET", "/api/sessions"): None,
    ("DELETE", "/api/sessions"): None,
    ("DELETE", "/api/sessions/<id>"): None,
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
        "password": NEW_PASSWORD,
        "newEmail": "john@example.com",
    },
    ("POST", "/api/me/accounts/internal/email/change/confirm"): {"token": "MAILED"},
    ("POST", "/api/password/reset"): {"email": B2B_EMAIL},
    ("POST", "/api/password/reset/update"): {"token": "MAILED", "password": NEW_PASSWORD},
    ("POST", "/api/password/change"): {"currentPassword": NEW_PASSWORD, "newPassword": B2B_PASSWORD},
}
"""What to send to each route; `MAILED` becomes the newest mailed token. A route that is missing here fails the test."""
PERSON = {"firstName": "John", "lastName": "Doe"}
FORMS: dict[tuple[str, str], dict[str, str] | None] = {
    ("GET", "/shop"): None,
    ("POST", "/language"): {"language": "en", "next": "/account"},
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
    ("GET", "/.well-known/security.txt"): None,
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
    ("POST", "/account/password"): {"currentPassword": B2B_PASSWORD, "newPassword": NEW_PASSWORD, "endOthers": "y"},
    ("GET", "/account/email"): None,
    ("POST", "/account/email"): {"newEmail": "john@example.com", "password": B2B_PASSWORD},
    ("GET", "/account/email/hide"): None,
    ("POST", "/account/email/hide"): {},
    ("GET", "/account/company"): None,
    ("POST", "/account/company"): {"legalEntityId": LEGAL_ENTITIES[1].id},
    ("GET", "/account/logins"): None,
    ("POST", "/account/logins"): {"email": "third@example.com", "password": NEW_PASSWORD},
    ("GET", "/account/security"): None,
    ("GET", "/account/sessions"): None,
    ("GET", "/account/sessions/<id>/end"): None,
    ("POST", "/account/sessions/<id>/end"): {},
    ("GET", "/account/sessions/end-others"): None,
    ("POST", "/account/sessions/end-others"): {},
    ("GET", "/account/delete"): None,
    ("POST", "/account/delete"): {"understood": "y"},
    ("GET", "/account/delete/confirm"): None,
    ("POST", "/account/delete/confirm"): {"token": "MAILED"},
}
"""The same of each page; forms are sent with the token that the page of a form carries."""
PAGES_OF_A_MAIL = frozenset({"/signup/optin", "/password/reset", "/email/confirm", "/account/delete/confirm"})
"""Where a mailed token is opened: it may stand in that page's hidden field once, and nowhere else."""
ALL = {*BODIES, *FORMS}
QUERIES = {
    ("GET", "/api/me"): "?expand=addresses,mixin:*",
    ("POST", "/api/me/addresses/<addressId>/tags"): "?tags=BILLING,gift",
    ("DELETE", "/api/me/addresses/<addressId>/tags"): "?tags=BILLING,gift",
}
LAST = (
    *(("GET", page) for page in ("/signup/optin", "/password/reset", "/email/confirm")),
    ("POST", "/api/login"),
    ("POST", "/login"),
    ("POST", "/api/logout"),
    ("POST", "/logout"),
    ("GET", "/login/callback"),
    ("POST", "/login/backchannel-logout"),
    ("POST", "/password/reset"),
    ("POST", "/api/password/reset/update"),
    ("POST", "/email/confirm"),
    ("POST", "/api/me/accounts/internal/email/change/confirm"),
    ("POST", "/account/delete"),
    ("GET", "/account/delete/confirm"),
    ("POST", "/account/delete/confirm"),
    ("DELETE", "/api/me"),
    ("POST", "/api/me/delete/confirm"),
    ("POST", "/signup/optin"),
    ("POST", "/api/signup/optin"),
)
"""These need what others have brought about, end the session, or change with what one signs in; so they come last."""
MAIL_OF = {
    "/signup/optin": Purpose.OPTIN,
    "/api/signup/optin": Purpose.OPTIN,
    "/password/reset": Purpose.PASSWORD_RESET,
    "/api/password/reset/update": Purpose.PASSWORD_RESET,
    "/email/confirm": Purpose.EMAIL_CHANGE,
    "/api/me/accounts/internal/email/change/confirm": Purpose.EMAIL_CHANGE,
    "/account/delete/confirm": Purpose.ACCOUNT_DELETION,
    "/api/me/delete/confirm": Purpose.ACCOUNT_DELETION,
}
"""Whose token a route wants."""
