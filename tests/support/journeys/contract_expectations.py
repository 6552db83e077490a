"""What each of Emporix's 26 operations must look like upstream, written down by hand and not derived from our table.

Source: Emporix, 'Customer Service (customer-managed)', OpenAPI document with 26 operations. Nothing here may import
what it is compared with.
"""

from __future__ import annotations

import tests.support.journeys.contract_bodies as bodies
from tests.support.journeys.contract_rule import ANONYMOUS, CUSTOMER, by_both, same
from tests.support.journeys.contract_shapes import (
    MERGE_PATCH,
    TENANT,
    Asked,
    Bearer,
    Expectation,
    Sent,
    Shown,
    Use,
    Visitor,
)
from tests.support.journeys.contract_token_expectations import TOKENS

_ADDRESS = "/me/addresses/b05c20e034"
_EMAIL_CHANGE = "/me/accounts/internal/email/change"

SIGNUP: tuple[Expectation, ...] = (
    Expectation(
        operation="signup",
        contract_id="POST-customer-create-customer-account",
        accepts=ANONYMOUS,
        uses=by_both("POST", "/signup", bodies.SIGNUP),
        answers={201: 201},
        shows=Shown.UPSTREAM,
    ),
    Expectation(
        operation="signup_optin",
        contract_id="GET-customer-signup-customer-optin",
        accepts=ANONYMOUS,
        uses=(
            Use(
                by=Visitor.GUEST,
                # Changes state, and has a secret in its path: a POST with a body here.
                through=(Asked(method="POST", path="/api/signup/optin", body=bodies.MAILED_TOKEN),),
                sent=Sent(method="GET", path=f"/customer/{TENANT}/signup/optin/mailed-token-1"),
                bearer=Bearer.ANONYMOUS,
            ),
        ),
        answers={200: 200},
        shows=Shown.SESSION,
    ),
    Expectation(
        operation="resend_optin",
        contract_id="POST-customer-refresh-token",
        accepts=ANONYMOUS,
        uses=by_both("POST", "/signup/optin/refresh_token", bodies.RESEND),
        answers={202: 202},
    ),
)

PROFILE: tuple[Expectation, ...] = (
    Expectation(
        operation="get_me",
        contract_id="GET-customer-retrieve-customer-profile",
        accepts=(Bearer.CUSTOMER, Bearer.ANONYMOUS),
        uses=(
            same("GET", "/me", Bearer.CUSTOMER),
            same("GET", "/me", Bearer.CUSTOMER, query=(("expand", "addresses,mixin:*"),)),
            same("GET", "/me", Bearer.ANONYMOUS, by=Visitor.GUEST),
        ),
        answers={200: 200},
        shows=Shown.UPSTREAM,
    ),
    Expectation(
        operation="update_me",
        contract_id="PATCH-customer-update-customer",
        accepts=CUSTOMER,
        uses=(
            same("PATCH", "/me", Bearer.CUSTOMER, body=bodies.CUSTOMER_DETAILS),
            same("PATCH", "/me", Bearer.CUSTOMER, body=bodies.CUSTOMER_DETAILS, media_type=MERGE_PATCH),
            same("PATCH", "/me", Bearer.CUSTOMER, body=bodies.NULLED_DETAILS, media_type=MERGE_PATCH),
        ),
        answers={200: 200},
    ),
    Expectation(
        operation="delete_me",
        contract_id="DELETE-customer-remove-customer-profile",
        accepts=CUSTOMER,
        uses=(
            same("DELETE", "/me", Bearer.CUSTOMER),
            Use(
                # A secret in its query: a POST with a body here.
                through=(Asked(method="POST", path="/api/me/delete/confirm", body=bodies.MAILED_TOKEN),),
                sent=Sent(method="DELETE", path=f"/customer/{TENANT}/me", query=(("token", "mailed-token-1"),)),
                bearer=Bearer.CUSTOMER,
            ),
        ),
        answers={202: 202, 204: 204},
    ),
)

