"""What contact sheets show: the views of the tests, what hardly anything leads to, and which view shows a route."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Flask

import tests.support.browser.sheet_steps as sheet_steps
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
            name=f"failure-{status}-{kind.replace('_', '-')}", heading=re.compile("."), reach=sheet_steps.failure(fault)
        )
        for (status, kind), fault in sorted(kinds.items())
    )


_EVERYTHING = {
    **next(view for view in VIEWS if view.name == "home-links").environment,
    "BFF_SHOP_NAME": "Example Shop",
}
_BESIDES = (
    View(name="profile-social", heading="Your profile", reach=sheet_steps.social_account),
    View(name="address-changed-elsewhere", heading="Edit an address", reach=sheet_steps.address_changed_elsewhere),
    *(
        View(
            name=f"address-new-{country.lower()}",
            heading="Add an address",
            reach=signed_in(sheet_steps.address_form_of(country), addresses=False),
        )
        for country in ("DE", "GB", "US", "IE", "JP", "CN", "BR", "IN", "HK")
    ),
    View(name="address-doubtful", heading="Add an address", reach=signed_in(sheet_steps.doubtful_address)),
    View(name="addresses-of-the-world", heading="Your addresses", reach=sheet_steps.addresses_of_the_world),
    View(name="addresses-added", heading="Your addresses", reach=signed_in(sheet_steps.address_added)),
    View(name="addresses-away", heading="Add an address", reach=signed_in(sheet_steps.address_not_taken)),
    View(name="home-away", heading="Hello, Jane", reach=signed_in(sheet_steps.home_away)),
    View(
        name="home-company-links",
        heading="Hello, Jane",
        reach=signed_in(at("/"), companies=True),
        environment=_EVERYTHING,
    ),
    View(name="home-long-names", heading=re.compile("."), reach=sheet_steps.long_names),
    View(name="login-links", heading="Sign in", reach=at("/login"), environment=_EVERYTHING),
    View(name="signup-links", heading="Create an account", reach=at("/signup"), environment=_EVERYTHING),
    View(name="language-chosen", heading=re.compile("."), reach=sheet_steps.other_language),
    View(name="company-chosen", heading="Your profile", reach=signed_in(sheet_steps.company_chosen, companies=True)),
    View(name="company-none", heading="Choose a company", reach=signed_in(at("/account/company"))),
    View(name="profile-unreadable", heading="Your profile", reach=sheet_steps.unreadable_profile),
    View(name="profile-email", heading="Change your e-mail for messages", reach=signed_in(at("/account?change=email"))),
    View(name="profile-phone", heading="Change your phone number", reach=signed_in(at("/account?change=phone"))),
    View(name="profile-currency", heading="Change your currency", reach=signed_in(at("/account?change=currency"))),
    View(
        name="profile-several",
        heading="Change your details",
        reach=signed_in(at("/account?change=name&change=email&change=phone&change=company"), companies=True),
    ),
    View(name="profile-errors", heading="Change your details", reach=signed_in(sheet_steps.profile_errors)),
    View(name="profile-away", heading="Change your name", reach=signed_in(sheet_steps.profile_not_taken)),
    View(name="security-social", heading="Security", reach=sheet_steps.social_security),
    View(name="activated", heading=re.compile("."), reach=sheet_steps.activated),
    View(name="reset-done", heading="Sign in", reach=sheet_steps.password_reset),
    View(name="email-confirmed", heading="Your profile", reach=sheet_steps.email_confirmed),
    View(name="email-confirmed-elsewhere", heading="Sign in", reach=sheet_steps.email_confirmed_elsewhere),
    View(name="deleted", heading=re.compile("."), reach=sheet_steps.deleted),
    View(
        name="failure-help",
        heading=re.compile("."),
        reach=signed_in(at("/nothing")),
        environment=_EVERYTHING,
    ),
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
    "/account/email/hide": "email-hide",
    "/account/logins": "logins",
    "/account/orders": "orders",
    "/account/orders/<orderId>": "order",
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
