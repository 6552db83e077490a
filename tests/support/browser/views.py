"""Every page there is, and how to get to see it; for what is checked, weighed or drawn page by page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import tests.support.browser.view_steps as view_steps
from tests.support.browser.view_steps import Steps, at, of_address, sent, signed_in, with_orders
from tests.support.orders import DECLARED, entry, order


@dataclass(frozen=True, kw_only=True)
class View:
    """One page in one state."""

    name: str
    reach: Steps
    heading: str | re.Pattern[str]
    """What the page is headed with, so that no other is looked at by mistake."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the shop is configured with besides."""


ASKS_ALL = {"BFF_SIGNUP_FIELDS": "phone,company,other-email,address"}
_DEAD = "This link no longer works"
_CHECK = "Check your e-mail"
_AWAY = "Your account can't be shown right now"
_LINKS = {
    "BFF_SHOP_URL": "/shop",
    "BFF_ORDERS_URL": "/shop/orders",
    "BFF_HELP_URL": "/help",
    "BFF_IMPRINT_URL": "/imprint",
    "BFF_PRIVACY_URL": "/privacy",
    "BFF_TERMS_URL": "/terms",
}

_ORDERS = {**_LINKS, "BFF_ORDERS_URL": "", **DECLARED}
_SOME = (
    order("EON2079", status="IN_CHECKOUT", created="2026-02-11T08:00:00.000Z"),
    order("EON2078", status="CREATED", created="2026-02-09T08:00:00.000Z"),
    order("EON2076"),
    order("EON2051", status="COMPLETED", created="2025-11-02T08:00:00.000Z"),
    order("EON1987", status="DECLINED", created="2025-09-21T08:00:00.000Z"),
    *(order(f"EON19{number}", status="COMPLETED", created="2025-05-04T08:00:00.000Z") for number in range(50, 59)),
)
_LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4
_ODD = order(
    "x" * 64,
    status=_LONG,
    currency="eur",
    entries=[entry(_LONG, 1.5, 123456789.99), {"amount": "two"}],
    shipments=[{"carrier": _LONG, "trackingNumber": "9" * 200, "trackingUrl": "javascript:alert(1)"}],
    payments=[{"method": _LONG}],
    calculatedPrice=None,
    totalPrice=987654321012.5,
)

