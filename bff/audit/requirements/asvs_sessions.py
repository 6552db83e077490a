"""The answers to OWASP ASVS 5.0, chapter V7: how sessions begin, last and end."""

from __future__ import annotations

from functools import partial
from typing import Final

from bff.audit.requirement import Deviation, Guard, Met, Requirement, Source

_row = partial(Requirement, source=Source.ASVS_V7)

ROWS: Final[tuple[Requirement, ...]] = (
    _row(
        section="7.1.1",
        level="L2",
        demands="The idle limit and the lifetime of sessions are written down, with the reason for their length.",
        answer=Met(
            tests=("tests/docs/test_security.py::test_document_gives_the_limits_and_where_they_come_from",),
            guards=(Guard.LIFETIMES_IN_BOUNDS,),
            how="bff/docs/security.md, 'Sessions': the figures of NIST SP 800-63B for AAL2.",
        ),
    ),
    _row(
        section="7.1.2",
        level="L2",
        demands="It is written down how many sessions one customer may have at once, and what happens then.",
        answer=Met(
            tests=(
                "tests/docs/test_security.py::test_document_says_how_many_sessions_one_customer_may_have",
                "tests/account/test_login_ends.py::test_sessions_are_listed_while_they_last",
            ),
            how="bff/docs/security.md, 'Sessions': any number; none is pushed out.",
        ),
    ),
    _row(
        section="7.1.3",
        level="L2",
        demands="It is written down how sessions here, Emporix's tokens and the provider's sessions go together.",
        answer=Met(
            tests=("tests/docs/test_security.py::test_document_tells_the_other_lifetimes_apart",),
            how="bff/docs/security.md, 'Sessions'.",
        ),
    ),
    _row(
        section="7.2.1",
        level="L1",
        demands="Whether a session is valid is decided on the server, at every request.",
        answer=Met(
            tests=(
                "tests/journeys/test_dead_cookies.py::test_dead_cookie_is_a_guest_for_whom_nothing_is_made",
                "tests/sessions/test_session.py::test_dead_cookie_is_never_adopted",
                "tests/web/test_session_interface.py::test_two_session_cookies_are_refused",
            ),
            guards=(
                Guard.COOKIE_HAS_NO_LIFETIME,
                Guard.DEAD_COOKIE_IS_KEPT,
                Guard.TWO_COOKIES_REFUSED,
                Guard.SIGNED_IN_OPERATIONS_NEED_A_CUSTOMER,
            ),
            how="A dead, malformed or second cookie opens no session; the browser is told no end, the server keeps it.",
        ),
    ),
    _row(
        section="7.2.2",
        level="L1",
        demands="Sessions go by values made for them, not by fixed keys.",
        answer=Met(
            tests=("tests/sessions/test_cookie.py::test_fresh_values_are_32_random_bytes",),
            guards=(Guard.COOKIE_IS_RANDOM,),
        ),
    ),
    _row(
        section="7.2.3",
        level="L1",
        demands="The value is unique and random, of 128 bits or more, from a cryptographic source.",
        answer=Met(
            tests=(
                "tests/web/test_session_interface.py::test_value_is_256_bits_and_never_the_same",
                "tests/test_crypto.py::test_random_text_is_256_bits_of_base64url_without_padding",
            ),
            guards=(Guard.COOKIE_IS_RANDOM,),
        ),
    ),
    _row(
        section="7.2.4",
        level="L1",
        demands="Signing in, and proving it again, make a new value; the old one is dead.",
        answer=Met(
            tests=(
                "tests/sessions/test_session_moves.py::test_signing_in_moves_to_a_new_cookie_and_kills_the_old_one",
                "tests/account/test_login.py::test_same_person_again_keeps_lifetime_and_company_and_gets_a_new_cookie",
                "tests/account/test_social_login.py::test_cookie_changes_and_the_old_record_is_gone",
                "tests/journeys/test_account_over_json.py::test_password_changes_and_the_cookie_with_it",
            ),
            how="At sign-out, activation and a changed password too.",
        ),
    ),
    _row(
        section="7.3.1",
        level="L2",
        demands="An unused session ends.",
        answer=Met(
            tests=(
                "tests/sessions/test_redis_store.py::test_records_live_for_the_idle_limit",
                "tests/sessions/test_redis_store.py::test_session_past_its_idle_limit_is_missing",
                "tests/sessions/test_session.py::test_guests_and_customers_have_idle_limits_of_their_own",
            ),
            guards=(Guard.LIFETIMES_IN_BOUNDS,),
            how="30 minutes by default; the record expires in Redis. A poll can look without extending.",
        ),
    ),
    _row(
        section="7.3.2",
        level="L2",
        demands="A session ends after a fixed time, however busy it is.",
        answer=Met(
            tests=(
                "tests/web/api/test_session.py::test_session_ends_with_its_lifetime_however_busy",
                "tests/account/test_login_ends.py::test_refresh_and_new_sign_in_do_not_move_the_end",
            ),
            guards=(Guard.LIFETIMES_IN_BOUNDS,),
            how="12 hours by default, since the sign-in.",
        ),
    ),
    _row(
        section="7.4.1",
        level="L1",
        demands="After sign-out, and at its end, a session is of no more use to a holder of its cookie.",
        answer=Met(
            tests=(
                "tests/journeys/test_account_over_json.py::test_sign_out_ends_it_upstream_and_here",
                "tests/sessions/test_redis_store.py::test_write_does_not_bring_back_an_ended_session",
                "tests/journeys/test_cookie_rules.py::test_late_refresh_resurrects_nothing",
            ),
            how="Upstream is told wherever the cookie is at hand (Back-Channel Logout, 2.7).",
        ),
    ),
    _row(
        section="7.4.2",
        level="L2",
        demands="All sessions of an account end when it is disabled or deleted.",
        answer=Deviation(
            reason=(
                "Deletion here ends all of them. Where an employee deactivates or deletes an account at Emporix, "
                "this server is not told."
            ),
            compensation=(
                "A token that Emporix disowns and does not renew ends its session at the next call; the lifetime ends "
                "it in any case, and an operator at once, with bff sessions revoke."
            ),
            tests=(
                "tests/journeys/test_account_over_json.py::test_deletion_needs_the_mailed_token_and_ends_every_session",
                "tests/tokens/test_broker_repeats.py::test_dead_token_that_cannot_be_renewed_signs_out",
            ),
        ),
    ),
    _row(
        section="7.4.3",
        level="L2",
        demands="After a changed or a reset password the customer's other sessions can be ended.",
        answer=Met(
            tests=(
                "tests/web/pages/test_pages_devices.py::test_changed_password_signs_out_everywhere_else_unless_unticked",
                "tests/web/api/test_devices.py::test_changed_password_lets_a_client_end_the_others_right_after",
                "tests/journeys/test_two_devices.py::test_reset_on_its_page_does_the_same_though_the_cookie_is_another_afterwards",
                "tests/journeys/test_two_devices.py::test_reset_over_json_ends_the_older_sessions_with_the_sign_in_that_follows",
            ),
            how=(
                "Offered, and ticked, with a change. A reset's token does not tell whose it is: the next password "
                "sign-in in that browser, if it is soon, ends that customer's older sessions."
            ),
        ),
    ),
    _row(
        section="7.4.4",
        level="L2",
        demands="Every page that needs a sign-in offers to sign out.",
        answer=Met(
            tests=(
                "tests/web/pages/test_pages_sign_out_everywhere.py::test_every_page_of_a_customer_offers_to_sign_out",
            ),
        ),
    ),
    _row(
        section="7.4.5",
        level="L2",
        demands="An operator can end one customer's sessions, and everybody's.",
        answer=Met(
            tests=(
                "tests/commands/test_sessions.py::test_one_customer_is_signed_out_everywhere_and_nobody_else",
                "tests/commands/test_sessions.py::test_all_ends_every_session_with_guests_and_index",
            ),
            how="bff sessions revoke, with --email or --all.",
        ),
    ),
    _row(
        section="7.5.1",
        level="L2",
        demands="A customer who changes e-mail, phone or password proves first who they are.",
        answer=Deviation(
            reason=(
                "E-mail and password changes demand the current password, which Emporix checks with them. The phone "
                "number and the contact address are plain properties of the profile, and no customer signs in by them."
            ),
            compensation="Adding a way to sign in, and deletion, demand a sign-in of the last ten minutes.",
            tests=(
                "tests/web/pages/test_pages_passwords.py::test_wrong_current_password_is_said_beside_its_field",
                "tests/web/pages/test_pages_email.py::test_wrong_password_is_said_beside_its_field",
                "tests/journeys/test_account_over_json.py::test_what_cannot_be_undone_needs_a_proof_of_the_last_minutes",
            ),
        ),
    ),
    _row(
        section="7.5.2",
        level="L2",
        demands="Customers see where they are signed in, and end any of it after proving who they are.",
        answer=Met(
            tests=(
                "tests/web/pages/test_pages_devices.py::test_devices_are_told_by_browser_and_times",
                "tests/web/pages/test_pages_devices.py::test_one_device_is_signed_out",
                "tests/web/pages/test_pages_devices.py::test_everywhere_else_is_signed_out_and_counted",
                "tests/web/pages/test_pages_devices.py::test_ending_asks_for_a_recent_sign_in_and_leads_back_to_the_button",
                "tests/web/api/test_devices.py::test_only_ending_needs_a_recent_proof",
                "tests/account/test_devices.py::test_nobody_sees_or_ends_the_devices_of_another_customer",
            ),
            how="/account/sessions and /api/sessions; the proof is a sign-in of the last ten minutes.",
        ),
    ),
    _row(
        section="7.5.3",
        level="L3",
        demands="What matters most demands one more proof.",
        answer=Met(
            tests=(
                "tests/journeys/test_account_over_json.py::test_what_cannot_be_undone_needs_a_proof_of_the_last_minutes",
                "tests/web/pages/test_pages_deletion.py::test_wish_needs_a_recent_sign_in",
                "tests/web/pages/test_pages_logins.py::test_it_is_for_somebody_who_signed_in_lately",
            ),
            guards=(Guard.RECENT_PROOF_DEMANDED,),
            how="A sign-in of the last ten minutes; deletion a mailed token besides.",
        ),
    ),
    _row(
        section="7.6.1",
        level="L2",
        demands="Sessions here and at the provider end, and ask anew, as written down.",
        answer=Met(
            tests=(
                "tests/journeys/test_social_login.py::test_proof_that_is_old_or_tells_no_time_is_none",
                "tests/journeys/test_social_login.py::test_proof_is_asked_for_and_makes_the_sign_in_recent_again",
                "tests/journeys/test_social_login.py::test_sign_out_ends_the_providers_session_too",
                "tests/journeys/test_backchannel_logout.py::test_session_that_is_named_ends_and_no_other",
            ),
            how="prompt=login, max_age=0 and auth_time for a proof; sign-outs reach the other side both ways.",
        ),
    ),
    _row(
        section="7.6.2",
        level="L2",
        demands="No user is signed in without having done something for it.",
        answer=Met(
            tests=(
                "tests/web/pages/test_social.py::test_anything_but_a_click_shows_a_button_and_starts_nothing",
                "tests/journeys/test_social_attacks.py::test_link_on_a_foreign_page_starts_nothing",
                "tests/web/pages/test_pages_sign_up.py::test_opt_in_mails_a_link_and_the_page_behind_it_signs_in",
            ),
            how="A click on our own page, or a button. A guest's session begins by itself, and belongs to no customer.",
        ),
    ),
)