ADDRESSES: tuple[Expectation, ...] = (
    Expectation(
        operation="list_addresses",
        contract_id="GET-customer-list-customer-addresses",
        accepts=CUSTOMER,
        uses=(same("GET", "/me/addresses", Bearer.CUSTOMER),),
        answers={200: 200},
        shows=Shown.UPSTREAM,
    ),
    Expectation(
        operation="add_address",
        contract_id="POST-customer-add-address",
        accepts=CUSTOMER,
        uses=(same("POST", "/me/addresses", Bearer.CUSTOMER, body=bodies.NEW_ADDRESS),),
        answers={201: 201},
        shows=Shown.UPSTREAM,
    ),
    Expectation(
        operation="get_address",
        contract_id="GET-customer-retrieve-address-by-id",
        accepts=CUSTOMER,
        uses=(same("GET", _ADDRESS, Bearer.CUSTOMER),),
        answers={200: 200},
        shows=Shown.UPSTREAM,
    ),
    Expectation(
        operation="update_address",
        contract_id="PATCH-customer-update-customer-address",
        accepts=CUSTOMER,
        uses=(same("PATCH", _ADDRESS, Bearer.CUSTOMER, body=bodies.CHANGED_ADDRESS),),
        answers={200: 200},
    ),
    Expectation(
        operation="delete_address",
        contract_id="DELETE-customer-remove-customer-address-by-id",
        accepts=CUSTOMER,
        uses=(same("DELETE", _ADDRESS, Bearer.CUSTOMER),),
        answers={204: 204},
    ),
    Expectation(
        operation="add_address_tags",
        contract_id="POST-customer-add-address-tags",
        accepts=CUSTOMER,
        uses=(same("POST", _ADDRESS + "/tags", Bearer.CUSTOMER, query=(("tags", "BILLING,SHIPPING"),)),),
        answers={204: 204},
    ),
    Expectation(
        operation="remove_address_tags",
        contract_id="DELETE-customer-remove-address-tags",
        accepts=CUSTOMER,
        uses=(same("DELETE", _ADDRESS + "/tags", Bearer.CUSTOMER, query=(("tags", "BILLING,SHIPPING"),)),),
        answers={204: 204},
    ),
)

CREDENTIALS: tuple[Expectation, ...] = (
    Expectation(
        operation="add_login",
        contract_id="POST-customer-assign-customer-account",
        accepts=CUSTOMER,
        uses=(same("POST", "/me/accounts/internal", Bearer.CUSTOMER, body=bodies.CREDENTIALS),),
        answers={201: 201},
        shows=Shown.UPSTREAM,
    ),
    Expectation(
        operation="change_email",
        contract_id="POST-customer-change-customer-login-email",
        accepts=CUSTOMER,
        uses=(same("POST", _EMAIL_CHANGE, Bearer.CUSTOMER, body=bodies.CHANGE_EMAIL),),
        answers={204: 204},
    ),
    Expectation(
        operation="confirm_email",
        contract_id="POST-customer-confirm-customer-login-email",
        accepts=ANONYMOUS,
        uses=by_both("POST", _EMAIL_CHANGE + "/confirm", bodies.MAILED_TOKEN),
        answers={204: 204},
    ),
    Expectation(
        operation="request_password_reset",
        contract_id="POST-customer-request-reset-password",
        accepts=ANONYMOUS,
        uses=(
            *by_both("POST", "/password/reset", bodies.RESET),
            # A client may name a site that the settings list; where it names none, the default one is added.
            Use(
                through=(Asked(method="POST", path="/api/password/reset", body=bodies.RESET_AT_SITE),),
                sent=Sent(method="POST", path=f"/customer/{TENANT}/password/reset", body=bodies.RESET_AT_SITE),
                bearer=Bearer.ANONYMOUS,
                settings={"EMPORIX_SITES": "main"},
            ),
            Use(
                through=(Asked(method="POST", path="/api/password/reset", body=bodies.RESET),),
                sent=Sent(method="POST", path=f"/customer/{TENANT}/password/reset", body=bodies.RESET_AT_SITE),
                bearer=Bearer.ANONYMOUS,
                settings={"EMPORIX_SITE": "main"},
            ),
        ),
        answers={204: 204},
    ),
    Expectation(
        operation="reset_password",
        contract_id="POST-customer-reset-password",
        accepts=ANONYMOUS,
        uses=by_both("POST", "/password/reset/update", bodies.RESET_UPDATE),
        answers={204: 204},
    ),
    Expectation(
        operation="change_password",
        contract_id="POST-customer-change-account-password",
        accepts=CUSTOMER,
        uses=(same("POST", "/password/change", Bearer.CUSTOMER, body=bodies.CHANGE_PASSWORD),),
        answers={204: 204},
    ),
)

EXPECTATIONS = TOKENS + SIGNUP + PROFILE + ADDRESSES + CREDENTIALS
