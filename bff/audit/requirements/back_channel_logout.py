"""The answers to OpenID Connect Back-Channel Logout 1.0: the identity provider says, signed, that a session is over."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, Requirement, Source

_row = partial(Requirement, source=Source.BACK_CHANNEL_LOGOUT)
_token = partial(_row, section="2.6", level="MUST")

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="2.5",
        slug="request",
        level="MUST",
        demands="A POST form with exactly one logout_token is taken, and nothing else.",
        answer=Met(
            tests=(
                "tests/journeys/test_backchannel_logout.py::test_body_without_exactly_one_token_is_refused",
                "tests/journeys/test_backchannel_logout.py::test_only_a_post_tells",
            ),
        ),
    ),
    _row(
        section="2.5",
        slug="no-cookie",
        level="MUST",
        demands="The request needs neither cookie nor CSRF token; this route alone is exempt, and heeds no cookie.",
        answer=Met(
            tests=(
                "tests/journeys/test_backchannel_logout.py::test_it_needs_no_token_of_ours_and_no_origin_and_heeds_no_cookie",
                "tests/web/middleware/test_csrf.py::test_every_route_that_may_change_something_is_driven",
                "tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
            ),
        ),
    ),
    _row(
        section="2.5",
        slug="limit",
        level="advice",
        demands="Calls of this route, which costs a signature each, are limited by address.",
        answer=Deviation(
            reason=(
                "Sign-outs of all customers come from the provider's few addresses; a limit by address would lose "
                "those of a busy hour, and a lost sign-out leaves a session open."
            ),
            compensation=(
                "A token is measured and its algorithm and type looked at before any key is; an unknown key, or a bad "
                "signature, has the keys fetched once in half a minute at most; no signature is checked with more than "
                "sixteen keys; Redis is asked only after the signature."
            ),
            tests=(
                "tests/oidc/test_provider.py::test_unknown_kid_is_looked_for_once_and_never_twice_in_half_a_minute",
                (
                    "tests/oidc/test_provider.py::"
                    "test_bad_signature_has_the_keys_fetched_anew_and_never_twice_in_half_a_minute"
                ),
                "tests/oidc/test_id_token.py::test_no_signature_is_checked_with_more_keys_than_a_few",
                "tests/oidc/test_id_token.py::test_no_key_of_another_kind_is_asked_for",
            ),
        ),
    ),
    _token(
        slug="signature",
        demands="The signature is by a key of the issuer's document, with an algorithm fixed here.",
        answer=Met(
            tests=(
                "tests/oidc/test_id_token.py::test_forged_logout_token_is_refused",
                "tests/journeys/test_backchannel_logout.py::test_every_wrong_token_is_refused_and_ends_nothing",
            ),
            guards=(Guard.FORGED_LOGOUT_REFUSED,),
            how="'none', HMAC and keys that a token brings along are refused.",
        ),
    ),
    _token(
        slug="claims",
        demands="iss, aud, iat and exp are right.",
        answer=Met(
            tests=(
                "tests/oidc/test_id_token.py::test_wrong_logout_token_is_refused",
                "tests/journeys/test_backchannel_logout.py::test_token_that_is_older_than_five_minutes_is_refused",
            ),
        ),
    ),
    _token(
        slug="events",
        demands="'events' holds the member that says logout.",
        answer=Met(tests=("tests/oidc/test_id_token.py::test_wrong_logout_token_is_refused",)),
    ),
    _token(
        slug="sub-or-sid",
        demands="'sub' or 'sid' is there.",
        answer=Met(tests=("tests/oidc/test_id_token.py::test_wrong_logout_token_is_refused",)),
    ),
    _token(
        slug="no-nonce",
        demands="A token with a nonce is none: an id token cannot end a session.",
        answer=Met(
            tests=(
                "tests/oidc/test_id_token.py::test_wrong_logout_token_is_refused",
                "tests/journeys/test_backchannel_logout.py::test_id_token_ends_nothing",
            ),
        ),
    ),
    _token(
        slug="typ",
        demands="A type in the header, where there is one, says logout+jwt.",
        answer=Met(tests=("tests/oidc/test_id_token.py::test_token_of_another_type_is_no_logout_token",)),
    ),
    _token(
        slug="jti",
        demands="A token is good once.",
        answer=Met(
            tests=(
                "tests/journeys/test_backchannel_logout.py::test_token_is_good_once",
                "tests/sessions/test_replay.py::test_another_process_knows_it_too",
            ),
            how="A keyed hash of the jti lies in Redis for as long as the token could be believed.",
        ),
    ),
    _row(
        section="2.7",
        slug="sessions",
        level="MUST",
        demands="The session that 'sid' names ends; with 'sub' alone, every session of that person.",
        answer=Met(
            tests=(
                "tests/journeys/test_backchannel_logout.py::test_session_that_is_named_ends_and_no_other",
                "tests/journeys/test_backchannel_logout.py::test_every_session_of_a_person_ends_where_only_the_person_is_named",
            ),
        ),
    ),
    _row(
        section="2.7",
        slug="tokens",
        level="SHOULD",
        demands="The ended session's tokens are revoked where they were issued.",
        answer=Deviation(
            reason=(
                "A session that ends without its cookie (from the provider, from another device, by an operator, by "
                "its idle limit) cannot be logged out upstream: its tokens open with the cookie only."
            ),
            compensation=(
                "Its records are deleted, and with them the only, sealed copy of its tokens. With the "
                "cookie at hand (sign-out, lifetime over, a sign-in in its place) upstream is told."
            ),
            tests=(
                "tests/sessions/test_redis_store.py::test_ending_by_name_leaves_nothing",
                "tests/sessions/test_sealing.py::test_server_keys_without_the_cookie_open_nothing",
                "tests/account/test_login_ends.py::test_sign_out_tells_upstream_first_and_ends_only_this_session",
            ),
        ),
    ),
    _row(
        section="2.8",
        level="MUST",
        demands="200 where the session is over, known or not; 400 where the token is wrong; neither is cached.",
        answer=Met(
            tests=(
                "tests/journeys/test_backchannel_logout.py::test_session_nobody_knows_is_over_already",
                "tests/journeys/test_backchannel_logout.py::test_session_that_is_named_ends_and_no_other",
                "tests/journeys/test_backchannel_logout.py::test_every_wrong_token_is_refused_and_ends_nothing",
            ),
        ),
    ),
)
