"""What contact sheets show: the views of the tests, what hardly anything leads to, and which view shows a route."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Flask

import tests.support.browser.view_steps as view_steps
from bff.web.errors import FAULTS, Fault
from tests.support.browser.view_steps import at, signed_in
from tests.support.browser.views import VIEWS, View

_RARE = (
    Fault(status=400, type="validation_failure", message=""),
    Fault(status=429, type="rate_limited", message="", retry_after_seconds=61),
    Fault(status=500, type="internal_error", message=""),
)


def _failures() -> tuple[View, ...]:
    kinds = {(fault.status, fault.type): fault for fault in (*FAULTS.values(), *_RARE)}
    return tuple(
        View(
            name=f"failure-{status}-{kind.replace('_', '-')}", heading=re.compile("."), reach=view_steps.failure(fault)
        )
        for (status, kind), fault in sorted(kinds.items())
    )


_BESIDES = (
    View(name="profile-social", heading="Your profile", reach=view_steps.social_account),
    View(name="address-changed-elsewhere", heading="Edit an address", reach=view_steps.address_changed_elsewhere),
    View(name="home-company", heading="Your account", reach=signed_in(at("/"), companies=True)),
    View(
        name="shop",
        heading=re.compile("."),
        reach=at("/shop"),
        environment={"BFF_EXAMPLE_SHOP": "on"},
    ),
)
SHEETS = (*VIEWS, *_BESIDES, *_failures())

SHOWN_BY: Mapping[str, str] = {
    "/": "home",
    "/account": "profile",
    "/account/addresses": "addresses",
    "/account/addresses/<addressId>": "address-edit",
    "/account/addresses/<addressId>/default": "address-default",
    "/account/addresses/<addressId>/delete": "address-delete",
    "/account/addresses/<addressId>/tags": "address-tags",
    "/account/addresses/new": "address-new",
    "/account/company": "company",
    "/account/delete": "delete",
    "/account/delete/confirm": "delete-confirm",
    "/account/email": "email",
    "/account/logins": "logins",
    "/account/password": "password",
    "/account/security": "security",
    "/account/sessions": "devices-one",
    "/account/sessions/<id>/end": "device-end",
    "/account/sessions/end-others": "devices-end-others",
    "/email/confirm": "email-confirm",
    "/login": "login",
    "/login/social/<connection>": "social",
    "/logout": "logout",
    "/password/forgot": "forgot",
    "/password/reset": "reset",
    "/shop": "shop",
    "/signup": "signup",
    "/signup/optin": "activate",
    "/signup/resend": "resend",
}
"""By a route with a page, the view that shows it."""
LEADS_ON = frozenset({"/.well-known/change-password", "/login/callback", "/login/social"})
"""Routes that show no page of their own."""
_NO_PAGES = ("/api/", "/static/", "/healthz", "/readyz", "/.well-known/security.txt")


def page_routes(app: Flask) -> set[str]:
    """Return every route that a browser may come to by GET."""
    return {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(_NO_PAGES)
    }


def shows(rule: str, path: str) -> bool:
    """Tell whether a path is one of that route's."""
    return re.fullmatch(re.sub(r"<\w+>", "[^/]+", rule), path) is not None
