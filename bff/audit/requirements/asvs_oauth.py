"""The answers to OWASP ASVS 5.0, chapter V10, where it speaks to clients and relying parties."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, NotApplicable, Requirement, Source

_row = partial(Requirement, source=Source.ASVS_V10, level="L2")

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="10.1.1",
        demands="Tokens reach only the parts that need them: here, nothing outside of the server.",
        answer=Met(
            tests=(
                "tests/journeys/test_no_token_leaks.py::test_no_role_sees_or_leaves_a_secret_anywhere",
                "tests/tokens/test_withheld.py::test_token_is_taken_out_wherever_it_stands",
                "tests/journeys/test_leaks_in_trouble.py::test_trouble_upstream_shows_no_secret_either",
                "tests/journeys/test_social_leaks.py::test_wrong_returns_show_nothing",
            ),
            guards=(Guard.NO_TOKEN_OPERATION_PASSES_THROUGH, Guard.SECRETS_ONLY_IN_BODIES, Guard.REDACTION_IN_PLACE),
            how="One module hands out bearers, one call at a time; replies with tokens never leave it.",
        ),
    ),
    _row(
        section="10.1.2",
        demands="A code or id token counts only in the browser, and for the sign-in, that asked for it.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_callback_in_another_browser_signs_nobody_in",
                "tests/journeys/test_social_attacks.py::test_swapped_codes_open_nothing",
                "tests/account/test_social_login.py::test_state_in_redis_is_no_good_to_another_browsers_session",
            ),
            guards=(Guard.STATE_PER_JOURNEY,),
        ),
    ),
    _row(
        section="10.2.1",
        demands="The code flow is protected from forged answers by PKCE or state.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_wrong_answers_of_the_browser_redeem_no_code",
                "tests/journeys/test_social_attacks.py::test_one_changed_letter_is_enough",
            ),
            how="By both.",
        ),
    ),
    _row(
        section="10.2.2",
        demands="Answers of one issuer are not taken for another's.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_sign_in_that_was_sent_to_another_issuer_is_refused",
                "tests/account/test_social_login.py::test_issuer_of_the_answer_is_compared",
            ),
        ),
    ),
    _row(
        section="10.2.3",
        level="L3",
        demands="Only scopes that are needed are asked for.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_click_leads_to_the_authorize_endpoint_with_exactly_what_it_needs",
            ),
            how="openid profile email, unless AUTH0_SCOPE says more.",
        ),
    ),
    _row(
        section="10.4.8",
        demands="Refresh tokens end at a fixed time, however often they are renewed.",
        answer=NotApplicable(
            reason="Emporix issues them and says how long they live. A session here ends by its own lifetime, whatever "
            "they do (Browser-Based Applications, 6.1.2.2).",
        ),
    ),
    _row(
        section="10.4.9",
        demands="Users can have the tokens that the authorization server issued revoked.",
        answer=NotApplicable(
            reason="That page is the authorization server's. What is offered here, ending one's own sessions, is "
            "answered for under 7.5.2.",
        ),
    ),
    _row(
        section="10.4.10",
        demands="The authorization server authenticates confidential clients.",
        answer=NotApplicable(
            reason="A demand to the authorization server. Towards the provider Emporix is the client that redeems."
        ),
    ),
    _row(
        section="10.4.16",
        level="L3",
        demands="The authorization server demands client authentication with keys.",
        answer=NotApplicable(
            reason="A demand to the authorization server. Towards the provider Emporix is the client that redeems."
        ),
    ),
    _row(
        section="10.5.1",
        demands="An id token that was issued for another sign-in is refused by its nonce.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_one_changed_letter_is_enough",
                "tests/oidc/test_id_token.py::test_wrong_claim_is_named_and_refused",
            ),
        ),
    ),
    _row(
        section="10.5.2",
        demands="Who it is follows from claims that are never given to another person: issuer and subject.",
        answer=Deviation(
            reason=(
                "Which customer an id token opens is Emporix's choice, by subject or by e-mail as the tenant is "
                "configured; what is signed in here is the customer that Emporix then names."
            ),
            compensation=(
                "An id token with an e-mail that is not verified is refused, whatever the tenant would allow; the "
                "session is keyed by the customer id of the profile, the provider's sign-outs by issuer and subject."
            ),
            tests=(
                "tests/journeys/test_social_attacks.py::test_unverified_email_opens_nobodys_account_even_where_the_tenant_would_allow_it",
                "tests/journeys/test_social_login.py::test_issuer_and_subject_are_kept_and_the_providers_tokens_are_not",
                "tests/account/test_login.py::test_who_it_is_is_read_from_the_profile_and_not_from_what_was_typed",
            ),
        ),
    ),
    _row(
        section="10.5.3",
        demands="The issuer in the metadata is the configured one.",
        answer=Met(
            tests=("tests/oidc/test_provider_hostile.py::test_document_of_another_issuer_is_refused",),
            how="But for a slash at its end, which operators forget.",
        ),
    ),
    _row(
        section="10.5.4",
        demands="'aud' of an id token names our client id.",
        answer=Met(tests=("tests/oidc/test_id_token.py::test_wrong_claim_is_named_and_refused",)),
    ),
    _row(
        section="10.5.5",
        demands="A logout token is checked for type, events and a nonce, lest another token passes for one.",
        answer=Met(
            tests=(
                "tests/oidc/test_id_token.py::test_token_of_another_type_is_no_logout_token",
                "tests/oidc/test_id_token.py::test_wrong_logout_token_is_refused",
                "tests/journeys/test_backchannel_logout.py::test_id_token_ends_nothing",
            ),
            how="One that is older than five minutes is refused as well.",
        ),
    ),
    _row(
        section="10.6.2",
        demands="A sign-out that is passed on to the provider proves by id_token_hint whose session it means.",
        answer=Deviation(
            reason="The hint is an id token, and would stand in a URL: in the browser's history and in others' logs.",
            compensation=(
                "client_id, logout_hint with the provider's session id, and a registered post_logout_redirect_uri; a "
                "provider that is not content with them asks its user."
            ),
            tests=(
                "tests/journeys/test_social_login.py::test_sign_out_ends_the_providers_session_too",
                "tests/journeys/test_social_login.py::test_sign_out_by_the_page_leads_to_the_provider",
            ),
        ),
    ),
)
