"""Which function does which operation; a test makes sure that none is missing."""

from __future__ import annotations

from collections.abc import Mapping

from bff.sandbox.emporix import addresses, authentication, credentials, profile, signup, social
from bff.sandbox.operations import Asked, Operation
from bff.sandbox.world import Handler

HANDLERS: Mapping[Asked, Handler] = {
    Operation.ANONYMOUS_LOGIN: authentication.anonymous_login,
    Operation.ANONYMOUS_REFRESH: authentication.anonymous_refresh,
    Operation.LOGIN: authentication.login,
    Operation.LOGOUT: authentication.logout,
    Operation.REFRESH_AUTH_TOKEN: authentication.refresh_auth_token,
    Operation.VALIDATE_AUTH_TOKEN: authentication.validate_auth_token,
    Operation.SOCIAL_LOGIN: social.social_login,
    Operation.SIGNUP: signup.signup,
    Operation.SIGNUP_OPTIN: signup.signup_optin,
    Operation.RESEND_OPTIN: signup.resend_optin,
    Operation.GET_ME: profile.get_me,
    Operation.UPDATE_ME: profile.update_me,
    Operation.DELETE_ME: profile.delete_me,
    Operation.LIST_ADDRESSES: addresses.list_addresses,
    Operation.ADD_ADDRESS: addresses.add_address,
    Operation.GET_ADDRESS: addresses.get_address,
    Operation.UPDATE_ADDRESS: addresses.update_address,
    Operation.DELETE_ADDRESS: addresses.delete_address,
    Operation.ADD_ADDRESS_TAGS: addresses.add_address_tags,
    Operation.REMOVE_ADDRESS_TAGS: addresses.remove_address_tags,
    Operation.ADD_LOGIN: profile.add_login,
    Operation.CHANGE_EMAIL: credentials.change_email,
    Operation.CONFIRM_EMAIL: credentials.confirm_email,
    Operation.REQUEST_PASSWORD_RESET: credentials.request_password_reset,
    Operation.RESET_PASSWORD: credentials.reset_password,
    Operation.CHANGE_PASSWORD: credentials.change_password,
}
