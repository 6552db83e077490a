"""The answers to the IETF's *OAuth 2.0 for Browser-Based Applications*, section 6.1: the backend for frontend.

What it says of the cookie and of forged requests is in `browser_based_cookies`.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, Requirement, Source

_row = partial(Requirement, source=Source.BROWSER_BASED_APPS)

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="6.1.1",
        slug="credentials-stripped",
        level="advice",
        demands="The cookie and whatever credentials a browser sends go no further; the bearer is the server's.",
        answer=Met(
            tests=("tests/web/api/test_input.py::test_of_the_browsers_headers_only_its_languages_go_upstream",),
            how="The request upstream is built from the operation's row; nothing is copied but Accept-Language.",
        ),
    ),
    _row(
        section="6.1.2.1",
        slug="check-session",
        level="advice",
        demands="One route tells whether a customer is signed in, and which one, and never a token.",
        answer=Met(
            tests=(
                "tests/web/api/test_session.py::test_guest_is_told_all_there_is",
                "tests/web/api/test_session.py::test_customer_is_told_when_it_ends",
                "tests/web/api/test_session.py::test_no_answer_holds_a_token_of_upstreams",
            ),
            how="GET /api/session.",
        ),
    ),
    _row(
        section="6.1.2.1",
        slug="login-and-logout",
        level="advice",
        demands="Sign-in is a navigation that the server completes and ends with a redirect; there is a sign-out.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_login.py::test_from_link_to_profile",
                "tests/journeys/test_account_over_json.py::test_sign_out_ends_it_upstream_and_here",
            ),
            how="/login/social, /login/callback and POST /logout.",
        ),
    ),
    _row(
        section="6.1.2.2",
        slug="inline-refresh",
        level="advice",
        demands="Tokens are renewed within the request that needs them; a refresh that is refused ends the session.",
        answer=Met(
            tests=(
                "tests/tokens/test_broker.py::test_due_token_is_renewed_before_it_is_used",
                "tests/tokens/test_renewal.py::test_refused_refresh_says_session_expired_once_and_then_guest",
                "tests/tokens/test_renewal_unknown.py::test_unknown_outcome_with_a_dead_token_is_an_error_that_ends_nothing",
            ),
            how="Refused, unknown and done are kept apart: only a refusal signs anybody out.",
        ),
    ),
    _row(
        section="6.1.2.2",
        slug="session-lifetime",
        level="advice",
        demands="A session lasts no longer than its refresh token.",
        answer=Deviation(
            reason=(
                "The session has limits of its own (30 minutes idle, 12 hours in all unless set otherwise). In "
                "Emporix's examples the refresh token lives a day and the access token a month, so 'as long as the "
                "refresh token' would end sessions whose access token still serves, and neither bounds a session well."
            ),
            compensation=(
                "A lifetime that nothing extends and that the configuration may not set above 30 days (above a day: a "
                "finding); with both tokens dead the session ends at once; who comes back after its end has the access "
                "token logged out upstream."
            ),
            tests=(
                "tests/tokens/test_renewal.py::test_both_tokens_dead_is_refused_without_a_call",
                "tests/tokens/test_renewal.py::test_dead_refresh_token_is_not_sent_while_the_access_token_lives",
                "tests/account/test_login_ends.py::test_lifetime_that_is_over_leaves_a_guest_with_the_same_cart",
            ),
        ),
    ),
    _row(
        section="6.1.2.3",
        level="text",
        demands="Sessions on the server's side are recommended for small deployments only.",
        answer=Deviation(
            reason=(
                "Sessions are records in Redis. A cookie that holds the tokens cannot be revoked, outgrows 4096 bytes, "
                "and loses rotated refresh tokens when two tabs answer at once."
            ),
            compensation=(
                "Any number of processes share the records; a request costs one round trip, and a record opens only "
                "with the browser's cookie."
            ),
            tests=(
                "tests/journeys/test_refresh_race.py::test_two_processes_refresh_once_and_answer_everybody",
                "tests/journeys/test_hot_path.py::test_reading_the_profile_is_one_redis_round_trip_and_one_upstream_request",
                "tests/sessions/test_sealing.py::test_server_keys_without_the_cookie_open_nothing",
            ),
        ),
    ),
    _row(
        section="6.1.3.1",
        slug="confidential-client",
        level="MUST",
        demands="The server authenticates itself to the authorization server with credentials of its own.",
        answer=Deviation(
            reason=(
                "Emporix knows a storefront by a public client id, to which no secret belongs. The authorization code "
                "of a social sign-in is redeemed by Emporix, which holds the identity provider's client secret."
            ),
            compensation=(
                "Tokens never reach the browser; a code is worth nothing without its verifier, which leaves the server "
                "towards Emporix alone."
            ),
            tests=(
                "tests/journeys/test_social_attacks.py::test_swapped_codes_open_nothing",
                "tests/journeys/test_leaks_permitted.py::test_state_nonce_and_challenge_stand_in_the_way_to_the_provider_alone",
            ),
        ),
    ),
    _row(
        section="6.1.3.1",
        slug="code-grant",
        level="MUST",
        demands="What is obtained by redirect is obtained with the authorization code grant and nothing else.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_click_leads_to_the_authorize_endpoint_with_exactly_what_it_needs",
            ),
            guards=(Guard.PKCE_S256,),
            how="The password sign-in, which needs no redirect, is a deviation of its own (RFC 9700, 2.4).",
        ),
    ),
    _row(
        section="6.1.3.4",
        level="advice",
        demands="Users and operators know that the server sees everything that passes through it.",
        answer=Met(
            tests=(
                "tests/docs/test_security.py::test_document_says_what_the_server_sees_and_keeps",
                "tests/web/middleware/test_request_log.py::test_no_line_holds_what_a_request_brought",
            ),
            how="bff/docs/security.md, 'Sessions'.",
        ),
    ),
    _row(
        section="6.1.3.5",
        level="advice",
        demands="Limits that upstream counts by address would meet all customers at once, so the server limits itself.",
        answer=Met(
            tests=(
                "tests/journeys/test_upstream_trouble.py::test_rate_limit_of_upstream_is_passed_on_with_its_wait",
                "tests/journeys/test_mail_limits.py::test_one_address_has_mails_sent_to_so_many_mailboxes_and_not_to_one_more",
                "tests/journeys/test_rate_limits.py::test_guesses_over_the_limit_do_not_reach_upstream_not_even_with_the_right_password",
                "tests/journeys/test_rate_limits.py::test_nobody_leaves_their_bucket_by_a_header_of_their_own",
                "tests/journeys/test_rate_limits.py::test_new_guests_are_limited_per_address_and_those_there_are_not_refused",
                "tests/sessions/test_session.py::test_request_limit_is_refused_with_the_time_to_wait",
            ),
            guards=(Guard.LIMITS_ON,),
            how="Per session, address and e-mail here; Emporix takes no client address from a storefront.",
        ),
    ),
    _row(
        section="6.1.3.6",
        slug="destination-host",
        level="MUST",
        demands="Requests go to listed hosts only, whatever a client sends.",
        answer=Met(
            tests=(
                "tests/test_transport_requests.py::test_path_that_would_go_out_otherwise_is_not_sent",
                "tests/test_transport_requests.py::test_redirect_is_an_answer_and_is_not_followed",
                "tests/oidc/test_provider_hostile.py::test_endpoint_that_is_not_on_the_issuers_host_spoils_the_document",
            ),
            guards=(Guard.UPSTREAM_NEVER_REDIRECTS,),
            how="A transport is bound to one origin, Emporix's or the issuer's.",
        ),
    ),
    _row(
        section="6.1.3.6",
        slug="path-parts",
        level="MUST",
        demands="What a client puts into an upstream path passes a strict pattern.",
        answer=Met(
            tests=(
                "tests/emporix/test_client.py::test_path_value_outside_of_the_pattern_is_not_sent",
                "tests/journeys/test_raw_requests.py::test_target_that_is_not_ours_is_a_documented_error",
            ),
            guards=(Guard.PATH_IDS_CHECKED,),
        ),
    ),
    _row(
        section="6.1.3.6",
        slug="listed-paths",
        level="MUST",
        demands="Only listed operations are forwarded, each under its own path and verb.",
        answer=Met(
            tests=(
                "tests/web/api/test_routes.py::test_table_leads_to_the_documented_routes",
                "tests/emporix/test_client.py::test_every_row_goes_out_at_its_own_path_with_what_it_names_and_no_more",
                "tests/journeys/test_raw_requests.py::test_odd_method_is_refused_and_echoes_nothing",
                "tests/journeys/test_declared_rows.py::test_declared_query_names_go_on_and_no_others",
                "tests/journeys/test_declared_rows.py::test_query_that_names_what_only_the_session_may_supply_is_refused",
                "tests/audit/test_audit_declared.py::test_every_declared_row_is_in_the_table_of_routes_as_it_is_declared",
            ),
            guards=(Guard.NO_UNLISTED_METHODS, Guard.ONE_SPELLING_PER_PATH, Guard.ROUTES_ARE_DECLARED),
        ),
    ),
    _row(
        section="6.1.3.7",
        level="advice",
        demands="Key-based client authentication and sender-constrained tokens have been considered.",
        answer=Deviation(
            reason=(
                "Emporix offers a storefront neither: its client is public and its tokens are bearer tokens. A key of "
                "ours would prove nothing to it."
            ),
            compensation=(
                "Bearers never leave the server but towards Emporix over verified TLS, and lie sealed under a key "
                "that only the browser's cookie completes."
            ),
            tests=(
                "tests/test_transport_requests.py::test_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent",
                "tests/sessions/test_sealing.py::test_server_keys_without_the_cookie_open_nothing",
            ),
        ),
    ),
    _row(
        section="6.1.4.1",
        level="advice",
        demands="A policy keeps foreign scripts out of the pages, and misuse of a session is limited and noticed.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_headers.py::test_every_answer_carries_them",
                "tests/web/test_templates.py::test_template_has_nothing_inline",
                "tests/sessions/test_session.py::test_request_limit_is_refused_with_the_time_to_wait",
                "tests/journeys/test_audit_trail.py::test_event_is_told_in_full_and_no_other",
            ),
            guards=(Guard.CSP_ON_EVERY_ANSWER, Guard.LIMITS_ON),
            how="Requests are limited per session; sign-ins, refusals and endings are in the audit log.",
        ),
    ),
)