SIGNED_OUT = (
    View(name="home", heading="Your account", reach=at("/")),
    View(name="home-links", heading="Your account", reach=at("/"), environment=_LINKS),
    View(name="login", heading="Sign in", reach=at("/login")),
    View(name="login-wrong", heading="Sign in", reach=view_steps.wrong_password),
    View(name="login-empty", heading="Sign in", reach=sent("/login", "Sign in")),
    View(name="login-session-ended", heading="Sign in", reach=view_steps.session_ended),
    View(name="login-signed-out", heading="Sign in", reach=signed_in(view_steps.signed_out)),
    View(name="login-to-delete", heading="Sign in", reach=view_steps.deletion_signed_out),
    View(name="inactive", heading="Your account is not active", reach=view_steps.inactive),
    View(name="signup", heading="Create an account", reach=at("/signup")),
    View(
        name="signup-unfolded",
        heading="Create an account",
        reach=view_steps.unfolded_sign_up,
        environment=ASKS_ALL,
    ),
    View(name="signup-strength", heading="Create an account", reach=view_steps.strength),
    View(name="signup-errors", heading="Create an account", reach=sent("/signup", "Create an account")),
    View(name="signup-check-mail", heading=_CHECK, reach=view_steps.sign_up),
    View(name="activate", heading="Activate your account", reach=at("/signup/optin?token=t")),
    View(name="activate-dead", heading=_DEAD, reach=sent("/signup/optin?token=t", "Activate your account")),
    View(name="resend", heading="Get a new activation link", reach=at("/signup/resend")),
    View(name="resend-errors", heading="Get a new activation link", reach=sent("/signup/resend", "Send a new link")),
    View(name="resent", heading=_CHECK, reach=view_steps.asked_for_mail("/signup/resend", "Send a new link")),
    View(name="forgot", heading="Forgotten your password?", reach=at("/password/forgot")),
    View(name="forgot-errors", heading="Forgotten your password?", reach=sent("/password/forgot", "Send the link")),
    View(name="reset-mailed", heading=_CHECK, reach=view_steps.asked_for_mail("/password/forgot", "Send the link")),
    View(name="reset", heading="Set a new password", reach=at("/password/reset?token=t")),
    View(name="reset-errors", heading="Set a new password", reach=sent("/password/reset?token=t", "Set the password")),
    View(name="reset-dead", heading=_DEAD, reach=view_steps.dead_reset),
    View(name="email-confirm", heading="Confirm your new e-mail address", reach=at("/email/confirm?token=t")),
    View(name="email-dead", heading=_DEAD, reach=sent("/email/confirm?token=t", "Confirm the address")),
    View(name="deletion-dead", heading=_DEAD, reach=at("/account/delete/confirm")),
    View(name="error-403", heading="This could not be accepted", reach=view_steps.posted_from_elsewhere),
    View(name="error-404", heading="This page cannot be found", reach=at("/nothing")),
    View(name="error-405", heading="This page cannot be used like that", reach=view_steps.posted("/account/addresses")),
    View(name="error-413", heading="That was too much at once", reach=view_steps.posted("/login", 70_000)),
)
SIGNED_IN = (
    View(name="home-signed-in", heading="Hello, Jane", reach=signed_in(at("/"))),
    View(name="home-company", heading="Hello, Jane", reach=signed_in(at("/"), companies=True)),
    View(name="home-no-address", heading="Hello, Jane", reach=signed_in(at("/"), addresses=False), environment=_LINKS),
    View(name="home-orders", heading="Hello, Jane", reach=with_orders("/", *_SOME), environment=_ORDERS),
    View(name="home-orders-none", heading="Hello, Jane", reach=signed_in(at("/")), environment=_ORDERS),
    View(name="home-orders-away", heading="Hello, Jane", reach=signed_in(view_steps.orders_away), environment=_ORDERS),
    View(
        name="orders",
        heading="Your orders",
        reach=with_orders("/account/orders", *_SOME, companies=True),
        environment=_ORDERS,
    ),
    View(
        name="orders-last-page",
        heading="Your orders",
        reach=with_orders("/account/orders?page=2", *_SOME),
        environment=_ORDERS,
    ),
    View(name="orders-none", heading="Your orders", reach=signed_in(at("/account/orders")), environment=_ORDERS),
    View(name="orders-odd", heading="Your orders", reach=with_orders("/account/orders", _ODD), environment=_ORDERS),
    View(
        name="order",
        heading="Order EON2076",
        reach=with_orders("/account/orders/EON2076", order()),
        environment=_ORDERS,
    ),
    View(
        name="order-odd",
        heading=f"Order {'x' * 64}",
        reach=with_orders(f"/account/orders/{'x' * 64}", _ODD),
        environment=_ORDERS,
    ),
    View(
        name="order-unknown",
        heading="We have no such order",
        reach=signed_in(at("/account/orders/EON9999")),
        environment=_ORDERS,
    ),
    View(name="signed-in-already", heading="You are signed in", reach=signed_in(at("/login"))),
    View(name="logout", heading="Sign out", reach=signed_in(at("/logout"))),
    View(name="once-more", heading="Confirm it's you to continue", reach=signed_in(view_steps.once_more)),
    View(name="profile", heading="Your profile", reach=signed_in(at("/account"))),
    View(name="profile-company", heading="Your profile", reach=signed_in(at("/account"), companies=True)),
    View(name="profile-saved", heading="Your profile", reach=signed_in(view_steps.saved)),
    View(name="profile-name", heading="Change your name", reach=signed_in(at("/account?change=name"))),
    View(
        name="profile-change-company",
        heading="Change your company",
        reach=signed_in(at("/account?change=company"), companies=True),
    ),
    View(name="profile-language", heading="Change your language", reach=signed_in(at("/account?change=language"))),
    View(name="profile-changed-elsewhere", heading="Change your name", reach=view_steps.changed_elsewhere),
    View(name="addresses", heading="Your addresses", reach=signed_in(at("/account/addresses"))),
    View(name="addresses-none", heading="Your addresses", reach=signed_in(at("/account/addresses"), addresses=False)),
    View(name="address-new", heading="Add an address", reach=signed_in(at("/account/addresses/new"))),
    View(
        name="address-new-errors",
        heading="Add an address",
        reach=signed_in(sent("/account/addresses/new", "Save the address")),
    ),
    View(name="address-restored", heading="Add an address", reach=view_steps.restored),
    View(name="address-edit", heading="Edit an address", reach=of_address("")),
    View(name="address-edit-errors", heading="Edit an address", reach=of_address("", "Save the address", Full_name="")),
    View(name="address-delete", heading="Delete this address?", reach=of_address("/delete")),
    View(name="address-default", heading="Make this your default address?", reach=of_address("/default")),
    View(name="address-tags", heading="What is this address for?", reach=of_address("/tags")),
    View(
        name="address-tags-errors",
        heading="What is this address for?",
        reach=of_address("/tags", "Save", Other_uses="x" * 300),
    ),
    View(name="password", heading="Change your password", reach=signed_in(at("/account/password"))),
    View(
        name="password-initial",
        heading="Change your password",
        reach=signed_in(at("/account/password?initial=1"), initial_password=True),
    ),
    View(
        name="password-errors",
        heading="Change your password",
        reach=signed_in(sent("/account/password", "Change the password")),
    ),
    View(name="email-pending", heading="Your profile", reach=view_steps.email_pending),
    View(name="email-pending-again", heading="Change your sign-in e-mail", reach=view_steps.email_pending_again),
    View(
        name="email-hide", heading="Hide the notice about your new e-mail?", reach=signed_in(at("/account/email/hide"))
    ),
    View(name="email", heading="Change your sign-in e-mail", reach=signed_in(at("/account/email"))),
    View(
        name="email-errors",
        heading="Change your sign-in e-mail",
        reach=signed_in(sent("/account/email", "Send the link")),
    ),
    View(
        name="password-changed",
        heading="Your profile",
        reach=view_steps.password_changed,
    ),
    View(name="security", heading="Security", reach=signed_in(at("/account/security"))),
    View(name="devices-one", heading="Signed-in devices", reach=signed_in(at("/account/sessions"))),
    View(name="devices-several", heading="Signed-in devices", reach=view_steps.several_devices),
    View(name="devices-one-ended", heading="Signed-in devices", reach=view_steps.one_device_ended),
    View(name="devices-others-ended", heading="Signed-in devices", reach=view_steps.other_devices_ended),
    View(name="devices-not-there", heading="Signed-in devices", reach=signed_in(at("/account/sessions/none/end"))),
    View(name="device-end", heading="Sign out a device?", reach=view_steps.device_to_end),
    View(
        name="devices-end-others",
        heading="Sign out everywhere else?",
        reach=signed_in(at("/account/sessions/end-others")),
    ),
    View(name="logins", heading="Ways to sign in", reach=signed_in(at("/account/logins"))),
    View(
        name="logins-errors",
        heading="Ways to sign in",
        reach=signed_in(sent("/account/logins", "Add e-mail and password")),
    ),
    View(name="company", heading="Choose a company", reach=signed_in(at("/account/company"), companies=True)),
    View(name="forgot-signed-in", heading="Forgotten your password?", reach=signed_in(at("/password/forgot"))),
    View(name="activate-signed-in", heading="Activate your account", reach=signed_in(at("/signup/optin?token=t"))),
    View(name="delete", heading="Delete your account", reach=signed_in(at("/account/delete"))),
    View(
        name="delete-errors",
        heading="Delete your account",
        reach=signed_in(sent("/account/delete", "Send me the link")),
    ),
    View(name="delete-mailed", heading=_CHECK, reach=signed_in(view_steps.ask_deletion)),
    View(
        name="delete-not-offered",
        heading="Your account cannot be deleted here",
        reach=signed_in(view_steps.deletion_not_offered),
    ),
    View(name="delete-confirm", heading="Delete your account now?", reach=view_steps.deletion_signed_in),
    View(name="error-404-signed-in", heading="This page cannot be found", reach=signed_in(at("/nothing"))),
    View(name="error-503", heading=_AWAY, reach=signed_in(view_steps.away)),
)
_SOCIAL = {
    "AUTH0_ISSUER": "http://127.0.0.1:1/",
    "AUTH0_CLIENT_ID": "x",
    "AUTH0_CONNECTIONS": "google-oauth2=Google,facebook=Facebook",
    "BFF_COOKIE_SAMESITE": "Strict",
}
"""Nobody goes to the provider here, so none is there."""
SOCIAL = (
    View(name="login-social", heading="Sign in", reach=at("/login"), environment=_SOCIAL),
    View(name="social", heading="Continue with Google", reach=view_steps.led_to_social, environment=_SOCIAL),
    View(name="bounce", heading="One moment", reach=view_steps.bounced, environment=_SOCIAL),
)
THEMES = Path(__file__).parents[3] / "bff" / "docs" / "themes"
_IN_A_THEME = ("home", "login", "login-empty", "signup", "profile", "addresses")
THEMED = tuple(
    replace(view, name=f"{folder.name}-{view.name}", environment={"BFF_THEME_DIR": str(folder)})
    for folder in sorted(THEMES.iterdir())
    for view in (*SIGNED_OUT, *SIGNED_IN)
    if view.name in _IN_A_THEME
)
"""Pages in the example themes."""
VIEWS = (*SIGNED_OUT, *SIGNED_IN, *SOCIAL, *THEMED)
