"""Expectations of the seven operations that make, renew, check and end tokens; see `contract_expectations`.

Where the contract contradicts itself, or we decided, a comment says so.
"""

from __future__ import annotations

import tests.support.journeys.contract_bodies as bodies
from tests.support.journeys.contract_rule import ANONYMOUS, CUSTOMER, by_both
from tests.support.journeys.contract_shapes import (
    CLIENT_ID,
    CUSTOMER_ACCESS,
    CUSTOMER_REFRESH,
    GUEST_ACCESS,
    GUEST_REFRESH,
    GUEST_SESSION,
    TENANT,
    Asked,
    Bearer,
    Expectation,
    Handed,
    Sent,
    Shown,
    Use,
    Visitor,
)

_NEEDS_ANONYMOUS = (
    Asked(method="GET", path="/api/me"),
    Asked(method="POST", path="/api/password/reset", body=bodies.RESET),
)
"""Two routes for a guest, either of which makes the server see to a token."""

TOKENS: tuple[Expectation, ...] = (
    Expectation(
        operation="anonymous_login",
        contract_id="GET-oauth-generate-anonymous-access-token",
        accepts=(),
        uses=(
            Use(
                by=Visitor.NEWCOMER,
                through=_NEEDS_ANONYMOUS,
                sent=Sent(
                    method="GET",
                    path="/customerlogin/auth/anonymous/login",
                    query=(("tenant", TENANT), ("client_id", CLIENT_ID)),
                ),
                bearer=Bearer.NONE,
            ),
            # Not in this document but in the one after it; sent only where a site is configured.
            Use(
                by=Visitor.NEWCOMER,
                through=_NEEDS_ANONYMOUS,
                sent=Sent(
                    method="GET",
                    path="/customerlogin/auth/anonymous/login",
                    query=(("tenant", TENANT), ("client_id", CLIENT_ID), ("siteCode", "main")),
                ),
                bearer=Bearer.NONE,
                settings={"EMPORIX_SITE": "main"},
            ),
            Use(
                by=Visitor.NEWCOMER,
                through=_NEEDS_ANONYMOUS,
                sent=Sent(
                    method="GET",
                    path="/customerlogin/auth/anonymous/login",
                    query=(
                        *(("tenant", TENANT), ("client_id", CLIENT_ID)),
                        *(("siteCode", "main"), ("currency", "EUR"), ("targetLocation", "DE")),
                    ),
                ),
                bearer=Bearer.NONE,
                settings={"EMPORIX_SITE": "main", "EMPORIX_CURRENCY": "EUR", "EMPORIX_COUNTRY": "DE"},
            ),
        ),
        answers={200: 200},
        shows=Shown.OTHER,
        on_behalf=False,
    ),
    Expectation(
        operation="anonymous_refresh",
        contract_id="GET-oauth-refresh-anonymous-access-token",
        accepts=(),
        uses=(
            Use(
                by=Visitor.LAPSED_GUEST,
                through=_NEEDS_ANONYMOUS,
                # `anonymous_token` is marked required, and deprecated in favour of `refresh_token`: never both.
                sent=Sent(
                    method="GET",
                    path="/customerlogin/auth/anonymous/refresh",
                    query=(("tenant", TENANT), ("client_id", CLIENT_ID), ("refresh_token", GUEST_REFRESH)),
                ),
                bearer=Bearer.NONE,
            ),
        ),
        answers={200: 200},
        shows=Shown.OTHER,
        on_behalf=False,
    ),
    Expectation(
        operation="login",
        contract_id="POST-customer-authenticate-customer",
        accepts=ANONYMOUS,
        # Signed in as the same person: a re-authentication, with the anonymous token all the same.
        uses=by_both("POST", "/login", bodies.CREDENTIALS),
        answers={200: 200},
        shows=Shown.SESSION,
    ),
    Expectation(
        operation="social_login",
        contract_id="POST-customer-login-customer-by-auth0",
        accepts=ANONYMOUS,
        uses=(
            Use(
                through=Handed(
                    values={
                        "code": "the-code/+1",
                        "redirect_uri": "http://127.0.0.1:8000/login/callback",
                        "code_verifier": "v" * 43,
                        "session-id": GUEST_SESSION,
                    },
                    bearer=GUEST_ACCESS,
                ),
                sent=Sent(
                    method="POST",
                    path=f"/customer/{TENANT}/socialLogin",
                    query=(
                        ("code", "the-code/+1"),
                        ("redirect_uri", "http://127.0.0.1:8000/login/callback"),
                        ("code_verifier", "v" * 43),
                    ),
                    headers={"session-id": GUEST_SESSION},
                ),
                bearer=Bearer.ANONYMOUS,
            ),
        ),
        answers={200: 200},
        shows=Shown.OTHER,
        on_behalf=False,
    ),
    Expectation(
        operation="logout",
        contract_id="GET-customer-logout-customer",
        accepts=CUSTOMER,
        uses=(
            Use(
                # Changes state, and has a secret in its query: a POST without one here.
                through=(Asked(method="POST", path="/api/logout"),),
                sent=Sent(method="GET", path=f"/customer/{TENANT}/logout", query=(("accessToken", CUSTOMER_ACCESS),)),
                bearer=Bearer.CUSTOMER,
            ),
        ),
        answers={204: 200},
        shows={"logoutUrl": None},
        # The visitor is signed out here whatever upstream says.
        undocumented=200,
        on_behalf=False,
    ),
    Expectation(
        operation="refresh_auth_token",
        contract_id="GET-customer-refresh-authtoken",
        # `security` says anonymous, the parameter list customer: the one first, the other on a 401.
        accepts=(Bearer.ANONYMOUS, Bearer.CUSTOMER),
        uses=(
            Use(
                through=(Asked(method="POST", path="/api/session/refresh"),),
                sent=Sent(
                    method="GET",
                    path=f"/customer/{TENANT}/refreshauthtoken",
                    query=(("refreshToken", CUSTOMER_REFRESH),),
                ),
                bearer=Bearer.ANONYMOUS,
            ),
            Use(
                through=(Asked(method="POST", path="/api/session/refresh", body={"legalEntityId": "entity-1"}),),
                sent=Sent(
                    method="GET",
                    path=f"/customer/{TENANT}/refreshauthtoken",
                    query=(("refreshToken", CUSTOMER_REFRESH), ("legalEntityId", "entity-1")),
                ),
                bearer=Bearer.ANONYMOUS,
            ),
            Use(
                through=(Asked(method="POST", path="/api/session/refresh", body={"legalEntityId": None}),),
                sent=Sent(
                    method="GET",
                    path=f"/customer/{TENANT}/refreshauthtoken",
                    query=(("refreshToken", CUSTOMER_REFRESH),),
                ),
                bearer=Bearer.CUSTOMER,
                settings={"EMPORIX_REFRESH_BEARER": "customer"},
            ),
        ),
        answers={200: 200},
        shows=Shown.SESSION,
        on_behalf=False,
    ),
    Expectation(
        operation="validate_auth_token",
        contract_id="GET-customer-validate-token",
        accepts=CUSTOMER,
        uses=(
            Use(
                through=(Asked(method="GET", path="/api/session/validate"),),
                sent=Sent(method="GET", path=f"/customer/{TENANT}/validateauthtoken"),
                bearer=Bearer.CUSTOMER,
            ),
        ),
        answers={200: 200},
        # Less `sessionId`.
        shows={
            "token_type": "Bearer",
            "expires_in": 2591974,
            "scope": "customer.customer_read_own tenant=shop",
            "email": "jane.doe@example.com",
            "legalEntityId": "53ac81fd0cce8b26b36f3492",
        },
    ),
)
