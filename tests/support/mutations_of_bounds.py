"""Guards that could be weakened instead of taken out: fewer random bytes, a longer time, one kind of sign-in spared."""

from __future__ import annotations

from tests.support.mutation import Mutation

_BOUNDS = "tests/journeys/test_session_bounds.py"

BOUNDS: tuple[Mutation, ...] = (
    Mutation(
        guard="a link of the shop's that begins with two slashes leads nowhere",
        path="bff/config/parsers.py",
        old="""        if value.startswith("//") or re.search""",
        new="""        if re.search""",
        test="tests/config/test_settings.py::test_wrong_value_is_the_one_problem_told",
    ),
    Mutation(
        guard="a page that is kept for customers names no company",
        path="bff/web/pages/blank.py",
        old=" or acting_for(visit.session) is not None:",
        new=":",
        test="tests/web/test_acting_for.py::test_page_that_is_kept_for_customers_tells_nobody_anothers_company",
    ),
    Mutation(
        guard="a CSRF token is bound to 256 bits of the cookie",
        path="bff/sessions/cookie.py",
        old='        return digest(b"bff/csrf", self.key_material).hex()',
        new='        return digest(b"bff/csrf", self.key_material).hex()[:2]',
        test=f"{_BOUNDS}::test_what_csrf_tokens_are_bound_to_has_256_bits",
    ),
    Mutation(
        guard="a cookie is 32 bytes of the system's randomness",
        path="bff/crypto.py",
        old="    return encode(secrets.token_bytes(size_bytes))",
        new="    return encode(hashlib.sha512(secrets.token_bytes(4)).digest()[:size_bytes])",
        test=f"{_BOUNDS}::test_randomness_is_asked_of_the_system_in_full",
    ),
    Mutation(
        guard="a state is 32 bytes of the system's randomness",
        path="bff/oidc/login_state.py",
        old="        random = random_text()\n",
        new="        random = random_text(4)\n",
        test=f"{_BOUNDS}::test_randomness_is_asked_of_the_system_in_full",
    ),
    Mutation(
        guard="a nonce is 32 bytes of the system's randomness",
        path="bff/oidc/login_state.py",
        old="            nonce=Secret(random_text()),",
        new="            nonce=Secret(random_text(4)),",
        test=f"{_BOUNDS}::test_randomness_is_asked_of_the_system_in_full",
    ),
    Mutation(
        guard="a social session ends with its lifetime too",
        path="bff/sessions/model.py",
        old="        return end if self.until is None else min(end, self.until)",
        new='        return float("inf") if self.social else end if self.until is None else min(end, self.until)',
        test=f"{_BOUNDS}::test_lifetime_ends_at_the_stated_second_and_not_before",
    ),
    Mutation(
        guard="a social sign-in leaves no guest under the old cookie",
        path="bff/sessions/lifecycle.py",
        old="            if old is not None:\n",
        new="            if old is not None and (web.signed_in is None or web.signed_in.social is None):\n",
        test=f"{_BOUNDS}::test_sign_in_leaves_nothing_of_the_guest_under_the_old_cookie",
    ),
    Mutation(
        guard="proving it again socially leaves no session under the old cookie",
        path="bff/sessions/lifecycle.py",
        old="            if old is not None:\n",
        new="            if old is not None and (web.signed_in is None or web.signed_in.social is None):\n",
        test=f"{_BOUNDS}::test_proving_it_again_leaves_nothing_under_the_old_cookie",
    ),
    Mutation(
        guard="a sibling site is not our own",
        path="bff/web/middleware/csrf.py",
        old='    return site == "same-origin" if site is not None',
        new='    return site in ("same-origin", "same-site") if site is not None',
        test="tests/web/middleware/test_csrf.py::test_forged_request_is_refused_on_every_route_and_changes_nothing",
    ),
    Mutation(
        guard="a state is good for ten minutes",
        path="bff/oidc/login_state.py",
        old="LIFETIME_SECONDS: Final = 600",
        new="LIFETIME_SECONDS: Final = 86_400",
        test=f"{_BOUNDS}::test_state_is_good_until_the_stated_second",
    ),
    Mutation(
        guard="a used logout token is remembered while it could be accepted",
        path="bff/account/social_login.py",
        old="self._replays.first_time(_JTI, used, 2 * MAX_LOGOUT_AGE_SECONDS)",
        new="self._replays.first_time(_JTI, used, 5)",
        test="tests/journeys/test_backchannel_logout.py::"
        "test_used_token_is_remembered_for_as_long_as_it_could_be_accepted",
    ),
    Mutation(
        guard="a password reset counts for a quarter of an hour",
        path="bff/sessions/resets.py",
        old="RESET_COUNTS_SECONDS = 900",
        new="RESET_COUNTS_SECONDS = 30",
        test="tests/sessions/test_resets.py::test_reset_counts_for_a_quarter_of_an_hour",
    ),
    Mutation(
        guard="an idle session's records end with the idle limit",
        path="bff/sessions/lifecycle.py",
        old=" if web.signed_in is None else self.settings.idle_seconds)",
        new=")",
        test=f"{_BOUNDS}::test_every_record_of_a_signed_in_session_lives_for_the_idle_limit",
    ),
    Mutation(
        guard="few threads wait for the identity provider",
        path="bff/oidc/provider.py",
        old="self._places.acquire(blocking=False)",
        new="self._places.acquire(timeout=20)",
        test="tests/oidc/test_provider.py::test_silent_provider_holds_no_more_than_a_few_threads",
    ),
    Mutation(
        guard="a move whose last answer is lost is not undone",
        path="bff/sessions/lifecycle.py",
        old="            if not isinstance(left, Missing) or left.mark != mark:\n                raise",
        new="            raise",
        test="tests/sessions/test_lifecycle.py::test_move_whose_last_answer_is_lost_is_made",
    ),
    Mutation(
        guard="a move does not stand on what another request did",
        path="bff/sessions/lifecycle.py",
        old="left.mark != mark",
        new="not left.retired",
        test="tests/sessions/test_lifecycle.py::"
        "test_move_whose_last_step_never_came_does_not_stand_on_what_another_request_did",
    ),
    Mutation(
        guard="a form is done once however often it is sent",
        path="bff/sessions/scripts.py",
        old="redis.call('SET', KEYS[1], 'X', 'KEEPTTL')",
        new="redis.call('DEL', KEYS[1])",
        test="tests/sessions/test_answers.py::test_cookie_is_handed_out_twice_at_most",
    ),
    Mutation(
        guard="a bare LF does not have a chunk's line read again",
        path="bff/commands/arrival.py",
        old='part.find(b"\\r\\n", at)',
        new='part.find(b"\\n", at) - 1',
        test="tests/commands/test_arrival.py::test_no_byte_of_a_chunks_line_makes_the_ones_before_it_be_read_again",
    ),
)
