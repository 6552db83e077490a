"""The answers to RFC 9700, where it speaks to clients, and to RFC 9207, which names the issuer of an answer."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, Requirement, Source

_row = partial(Requirement, source=Source.RFC_9700)
_issuer = partial(Requirement, source=Source.RFC_9207, section="2.4", level="MUST")

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="2.1",
        slug="open-redirector",
        level="MUST NOT",
        demands="No URL here sends the browser on to a place that the request names (also 4.11.1).",
        answer=Met(
            tests=(
                "tests/web/test_return_path.py::test_what_is_not_plainly_a_path_of_ours_is_refused",
                "tests/web/test_return_path.py::test_next_of_the_page_is_checked_when_it_is_opened_and_when_it_is_sent",
                "tests/web/middleware/test_hosts.py::test_foreign_host_is_refused_in_the_shape_of_the_path",
            ),
            guards=(Guard.SAFE_RETURN_PATH, Guard.HOST_CHECKED),
            how="'next' is rebuilt from plain segments or dropped; no redirect is made from Host.",
        ),
    ),
    _row(
        section="2.1",
        slug="callback-csrf",
        level="MUST",
        demands="An answer at the callback counts only in the browser that started the sign-in (also 4.7.1).",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_callback_in_another_browser_signs_nobody_in",
                "tests/account/test_social_login.py::test_state_in_redis_is_no_good_to_another_browsers_session",
            ),
            how="State and PKCE both, kept in the browser's own sealed session.",
        ),
    ),
    _row(
        section="2.1",
        slug="mix-up",
        level="MUST",
        demands="The issuer that the browser was sent to is noted, and the answer has to come from it (also 4.4.2).",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_sign_in_that_was_sent_to_another_issuer_is_refused",
                "tests/account/test_social_login.py::test_issuer_of_the_answer_is_compared",
            ),
            how="There is one issuer; a sign-in begun under another configuration is refused too.",
        ),
    ),
    _row(
        section="2.1.1",
        slug="code-injection",
        level="MUST",
        demands="A code that was issued to another user or browser opens no session.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_swapped_codes_open_nothing",
                "tests/journeys/test_social_attacks.py::test_code_is_good_for_one_sign_in",
            ),
            how="PKCE, checked where Emporix redeems the code, and the nonce of the id token.",
        ),
    ),
    _row(
        section="2.1.1",
        slug="per-transaction",
        level="MUST",
        demands="Challenge and nonce are made anew for each sign-in and bound to client and browser.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_two_starts_have_nothing_secret_in_common",
                "tests/oidc/test_login_state.py::test_two_starts_have_nothing_in_common",
                "tests/journeys/test_social_attacks.py::test_one_changed_letter_is_enough",
            ),
            guards=(Guard.STATE_PER_JOURNEY,),
        ),
    ),
    _row(
        section="2.1.1",
        slug="s256",
        level="SHOULD",
        demands="The challenge does not show the verifier: S256, nothing else.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_click_leads_to_the_authorize_endpoint_with_exactly_what_it_needs",
                "tests/oidc/test_login_state.py::test_challenge_is_the_verifiers_sha256",
            ),
            guards=(Guard.PKCE_S256,),
        ),
    ),
    _row(
        section="2.1.2",
        level="SHOULD NOT",
        demands="No token is asked for in an authorization response.",
        answer=Met(
            tests=("tests/oidc/test_provider.py::test_authorize_url_asks_exactly_what_it_has_to",),
            guards=(Guard.PKCE_S256,),
            how="response_type=code.",
        ),
    ),
    _row(
        section="2.2.2",
        level="MUST",
        demands="A rotated refresh token is spent once, the new one kept at once; a refused one ends the session.",
        answer=Met(
            tests=(
                "tests/tokens/test_broker.py::test_one_lock_covers_the_chain_and_each_refresh_token_is_spent_once",
                "tests/tokens/test_renewal.py::test_refused_customer_is_a_guest_again_with_the_same_cart",
                "tests/tokens/test_renewal_unknown.py::test_refresh_that_took_effect_unheard_ends_with_the_old_access_token",
            ),
            how="One lock over the chain, written by compare-and-set. To detect reuse is Emporix's part (4.14.2).",
        ),
    ),
    _row(
        section="2.3",
        level="SHOULD",
        demands="No more is asked for than needed.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_click_leads_to_the_authorize_endpoint_with_exactly_what_it_needs",
                "tests/journeys/test_declared_rows.py::test_saas_token_goes_with_no_row_that_does_not_say_so",
            ),
            how="openid profile email of the provider, unless AUTH0_SCOPE says more; Emporix fixes its tokens' scope.",
        ),
    ),
    _row(
        section="2.4",
        level="MUST NOT",
        demands="No client takes a user's password to get tokens for it.",
        answer=Deviation(
            reason=(
                "Emporix's own way to sign in is e-mail and password, sent by the storefront; it has no authorize "
                "endpoint that could ask instead."
            ),
            compensation=(
                "The password is taken by this server alone, sent once over verified TLS, never stored, logged or "
                "shown again; failures are limited; social sign-in needs no password here."
            ),
            tests=(
                "tests/journeys/test_no_token_leaks.py::test_no_role_sees_or_leaves_a_secret_anywhere",
                "tests/web/pages/test_pages_sign_in.py::test_wrong_password_and_unknown_address_look_alike",
                "tests/account/test_login.py::test_sign_in_is_not_repeated_after_a_byte_was_sent",
                "tests/journeys/test_rate_limits.py::test_password_cannot_be_guessed_by_another_operation_either",
                "tests/journeys/test_social_login.py::test_from_link_to_profile",
            ),
        ),
    ),
    _row(
        section="2.5",
        level="RECOMMENDED",
        demands="A client proves itself with a private key, at least with a secret that can be exchanged.",
        answer=Deviation(
            reason="No secret belongs to a storefront's client id, and towards the provider Emporix is who redeems.",
            compensation=(
                "The server's only secrets are its own keys and Redis' password: from the environment or files, never "
                "shown, and the keys are exchanged without ending a session."
            ),
            tests=(
                "tests/config/test_settings.py::test_settings_show_no_secret",
                "tests/config/test_settings.py::test_every_variable_has_a_file_form",
                "tests/sessions/test_redis_store.py::test_old_key_is_resealed_under_the_newest_at_the_next_write",
            ),
        ),
    ),
    _row(
        section="2.6",
        slug="metadata",
        level="RECOMMENDED",
        demands="Endpoints come from the issuer's metadata, whose issuer is compared exactly.",
        answer=Met(
            tests=(
                "tests/oidc/test_provider_hostile.py::test_document_of_another_issuer_is_refused",
                "tests/oidc/test_provider_hostile.py::test_endpoint_that_is_not_on_the_issuers_host_spoils_the_document",
            ),
            guards=(Guard.ISSUER_CONFIGURED,),
            how="Only a slash at the end may differ from the configuration; then the document's spelling counts.",
        ),
    ),
    _row(
        section="2.6",
        slug="tls",
        level="MUST",
        demands="Codes and tokens travel over TLS with verified certificates: from the browser, to Emporix and issuer.",
        answer=Met(
            tests=(
                "tests/test_transport_requests.py::test_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent",
                "tests/config/test_settings.py::test_wrong_value_is_the_one_problem_told",
                "tests/config/test_social_settings.py::test_wrong_social_setting_is_told",
            ),
            guards=(Guard.UPSTREAM_TLS,),
            how="http is admitted on loopback alone. Redis gets sealed records; not on loopback and no TLS: a finding.",
        ),
    ),
    _row(
        section="4.1.3",
        level="MUST NOT",
        demands="The host of the redirect URI redirects nowhere else, the callback included.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_way_back_never_leads_elsewhere",
                "tests/web/test_return_path.py::test_result_never_leaves_the_origin",
            ),
            guards=(Guard.REDIRECTS_STAY_HERE,),
            how="A redirect off the origin leads to the configured issuer: to sign in, and to sign out there too.",
        ),
    ),
    _row(
        section="4.2.4",
        slug="nothing-from-elsewhere",
        level="SHOULD NOT",
        demands="Sign-in pages and callback load nothing of others, link nowhere else, and no Referer shows their URL.",
        answer=Met(
            tests=(
                "tests/web/test_templates.py::test_template_leads_to_no_other_site",
                "tests/web/middleware/test_headers.py::test_every_answer_carries_them",
            ),
            guards=(Guard.NOTHING_FROM_ELSEWHERE, Guard.REFERRER_POLICY),
            how=(
                "The callback has no page of its own. strict-origin tells no path and no query; no-referrer would make "
                "browsers send Origin: null with our own forms."
            ),
        ),
    ),
    _row(
        section="4.2.4",
        slug="state-once",
        level="SHOULD",
        demands="State is used up by the first answer, whether that succeeds or fails.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_wrong_answers_of_the_browser_redeem_no_code",
                "tests/oidc/test_login_state.py::test_taking_returns_it_once_and_leaves_the_others",
            ),
        ),
    ),
    _row(
        section="4.3.1",
        level="SHOULD",
        demands="The callback redirects to a clean URL, so that code and state leave the address bar and history.",
        answer=Met(
            tests=("tests/journeys/test_social_login.py::test_from_link_to_profile",),
            guards=(Guard.NO_STORE,),
            how="303, with no-store.",
        ),
    ),
    _row(
        section="4.3.2",
        level="MUST NOT",
        demands="No access token stands in the query of a URL.",
        answer=Deviation(
            reason=(
                "Emporix takes tokens in queries: accessToken at logout, refreshToken and refresh_token at the two "
                "refreshes, code and verifier at socialLogin, mailed tokens at opt-in and deletion."
            ),
            compensation=(
                "Only on the hop to Emporix, over TLS, with no redirect followed. URLs are logged as templates, the "
                "HTTP library's loggers and exception texts are redacted; our own routes take such values in bodies."
            ),
            tests=(
                "tests/test_log.py::test_no_handler_sees_a_token_of_an_address",
                "tests/emporix/test_client.py::test_failures_hold_nothing_that_was_sent",
                "tests/emporix/test_client.py::test_call_is_logged_by_its_template",
                "tests/journeys/test_no_token_leaks.py::test_no_role_sees_or_leaves_a_secret_anywhere",
            ),
        ),
    ),
    _row(
        section="4.5.3.2",
        level="MUST",
        demands="The nonce of the id token is compared before any token that came along is used.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_one_changed_letter_is_enough",
                "tests/journeys/test_social_attacks.py::test_every_wrong_id_token_signs_nobody_in_and_ends_the_token_that_came_along",
                "tests/oidc/test_id_token.py::test_wrong_claim_is_named_and_refused",
            ),
            how="A wrong one also logs out, upstream, the customer token that came along.",
        ),
    ),
    _row(
        section="4.12",
        level="SHOULD",
        demands="After a form with credentials the browser is sent on with 303, never 307 or 308.",
        answer=Met(
            tests=(
                "tests/web/pages/test_pages_sign_in.py::test_sign_in_leads_to_the_account_under_a_new_cookie",
                "tests/web/pages/test_pages_passwords.py::test_change_moves_the_session_to_a_new_cookie",
                "tests/web/pages/test_pages_passwords.py::test_opening_the_link_changes_nothing_and_the_form_sets_the_password",
                "tests/web/pages/test_pages_email.py::test_wish_is_mailed_and_the_old_address_works_until_it_is_confirmed",
            ),
        ),
    ),
    _row(
        section="4.13",
        level="MUST",
        demands="Headers that a reverse proxy sets are believed from declared proxies only.",
        answer=Met(
            tests=(
                "tests/web/middleware/test_hosts.py::test_forwarded_headers_are_not_believed_by_default",
                "tests/web/middleware/test_hosts.py::test_of_several_addresses_only_the_declared_proxies_are_believed",
                "tests/commands/test_serve.py::test_forwarded_headers_change_nothing",
            ),
            guards=(Guard.FORWARDED_HEADERS_CHECKED, Guard.SERVER_TRUSTS_NO_HEADERS),
            how="BFF_TRUSTED_PROXIES counts them from the end; what stands in front of their entries is not believed.",
        ),
    ),
    _row(
        section="4.16",
        level="MUST",
        demands="No page can be framed.",
        answer=Met(
            tests=("tests/web/middleware/test_headers.py::test_every_answer_carries_them",),
            guards=(Guard.FRAME_ANCESTORS,),
        ),
    ),
    _issuer(
        slug="compare",
        demands="'iss' of the answer is compared, letter by letter, with the issuer the browser was sent to.",
        answer=Met(
            tests=("tests/account/test_social_login.py::test_issuer_of_the_answer_is_compared",),
        ),
    ),
    _issuer(
        slug="absent",
        demands="Where the issuer promises 'iss', an answer without it is refused.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_attacks.py::test_wrong_answers_of_the_browser_redeem_no_code",
                "tests/oidc/test_provider_hostile.py::test_only_true_promises_the_issuer_in_the_answer",
            ),
        ),
    ),
    _issuer(
        slug="errors",
        demands="Answers that report an error are held to the same comparison.",
        answer=Met(
            tests=("tests/account/test_social_login.py::test_error_that_another_issuer_answers_is_none_of_ours",)
        ),
    ),
    _issuer(
        slug="abort",
        demands="After a mismatch nothing of the answer is used, and none of its text is shown.",
        answer=Met(
            tests=("tests/journeys/test_social_attacks.py::test_wrong_answers_of_the_browser_redeem_no_code",),
            how="No code is redeemed; the page has one of a few fixed sentences.",
        ),
    ),
)
