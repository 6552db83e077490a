"""What views ask Emporix for: they call by name, so nothing derives it, and a test compares it with a drive.

Left out is what any call may bring along: a guest's tokens, and the renewal of tokens that are due.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BROUGHT_ALONG: Final = frozenset({"anonymous_login", "anonymous_refresh", "refresh_auth_token"})
"""What any call that takes a token may need first."""
_SIGN_IN: Final = ("get_me", "logout")
"""Who it is that has signed in; and the end of tokens that nobody keeps."""

PAGE_CALLS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "api_devices.devices": (),
        "api_devices.end_device": ("logout",),
        "api_devices.end_other_devices": (),
        "api_session.session_state": (),
        "home.index": (),
        "oidc.backchannel_logout": (),
        "oidc.callback": ("social_login", *_SIGN_IN),
        "oidc.start": (),
        "oidc.start_with": (),
        "pages.address": ("get_address",),
        "pages.address_default": ("get_address",),
        "pages.address_default_post": ("update_address",),
        "pages.address_delete": ("get_address",),
        "pages.address_delete_post": ("delete_address",),
        "pages.address_new": (),
        "pages.address_new_post": ("add_address", "update_address"),
        "pages.address_post": ("update_address", "get_address"),
        "pages.address_tags": ("get_address",),
        "pages.address_tags_post": ("add_address_tags", "remove_address_tags"),
        "pages.addresses": ("list_addresses",),
        "pages.company": (),
        "pages.company_post": ("refresh_auth_token",),
        "pages.deletion": (),
        "pages.deletion_confirm": (),
        "pages.deletion_confirm_post": ("delete_me",),
        "pages.deletion_post": ("delete_me",),
        "pages.device_end": (),
        "pages.device_end_post": ("logout",),
        "pages.devices": (),
        "pages.devices_end_others": (),
        "pages.devices_end_others_post": (),
        "pages.email": (),
        "pages.email_confirm": (),
        "pages.email_confirm_post": ("confirm_email", "get_me"),
        "pages.email_post": ("change_email",),
        "pages.login": (),
        "pages.login_post": ("login", *_SIGN_IN),
        "pages.logins": (),
        "pages.logins_post": ("add_login", "get_me"),
        "pages.logout": (),
        "pages.logout_post": ("logout",),
        "pages.password": (),
        "pages.password_forgot": (),
        "pages.password_forgot_post": ("request_password_reset",),
        "pages.password_post": ("change_password",),
        "pages.password_reset": (),
        "pages.password_reset_post": ("reset_password",),
        "pages.profile": ("get_me",),
        "pages.profile_post": ("update_me", "get_me"),
        "pages.signup": (),
        "pages.signup_optin": (),
        "pages.signup_optin_post": ("signup_optin", *_SIGN_IN),
        "pages.signup_post": ("signup", "login", *_SIGN_IN),
        "pages.signup_resend": (),
        "pages.signup_resend_post": ("resend_optin",),
        "pages.well_known_change_password": (),
        "security_txt.security_txt": (),
    }
)
"""Operations by the endpoint of a page, or of a JSON route without a row of its own."""

FURTHER_CALLS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "add_login": ("get_me",),
        "confirm_email": ("get_me",),
        "login": _SIGN_IN,
        "signup": ("login", *_SIGN_IN),
        "signup_optin": _SIGN_IN,
        "update_address": ("get_address",),
        "update_me": ("get_me",),
    }
)
"""What a JSON route asks for besides its own row: who it is, a version to compare, the end of an older session."""
